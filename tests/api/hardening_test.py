#!/usr/bin/env python3
"""What a running server has given up, and what it tells of relays: hardening_test.py SALON. Exit 1 if a test fails."""
import base64
import hashlib
import hmac
import os
import pathlib
import re
import socket
import sys
import tempfile
import time

from lobby_test import join, make_room
from serving import Server, main

SECRET = "correct horse battery"


def workers(s):
    children = pathlib.Path(f"/proc/{s.process.pid}/task/{s.process.pid}/children").read_text().split()
    assert children, "no worker runs"
    return children


def status(pid):
    return dict(line.split(":\t", 1) for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines() if ":\t" in line)


def workers_have_no_privileges_and_a_filter(s):
    for pid in workers(s):
        said = status(pid)
        assert said["NoNewPrivs"] == "1", said
        assert said["Seccomp"] == "2", said
        for kind in ("CapPrm", "CapEff", "CapBnd", "CapAmb"):
            # An unprivileged server cannot empty the bounding set, and needs not: nothing can be gained from it.
            if kind != "CapBnd" or os.getuid() == 0:
                assert int(said[kind], 16) == 0, (kind, said[kind])


def workers_hold_sockets_and_no_file(s):
    for pid in workers(s):
        folder = f"/proc/{pid}/fd"
        held = {int(fd): os.readlink(f"{folder}/{fd}") for fd in os.listdir(folder)}
        for fd, what in held.items():
            good = fd <= 2 or what in ("/dev/null", "/dev/urandom") or re.match(r"(socket|pipe|anon_inode):", what)
            assert good, (fd, what)


def every_client_gets_credentials_of_its_own_from_the_shared_secret(s):
    before = time.time()
    got = []
    for _ in range(2):
        _, joined = join(s, make_room(s)[0], name="Ada")
        assert joined["type"] == "joined", joined
        plain, turn, fixed = joined["ice_servers"]
        assert plain == {"urls": ["stun:stun.example.org"]}, plain
        assert fixed["username"] == "u" and fixed["credential"] == "p", fixed
        assert set(turn) == {"urls", "username", "credential"}, turn
        until, user = turn["username"].split(":")
        assert 23 * 3600 < int(until) - before < 25 * 3600, until
        assert user and "Ada" not in user
        mac = hmac.digest(SECRET.encode(), turn["username"].encode(), hashlib.sha1)
        assert turn["credential"] == base64.b64encode(mac).decode(), turn
        got.append(turn["username"])
    assert got[0] != got[1]
    assert SECRET not in s.read_log()


def a_stranger_over_tcp_is_shut_out_and_counted(s):
    port = int(s.args[s.args.index("--media-port") + 1])
    with socket.create_connection(("127.0.0.1", port), timeout=20), \
            socket.create_connection(("127.0.0.1", port), timeout=20) as loud:
        loud.sendall(b"\0\5hello")
        assert loud.recv(1) == b""
        wanted = ['salon_tcp_connections{worker="0"} 1', 'salon_tcp_refused_total{worker="0"} 1']
        for _ in range(200):  # workers tell their counts once a second
            text = s.get("/metrics", key=False).text
            if all(line in text for line in wanted):
                return
            time.sleep(0.05)
    raise AssertionError(text)


CONFIG = f"""
ice_servers:
  - urls: ['stun:stun.example.org']
  - urls: ['turn:turn.example.org']
    secret: {SECRET}
  - urls: ['turn:old.example.org']
    username: u
    credential: p
"""


def a_running_server(_):
    with tempfile.NamedTemporaryFile("w", suffix=".yaml") as f:
        f.write(CONFIG)
        f.flush()
        s = Server("--config", f.name)
    try:
        workers_have_no_privileges_and_a_filter(s)
        workers_hold_sockets_and_no_file(s)
        a_stranger_over_tcp_is_shut_out_and_counted(s)
        every_client_gets_credentials_of_its_own_from_the_shared_secret(s)
    finally:
        s.end()


if __name__ == "__main__":
    sys.exit(main([], without=[a_running_server]))
