#!/usr/bin/env python3
"""Memory that runs out in control: the n-th allocation of a request fails, and so on for every n:
memory_test.py SALON SCARCE_MEMORY. Exit 1 if a test fails.

A request may be refused then, by a problem that says 503 or, where there was no memory for even that, by its status or by
the connection's end. Nobody crashes, what was acknowledged is there and whole, and the next request is served.

    NTH=77 ONLY=invited memory_test.py …    # this allocation, of the tests whose name matches
"""
import contextlib
import http.client
import json
import mmap
import os
import queue
import re
import struct
import sys
import tempfile
import time

import serving
from http_test import WebSocket, frame
from serving import Server, path_of
from webhooks_test import Receiver, make

LIBRARY = sys.argv[2]
STRIDE, ONE_BY_ONE = 3, 40   # each of the first, then each third
SECONDS = 7.0                # and no more than that for one request: what is left then is for another machine
WISH = "=QQQQ"


class Memory:
    """What tests/api/scarce_memory.c is told."""

    def __init__(self):
        self.file = tempfile.NamedTemporaryFile()
        self.file.write(bytes(struct.calcsize(WISH)))
        self.file.flush()
        self.map = mmap.mmap(self.file.fileno(), struct.calcsize(WISH))

    @contextlib.contextmanager
    def fails(self, s, nth):
        """Within, the `nth` allocation of control is refused. Gives how many there were."""
        self.map[:] = struct.pack(WISH, s.process.pid, 0, nth, 1)
        made = []
        try:
            yield made
        finally:
            made.append(struct.unpack(WISH, self.map[:])[1])
            self.map[:] = bytes(len(self.map))


memory = Memory()
serving.ENV |= {"SALON_TEST_MEMORY": memory.file.name, "LD_PRELOAD": LIBRARY}


def tries():
    """Which allocations fail, one after the other."""
    only, n, until = int(os.environ.get("NTH", 0)), 1, time.monotonic() + SECONDS
    while only or time.monotonic() < until:
        yield only or n
        if only:
            return
        n += 1 if n < ONE_BY_ONE else STRIDE


def shape(value):
    """What it is made of, whatever it says."""
    if isinstance(value, dict):
        return {k: shape(v) for k, v in value.items()}
    return [shape(v) for v in value] if isinstance(value, list) else type(value).__name__


def asked(s, method, path, body=None):
    """The answer, or None if the connection ended without one."""
    try:
        return s.ask(method, path, body)
    except (http.client.HTTPException, ConnectionError):
        return None


def is_clear(answer):
    """It says that it cannot just now."""
    if answer is None:
        return
    assert answer.status == 503, (answer.status, answer.body)
    if answer.body and answer.headers["Content-Type"] != "text/html; charset=utf-8":
        assert answer.headers["Content-Type"] == "application/problem+json", answer.headers
        assert answer.json["type"] == "/problems/capacity" and answer.json["title"], answer.body


def alive(s):
    assert s.process.poll() is None, s.read_log()[-6000:]


def each(s, request, done):
    """`request` gives what is asked; `done` looks whether what was acknowledged is there."""
    good = asked(s, *request(0))
    assert good.status < 300, (good.status, good.body)
    done(good, 0)
    refused = 0
    for n in tries():
        with memory.fails(s, n) as made:
            answer = asked(s, *request(n))
        alive(s)
        try:
            if answer is not None and answer.status == good.status:
                if answer.headers["Content-Type"] == "application/json":
                    assert shape(answer.json) == shape(good.json), (shape(answer.json), shape(good.json))
                done(answer, n)
            else:
                is_clear(answer)
                refused += 1
            again = asked(s, *request(-n))
            assert again is not None and again.status == good.status, again and (again.status, again.body)
            done(again, -n)
        except Exception as why:
            raise AssertionError(f"allocation {n} of {request(n)[:2]}: {why!r}") from why
        if made[0] < n:
            break
    print(f"        {request(0)[:2]}: {n} allocations, refused {refused} times", flush=True)
    assert refused


def a_room_is_made_or_is_not(s):
    def request(n):
        return "POST", "/api/v1/rooms", {"title": f"Room {n}", "event_ref": f"ref {n}", "metadata": {"n": [n]}}

    def done(answer, n):
        room = s.get(f"/api/v1/rooms/{answer.json['id']}")
        assert room.status == 200 and room.json["title"] == f"Room {n}" == answer.json["title"], room.body
        assert room.json["metadata"] == {"n": [n]} == answer.json["metadata"], room.body

    each(s, request, done)


def a_person_is_invited_or_is_not(s):
    room = s.post("/api/v1/rooms", {}).json["id"]

    def request(n):
        return ("POST", f"/api/v1/rooms/{room}/invitations",
                {"from": {"ref": f"zoe {n}", "name": "Zoé"}, "to": [{"ref": f"paul {n}", "name": "Paul"}]})

    def done(answer, n):
        invitation = s.get(f"/api/v1/invitations/{answer.json['invitations'][0]['id']}")
        assert invitation.status == 200 and invitation.json["to"]["ref"] == f"paul {n}", invitation.body

    each(s, request, done)


def a_link_is_followed_or_is_not(s):
    path = path_of(s.post("/api/v1/rooms", {}).json["url"])
    whole = s.get(path).body

    def done(answer, _):
        assert answer.body == whole

    each(s, lambda _: ("GET", path), done)


def a_webhook_is_told_of_what_was_done(s):
    receiver, told, acknowledged = Receiver(), {}, {}
    make(s, receiver.url)

    def request(n):
        return "POST", "/api/v1/rooms", {"metadata": {"n": n}}

    def done(answer, n):
        acknowledged[answer.json["id"]] = {"n": n}

    try:
        each(s, request, done)
        until = time.monotonic() + 60
        while not set(acknowledged) <= set(told):
            with contextlib.suppress(queue.Empty):
                body = receiver.next(1)[2]
                try:
                    event = json.loads(body)
                except ValueError:
                    raise AssertionError(body) from None
                if event["type"] == "room.created":
                    told[event["data"]["room"]["id"]] = event["data"]["room"]["metadata"]
            assert time.monotonic() < until, set(acknowledged) - set(told)
        assert all(told[room] == what for room, what in acknowledged.items())
    finally:
        receiver.end()


def joined(s, link):
    """What a client is answered, None if its connection ended before."""
    try:
        ws = WebSocket(s)
        try:
            if b" 101 " not in ws.head:
                assert not ws.head or b" 503 " in ws.head, ws.head
                return None
            ws.send(frame(1, json.dumps({"type": "join", "id": 1, "link": link, "name": "Zoé"}).encode()))
            while (got := ws.recv()) and got[0] == 1:
                try:
                    said = json.loads(got[1])
                except ValueError:
                    raise AssertionError(got) from None
                if said.get("re") == 1 or said["type"] in ("error", "closed"):
                    return said
            return None
        finally:
            ws.close()
    except (ConnectionError, struct.error):
        return None


def somebody_joins_or_is_refused(s):
    def link():
        return s.post("/api/v1/rooms", {}).json["url"]

    good, refused = joined(s, link()), 0
    assert good["type"] == "joined", good
    for n in tries():
        room = link()
        with memory.fails(s, n) as made:
            said = joined(s, room)
        alive(s)
        try:
            if said and said["type"] == "joined":
                assert shape(said) == shape(good), (shape(said), shape(good))
            else:
                assert said is None or said["reason"] in ("capacity", "internal"), said
                refused += 1
            again = joined(s, link())
            assert again and again["type"] == "joined" and shape(again) == shape(good), again
        except Exception as why:
            raise AssertionError(f"allocation {n} of a join: {why!r}") from why
        if made[0] < n:
            break
    print(f"        join: {n} allocations, refused {refused} times", flush=True)
    assert refused


def nobody_died(s):
    assert s.stop() == 0, s.logs[-1][-6000:]
    found = re.findall(r".*supervisor\.(?:ended|killed|bad_letter).*|.*Assertion.*", s.logs[-1])
    assert not found, found


def main():
    only = os.environ.get("ONLY", "")
    s = Server("--webhook-allow", "127.0.0.0/8")
    try:
        good = True
        for test in (a_room_is_made_or_is_not, a_person_is_invited_or_is_not, a_link_is_followed_or_is_not,
                     somebody_joins_or_is_refused, a_webhook_is_told_of_what_was_done, nobody_died):
            if not re.search(only, test.__name__):
                continue
            good &= serving.run_test(test, s)
    finally:
        s.end()
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
