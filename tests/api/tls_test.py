"""The server speaks https itself: a connection lasts as long as one without TLS."""
import os
import shutil
import socket
import ssl
import subprocess
import sys
import tempfile
import time

from serving import ENV, SALON, free_port, free_udp_port, run_test

ASK = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"


class Secure:
    """`salon serve` with a certificate of its own making."""

    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="salon-tls-")
        cert, key, conf = (os.path.join(self.folder, name) for name in ("cert.pem", "key.pem", "salon.yaml"))
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                        "-subj", "/CN=localhost", "-days", "2", "-keyout", key, "-out", cert], check=True,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.port = free_port()
        with open(conf, "w") as f:
            f.write(f"http:\n  port: {self.port}\n  tls:\n    cert: {cert}\n    key: {key}\n")
        self.log = tempfile.TemporaryFile("w+")
        self.process = subprocess.Popen([SALON, "serve", "--config", conf, "--state", self.folder, "--workers", "1",
                                         "--media-port", str(free_udp_port())], env=ENV, stdout=subprocess.DEVNULL,
                                        stderr=self.log)

    def connect(self):
        until = time.monotonic() + 30
        while True:
            try:
                plain = socket.create_connection(("127.0.0.1", self.port), timeout=20)
                return ssl._create_unverified_context().wrap_socket(plain)
            except OSError:
                assert self.process.poll() is None and time.monotonic() < until, self.read_log()
                time.sleep(0.05)

    def read_log(self):
        self.log.seek(0)
        return self.log.read()

    def end(self):
        self.process.terminate()
        self.process.wait(20)
        shutil.rmtree(self.folder, ignore_errors=True)


def a_tls_connection_lasts_as_long_as_one_without(_):
    s = Secure()
    try:
        silent, busy = s.connect(), s.connect()
        for _ in range(6):  # the library's own patience is 5 s
            busy.sendall(ASK)
            assert busy.recv(2000).startswith(b"HTTP/1.1 200")
            time.sleep(1)
        for held in (silent, busy):
            held.sendall(ASK)
            assert held.recv(2000).startswith(b"HTTP/1.1 200")
    finally:
        s.end()


if __name__ == "__main__":
    sys.exit(0 if run_test(a_tls_connection_lasts_as_long_as_one_without, None) else 1)
