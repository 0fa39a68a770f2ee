"""Every endpoint of /api/v1, as the tests that go through all of them see it."""
import dataclasses
import re
import subprocess

from serving import ENV, SALON

SCOPES = ("rooms:read", "rooms:write", "rooms:host", "invitations", "calendar", "users",
          "webhooks", "tenant")


@dataclasses.dataclass(frozen=True)
class Endpoint:
    method: str
    path: str  # {room} and so on are filled in from World.ids
    scope: str
    body: object = None  # a good one; None: it takes none; {}: an empty one is good, too
    need: tuple = ()  # pointers that must be there
    texts: tuple = ()  # pointers of free texts
    query: str = ""  # what a good request has
    users: bool = False  # user tokens may call it as well

    @property
    def name(self):
        return f"{self.method} {self.path}"

    @property
    def owned(self):
        """Names something by an id that one tenant alone has."""
        return any(x in self.path for x in ("{room}", "{invitation}", "{webhook}"))


_R, _E, _U = "/api/v1/rooms/{room}", "/api/v1/events/{event}/room", "/api/v1/users/{user}"
_I, _W = "/api/v1/invitations/{invitation}", "/api/v1/webhooks/{webhook}"
_PERSON = {"ref": "u-1", "name": "Zoé"}
_NEW = {"kind": "instant", "title": "T", "access": "open", "owner": _PERSON, "locale": "fr",
        "metadata": {"a": 1}, "expires_at": "2099-01-01T00:00:00Z",
        "ends_at": "2098-01-01T00:00:00Z"}
_NEW_TEXTS = ("/title", "/owner/ref", "/owner/name", "/locale")
_OF_EVENT = {k: v for k, v in _NEW.items() if k != "kind"}

ENDPOINTS = [
    Endpoint("POST", "/api/v1/rooms", "rooms:write", {**_NEW, "event_ref": "e-new"},
             ("/owner/ref",), (*_NEW_TEXTS, "/event_ref")),
    Endpoint("GET", "/api/v1/rooms", "rooms:read"),
    Endpoint("GET", _R, "rooms:read"),
    Endpoint("PATCH", _R, "rooms:write", {"title": "T", "access": "open", "expires_at": None,
                                          "ends_at": None}, (), ("/title",)),
    Endpoint("DELETE", _R, "rooms:write"),
    Endpoint("GET", _R + "/share", "rooms:read"),
    Endpoint("GET", _R + "/event.ics", "rooms:read",
             query="?start=2026-01-01T10:00:00Z&end=2026-01-01T11:00:00Z"),
    Endpoint("GET", _R + "/qr.svg", "rooms:read"),
    Endpoint("GET", _R + "/share/event.ics", "rooms:read",
             query="?start=2026-01-01T10:00:00Z&end=2026-01-01T11:00:00Z"),
    Endpoint("GET", _R + "/share/qr.svg", "rooms:read"),
    Endpoint("GET", _R + "/participants", "rooms:read"),
    Endpoint("PUT", _R + "/contacts", "rooms:write",
             {"contacts": [{"ref": "u-2", "name": "Paul", "presence": "online"}]},
             ("/contacts", "/contacts/0/ref", "/contacts/0/name"),
             ("/contacts/0/ref", "/contacts/0/name")),
    Endpoint("DELETE", _R + "/participants/{pid}", "rooms:write"),
    Endpoint("POST", _R + "/participants/{pid}/mute", "rooms:write", {"source": "microphone"}),
    Endpoint("GET", _R + "/lobby", "rooms:read"),
    Endpoint("POST", _R + "/lobby/{pid}/admit", "rooms:write", {}),
    Endpoint("POST", _R + "/lobby/{pid}/deny", "rooms:write", {}),
    Endpoint("GET", _R + "/quality", "rooms:read"),
    Endpoint("POST", _R + "/rotate", "rooms:write", {"old": "keep", "disconnect": False}),
    Endpoint("POST", _R + "/tokens", "rooms:write", {"user": _PERSON, "role": "member", "ttl": 60},
             ("/user", "/user/ref", "/user/name"), ("/user/ref", "/user/name")),
    Endpoint("POST", _R + "/invitations", "invitations",
             {"from": _PERSON, "ring_timeout": 45,
              "to": [{"ref": "u-2", "name": "Paul", "presence": "online"},
                     {"email_link": True, "name": "Max", "max_uses": 2,
                      "expires_at": "2099-01-01T00:00:00Z"}]},
             ("/from", "/from/ref", "/from/name", "/to", "/to/0/ref", "/to/0/name"),
             ("/from/ref", "/from/name", "/to/0/ref", "/to/0/name", "/to/1/name")),
    Endpoint("GET", _R + "/invitations", "invitations"),
    Endpoint("GET", _I, "invitations", users=True),
    Endpoint("POST", _I + "/ack", "invitations", {}, users=True),
    Endpoint("POST", _I + "/accept", "invitations", {}, users=True),
    Endpoint("POST", _I + "/decline", "invitations", {}, users=True),
    Endpoint("DELETE", _I, "invitations", users=True),
    Endpoint("PUT", _E, "rooms:write", _OF_EVENT, ("/owner/ref",), _NEW_TEXTS),
    Endpoint("GET", _E, "rooms:read"),
    Endpoint("DELETE", _E, "rooms:write"),
    Endpoint("PUT", _U + "/room", "users",
             {"name": "Zoé", "title": "T", "access": "open", "locale": "fr", "metadata": {}}, (),
             ("/name", "/title", "/locale")),
    Endpoint("GET", _U + "/room", "users"),
    Endpoint("POST", _U + "/room/rotate", "users", {"old": "keep", "disconnect": False}),
    Endpoint("DELETE", _U + "/room", "users"),
    Endpoint("DELETE", _U, "users"),
    Endpoint("POST", "/api/v1/user-tokens", "users", {"user": _PERSON},
             ("/user", "/user/ref", "/user/name"), ("/user/ref", "/user/name")),
    Endpoint("GET", "/api/v1/stream", "rooms:read", users=True),
    Endpoint("POST", "/api/v1/webhooks", "webhooks", {"url": "https://a.example/"}, ("/url",),
             ("/url",)),
    Endpoint("GET", "/api/v1/webhooks", "webhooks"),
    Endpoint("GET", _W, "webhooks"),
    Endpoint("PATCH", _W, "webhooks", {"url": "https://a.example/", "enabled": True}, (),
             ("/url",)),
    Endpoint("POST", _W + "/rotate-secret", "webhooks", {}),
    Endpoint("GET", _W + "/deliveries", "webhooks"),
    Endpoint("POST", _W + "/deliveries/{delivery}/retry", "webhooks", {}),
    Endpoint("DELETE", _W, "webhooks"),
    Endpoint("GET", "/api/v1/tenant", "tenant"),
    Endpoint("PATCH", "/api/v1/tenant", "tenant",
             {"features": {"personal_rooms": True, "personal_lobby": False,
                           "preview_titles": False},
              "templates": {"fr": {"subject": "s", "text": "t", "html": "h"}},
              "origins": ["https://suite.example"], "resource": "salon@ville.example",
              "retention": {"unused_h": 1, "instant_h": 1, "event_d": 1, "closed_d": 1,
                            "invitations_d": 1, "deliveries_d": 1, "calls_d": 1},
              "locale": "fr"}, (), ("/resource", "/locale")),
]

CALENDAR = "/api/v1/calendar/resource"  # its body is no JSON: calendar_test.py


def tenant(s, *args):
    done = subprocess.run([SALON, "tenant", *args, "--state", s.state], capture_output=True,
                          text=True, env=ENV, timeout=20)
    assert done.returncode == 0, done.stderr
    return done.stdout


def key_of(output):
    return re.search(r"^API key: (salon_\S+)$", output, re.M)[1]


class World:
    """A tenant with one of everything there is."""

    def __init__(self, s, name):
        self.s, self.name = s, name
        self.added = tenant(s, "add", name)
        self.key = key_of(self.added)
        self.ids = {"event": f"event-{name}", "user": f"user-{name}", "pid": "p_none"}
        room = self.make("POST", "/api/v1/rooms", {"title": f"Title of {name}", "owner": {
            "ref": "owner", "name": f"Owner of {name}"}})
        self.room, self.ids["room"] = room, room["id"]
        hook = self.make("POST", "/api/v1/webhooks", {"url": "https://hook.invalid/"})
        self.webhook, self.ids["webhook"] = hook, hook["id"]
        made = self.make("POST", f"/api/v1/rooms/{room['id']}/invitations",
                         {"from": {"ref": "zoe", "name": "Zoé"}, "ring_timeout": 120,
                          "to": [{"ref": self.ids["user"], "name": "Paul"},
                                 {"email_link": True, "name": f"Guest of {name}"}]})
        self.ring, self.mail = made["invitations"]
        self.ids["invitation"] = self.ring["id"]
        self.event = self.make("PUT", f"/api/v1/events/{self.ids['event']}/room", {})
        self.personal = self.make("PUT", f"/api/v1/users/{self.ids['user']}/room", {"name": "P"})
        deliveries = self.ask("GET", f"/api/v1/webhooks/{hook['id']}/deliveries").json
        self.ids["delivery"] = deliveries["deliveries"][0]["id"]
        self.user = self.token(self.ids["user"])

    def ask(self, method, path, body=None, **more):
        return self.s.ask(method, path, body, key=more.pop("key", self.key), **more)

    def make(self, method, path, body):
        answer = self.ask(method, path, body)
        assert answer.status in (200, 201), (path, answer.status, answer.body)
        return answer.json

    def token(self, ref):
        return self.make("POST", "/api/v1/user-tokens", {"user": {"ref": ref, "name": "P"}})["token"]

    def fill(self, endpoint):
        return endpoint.path.format(**self.ids) + endpoint.query
