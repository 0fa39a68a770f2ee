"""What the tests of the compatibility layers share: tenants with their secrets, and a way in."""
import base64
import json
import subprocess

from http_test import WebSocket, frame
from serving import ENV, SALON, path_of


def tenant(s, name, *args):
    """Adds one, as an operator does; what was printed, by label."""
    made = subprocess.run([SALON, "tenant", "add", name, "--state", s.state, *args], text=True,
                          env=ENV, capture_output=True, check=True)
    return dict(line.split(": ", 1) for line in made.stdout.splitlines() if ": " in line)


def rotate(s, name, kind):
    made = subprocess.run([SALON, "tenant", "rotate", name, kind, "--state", s.state], text=True,
                          env=ENV, capture_output=True, check=True)
    return dict(line.split(": ", 1) for line in made.stdout.splitlines() if ": " in line)


def claims_of(token):
    part = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))


def secrets_of(url):
    """{"t": …} of a link's fragment."""
    return dict(pair.split("=", 1) for pair in url.partition("#")[2].split("&") if pair)


class Person:
    """Somebody who opens a link, and joins as the page does."""

    def __init__(self, s, url, name=None, token=None):
        secrets = secrets_of(url)
        page = s.get(path_of(url), key=False)
        assert page.status == 200 and "text/html" in page.headers["Content-Type"], page.status
        message = {"type": "join", "id": 1, "link": path_of(url).split("/r/")[1]}
        given = {"name": name, "token": token or secrets.get("t"), "host": secrets.get("h")}
        message.update({k: v for k, v in given.items() if v})
        self.socket = WebSocket(s)
        self.answer = self.socket.ask(frame(1, json.dumps(message).encode()))
        self.joined = self.answer["type"] == "joined"

    def next(self, type_):
        """The next message of this type."""
        while (message := json.loads(self.socket.recv()[1]))["type"] != type_:
            assert message["type"] not in ("error", "closed"), message
        return message

    def admit(self, knocking):
        message = {"type": "admit", "id": 2, "participant": knocking["id"]}
        self.socket.send(frame(1, json.dumps(message).encode()))
        self.next("ok")

    def leave(self):
        self.socket.send(frame(1, b'{"type":"leave"}'))
        while (got := self.socket.recv()) and got[0] != 8:
            pass
        self.socket.close()


def joined(s, url, **more):
    person = Person(s, url, **more)
    assert person.joined, person.answer
    return person


def refused(s, url, reason, **more):
    person = Person(s, url, **more)
    assert person.answer.get("reason") == reason, person.answer
    person.socket.close()
