#!/usr/bin/env python3
"""A disk that is full, and one that is read-only: disk_test.py SALON. Exit 1 if a test fails.

The state folder is a small file system of its own (tmpfs), in mounts that nobody else sees. Where the kernel
allows no such thing, a limit to the size of files does what it can, and the rest is not tested.
"""
import json
import os
import pathlib
import resource
import signal
import sqlite3
import subprocess
import sys

from running import Salon, main, wait_for

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../api"))
from http_test import WebSocket, frame  # noqa: E402

INSIDE = "SALON_TEST_MOUNTS"
ROOMS_MAX = 3000  # 8 MiB are full long before


def own_mounts():
    """This program once more, where it may mount. True if it is there."""
    if INSIDE in os.environ:
        return os.environ[INSIDE] == "yes"
    unshare = ["unshare", "--mount", *([] if os.geteuid() == 0 else ["--map-root-user"])]
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", "/mnt"]
    able = subprocess.run([*unshare, *mount], capture_output=True, check=False).returncode == 0
    os.environ[INSIDE] = "yes" if able else "no"
    if able:
        os.execvp("unshare", [*unshare, sys.executable, *sys.argv])
    return False


class OnSmallDisk(Salon):
    """Its state folder has 8 MiB."""

    def start(self):
        if not os.path.ismount(self.state):
            os.makedirs(self.state, exist_ok=True)
            subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", self.state], check=True)
        super().start()

    def end(self):
        super().end()
        subprocess.run(["umount", "--lazy", self.state], check=False)

    def fill(self):
        """Not a byte is left."""
        with open(f"{self.state}/others", "wb", buffering=0) as f:
            for size in (65536, 4096, 1):
                try:
                    while f.write(b"x" * size):
                        pass
                except OSError:
                    pass

    def free(self):
        os.unlink(f"{self.state}/others")


class Books:
    """All that a server has acknowledged to this front end."""

    def __init__(self, salon):
        self.salon, self.key, self.titles = salon, salon.tenant(), {}

    def ask(self, method, path, body=None):
        return self.salon.ask(method, f"/api/v1{path}", json.dumps(body) if body is not None else None,
                              {"Authorization": f"Bearer {self.key}", "Content-Type": "application/json"})

    def make(self, title):
        """A room; the answer if it is refused."""
        answer = self.ask("POST", "/rooms", {"title": title, "metadata": {"about": "x" * 3000}})
        if answer.status != 201:
            return answer
        self.titles[answer.json["id"]] = title
        return None

    def until_refused(self):
        for n in range(ROOMS_MAX):
            answer = self.make(f"room {n}")
            if answer:
                return answer
        raise AssertionError("the disk never was full")

    def are_whole(self):
        """Each is there as it was acknowledged, and none that was refused."""
        seen, cursor = {}, ""
        while cursor is not None:
            answer = self.ask("GET", f"/rooms?limit=100{cursor}")
            assert answer.status == 200, answer.body
            seen |= {r["id"]: r["title"] for r in answer.json["rooms"]}
            following = answer.json.get("next")
            cursor = f"&cursor={following}" if following else None
        assert seen == self.titles, (seen.items() ^ self.titles.items())


def is_refused(answer):
    """The server cannot just now, and says so as it says all."""
    assert answer.status == 503, (answer.status, answer.body)
    assert answer.headers["Content-Type"] == "application/problem+json", answer.headers
    assert answer.json["type"].endswith("/capacity") and answer.json["title"], answer.body


def says(ws, kind, **more):
    """Asks by a WebSocket and gives the answer; what else is told meanwhile is passed over."""
    ws.send(frame(1, json.dumps({"type": kind, "id": 1, **more}).encode()))
    while True:
        heard = json.loads(ws.recv()[1])
        if heard.get("re") == 1:
            return heard


def hears(ws, kind):
    while True:
        heard = json.loads(ws.recv()[1])
        if heard["type"] == kind:
            return heard


def writes_are_refused(books, room):
    """Whatever way something would be written."""
    is_refused(books.until_refused())
    is_refused(books.ask("PATCH", f"/rooms/{room['id']}", {"title": "never"}))
    for _ in range(3):  # and again: what failed leaves nothing that would let the next one in by halves
        is_refused(books.until_refused())
    books.are_whole()


def call_goes_on(salon, room, ada):
    """Who talks goes on, and others join."""
    blaise = WebSocket(salon)
    joined = says(blaise, "join", link=room["url"], name="Blaise")
    assert joined["type"] == "joined", joined
    assert says(blaise, "chat", text="still here?")["type"] == "ok"
    assert hears(ada, "chat")["text"] == "still here?"
    blaise.close()


def check_file(salon):
    with sqlite3.connect(f"{salon.state}/salon.db") as db:
        assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


def what_does_not_fit_is_refused_and_what_was_acknowledged_stays(make, fill, free, restart=True):
    salon = make()
    books = Books(salon)
    room = books.ask("POST", "/rooms", {"title": "the call"}).json
    books.titles[room["id"]] = "the call"
    ada = WebSocket(salon)
    assert says(ada, "join", link=room["url"], name="Ada")["type"] == "joined"
    fill(salon)
    writes_are_refused(books, room)
    call_goes_on(salon, room, ada)
    if restart:  # control's end, while the disk is full; the next one serves what is there
        salon.process.send_signal(signal.SIGKILL)
        salon.process.wait(60)
        salon.start()
        books.are_whole()
        is_refused(books.until_refused())
    free(salon)
    wait_for(lambda: books.make("after it") is None, why="it does not recover")
    books.are_whole()
    assert salon.ask("GET", "/readyz").status == 200
    ada.close()
    assert salon.stop() == 0
    check_file(salon)
    salon.start()
    books.are_whole()
    assert salon.stop() == 0


def full_disk_loses_nothing(_, made):
    what_does_not_fit_is_refused_and_what_was_acknowledged_stays(
        lambda: made(OnSmallDisk), OnSmallDisk.fill, OnSmallDisk.free)


def files_that_may_not_grow_lose_nothing(make):
    def limit(salon):
        largest = max(f.stat().st_size for f in pathlib.Path(salon.state).glob("salon.db*"))
        salon.usual = resource.prlimit(salon.process.pid, resource.RLIMIT_FSIZE)
        resource.prlimit(salon.process.pid, resource.RLIMIT_FSIZE, (largest, salon.usual[1]))

    def lift(salon):
        resource.prlimit(salon.process.pid, resource.RLIMIT_FSIZE, salon.usual)

    what_does_not_fit_is_refused_and_what_was_acknowledged_stays(make, limit, lift, restart=False)


def read_only_disk_is_named_at_the_start_and_nothing_is_lost(_, made):
    salon = made(OnSmallDisk)
    books = Books(salon)
    assert books.make("before it") is None
    assert salon.stop() == 0
    subprocess.run(["mount", "-o", "remount,ro", salon.state], check=True)
    refused = subprocess.run([sys.argv[1], "serve", "--config", salon.file], env=salon.env, text=True, timeout=120,
                             capture_output=True, check=False)
    assert refused.returncode not in (0, -signal.SIGABRT, -signal.SIGSEGV), refused
    assert f"{salon.state}/salon.db is read-only" in refused.stderr, refused.stderr
    assert len(refused.stderr.strip().splitlines()) == 1, refused.stderr
    subprocess.run(["mount", "-o", "remount,rw", salon.state], check=True)
    salon.start()
    books.are_whole()
    assert books.make("after it") is None
    assert salon.stop() == 0


def with_disk(test):
    """A test that wants servers of another kind; they end as the others do."""
    def run(make):
        servers = []

        def made(kind):
            servers.append(kind.__new__(kind))
            servers[-1].__init__()
            return servers[-1]

        try:
            test(make, made)
        except Exception:
            for s in servers:
                print(s.read_log()[-6000:], flush=True)
            raise
        finally:
            for s in servers:
                s.end()

    run.__name__ = test.__name__
    return run


if __name__ == "__main__":
    tests = [files_that_may_not_grow_lose_nothing]
    if own_mounts():
        tests += [with_disk(full_disk_loses_nothing),
                  with_disk(read_only_disk_is_named_at_the_start_and_nothing_is_lost)]
    else:
        print("SKIP full disk: nothing may be mounted here", flush=True)
    sys.exit(main(*tests))
