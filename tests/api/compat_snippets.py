"""What docs/integrations/ shows of BigBlueButton's and La Suite's APIs, from a run: see snippets.py."""
import re
import urllib.parse
import xml.etree.ElementTree as ET

from bbb_test import Client as Moodle
from compat import joined, tenant
from lasuite_test import Client as Suite

FIXED = [(r"checksum=[0-9a-f]{40}", "checksum=8f2d…"), (r"Time>\d{13}<", "Time>1790000000000<"),
         (r"createTime=\d{13}", "createTime=1790000000000"),
         (r"<createDate>[^<]*", "<createDate>Mon Sep 21 14:13:20 UTC 2026")]


def wrap(path):
    """A query as a reader can take it in: a parameter a line."""
    return re.sub(r"&", "\n    &", path)


def show(r, name, request, answer, shown=None):
    """A call of BigBlueButton's; `shown` are the elements that the page speaks of."""
    lines = [request + " HTTP/1.1", "", f"HTTP/1.1 {answer.status} " + {200: "OK", 302: "Found"}[answer.status]]
    if answer.status == 302:
        lines.append("Location: " + answer.headers["Location"])
    else:
        root = ET.fromstring(answer.body)
        for child in list(root):
            if shown and child.tag not in shown:
                root.remove(child)
        ET.indent(root)
        lines += ["Content-Type: " + answer.headers["Content-Type"], "",
                  ET.tostring(root, encoding="unicode")]
    text = "\n".join(lines)
    for pattern, fixed in FIXED:
        text = re.sub(pattern, fixed, text)
    r.put(name, "http", text)


def bigbluebutton(r):
    printed = tenant(r.server, "Moodle", "--prefix", "moodle", "--locale", "fr")
    bbb = Moodle(r.server, printed)

    def call(name, what, shown=None, /, **parameters):
        path = bbb.path(what, **parameters)
        answer = bbb.send(path)
        show(r, name, "GET " + wrap(path), answer, shown)
        return answer

    show(r, "bbb-version", f"GET {bbb.base}api", bbb.send(bbb.base + "api"))
    course = {"name": "Géographie", "meetingID": "course-17", "attendeePW": "ap", "moderatorPW": "mp",
              "logoutURL": "https://moodle.example/course/view.php?id=17", "meta_bbb-origin": "Moodle"}
    made = ET.fromstring(call("bbb-create", "create", **course).body)
    call("bbb-again", "create", ["returncode", "createTime", "messageKey", "message"], **course)
    who = {"fullName": "Zoé Durand", "meetingID": "course-17", "password": "mp", "userID": "7",
           "createTime": made.findtext("createTime")}
    person = joined(r.server, call("bbb-join", "join", **who).headers["Location"])
    call("bbb-join-xml", "join", ["returncode", "messageKey", "user_id", "url"], fullName="Paul",
         meetingID="course-17", role="VIEWER", userID="8", redirect="false")
    call("bbb-info", "getMeetingInfo", meetingID="course-17")
    call("bbb-running", "isMeetingRunning", meetingID="course-17")
    call("bbb-end", "end", ["returncode", "messageKey"], meetingID="course-17", password="mp")
    call("bbb-recordings", "getRecordings", meetingID="course-17")
    person.socket.close()
    wrong = f"{bbb.base}api/getMeetings?checksum=" + "0" * 40
    show(r, "bbb-error", "GET " + wrong, bbb.send(wrong))


def lasuite(r):
    printed = tenant(r.server, "Suite", "--prefix", "suite", "--locale", "fr")
    api = Suite(r.server, printed)

    def ask(name, method, path, body=None, key=None, **more):
        return r.ask(name, method, path, body, key=key or api.key, bearer="access token", **more)

    token = "/external-api/v1.0/application/token/"
    r.ask("lasuite-token", "POST", token, api.credentials, key=False)
    form = urllib.parse.urlencode(api.credentials).encode()
    r.ask("lasuite-form", "POST", token, form, key=False, shown=["token_type", "expires_in"],
          headers={"Content-Type": "application/x-www-form-urlencoded"})
    room = ask("lasuite-make", "POST", "/external-api/v1.0/rooms/",
               {"access_level": "trusted", "configuration": {"everyone_can_mute": False}}).json
    ask("lasuite-list", "GET", "/external-api/v1.0/rooms/?page_size=10")
    ask("lasuite-get", "GET", f"/external-api/v1.0/rooms/{room['id']}/", shown=["id", "slug", "access_level", "url"])
    ask("lasuite-wrong", "POST", "/external-api/v1.0/rooms/", {"access_level": "open"})
    ask("lasuite-expired", "GET", "/external-api/v1.0/rooms/", key="a.b.c")
    for name in list(r.snippets):
        text = r.snippets[name].replace(room["id"], "5b6d1c52-8f5e-4a1b-9c3d-0a7e4f2b6c18")
        r.snippets[name] = text.replace(room["slug"], "7m3k9q2x4v8d1n6r5t0w3y7z2b")
