#!/usr/bin/env python3
"""How often is too often, and who pays for it: limits_test.py SALON. Exit 1 if a test fails."""
import json
import pathlib
import subprocess
import sys
import tempfile

from endpoints import World
from http_test import WebSocket, frame
from serving import ENV, Server, check_problem, main, path_of


class Behind(Server):
    """Not --dev, and behind a proxy of ours: addresses are what it says."""

    def __init__(self):
        folder = tempfile.mkdtemp(prefix="salon-http-")
        conf = pathlib.Path(folder, "salon.yaml")
        conf.write_text("http:\n  listen: 127.0.0.1\n  trusted_proxies: [127.0.0.0/8]\n"
                        "media:\n  announce: [127.0.0.1]\n  port: 42100\n")
        super().__init__("--config", str(conf), state=folder, dev=False)

    def see(self, path, address):
        return self.get(path, key=False, headers={"X-Forwarded-For": address})


def with_proxy(test):
    def run(_):
        s = Behind()
        try:
            test(s)
            assert s.stop() == 0
        finally:
            s.end()

    run.__name__ = test.__name__
    return run


def refused(answer, kind="rate-limited"):
    check_problem(answer, 429, kind)
    assert 1 <= int(answer.headers["Retry-After"]) <= 3600


@with_proxy
def who_guesses_links_is_slowed_and_nobody_else(s):
    w = World(s, "Guessed")
    for prefix, address in (("/r/", "192.0.2.1"), ("/i/", "192.0.2.2"), ("/b/none/", "192.0.2.3"),
                            ("/r/a/", "192.0.2.4")):
        statuses = [s.see(f"{prefix}none{i}", address).status for i in range(24)]
        assert statuses[:20] == [404] * 20 and statuses[-1] == 429, (prefix, statuses)
        last = s.see(prefix + "none", address)
        assert last.status == 429 and 1 <= int(last.headers["Retry-After"]) <= 60
        for url in (w.room["url"], w.mail["url"], w.personal["url"]):  # valid links go on working
            assert s.see(path_of(url), address).status == 200
        assert s.see(prefix + "none", address + "9").status == 404
    # All kinds of guesses are one count.
    mixed = [s.see(p, "192.0.2.77").status for p in ("/r/x", "/i/x", "/b/x/y") for _ in range(8)]
    assert mixed[-1] == 429, mixed
    # The addresses of one /64 are one neighbour; the next /64 is another.
    six = [s.see("/r/none", f"2001:db8:0:1::{i:x}").status for i in range(1, 24)]
    assert six[:20] == [404] * 20 and six[-1] == 429, six
    assert s.see("/r/none", "2001:db8:0:1:ffff::1").status == 429
    assert s.see("/r/none", "2001:db8:0:2::1").status == 404
    mapped = [s.see("/r/none", "::ffff:192.0.2.200").status for _ in range(21)]
    assert mapped[-1] == 429
    # An address that was made up in front of the proxy's own counts for nothing.
    forged = [s.see("/r/none", f"10.0.0.{i}, 192.0.2.99").status for i in range(22)]
    assert forged[-1] == 429, forged


@with_proxy
def rooms_are_counted_by_key(s):
    one, two = World(s, "Many"), World(s, "Few")
    made = [one.ask("POST", "/api/v1/rooms", {}) for _ in range(62)]
    assert [a.status for a in made][:58] == [201] * 58 and made[-1].status == 429
    refused(made[-1])
    assert two.ask("POST", "/api/v1/rooms", {}).status == 201
    assert one.ask("GET", f"/api/v1/rooms/{one.ids['room']}").status == 200  # reading goes on


@with_proxy
def joins_are_counted_by_address(s):
    w = World(s, "Joined")

    def join():
        ws = WebSocket(s)
        answer = ws.ask(frame(1, json.dumps({"type": "join", "id": 1, "link": w.room["url"],
                                             "name": "Ada"}).encode()))
        ws.close()
        return answer

    answers = [join() for _ in range(31)]
    assert all(a["type"] == "joined" for a in answers[:30]), answers[0]
    assert answers[-1]["reason"] == "rate_limited" and answers[-1]["retry_after"] >= 1, answers[-1]
    assert s.see(path_of(w.room["url"]), "127.0.0.1").status == 200


def rings_are_counted_by_caller(s):
    w = World(s, "Ringing")
    path = f"/api/v1/rooms/{w.ids['room']}/invitations"

    def ring(caller, n):
        return w.ask("POST", path, {"from": {"ref": caller, "name": "C"},
                                    "to": [{"ref": f"callee-{n}", "name": "X"}]})

    answers = [ring("caller-1", n) for n in range(11)]
    assert [a.status for a in answers] == [201] * 10 + [429], [a.status for a in answers]
    refused(answers[-1])
    assert ring("caller-2", 99).status == 201
    mail = {"from": {"ref": "caller-1", "name": "C"}, "to": [{"email_link": True}]}
    assert w.ask("POST", path, mail).status == 201  # a link rings nobody
    # Callers whose names begin alike are not one caller.
    long_ = ["a-department/a-team/and-its-subteam/person-%d@suite.example" % k for k in (1, 2)]
    assert [ring(long_[0], 200 + n).status for n in range(11)][-1] == 429
    assert ring(long_[1], 300).status == 201


def quotas_hold_and_say_so(s):
    w = World(s, "Quota")
    here = len(w.ask("GET", "/api/v1/rooms?limit=200").json["rooms"])
    done = subprocess.run([sys.argv[1], "tenant", "quota", "Quota", f"rooms={here + 1}", "webhooks=1",
                           "invitations=3", "--state", s.state], env=ENV, capture_output=True)
    assert done.returncode == 0, done.stderr
    assert w.ask("POST", "/api/v1/rooms", {}).status == 201
    for method, path in (("POST", "/api/v1/rooms"), ("PUT", "/api/v1/events/over/room"),
                         ("PUT", "/api/v1/users/over/room")):
        refused(w.ask(method, path, {}), "quota-exceeded")
    refused(w.ask("POST", "/api/v1/webhooks", {"url": "https://a.example/"}), "quota-exceeded")
    path = f"/api/v1/rooms/{w.ids['room']}/invitations"
    mail = {"from": {"ref": "a", "name": "C"}, "to": [{"email_link": True}]}
    assert w.ask("POST", path, mail).status == 201
    refused(w.ask("POST", path, mail), "quota-exceeded")


if __name__ == "__main__":
    sys.exit(main([rings_are_counted_by_caller, quotas_hold_and_say_so], [],
                  [who_guesses_links_is_slowed_and_nobody_else, rooms_are_counted_by_key,
                   joins_are_counted_by_address]))
