"""The servers that bench/compare measures, each as its owner starts it, in a network of their own.

The load lives in one network namespace and the servers in another, with a veth pair between them: Janus offers
no loopback address, and neither side's packets meet anybody else's. Both namespaces end with their processes.
"""
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
import urllib.request
from http import client

LOAD_ADDRESS, SERVER_ADDRESS = "10.78.0.2", "10.78.0.1"
JANUS_FILES = pathlib.Path("/etc/janus")
HTTP = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def enter_network():
    """Begins this program again in a namespace of its own; what follows runs there."""
    if os.environ.get("SALON_COMPARE") == "inside":
        return
    user = [] if os.getuid() == 0 else ["--map-root-user"]
    if subprocess.run(["unshare", "--net", *user, "true"], stderr=subprocess.DEVNULL).returncode:
        sys.exit("bench/compare: the kernel refuses a network namespace (try it as root)")
    os.environ["SALON_COMPARE"] = "inside"
    os.execvp("unshare", ["unshare", "--net", *user, "--", sys.executable, *sys.argv])


class Network:
    """The servers' namespace, held by a process that waits for the end of ours."""

    def __init__(self):
        self.holder = subprocess.Popen(["unshare", "--net", "--", "sh", "-c", "echo ready; exec cat"],
                                       stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self.holder.stdout.readline() == "ready\n"
        for command in (
                "ip link set lo up", f"ip link add load0 type veth peer name server0 netns {self.holder.pid}",
                f"ip addr add {LOAD_ADDRESS}/24 dev load0", "ip link set load0 up"):
            subprocess.run(command.split(), check=True)
        for command in ("ip link set lo up", f"ip addr add {SERVER_ADDRESS}/24 dev server0", "ip link set server0 up"):
            subprocess.run([*self.inside(), *command.split()], check=True)

    def inside(self):
        return ["nsenter", "--preserve-credentials", "-t", str(self.holder.pid), "-n", "--"]

    def close(self):
        self.holder.stdin.close()
        self.holder.wait(10)


class Server:
    """One that runs, on one core. `options` are what salon-load needs to speak to it."""

    def __init__(self, network, core, command, env=None):
        self.folder = tempfile.mkdtemp(prefix="salon-compare-")
        self.log = open(f"{self.folder}/log", "w+")
        self.core, self.network = core, network
        self.process = subprocess.Popen(
            [*network.inside(), "taskset", "-c", str(core), *command(self.folder)], env={**os.environ, **(env or {})},
            stdin=subprocess.DEVNULL, stdout=self.log, stderr=subprocess.STDOUT)
        try:
            self.options = self.wait_for_options()
        except BaseException:
            self.stop()
            raise

    def text(self):
        with open(self.log.name, errors="replace") as f:
            return f.read()

    def wait_for(self, what):
        end = time.monotonic() + 60
        while time.monotonic() < end and self.process.poll() is None:
            found = what()
            if found:
                return found
            time.sleep(0.05)
        raise RuntimeError(f"{self.name} did not start:\n{self.text()[-3000:]}")

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(15)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.log.close()
        shutil.rmtree(self.folder, ignore_errors=True)


class Salon(Server):
    """A release build, one worker; the limits on joins from one address are raised."""
    name = "salon"

    def __init__(self, network, core, program):
        self.program = program
        super().__init__(network, core, self.command)

    def command(self, folder):
        most = 1_000_000
        settings = {"http": {"port": 8080, "public_url": f"http://{SERVER_ADDRESS}:8080"}, "state": f"{folder}/state",
                    "media": {"workers": 1, "announce": [SERVER_ADDRESS]},
                    "limits": {"room_participants": 10000, "rooms_per_minute": most, "joins_per_minute": most},
                    "log": {"level": "warn"}}
        self.file = f"{folder}/salon.yaml"
        pathlib.Path(self.file).write_text(json.dumps(settings))  # JSON is YAML
        return [self.program, "serve", "--config", self.file]

    def wait_for_options(self):
        self.wait_for(self.is_ready)
        made = subprocess.run([self.program, "tenant", "add", "bench", "--config", self.file],
                              check=True, capture_output=True, text=True)
        key = re.search(r"^API key: (\S+)", made.stdout, re.M)[1]
        return ["--url", f"http://{SERVER_ADDRESS}:8080", "--key", key]

    def metrics(self):
        """What Prometheus would read, from the admin socket."""
        http = client.HTTPConnection("salon")
        http.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        with http.sock:
            http.sock.connect(f"{self.folder}/state/admin.sock")
            http.request("GET", "/metrics")
            return http.getresponse().read().decode()

    def is_ready(self):
        try:
            return HTTP.open(f"http://{SERVER_ADDRESS}:8080/readyz", timeout=2).status == 200
        except OSError:
            return False


class Janus(Server):
    """Debian's package with Debian's files; `loops`: event_loops, which Debian leaves unset."""

    def __init__(self, network, core, loops=None):
        self.loops = loops
        self.name = f"janus, event_loops = {loops}" if loops else "janus"
        super().__init__(network, core, self.command)

    def command(self, folder):
        for file in JANUS_FILES.iterdir():
            if file.name != "janus.jcfg":
                os.symlink(file, f"{folder}/{file.name}")
        text = (JANUS_FILES / "janus.jcfg").read_text()
        if self.loops:
            text = re.sub(r"^general: \{", f"general: {{\n\tevent_loops = {self.loops}", text, count=1, flags=re.M)
        pathlib.Path(f"{folder}/janus.jcfg").write_text(text)
        return ["janus", "--configs-folder", folder, "--config", f"{folder}/janus.jcfg", "--disable-colors"]

    def wait_for_options(self):
        self.wait_for(self.is_ready)
        return ["--protocol", "janus", "--url", f"ws://{SERVER_ADDRESS}:8188/"]

    def is_ready(self):
        try:
            with HTTP.open(f"http://{SERVER_ADDRESS}:8088/janus/info", timeout=2) as reply:
                info = json.load(reply)
        except OSError:
            return False
        assert (info.get("static-event-loops") or 0) == (self.loops or 0), info
        return True


def install_janus():
    if not shutil.which("janus"):
        print("bench/compare: installs Debian's janus", file=sys.stderr)
        subprocess.run(["apt-get", "install", "-y", "--no-install-recommends", "janus"], check=True,
                       stdout=subprocess.DEVNULL, env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"})
        subprocess.run(["systemctl", "disable", "--now", "janus"], check=False, stderr=subprocess.DEVNULL)
