#!/usr/bin/env python3
"""Server-sent events: stream_test.py SALON. Exit 1 if a test fails."""
import base64
import hashlib
import hmac
import http.client
import json
import pathlib
import sys
import time

from endpoints import key_of, tenant
from serving import check_problem, main


class Stream:
    """GET /api/v1/stream, event by event."""

    def __init__(self, s, key=None, last_id=None, wait=10):
        headers = {"Authorization": f"Bearer {key or s.key}"}
        if last_id:
            headers["Last-Event-ID"] = last_id
        self.connection = http.client.HTTPConnection("127.0.0.1", s.port, timeout=wait)
        self.connection.request("GET", "/api/v1/stream", headers=headers)
        self.answer = self.connection.getresponse()
        assert self.answer.status == 200, self.answer.status
        assert self.answer.headers["Content-Type"] == "text/event-stream"
        assert self.answer.headers["Cache-Control"] == "no-store"

    def next(self):
        event = {}
        while True:
            line = self.answer.readline().decode()
            assert line, "the stream has ended"
            name, _, value = line.rstrip("\n").partition(": ")
            if line == "\n":
                if "data" in event:
                    return {**event, "data": json.loads(event["data"])}
                event = {}
            elif name:
                event[name] = value

    def drain(self):
        """Until the server ends it."""
        try:
            while self.answer.readline():
                pass
        except (http.client.HTTPException, ConnectionError):
            pass

    def until(self, type_):
        while True:
            event = self.next()
            if event["event"] == type_:
                return event

    def close(self):
        self.connection.close()
        self.answer.close()


def token_of(s, ref):
    return s.post("/api/v1/user-tokens", {"user": {"ref": ref, "name": ref}}).json["token"]


def ring(s, to, **room):
    made = s.post("/api/v1/rooms", room).json
    answer = s.post(f"/api/v1/rooms/{made['id']}/invitations",
                    {"from": {"ref": "zoe", "name": "Zoé"}, "to": [{"ref": to, "name": to}]})
    return made, answer.json["invitations"][0]


def what_happens_to_a_room_is_told(s):
    stream = Stream(s)
    room = s.post("/api/v1/rooms", {"metadata": {"chat": "c1"}, "title": "T"}).json
    event = stream.next()
    envelope = event["data"]
    assert event["event"] == envelope["type"] == "room.created" and envelope["timestamp"].endswith("Z")
    assert envelope["data"]["room"] == {"id": room["id"], "kind": "instant", "event_ref": None,
                                        "metadata": {"chat": "c1"}}
    s.ask("PATCH", f"/api/v1/rooms/{room['id']}", {"access": "members"})
    assert stream.next()["data"]["data"]["access"] == "members"
    s.post(f"/api/v1/rooms/{room['id']}/rotate", {})
    rotated = stream.next()
    assert rotated["event"] == "room.link_rotated"
    s.ask("DELETE", f"/api/v1/rooms/{room['id']}")
    assert stream.next()["event"] == "room.closed"
    assert room["url"].split("/r/")[1] not in json.dumps(rotated)
    stream.close()


def a_browser_hears_of_its_own_user_alone(s):
    paul, eve, all_ = Stream(s, token_of(s, "paul")), Stream(s, token_of(s, "eve")), Stream(s)
    _, i = ring(s, "paul")
    event = paul.next()
    assert event["event"] == "invitation.created", event
    told = event["data"]["data"]["invitation"]
    assert told["id"] == i["id"] and told["popin"]["title"] and "url" not in told
    assert s.post(f"/api/v1/invitations/{i['id']}/ack", key=token_of(s, "paul")).status == 204
    assert paul.next()["event"] == "invitation.ringing"
    assert s.ask("DELETE", f"/api/v1/invitations/{i['id']}").status == 204
    assert paul.next()["event"] == "invitation.cancelled"
    _, other = ring(s, "eve")
    assert eve.next()["data"]["data"]["invitation"]["id"] == other["id"]
    assert [all_.next()["event"] for _ in range(6)] == [
        "room.created", "invitation.created", "invitation.ringing", "invitation.cancelled",
        "room.created", "invitation.created"]
    for stream in (paul, eve, all_):
        stream.close()


def who_comes_back_misses_nothing(s):
    stream = Stream(s)
    s.post("/api/v1/rooms", {})
    first = stream.next()
    stream.close()
    rooms = [s.post("/api/v1/rooms", {}).json["id"] for _ in range(3)]
    again = Stream(s, last_id=first["id"])
    assert [again.next()["data"]["data"]["room"]["id"] for _ in range(3)] == rooms
    again.close()
    lost = Stream(s, last_id="evt_unknown")
    assert lost.next()["event"] == "reset"
    lost.close()


def a_stream_needs_a_key(s):
    check_problem(s.get("/api/v1/stream", key=False), 401, "unauthorized")
    check_problem(s.get("/api/v1/stream", key="salon_0000000000_" + "0" * 32), 401, "unauthorized")
    head = s.ask("HEAD", "/api/v1/stream")
    assert head.status == 200 and head.headers["Content-Type"] == "text/event-stream"


def many_streams_hear_the_same(s):
    streams = [Stream(s) for _ in range(200)]
    room = s.post("/api/v1/rooms", {}).json["id"]
    assert all(t.next()["data"]["data"]["room"]["id"] == room for t in streams)
    for t in streams[::2]:
        t.close()
    s.post("/api/v1/rooms", {})
    assert all(t.next()["event"] == "room.created" for t in streams[1::2])
    for t in streams:
        t.close()


def a_client_that_does_not_read_is_let_go(s):
    slow, quick = Stream(s), Stream(s)
    text = {"metadata": {"x": "y" * 4000}}
    room = s.post("/api/v1/rooms", text).json["id"]
    began = time.monotonic()
    for k in range(2000):  # some megabytes: more than any socket's buffers hold
        s.ask("PATCH", f"/api/v1/rooms/{room}", {"title": f"t{k}"})
        if k % 50 == 0:
            quick.until("room.updated")
        if time.monotonic() - began > 20:
            break
    quick.until("room.updated")
    assert s.get("/healthz").status == 200
    slow.close()
    quick.close()


def streams_end_when_the_server_does(s):
    stream = Stream(s)
    assert s.stop() == 0
    stream.drain()
    s.start()


def forged(s, token, **claims):
    """The same token with other claims, signed with the server's own key."""
    of = json.loads(base64.urlsafe_b64decode(token.split(".")[1] + "=="))
    [path] = [p for p in pathlib.Path(s.state).iterdir() if p.stat().st_size == 32]
    key = hmac.new(path.read_bytes(), b"user|v1", hashlib.sha256).digest()
    text = ".".join(base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode()
                    for part in ({"alg": "HS256", "typ": "JWT"}, {**of, **claims}))
    mac = hmac.new(key, text.encode(), hashlib.sha256).digest()
    return text + "." + base64.urlsafe_b64encode(mac).rstrip(b"=").decode()


def streams_end_with_the_right_to_listen(s):
    other = key_of(tenant(s, "add", "Other"))
    kept = key_of(tenant(s, "key", "Other"))
    removed = key_of(tenant(s, "add", "Removed"))
    user = {"user": {"ref": "paul", "name": "Paul"}}
    orphan = s.post("/api/v1/user-tokens", user, key=removed).json["token"]
    brief = forged(s, token_of(s, "paul"), exp=int(time.time()) + 5)
    ending = [Stream(s, k, wait=60) for k in (other, removed, orphan, brief)]
    staying = [Stream(s, k, wait=60) for k in (kept, token_of(s, "paul"))]
    tenant(s, "key", "Other")  # of three keys the oldest is revoked
    tenant(s, "remove", "Removed")
    for stream in ending:
        stream.drain()
    for stream in staying:  # of the same round: nothing but its beat
        line = None
        while line != b":\n":
            line = stream.answer.readline()
            assert line, "the stream has ended"
    s.post("/api/v1/rooms", {}, key=kept)
    assert staying[0].next()["event"] == "room.created"
    for stream in staying:
        stream.close()


ALONE = [what_happens_to_a_room_is_told, a_browser_hears_of_its_own_user_alone,
         who_comes_back_misses_nothing, a_stream_needs_a_key, many_streams_hear_the_same,
         a_client_that_does_not_read_is_let_go, streams_end_when_the_server_does,
         streams_end_with_the_right_to_listen]

if __name__ == "__main__":
    sys.exit(main([], ALONE))
