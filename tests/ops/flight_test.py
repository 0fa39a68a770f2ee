#!/usr/bin/env python3
"""The flight recorder as an operator meets it: flight_test.py SALON."""
import json
import pathlib
import subprocess
import sys

from running import SALON, main, wait_for
from http_test import WebSocket, frame  # tests/api

HEAD, BLOCK_HEAD = 80, 56


def join(s, room):
    """Into it, without media. Its participant's id, and the socket, which is open as long as it stays."""
    ws = WebSocket(s)
    answer = ws.ask(frame(1, json.dumps({"type": "join", "id": 1, "link": room["url"], "name": "Zoe"}).encode()))
    assert answer["type"] == "joined", answer
    return answer["participant"], ws


def fetch(s, room):
    return s.admin("GET", f"/admin/v1/rooms/{room}/flight")


def replay(file, *options):
    return subprocess.run([SALON, "replay", str(file), *options], text=True, capture_output=True)


def a_rooms_recording_is_fetched_and_read(make):
    s = make()
    room = s.room(s.tenant())
    assert fetch(s, room["id"]).status == 404  # nobody is in it
    who, ws = join(s, room)

    def recorded():
        answer = fetch(s, room["id"])
        assert answer.status == 200, answer.body
        return answer if len(answer.body) > HEAD + BLOCK_HEAD else None
    answer = wait_for(recorded)
    assert answer.headers["Content-Type"] == "application/octet-stream"
    assert f'{room["id"]}.flight' in answer.headers["Content-Disposition"]
    assert who.encode() in answer.body
    for secret in (b"Zoe", b"127.0.0.1", room["url"].split("/r/")[1].encode()):
        assert secret not in answer.body, secret
    file = pathlib.Path(s.folder) / "room.flight"
    file.write_bytes(answer.body)
    done = replay(file, "--print", "--explain")
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"member: {who}" in done.stdout and f"room {room['id']}" in done.stdout, done.stdout
    assert " 0 differ" in done.stdout
    assert replay(file, "--of", who).returncode == 0
    assert replay(file, "--of", "nobody").returncode == 1
    changed = bytearray(answer.body)
    changed[-1] ^= 1
    file.write_bytes(changed)
    done = replay(file)
    assert done.returncode == 1 and "was changed" in done.stderr, done.stderr
    file.write_bytes(answer.body[:50])
    done = replay(file)
    assert done.returncode == 1 and "is no recording" in done.stderr, done.stderr
    ws.send(frame(1, b'{"type":"leave"}'))
    ws.close()
    wait_for(lambda: fetch(s, room["id"]).status == 404)


def without_memory_nothing_is_recorded(make):
    s = make({"media": {"flight_mib": 0}})
    room = s.room(s.tenant())
    _, ws = join(s, room)
    answer = fetch(s, room["id"])
    assert answer.status == 200 and len(answer.body) == HEAD
    ws.close()


if __name__ == "__main__":
    sys.exit(main(a_rooms_recording_is_fetched_and_read, without_memory_nothing_is_recorded))
