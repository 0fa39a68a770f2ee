#!/usr/bin/env python3
"""config/nginx.conf and config/haproxy.cfg in front of a server, as they are but for names and ports:
proxy_test.py SALON."""
import http.client
import json
import pathlib
import signal
import socket
import ssl
import struct
import subprocess
import sys
import threading

from running import ROOT, free_port, main, make_certificate, need, wait_for

from http_test import frame  # tests/api


def nginx(s, ports):
    """The example as a site of an nginx of our own."""
    site = (ROOT / "config/nginx.conf").read_text()
    cert, key = make_certificate(s.folder, "proxy", "ec")
    for old, new in (("127.0.0.1:8080", f"127.0.0.1:{s.port}"), ("meet.example.org;", "localhost;"),
                     ("listen 80;", f"listen 127.0.0.1:{ports[0]};"), ("    listen [::]:80;\n", ""),
                     ("listen 443 ssl http2;", f"listen 127.0.0.1:{ports[1]} ssl http2;"),
                     ("    listen [::]:443 ssl http2;\n", ""),
                     ("/etc/letsencrypt/live/meet.example.org/fullchain.pem", cert),
                     ("/etc/letsencrypt/live/meet.example.org/privkey.pem", key)):
        assert old in site, old
        site = site.replace(old, new)
    pathlib.Path(f"{s.folder}/site.conf").write_text(site)
    pathlib.Path(f"{s.folder}/nginx.conf").write_text(
        f"daemon off; pid {s.folder}/nginx.pid; error_log stderr; events {{}}\n"
        f"http {{ include {s.folder}/site.conf;\n" +
        "".join(f"{kind}_temp_path {s.folder}/{kind};\n"
                for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")) + "}\n")
    program = [need("nginx"), "-p", s.folder, "-c", f"{s.folder}/nginx.conf"]
    subprocess.run([*program, "-t"], check=True, capture_output=True)
    return program


def haproxy(s, ports):
    cert, key = make_certificate(s.folder, "proxy", "ec")
    both = pathlib.Path(s.folder) / "both.pem"
    both.write_text(pathlib.Path(cert).read_text() + pathlib.Path(key).read_text())
    text = (ROOT / "config/haproxy.cfg").read_text()
    for old, new in (("127.0.0.1:8080", f"127.0.0.1:{s.port}"), ("bind :80\n", f"bind 127.0.0.1:{ports[0]}\n"),
                     ("bind :443 ", f"bind 127.0.0.1:{ports[1]} "),
                     ("/etc/haproxy/meet.example.org.pem", str(both)), ("    log /dev/log local0 notice\n", "")):
        assert old in text, old
        text = text.replace(old, new)
    file = pathlib.Path(s.folder) / "haproxy.cfg"
    file.write_text(text)
    checked = subprocess.run([need("haproxy"), "-c", "-f", file], text=True, capture_output=True)
    assert checked.returncode == 0, checked.stderr
    return [need("haproxy"), "-db", "-f", str(file)]


class WebSocket:
    """Through TLS; enough of RFC 6455 to join a call."""

    def __init__(self, port):
        raw = socket.create_connection(("127.0.0.1", port), timeout=20)
        self.s = ssl._create_unverified_context().wrap_socket(raw, server_hostname="localhost")
        self.f = self.s.makefile("rb")
        self.s.sendall(b"GET /api/v1/signal HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n"
                       b"Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                       b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: salon.v1\r\n\r\n")
        self.status = int(self.f.readline().split()[1])
        while self.f.readline() != b"\r\n":
            pass

    def ask(self, message):
        self.s.sendall(frame(1, json.dumps(message).encode()))
        head = self.f.read(2)
        n = head[1] & 127
        n = n if n < 126 else struct.unpack(">H", self.f.read(2))[0] if n == 126 else \
            struct.unpack(">Q", self.f.read(8))[0]
        return json.loads(self.f.read(n))

    def close(self):
        self.f.close()
        self.s.close()


def events_come_as_they_happen(s, key, port):
    c = http.client.HTTPSConnection("localhost", port, timeout=20, context=ssl._create_unverified_context())
    c.request("GET", "/api/v1/stream", headers={"Authorization": f"Bearer {key}"})
    answer = c.getresponse()
    assert answer.status == 200
    made = threading.Thread(target=s.room, args=(key,))
    made.start()
    while b"room.created" not in answer.readline():  # the socket's own limit ends a test that fails
        pass
    made.join()
    c.close()


def works_behind(make, start):
    ports = [free_port(), free_port()]
    s = make({"http": {"public_url": f"https://localhost:{ports[1]}", "trusted_proxies": ["127.0.0.1"]},
              "limits": {"unknown_links_per_minute": 3}})
    program = start(s, ports)
    log = open(f"{s.folder}/proxy.log", "w+")
    proxy = subprocess.Popen(program, stdout=log, stderr=log)

    def up():
        assert proxy.poll() is None, pathlib.Path(log.name).read_text()
        try:
            return s.ask("GET", "/readyz", port=ports[1], tls=True).status == 200
        except OSError:
            return False

    try:
        wait_for(up, why=lambda: pathlib.Path(log.name).read_text())
        moved = s.ask("GET", "/r/x", port=ports[0], headers={"Host": "localhost"})
        assert moved.status == 301 and moved.headers["Location"].startswith("https://"), moved.status
        key = s.tenant()
        room = s.room(key)
        assert room["url"].startswith(f"https://localhost:{ports[1]}/r/"), room["url"]
        page = s.ask("GET", room["url"].split(str(ports[1]))[1], port=ports[1], tls=True)
        assert page.status == 200 and b"<html" in page.body

        ws = WebSocket(ports[1])
        assert ws.status == 101
        joined = ws.ask({"type": "join", "id": 1, "link": room["url"], "name": "Ada"})
        assert joined["type"] == "joined", joined
        ws.close()
        events_come_as_they_happen(s, key, ports[1])

        # Not from this machine, as far as salon can see; and nobody makes up another address.
        for claimed in ({}, {"X-Forwarded-For": "127.0.0.1"}, {"X-Forwarded-For": "192.0.2.9"}):
            assert s.ask("GET", "/metrics", port=ports[1], tls=True, headers=claimed).status == 404
        tries = [s.ask("GET", f"/r/no-such-link-{k}", port=ports[1], tls=True,
                       headers={"X-Forwarded-For": f"192.0.2.{k}"}).status for k in range(5)]
        assert 429 in tries, tries
    finally:
        proxy.send_signal(signal.SIGTERM)
        proxy.wait(20)
        log.close()


def a_call_works_behind_nginx_as_configured(make):
    works_behind(make, nginx)


def a_call_works_behind_haproxy_as_configured(make):
    works_behind(make, haproxy)


if __name__ == "__main__":
    sys.exit(main(a_call_works_behind_nginx_as_configured, a_call_works_behind_haproxy_as_configured))
