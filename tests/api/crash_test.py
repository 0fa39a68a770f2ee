#!/usr/bin/env python3
"""Control dies in the middle of things (SIGKILL): nothing it said it did is lost: crash_test.py SALON."""
import http.client
import json
import os
import random
import signal
import sqlite3
import sys
import threading
import time

from endpoints import World
from http_test import WebSocket, frame
from serving import Server, main, path_of
from stream_test import Stream
from webhooks_test import Receiver, wait


class Mortal(Server):
    """Dies without warning and comes back at the same address."""

    def __init__(self):
        super().__init__("--webhook-allow", "127.0.0.0/8")

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(20)
        self.keep_log()

    def kill_all(self):
        """Its workers too: nobody is left who could be adopted."""
        pid = self.process.pid
        with open(f"/proc/{pid}/task/{pid}/children") as f:
            workers = [int(w) for w in f.read().split()]
        self.process.send_signal(signal.SIGSTOP)  # it starts no others
        for w in workers:
            os.kill(w, signal.SIGKILL)
        self.kill()

    def back(self):
        # It adopts the workers of the one before.
        self.start()

    def sql(self, text, *values):
        with sqlite3.connect(f"{self.state}/salon.db", timeout=10) as db:
            return db.execute(text, values).fetchall()


class Listener:
    """A front end's server that keeps every event it acknowledged, by id."""

    def __init__(self, s):
        self.receiver, self.events = Receiver(), {}
        made = s.post("/api/v1/webhooks", {"url": self.receiver.url})
        assert made.status == 201, made.body
        self.hook = made.json["id"]
        self.lock = threading.Lock()
        threading.Thread(target=self.run, daemon=True).start()

    def run(self):
        while True:
            _, headers, body = self.receiver.got.get()
            with self.lock:
                self.events[headers["webhook-id"]] = json.loads(body)

    def of(self, type_):
        with self.lock:
            return [e["data"] for e in self.events.values() if e["type"] == type_]


def with_mortal(test):
    def run(_):
        s = Mortal()
        try:
            test(s, Listener(s))
        finally:
            if s.process.poll() is None:
                s.stop()
            s.end()

    run.__name__ = test.__name__
    return run


def joined(s, url, name="Ada"):
    ws = WebSocket(s)
    answer = ws.ask(frame(1, json.dumps({"type": "join", "id": 1, "link": url, "name": name}).encode()))
    assert answer["type"] == "joined", answer
    return ws


def soon(s):
    """Retries that are far away are due now."""
    s.sql("UPDATE deliveries SET next_at = 0 WHERE state = 0")


@with_mortal
def a_call_whose_end_nobody_saw_has_ended(s, listener):
    room = s.post("/api/v1/rooms", {"title": "T"}).json
    one, two = joined(s, room["url"]), joined(s, room["url"], "Bob")
    wait(lambda: len(listener.of("participant.joined")) == 2)
    [started] = listener.of("call.started")
    s.kill_all()
    one.close()
    two.close()
    s.back()
    wait(lambda: listener.of("call.ended"))
    [ended] = listener.of("call.ended")
    assert ended["call"]["id"] == started["call"]["id"] and ended["room"]["id"] == room["id"]
    assert ended["call"]["peak"] == 2 and ended["call"]["ended_at"], ended
    [[peak, end]] = s.sql("SELECT peak, ended_at FROM calls WHERE id = ?", started["call"]["id"])
    assert peak == 2 and end > 0
    assert s.get(f"/api/v1/rooms/{room['id']}").json["last_used_at"]
    again = joined(s, room["url"])  # the same link, a call of its own
    wait(lambda: len(listener.of("call.started")) == 2)
    assert len({e["call"]["id"] for e in listener.of("call.started")}) == 2
    again.close()
    s.kill_all()
    s.back()
    wait(lambda: len(listener.of("call.ended")) == 2)


def heard(ws, message):
    """The answer to a request, whatever else comes before it."""
    got = ws.ask(frame(1, json.dumps(message).encode()))
    while got.get("re") != message["id"]:
        got = json.loads(ws.recv()[1])
    return got


@with_mortal
def a_call_goes_on_over_the_death_of_control(s, listener):
    room = s.post("/api/v1/rooms", {"title": "T"}).json
    ada, bob = WebSocket(s), WebSocket(s)
    here = [heard(ws, {"type": "join", "id": 1, "link": room["url"], "name": name})
            for ws, name in ((ada, "Ada"), (bob, "Bob"))]
    wait(lambda: len(listener.of("participant.joined")) == 2)
    for n in range(3):
        s.kill()  # right after the answer
        s.back()
        back = WebSocket(s)
        mine = here[n % 2]
        again = heard(back, {"type": "resume", "id": 2, "participant": mine["participant"],
                             "secret": mine["resume"], "chat_after": 0})
        assert again["type"] == "resumed" and again["participant"] == mine["participant"], again
        assert [c["text"] for c in again["chat"]] == [f"message {k}" for k in range(n)], again["chat"]
        assert len(again["participants"]) == 1 and again["room"]["title"] == "T", again
        assert heard(back, {"type": "chat", "id": 3, "text": f"message {n}"})["type"] == "ok"
        here[n % 2] = again
    # The others who come are in the same call, which has begun once and has not ended.
    carla = joined(s, room["url"], "Carla")
    wait(lambda: len(listener.of("participant.joined")) == 3)
    assert len({e["call"]["id"] for e in listener.of("participant.joined")}) == 1
    assert len(listener.of("call.started")) == 1 and not listener.of("call.ended")
    [[open_calls]] = s.sql("SELECT count(*) FROM calls WHERE ended_at = 0")
    assert open_calls == 1
    carla.close()


@with_mortal
def rings_end_as_they_would_have(s, listener):
    room = s.post("/api/v1/rooms", {}).json["id"]
    made = s.post(f"/api/v1/rooms/{room}/invitations",
                  {"from": {"ref": "z", "name": "Z"}, "ring_timeout": 10,
                   "to": [{"ref": r, "name": r} for r in ("rung", "silent", "kept", "answered")]})
    rung, silent, kept, answered = [i["id"] for i in made.json["invitations"]]
    for i in (rung, kept, answered):
        assert s.post(f"/api/v1/invitations/{i}/ack").status == 204
    assert s.post(f"/api/v1/invitations/{answered}/accept").status == 200
    s.kill()  # right after the answer
    # As if it had been away for long; `kept` still rings for a while.
    s.sql("UPDATE invitations SET due_at = due_at - 100 WHERE id IN (?, ?)", rung, silent)
    s.sql("UPDATE invitations SET due_at = due_at + 100 WHERE id = ?", kept)
    s.back()

    def states():
        return [s.get(f"/api/v1/invitations/{i}").json["state"] for i in (rung, silent, kept, answered)]

    wait(lambda: states() == ["missed", "unreachable", "ringing", "accepted"])
    assert s.post(f"/api/v1/invitations/{kept}/accept").status == 200
    soon(s)
    for type_, ids in (("created", {rung, silent, kept, answered}), ("ringing", {rung, kept, answered}),
                       ("accepted", {kept, answered}), ("missed", {rung}), ("unreachable", {silent})):
        wait(lambda t=type_, i=ids: {e["invitation"]["id"] for e in listener.of(f"invitation.{t}")} == i)


@with_mortal
def what_was_acknowledged_is_there_and_is_told(s, listener):
    """Killed again and again while rooms are made with Idempotency-Keys that are tried again."""
    acknowledged, stop, seed = {}, threading.Event(), random.Random(4)

    def make(n):
        k = 0
        while not stop.is_set():
            key = f"k-{n}-{k}"
            try:
                answer = s.post("/api/v1/rooms", {"title": key, "event_ref": key},
                                headers={"Idempotency-Key": key})
            except (OSError, http.client.HTTPException):  # it has died: the same again
                time.sleep(0.01)
                continue
            assert answer.status == 201, answer.body
            acknowledged[key] = answer.json
            k += 1

    threads = [threading.Thread(target=make, args=(n,)) for n in range(4)]
    for t in threads:
        t.start()
    for _ in range(3):
        before = len(acknowledged)
        wait(lambda n=before: len(acknowledged) > n + 15)
        time.sleep(seed.random() / 20)
        s.kill()
        s.back()
    stop.set()
    for t in threads:
        t.join()
    assert len(acknowledged) > 45
    titles = [t for [t] in s.sql("SELECT title FROM rooms WHERE title LIKE 'k-%'")]
    assert len(titles) == len(set(titles)), "a key made two rooms"
    for key, room in acknowledged.items():
        assert s.get(f"/api/v1/rooms/{room['id']}").json["url"] == room["url"], key
        assert s.get(f"/api/v1/events/{key}/room").json["id"] == room["id"], key
    assert s.sql("SELECT id FROM rooms WHERE title LIKE 'k-%' AND NOT EXISTS (SELECT 1 FROM "
                 "deliveries WHERE type = 'room.created' AND instr(body, rooms.id))") == []
    page = s.get(path_of(room["url"]), key=False)
    assert page.status == 200
    soon(s)
    ids = {room["id"] for room in acknowledged.values()}

    def told():
        soon(s)
        return ids <= {e["room"]["id"] for e in listener.of("room.created")}

    wait(told, 60)


@with_mortal
def deliveries_go_on_where_they_were(s, listener):
    listener.receiver.answers = [(500, {})] * 3
    rooms = {s.post("/api/v1/rooms", {}).json["id"] for _ in range(3)}

    def tried():
        url = f"/api/v1/webhooks/{listener.hook}/deliveries"
        return [d["attempts"] for d in s.get(url).json["deliveries"]]

    wait(lambda: all(n >= 1 for n in tried()))
    s.kill()
    s.back()
    assert len(tried()) == 3
    soon(s)
    url = f"/api/v1/webhooks/{listener.hook}/deliveries"
    s.post("/api/v1/rooms", {})  # whatever wakes the sender
    wait(lambda: all(d["state"] == "delivered" for d in s.get(url).json["deliveries"]))
    assert rooms <= {e["room"]["id"] for e in listener.of("room.created")}


@with_mortal
def what_cannot_be_told_is_not_made(s, listener):
    """A room and its event are one in the database: without the other neither is there."""
    stream = Stream(s)
    room = s.post("/api/v1/rooms", {}).json["id"]
    assert stream.next()["data"]["data"]["room"]["id"] == room
    s.sql("CREATE TRIGGER full BEFORE INSERT ON deliveries BEGIN SELECT RAISE(ABORT, 'full'); END")
    wish = [("POST", "/api/v1/rooms", {"title": "T"}), ("PUT", "/api/v1/events/e-1/room", {}),
            ("PUT", "/api/v1/users/zoe/room", {"name": "Z"}),
            ("POST", f"/api/v1/rooms/{room}/rotate", {}),
            ("POST", f"/api/v1/rooms/{room}/invitations",
             {"from": {"ref": "z", "name": "Z"}, "to": [{"ref": "p", "name": "P"}]})]
    look = ("SELECT (SELECT group_concat(id || link_version) FROM rooms), "
            "(SELECT count(*) FROM invitations), (SELECT count(*) FROM answers)")
    before = s.sql(look)
    for i, (method, path, body) in enumerate(wish):
        answer = s.ask(method, path, body, headers={"Idempotency-Key": f"k-{i}"})
        assert answer.status >= 400, (path, answer.body)
        assert s.sql(look) == before, path
    s.sql("DROP TRIGGER full")
    for i, (method, path, body) in enumerate(wish):  # nor were the keys used up
        answer = s.ask(method, path, body, headers={"Idempotency-Key": f"k-{i}"})
        assert answer.status in (200, 201), (path, answer.body)
    types = [stream.next()["event"] for _ in wish]
    assert types == ["room.created"] * 3 + ["room.link_rotated", "invitation.created"], types
    wait(lambda: len(listener.of("room.created")) == 4)
    stream.close()


@with_mortal
def a_one_time_invitation_is_used_once(s, listener):
    room = s.post("/api/v1/rooms", {}).json["id"]
    mail = s.post(f"/api/v1/rooms/{room}/invitations", {
        "from": {"ref": "z", "name": "Z"},
        "to": [{"email_link": True, "name": "Max", "max_uses": 1}]}).json["invitations"][0]
    joined(s, mail["url"])
    s.kill()
    s.back()
    assert s.get(f"/api/v1/invitations/{mail['id']}").json["uses"] == 1
    assert s.get(path_of(mail["url"]), key=False).status == 410


ALONE = [a_call_whose_end_nobody_saw_has_ended, a_call_goes_on_over_the_death_of_control,
         rings_end_as_they_would_have,
         what_was_acknowledged_is_there_and_is_told, deliveries_go_on_where_they_were,
         what_cannot_be_told_is_not_made,
         a_one_time_invitation_is_used_once]

if __name__ == "__main__":
    sys.exit(main([], [], ALONE))
