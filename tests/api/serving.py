"""What the tests over HTTP share: a server of their own, answers, problems, the order of tests."""
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
import time
import traceback

import secrecy

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from ports import free_port, free_udp_port  # noqa: E402

SALON = sys.argv[1] if len(sys.argv) > 1 else "build/salon"
ENV = {k: v for k, v in os.environ.items() if not k.startswith("SALON_")}


#: Called with (server, method, path, headers, body, answer) after each request; for openapi_test.py.
watch = None


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
    """`salon serve --dev` with a state folder of its own."""

    def __init__(self, *args, state=None, dev=True):
        self.state = state or tempfile.mkdtemp(prefix="salon-http-")
        self.port = free_port()
        self.args = [*(["--dev"] if dev else []), "--port", str(self.port), "--state", self.state,
                     "--workers", "1", "--media-port", str(free_udp_port()), "--log-level", "debug", *args]
        self.logs = []
        self.dev = dev
        self.start()

    def start(self):
        self.log = tempfile.TemporaryFile("w+")
        self.process = subprocess.Popen([SALON, "serve", *self.args], stdout=subprocess.PIPE,
                                        stderr=self.log, text=True, env=ENV)
        if not self.dev:
            while self.get("/readyz", tries=200).status != 200:
                time.sleep(0.02)
            return
        lines = [self.process.stdout.readline() for _ in range(2)]
        self.key = lines[0].removeprefix("API key: ").strip()
        self.join = lines[1].removeprefix("Join: ").strip()
        assert self.key.startswith("salon_"), (lines, self.read_log())
        assert self.join.startswith(f"http://127.0.0.1:{self.port}/r/"), lines

    def stop(self):
        self.keep_metrics()
        self.process.send_signal(signal.SIGTERM)
        status = self.process.wait(20)
        self.keep_log()
        return status

    def keep_log(self):
        self.logs.append(self.read_log())
        secrecy.texts.append(self.logs[-1])
        self.process.stdout.close()

    def keep_metrics(self):
        try:
            secrecy.texts.append(self.get("/metrics", key=False).text)
        except (OSError, http.client.HTTPException):
            pass  # it does not answer any more

    def restart(self):
        assert self.stop() == 0
        self.start()

    def end(self):
        if self.process.poll() is None:
            self.stop()
        shutil.rmtree(self.state, ignore_errors=True)

    def read_log(self):
        self.log.seek(0)
        return self.log.read()

    def ask(self, method, path, body=None, headers=None, key=None, source="127.0.0.1", tries=1):
        headers = dict(headers or {})
        if key is not False:
            headers.setdefault("Authorization", f"Bearer {key or getattr(self, 'key', '')}")
        if isinstance(body, (dict, list)):
            body = json.dumps(body)
            headers.setdefault("Content-Type", "application/json")
        for left in reversed(range(tries)):
            try:
                c = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20,
                                               source_address=(source, 0))
                c.request(method, path, body, headers)
                answer = Answer(c.getresponse())
                secrecy.note_exchange(path, headers, body, answer)
                if watch:
                    watch(self, method, path, headers, body, answer)
                return answer
            except ConnectionRefusedError:
                if left == 0:
                    raise
                time.sleep(0.05)
            finally:
                c.close()

    def get(self, path, **more):
        return self.ask("GET", path, **more)

    def post(self, path, body=None, **more):
        return self.ask("POST", path, body, **more)

    def raw(self, data, wait=True):
        """Sends bytes as they are; all that comes back until the server closes."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=20) as s:
            s.sendall(data)
            got = b""
            while wait:
                piece = s.recv(65536)
                if not piece:
                    break
                got += piece
            return got


def path_of(url):
    return re.sub(r"^https?://[^/]*", "", url).split("#")[0]


def check_problem(answer, status, kind, pointer=None):
    assert answer.status == status, (answer.status, answer.body)
    assert answer.headers["Content-Type"] == "application/problem+json", answer.headers
    problem = answer.json
    assert problem["type"] == f"/problems/{kind}", problem
    assert problem["status"] == status and problem["instance"].startswith("req_"), problem
    assert problem["title"] and problem["detail"], problem
    if pointer:
        assert problem["errors"][0]["pointer"] == pointer, problem


def run_test(test, server):
    began = time.monotonic()
    try:
        test(server)
        print(f"ok      {test.__name__} ({time.monotonic() - began:.1f} s)", flush=True)
        return True
    except Exception:
        print(f"FAILED  {test.__name__}", flush=True)
        traceback.print_exc()
        return False


def logs_of_the_whole_run_hold_nothing_of_anybodys(_):
    assert "http.request" in "".join(secrecy.texts) and secrecy.secrets
    found = secrecy.check()
    assert not found, found[:10]


def main(together, alone=(), without=()):
    """Runs them: on one server, each on its own, on none. The exit status."""
    good = True
    if together:
        server = Server()
        try:
            for test in together:
                good &= run_test(test, server)
        finally:
            good &= server.stop() == 0
            server.end()
    for test in alone:
        server = Server()
        try:
            good &= run_test(test, server)
        finally:
            server.end()
    for test in without:
        good &= run_test(test, None)
    good &= run_test(logs_of_the_whole_run_hold_nothing_of_anybodys, None)
    return 0 if good else 1
