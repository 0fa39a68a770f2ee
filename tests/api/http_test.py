#!/usr/bin/env python3
"""The server over HTTP, as a program sees it: http_test.py SALON. Exit 1 if a test fails."""
import concurrent.futures
import gzip
import json
import pathlib
import re
import resource
import shutil
import socket
import sqlite3
import struct
import subprocess
import sys
import tempfile
import time

import secrecy
from serving import ENV, SALON, Server, check_problem, free_port, main, path_of

# ---- tests that share one server; each takes it ----

def a_room_is_made_read_changed_and_closed(s):
    made = s.post("/api/v1/rooms", {"title": "Réunion", "owner": {"ref": "u1", "name": "Zoé"}})
    assert made.status == 201, made.body
    room = made.json
    assert room["id"].startswith("rm_") and room["state"] == "idle" and room["link_version"] == 1
    assert re.fullmatch(rf"http://127\.0\.0\.1:{s.port}/r/[0-9a-hjkmnp-tv-z]{{26}}", room["url"])
    assert room["host_url"].startswith(room["url"] + "#h=")
    assert made.headers["Location"] == f"/api/v1/rooms/{room['id']}"
    url = f"/api/v1/rooms/{room['id']}"
    assert s.get(url).json == room
    changed = s.ask("PATCH", url, {"title": None, "access": "members"})
    assert changed.json["title"] is None and changed.json["access"] == "members"
    assert any(r["id"] == room["id"] for r in s.get("/api/v1/rooms?owner=u1").json["rooms"])
    assert s.get("/api/v1/rooms?live=1").json["rooms"] == []
    assert s.get(path_of(room["url"]), key=False).status == 200
    assert s.ask("DELETE", url).status == 204
    check_problem(s.get(url), 410, "room-closed")
    check_problem(s.ask("DELETE", url), 410, "room-closed")
    gone = s.get(path_of(room["url"]), key=False, headers={"Accept-Language": "fr"})
    assert gone.status == 410 and "Cette salle est fermée" in gone.text


def no_body_is_a_room_too(s):
    assert s.post("/api/v1/rooms").status == 201
    room = s.post("/api/v1/rooms", {}).json
    assert room["kind"] == "instant" and room["access"] == "open"


def share_texts_hold_the_link_escaped(s):
    room = s.post("/api/v1/rooms", {"title": "<b>&", "locale": "fr"}).json
    share = room["share"]
    assert room["url"] in share["text"] and share["location"] == room["url"]
    assert "<b>" not in share["html"] and share["locale"] == "fr" and "Démarrer" in share["text"]
    assert share["mailto"].startswith("mailto:?subject=%3Cb%3E%26&body=")


def bad_requests_are_problems(s):
    rooms = "/api/v1/rooms"
    as_json = {"Content-Type": "application/json"}
    check_problem(s.post(rooms, "{", headers=as_json), 400, "invalid-json")
    check_problem(s.post(rooms, "[]", headers=as_json), 400, "invalid-json")
    check_problem(s.post(rooms, b'{"title":"\xff"}', headers=as_json), 400, "invalid-json")
    check_problem(s.post(rooms, {"titel": "a"}), 422, "invalid-field", "/titel")
    check_problem(s.post(rooms, {"owner": {"x": 1}}), 422, "invalid-field", "/owner/x")
    check_problem(s.post(rooms, {"title": 1}), 422, "invalid-field", "/title")
    check_problem(s.post(rooms, {"title": "a\r\nb"}), 422, "invalid-field", "/title")
    check_problem(s.post(rooms, {"title": "x" * 20000}), 413, "too-large")
    check_problem(s.post(rooms, "a=b", headers={"Content-Type": "text/plain"}), 415,
                  "unsupported-media")
    check_problem(s.ask("PUT", rooms), 405, "method-not-allowed")
    assert s.ask("PUT", rooms).headers["Allow"] == "POST, GET, HEAD, OPTIONS"
    check_problem(s.get("/api/v1/nothing"), 404, "not-found")
    check_problem(s.get(rooms + "?cursor=x"), 422, "invalid-field")
    check_problem(s.get(rooms + "?what=x"), 422, "invalid-field")
    check_problem(s.get(rooms + "?a=%zz"), 400, "invalid-request")
    check_problem(s.get(rooms + "/rm_nothing"), 404, "not-found")


def problems_speak_french_when_asked(s):
    answer = s.get("/api/v1/rooms/rm_x", headers={"Accept-Language": "de, fr-FR;q=0.8, en;q=0.5"})
    assert answer.json["title"] == "Il n'y a rien à cette adresse"
    answer = s.post("/api/v1/rooms", {"x": 1}, headers={"Accept-Language": "fr"})
    assert answer.json["detail"] == "champ inconnu"


def keys_are_checked(s):
    rooms = "/api/v1/rooms"
    check_problem(s.get(rooms, key=False), 401, "unauthorized")
    check_problem(s.get(rooms, key="nonsense"), 401, "unauthorized")
    check_problem(s.get(rooms, key=s.key[:-1] + ("0" if s.key[-1] != "0" else "1")), 401,
                  "unauthorized")
    check_problem(s.get(rooms, headers={"Authorization": f"Basic {s.key}"}), 401, "unauthorized")
    assert s.get(rooms, key=False).headers["WWW-Authenticate"] == "Bearer"


def tenant(s, *args):
    return subprocess.run([SALON, "tenant", *args, "--state", s.state], capture_output=True,
                          text=True, env=ENV, timeout=20)


def tenants_are_made_while_the_server_runs_and_see_only_their_own(s):
    mine = s.post("/api/v1/rooms", {"title": "mine"}).json
    added = tenant(s, "add", "Other", "--origin", "https://suite.example.org",
                   "--link-format", "uuid")
    assert added.returncode == 0, added.stderr
    key = re.search(r"^API key: (salon_\S+)$", added.stdout, re.M)[1]
    theirs = s.post("/api/v1/rooms", {}, key=key)
    assert theirs.status == 201
    assert re.search(r"/r/[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab]", theirs.json["url"])
    page = s.get(path_of(theirs.json["url"]), key=False)
    assert "frame-ancestors 'self' https://suite.example.org" in page.headers[
        "Content-Security-Policy"]
    for method, path in (("GET", ""), ("PATCH", ""), ("DELETE", ""), ("POST", "/rotate"),
                         ("POST", "/tokens"), ("GET", "/participants")):
        check_problem(s.ask(method, f"/api/v1/rooms/{mine['id']}{path}", key=key), 404,
                      "not-found")
    assert all(r["id"] != mine["id"] for r in s.get("/api/v1/rooms", key=key).json["rooms"])
    assert "Other" in tenant(s, "list").stdout
    limited = tenant(s, "key", "Other", "--scope", "rooms:read").stdout
    limited = limited.removeprefix("API key: ").strip()
    check_problem(s.post("/api/v1/rooms", {}, key=limited), 403, "forbidden-scope")
    listed = s.get("/api/v1/rooms", key=limited).json["rooms"]
    assert listed and all("host_url" not in r for r in listed)
    assert s.get("/api/v1/rooms", key=key).status == 200  # the one before lives on
    tenant(s, "key", "Other")
    check_problem(s.get("/api/v1/rooms", key=key), 401, "unauthorized")
    assert tenant(s, "add", "Other").returncode == 1
    assert tenant(s, "add", "x", "--prefix", "A B").returncode == 1
    assert tenant(s, "remove", "Other").returncode == 0
    check_problem(s.get("/api/v1/rooms", key=limited), 401, "unauthorized")
    assert s.get(path_of(theirs.json["url"]), key=False).status == 404
    assert "no tenant" in tenant(s, "remove", "Other").stderr
    assert tenant(s).returncode == 2


def a_new_link_replaces_the_old(s):
    room = s.post("/api/v1/rooms").json
    url = f"/api/v1/rooms/{room['id']}/rotate"
    new = s.post(url).json
    assert new["id"] == room["id"] and new["url"] != room["url"] and new["link_version"] == 2
    old = s.get(path_of(room["url"]), key=False, headers={"Accept-Language": "fr"})
    assert old.status == 410 and "Ce lien a été remplacé par l&#39;organisateur" in old.text
    assert path_of(new["url"]) not in old.text
    third = s.post(url, {"old": "redirect"}).json
    moved = s.get(path_of(new["url"]), key=False)
    assert moved.status == 302 and moved.headers["Location"] == third["url"]
    s.post(url, {"old": "keep"})
    assert s.get(path_of(third["url"]), key=False).status == 200
    check_problem(s.post(url, {"old": "x"}), 422, "invalid-field", "/old")


def a_personal_url_is_made(s):
    room = s.post("/api/v1/rooms").json
    url = f"/api/v1/rooms/{room['id']}/tokens"
    made = s.post(url, {"user": {"ref": "u1", "name": "Zoé"}, "role": "host", "ttl": 60})
    assert made.status == 201 and made.json["url"].startswith(room["url"] + "#t=ey")
    check_problem(s.post(url, {}), 422, "invalid-field", "/user")
    check_problem(s.post(url, {"user": {"ref": "u1"}}), 422, "invalid-field", "/user/name")
    check_problem(s.post(url, {"user": {"ref": "u", "name": "n"}, "ttl": 10**9}), 422,
                  "invalid-field", "/ttl")


def participants_of_an_empty_room(s):
    room = s.post("/api/v1/rooms").json
    url = f"/api/v1/rooms/{room['id']}/participants"
    assert s.get(url).json == {"participants": []}
    check_problem(s.ask("DELETE", url + "/p_x"), 404, "not-found")
    check_problem(s.post(url + "/p_x/mute"), 404, "not-found")


def the_same_idempotency_key_makes_one_room(s):
    key = {"Idempotency-Key": "k-1"}
    first = s.post("/api/v1/rooms", {"title": "a"}, headers=key)
    again = s.post("/api/v1/rooms", {"title": "a"}, headers=key)
    assert first.status == again.status == 201 and first.json == again.json
    check_problem(s.post("/api/v1/rooms", {"title": "b"}, headers=key), 422,
                  "idempotency-mismatch")
    url = f"/api/v1/rooms/{first.json['id']}/rotate"
    key = {"Idempotency-Key": "k-2"}
    once = s.post(url, headers=key).json
    assert once["link_version"] == 2 and s.post(url, headers=key).json == once


def rooms_come_in_pages(s):
    for _ in range(5):
        s.post("/api/v1/rooms", {"owner": {"ref": "pages"}})
    seen, cursor = [], ""
    while cursor is not None:
        page = s.get(f"/api/v1/rooms?owner=pages&limit=2&cursor={cursor}" if cursor else
                     "/api/v1/rooms?owner=pages&limit=2").json
        seen += [r["id"] for r in page["rooms"]]
        cursor = page["next_cursor"]
    assert len(seen) == len(set(seen)) == 5


def pages_have_their_headers(s):
    for path in ("/", path_of(s.join), "/r/nothing"):
        h = s.get(path, key=False).headers
        assert h["Content-Type"] == "text/html; charset=utf-8", path
        assert h["Referrer-Policy"] == "no-referrer" and h["Cache-Control"] == "no-store"
        assert h["X-Robots-Tag"] == "noindex, nofollow"
        assert h["X-Content-Type-Options"] == "nosniff"
        assert "default-src 'none'" in h["Content-Security-Policy"]
        assert "frame-ancestors 'self'" in h["Content-Security-Policy"]
        assert "camera=(self" in h["Permissions-Policy"]


def files_are_served_with_their_type_and_tag(s):
    file = s.get("/static/salon.js", key=False)
    assert file.status == 200 and file.headers["Content-Type"].startswith("text/javascript")
    known = s.get("/static/salon.js", key=False, headers={"If-None-Match": file.headers["ETag"]})
    assert known.status == 304 and known.body == b""
    packed = s.get("/static/salon.js", key=False, headers={"Accept-Encoding": "br, gzip;q=0.8"})
    assert packed.headers["Content-Encoding"] == "gzip" and gzip.decompress(packed.body) == file.body
    assert "Accept-Encoding" in file.headers["Vary"] and "Content-Encoding" not in file.headers
    for not_taken in ("gzip;q=0", "gzipped", "br", "identity, x-gzip"):
        plain = s.get("/static/salon.js", key=False, headers={"Accept-Encoding": not_taken})
        assert "Content-Encoding" not in plain.headers and plain.body == file.body, not_taken
    for path in ("/static/nothing.js", "/static/../main.c", "/static/package.json", "/static/"):
        assert s.get(path, key=False).status == 404, path
    assert s.ask("HEAD", "/static/salon.js", key=False).body == b""


def reading_changes_nothing(s):
    def dump():
        with sqlite3.connect(f"file:{s.state}/salon.db?mode=ro", uri=True) as db:
            return "\n".join(db.iterdump())

    before = dump()
    for path in ("/", path_of(s.join), "/r/nothing", "/healthz", "/readyz", "/metrics",
                 "/static/salon.js", "/robots.txt", "/dev/status"):
        for method in ("GET", "HEAD"):
            assert s.ask(method, path, key=False).status < 500
    assert dump() == before


def dev_makes_rooms_for_its_own_pages_alone(s):
    made = s.post("/dev/rooms", key=False)
    assert made.status == 201 and s.get(path_of(made.json["url"]), key=False).status == 200
    own = {"Origin": f"http://127.0.0.1:{s.port}", "Sec-Fetch-Site": "same-origin"}
    assert s.post("/dev/rooms", key=False, headers=own).status == 201
    for headers in ({"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"},
                    {"Origin": "null"}, {"Host": "evil.example"},
                    {"X-Forwarded-For": "192.0.2.1"}):
        check_problem(s.post("/dev/rooms", key=False, headers=headers), 403, "origin-not-allowed")
    assert s.get("/dev/status", key=False).json == {"dev": True}


def health_and_readiness(s):
    assert s.get("/healthz", key=False).text == "ok\n"
    assert s.get("/readyz", key=False).status == 200
    assert "salon_http_requests_total" in s.get("/metrics", key=False).text


def whip_urls_may_be_used_by_any_page(s):
    token = path_of(s.join).removeprefix("/r/")
    answer = s.ask("OPTIONS", f"/whip/{token}", key=False,
                   headers={"Origin": "https://a.example",
                            "Access-Control-Request-Method": "POST"})
    assert answer.status in (200, 204)
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert "Authorization" in answer.headers["Access-Control-Allow-Headers"]


def what_is_no_http_is_refused(s):
    host = b"Host: a\r\n"
    for data, status in (
            (b"nonsense\r\n\r\n", 400),
            (b"GET / HTTP/1.1\r\n\r\n", 400),
            (b"GET / HTTP/3.0\r\n" + host + b"\r\n", 505),
            (b"GET / HTTP/1.1\r\n" + host + b"A: " + b"x" * 20000 + b"\r\n\r\n", 431),
            (b"POST / HTTP/1.1\r\n" + host + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\n", 400),
            (b"POST / HTTP/1.1\r\n" + host +
             b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n", 400)):
        assert s.raw(data).startswith(b"HTTP/1.1 %d " % status), data[:60]


def requests_follow_each_other_on_a_connection(s):
    one = b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n"
    last = b"GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
    assert s.raw(one * 20 + last).count(b"HTTP/1.1 200 OK") == 21
    body = b'{"title":"chunked"}'
    made = s.raw(b"POST /api/v1/rooms HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer " +
                 s.key.encode() + b"\r\nContent-Type: application/json\r\n"
                 b"Transfer-Encoding: chunked\r\n\r\n" +
                 b"".join(b"1\r\n%c\r\n" % c for c in body) + b"0\r\n\r\n" + last)
    assert made.startswith(b"HTTP/1.1 201") and b"HTTP/1.1 200 OK" in made


def frame(op, data, fin=True, mask=b"\x01\x02\x03\x04"):
    secrecy.note_bytes(data)
    n = len(data)
    size = (bytes([0x80 | n]) if n < 126 else b"\xfe" + struct.pack(">H", n) if n < 65536 else
            b"\xff" + struct.pack(">Q", n))
    return bytes([(0x80 if fin else 0) | op]) + size + mask + bytes(
        b ^ mask[i & 3] for i, b in enumerate(data))


class WebSocket:
    def __init__(self, s, protocol="salon.v1"):
        self.s = socket.create_connection(("127.0.0.1", s.port), timeout=20)
        self.f = self.s.makefile("rb")
        self.s.sendall(b"GET /api/v1/signal HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\n"
                       b"Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                       b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n" +
                       (f"Sec-WebSocket-Protocol: {protocol}\r\n" if protocol else "").encode() +
                       b"\r\n")
        self.head = b""
        while not self.head.endswith(b"\r\n\r\n") and (line := self.f.readline()):
            self.head += line

    def send(self, data):
        self.s.sendall(data)

    def recv(self):
        """(opcode, data), or None at the end."""
        head = self.f.read(2)
        if len(head) < 2:
            return None
        n = head[1] & 127
        if n == 126:
            n = struct.unpack(">H", self.f.read(2))[0]
        elif n == 127:
            n = struct.unpack(">Q", self.f.read(8))[0]
        return head[0] & 15, self.f.read(n)

    def ask(self, data):
        self.send(data)
        return json.loads(self.recv()[1])

    def close(self):
        self.f.close()
        self.s.close()


def a_websocket_is_opened_by_the_rules(s):
    ws = WebSocket(s)
    assert b"101 " in ws.head and b"Sec-WebSocket-Protocol: salon.v1" in ws.head
    assert b"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" in ws.head
    assert ws.ask(frame(1, b'{"type":"ping","id":9}'))["re"] == 9
    ws.send(frame(1, b'{"type":"pi', fin=False) + frame(9, b"x") + frame(0, b'ng","id":8}'))
    assert ws.recv() == (10, b"x") and json.loads(ws.recv()[1])["re"] == 8
    ws.close()
    ws = WebSocket(s, protocol=None)
    assert b"101 " in ws.head and b"Sec-WebSocket-Protocol" not in ws.head
    ws.close()
    ws = WebSocket(s, protocol="other")
    assert b"400 " in ws.head
    ws.close()
    check_problem(s.get("/api/v1/signal"), 404, "not-found")


def a_websocket_outlives_bad_messages(s):
    ws = WebSocket(s)
    assert ws.ask(frame(1, b"x" * 700000))["type"] == "error"
    assert ws.ask(frame(1, b"{"))["reason"] == "invalid_message"
    assert ws.ask(frame(2, b"{}"))["reason"] == "invalid_message"
    assert ws.ask(frame(1, b'{"type":"ping","id":1}'))["type"] == "pong"
    ws.send(frame(8, struct.pack(">H", 1000)))
    assert ws.recv()[0] == 8 and ws.recv() is None
    ws.close()


def a_websocket_ends_at_broken_frames(s):
    for broken in (b"\x81\x01a", frame(3, b""), frame(0, b"a"), b"\xf1\x80\0\0\0\0",
                   frame(9, b"x" * 126), frame(1, b'"\xff"')):
        ws = WebSocket(s)
        ws.send(broken)
        answer = ws.recv()
        assert answer is None or answer[0] == 8 and answer[1][:2] in (b"\x03\xea", b"\x03\xef")
        ws.close()


def an_unfinished_request_costs_nobody_anything(s):
    held = [socket.create_connection(("127.0.0.1", s.port)) for _ in range(200)]
    for c in held:
        c.sendall(b"POST /api/v1/rooms HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n{")
    assert s.get("/healthz").status == 200
    for c in held:
        c.close()


def a_client_that_does_not_read_spins_nothing(s):
    def cpu():
        fields = pathlib.Path(f"/proc/{s.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return int(fields[11]) + int(fields[12])

    one = b"GET /static/room/call.js HTTP/1.1\r\nHost: a\r\n\r\n"
    with socket.socket() as c:
        c.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        c.connect(("127.0.0.1", s.port))
        c.setblocking(False)
        try:
            while True:  # until neither side takes more
                c.send(one * 100)
        except BlockingIOError:
            pass
        time.sleep(2)  # what it has been sent is being answered
        before = cpu()
        time.sleep(1)
        assert cpu() - before < 40, "the server is busy with a client that does not read"
        assert s.get("/healthz").status == 200


def many_rooms_at_once(s):
    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        ids = list(pool.map(lambda _: s.post("/api/v1/rooms", {}).json["id"], range(200)))
    assert len(set(ids)) == 200


# ---- tests with a server of their own ----

def links_live_through_a_restart(s):
    room = s.post("/api/v1/rooms", {"title": "kept"}).json
    s.restart()
    assert s.get(path_of(room["url"]), key=False).status == 200
    assert s.get(f"/api/v1/rooms/{room['id']}").json == room


def unknown_links_are_404_pages_and_then_429(s):
    fr = s.get("/r/0123456789abcdefghjkmnpqrs", key=False, headers={"Accept-Language": "fr"})
    assert fr.status == 404 and 'lang="fr"' in fr.text and "nulle part" in fr.text
    en = s.get("/r/x/y", key=False)
    assert en.status == 404 and 'lang="en"' in en.text and "{{" not in en.text
    statuses = [s.get(f"/r/none{i}", key=False).status for i in range(30)]
    assert statuses[:18] == [404] * 18 and statuses[-1] == 429, statuses
    last = s.get("/r/none", key=False, headers={"Accept-Language": "fr"})
    assert int(last.headers["Retry-After"]) >= 1 and "Trop de tentatives" in last.text
    assert s.get(path_of(s.join), key=False).status == 200  # valid links go on working
    assert s.get("/r/none", key=False, source="127.0.0.2").status == 404  # as do other addresses


def a_locked_database_is_503_and_calls_go_on(s):
    db = sqlite3.connect(f"{s.state}/salon.db", isolation_level=None)
    db.execute("BEGIN IMMEDIATE")
    answer = s.post("/api/v1/rooms", {})
    check_problem(answer, 503, "capacity")
    assert int(answer.headers["Retry-After"]) >= 1
    assert s.get(path_of(s.join), key=False).status == 200  # reading goes on
    ws = WebSocket(s)
    joined = ws.ask(frame(1, json.dumps(
        {"type": "join", "id": 1, "link": s.join, "name": "Ada"}).encode()))
    assert joined["type"] == "joined", joined
    ws.close()
    assert tenant(s, "list").returncode == 0
    db.execute("ROLLBACK")
    db.close()
    assert s.post("/api/v1/rooms", {}).status == 201


def a_disk_that_takes_no_more_is_503_and_calls_go_on(s):
    size = max(p.stat().st_size for p in pathlib.Path(s.state).iterdir())
    resource.prlimit(s.process.pid, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))
    last = None
    for _ in range(200):  # until the log of the database is as long as it may be
        last = s.post("/api/v1/rooms", {"metadata": {"x": "y" * 4000}})
        if last.status != 201:
            break
    check_problem(last, 503, "capacity")
    assert s.get(path_of(s.join), key=False).status == 200
    ws = WebSocket(s)
    joined = ws.ask(frame(1, json.dumps({"type": "join", "id": 1, "link": s.join}).encode()))
    assert joined["type"] == "joined", joined
    ws.close()
    resource.prlimit(s.process.pid, resource.RLIMIT_FSIZE,
                     (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    assert s.post("/api/v1/rooms", {}).status == 201


def people_are_seen_muted_and_removed_over_the_api(s):
    room = s.post("/api/v1/rooms", {"title": "T"}).json
    ws = WebSocket(s)
    joined = ws.ask(frame(1, json.dumps(
        {"type": "join", "id": 1, "link": room["url"], "name": "Ada Secretname"}).encode()))
    assert joined["type"] == "joined", joined
    url = f"/api/v1/rooms/{room['id']}"
    people = s.get(url + "/participants").json["participants"]
    assert [p["name"] for p in people] == ["Ada Secretname"]
    live = s.get(url).json
    assert live["state"] == "live" and live["participants"] == 1 and live["last_used_at"]
    assert [r["id"] for r in s.get("/api/v1/rooms?live=1").json["rooms"]] == [room["id"]]
    pid = people[0]["id"]
    check_problem(s.post(f"{url}/participants/{pid}/mute", {"source": "x"}), 422,
                  "invalid-field", "/source")
    check_problem(s.post(f"{url}/participants/{pid}/mute", {"source": "camera"}), 409, "conflict")
    assert s.ask("DELETE", f"{url}/participants/{pid}").status == 204
    while (message := json.loads(ws.recv()[1]))["type"] != "closed":
        pass
    assert message["reason"] == "removed"
    ws.close()


def quality_of_a_room_is_its_workers_word(s):
    room = s.post("/api/v1/rooms", {"title": "T"}).json
    url = f"/api/v1/rooms/{room['id']}/quality"
    assert s.get(url).json == {"members": []}
    check_problem(s.get(url, key=False), 401, "unauthorized")
    check_problem(s.get("/api/v1/rooms/rm_nothing/quality"), 404, "not-found")
    ws = WebSocket(s)
    joined = ws.ask(frame(1, json.dumps(
        {"type": "join", "id": 1, "link": room["url"], "name": "Zoé"}).encode()))
    [member] = s.get(url).json["members"]
    assert member["participant"] == joined["participant"] and member["name"] == "Zoé", member
    assert member["connected"] is False and member["receives"] == member["publishes"] == []
    mine = ws.ask(frame(1, b'{"type":"quality","id":2}'))
    assert mine["type"] == "quality" and mine["re"] == 2 and mine["name"] == "Zoé", mine
    again = ws.ask(frame(1, b'{"type":"quality","id":3}'))
    assert again["reason"] == "rate_limited" and again["retry_after"] == 1
    ws.close()
    assert s.ask("DELETE", f"/api/v1/rooms/{room['id']}").status == 204
    check_problem(s.get(url), 410, "room-closed")


def logs_hold_no_secret(s):
    room = s.post("/api/v1/rooms", {"title": "Secrettitle",
                                    "owner": {"ref": "r", "name": "Secretname"}}).json
    token = path_of(room["url"]).removeprefix("/r/")
    person = s.post(f"/api/v1/rooms/{room['id']}/tokens",
                    {"user": {"ref": "u", "name": "Secretname"}}).json["url"].split("#t=")[1]
    s.get(path_of(room["url"]) + "?secretquery=1", key=False)
    s.get("/r/secrettokenunknown", key=False)
    ws = WebSocket(s)
    ws.ask(frame(1, json.dumps({"type": "join", "id": 1, "link": room["url"], "token": person,
                                "name": "Secretname"}).encode()))
    ws.close()
    s.ask("POST", f"/whip/{token}", "v=0\r\n", headers={"Content-Type": "application/sdp"})
    secrets = [s.key, s.key.split("_")[2], token, person, room["host_url"].split("#h=")[1],
               path_of(s.join).removeprefix("/r/"), "secretquery", "Secretname", "Secrettitle",
               "secrettokenunknown"]
    assert s.stop() == 0
    log = "".join(s.logs)
    assert "http.request" in log
    for secret in secrets:
        assert secret not in log, f"{secret} is in the log"
    stored = b"".join(p.read_bytes() for p in pathlib.Path(s.state).iterdir() if p.is_file())
    for secret in (s.key, token, room["host_url"].split("#h=")[1]):
        assert secret.encode() not in stored, "a secret is in the state folder"


def a_port_in_use_is_one_line(s):
    other = tempfile.mkdtemp(prefix="salon-http-")
    done = subprocess.run([SALON, "serve", "--dev", "--port", str(s.port), "--state", other],
                          capture_output=True, text=True, env=ENV, timeout=30)
    shutil.rmtree(other)
    lines = [x for x in done.stderr.splitlines() if x.startswith("salon: ")]
    assert done.returncode == 1 and len(lines) == 1, done
    assert f"port {s.port}" in lines[0] and "in use" in lines[0] and done.stdout == ""
    same = subprocess.run([SALON, "serve", "--dev", "--port", str(free_port()), "--state", s.state],
                          capture_output=True, text=True, env=ENV, timeout=30)
    assert same.returncode == 1 and "in use by another salon" in same.stderr


def a_proxy_is_believed_if_it_is_ours(_):
    folder = tempfile.mkdtemp(prefix="salon-http-")
    conf = pathlib.Path(folder, "salon.yaml")
    conf.write_text("http:\n  listen: 127.0.0.1\n  trusted_proxies: [127.0.0.0/8]\n"
                    "media:\n  announce: [127.0.0.1]\n  port: 42000\n")
    s = Server("--config", str(conf), state=folder, dev=False)
    try:
        def unknown(address):
            return s.get("/r/none", key=False, headers={"X-Forwarded-For": address}).status

        assert [unknown("192.0.2.1") for _ in range(21)][-1] == 429
        assert unknown("192.0.2.2") == 404
        assert [unknown(f"2001:db8::{i:x}") for i in range(21)][-1] == 429  # one /64
        assert s.post("/dev/rooms", key=False).status == 404
        assert s.stop() == 0
    finally:
        s.end()


def a_bad_config_is_one_line_with_line_and_field(_):
    with tempfile.TemporaryDirectory() as folder:
        conf = pathlib.Path(folder, "salon.yaml")
        conf.write_text("http:\n  listen: 127.0.0.1\n  port: lots\n")
        for args in (["serve", "--config", conf], ["check-config", conf]):
            done = subprocess.run([SALON, *args], capture_output=True, text=True, env=ENV,
                                  timeout=20)
            assert done.returncode == 1, done
            assert done.stderr.startswith(f"salon: {conf}:3: http.port: "), done.stderr
            assert done.stderr.count("\n") == 1
        conf.write_text("# nothing\n")
        assert subprocess.run([SALON, "check-config", conf], capture_output=True).returncode == 0


def the_command_line_explains_itself(_):
    def run(*args):
        return subprocess.run([SALON, *args], capture_output=True, text=True, env=ENV, timeout=20)

    assert re.fullmatch(r"salon \d+\.\d+\.\d+\n", run("--version").stdout)
    for args in ([], ["serve"], ["check-config"], ["tenant"]):
        done = run(*args, "--help")
        assert done.returncode == 0 and done.stdout.startswith("salon"), args
        assert run(*args, "--nonsense").returncode == 2, args
    assert run("media", "--help").returncode == 0
    assert run("nonsense").returncode == 2
    assert run("serve").returncode == 1
    assert run("serve", "--dev", "--port", "99999").returncode == 1


SHARED = [
    a_room_is_made_read_changed_and_closed, no_body_is_a_room_too,
    share_texts_hold_the_link_escaped, bad_requests_are_problems,
    problems_speak_french_when_asked, keys_are_checked,
    tenants_are_made_while_the_server_runs_and_see_only_their_own, a_new_link_replaces_the_old,
    a_personal_url_is_made, participants_of_an_empty_room,
    the_same_idempotency_key_makes_one_room, rooms_come_in_pages, pages_have_their_headers,
    files_are_served_with_their_type_and_tag, reading_changes_nothing,
    dev_makes_rooms_for_its_own_pages_alone, health_and_readiness,
    whip_urls_may_be_used_by_any_page, what_is_no_http_is_refused,
    requests_follow_each_other_on_a_connection, a_websocket_is_opened_by_the_rules,
    a_websocket_outlives_bad_messages, a_websocket_ends_at_broken_frames,
    an_unfinished_request_costs_nobody_anything, a_client_that_does_not_read_spins_nothing,
    many_rooms_at_once, people_are_seen_muted_and_removed_over_the_api,
    quality_of_a_room_is_its_workers_word,
]
ALONE = [links_live_through_a_restart, unknown_links_are_404_pages_and_then_429,
         a_locked_database_is_503_and_calls_go_on,
         a_disk_that_takes_no_more_is_503_and_calls_go_on, logs_hold_no_secret, a_port_in_use_is_one_line]
WITHOUT = [a_proxy_is_believed_if_it_is_ours, a_bad_config_is_one_line_with_line_and_field,
           the_command_line_explains_itself]


if __name__ == "__main__":
    sys.exit(main(SHARED, ALONE, WITHOUT))
