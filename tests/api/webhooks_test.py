#!/usr/bin/env python3
"""Webhooks: webhooks_test.py SALON. Exit 1 if a test fails."""
import base64
import hashlib
import hmac
import http.server
import json
import queue
import socket
import sqlite3
import sys
import threading
import time

from serving import Server, check_problem, main


class Receiver:
    """A front end's server: takes what it is sent, answers as told."""

    def __init__(self):
        self.got = queue.Queue()
        self.answers = []
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                outer.got.put((self.path, dict(self.headers), body))
                status, headers = outer.answers.pop(0) if outer.answers else (204, {})
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/hook"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def next(self, timeout=15):
        return self.got.get(timeout=timeout)

    def end(self):
        self.server.shutdown()


def signatures(secret, headers, body):
    key = base64.b64decode(secret.removeprefix("whsec_"))
    text = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    mine = "v1," + base64.b64encode(hmac.new(key, text, hashlib.sha256).digest()).decode()
    return mine, headers["webhook-signature"].split(" ")


def make(s, url):
    made = s.post("/api/v1/webhooks", {"url": url})
    assert made.status == 201, made.body
    return made.json


def deliveries(s, hook):
    return s.get(f"/api/v1/webhooks/{hook['id']}/deliveries").json["deliveries"]


def wait(condition, seconds=15):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.05)


def what_happens_is_sent_and_signed(s):
    receiver = Receiver()
    hook = make(s, receiver.url)
    assert hook["secret"].startswith("whsec_") and hook["enabled"] is True
    room = s.post("/api/v1/rooms", {"metadata": {"x": 1}}).json
    path, headers, body = receiver.next()
    assert path == "/hook" and headers["Content-Type"] == "application/json"
    mine, sent = signatures(hook["secret"], headers, body)
    assert sent == [mine], (mine, sent)
    assert abs(int(headers["webhook-timestamp"]) - time.time()) < 30
    event = json.loads(body)
    assert event["type"] == "room.created" and event["data"]["room"]["id"] == room["id"]
    assert room["url"].split("/r/")[1] not in body.decode()
    wait(lambda: [d["state"] for d in deliveries(s, hook)] == ["delivered"])
    done = deliveries(s, hook)[0]
    assert done["status"] == 204 and done["attempts"] == 1 and done["event_id"] == headers["webhook-id"]
    # A new secret: both sign for a day.
    new = s.post(f"/api/v1/webhooks/{hook['id']}/rotate-secret").json["secret"]
    assert new != hook["secret"]
    s.post("/api/v1/rooms", {})
    _, headers, body = receiver.next()
    assert [signatures(k, headers, body)[0] for k in (new, hook["secret"])] == \
        headers["webhook-signature"].split(" ")
    assert s.ask("DELETE", f"/api/v1/webhooks/{hook['id']}").status == 204
    receiver.end()


def what_is_not_taken_is_sent_again(s):
    receiver = Receiver()
    receiver.answers = [(500, {}), (302, {"Location": receiver.url + "2"})]
    hook = make(s, receiver.url)
    s.post("/api/v1/rooms", {})
    first = receiver.next()
    second = receiver.next()  # after about five seconds
    assert first[1]["webhook-id"] == second[1]["webhook-id"] and first[2] == second[2]
    wait(lambda: deliveries(s, hook)[0]["attempts"] == 2)
    waiting = deliveries(s, hook)[0]
    assert waiting["state"] == "pending" and waiting["status"] == 302 and waiting["error"]
    assert receiver.got.empty()  # the redirect was not followed
    again = s.post(f"/api/v1/webhooks/{hook['id']}/deliveries/{waiting['id']}/retry")
    assert again.status == 202, again.body
    assert receiver.next()[0] == "/hook"
    wait(lambda: deliveries(s, hook)[0]["state"] == "delivered")
    s.ask("DELETE", f"/api/v1/webhooks/{hook['id']}")
    receiver.end()


def gone_switches_it_off(s):
    receiver = Receiver()
    receiver.answers = [(410, {})]
    hook = make(s, receiver.url)
    s.post("/api/v1/rooms", {})
    receiver.next()
    wait(lambda: s.get(f"/api/v1/webhooks/{hook['id']}").json["enabled"] is False)
    s.post("/api/v1/rooms", {})
    assert [d["state"] for d in deliveries(s, hook)] == ["failed"]
    on = s.ask("PATCH", f"/api/v1/webhooks/{hook['id']}", {"enabled": True})
    assert on.json["enabled"] is True
    s.post("/api/v1/rooms", {})
    receiver.next()
    s.ask("DELETE", f"/api/v1/webhooks/{hook['id']}")
    receiver.end()


class Mute:
    """A server that takes connections and says nothing."""

    def __init__(self):
        self.socket = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.url = f"http://127.0.0.1:{self.socket.getsockname()[1]}/hook"
        self.taken = []
        threading.Thread(target=self.run, daemon=True).start()

    def run(self):
        try:
            while True:
                self.taken.append(self.socket.accept()[0])
        except OSError:
            pass  # it was closed

    def end(self):
        self.socket.shutdown(socket.SHUT_RDWR)
        for each in (self.socket, *self.taken):
            each.close()


def who_never_answers_does_not_hold_up_others(s):
    mute, receiver = Mute(), Receiver()
    stuck = make(s, mute.url)
    for _ in range(60):
        assert s.post("/api/v1/rooms", {}).status == 201
    wait(lambda: len(mute.taken) == 4)
    make(s, receiver.url)
    rooms = {s.post("/api/v1/rooms", {}).json["id"] for _ in range(20)}
    got = {json.loads(receiver.next()[2])["data"]["room"]["id"] for _ in rooms}
    assert got == rooms
    # All the while the first four were waiting, and nobody else.
    assert {d["attempts"] for d in deliveries(s, stuck)} == {0} and len(mute.taken) == 4
    assert s.ask("DELETE", f"/api/v1/webhooks/{stuck['id']}").status == 204
    mute.end()
    receiver.end()


def what_a_webhook_waits_for_that_is_off_is_forgotten_in_the_end(s):
    receiver = Receiver()
    receiver.answers = [(503, {}), (503, {})]
    off, on = make(s, receiver.url), make(s, receiver.url)
    s.post("/api/v1/rooms", {})
    wait(lambda: all(d["attempts"] for h in (off, on) for d in deliveries(s, h)))
    assert s.ask("PATCH", f"/api/v1/webhooks/{off['id']}", {"enabled": False}).status == 200
    assert s.stop() == 0
    with sqlite3.connect(f"{s.state}/salon.db") as db:
        db.execute("UPDATE deliveries SET created_at = 1, next_at = next_at + 3600")
    s.start()
    wait(lambda: deliveries(s, off) == [])
    assert [d["state"] for d in deliveries(s, on)] == ["pending"]
    receiver.end()


def a_restart_loses_no_delivery(s):
    receiver = Receiver()
    receiver.answers = [(503, {})]
    hook = make(s, receiver.url)
    s.post("/api/v1/rooms", {})
    event = receiver.next()[1]["webhook-id"]
    wait(lambda: deliveries(s, hook)[0]["attempts"] == 1)
    assert s.stop() == 0
    with sqlite3.connect(f"{s.state}/salon.db") as db:
        db.execute("UPDATE deliveries SET next_at = 0")
    s.start()
    assert receiver.next()[1]["webhook-id"] == event
    receiver.end()


def webhooks_are_checked(s):
    for url in ("", "x", "ftp://a.example", "https://u:p@a.example/", "https://a.example/#x", 1):
        check_problem(s.post("/api/v1/webhooks", {"url": url}), 422, "invalid-field", "/url")
    check_problem(s.post("/api/v1/webhooks", {}), 422, "invalid-field", "/url")
    check_problem(s.get("/api/v1/webhooks/wh_none"), 404, "not-found")
    hook = make(s, "https://a.example/")
    check_problem(s.post(f"/api/v1/webhooks/{hook['id']}/deliveries/dl_none/retry"), 404, "not-found")
    assert "secret" not in s.get(f"/api/v1/webhooks/{hook['id']}").json
    with sqlite3.connect(f"file:{s.state}/salon.db?mode=ro", uri=True) as db:
        assert hook["secret"].removeprefix("whsec_") not in "\n".join(db.iterdump())
    for _ in range(9):
        make(s, "https://a.example/")
    check_problem(s.post("/api/v1/webhooks", {"url": "https://a.example/"}), 429, "quota-exceeded")


def nothing_goes_inside_unless_opened(_):
    receiver = Receiver()
    s = Server("--webhook-allow", "10.99.0.0/16")
    try:
        hook = make(s, receiver.url.replace("127.0.0.1", "localhost"))
        s.post("/api/v1/rooms", {})
        wait(lambda: deliveries(s, hook) and deliveries(s, hook)[0]["attempts"] == 1)
        refused = deliveries(s, hook)[0]
        assert refused["error"] == "the address is not allowed" and refused["status"] is None, refused
        assert receiver.got.empty()
    finally:
        s.stop()
        s.end()
    s = Server()
    try:
        check_problem(s.post("/api/v1/webhooks", {"url": receiver.url}), 422, "invalid-field", "/url")
        hook = make(s, receiver.url.replace("http:", "https:"))
        s.post("/api/v1/rooms", {})
        wait(lambda: deliveries(s, hook) and deliveries(s, hook)[0]["attempts"] == 1)
        assert deliveries(s, hook)[0]["error"] == "the address is not allowed"
    finally:
        s.stop()
        s.end()
    receiver.end()


OPEN = [what_happens_is_sent_and_signed, what_is_not_taken_is_sent_again, gone_switches_it_off,
        a_restart_loses_no_delivery, who_never_answers_does_not_hold_up_others,
        what_a_webhook_waits_for_that_is_off_is_forgotten_in_the_end, webhooks_are_checked]


def with_loopback_open(test):
    def run(_):
        s = Server("--webhook-allow", "127.0.0.0/8", "--webhook-allow", "::1")
        try:
            test(s)
        finally:
            s.stop()
            s.end()

    run.__name__ = test.__name__
    return run


if __name__ == "__main__":
    sys.exit(main([], [], [with_loopback_open(t) for t in OPEN] + [nothing_goes_inside_unless_opened]))
