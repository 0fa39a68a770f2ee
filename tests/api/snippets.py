"""The requests and answers in docs/integrations/, taken from a run of the server.

    tests/api/record SALON           writes them anew into the pages
    integrations_test.py SALON       checks that those in the pages still have their shape

In a page, a snippet stands between `<!-- NAME -->` and `<!-- /NAME -->`. What differs from run
to run is written as the reader would have it: the server is https://meet.example.org.
"""
import json
import pathlib
import re
import subprocess
import uuid

from compat_snippets import bigbluebutton, lasuite
from serving import ENV, SALON, Server
from signing import claims, jwt
from stream_test import Stream
from webhooks_test import Receiver, signatures

PAGES = pathlib.Path(__file__).resolve().parents[2] / "docs" / "integrations"
PLACE = re.compile(r"(<!-- ([a-z0-9-]+) -->\n).*?(<!-- /\2 -->)", re.S)
CORPUS = pathlib.Path(__file__).resolve().parent.parent / "fuzz" / "corpus" / "cal"
REASONS = {200: "OK", 201: "Created", 202: "Accepted", 204: "No Content", 302: "Found",
           400: "Bad Request", 401: "Unauthorized", 403: "Forbidden",
           404: "Not Found", 409: "Conflict", 410: "Gone", 422: "Unprocessable Content"}
ALICE = {"ref": "alice", "name": "Alice Martin"}
BOB = {"ref": "bob", "name": "Bob Durand"}


def tidy(text, port):
    """As in a reader's own run: another host, nobody's real secret."""
    text = re.sub(rf"http://(?:127\.0\.0\.1|localhost)(?::{port}|:8080)?(?=[/\"\s]|$)",
                  "https://meet.example.org", text)
    text = re.sub(rf"http%3A%2F%2F127\.0\.0\.1%3A{port}", "https%3A%2F%2Fmeet.example.org", text)
    text = re.sub(r"eyJ[\w-]+\.[\w-]+\.[\w-]+", "eyJhbGciOiJIUzI1NiIs…", text)
    text = re.sub(r"whsec_[\w+/=]+", "whsec_…", text)
    text = re.sub(r"salon_[a-z0-9]{10}_[a-z0-9]+", "salon_…", text)
    text = re.sub(r"#h=[0-9a-z]+", "#h=…", text)
    return re.sub(r"\b[0-9a-f]{64}\b", "5834cc5ee4eb8f5a…", text)


def only(value, shown):
    """The members of an object that a page speaks of."""
    if shown is None or not isinstance(value, dict):
        return value
    out = {}
    for name in shown:
        head, _, rest = name.partition(".")
        if head in value:
            deeper = [n.partition(".")[2] for n in shown if n.startswith(head + ".")]
            out[head] = only(value[head], deeper) if rest else value[head]
    return out


def pretty(value, indent=0):
    """JSON with what fits on a line on one."""
    line = json.dumps(value, ensure_ascii=False)
    if len(line) + indent <= 100 or not isinstance(value, (dict, list)):
        return line
    margin = " " * (indent + 2)
    if isinstance(value, dict):
        parts = [f"{json.dumps(k)}: {pretty(v, indent + 2)}" for k, v in value.items()]
    else:
        parts = [pretty(v, indent + 2) for v in value]
    opened, closed = "{}" if isinstance(value, dict) else "[]"
    return f"{opened}\n{margin}" + f",\n{margin}".join(parts) + f"\n{' ' * indent}{closed}"


class Recorder:
    def __init__(self, server):
        self.server = server
        self.snippets = {}

    def put(self, name, kind, text):
        self.snippets[name] = f"```{kind}\n{tidy(text, self.server.port).rstrip()}\n```\n"

    def ask(self, name, method, path, body=None, *, key=None, bearer="API key", headers=None, shown=None,
            show_headers=(), same=None):
        """One request and its answer as a snippet; the answer. `shown`: members of its JSON;
        `same`: what stands for a body that was shown before."""
        answer = self.server.ask(method, path, body, headers=headers, key=key)
        lines = [f"{method} {path} HTTP/1.1"]
        if key is not False:
            lines.append(f"Authorization: Bearer <{bearer}>")
        if body is not None:
            is_json = isinstance(body, dict)
            kind = "application/json" if is_json else headers["Content-Type"]
            text = pretty(body) if is_json else same or body.decode().rstrip()
            lines += [f"Content-Type: {kind}", "", text]
        lines += ["", f"HTTP/1.1 {answer.status} {REASONS[answer.status]}"]
        lines += [f"{h}: {answer.headers[h]}" for h in ("Content-Type", *show_headers) if answer.headers[h]]
        if answer.body and "json" in answer.headers["Content-Type"]:
            lines += ["", pretty(only(answer.json, shown))]
        elif answer.body and "html" not in answer.headers["Content-Type"]:
            lines += ["", re.sub(r"\r?\n[ \t]", "", answer.text)]  # a calendar, unfolded
        self.put(name, "http", "\n".join(lines).replace("\r", ""))
        return answer


ROOM = ["id", "kind", "title", "state", "url", "link_version"]


def wimi(r):
    made = r.ask("room", "POST", "/api/v1/rooms", {"owner": ALICE, "locale": "fr"},
                 shown=[*ROOM, "host_url", "share.subject", "share.text", "share.mailto", "share.embed"]).json
    room = made["id"]
    launch = claims(sub="alice", name="Alice Martin", act="instant", context="contact", ring=["bob"],
                    ring_names={"bob": "Bob Durand"}, locale="fr", iss="suite", jti=str(uuid.uuid4()))
    r.put("launch-claims", "json", pretty(launch))
    r.put("launch-link", "html", f'<a href="http://127.0.0.1:{r.server.port}/launch/suite#t='
          f'{jwt(launch, "x")}" data-salon="AirTime">Appel AirTime</a>')
    token = r.ask("user-token", "POST", "/api/v1/user-tokens", {"user": BOB}).json["token"]
    stream = Stream(r.server, token)
    rung = r.ask("ring", "POST", f"/api/v1/rooms/{room}/invitations",
                 {"from": ALICE, "to": [{**BOB, "presence": "online"},
                                        {"ref": "david", "name": "David Leroy", "presence": "offline"}]}).json
    event = stream.until("invitation.created")
    r.put("stream", "http", "\n".join([
        "GET /api/v1/stream HTTP/1.1", "Authorization: Bearer <Bob's token>", "", "HTTP/1.1 200 OK",
        "Content-Type: text/event-stream", "", f"id: {event['id']}", f"event: {event['event']}",
        "data: " + json.dumps(event["data"], ensure_ascii=False)]))
    stream.close()
    one = f"/api/v1/invitations/{rung['invitations'][0]['id']}"
    r.ask("ack", "POST", one + "/ack", key=token, bearer="Bob's token")
    r.ask("accept", "POST", one + "/accept", key=token, bearer="Bob's token")
    r.ask("settled", "POST", one + "/decline", key=token, bearer="Bob's token")
    r.ask("contacts", "PUT", f"/api/v1/rooms/{room}/contacts",
          {"contacts": [{**BOB, "presence": "online"}, {"ref": "david", "name": "David Leroy",
                                                        "presence": "offline"}]})
    r.ask("email-link", "POST", f"/api/v1/rooms/{room}/invitations",
          {"from": ALICE, "to": [{"email_link": True, "name": "Mme Roux", "max_uses": 3}]})
    r.ask("live", "GET", "/api/v1/rooms?owner=alice&live=1")
    planned = r.ask("camera", "POST", "/api/v1/rooms", {"kind": "event", "title": "Budget", "owner": ALICE},
                    shown=[*ROOM, "share.location"]).json
    r.ask("save", "PUT", "/api/v1/events/event-4711/room", {"room_id": planned["id"]},
          shown=[*ROOM, "event_ref", "share.location"])
    r.ask("details", "GET", "/api/v1/events/event-4711/room", shown=["id", "url", "event_ref", "state"])
    r.ask("camera-again", "PUT", "/api/v1/events/event-4711/room?renew=1", shown=ROOM)
    path = planned["url"].split(str(r.server.port))[1]
    r.ask("old-link", "GET", path, key=False, headers={"Accept-Language": "fr"})


def webhook(r):
    """A delivery as it comes."""
    receiver = Receiver()
    server = Server("--webhook-allow", "127.0.0.0/8")
    try:
        hook = server.post("/api/v1/webhooks", {"url": receiver.url}).json
        server.post("/api/v1/rooms", {"metadata": {"chat": "c-17"}})
        _, headers, body = receiver.next()
    finally:
        receiver.end()
        server.stop()
        server.end()
    assert len(set(signatures(hook["secret"], headers, body)[1])) == 1
    names = ("Content-Type", "webhook-id", "webhook-timestamp", "webhook-signature")
    r.put("webhook", "http", "\n".join(["POST /hooks HTTP/1.1", *(f"{n}: {headers[n]}" for n in names), "",
                                        body.decode()]))
    r.ask("webhook-make", "POST", "/api/v1/webhooks", {"url": "https://suite.example.org/hooks"})


def whaller(r):
    r.ask("personal-off", "PATCH", "/api/v1/tenant", {"features": {"personal_rooms": False}}, shown=["features"])
    r.ask("personal-refused", "PUT", "/api/v1/users/bob/room", {"name": "Bob Durand"})
    r.ask("personal-on", "PATCH", "/api/v1/tenant", {"features": {"personal_rooms": True}}, shown=["features"])
    mine = r.ask("personal", "PUT", "/api/v1/users/bob/room", {"name": "Bob Durand", "locale": "fr"},
                 shown=[*ROOM, "share.text"]).json
    r.ask("personal-get", "GET", "/api/v1/users/bob/room", shown=["id", "url", "state"])
    r.ask("personal-none", "GET", "/api/v1/users/nobody/room")
    r.ask("personal-event", "PUT", "/api/v1/events/permanence/room", {"room_id": mine["id"]},
          shown=["id", "kind", "url", "event_ref"])
    r.ask("personal-rotate", "POST", "/api/v1/users/bob/room/rotate", {"old": "redirect"}, shown=ROOM)
    r.ask("erase", "DELETE", "/api/v1/users/bob")


def bluemind(r):
    prefix = r.server.get("/api/v1/tenant").json["prefix"]
    pages = ("Content-Security-Policy", "Referrer-Policy", "X-Robots-Tag")
    r.ask("minted", "GET", f"/b/{prefix}/b112fbf7-6484-46ec-a1d7-7b191863a8c7", key=False, show_headers=pages)
    r.ask("sogo", "GET", f"/b/{prefix}/SOGo_meeting/0f8fad5b-d9cb-469f-a165-70867728950e", key=False)
    r.ask("templates", "PATCH", "/api/v1/tenant", {"resource": "salon@ville.example", "locale": "fr", "templates": {"fr": {
        "text": "${Organisateur} a lié une visioconférence à cet événement, vous pourrez vous connecter à "
                "l'adresse suivante :\n${URL}\n"}}}, shown=["resource", "templates"])
    event = (CORPUS / "bluemind.ics").read_bytes().replace(b"\r\n", b"\n")
    short = re.sub(rb"BEGIN:VTIMEZONE.*?END:VTIMEZONE\n|BEGIN:VALARM.*?END:VALARM\n", b"", event, flags=re.S)
    calendar = {"Content-Type": "text/calendar; charset=utf-8"}
    r.ask("resource", "POST", "/api/v1/calendar/resource", short, headers=calendar)
    r.ask("resource-reply", "POST", "/api/v1/calendar/resource?as=reply", short, headers=calendar,
          same="(the calendar above)")
    r.ask("event-put", "PUT", "/api/v1/events/6f1c%2F2026/room",
          {"title": "Réunion", "owner": {"ref": "jdoe", "name": "John Doe"}, "ends_at": "2030-05-03T14:00:00Z",
           "locale": "fr"}, shown=[*ROOM, "event_ref", "ends_at", "share.text", "share.location", "share.ics"])
    r.ask("dissociate", "DELETE", "/api/v1/events/6f1c%2F2026/room")


def plain(r):
    room = r.server.post("/api/v1/rooms").json
    r.ask("oembed", "GET", f"/oembed?url={room['url']}&format=json&maxwidth=640", key=False)
    r.put("embed", "html", room["share"]["embed"])


def command(r):
    said = subprocess.run([SALON, "tenant", "add", "Suite", "--prefix", "suite", "--locale", "fr", "--origin",
                           "https://suite.example.org", "--state", r.server.state], env=ENV, text=True,
                          capture_output=True, check=True)
    r.put("tenant-add", "console", "$ salon tenant add Suite --prefix suite --locale fr "
          "--origin https://suite.example.org\n" + said.stdout)


#: All of them, each on a server of its own. Others add theirs.
RECORDED = [wimi, webhook, whaller, bluemind, plain, command, bigbluebutton, lasuite]


def record():
    """Every snippet by its name."""
    out = {}
    for part in RECORDED:
        server = Server()
        try:
            recorder = Recorder(server)
            part(recorder)
            assert not out.keys() & recorder.snippets.keys(), part
            out |= recorder.snippets
        finally:
            server.stop()
            server.end()
    return out


def in_pages():
    """(page, name, text) of each snippet that stands in a page."""
    for page in sorted(PAGES.glob("*.md")):
        for found in PLACE.finditer(page.read_text()):
            body = found[0][len(found[1]):-len(found[3])]
            yield page, found[2], body


def write(snippets):
    for page in sorted(PAGES.glob("*.md")):
        text = page.read_text()
        page.write_text(PLACE.sub(lambda m: m[1] + snippets.get(m[2], "") + m[3], text))


# ---- shapes

def shape(value):
    if isinstance(value, dict):
        return {k: shape(v) for k, v in value.items()}
    if isinstance(value, list):
        return [shape(v) for v in value]
    return "null" if value is None else type(value).__name__


def shape_of(text):
    """What is the same in every run: names and types, not ids, times and texts."""
    try:
        return shape(json.loads(text))
    except ValueError:
        pass
    if "BEGIN:VCALENDAR" in text:
        return [re.split(r"[:;]", line)[0] for line in text.splitlines() if not line.startswith((" ", "\t"))]
    text = re.sub(r"\b(\w{2,4})_[0-9a-z]{16,}", r"\1_*", text)
    text = re.sub(r"\b[0-9a-z]{26}\b", "*", text)
    return re.sub(r"(?m)^(webhook-signature|webhook-timestamp|webhook-id|id|Launch secret|[\w ]+ secret): .*$", r"\1", text)


def shapes(snippet):
    """A snippet's blocks, between empty lines."""
    inside = snippet.strip().splitlines()[1:-1]
    out = []
    for block in re.split(r"\n\n(?=HTTP|\{|<|BEGIN|id:)", "\n".join(inside)):
        event = re.match(r"(id: .*\nevent: .*\ndata: )(.*)", block, re.S)
        out += [shape_of(event[1]), shape_of(event[2])] if event else [shape_of(block)]
    return out
