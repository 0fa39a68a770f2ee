"""The suite's own server: pages, the JSON its pages ask for, and salon's webhooks."""
import http.server
import json
import mimetypes
import pathlib
import queue
import urllib.parse

from salon import Problem, webhook_is_signed
from suite import Refused

WEB = pathlib.Path(__file__).resolve().parent / "web"
BODY_MAX = 65536
BEAT_S = 10

#: What pages ask for: name: (method of Suite, its arguments from the body).
ACTIONS = {
    "launch": ("launch", ("context", "ring", "event", "act")),
    "call": ("call", ("to",)),
    "rooms": ("rooms", ()),
    "mail": ("invite_by_mail", ("name", "mail")),
    "token": ("user_token", ()),
    "write": ("write", ("to", "text", "personal")),
    "post": ("post", ("text", "personal")),
    "camera": ("camera", ("room", "title")),
    "organisation": ("organisation", ("on",)),
    "profile": ("profile", ("show",)),
    "phone": ("from_phone", ("title", "start", "end")),
}
#: The same, but not in somebody's name.
OF_EVENTS = {"details": "details", "event-camera": "event_camera", "dissociate": "dissociate"}


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    suite = salon_url = secret = None  # set by run

    def log_message(self, *_):
        pass

    def answer(self, status, body=b"", kind="application/json", **headers):
        if not isinstance(body, bytes):
            body = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        self.send_header("X-Content-Type-Options", "nosniff")
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def local(self):
        """True if it is asked by a name of this machine: no other page's DNS trick."""
        host = (self.headers.get("Host") or "").rpartition(":")[0]
        if host in ("127.0.0.1", "localhost", "[::1]"):
            return True
        self.answer(403, {"error": "only from this machine"})
        return False

    def who(self, query):
        me = query.get("user", ["alice"])[0]
        return me if me in self.suite.people else "alice"

    def do_GET(self):
        url = urllib.parse.urlsplit(self.path)
        query = urllib.parse.parse_qs(url.query)
        if not self.local():
            return
        if url.path == "/app/events":
            self.stream(self.who(query))
        elif url.path == "/app/state":
            self.answer(200, {"me": self.who(query), "salon": self.salon_url,
                              **self.suite.state(self.who(query))})
        elif url.path == "/":
            page = (WEB / "index.html").read_text().replace("{{salon}}", self.salon_url)
            self.answer(200, page.encode(), "text/html; charset=utf-8", Content_Security_Policy=(
                f"default-src 'self'; script-src 'self' {self.salon_url}; frame-src {self.salon_url}; "
                f"connect-src 'self' {self.salon_url}; img-src 'self' {self.salon_url} data:; "
                "frame-ancestors 'none'; base-uri 'none'"))
        else:
            self.file(url.path)

    def file(self, path):
        found = (WEB / path.removeprefix("/")).resolve()
        if WEB not in found.parents or not found.is_file():
            self.answer(404, {"error": "not found"})
            return
        kind = mimetypes.guess_type(found.name)[0] or "application/octet-stream"
        self.answer(200, found.read_bytes(), kind)

    def stream(self, me):
        """Who has this open is online."""
        q = self.suite.listen(me)
        try:
            self.send_response(200)
            self.send_header("Content-Type", "text/event-stream")
            self.send_header("Cache-Control", "no-store")
            self.send_header("Connection", "close")
            self.end_headers()
            self.close_connection = True
            while True:
                try:
                    self.wfile.write(f"data: {q.get(timeout=BEAT_S)}\n\n".encode())
                except queue.Empty:
                    self.wfile.write(b": still here\n\n")
                self.wfile.flush()
        except OSError:
            pass
        finally:
            self.suite.unlisten(me, q)

    def body(self):
        size = int(self.headers.get("Content-Length") or 0)
        if size > BODY_MAX:
            self.close_connection = True
            self.answer(413, {"error": "too large"})
            return None
        return self.rfile.read(size)

    def do_POST(self):
        url = urllib.parse.urlsplit(self.path)
        body = self.body()
        if body is None or not self.local():
            return
        if url.path == "/hooks":
            self.webhook(body)
            return
        if self.headers.get("Sec-Fetch-Site", "same-origin") != "same-origin":
            self.answer(403, {"error": "only from its own pages"})
            return
        try:
            given = json.loads(body or b"{}")
            query = urllib.parse.parse_qs(url.query)
            me = self.who(query)
            self.suite.lang[me] = "en" if query.get("lang") == ["en"] else "fr"
            self.answer(200, self.act(url.path.removeprefix("/app/"), me, given))
        except Problem as problem:
            self.answer(problem.status if problem.status < 500 else 502,
                        {"error": str(problem), "kind": problem.kind})
        except Refused as refused:
            self.answer(403, {"error": str(refused)})
        except (ValueError, TypeError, KeyError) as wrong:
            self.answer(400, {"error": f"{type(wrong).__name__}: {wrong}"})

    def act(self, name, me, given):
        if name == "save":
            return self.suite.save(me, given)
        if name in OF_EVENTS:
            return getattr(self.suite, OF_EVENTS[name])(given["id"])
        method, arguments = ACTIONS[name]
        result = getattr(self.suite, method)(me, **{k: given[k] for k in arguments if k in given})
        return {} if result is None else result

    def webhook(self, body):
        if not self.secret or not webhook_is_signed(self.secret, self.headers, body):
            self.answer(401, {"error": "not signed"})
            return
        self.answer(204)
        self.suite.heard(json.loads(body))


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
