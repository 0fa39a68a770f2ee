#!/usr/bin/env python3
"""La Suite Meet's external API, as its clients call it: lasuite_test.py SALON. Exit 1 if a test fails."""
import base64
import hashlib
import hmac
import json
import sqlite3
import sys
import time
import urllib.parse
import uuid

from compat import Person, claims_of, joined, rotate, tenant
from serving import check_problem, main, path_of

BASE = "/external-api/v1.0"
FORM = "application/x-www-form-urlencoded"


class Client:
    """A front end with a client id and secret, for one of its users."""

    def __init__(self, s, printed, user="zoe.durand@ville.example"):
        self.s = s
        self.credentials = {"client_id": printed["La Suite client id"],
                            "client_secret": printed["La Suite client secret"],
                            "grant_type": "client_credentials", "scope": user}
        answer = self.token()
        assert answer.status == 200, answer.body
        self.key = answer.json["access_token"]

    def token(self, **changed):
        fields = {k: v for k, v in {**self.credentials, **changed}.items() if v is not None}
        return self.s.post(f"{BASE}/application/token/", fields, key=False)

    def post(self, body=None, **more):
        return self.s.post(f"{BASE}/rooms/", body, key=self.key, **more)

    def get(self, path="/rooms/"):
        return self.s.get(BASE + path, key=self.key)


def check_401(answer, detail):
    assert answer.status == 401 and answer.headers["WWW-Authenticate"] == "Bearer", answer.body
    assert answer.json == {"detail": detail, "error": detail}, answer.body


def check_400(answer, *fields):
    assert answer.status == 400, (answer.status, answer.body)
    assert sorted(answer.json) == sorted(fields), answer.body
    assert all(isinstance(v, list) and v[0] for v in answer.json.values()), answer.body


def rows(s):
    with sqlite3.connect(f"file:{s.state}/salon.db?mode=ro", uri=True) as db:
        return "\n".join(db.iterdump())


def a_token_is_given_for_credentials(s):
    api = Client(s, tenant(s, "Token"))
    answer = api.token()
    assert set(answer.json) == {"access_token", "token_type", "expires_in", "scope"}, answer.body
    assert answer.json["token_type"] == "Bearer" and answer.json["expires_in"] == 3600
    assert answer.json["scope"] == "rooms:list rooms:retrieve rooms:create"
    assert answer.headers["Cache-Control"] == "no-store"
    claims = claims_of(answer.json["access_token"])
    assert claims["client_id"] == "token" and claims["sub"] == "zoe.durand@ville.example"
    assert claims["delegated"] is True and 3590 <= claims["exp"] - time.time() <= 3601
    form = urllib.parse.urlencode(api.credentials)
    for path in (f"{BASE}/application/token/", f"{BASE}/application/token"):
        made = s.post(path, form, headers={"Content-Type": FORM + "; charset=utf-8"}, key=False)
        assert made.status == 200 and made.json["access_token"], made.body


def wrong_credentials_give_none(s):
    api = Client(s, tenant(s, "Wrong"))
    other = Client(s, tenant(s, "Other"))
    for changed in ({"client_secret": "x"}, {"client_id": "nobody"}, {"client_id": "Wrong"},
                    {"client_secret": other.credentials["client_secret"]}, {"client_id": "' --"},
                    {"client_secret": api.credentials["client_secret"].upper()}):
        check_401(api.token(**changed), "Invalid credentials")
    check_400(api.token(client_id=None, scope=None), "client_id", "scope")
    check_400(api.token(client_secret="", grant_type="password"), "client_secret", "grant_type")
    check_400(s.post(f"{BASE}/application/token/", {}, key=False), "client_id", "client_secret",
              "grant_type", "scope")
    for bad in ("zoe", "zoe@", "@ville.example", "a b@c.example", "a@b@c.example", "a@localhost",
                "a@b.example\n", "<a@b.example>", "a" * 250 + "@b.example", "\u202ea@b.example"):
        check_400(api.token(scope=bad), "scope")
    for bad in (1, True, ["a"], {"a": 1}):
        check_400(api.token(client_id=bad), "client_id")
    body = json.dumps(api.credentials).replace('"zoe', 'null, "x": "zoe')
    check_400(s.post(f"{BASE}/application/token/", body, key=False,
                     headers={"Content-Type": "application/json"}), "scope")


def a_room_is_made_found_and_entered(s):
    printed = tenant(s, "Ville")
    api = Client(s, printed)
    made = api.post({"access_level": "public"})
    assert made.status == 201, made.body
    room = made.json
    assert str(uuid.UUID(room["id"])) == room["id"] and uuid.UUID(room["id"]).version == 4
    assert room["access_level"] == "public" and room["configuration"] == {}
    assert room["telephony"] == {"enabled": False}
    assert room["url"].endswith("/" + room["slug"]) and room["name"] == room["slug"]
    assert room["host_url"].startswith(room["url"] + "#h=")
    for path in (f"/rooms/{room['id']}/", f"/rooms/{room['id']}", f"/rooms/{room['id'].upper()}/"):
        assert api.get(path).json == room, path
    guest, host = joined(s, room["url"], name="Paul"), joined(s, room["host_url"], name="Zoé")
    assert (guest.answer["role"], host.answer["role"]) == ("guest", "host")
    guest.leave()
    host.leave()
    ours = s.get("/api/v1/rooms?owner=zoe.durand@ville.example", key=printed["API key"]).json["rooms"]
    assert [r["url"] for r in ours] == [room["url"]] and ours[0]["kind"] == "event"


def levels_are_open_or_a_lobby(s):
    api = Client(s, tenant(s, "Levels"))
    for body, level in ((None, "public"), ({}, "public"), ({"access_level": "trusted"}, "trusted"),
                        ({"access_level": "restricted"}, "restricted"),
                        ({"name": "Conseil", "other": 1}, "public")):
        room = api.post(body).json
        assert room["access_level"] == level, room
        assert api.get(f"/rooms/{room['id']}/").json == room
        if level == "public":
            joined(s, room["url"], name="Eve").leave()
        else:
            # By the link alone one waits until the owner opens.
            person = Person(s, room["url"], name="Eve")
            assert person.answer["type"] == "lobby", person.answer
            host = joined(s, room["host_url"], name="Zoé")
            assert [k["name"] for k in host.answer["knocking"]] == ["Eve"]
            host.admit(host.answer["knocking"][0])
            assert person.next("joined")["role"] == "guest"
            person.leave()
            host.leave()
    assert room["name"] == "Conseil"


def what_is_said_of_a_room_is_told_again(s):
    api = Client(s, tenant(s, "Configured"))
    conf = {"everyone_can_mute": True, "can_publish_sources": ["camera", "screen_share"]}
    made = api.post({"configuration": conf})
    assert made.status == 201 and made.json["configuration"] == conf, made.body
    form = urllib.parse.urlencode({"configuration": json.dumps(conf), "access_level": "trusted"})
    made = api.post(form, headers={"Content-Type": FORM})
    assert made.json["configuration"] == conf and made.json["access_level"] == "trusted", made.body
    for bad in ({"x": 1}, {"everyone_can_mute": 1}, {"can_publish_sources": ["x"]}, [], "x", 1,
                {"can_publish_sources": "camera"}, {"can_publish_sources": [None]},
                {"can_publish_sources": ["camera"] * 5}):
        check_400(api.post({"configuration": bad}), "configuration")


def rooms_belong_to_their_user(s):
    printed = tenant(s, "Users")
    zoe, paul = Client(s, printed), Client(s, printed, "Paul@Ville.example")
    other = Client(s, tenant(s, "Elsewhere"))
    mine = zoe.post({}).json
    his = paul.post({}).json
    assert [r["id"] for r in zoe.get().json["results"]] == [mine["id"]]
    assert [r["id"] for r in Client(s, printed, "paul@ville.example").get().json["results"]] == [his["id"]]
    assert other.get().json == {"count": 0, "next": None, "previous": None, "results": []}
    for stranger in (paul, other):
        answer = stranger.get(f"/rooms/{mine['id']}/")
        assert answer.status == 404 and answer.json == {"detail": "Not found."}
    # A room that is closed is gone.
    rooms = s.get("/api/v1/rooms", key=printed["API key"]).json["rooms"]
    room = next(r for r in rooms if r["url"] == mine["url"])
    assert s.ask("DELETE", f"/api/v1/rooms/{room['id']}", key=printed["API key"]).status == 204
    assert zoe.get(f"/rooms/{mine['id']}/").status == 404 and zoe.get().json["count"] == 0


def rooms_are_listed_by_pages(s):
    api = Client(s, tenant(s, "Pages"))
    made = [api.post({}).json["id"] for _ in range(25)]
    first = api.get().json
    assert first["count"] == 25 and len(first["results"]) == 20 and first["previous"] is None
    second = api.s.get(path_of(first["next"]), key=api.key).json
    assert second["next"] is None and len(second["results"]) == 5
    assert second["previous"].endswith("/rooms/?page=1")
    assert {r["id"] for r in first["results"] + second["results"]} == set(made)
    small = api.get("/rooms/?page_size=10&page=2").json
    assert len(small["results"]) == 10 and small["next"].endswith("?page=3&page_size=10")
    assert api.get("/rooms?page_size=1000").json["next"] is None
    assert len(api.get("/rooms/?page_size=x").json["results"]) == 20
    for bad in ("3", "0", "-1", "x", "", "99999999999999999999"):
        answer = api.get(f"/rooms/?page={bad}")
        assert answer.status == 404 and answer.json == {"detail": "Invalid page."}, bad


def sign(header, claims, key):
    parts = [base64.urlsafe_b64encode(json.dumps(p).encode()).rstrip(b"=") for p in (header, claims)]
    mac = hmac.new(key, b".".join(parts), hashlib.sha256).digest() if key is not None else b""
    return b".".join([*parts, base64.urlsafe_b64encode(mac).rstrip(b"=")]).decode()


def forged_and_expired_tokens_open_nothing(s):
    printed = tenant(s, "Forged")
    api = Client(s, printed)
    check_401(s.get(f"{BASE}/rooms/", key=False), "Authentication credentials were not provided.")
    hs, claims = {"alg": "HS256", "typ": "JWT"}, claims_of(api.key)
    with open(f"{s.state}/server.key", "rb") as f:
        key = hmac.new(f.read(), b"delegate|v1", hashlib.sha256).digest()
    # The key is what it is thought to be: so what follows is refused for its claims.
    assert s.get(f"{BASE}/rooms/", key=sign(hs, claims, key)).status == 200
    old = sign(hs, {**claims, "exp": int(time.time()) - 1}, key)
    check_401(s.get(f"{BASE}/rooms/", key=old), "Token expired.")
    user = s.post("/api/v1/user-tokens", {"user": {"ref": "zoe.durand@ville.example", "name": "Z"}},
                  key=printed["API key"]).json["token"]
    head, body, mac = api.key.split(".")
    for bad in (sign({"alg": "none"}, claims, None), sign({"alg": "none"}, claims, key),
                sign({"alg": "HS512", "typ": "JWT"}, claims, key), sign(hs, claims, b"secret"),
                sign(hs, claims, printed["La Suite client secret"].encode()),
                sign(hs, {**claims, "iss": "x"}, key), sign(hs, {**claims, "aud": "tn_x"}, key),
                sign(hs, {**claims, "delegated": False}, key), sign(hs, {**claims, "ver": 2}, key),
                "a.b.c",
                sign(hs, {k: v for k, v in claims.items() if k != "sub"}, key),
                sign(hs, {**claims, "sub": ["a"]}, key), sign(hs, {**claims, "sub": "a\nb"}, key),
                f"{head}.{body}.", f"{head}.{body}", f"{head}.{body}.{mac[:-2]}AA", "x", "." * 3,
                "a" * 5000, user, printed["API key"]):
        check_401(s.get(f"{BASE}/rooms/", key=bad), "Invalid token.")
        check_401(s.post(f"{BASE}/rooms/", {}, key=bad), "Invalid token.")
    # And the other way round: this token is none of the API's.
    check_problem(s.get("/api/v1/rooms", key=api.key), 401, "unauthorized")
    without = {k: v for k, v in claims.items() if k != "exp"}
    check_401(s.get(f"{BASE}/rooms/", key=sign(hs, without, key)), "Token expired.")


def a_rotated_secret_ends_the_tokens_with_it(s):
    printed = tenant(s, "Rotated")
    old = Client(s, printed)
    fresh = Client(s, {**printed, **rotate(s, "Rotated", "lasuite")})
    assert old.get().status == 200 and old.token().status == 200 # for a day more
    rotate(s, "Rotated", "lasuite")
    check_401(old.get(), "Invalid token.")
    check_401(old.token(), "Invalid credentials")
    assert fresh.get().status == 200


def bad_bodies_are_refused_in_its_own_words(s):
    api = Client(s, tenant(s, "Bad"))
    before = rows(s)
    plain, js = {"Content-Type": "text/plain"}, {"Content-Type": "application/json"}
    for body in ("{", "[]x", '"x"', '{"a":1,"a":2}', '{"a":"\\u0000"}', b'{"a":"\xff"}', "[" * 5000):
        answer = api.post(body, headers=js)
        assert answer.status == 400 and "detail" in answer.json, answer.body
    check_400(api.post("[]", headers=js), "non_field_errors")
    for body in ("a=%00", "a=%", "a=%ff", "&".join(f"a{i}=" for i in range(2_000))):
        answer = api.post(body, headers={"Content-Type": FORM})
        assert answer.status == 400 and answer.json == {"detail": "Form parse error"}, answer.body
    many = "&".join(f"a{i}" for i in range(10_000))
    assert api.post(many, headers={"Content-Type": FORM}).status == 413
    assert api.post("x", headers=plain).status == 415
    for bad in ("Public", "", None, 1, [], "open"):
        check_400(api.post({"access_level": bad}), "access_level")
    for bad in ("a\nb", "x" * 201, 1, [], "\u202e"):
        check_400(api.post({"name": bad}), "name")
    assert api.post({"name": "x" * 20_000}).status == 413
    for path in ("/rooms/x/", "/rooms/7c9e6679-7425-40de-944b-e07fc1f90ae7/", "/rooms/%C3%A9/", "/nothing/",
                 "/rooms/a/b/"):
        answer = api.get(path)
        assert answer.status == 404 and answer.json == {"detail": "Not found."}, (path, answer.body)
    for method in ("PUT", "PATCH", "DELETE"):
        answer = s.ask(method, f"{BASE}/rooms/x/", {}, key=api.key)
        assert answer.status == 405 and "detail" in answer.json, answer.body
    assert rows(s) == before


def a_log_and_a_copy_of_the_database_tell_no_secret(s):
    api = Client(s, tenant(s, "Copy"), "hush@ville.example")
    room = api.post({"name": "Hushname"}).json
    dump, log = rows(s), s.read_log()
    for secret in (api.key, api.credentials["client_secret"], room["slug"], room["host_url"].split("=")[1]):
        assert secret not in dump and secret not in log
    assert "hush@ville.example" not in log and "Hushname" not in log


def rooms_have_a_rate_of_their_front_end(s):
    """--dev spares this machine's own calls, but not those that something forwards."""
    api = Client(s, tenant(s, "Many"))
    made = [api.post({}, headers={"X-Forwarded-For": "198.51.100.7"}) for _ in range(70)]
    assert [m.status for m in made[:60]] == [201] * 60
    assert made[-1].status == 429 and int(made[-1].headers["Retry-After"]) > 0
    assert made[-1].json["detail"].startswith("Request was throttled.")


if __name__ == "__main__":
    sys.exit(main(
        [a_token_is_given_for_credentials, wrong_credentials_give_none,
         a_room_is_made_found_and_entered, levels_are_open_or_a_lobby,
         what_is_said_of_a_room_is_told_again, rooms_belong_to_their_user,
         rooms_are_listed_by_pages, forged_and_expired_tokens_open_nothing,
         a_rotated_secret_ends_the_tokens_with_it, bad_bodies_are_refused_in_its_own_words,
         rooms_have_a_rate_of_their_front_end, a_log_and_a_copy_of_the_database_tell_no_secret]))
