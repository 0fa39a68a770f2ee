#!/usr/bin/env python3
"""The lobby, locks and moderation as front ends see them: lobby_test.py SALON. Exit 1 if a test fails."""
import base64
import json
import os
import pathlib
import socket
import struct
import sys

from serving import check_problem, main
from stream_test import Stream

OFFERS = pathlib.Path(__file__).resolve().parent.parent / "sdp" / "offers"


class Signal:
    """A client of docs/signalling.md."""

    def __init__(self, s):
        self.socket = socket.create_connection(("127.0.0.1", s.port), timeout=20)
        key = base64.b64encode(os.urandom(16)).decode()
        self.socket.sendall((f"GET /api/v1/signal HTTP/1.1\r\nHost: 127.0.0.1:{s.port}\r\n"
                             "Upgrade: websocket\r\nConnection: Upgrade\r\n"
                             f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n"
                             "Sec-WebSocket-Protocol: salon.v1\r\n\r\n").encode())
        self.file = self.socket.makefile("rb")
        assert b" 101 " in self.file.readline()
        while self.file.readline() != b"\r\n":
            pass

    def say(self, **message):
        data = json.dumps(message).encode()
        assert len(data) < 65536
        head = struct.pack("!BB", 0x81, 0x80 | len(data)) if len(data) < 126 else \
            struct.pack("!BBH", 0x81, 0x80 | 126, len(data))
        mask = os.urandom(4)
        self.socket.sendall(head + mask + bytes(b ^ mask[i % 4] for i, b in enumerate(data)))

    def next(self):
        """The next message; None: the server has closed."""
        head = self.file.read(2)
        if len(head) < 2 or head[0] & 15 == 8:
            return None
        length = head[1] & 127
        if length == 126:
            [length] = struct.unpack("!H", self.file.read(2))
        elif length == 127:
            [length] = struct.unpack("!Q", self.file.read(8))
        return json.loads(self.file.read(length))

    def until(self, type_):
        while True:
            message = self.next()
            assert message, f"closed before {type_}"
            if message["type"] == type_:
                return message

    def ask(self, **message):
        self.say(id=7, **message)
        while True:
            answer = self.next()
            assert answer, f"closed before the answer to {message}"
            if answer.get("re") == 7:
                return answer

    def close(self):
        self.file.close()
        self.socket.close()


def make_room(s, **fields):
    room = s.post("/api/v1/rooms", fields).json
    return room, f"/api/v1/rooms/{room['id']}"


def join(s, room, **more):
    client = Signal(s)
    return client, client.ask(type="join", link=room["url"], **more)


def join_host(s, room):
    client = Signal(s)
    link, secret = room["host_url"].split("#h=")
    return client, client.ask(type="join", link=link, host=secret, name="Zoé")


def the_api_sees_who_knocks_and_lets_in_or_not(s):
    room, path = make_room(s, access="lobby")
    stream = Stream(s)
    one, lobby = join(s, room, name="Gus")
    assert lobby["type"] == "lobby" and lobby["reason"] == "lobby" and not lobby["host"]
    two, _ = join(s, room, name="Mal")
    waiting = s.get(f"{path}/lobby").json["waiting"]
    assert [(w["name"], w["role"], w["ref"], w["reason"]) for w in waiting] == \
        [("Gus", "guest", None, "lobby"), ("Mal", "guest", None, "lobby")], waiting
    assert waiting[0]["since"].endswith("Z") and waiting[0]["id"] == lobby["participant"]
    assert s.get(f"{path}/participants").json == {"participants": []}
    assert s.get(path).json["participants"] == 0

    knocked = stream.until("lobby.knocked")["data"]["data"]
    assert knocked["room"]["id"] == room["id"]
    assert knocked["knock"]["id"] == lobby["participant"] and knocked["knock"]["name"] is None
    assert s.post(f"{path}/lobby/{waiting[0]['id']}/admit").status == 204
    assert one.until("joined")["participants"] == []
    assert stream.until("lobby.admitted")["data"]["data"]["knock"]["id"] == waiting[0]["id"]
    check_problem(s.post(f"{path}/lobby/{waiting[0]['id']}/admit"), 404, "not-found")
    assert s.post(f"{path}/lobby/{waiting[1]['id']}/deny").status == 204
    assert two.until("closed")["reason"] == "denied"
    assert stream.until("lobby.denied")["data"]["data"]["knock"]["id"] == waiting[1]["id"]
    assert s.get(f"{path}/lobby").json == {"waiting": []}
    for client in one, two, stream:
        client.close()


def the_lobby_wants_a_key_of_the_rooms_tenant(s):
    room, path = make_room(s, access="lobby")
    guest, lobby = join(s, room, name="Gus")
    for method, url in [("GET", f"{path}/lobby"),
                        ("POST", f"{path}/lobby/{lobby['participant']}/admit"),
                        ("POST", f"{path}/lobby/{lobby['participant']}/deny")]:
        check_problem(s.ask(method, url, key=False), 401, "unauthorized")
    other, elsewhere = make_room(s)
    check_problem(s.post(f"{elsewhere}/lobby/{lobby['participant']}/admit"), 404, "not-found")
    check_problem(s.get("/api/v1/rooms/rm_none/lobby"), 404, "not-found")
    guest.close()


def a_front_end_locks_a_room_until_its_call_is_over(s):
    room, path = make_room(s)
    assert room["locked"] is False
    host, _ = join_host(s, room)
    check_problem(s.ask("PATCH", path, {"locked": "yes"}), 422, "invalid-field", "/locked")
    assert s.ask("PATCH", path, {"locked": True}).json["locked"] is True
    assert host.until("room")["room"]["locked"] is True
    guest, lobby = join(s, room, name="Gus")
    assert lobby["reason"] == "locked" and lobby["host"]
    [knock] = host.until("knocking")["participants"]
    assert knock == {"id": lobby["participant"], "name": "Gus"}
    assert host.ask(type="admit", participant=knock["id"])["type"] == "ok"
    guest.until("joined")
    stream = Stream(s)
    host.say(type="leave")
    guest.say(type="leave")
    while stream.until("room.updated")["data"]["data"]["locked"]:
        pass
    assert s.get(path).json["locked"] is False
    for client in host, guest, stream:
        client.close()


def a_host_locks_and_front_ends_hear_of_it(s):
    room, path = make_room(s)
    stream = Stream(s)
    host, _ = join_host(s, room)
    assert host.ask(type="lock", locked=True)["type"] == "ok"
    assert stream.until("room.updated")["data"]["data"]["locked"] is True
    assert s.get(path).json["locked"] is True
    host.close()
    stream.close()


def a_guest_cannot_publish_or_play_past_a_lobby(s):
    offer = (OFFERS / "chromium_publish.sdp").read_bytes()

    def publish(room, way="whip"):
        token = room["url"].split("/r/")[1]
        return s.post(f"/{way}/{token}", offer, key=False,
                      headers={"Content-Type": "application/sdp"})

    for access, reason in ("lobby", "lobby"), ("members", "members_only"):
        room, path = make_room(s, access=access)
        for way in "whip", "whep":
            answer = publish(room, way)
            check_problem(answer, 401, "unauthorized")
            assert answer.json["reason"] == reason, answer.json
        assert s.get(f"{path}/participants").json == {"participants": []}
    room, path = make_room(s)
    s.ask("PATCH", path, {"locked": True})
    assert publish(room).json["reason"] == "locked"


def removed_and_muted_over_the_api(s):
    room, path = make_room(s)
    guest, joined = join(s, room, name="Gus")
    one = f"{path}/participants/{joined['participant']}"
    check_problem(s.post(f"{one}/mute", {"source": "microphone"}), 409, "conflict")
    check_problem(s.post(f"{one}/mute", {"source": "nose"}), 422, "invalid-field", "/source")
    assert s.post(f"{one}/mute", {}).status == 204
    assert s.ask("DELETE", one).status == 204
    assert guest.until("closed")["reason"] == "removed"
    check_problem(s.ask("DELETE", one), 404, "not-found")
    again = Signal(s)
    again.say(type="resume", participant=joined["participant"], secret=joined["resume"])
    assert again.until("closed")["reason"] == "removed"
    back, joined = join(s, room, name="Gus")  # his link goes on working
    assert joined["type"] == "joined"
    for client in guest, again, back:
        client.close()


def knocks_are_limited_and_the_limit_is_said(s):
    room, path = make_room(s, access="lobby")
    clients = []
    for _ in range(5):
        client, lobby = join(s, room, name="Gus")
        assert lobby["type"] == "lobby", lobby
        clients.append(client)
    client, refused = join(s, room, name="Gus")
    assert refused["reason"] == "rate_limited" and refused["retry_after"] >= 1, refused
    assert len(s.get(f"{path}/lobby").json["waiting"]) == 5
    for client in [client, *clients]:
        client.close()


def a_restart_keeps_the_lock_and_asks_to_knock_again(s):
    room, path = make_room(s)
    host, _ = join_host(s, room)
    host.ask(type="lock", locked=True)
    guest, lobby = join(s, room, name="Gus")
    s.restart()
    assert guest.until("closed")["reason"] == "shutdown"
    assert s.get(path).json["locked"] is True
    again = Signal(s)
    refused = again.ask(type="resume", participant=lobby["participant"], secret=lobby["resume"])
    assert refused["reason"] == "unknown_session"
    lobby = again.ask(type="join", link=room["url"], name="Gus")
    assert lobby["type"] == "lobby" and lobby["reason"] == "locked", lobby
    host, joined = join_host(s, room)
    assert [k["name"] for k in joined["knocking"]] == ["Gus"]
    host.ask(type="admit", all=True)
    again.until("joined")
    for client in host, guest, again:
        client.close()


ALONE = [the_api_sees_who_knocks_and_lets_in_or_not, the_lobby_wants_a_key_of_the_rooms_tenant,
         a_front_end_locks_a_room_until_its_call_is_over, a_host_locks_and_front_ends_hear_of_it,
         a_guest_cannot_publish_or_play_past_a_lobby, removed_and_muted_over_the_api,
         knocks_are_limited_and_the_limit_is_said, a_restart_keeps_the_lock_and_asks_to_knock_again]

if __name__ == "__main__":
    sys.exit(main([], ALONE))
