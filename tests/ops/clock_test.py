#!/usr/bin/env python3
"""The time of day jumps under a running server: clock_test.py SALON WALL_CLOCK. Exit 1 if a test fails.

WALL_CLOCK is wall_clock.c as a library: the server's and its workers' time of day is ours to set.
"""
import json
import mmap
import os
import struct
import sys
import tempfile
import time

LIBRARY = sys.argv.pop(2)  # what is left is what others expect

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../api"))
from http_test import WebSocket, frame  # noqa: E402
from running import main, wait_for  # noqa: E402
from webhooks_test import Receiver, signatures  # noqa: E402

DAY = 86400


class Clock:
    """Of a server that is yet to be started."""

    def __init__(self):
        self.file = tempfile.NamedTemporaryFile(prefix="salon-clock-")
        self.file.write(bytes(8))
        self.file.flush()
        self.bytes = mmap.mmap(self.file.fileno(), 8)
        self.env = {"LD_PRELOAD": LIBRARY, "SALON_TEST_CLOCK": self.file.name}
        self.ahead = 0

    def set(self, seconds):
        self.ahead += seconds
        self.bytes[:] = struct.pack("=q", self.ahead * 1000000)

    def jump(self, salon, seconds):
        """Returns when the server has seen it."""
        seen = salon.read_log().count("clock.jumped")
        self.set(seconds)
        wait_for(lambda: salon.read_log().count("clock.jumped") > seen, why="the jump is not seen")

    def now(self):
        return time.time() + self.ahead


class FrontEnd:
    def __init__(self, salon):
        self.salon, self.key = salon, salon.tenant()

    def ask(self, method, path, body=None, status=None):
        answer = self.salon.ask(method, f"/api/v1{path}", json.dumps(body) if body is not None else None,
                                {"Authorization": f"Bearer {self.key}", "Content-Type": "application/json"})
        assert status in (None, answer.status), (method, path, answer.status, answer.body)
        return answer

    def ring(self, room, who):
        asked = {"from": {"ref": "ada", "name": "Ada"}, "to": [{"ref": who, "name": who}], "ring_timeout": 120}
        return self.ask("POST", f"/rooms/{room['id']}/invitations", asked, 201).json["invitations"][0]

    def state(self, invitation):
        return self.ask("GET", f"/invitations/{invitation['id']}", status=200).json["state"]


def says(ws, kind, **more):
    ws.send(frame(1, json.dumps({"type": kind, "id": 1, **more}).encode()))
    while True:
        heard = json.loads(ws.recv()[1])
        if heard.get("re") == 1:
            return heard


def served(make, **settings):
    clock = Clock()
    salon = make(settings, env=clock.env)
    return clock, salon, FrontEnd(salon)


def what_waits_comes_when_it_would_have_come_and_is_dated_anew(make):
    clock, salon, front = served(make, webhooks={"allow": ["127.0.0.0/8"]})
    receiver = Receiver()
    receiver.answers = [(500, {})]
    hook = front.ask("POST", "/webhooks", {"url": receiver.url}, 201).json
    front.ask("POST", "/rooms", {}, 201)
    receiver.next(60)  # refused: tried again in five seconds
    clock.jump(salon, -DAY)  # and not in a day
    _, headers, body = receiver.next(60)
    mine, theirs = signatures(hook["secret"], headers, body)
    assert mine in theirs
    assert abs(int(headers["webhook-timestamp"]) - clock.now()) < 60, headers
    receiver.end()
    assert salon.stop() == 0


def delivery_looked_for_before_a_jump_is_seen_comes_as_well(make):
    clock, salon, front = served(make, webhooks={"allow": ["127.0.0.0/8"]})
    receiver = Receiver()
    receiver.answers = [(500, {})]
    front.ask("POST", "/webhooks", {"url": receiver.url}, 201)
    front.ask("POST", "/rooms", {}, 201)
    refused = receiver.next(60)[1]["webhook-id"]
    time.sleep(0.3)
    clock.set(-DAY)  # seen within a second
    front.ask("POST", "/rooms", {}, 201)  # what is due is looked for
    assert receiver.next(60)[1]["webhook-id"] != refused
    assert receiver.next(60)[1]["webhook-id"] == refused
    receiver.end()
    assert salon.stop() == 0


def ring_looked_at_before_a_jump_is_seen_ends_as_well(make):
    clock, salon, front = served(make)
    room = front.ask("POST", "/rooms", {}, 201).json
    early, other = front.ring(room, "blaise"), front.ring(room, "carla")
    clock.set(-DAY)
    front.ask("DELETE", f"/invitations/{other['id']}", status=204)
    wait_for(lambda: front.state(early) == "unreachable", 60, "it rings on and on")
    assert salon.stop() == 0


def ring_lasts_as_long_as_it_was_to(make):
    clock, salon, front = served(make)
    room = front.ask("POST", "/rooms", {}, 201).json
    early, late = front.ring(room, "blaise"), front.ring(room, "carla")
    token = front.ask("POST", "/user-tokens", {"user": {"ref": "carla", "name": "Carla"}}, 201).json["token"]
    acked = salon.ask("POST", f"/api/v1/invitations/{late['id']}/ack", "{}",
                      {"Authorization": f"Bearer {token}", "Content-Type": "application/json"})
    assert acked.status == 204, acked.body
    # Tomorrow, all at once: who rings for two minutes still does.
    clock.jump(salon, DAY)
    assert front.state(late) == "ringing"
    # Yesterday: nobody has acknowledged the other one; ten seconds are ten seconds, no day.
    clock.jump(salon, -2 * DAY)
    wait_for(lambda: front.state(early) == "unreachable", 60, "it rings on and on")
    assert front.state(late) == "ringing"
    assert salon.stop() == 0


def limits_are_not_fooled_and_calls_go_on(make):
    clock, salon, front = served(make, limits={"rooms_per_minute": 3})
    room = front.ask("POST", "/rooms", {}, 201).json
    ada, blaise = WebSocket(salon), WebSocket(salon)
    for ws, name in ((ada, "Ada"), (blaise, "Blaise")):
        assert says(ws, "join", link=room["url"], name=name)["type"] == "joined"
    while front.ask("POST", "/rooms", {}).status == 201:
        pass
    for jump in (DAY, -3 * DAY, 2 * DAY):
        clock.jump(salon, jump)
        refused = front.ask("POST", "/rooms", {}, 429)
        assert 0 < int(refused.headers["Retry-After"]) <= 60, refused.headers["Retry-After"]
        assert says(ada, "chat", text="what time is it?")["type"] == "ok"
        while True:
            heard = json.loads(blaise.recv()[1])
            if heard["type"] == "chat":
                break
        assert abs(heard["time"] / 1000 - clock.now()) < 60, heard
        assert says(blaise, "ping")["type"] == "pong"
        assert salon.ask("GET", "/readyz").status == 200
    ada.close()
    blaise.close()
    assert salon.stop() == 0


if __name__ == "__main__":
    sys.exit(main(what_waits_comes_when_it_would_have_come_and_is_dated_anew,
                  delivery_looked_for_before_a_jump_is_seen_comes_as_well,
                  ring_looked_at_before_a_jump_is_seen_ends_as_well,
                  ring_lasts_as_long_as_it_was_to,
                  limits_are_not_fooled_and_calls_go_on))
