#!/usr/bin/env python3
"""What is wrong is refused, and changes nothing: bad_input_test.py SALON. Exit 1 if a test fails."""
import base64
import copy
import hashlib
import hmac
import json
import pathlib
import re
import sqlite3
import sys
import time

import contract
from endpoints import CALENDAR, ENDPOINTS, SCOPES, World, key_of, tenant
from serving import Server, check_problem, main

JSON = {"Content-Type": "application/json"}
EVERY = SCOPES
BODIES = [e for e in ENDPOINTS if e.body is not None]


class Watched(World):
    """A tenant whose database must not change."""

    def __init__(self, s, name):
        super().__init__(s, name)
        # What waits to be sent is not sent meanwhile: it would be written down.
        self.ask("PATCH", f"/api/v1/webhooks/{self.ids['webhook']}", {"enabled": False})
        self.ask("DELETE", f"/api/v1/invitations/{self.ids['invitation']}")  # nor ring any more
        self.settled()
        self.db = sqlite3.connect(f"file:{s.state}/salon.db?mode=ro", uri=True)

    def settled(self):
        """Until the attempts under way have been written down."""
        url = f"/api/v1/webhooks/{self.ids['webhook']}/deliveries"
        end = time.monotonic() + 20
        while any(d["attempts"] == 0 for d in self.ask("GET", url).json["deliveries"]):
            assert time.monotonic() < end
            time.sleep(0.05)

    def dump(self):
        return "\n".join(self.db.iterdump())

    def refused(self, answer, status, kind, pointer=None):
        check_problem(answer, status, kind, pointer)
        self.nothing_leaked(answer)

    def nothing_leaked(self, answer):
        """No path, no query text of ours, nothing of anybody's."""
        text = answer.body.decode()
        for secret in (self.key, self.s.key, self.s.state, "sqlite", "SELECT", ".c:", self.user,
                       self.room["url"].split("/r/")[1], self.webhook["secret"]):
            assert secret not in text, (secret, text)


def unchanged(test):
    """The test leaves every row as it was."""
    def run(s):
        w = run.world = getattr(s, "watched", None) or Watched(s, "Watched")
        s.watched = w
        before = w.dump()
        test(s, w)
        assert w.dump() == before, "the database has changed"

    run.__name__ = test.__name__
    return run


def put_at(body, pointer, value):
    """A copy of the body with another value at the pointer; the class `None` takes it away."""
    body = copy.deepcopy(body)
    at = body
    *way, last = [int(x) if x.isdigit() else x for x in pointer.split("/")[1:]]
    for step in way:
        at = at[step]
    if value is Missing:
        del at[last]
    else:
        at[last] = value
    return body


class Missing:
    pass


def pointers(value, base=""):
    items = value.items() if isinstance(value, dict) else enumerate(value)
    for key, inner in items:
        yield f"{base}/{key}", inner
        if isinstance(inner, (dict, list)):
            yield from pointers(inner, f"{base}/{key}")


def every_endpoint_that_is_described_is_among_these(_):
    def form(path):
        return re.sub(r"\{\w+\}", "{}", path)

    here = {(e.method, form(e.path)) for e in ENDPOINTS} | {("POST", CALENDAR)}
    described = {(method.upper(), form(path)) for path, methods in contract.load()["paths"].items()
                 for method in methods if path.startswith("/api/v1/")
                 and method in ("get", "post", "put", "patch", "delete")}
    missing = described - here - {("GET", "/api/v1/openapi.yaml"), ("GET", "/api/v1/signal")}
    assert not missing, missing


# ---- who asks ----

@unchanged
def without_a_key_or_with_a_wrong_one_nothing_answers(s, w):
    other = w.key[:-1] + ("0" if w.key[-1] != "0" else "1")
    for e in ENDPOINTS:
        path = w.fill(e)
        for headers in ({}, {"Authorization": "Bearer"}, {"Authorization": "Bearer  "},
                        {"Authorization": f"Basic {w.key}"}, {"Authorization": w.key},
                        {"Authorization": f"Bearer {other}"},
                        {"Authorization": f"Bearer {w.key}x"},
                        {"Authorization": f"Bearer {w.key[:-1]}"},
                        {"Authorization": "Bearer salon_"}, {"Authorization": "Bearer salon__"},
                        {"Authorization": "Bearer " + "x" * 6000},
                        {"Authorization": "Bearer a.b.c"}, {"Authorization": "Bearer é\xff"}):
            answer = s.ask(e.method, path, e.body, headers=headers, key=False)
            w.refused(answer, 401, "unauthorized")
            assert answer.headers["WWW-Authenticate"] == "Bearer"


def jwt(key, claims, alg="HS256", digest=hashlib.sha256):
    def part(data):
        return base64.urlsafe_b64encode(data).rstrip(b"=")

    head = part(json.dumps({"alg": alg, "typ": "JWT"}).encode())
    text = head + b"." + part(json.dumps(claims).encode())
    mac = part(hmac.new(key, text, digest).digest()) if digest else b""
    return (text + b"." + mac).decode()


def server_key(s):
    """The server's own, to forge what only it can sign; and what tokens are signed with."""
    [path] = [p for p in pathlib.Path(s.state).iterdir() if p.stat().st_size == 32]
    key = path.read_bytes()
    return key, hmac.new(key, b"user|v1", hashlib.sha256).digest()


@unchanged
def a_users_token_is_of_its_kind_its_time_and_its_user(s, w):
    raw, key = server_key(s)
    [aud] = [json.loads(base64.urlsafe_b64decode(w.user.split(".")[1] + "=="))["aud"]]
    good = {"iss": "salon", "aud": aud, "sub": w.ids["user"], "name": "P", "exp": 2**33}
    path = f"/api/v1/invitations/{w.ids['invitation']}"
    assert w.ask("GET", path, key=jwt(key, good)).status == 200  # so what follows means something
    for bad in (jwt(key, {**good, "exp": int(time.time()) - 1}), jwt(key, {**good, "exp": 0}),
                jwt(key, {**good, "exp": -2**40}), jwt(key, {**good, "exp": "2099"}),
                jwt(key, {k: v for k, v in good.items() if k != "exp"}),
                jwt(key, {**good, "sub": ""}), jwt(key, {**good, "sub": "x" * 300}),
                jwt(key, {**good, "sub": "a\r\nb"}), jwt(key, {**good, "sub": 7}),
                jwt(key, {**good, "name": None}), jwt(key, {**good, "aud": "tn_none"}),
                jwt(key, {**good, "aud": [aud]}), jwt(raw, good),
                jwt(b"", good), jwt(key, good, "none", None), jwt(key, good, "None", None),
                jwt(key, good, "nOnE"), jwt(key, good, "HS512", hashlib.sha512),
                jwt(key, good, "HS384", hashlib.sha384), jwt(key, good, "RS256"),
                jwt(key, good, "ES256"), w.user + "A", w.user[:-4], w.user.split(".")[0] + "..",
                ".".join(w.user.split(".")[:2]) + ".", "." + w.user, w.user.replace(".", "..")):
        w.refused(w.ask("GET", path, key=bad), 401, "unauthorized")
        w.refused(w.ask("POST", path + "/accept", key=bad), 401, "unauthorized")
        w.refused(w.ask("GET", "/api/v1/stream", key=bad), 401, "unauthorized")


@unchanged
def a_users_token_opens_nothing_else(s, w):
    other = w.token("somebody-else")
    for e in ENDPOINTS:
        if not e.users:
            w.refused(w.ask(e.method, w.fill(e), e.body, key=w.user), 401, "unauthorized")
        elif e.owned:
            w.refused(w.ask(e.method, w.fill(e), e.body, key=other), 404, "not-found")


def a_key_opens_its_scopes_alone(s):
    w = World(s, "Scopes")
    for scope in EVERY:
        rest = [x for y in EVERY if y != scope for x in ("--scope", y)]
        key = key_of(tenant(s, "key", "Scopes", *rest))
        for e in ENDPOINTS:
            if e.scope == scope:
                check_problem(w.ask(e.method, w.fill(e), e.body, key=key), 403, "forbidden-scope")
        if scope == "calendar":
            check_problem(w.ask("POST", CALENDAR, b"x", key=key,
                                headers={"Content-Type": "text/calendar"}), 403, "forbidden-scope")
    key = key_of(tenant(s, "key", "Scopes", "--scope", "rooms:read", "--scope", "rooms:write"))
    assert "host_url" not in w.ask("GET", f"/api/v1/rooms/{w.ids['room']}", key=key).json
    answer = w.ask("POST", f"/api/v1/rooms/{w.ids['room']}/tokens",
                   {"user": {"ref": "a", "name": "a"}, "role": "host"}, key=key)
    check_problem(answer, 403, "forbidden-scope")


def a_key_that_was_replaced_opens_nothing(s):
    w = World(s, "Revoked")
    for _ in range(2):  # two are alive at once
        tenant(s, "key", "Revoked")
    before = "\n".join(sqlite3.connect(f"file:{s.state}/salon.db?mode=ro", uri=True).iterdump())
    for e in ENDPOINTS:
        check_problem(w.ask(e.method, w.fill(e), e.body), 401, "unauthorized")
    assert "\n".join(
        sqlite3.connect(f"file:{s.state}/salon.db?mode=ro", uri=True).iterdump()) == before


# ---- how it is asked ----

@unchanged
def no_other_method_is_taken(s, w):
    methods = {"GET", "POST", "PUT", "PATCH", "DELETE"}
    for path in {e.path for e in ENDPOINTS}:
        here = {e.method for e in ENDPOINTS if e.path == path}
        for method in [*(methods - here), "TRACE", "BREW", "get"]:
            answer = w.ask(method, path.format(**w.ids))
            w.refused(answer, 405, "method-not-allowed")
            allowed = set(answer.headers["Allow"].split(", "))
            assert here <= allowed and not (methods - here) & allowed, (path, allowed)
    for path in ("/api", "/api/v1", "/api/v1/", "/api/v1/rooms/", "/api/v2/rooms", "/api/v1/rooms/%zz",
                 "/api/v1/rooms/%00", "/api/v1/rooms/%ff", "/api/v1//rooms", "/api/v1/rooms/a/b/c"):
        w.refused(w.ask("GET", path), 404, "not-found")


@unchanged
def bodies_are_json_of_a_bounded_size(s, w):
    for e in ENDPOINTS:
        path = w.fill(e)
        if e.body is None:
            w.refused(w.ask(e.method, path, {"a": 1}), 413, "too-large")
            continue
        w.refused(w.ask(e.method, path, b'{"a":"' + b"x" * 300000 + b'"}', headers=JSON), 413,
                  "too-large")
        for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data",
                     "application/jsonx", "text/json", "application/json-patch+json", ""):
            w.refused(w.ask(e.method, path, json.dumps(e.body), headers={"Content-Type": kind}),
                      415, "unsupported-media")


DEEP = b'{"metadata":' + b'{"a":' * 3000 + b"1" + b"}" * 3000 + b"}"
NOT_JSON = [
    b"{", b"}", b"nonsense", b"'{}'", b"{'a':1}", b'{"a":1,}', b'{"a" 1}', b"{a:1}", b"{}{}",
    b"{} x", b"[]", b"[{}]", b"1", b'"x"', b"null", b"true", b"\xef\xbb\xbf{}", b"\xff\xfe{\0}\0",
    b"{\0}", b"\0", b"{}\0", '{"title":"é"}'.encode("utf-16"), '{"title":"é"}'.encode("latin-1"),
    '{"title":"é"}'.encode("utf-32"), b'{"title":"\xc0\xaf"}', b'{"title":"\xed\xa0\x80"}',
    b'{"title":"\xf4\x90\x80\x80"}', b'{"title":"\xff"}', b'{"title":"a\0b"}',
    b'{"title":"a\nb"}', b'{"title":"\\u0000"}', b'{"title":"\\ud800"}', b'{"title":"\\x41"}',
    b'{"title":"a","title":"b"}', b'{"\\u0000":1}', b'{"a":NaN}', b'{"a":Infinity}',
    b'{"a":1e999}', b'{"a":' + b"9" * 400 + b"}", b'{"a":01}', b'{"a":+1}', b'{"a":0x10}',
    b"[" * 8000, b"[" * 4000 + b"]" * 4000, b'{"a":' * 2700, b"// x\n{}", b"/* x */{}", DEEP[:16000],
]


@unchanged
def what_is_no_json_object_is_refused(s, w):
    for e in BODIES:
        path = w.fill(e)
        for data in NOT_JSON:
            answer = w.ask(e.method, path, data, headers=JSON)
            w.refused(answer, 400, "invalid-json")


@unchanged
def every_field_is_known(s, w):
    for e in BODIES:
        path = w.fill(e)
        for name, pointer in (("nonsense", "/nonsense"), ("", "/"), ("a/b~c", "/a~1b~0c"),
                              ("__proto__", "/__proto__"), ("Title", "/Title"), ("é" * 200, None),
                              ("$where", "/$where"), ("title ", "/title ")):
            answer = w.ask(e.method, path, {name: 1})
            w.refused(answer, 422, "invalid-field", pointer)
        for pointer, value in pointers(e.body):
            if isinstance(value, dict) and not pointer.startswith("/metadata"):
                answer = w.ask(e.method, path, put_at(e.body, pointer, {**value, "nonsense": 1}))
                at = pointer if pointer == "/templates" else pointer + "/nonsense"
                w.refused(answer, 422, "invalid-field", at)
        french = w.ask(e.method, path, {"nonsense": 1}, headers={"Accept-Language": "fr"})
        assert french.json["title"] == "Un champ n'est pas valide"
        assert french.json["detail"] == "champ inconnu", french.json


OTHER_TYPES = [True, 7, 7.5, -1, 2**62, "", "x", [], ["x"], {}, {"x": 1}, [[]]]


def same_type(a, b):
    if isinstance(a, bool) or isinstance(b, bool):
        return isinstance(a, bool) and isinstance(b, bool)
    return isinstance(a, type(b)) or isinstance(b, type(a))


@unchanged
def every_field_has_its_type(s, w):
    for e in BODIES:
        for pointer, good in pointers(e.body):
            if pointer.startswith("/metadata/"):
                continue
            for bad in OTHER_TYPES:
                if good is not None and same_type(bad, good):
                    continue
                if bad == [] and pointer == "/origins" or good is None and bad == "":
                    continue
                body = put_at(e.body, pointer, bad)
                if pointer.endswith("/email_link") and bad is False:
                    continue
                answer = w.ask(e.method, w.fill(e), body)
                w.refused(answer, 422, "invalid-field")
                at = answer.json["errors"][0]["pointer"]
                assert at == pointer or pointer.startswith(at) or at.startswith(pointer), (at, pointer)


@unchanged
def every_needed_field_is_there(s, w):
    for e in BODIES:
        for pointer in e.need:
            for value in (Missing, None):
                answer = w.ask(e.method, w.fill(e), put_at(e.body, pointer, value))
                w.refused(answer, 422, "invalid-field", pointer)


BAD_TEXTS = ["", "a\r\nb", "a\nb", "a\rb", "a\tb", "a\x1bb", "a\x7fb", "a\x85b", "a\u2028b",
             "a\u2029b", "a\u202eb", "a\u2066b", "x" * 5000, "é" * 2100, "\U0001f600" * 1200]


@unchanged
def every_text_is_short_and_on_one_line(s, w):
    for e in BODIES:
        for pointer in e.texts:
            for bad in BAD_TEXTS:
                answer = w.ask(e.method, w.fill(e), put_at(e.body, pointer, bad))
                w.refused(answer, 422, "invalid-field", pointer)


@unchanged
def every_number_word_and_time_is_one_of_its_kind(s, w):
    tables = {
        "/kind": ["personal", "Instant", "x" * 100], "/access": ["OPEN", "all", " open"],
        "/role": ["admin", "HOST", ""], "/old": ["no", "Closed"], "/to/0/presence": ["away", ""],
        "/expires_at": ["2000-01-01T00:00:00Z", "2099-01-01", "2099-02-30T00:00:00Z", "now",
                        "2099-01-01T00:00:00+01:00", "2099-01-01T00:00:00", "2099-01-01T24:00:00Z",
                        "2099-01-01T00:00:60Z", "99999-01-01T00:00:00Z", " 2099-01-01T00:00:00Z",
                        "2099-01-01T00:00:00.5Z", "-2099-01-01T00:00:00Z", "2099-01-01T00:00:00z"],
        "/ttl": [0, -1, 10**9, 2**63 - 1, 1.0], "/ring_timeout": [9, 121, 0, -45, 45.5],
        "/to/1/max_uses": [0, -1, 10001, 2**63 - 1],
        "/to/1/expires_at": ["2000-01-01T00:00:00Z", "soon"],
        "/retention/unused_h": [0, -1, 10**6, 1.5], "/retention/calls_d": [0, 10**5],
        "/resource": ["a", "@", "a@", "@b", "a@b@c", "a b@c", "a@b>", "a@b,c@d"],
        "/locale": ["fr_FR", "../..", "f" * 16, "<b>"],
        "/origins": [["https://a.example/x"], ["a.example"], ["javascript:x"], ["https://"],
                     ["http://a.example"], ["https://a.example;script-src *"], ["*"],
                     ["https://*"], ["https://a b"], ["https://é.example"], ["null"],
                     ["https://a.example\r\nX: y"], ["https://" + "a" * 300], ["https://a"] * 17],
        "/url": ["x", "ftp://a.example", "https://", "https:///x", "http://a.example/",
                 "https://u:p@a.example/", "https://a.example/#x", "https://a.example\\@b",
                 "https://a.example/ b", "javascript:alert(1)", "file:///etc/passwd",
                 "https://" + "a" * 3000, "//a.example/", "https://a.example/\"", "HTTPS//a"],
    }
    used = set()
    for e in BODIES:
        here = dict(pointers(e.body))
        for pointer, values in tables.items():
            for bad in values if pointer in here else ():
                used.add(pointer)
                w.refused(w.ask(e.method, w.fill(e), put_at(e.body, pointer, bad)), 422,
                          "invalid-field")
    assert used == set(tables), set(tables) - used


@unchanged
def lists_are_bounded(s, w):
    path = f"/api/v1/rooms/{w.ids['room']}/invitations"
    me = {"ref": "a", "name": "a"}
    for to in ([], [{}], [1], [None], [[]], [{"ref": f"r{i}", "name": "n"} for i in range(51)],
               [{"email_link": False}], [{"email_link": True, "ref": "x"}]):
        w.refused(w.ask("POST", path, {"from": me, "to": to}), 422, "invalid-field")
    for query in ("limit=0", "limit=-1", "limit=201", "limit=", "limit=1x", "limit=1&what=2",
                  "cursor=", "cursor=1-' OR 1=1", "cursor=x-rm_1", "cursor=9999999999999999999999-rm_x",
                  "cursor=" + "1" * 200, "what="):
        w.refused(w.ask("GET", f"/api/v1/rooms?{query.replace(' ', '%20')}"), 422, "invalid-field")
    for query in ("a=%zz", "a=%00", "a=%ff", "&".join("a=1" for _ in range(200)), "a=" + "x" * 3000):
        w.refused(w.ask("GET", f"/api/v1/rooms?{query}"), 400, "invalid-request")


@unchanged
def names_in_paths_are_texts_on_one_line(s, w):
    for ref in ("%0d%0a", "a%0db", "x" * 256, "%C2%85", "a%E2%80%AE", "%1b", "x" * 900):
        for method, path in (("PUT", "/api/v1/events/{}/room"), ("GET", "/api/v1/events/{}/room"),
                             ("DELETE", "/api/v1/events/{}/room"), ("PUT", "/api/v1/users/{}/room"),
                             ("GET", "/api/v1/users/{}/room"), ("DELETE", "/api/v1/users/{}"),
                             ("POST", "/api/v1/users/{}/room/rotate")):
            answer = w.ask(method, path.format(ref))
            assert answer.status in (404, 422), (method, path, ref, answer.status)
            w.refused(answer, answer.status, "not-found" if answer.status == 404 else "invalid-field")
    for ref in ("%00", "%ff", "%c0%af", "%2", "%zz", ""):
        w.refused(w.ask("PUT", f"/api/v1/events/{ref}/room"), 404, "not-found")
    for id_ in ("x", "rm_", "rm_' OR 1=1--", "rm_" + "x" * 500, "..", "%2e%2e", "*", "%25", "null"):
        for e in ENDPOINTS:
            if e.owned:
                names = ("room", "invitation", "webhook")
                path = e.path.format(**{**w.ids, **dict.fromkeys(names, id_.replace(" ", "%20"))})
                w.refused(w.ask(e.method, path + e.query, e.body), 404, "not-found")


@unchanged
def calendars_are_checked(s, w):
    def send(text, kind="text/calendar", query=""):
        return w.ask("POST", CALENDAR + query, text, headers={"Content-Type": kind})

    event = b"BEGIN:VEVENT\r\nUID:u\r\nEND:VEVENT\r\n"
    whole = b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\n%sEND:VCALENDAR\r\n"
    w.refused(send(whole % event, "application/json"), 415, "unsupported-media")
    w.refused(send(whole % event, "text/calendarx"), 415, "unsupported-media")
    w.refused(send(whole % event, query="?as=x"), 422, "invalid-field")
    w.refused(send(b"x" * 262145), 413, "too-large")
    for bad in (b"", b"x", b"\0", whole % b"A\0B:c\r\n", b"BEGIN:VCALENDAR\r\n" * 9000,
                b"BEGIN:VEVENT\r\n" * 9000, whole % event[:-12], b"END:VCALENDAR\r\n",
                whole % (event * 65), b"\xff\xfe" + (whole % event), whole % b"BEGIN:A\r\n" * 5):
        w.refused(send(bad), 422, "invalid-calendar")


# ---- the same Idempotency-Key ----

def the_same_key_with_another_request_is_refused(s):
    w = World(s, "Again")
    room = f"/api/v1/rooms/{w.ids['room']}"
    user = f"/api/v1/users/{w.ids['user']}/room"
    hook = f"/api/v1/webhooks/{w.ids['webhook']}"
    person = {"ref": "u-9", "name": "P"}
    to = [{"email_link": True, "name": "M"}]
    cases = [("/api/v1/rooms", {"title": "a"}, {"title": "b"}),
             (room + "/rotate", {"old": "closed"}, {"old": "keep"}),
             (user + "/rotate", {"old": "closed"}, {"old": "keep"}),
             (room + "/invitations",
              {"from": person, "to": [*to, {"ref": "u-again", "name": "R"}, *to]},
              {"from": person, "to": to}),
             ("/api/v1/webhooks", {"url": "https://a.example/"}, {"url": "https://b.example/"}),
             (hook + "/rotate-secret", {}, None),
             (room + "/tokens", {"user": person}, {"user": {**person, "name": "Q"}}),
             ("/api/v1/user-tokens", {"user": person}, {"user": {**person, "name": "Q"}})]
    anew = (room + "/tokens", "/api/v1/user-tokens")
    look = ("SELECT (SELECT group_concat(id || link_version) FROM rooms), "
            "(SELECT count(*) FROM links), (SELECT count(*) FROM answers), "
            "(SELECT group_concat(id || state) FROM invitations), "
            "(SELECT group_concat(id || version) FROM webhooks)")
    for i, (path, first, other) in enumerate(cases):
        key = {"Idempotency-Key": f"key-{i}"}
        made = w.ask("POST", path, first, headers=key)
        assert made.status in (200, 201), made.body
        db = sqlite3.connect(f"file:{s.state}/salon.db?mode=ro", uri=True)
        before = db.execute(look).fetchall()
        again = w.ask("POST", path, first, headers=key)
        assert again.status == made.status and again.json.keys() == made.json.keys(), again.body
        if path not in anew:
            assert again.json == made.json, again.body
        if other is not None:
            check_problem(w.ask("POST", path, other, headers=key), 422, "idempotency-mismatch")
        for elsewhere, body, _ in cases:
            if elsewhere != path:
                check_problem(w.ask("POST", elsewhere, body, headers=key), 422,
                              "idempotency-mismatch")
        assert db.execute(look).fetchall() == before
        kept = "".join(r for [r] in db.execute("SELECT resource FROM answers"))
        for secret in ("/r/", "/i/", "whsec_", "eyJ"):
            assert secret not in kept
    for bad in ("", "x" * 256, "a\tb"):
        check_problem(w.ask("POST", "/api/v1/rooms", {}, headers={"Idempotency-Key": bad}), 400,
                      "invalid-request")


# ---- more requests than are good ----

SHARED = [without_a_key_or_with_a_wrong_one_nothing_answers,
          a_users_token_is_of_its_kind_its_time_and_its_user, a_users_token_opens_nothing_else,
          no_other_method_is_taken, bodies_are_json_of_a_bounded_size,
          what_is_no_json_object_is_refused, every_field_is_known, every_field_has_its_type,
          every_needed_field_is_there, every_text_is_short_and_on_one_line,
          every_number_word_and_time_is_one_of_its_kind, lists_are_bounded,
          names_in_paths_are_texts_on_one_line, calendars_are_checked,
          a_key_opens_its_scopes_alone, a_key_that_was_replaced_opens_nothing,
          the_same_key_with_another_request_is_refused]

if __name__ == "__main__":
    sys.exit(main(SHARED, [], [every_endpoint_that_is_described_is_among_these]))
