#!/usr/bin/env python3
"""WHIP (RFC 9725) and WHEP as a client sees them: whip_test.py SALON. Exit 1 if a test fails.

The offers are ones that real clients have made (tests/sdp/offers). No media flows here: that is
what tests/interop is for.
"""
import http.client
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import traceback

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from ports import free_port, free_udp_port  # noqa: E402

SALON = sys.argv[1] if len(sys.argv) > 1 else "build/salon"
OFFERS = pathlib.Path(__file__).resolve().parent.parent / "sdp" / "offers"
ENV = {k: v for k, v in os.environ.items() if not k.startswith("SALON_")}
SDP = "application/sdp"
FRAGMENT = "application/trickle-ice-sdpfrag"


def offer(name):
    return (OFFERS / f"{name}.sdp").read_bytes()


PUBLISH = offer("chromium_publish")
PLAY = offer("chromium_player")


class Answer:
    def __init__(self, response):
        self.status = response.status
        self.headers = response.headers
        self.body = response.read()

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def text(self):
        return self.body.decode()


class Server:
    """`salon serve --dev` with one worker and a state folder of its own."""

    def __init__(self, config=""):
        self.state = tempfile.mkdtemp(prefix="salon-whip-")
        self.port = free_port()
        args = ["--dev", "--port", str(self.port), "--state", self.state, "--workers", "1",
                "--media-port", str(free_udp_port())]
        if config:
            path = os.path.join(self.state, "salon.yaml")
            with open(path, "w") as f:
                f.write(config)
            args += ["--config", path]
        self.log = tempfile.TemporaryFile("w+")
        self.process = subprocess.Popen([SALON, "serve", *args], stdout=subprocess.PIPE,
                                        stderr=self.log, text=True, env=ENV)
        line = self.process.stdout.readline()
        assert line.startswith("API key: "), self.read_log()
        self.key = line.removeprefix("API key: ").strip()
        self.process.stdout.readline()

    def read_log(self):
        self.log.seek(0)
        return self.log.read()

    def end(self):
        """In good order, and with nothing in the log that should not be there."""
        self.process.send_signal(signal.SIGTERM)
        status = self.process.wait(20)
        self.process.stdout.close()
        log = self.read_log()
        shutil.rmtree(self.state, ignore_errors=True)
        assert status == 0, (status, log[-3000:])
        assert not re.search(r"Sanitizer|runtime error:|Assertion", log), log[-5000:]
        return log

    def ask(self, method, path, body=None, headers=None):
        c = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            c.request(method, path, body, headers or {})
            return Answer(c.getresponse())
        finally:
            c.close()

    def api(self, method, path, body=None):
        headers = {"Authorization": f"Bearer {self.key}"}
        if body is not None:
            headers["Content-Type"] = "application/json"
        return self.ask(method, "/api/v1" + path, None if body is None else json.dumps(body), headers)

    def room(self, **fields):
        made = self.api("POST", "/rooms", fields)
        assert made.status == 201, made.body
        room = made.json
        room["token"] = room["url"].split("/r/")[1]
        return room

    def post(self, room, kind="whip", body=PUBLISH, query="", **headers):
        return self.ask("POST", f"/{kind}/{room['token']}{query}", body,
                        {"Content-Type": SDP, **{k.replace("_", "-"): v for k, v in headers.items()}})

    def patch(self, where, body, **headers):
        return self.ask("PATCH", where, body,
                        {"Content-Type": FRAGMENT, **{k.replace("_", "-"): v for k, v in headers.items()}})

    def people(self, room):
        return self.api("GET", f"/rooms/{room['id']}/participants").json["participants"]

    def worker(self):
        """The process id of the worker."""
        children = pathlib.Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        return int(children.read_text().split()[0])


def published(s, room, **more):
    made = s.post(room, **more)
    assert made.status == 201, (made.status, made.body)
    return made


def check_problem(answer, status, kind):
    assert answer.status == status, (answer.status, answer.body)
    assert answer.headers["Content-Type"] == "application/problem+json", answer.headers
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert answer.json["type"] == f"/problems/{kind}", answer.json


def fragment(ufrag=None, pwd=None, candidate="candidate:1 1 udp 2122260223 192.0.2.7 54321 typ host"):
    lines = [f"a=ice-ufrag:{ufrag}", f"a=ice-pwd:{pwd}"] if ufrag else []
    lines += ["m=audio 9 UDP/TLS/RTP/SAVPF 0", "a=mid:0"]
    lines += [f"a={candidate}"] if candidate else []
    return "\r\n".join(lines) + "\r\n"


def credentials(sdp):
    return (re.search(r"a=ice-ufrag:(\S+)", sdp)[1], re.search(r"a=ice-pwd:(\S+)", sdp)[1])


# ---- tests

def a_publisher_is_answered_201_with_all_headers(s):
    room = s.room()
    made = published(s, room)
    assert made.headers["Content-Type"] == SDP
    assert re.fullmatch(r"/whip/session/[0-9a-z]{32}", made.headers["Location"]), made.headers
    assert room["token"] not in made.headers["Location"]
    assert re.fullmatch(r'"[0-9a-z]{12}"', made.headers["ETag"]), made.headers
    assert made.headers["Access-Control-Allow-Origin"] == "*"
    exposed = made.headers["Access-Control-Expose-Headers"].lower()
    assert all(name in exposed for name in ("location", "etag", "link"))
    assert made.text.startswith("v=0\r\n") and "a=ice-lite" in made.text
    assert "a=recvonly" in made.text and "a=sendonly" not in made.text
    assert s.ask("DELETE", made.headers["Location"]).status == 200


def publisher_and_player_are_in_the_room_until_they_are_deleted(s):
    room = s.room()
    first = published(s, room, query="?name=Cam%C3%A9ra%201")
    second = published(s, room, kind="whep", body=PLAY)
    assert second.headers["Location"].startswith("/whep/session/")
    assert "a=sendonly" in second.text and "a=recvonly" not in second.text
    people = {p["client"]: p for p in s.people(room)}
    assert people["whip"]["name"] == "Caméra 1"
    assert {t["source"] for t in people["whip"]["tracks"]} == {"microphone", "camera"}
    assert people["whep"]["tracks"] == []
    assert s.ask("DELETE", first.headers["Location"]).status == 200
    assert [p["client"] for p in s.people(room)] == ["whep"]
    assert s.ask("DELETE", second.headers["Location"]).status == 200
    assert s.people(room) == []
    check_problem(s.ask("DELETE", second.headers["Location"]), 404, "not-found")


def a_player_can_ask_for_one_participant(s):
    room = s.room()
    published(s, room)
    someone = s.people(room)[0]["id"]
    published(s, room, kind="whep", body=PLAY, query=f"?participant={someone}")
    check_problem(s.post(room, "whep", PLAY, "?participant=p_nobody"), 404, "not-found")
    assert len(s.people(room)) == 2


def offers_of_all_clients_are_answered(s):
    room = s.room()
    for client in ("chromium", "firefox", "aiortc", "gstreamer"):
        for kind, name in (("whip", "publish"), ("whep", "player")):
            made = published(s, room, kind=kind, body=offer(f"{client}_{name}"))
            assert s.ask("DELETE", made.headers["Location"]).status == 200


def links_that_lead_nowhere_say_so(s):
    check_problem(s.ask("POST", "/whip/nothing", PUBLISH, {"Content-Type": SDP}), 404, "not-found")
    room = s.room()
    s.api("POST", f"/rooms/{room['id']}/rotate", {"old": "closed"})
    check_problem(s.post(room), 410, "link-replaced")
    room = s.room()
    s.api("DELETE", f"/rooms/{room['id']}")
    check_problem(s.post(room), 410, "room-closed")
    room = s.room(access="members")
    check_problem(s.post(room), 401, "unauthorized")


def a_bearer_token_names_its_bearer_and_a_wrong_one_is_401(s):
    room = s.room(access="members")
    made = s.api("POST", f"/rooms/{room['id']}/tokens",
                 {"user": {"ref": "u1", "name": "Zoé"}, "role": "host"})
    token = made.json["url"].split("#t=")[1]
    published(s, room, Authorization=f"Bearer {token}", query="?name=Other")
    assert [(p["name"], p["role"]) for p in s.people(room)] == [("Zoé", "host")]
    wrong = s.post(room, Authorization="Bearer a.b.c")
    check_problem(wrong, 401, "unauthorized")
    assert wrong.headers["WWW-Authenticate"].startswith("Bearer")


def bad_offers_are_problems_that_name_the_line(s):
    room = s.room()
    check_problem(s.ask("POST", f"/whip/{room['token']}", "{}", {"Content-Type": "application/json"}),
                  415, "unsupported-media")
    check_problem(s.ask("POST", f"/whip/{room['token']}", PUBLISH, {}), 415, "unsupported-media")
    check_problem(s.post(room, body=b""), 400, "invalid-request")
    broken = PUBLISH.replace(b"t=0 0", b"t=0 0\r\nthis is no line")
    answer = s.post(room, body=broken)
    check_problem(answer, 400, "invalid-request")
    assert answer.json["line"] == broken[:broken.index(b"this is")].count(b"\n") + 1
    assert answer.json["reason"] == "invalid_sdp"
    answer = s.post(room, body=re.sub(rb"a=fingerprint:[^\r]*\r\n", b"", PUBLISH))
    check_problem(answer, 422, "invalid-field")
    assert answer.json["reason"] == "no_fingerprint", answer.json
    answer = s.post(room, body=re.sub(rb"opus|VP8|VP9|H264|AV1", b"XYZ", PUBLISH))
    check_problem(answer, 422, "invalid-field")
    assert answer.json["reason"] == "no_common_codec" and answer.json["line"] > 0
    answer = s.post(room, body=PLAY)
    check_problem(answer, 422, "invalid-field")
    assert answer.json["reason"] == "wrong_direction", answer.json
    check_problem(s.post(room, body=b"v=0\r\n" + b"a" * (1 << 20)), 413, "too-large")
    check_problem(s.post(room, query="?name=%0A"), 422, "invalid-field")
    assert s.people(room) == []


def other_methods_are_405(s):
    room = s.room()
    where = published(s, room).headers["Location"]
    for method in ("GET", "HEAD", "PUT", "PATCH", "DELETE"):
        answer = s.ask(method, f"/whip/{room['token']}", None if method in ("GET", "HEAD") else "x")
        assert answer.status == 405 and "POST" in answer.headers["Allow"], (method, answer.status)
    for method in ("GET", "HEAD", "PUT", "POST"):
        answer = s.ask(method, where, None if method in ("GET", "HEAD") else "x")
        assert answer.status == 405 and "DELETE" in answer.headers["Allow"], (method, answer.status)
    assert len(s.people(room)) == 1


def pages_of_any_origin_may_ask(s):
    room = s.room()
    where = published(s, room).headers["Location"]
    for path, method in ((f"/whip/{room['token']}", "POST"), (f"/whep/{room['token']}", "POST"),
                         (where, "PATCH"), (where, "DELETE")):
        answer = s.ask("OPTIONS", path, headers={
            "Origin": "https://elsewhere.example", "Access-Control-Request-Method": method,
            "Access-Control-Request-Headers": "content-type, authorization, if-match"})
        assert answer.status in (200, 204), answer.status
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        assert method in answer.headers["Access-Control-Allow-Methods"]
        allowed = answer.headers["Access-Control-Allow-Headers"].lower()
        assert all(h in allowed for h in ("content-type", "authorization", "if-match")), allowed
    assert s.ask("OPTIONS", f"/whip/{room['token']}").headers["Accept-Post"] == SDP
    assert s.ask("OPTIONS", where).headers["Accept-Patch"] == FRAGMENT


def trickled_candidates_are_taken_under_the_entity_tag(s):
    made = published(s, s.room())
    where, etag = made.headers["Location"], made.headers["ETag"]
    assert s.patch(where, fragment(), If_Match=etag).status == 204
    ufrag, pwd = credentials(PUBLISH.decode())
    assert s.patch(where, fragment(ufrag, pwd), If_Match=etag).status == 204
    assert s.patch(where, fragment(candidate="end-of-candidates"), If_Match=f'"other", {etag}').status == 204
    check_problem(s.patch(where, fragment()), 428, "precondition-required")
    check_problem(s.patch(where, fragment(), If_Match='"other"'), 412, "precondition-failed")
    check_problem(s.patch(where, "a=candidate:x\r\n", If_Match=etag), 400, "invalid-request")
    check_problem(s.patch(where, fragment("abcd", "").replace("a=ice-pwd:\r\n", ""), If_Match=etag),
                  400, "invalid-request")
    check_problem(s.ask("PATCH", where, "{}", {"Content-Type": "application/json", "If-Match": etag}),
                  415, "unsupported-media")
    check_problem(s.patch("/whip/session/" + "0" * 32, fragment(), If_Match=etag), 404, "not-found")


def an_ice_restart_brings_new_credentials_and_a_new_tag(s):
    made = published(s, s.room())
    where, etag = made.headers["Location"], made.headers["ETag"]
    new = fragment("newf", "n" * 24, candidate=None)
    check_problem(s.patch(where, new, If_Match=etag), 412, "precondition-failed")
    answer = s.patch(where, new, If_Match="*")
    assert answer.status == 200 and answer.headers["Content-Type"] == FRAGMENT, answer.body
    assert credentials(answer.text) != credentials(made.text)
    assert answer.headers["ETag"] != etag
    check_problem(s.patch(where, fragment(), If_Match=etag), 412, "precondition-failed")
    assert s.patch(where, fragment("newf", "n" * 24), If_Match=answer.headers["ETag"]).status == 204
    assert s.patch(where, new, If_Match="*").status == 204  # said again: nothing new


def removal_and_closing_end_a_session(s):
    room = s.room()
    where = published(s, room).headers["Location"]
    someone = s.people(room)[0]["id"]
    assert s.api("DELETE", f"/rooms/{room['id']}/participants/{someone}").status == 204
    check_problem(s.ask("DELETE", where), 404, "not-found")
    where = published(s, room).headers["Location"]
    assert s.api("DELETE", f"/rooms/{room['id']}").status == 204
    check_problem(s.patch(where, fragment(), If_Match="*"), 404, "not-found")


def a_lost_worker_ends_its_sessions_and_the_next_takes_over(s):
    room = s.room()
    where = published(s, room).headers["Location"]
    os.kill(s.worker(), signal.SIGKILL)
    made = published(s, room)  # waits for the next worker if need be
    check_problem(s.ask("DELETE", where), 404, "not-found")
    assert s.ask("DELETE", made.headers["Location"]).status == 200


def without_a_worker_the_answer_is_503_later(s):
    room = s.room()
    worker = s.worker()
    os.kill(worker, signal.SIGSTOP)  # it hangs: it is killed after some seconds
    try:
        answer = s.post(room)
        # Either it was noticed in time and the next worker answered, or it was not.
        if answer.status == 201:
            return
        check_problem(answer, 503, "capacity")
        assert int(answer.headers["Retry-After"]) > 0
        assert s.people(room) == []
    finally:
        try:
            os.kill(worker, signal.SIGCONT)
        except ProcessLookupError:
            pass
    published(s, room)


def a_client_that_hangs_up_leaves_nothing_behind(s):
    room = s.room()
    worker = s.worker()
    os.kill(worker, signal.SIGSTOP)
    with socket.create_connection(("127.0.0.1", s.port)) as c:
        c.sendall(f"POST /whip/{room['token']} HTTP/1.1\r\nHost: x\r\nContent-Type: {SDP}\r\n"
                  f"Content-Length: {len(PUBLISH)}\r\n\r\n".encode() + PUBLISH)
        while not s.people(room):
            time.sleep(0.02)
    while s.people(room):
        time.sleep(0.02)
    os.kill(worker, signal.SIGCONT)
    published(s, room)


def many_come_and_go_at_once(s):
    room = s.room()
    failures = []

    def one():
        try:
            for _ in range(5):
                where = published(s, room).headers["Location"]
                assert s.ask("DELETE", where).status == 200
        except Exception as e:
            failures.append(e)

    threads = [threading.Thread(target=one) for _ in range(10)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert not failures, failures
    assert s.people(room) == []


def secrets_stay_out_of_the_log(s):
    room = s.room()
    where = published(s, room, query="?name=Geheim").headers["Location"]
    log = s.read_log()
    assert room["token"] not in log and where.split("/")[-1] not in log and "Geheim" not in log


def ice_servers_are_told_in_link_headers():
    s = Server("ice_servers:\n  - urls: [\"stun:stun.example.org\", \"turn:turn.example.org?transport=tcp\"]\n"
               "    username: \"u\\\"s\"\n    credential: pass\n")
    try:
        links = published(s, s.room()).headers.get_all("Link")
        assert links[0].startswith('<stun:stun.example.org>; rel="ice-server"'), links
        assert links[1] == ('<turn:turn.example.org?transport=tcp>; rel="ice-server"; username="u\\"s"; '
                            'credential="pass"; credential-type="password"'), links
    finally:
        s.end()


SHARED = [a_publisher_is_answered_201_with_all_headers,
          publisher_and_player_are_in_the_room_until_they_are_deleted,
          a_player_can_ask_for_one_participant, offers_of_all_clients_are_answered,
          links_that_lead_nowhere_say_so, a_bearer_token_names_its_bearer_and_a_wrong_one_is_401,
          bad_offers_are_problems_that_name_the_line, other_methods_are_405,
          pages_of_any_origin_may_ask, trickled_candidates_are_taken_under_the_entity_tag,
          an_ice_restart_brings_new_credentials_and_a_new_tag, removal_and_closing_end_a_session,
          a_lost_worker_ends_its_sessions_and_the_next_takes_over,
          without_a_worker_the_answer_is_503_later, a_client_that_hangs_up_leaves_nothing_behind,
          many_come_and_go_at_once, secrets_stay_out_of_the_log]


def run(name, test, *args):
    try:
        test(*args)
        print(f"ok      {name}", flush=True)
        return True
    except Exception:
        print(f"FAILED  {name}", flush=True)
        traceback.print_exc()
        return False


def main():
    good = True
    server = Server()
    for test in SHARED:
        good &= run(test.__name__, test, server)
    good &= run("the_server_ends_well", server.end)
    good &= run("ice_servers_are_told_in_link_headers", ice_servers_are_told_in_link_headers)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
