#!/usr/bin/env python3
"""Two tenants see nothing of each other; a thief of the database opens nothing: tenants_test.py SALON."""
import json
import pathlib
import re
import shutil
import sqlite3
import sys
import tempfile

from endpoints import ENDPOINTS, World
from serving import Server, check_problem, main, path_of
from stream_test import Stream
from webhooks_test import Receiver


def rows(s):
    with sqlite3.connect(f"file:{s.state}/salon.db?mode=ro", uri=True) as db:
        return "\n".join(db.iterdump())


def anothers_ids_are_nobodys(s):
    a, b = World(s, "Aa"), World(s, "Bb")
    a.ask("PATCH", f"/api/v1/webhooks/{a.ids['webhook']}", {"enabled": False})
    hidden = [a.room["title"], a.room["owner"]["name"], a.mail["url"], a.room["url"]]
    for e in ENDPOINTS:
        if not e.owned:
            continue
        before = [r for r in rows(s).splitlines() if a.ids["room"] in r]
        answer = b.ask(e.method, a.fill(e), e.body)
        check_problem(answer, 404, "not-found")
        nothing = b.ask(e.method, e.path.format(**{**b.ids, **dict.fromkeys(
            ("room", "invitation", "webhook"), "rm_none")}) + e.query, e.body)
        # The same answer as for what nobody has: nothing tells that it is there.
        strip = re.compile(rb'"instance":"[^"]*"')
        assert strip.sub(b"", answer.body) == strip.sub(b"", nothing.body), e.name
        assert not any(h in answer.text for h in hidden), e.name
        mine = a.ask(e.method, a.fill(e), e.body, key=b.user)
        assert mine.status in (401, 404), (e.name, mine.status)
        after = [r for r in rows(s).splitlines() if a.ids["room"] in r]
        assert [r for r in before if "deliveries" not in r and "invitations" not in r] == \
            [r for r in after if "deliveries" not in r and "invitations" not in r], e.name
    # A delivery of one's own webhook, named under another's, and the other way round.
    for hook, delivery in ((b.ids["webhook"], a.ids["delivery"]), (a.ids["webhook"], b.ids["delivery"])):
        check_problem(b.ask("POST", f"/api/v1/webhooks/{hook}/deliveries/{delivery}/retry", {}), 404,
                      "not-found")
    check_problem(b.ask("PUT", "/api/v1/events/mine/room", {"room_id": a.ids["room"]}), 422,
                  "invalid-field", "/room_id")


def lists_are_ones_own(s):
    a, b = World(s, "Ca"), World(s, "Cb")
    for path, name in (("/api/v1/rooms?limit=200", "rooms"), ("/api/v1/webhooks", "webhooks"),
                       ("/api/v1/rooms?owner=owner", "rooms")):
        one = {x["id"] for x in a.ask("GET", path).json[name]}
        two = {x["id"] for x in b.ask("GET", path).json[name]}
        assert one and two and not one & two, path
    cursor = a.ask("GET", "/api/v1/rooms?limit=1").json["next_cursor"]
    crossed = b.ask("GET", f"/api/v1/rooms?limit=200&cursor={cursor}").json["rooms"]
    assert all(r["id"] not in json.dumps([a.room, a.event, a.personal]) for r in crossed)


def names_are_ones_own(s):
    """Events, users and idempotency keys that are called the same are not the same."""
    a, b = World(s, "Da"), World(s, "Db")
    for path in ("/api/v1/events/same/room", "/api/v1/users/same/room"):
        one, two = a.make("PUT", path, {}), b.make("PUT", path, {})
        assert one["id"] != two["id"] and one["url"] != two["url"], path
        assert b.ask("DELETE", path).status in (200, 204)
        assert a.ask("GET", path).json["id"] == one["id"], path
    assert b.ask("DELETE", "/api/v1/users/same").status == 204
    assert a.ask("GET", "/api/v1/users/same/room").status == 200
    key = {"Idempotency-Key": "the-same"}
    one = a.ask("POST", "/api/v1/rooms", {"title": "x"}, headers=key).json
    two = b.ask("POST", "/api/v1/rooms", {"title": "y"}, headers=key)
    assert two.status == 201 and two.json["id"] != one["id"] and two.json["title"] == "y"
    # The same pair may ring in both.
    to = {"from": {"ref": "x", "name": "X"}, "to": [{"ref": "y", "name": "Y"}]}
    for w in (a, b):
        assert w.ask("POST", f"/api/v1/rooms/{w.ids['room']}/invitations", to).status == 201
    # Minted names, too.
    prefixes = [w.ask("GET", "/api/v1/tenant").json["prefix"] for w in (a, b)]
    assert prefixes[0] != prefixes[1]


def who_is_erased_without_a_room_takes_nothing_along(s):
    a, b = World(s, "Ea"), World(s, "Eb")
    stream = Stream(s, a.key)
    for _ in range(3):
        assert a.ask("DELETE", "/api/v1/users/never-there").status == 204
        assert b.ask("DELETE", "/api/v1/users/never-there").status == 204
    a.ask("PATCH", f"/api/v1/rooms/{a.ids['room']}", {"title": "last"})
    event = stream.next()
    assert event["event"] == "room.updated", event
    assert a.ask("DELETE", f"/api/v1/users/{a.ids['user']}").status == 204
    told = [stream.next()["event"] for _ in range(1)]
    assert told == ["room.closed"], told
    a.ask("PATCH", f"/api/v1/rooms/{a.ids['room']}", {"title": "after"})
    assert stream.next()["event"] == "room.updated"
    stream.close()


def happen(w, mark):
    room = w.make("POST", "/api/v1/rooms", {"metadata": {"mark": mark}})
    w.ask("PATCH", f"/api/v1/rooms/{room['id']}", {"title": mark})
    w.make("POST", f"/api/v1/rooms/{room['id']}/invitations",
           {"from": {"ref": "x", "name": mark}, "to": [{"ref": "shared-name", "name": mark}]})
    w.ask("DELETE", f"/api/v1/rooms/{room['id']}")
    return ["room.created", "room.updated", "invitation.created", "invitation.cancelled", "room.closed"]


def events_are_ones_own(_):
    s = Server("--webhook-allow", "127.0.0.0/8")
    hooks = Receiver(), Receiver()
    try:
        a, b = World(s, "Fa"), World(s, "Fb")
        for w, hook in zip((a, b), hooks):
            w.make("POST", "/api/v1/webhooks", {"url": hook.url})
        streams = Stream(s, a.key), Stream(s, b.key)
        users = Stream(s, a.token("shared-name")), Stream(s, b.token("shared-name"))
        types = happen(a, "mark-of-a"), happen(b, "mark-of-b")
        for i, w in enumerate((a, b)):
            mark, other = ("mark-of-a", "mark-of-b") if i == 0 else ("mark-of-b", "mark-of-a")
            seen = [streams[i].next() for _ in types[i]]
            assert sorted(e["event"] for e in seen) == sorted(types[i])
            mine = [users[i].next() for _ in range(2)]
            assert [e["event"] for e in mine] == ["invitation.created", "invitation.cancelled"]
            sent = [json.loads(hooks[i].next()[2]) for _ in types[i]]
            assert sorted(e["type"] for e in sent) == sorted(types[i])
            text = json.dumps([seen, mine, sent])
            assert mark in text and other not in text
            tenants = {e["data"]["data"]["tenant"] for e in seen} | {e["data"]["tenant"] for e in sent}
            assert len(tenants) == 1
        # A place in the other's replay is no place in one's own.
        a.ask("PATCH", f"/api/v1/rooms/{a.ids['room']}", {"title": "z"})
        last = streams[0].next()["id"]
        crossed = Stream(s, b.key, last_id=last)
        assert crossed.next()["event"] == "reset"
        for stream in (*streams, *users, crossed):
            stream.close()
    finally:
        s.stop()
        s.end()
        for hook in hooks:
            hook.end()


# ---- a copy of the database ----

def secrets_of(s, w):
    """All that opens something, as its tenant got it."""
    member = w.make("POST", f"/api/v1/rooms/{w.ids['room']}/tokens",
                    {"user": {"ref": "u", "name": "N"}, "role": "host"})["url"]
    found = {"api key": w.key, "the key's secret": w.key.split("_")[2], "user token": w.user,
             "link": path_of(w.room["url"]).split("/")[2], "host": w.room["host_url"].split("#h=")[1],
             "member": member.split("#t=")[1], "invitation": path_of(w.mail["url"]).split("/")[2],
             "webhook": w.webhook["secret"].removeprefix("whsec_"),
             "personal": path_of(w.personal["url"]).split("/")[2]}
    for line in w.added.splitlines():
        label, _, value = line.partition(": ")
        if "secret" in label.lower() and value:
            found[label] = value.removeprefix("whsec_")
    return found


def a_copy_of_the_database_opens_no_room(s):
    w = World(s, "Robbed")
    secrets = secrets_of(s, w)
    assert len(secrets) >= 11, secrets.keys()
    thief = tempfile.mkdtemp(prefix="salon-thief-")
    for name in ("salon.db", "salon.db-wal", "salon.db-shm"):  # while it runs: what a backup takes
        if pathlib.Path(s.state, name).exists():
            shutil.copy(f"{s.state}/{name}", thief)
    stored = b"".join(p.read_bytes() for p in pathlib.Path(thief).iterdir())
    for what, secret in secrets.items():
        assert secret.encode() not in stored, f"{what} is in the database"
    other = Server(state=thief)
    try:
        with sqlite3.connect(f"file:{thief}/salon.db?mode=ro", uri=True) as db:
            names = [n for [n] in db.execute("SELECT name FROM tenants")]
        assert "Robbed" in names  # it is their database
        for url in (w.room["url"], w.personal["url"], w.mail["url"], w.event["url"]):
            assert s.get(path_of(url), key=False).status == 200
        # A copy answers to what it is shown, for it knows the hashes; but it shows nothing itself.
        assert other.get("/api/v1/stream", key=w.user).status == 401
        # Whoever has a key of the tenant has it already: the copy gives out links of its own that
        # open nothing at the robbed server.
        made = other.get(f"/api/v1/rooms/{w.ids['room']}", key=w.key).json
        assert made["url"] != w.room["url"] and made["host_url"] != w.room["host_url"]
        for url in (made["url"], made["share"]["ics_url"], made["share"]["qr_url"]):
            query = "?start=2026-01-01T10:00:00Z&end=2026-01-01T11:00:00Z" if "ics" in url else ""
            assert s.get(path_of(url) + query, key=False).status == 404, url
        hook = other.post(f"/api/v1/webhooks/{w.ids['webhook']}/rotate-secret", {}, key=w.key).json
        assert hook["secret"] != w.webhook["secret"]
        forged = other.post("/api/v1/user-tokens", {"user": {"ref": w.ids["user"], "name": "P"}},
                            key=w.key).json["token"]
        check_problem(s.get(f"/api/v1/invitations/{w.ids['invitation']}", key=forged), 401,
                      "unauthorized")
        check_problem(other.get("/api/v1/rooms", key=secrets["the key's secret"]), 401, "unauthorized")
    finally:
        other.stop()
        other.end()


SHARED = [anothers_ids_are_nobodys, lists_are_ones_own, names_are_ones_own,
          who_is_erased_without_a_room_takes_nothing_along, a_copy_of_the_database_opens_no_room]

if __name__ == "__main__":
    sys.exit(main(SHARED, [], [events_are_ones_own]))
