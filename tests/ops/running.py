"""A server as an operator runs it: a file, an own state folder, signals, the admin socket."""
import http.client
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import time
import traceback

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "tests/api"))
from serving import ENV, SALON, Answer, free_port, free_udp_port  # noqa: E402


def wait_for(what, seconds=120, why="it did not come"):
    """What `what()` gives once it is true; the time is only there to end a test that fails."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = what()
        if found:
            return found
        time.sleep(0.05)
    raise AssertionError(why() if callable(why) else why)


def make_certificate(folder, name, kind):
    """A certificate and its key for localhost: "ec" or "rsa"."""
    key = ["ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"] if kind == "ec" else ["rsa:2048"]
    cert, secret = f"{folder}/{name}.crt", f"{folder}/{name}.key"
    subprocess.run(["openssl", "req", "-x509", "-newkey", *key, "-nodes", "-keyout", secret, "-out", cert,
                    "-days", "2", "-subj", f"/CN={name}", "-addext", "subjectAltName=DNS:localhost"],
                   check=True, capture_output=True)
    return cert, secret


class UnixHTTP(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("salon", timeout=20)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(20)
        self.sock.connect(self.path)


class Salon:
    """`salon serve --config`; `settings` are sections of the file: {"limits": {...}}."""

    def __init__(self, settings=None, env=None, workers=1, program=None):
        self.program = program or SALON
        self.folder = tempfile.mkdtemp(prefix="salon-ops-")
        self.state = f"{self.folder}/state"
        self.file = f"{self.folder}/salon.yaml"
        self.port = free_port()
        self.env = {**ENV, **(env or {})}
        self.settings = {
            "http": {"listen": "127.0.0.1", "port": self.port, "public_url": f"http://localhost:{self.port}"},
            "state": self.state,
            "media": {"workers": workers, "port": free_udp_port(workers), "announce": ["127.0.0.1"]},
            "log": {"level": "info"}}
        self.change(settings or {})
        self.logs = []
        self.start()

    def change(self, settings):
        """Writes the file with these sections merged in. JSON is YAML."""
        for section, values in settings.items():
            if isinstance(values, dict):
                self.settings.setdefault(section, {}).update(values)
            else:
                self.settings[section] = values
        pathlib.Path(self.file).write_text(json.dumps(self.settings, indent=1))

    def start(self):
        self.log = tempfile.TemporaryFile("w+")
        self.process = subprocess.Popen([self.program, "serve", "--config", self.file], stdout=subprocess.DEVNULL,
                                        stderr=self.log, text=True, env=self.env)
        wait_for(self.is_ready, why=self.read_log)
        self.said("serve.ready")  # all workers, not only one

    def is_ready(self):
        assert self.process.poll() is None, self.read_log()
        try:
            return self.admin("GET", "/readyz").status == 200
        except OSError:
            return False

    def read_log(self):
        self.log.seek(0)
        return self.log.read()

    def said(self, text):
        wait_for(lambda: text in self.read_log(), why=lambda: f"no {text!r} in:\n{self.read_log()}")

    def signal(self, number):
        self.process.send_signal(number)

    def admin(self, method, path, body=None):
        c = UnixHTTP(f"{self.state}/admin.sock")
        try:
            c.request(method, path, json.dumps(body) if body is not None else None,
                      {"Content-Type": "application/json"} if body is not None else {})
            return Answer(c.getresponse())
        finally:
            c.close()

    def ask(self, method, path, body=None, headers=None, port=None, tls=False):
        if tls:
            context = ssl._create_unverified_context()  # its name and issuer are the test's own
            c = http.client.HTTPSConnection("localhost", port or self.port, timeout=20, context=context)
        else:
            c = http.client.HTTPConnection("127.0.0.1", port or self.port, timeout=20)
        try:
            c.request(method, path, body, headers or {})
            return Answer(c.getresponse())
        finally:
            c.close()

    def command(self, *args, check=True):
        done = subprocess.run([SALON, *args, "--config", self.file], env=self.env, text=True, capture_output=True)
        assert not check or done.returncode == 0, (args, done.stdout, done.stderr)
        return done

    def tenant(self):
        """An API key."""
        out = self.command("tenant", "add", "Test").stdout
        return next(line.split(": ")[1] for line in out.splitlines() if line.startswith("API key: "))

    def room(self, key):
        answer = self.ask("POST", "/api/v1/rooms", json.dumps({}),
                          {"Authorization": f"Bearer {key}", "Content-Type": "application/json"})
        assert answer.status == 201, answer.body
        return answer.json

    def stop(self):
        if self.process.poll() is None:
            self.signal(signal.SIGINT)
        return self.process.wait(120)

    def end(self):
        try:
            if self.process.poll() is None:
                self.stop()
        finally:
            if self.process.poll() is None:
                self.process.kill()
                self.process.wait()
            shutil.rmtree(self.folder, ignore_errors=True)


def main(*tests):
    """Runs all, says which failed; a test gets a function that makes servers."""
    pattern = sys.argv[2] if len(sys.argv) > 2 else ""
    good = True
    for test in tests:
        if pattern not in test.__name__:
            continue
        made = []

        def make(*args, **kwargs):
            made.append(Salon.__new__(Salon))
            made[-1].__init__(*args, **kwargs)
            return made[-1]

        try:
            test(make)
            for s in made:
                assert not re.search(r"Sanitizer|runtime error:|[Aa]ssertion", s.read_log()), "the server complained"
            print(f"ok   {test.__name__}", flush=True)
        except Exception:
            good = False
            print(f"FAIL {test.__name__}\n{traceback.format_exc()}", flush=True)
            for s in made:
                if hasattr(s, "log"):
                    print(s.read_log()[-6000:], flush=True)
        finally:
            for s in made:
                if hasattr(s, "process"):
                    s.end()
    return 0 if good else 1


def need(program):
    found = shutil.which(program, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")
    assert found, f"{program} is missing: tools/install test"
    return found
