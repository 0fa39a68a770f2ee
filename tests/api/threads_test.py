#!/usr/bin/env python3
"""The only threads there are: those of libcurl that resolve the names of webhooks beside control's loop, and one of
usrsctp's in each worker, which waits for work that nobody gives it: threads_test.py SALON.

`tools/test tsan` runs this against a server that looks for races (docs/testing.md).
"""
import os
import pathlib
import re
import signal
import sys
import time

import serving
from serving import SALON, Server, main
from webhooks_test import Receiver, make, wait

ALLOW = ("--webhook-allow", "127.0.0.0/8", "--webhook-allow", "::1")
NOWHERE = "https://nobody-{}.invalid/"  # RFC 6761: there is no such name
HOOKS, ROOMS = 2, 4
PATIENCE = 120  # seconds
serving.ENV["RES_OPTIONS"] = "timeout:1 attempts:1"  # resolv.conf(5): where no name server answers, that is soon known


class Patient(Server):
    """A worker has 10 s to be ready, which the sanitizer's on a busy machine may not keep: it is started again then."""

    def start(self):
        until = time.monotonic() + PATIENCE
        while True:
            try:
                super().start()
                return
            except AssertionError:
                self.process.wait(20)
                if "ended before it was ready" not in self.read_log() or time.monotonic() > until:
                    raise

    def stop(self):
        self.keep_metrics()
        self.process.send_signal(signal.SIGTERM)
        status = self.process.wait(PATIENCE)
        self.keep_log()
        return status


def is_sanitized():
    """Such a server may have a thread of the sanitizer's own."""
    return b"__sanitizer_" in pathlib.Path(SALON).read_bytes()


def threads(pid):
    """The names of those beside its first."""
    return [pathlib.Path(f"/proc/{pid}/task/{t}/comm").read_text().strip()
            for t in os.listdir(f"/proc/{pid}/task") if int(t) != pid]


def workers(s):
    pid = s.process.pid
    return [int(w) for w in pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def ends_well(s):
    status = s.process.poll()
    assert (s.stop() if status is None else status) == 0, s.read_log()[-6000:]
    assert not re.search(r"Sanitizer|runtime error:|Assertion", s.logs[-1]), s.logs[-1][-12000:]


def names_are_resolved_while_the_server_serves(_):
    s, receiver = Patient(*ALLOW), Receiver()
    try:
        to = receiver.url.replace("127.0.0.1", "localhost")
        hooks = {f"/hook?{i}" for i in range(HOOKS)}
        for i in range(HOOKS):
            make(s, f"{to}?{i}")
            make(s, NOWHERE.format(i))
        made = {s.post("/api/v1/rooms", {}).json["id"] for _ in range(ROOMS)}
        missing = {(path, room) for path in hooks for room in made}

        def all_came():
            assert s.get("/healthz").status == 200
            while not receiver.got.empty():
                path, _, body = receiver.next()
                missing.discard((path, re.search(rb'"id":\s*"(\w+)"', body)[1].decode()))
            return not missing

        wait(all_came, seconds=90)
        if not is_sanitized():
            for worker in workers(s):
                assert threads(worker) == ["SCTP iterator"], threads(worker)
            wait(lambda: len(os.listdir(f"/proc/{s.process.pid}/task")) == 1, seconds=90)  # no name is asked for any more
    finally:
        receiver.end()
        ends_well(s)
        s.end()


def webhooks_are_forgotten_while_their_names_are_resolved(_):
    s = Patient(*ALLOW)
    try:
        for i in range(HOOKS):
            hook = make(s, NOWHERE.format(i))
            assert s.post("/api/v1/rooms", {}).status == 201
            assert s.ask("DELETE", f"/api/v1/webhooks/{hook['id']}").status == 204
    finally:
        ends_well(s)
        s.end()


def a_server_ends_while_names_are_resolved(_):
    s = Patient(*ALLOW)
    try:
        for i in range(HOOKS):
            make(s, NOWHERE.format(i))
        assert s.post("/api/v1/rooms", {}).status == 201
    finally:
        ends_well(s)
        s.end()


if __name__ == "__main__":
    sys.exit(main((), without=(names_are_resolved_while_the_server_serves,
                               webhooks_are_forgotten_while_their_names_are_resolved,
                               a_server_ends_while_names_are_resolved)))
