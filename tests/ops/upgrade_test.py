#!/usr/bin/env python3
"""Another version at noon: control becomes it in place, and calls go on. upgrade_test.py SALON."""
import http.client
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import threading

from running import ROOT, SALON, main, wait_for
from drain_test import Person, status
from metrics_test import PEER, PYTHON, metrics, value

from http_test import frame  # tests/api


class Installed:
    """An executable of a server's own, as a package puts it there: a new file takes the name."""

    def __init__(self):
        self.folder = tempfile.TemporaryDirectory(prefix="salon-upgrade-")
        self.path = f"{self.folder.name}/salon"
        self.put()

    def put(self, script=None):
        fresh = f"{self.path}.new"
        if script is None:
            shutil.copy(SALON, fresh)
        else:
            pathlib.Path(fresh).write_text(script)
            os.chmod(fresh, 0o755)
        os.replace(fresh, self.path)
        return os.stat(self.path).st_ino

    def remove(self):
        os.unlink(self.path)


def program_of(pid):
    return os.stat(f"/proc/{pid}/exe").st_ino


def workers(s):
    return [(w["pid"], w["restarts"], w["up"]) for w in s.admin("GET", "/admin/v1/workers").json["workers"]]


def people(s):
    return sum(r["participants"] for r in s.admin("GET", "/admin/v1/rooms").json["rooms"])


def sent(s):
    return value(metrics(s), "salon_packets_sent_total") or 0


def control_becomes_the_installed_program_while_media_goes_on(make):
    installed = Installed()
    s = make({"http": {"listen": ""}, "media": {"announce": [os.environ["SALON_TEST_ADDRESS"]]}},
             program=installed.path)
    token = s.room(s.tenant())["url"].split("/r/")[1]
    peers = [subprocess.Popen([PYTHON, PEER, what, f"http://127.0.0.1:{s.port}/{way}/{token}", "120"],
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
             for what, way in (("publish", "whip"), ("watch", "whep"))]
    try:
        wait_for(lambda: sent(s) > 100 and people(s) == 2, why=lambda: metrics(s))
        media, before, began = workers(s), sent(s), status(s)["started_at_ms"]
        assert [up for _, _, up in media] == [True], media
        new = installed.put()
        assert program_of(s.process.pid) != new
        told = json.loads(s.command("restart-control").stdout)
        assert told["started_at_ms"] != began, told
        assert program_of(s.process.pid) == new and s.process.poll() is None
        assert workers(s) == media, "the same process serves media, and was never lost"
        assert people(s) == 2
        # A worker counts from its start: what it has sent since came in on connections that it kept.
        wait_for(lambda: sent(s) > before + 100, why=lambda: metrics(s))
        assert [p.poll() for p in peers] == [None, None], "a peer has ended"
        # Then the workers, one by one: they are the new program, too.
        s.command("restart-workers")
        wait_for(lambda: not status(s)["restarting"] and workers(s)[0][2], why=s.read_log)
        assert program_of(workers(s)[0][0]) == new and workers(s)[0][0] != media[0][0]
        assert not pathlib.Path(f"/proc/{media[0][0]}").exists(), "the worker that ended was not waited for"
    finally:
        for p in peers:
            p.terminate()
            p.communicate()


def what_could_not_start_or_would_cut_calls_is_refused(make):
    installed = Installed()
    s = make(program=installed.path)
    one = Person(s, s.room(s.tenant())["url"])
    assert one.is_in()
    began, media, file = status(s)["started_at_ms"], workers(s), pathlib.Path(s.file).read_text()

    def refused(word):
        done = s.command("restart-control", check=False)
        assert done.returncode == 1 and word in done.stderr, (word, done.stdout, done.stderr)
        assert status(s)["started_at_ms"] == began and workers(s) == media
        assert one.ws.ask(frame(1, b'{"type":"ping","id":7}'))["type"] == "pong"

    installed.put("#!/bin/sh\necho 'libfuture.so.7: no such file' >&2\nexit 127\n")
    refused("libfuture.so.7")
    installed.put("#!/bin/sh\necho hello\n")
    refused("does not answer as salon does")
    installed.put("#!/bin/sh\nkill -SEGV $$\n")
    refused("signal 11")
    installed.put("#!/bin/sh\necho '{\"version\":\"9\",\"letters\":999,\"state\":\"/\",\"media_port\":1,\"workers\":1}'\n")
    refused("does not understand the media workers")
    installed.remove()
    refused("No such file")
    installed.put()

    def with_file(settings, word):
        s.change(settings)
        # The command reads the file, too: it asks where the server is, not where it would be.
        done = subprocess.run([SALON, "restart-control", "--state", s.state], env=s.env, text=True,
                              capture_output=True)
        assert done.returncode == 1 and word in done.stderr, (word, done.stdout, done.stderr)
        pathlib.Path(s.file).write_text(file)

    before = json.loads(file)
    with_file({"media": {"workers": "many"}}, "workers")
    with_file({"media": {**before["media"], "port": before["media"]["port"] + 8}}, "another media.port")
    with_file({"media": before["media"], "state": f"{s.folder}/elsewhere"}, "another state folder")
    with_file({"state": s.state, "http": {"tls": {"cert": "/dev/null", "key": "/dev/null"}}}, "http.tls")
    s.settings["http"].pop("tls")
    assert one.ws.ask(frame(1, b'{"type":"ping","id":8}'))["type"] == "pong"
    s.admin("POST", "/admin/v1/drain", {"deadline_s": 3600})
    refused("drains")
    s.command("drain", "--cancel")
    assert json.loads(s.command("restart-control").stdout)["started_at_ms"] != began
    assert workers(s) == media


def nobody_is_turned_away_meanwhile(make):
    s = make()
    began, ended, turned = status(s)["started_at_ms"], threading.Event(), []

    def started():
        try:
            return status(s)["started_at_ms"]
        except (OSError, http.client.HTTPException):
            return began  # this connection was from before, too

    def ask():
        while not ended.is_set():
            try:
                s.ask("GET", "/healthz")
            except ConnectionRefusedError as error:
                turned.append(error)
            except (OSError, http.client.HTTPException):
                pass  # a connection from before: it may end

    asker = threading.Thread(target=ask)
    asker.start()
    try:
        for _ in range(3):
            s.signal(signal.SIGUSR2)
            wait_for(lambda: started() != began, why=s.read_log)
            began = started()
    finally:
        ended.set()
        asker.join()
    assert not turned, turned
    assert s.process.poll() is None and s.stop() == 0
    assert not pathlib.Path(f"{s.state}/admin.sock").exists()


if __name__ == "__main__":
    if not os.environ.get("SALON_TEST_ADDRESS"):
        os.execv(str(ROOT / "tests/netns"), ["netns", sys.executable, *sys.argv])
    sys.exit(main(control_becomes_the_installed_program_while_media_goes_on,
                  what_could_not_start_or_would_cut_calls_is_refused, nobody_is_turned_away_meanwhile))
