#!/usr/bin/env python3
"""Going down slowly, and workers anew one by one: drain_test.py SALON."""
import json
import pathlib
import signal
import sys

from running import main, wait_for

from http_test import WebSocket, frame  # tests/api


class Person:
    """Somebody in a call, by signalling alone."""

    def __init__(self, s, url):
        self.ws = WebSocket(s)
        self.answer = self.ws.ask(frame(1, json.dumps(
            {"type": "join", "id": 1, "link": url, "name": "Ada"}).encode()))

    def is_in(self):
        return self.answer["type"] == "joined"

    def next(self, type_):
        while True:
            got = self.ws.recv()
            assert got, "the socket was closed"
            if got[0] == 1:
                message = json.loads(got[1])
                if message["type"] == type_:
                    return message


def status(s):
    return s.admin("GET", "/admin/v1/status").json


def draining_takes_no_new_rooms_and_lets_calls_go_on(make):
    s = make()
    key = s.tenant()
    here, there = s.room(key)["url"], s.room(key)["url"]
    one = Person(s, here)
    assert one.is_in()
    said = json.loads(s.command("drain", "--deadline", "600").stdout)
    assert said["draining"] and 0 < said["drain_left_s"] <= 600, said
    assert s.ask("GET", "/readyz").status == 503 and s.ask("GET", "/healthz").status == 200
    refused = Person(s, there)
    assert refused.answer["type"] == "error" and refused.answer["reason"] == "no_media_worker", refused.answer
    assert Person(s, here).is_in(), "who belongs to a call that goes on comes in"
    assert not json.loads(s.command("drain", "--cancel").stdout)["draining"]
    assert s.ask("GET", "/readyz").status == 200 and Person(s, there).is_in()


def at_the_deadline_all_are_told_to_come_back(make):
    s = make()
    one = Person(s, s.room(s.tenant())["url"])
    assert one.is_in()
    s.command("drain", "--deadline", "1")
    assert one.next("closed")["reason"] == "shutdown"
    assert s.process.wait(120) == 0


def an_empty_server_ends_before_the_deadline(make):
    s = make({"drain": {"deadline_s": 3600}})
    one = Person(s, s.room(s.tenant())["url"])
    s.signal(signal.SIGTERM)
    s.said("drain.began")
    assert s.ask("GET", "/readyz").status == 503
    one.ws.send(frame(1, b'{"type":"leave","id":2}'))
    assert s.process.wait(120) == 0


def a_second_sigterm_ends_it_at_once(make):
    s = make({"drain": {"deadline_s": 3600}})
    one = Person(s, s.room(s.tenant())["url"])
    s.signal(signal.SIGTERM)
    s.said("drain.began")
    s.signal(signal.SIGTERM)
    assert one.next("closed")["reason"] == "shutdown"
    assert s.process.wait(120) == 0


def workers_start_anew_one_by_one_and_rooms_stay(make):
    s = make(workers=2)
    key = s.tenant()
    people = [Person(s, s.room(key)["url"]) for _ in range(2)]

    def pids():
        return [w["pid"] for w in s.admin("GET", "/admin/v1/workers").json["workers"] if w["up"]]

    before = pids()
    assert len(before) == 2
    assert s.admin("POST", "/admin/v1/workers/9/restart", {}).status == 404
    s.command("restart-workers")
    wait_for(lambda: not status(s)["restarting"], why=s.read_log)
    wait_for(lambda: len(pids()) == 2, why=s.read_log)
    assert not set(before) & set(pids()), (before, pids())
    events = [line.split()[2] for line in s.read_log().splitlines() if line.count(" ") > 1]
    events = [e for e in events if e in ("supervisor.ended", "rolling.restarted")]
    assert events == ["supervisor.ended", "rolling.restarted"] * 2, events
    for person in people:
        assert person.ws.ask(frame(1, b'{"type":"ping","id":7}'))["type"] == "pong"
    assert {r["participants"] for r in s.admin("GET", "/admin/v1/rooms").json["rooms"]} == {1}


def a_worker_that_waits_to_restart_is_left_in_peace_while_it_is_used(make):
    s = make(workers=2)
    key = s.tenant()
    one = Person(s, s.room(key)["url"])
    used = s.admin("GET", "/admin/v1/rooms").json["rooms"][0]["worker"]
    s.command("restart-workers", "--worker", str(used), "--deadline", "3600")
    others = [Person(s, s.room(key)["url"]) for _ in range(3)]
    rooms = s.admin("GET", "/admin/v1/rooms").json["rooms"]
    assert sorted(r["worker"] for r in rooms) == sorted([used] + [1 - used] * 3), rooms
    assert s.admin("POST", "/admin/v1/workers/restart", {}).status == 409
    assert status(s)["restarting"]
    one.ws.send(frame(1, b'{"type":"leave","id":2}'))
    wait_for(lambda: not status(s)["restarting"], why=s.read_log)
    assert all(p.is_in() for p in others)


def the_admin_api_shows_who_is_where_and_refuses_what_is_wrong(make):
    s = make()
    room = s.room(s.tenant())
    assert Person(s, room["url"]).is_in()
    rooms = s.admin("GET", "/admin/v1/rooms").json["rooms"]
    assert rooms[0]["id"] == room["id"] and rooms[0]["participants"] == 1 and rooms[0]["worker"] == 0, rooms
    who = s.admin("GET", f"/admin/v1/rooms/{room['id']}/participants").json["participants"]
    assert [p["name"] for p in who] == ["Ada"]
    assert s.admin("GET", "/admin/v1/rooms/rm_none/participants").status == 404
    assert s.admin("POST", "/admin/v1/drain", {"deadline_s": -1}).status == 422
    assert s.admin("POST", "/admin/v1/drain", {"deadline_s": "soon"}).status == 422
    assert s.admin("POST", "/admin/v1/drain", []).status == 400
    assert not status(s)["draining"]
    socket = pathlib.Path(s.state) / "admin.sock"
    assert socket.stat().st_mode & 0o077 == 0
    s.stop()
    assert not socket.exists()
    assert s.command("status", check=False).returncode == 1


def every_line_of_the_log_is_an_object_if_asked_for(make):
    s = make({"log": {"format": "json", "level": "debug"}})
    assert Person(s, s.room(s.tenant())["url"]).is_in()
    s.stop()
    # The leak checker of a build with sanitizers may say a word of its own at the end; running.py judges that.
    lines = [json.loads(line) for line in s.read_log().splitlines() if not line.startswith("==")]
    assert {"time", "level", "event", "who"} <= set.intersection(*(set(line) for line in lines))
    assert {line["who"] for line in lines} == {"control", "media0"}
    assert any(line["event"] == "http.request" and line["id"].startswith("req_") for line in lines)


if __name__ == "__main__":
    sys.exit(main(draining_takes_no_new_rooms_and_lets_calls_go_on, at_the_deadline_all_are_told_to_come_back,
                  an_empty_server_ends_before_the_deadline, a_second_sigterm_ends_it_at_once,
                  workers_start_anew_one_by_one_and_rooms_stay,
                  a_worker_that_waits_to_restart_is_left_in_peace_while_it_is_used,
                  the_admin_api_shows_who_is_where_and_refuses_what_is_wrong,
                  every_line_of_the_log_is_an_object_if_asked_for))
