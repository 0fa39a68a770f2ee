#!/usr/bin/env python3
"""Launch links: launch_test.py SALON. Exit 1 if a test fails."""
import hashlib
import json
import os
import sqlite3
import subprocess
import sys
import time

from http_test import WebSocket, frame
from serving import ENV, SALON, main, path_of
from signing import claims, jwt


def tenant_cli(s, *args):
    """`salon tenant …`: its "Label: value" lines."""
    out = subprocess.run([SALON, "tenant", *args, "--state", s.state], env=ENV, capture_output=True,
                         text=True, check=True).stdout
    return dict(line.split(": ", 1) for line in out.splitlines() if ": " in line)


def suite(s, name="Suite", *args):
    """A tenant of its own, once a server and name: what `tenant add` printed."""
    known = s.__dict__.setdefault("suites", {})
    if name not in known:
        known[name] = tenant_cli(s, "add", name, *args)
    return known[name]


class Person:
    """One who joins over a WebSocket, as the page does."""

    def __init__(self, s, link, **fields):
        self.ws = WebSocket(s)
        self.heard = []
        self.answer = self.ask("join", link=link, **fields)

    def next(self):
        got = self.ws.recv()
        assert got and got[0] == 1, got
        return json.loads(got[1])

    def ask(self, type_, **fields):
        self.ws.send(frame(1, json.dumps({"type": type_, "id": 7, **fields}).encode()))
        while (message := self.next()).get("re") != 7:
            self.heard.append(message)
        return message

    def hear(self, wanted):
        """The next message for which `wanted` is true, heard already or to come."""
        while True:
            for i, message in enumerate(self.heard):
                if wanted(message):
                    return self.heard.pop(i)
            self.heard.append(self.next())

    def invitation(self, state, ref=None):
        return self.hear(lambda m: m["type"] == "invitation" and m["invitation"]["state"] == state
                         and ref in (None, m["invitation"]["to"]["ref"]))["invitation"]

    def leave(self):
        self.ws.send(frame(1, b'{"type":"leave"}'))
        self.hear(lambda m: m["type"] == "closed")
        self.ws.close()


def launch(s, by="Suite", **more):
    return launch_of(s, suite(s, by), **more)


def rows(s):
    """Every row of the database, to see that nothing changed."""
    db = sqlite3.connect(f"file:{s.state}/salon.db?mode=ro", uri=True)
    tables = [t for (t,) in db.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
    found = {t: sorted(db.execute(f"SELECT * FROM {t}"), key=repr) for t in tables}
    db.close()
    return found


def rooms_of(s, **query):
    text = "&".join(f"{k}={v}" for k, v in query.items())
    return s.get(f"/api/v1/rooms?{text}", key=suite(s)["API key"]).json["rooms"]


# ---- launching ----

def looking_at_a_launch_link_changes_no_row(s):
    prefix = suite(s, "Suite")["Prefix"]
    before = rows(s)
    for method in ("GET", "HEAD"):
        page = s.ask(method, f"/launch/{prefix}", key=False)
        assert page.status == 200, page.status
        assert page.headers["Referrer-Policy"] == "no-referrer"
        assert page.headers["Cache-Control"] == "no-store"
        assert page.headers["X-Robots-Tag"] == "noindex, nofollow"
        assert "frame-ancestors 'self'" in page.headers["Content-Security-Policy"]
        assert s.ask(method, "/launch/nobody", key=False, source="127.0.0.9").status == 404
    assert rows(s) == before


def a_launch_page_may_be_framed_by_its_tenants_origins(s):
    who = suite(s, "Framing", "--origin", "https://suite.example.org")
    page = s.get(f"/launch/{who['Prefix']}", key=False)
    assert "frame-ancestors 'self' https://suite.example.org" in \
        page.headers["Content-Security-Policy"], page.headers


def the_launcher_of_an_instant_room_is_its_host(s):
    zoe = launch(s, title="Point rapide", locale="fr", context="chat", jti="host-1")
    a = zoe.answer
    assert a["type"] == "joined" and a["role"] == "host" and a["name"] == "Zoé", a
    assert a["room"]["title"] == "Point rapide" and a["room"]["kind"] == "instant", a
    room = rooms_of(s, owner="zoe")[0]
    assert room["url"] == a["link"] and room["owner"] == {"ref": "zoe", "name": "Zoé"}
    assert room["metadata"] == {"jti": "host-1", "context": "chat"}, room
    # The same link in another's name: in the same room, and not its host.
    paul = launch(s, jti="host-1", sub="paul", name="Paul", title="Autre")
    assert paul.answer["role"] == "member" and paul.answer["link"] == a["link"], paul.answer
    assert [p["name"] for p in paul.answer["participants"]] == ["Zoé"]
    zoe.leave()
    paul.leave()


def the_same_jti_is_the_same_room_also_after_a_restart(s):
    first = launch(s, jti="again")
    link = first.answer["link"]
    second = launch(s, jti="again")
    assert second.answer["link"] == link
    other = launch(s, jti="not again")
    assert other.answer["link"] != link
    for person in (first, second, other):
        person.leave()
    s.restart()
    again = launch(s, jti="again")
    assert again.answer["link"] == link and again.answer["role"] == "host"
    again.leave()


def two_who_come_at_once_meet(s):
    who = suite(s, "Suite")
    sockets = [WebSocket(s) for _ in range(8)]
    for i, ws in enumerate(sockets):
        token = jwt(claims(jti="at once", sub=f"u{i}"), who["Launch secret"])
        ws.send(frame(1, json.dumps({"type": "join", "id": 1, "token": token,
                                     "link": f"/launch/{who['Prefix']}"}).encode()))
    joined = [json.loads(ws.recv()[1]) for ws in sockets]
    assert {j["type"] for j in joined} == {"joined"}, joined
    assert len({j["link"] for j in joined}) == 1
    assert [j["role"] for j in joined].count("host") == 1
    for ws in sockets:
        ws.close()


def two_tenants_with_the_same_jti_have_two_rooms(s):
    mine, theirs = launch(s, jti="shared"), launch(s, jti="shared")
    other = suite(s, "Other")
    token = jwt(claims(jti="shared"), other["Launch secret"])
    stranger = Person(s, f"/launch/{other['Prefix']}", token=token)
    assert mine.answer["link"] == theirs.answer["link"] != stranger.answer["link"]
    for person in (mine, theirs, stranger):
        person.leave()


def launching_into_a_room_of_ones_own_tenant(s):
    key, other = suite(s)["API key"], suite(s, "Other")
    room = s.post("/api/v1/rooms", {"access": "members"}, key=key).json
    zoe = launch(s, act="join", room=room["id"])
    assert zoe.answer["type"] == "joined" and zoe.answer["role"] == "member", zoe.answer
    assert zoe.answer["link"] == room["url"]
    zoe.leave()
    owned = s.post("/api/v1/rooms", {"owner": {"ref": "zoe", "name": "Zoé"}}, key=key).json
    zoe = launch(s, act="join", room=owned["id"])
    assert zoe.answer["role"] == "host"
    zoe.leave()
    strange = s.post("/api/v1/rooms", {}, key=other["API key"]).json
    for id_ in (strange["id"], "rm_nothing"):
        no = launch(s, act="join", room=id_).answer
        assert no["reason"] == "unknown_link" and no["field"] == "/token/room", no
    assert s.ask("DELETE", f"/api/v1/rooms/{owned['id']}", key=key).status == 204
    assert launch(s, act="join", room=owned["id"]).answer["reason"] == "room_closed"


def launching_an_event_makes_its_room_on_the_fly(s):
    zoe = launch(s, act="event", event_ref="launch/1", title="Comité")
    assert zoe.answer["role"] == "member" and zoe.answer["room"] == {
        "title": "Comité", "kind": "event", "access": "open", "locked": False}
    paul = launch(s, act="event", event_ref="launch/1", sub="paul", name="Paul")
    assert paul.answer["link"] == zoe.answer["link"]
    found = s.get("/api/v1/events/launch%2F1/room", key=suite(s)["API key"]).json
    assert found["url"] == zoe.answer["link"]
    zoe.leave()
    paul.leave()


def launching_ones_personal_room(s):
    zoe = launch(s, act="personal")
    assert zoe.answer["role"] == "host" and zoe.answer["room"]["kind"] == "personal", zoe.answer
    key = suite(s)["API key"]
    assert s.get("/api/v1/users/zoe/room", key=key).json["url"] == zoe.answer["link"]
    zoe.leave()
    s.ask("PATCH", "/api/v1/tenant", {"features": {"personal_rooms": False}}, key=key)
    room = s.get("/api/v1/rooms?owner=zoe", key=key).json["rooms"]
    personal = [r for r in room if r["kind"] == "personal"][0]["id"]
    assert launch(s, act="personal").answer["reason"] == "link_disabled"
    assert launch(s, act="join", room=personal).answer["reason"] == "link_disabled"
    s.ask("PATCH", "/api/v1/tenant", {"features": {"personal_rooms": True}}, key=key)
    zoe = launch(s, act="personal")
    assert zoe.answer["type"] == "joined"
    zoe.leave()


def one_comes_back_by_the_personal_token_when_the_launch_link_is_over(s):
    zoe = launch(s, jti="back")
    link, token = zoe.answer["link"], zoe.answer["token"]
    zoe.leave()
    back = Person(s, link, token=token)
    assert back.answer["role"] == "host" and back.answer["name"] == "Zoé", back.answer
    assert back.answer["link"] == link and "token" not in back.answer, "nobody prolongs a token"
    back.leave()
    guest = Person(s, link, name="Guest")
    assert "token" not in guest.answer and "link" not in guest.answer, guest.answer
    guest.leave()


def bad_launch_tokens_say_why_and_store_nothing(s):
    who = suite(s, "Suite")
    secret, now = who["Launch secret"], int(time.time())
    theirs = suite(s, "Other")["Launch secret"]
    good = jwt(claims(), secret)
    before = rows(s)
    cases = [
        ("launch_missing", None),
        ("launch_invalid", ""),
        ("launch_invalid", "x"),
        ("launch_invalid", "a.b.c"),
        ("launch_invalid", good.rsplit(".", 1)[0]),
        ("launch_invalid", jwt(b"[]", secret)),
        ("launch_invalid", jwt(b"{", secret)),
        ("launch_invalid", jwt(claims(title="x" * 20000), secret)),
        ("launch_algorithm", jwt(claims(), secret, alg="none", digest=None)),
        ("launch_algorithm", jwt(claims(), secret, alg="HS512", digest=hashlib.sha512)),
        ("launch_algorithm", jwt(claims(), secret, alg="HS384", digest=hashlib.sha384)),
        ("launch_algorithm", jwt(claims(), secret, alg="RS256")),
        ("launch_key", jwt(claims(), secret, kid=None)),
        ("launch_key", jwt(claims(), secret, kid="2")),
        ("launch_key", jwt(claims(), secret, kid="0")),
        ("launch_key", jwt(claims(), secret, kid=1)),
        ("launch_key", jwt(claims(), secret, kid="../../server.key")),
        ("launch_signature", jwt(claims(), theirs)),
        ("launch_signature", jwt(claims(), "")),
        ("launch_signature", good[:-4] + "AAAA"),
        ("launch_audience", jwt(claims(aud="other"), secret)),
        ("launch_audience", jwt(claims(aud=None), secret)),
        ("launch_audience", jwt(claims(aud=["other"]), secret)),
        ("launch_expired", jwt(claims(exp=now - 100), secret)),
        ("launch_expired", jwt(claims(exp=0), secret)),
        ("launch_too_long", jwt(claims(exp=now + 90000), secret)),
        ("launch_too_long", jwt(claims(exp=4102444800), secret)),
        ("launch_early", jwt(claims(nbf=now + 600), secret)),
        ("launch_early", jwt(claims(iat=now + 86400), secret)),
        ("unknown_link", None),
    ]
    for i, (reason, token) in enumerate(cases):
        prefix = "nobody" if reason == "unknown_link" else who["Prefix"]
        more = {"token": good} if reason == "unknown_link" else {} if token is None else {"token": token}
        answer = Person(s, f"/launch/{prefix}", **more).answer
        assert answer["type"] == "error" and answer["reason"] == reason, (i, reason, answer)
        assert answer["detail"] and answer["field"].startswith(
            "/link" if reason == "unknown_link" else "/token"), answer
    assert rows(s) == before


def a_wrong_claim_is_named(s):
    who = suite(s, "Suite")
    before = rows(s)
    long = "x" * 256
    cases = [
        ("iss", {"iss": None}), ("sub", {"sub": None}), ("name", {"name": None}),
        ("jti", {"jti": None}), ("exp", {"exp": None}),
        ("exp", {"exp": "tomorrow"}), ("exp", {"exp": 1e300}), ("exp", {"exp": -1}),
        ("exp", {"exp": 2**63 - 1}), ("nbf", {"nbf": "x"}), ("iat", {"iat": []}),
        ("sub", {"sub": 7}), ("sub", {"sub": long}), ("sub", {"sub": "a\nb"}), ("sub", {"sub": ""}),
        ("name", {"name": "x" * 81}), ("name", {"name": "\u202egnp"}), ("name", {"name": {}}),
        ("jti", {"jti": long}), ("act", {"act": "close"}), ("act", {"act": 1}),
        ("room", {"act": "join"}), ("room", {"act": "join", "room": long}),
        ("event_ref", {"act": "event"}), ("event_ref", {"act": "event", "event_ref": long}),
        ("context", {"context": "elsewhere"}), ("title", {"title": "x" * 201}),
        ("title", {"title": "a\r\nb"}), ("locale", {"locale": "x" * 40}),
        ("ring", {"ring": "paul"}), ("ring", {"ring": ["u"] * 51}), ("ring", {"ring": [1]}),
        ("ring", {"ring": [""]}), ("ring_names", {"ring": ["a"], "ring_names": "A"}),
        ("ring_names", {"ring": ["a"], "ring_names": ["x" * 81]}),
    ]
    for claim, wrong in cases:
        token = jwt(claims(**wrong), who["Launch secret"])
        answer = Person(s, f"/launch/{who['Prefix']}", token=token).answer
        assert answer["reason"] == "launch_claim", (wrong, answer)
        assert answer["field"] == f"/token/{claim}", (wrong, answer)
    nul = json.dumps(claims()).replace("Zo\\u00e9", "Zo\\u0000").encode()
    answer = Person(s, f"/launch/{who['Prefix']}", token=jwt(nul, who["Launch secret"])).answer
    assert answer["reason"] == "launch_invalid", answer
    assert rows(s) == before


def a_rotated_launch_secret_lives_on_for_a_day_or_till_the_next(s):
    who = suite(s, "Rotating")
    link = f"/launch/{who['Prefix']}"
    first = who["Launch secret"]
    new = tenant_cli(s, "rotate", "Rotating", "launch")
    assert new["Launch key id"] == "2" and new["Launch secret"] != first
    for token in (jwt(claims(), first), jwt(claims(), new["Launch secret"], kid="2")):
        person = Person(s, link, token=token)
        assert person.answer["type"] == "joined", person.answer
        person.leave()
    assert Person(s, link, token=jwt(claims(), first, kid="2")).answer["reason"] == "launch_signature"
    tenant_cli(s, "rotate", "Rotating", "launch")
    assert Person(s, link, token=jwt(claims(), first)).answer["reason"] == "launch_key"


def a_quota_of_rooms_holds_for_launch_links(s):
    who = suite(s, "Small")
    subprocess.run([SALON, "tenant", "quota", "Small", "rooms=1", "--state", s.state], env=ENV,
                   check=True, capture_output=True)
    one = launch(s, by="Small", jti="one")
    assert one.answer["type"] == "joined"
    for act in ({}, {"act": "event", "event_ref": "e"}, {"act": "personal"}):
        assert launch_of(s, who, jti="two", **act).answer["reason"] == "quota_exceeded"
    again = launch_of(s, who, jti="one")
    assert again.answer["type"] == "joined"
    one.leave()
    again.leave()


def launch_of(s, who, **more):
    return Person(s, f"/launch/{who['Prefix']}", token=jwt(claims(**more), who["Launch secret"]))


def what_tenant_add_prints_is_all_there_is_to_know(s):
    who = suite(s, "Printed", "--webhook", "https://suite.example.org/salon", "--prefix", "printed")
    assert set(who) == {"Tenant", "Prefix", "API key", "Launch URL", "Launch key id", "Launch secret",
                        "BigBlueButton URL", "BigBlueButton secret", "La Suite client id",
                        "La Suite client secret", "Webhook id", "Webhook secret"}, who
    hooks = s.get("/api/v1/webhooks", key=who["API key"]).json["webhooks"]
    assert [(h["id"], h["url"]) for h in hooks] == [(who["Webhook id"],
                                                     "https://suite.example.org/salon")]
    with open(os.path.join(s.state, "salon.db"), "rb") as f:
        stored = f.read()
    wal = os.path.join(s.state, "salon.db-wal")
    if os.path.exists(wal):
        with open(wal, "rb") as f:
            stored += f.read()
    for label in ("API key", "Launch secret", "BigBlueButton secret", "La Suite client secret",
                  "Webhook secret"):
        assert who[label].encode() not in stored, label
    bad = subprocess.run([SALON, "tenant", "add", "Bad", "--webhook", "ftp://x", "--state", s.state],
                         env=ENV, capture_output=True, text=True)
    assert bad.returncode == 1 and "webhook" in bad.stderr
    assert "Bad" not in tenant_text(s), "nothing was added"


def tenant_text(s):
    return subprocess.run([SALON, "tenant", "list", "--state", s.state], env=ENV,
                          capture_output=True, text=True, check=True).stdout


def no_log_holds_a_token_or_a_name(s):
    zoe = launch(s, sub="secret-ref", jti="logged", title="Secret title")
    token = zoe.answer["token"]
    zoe.leave()
    s.stop()
    log = s.logs[-1]
    for text in (token, token.split(".")[2], "secret-ref", "Zoé", "Secret title",
                 suite(s)["Launch secret"], path_of(zoe.answer["link"])):
        assert text not in log, text


TOGETHER = [looking_at_a_launch_link_changes_no_row, a_launch_page_may_be_framed_by_its_tenants_origins,
            the_launcher_of_an_instant_room_is_its_host, two_who_come_at_once_meet,
            two_tenants_with_the_same_jti_have_two_rooms, launching_into_a_room_of_ones_own_tenant,
            launching_an_event_makes_its_room_on_the_fly, launching_ones_personal_room,
            one_comes_back_by_the_personal_token_when_the_launch_link_is_over,
            bad_launch_tokens_say_why_and_store_nothing, a_wrong_claim_is_named,
            a_rotated_launch_secret_lives_on_for_a_day_or_till_the_next,
            a_quota_of_rooms_holds_for_launch_links, what_tenant_add_prints_is_all_there_is_to_know]
ALONE = [the_same_jti_is_the_same_room_also_after_a_restart, no_log_holds_a_token_or_a_name]

if __name__ == "__main__":
    sys.exit(main(TOGETHER, ALONE))
