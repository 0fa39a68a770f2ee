#!/usr/bin/env python3
"""What people typed is shown as they typed it, and nothing else: shown_test.py SALON."""
import html
import json
import re
import sqlite3
import sys
import urllib.parse

from endpoints import World
from serving import check_problem, main, path_of

# What browsers, templates, printf(), calendars and mails would take for more than a text.
HOSTILE = ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "'><svg onload=alert(1)>",
           "${URL}", "${Organisateur} ${${URL}}", "{{invited}} {{message}}", "%s%n%x %d", "&lt;b&gt;&amp;",
           "\\n\\, ; : ,", "]]> <!-- -->", "javascript:alert(1)", "a=b&body=x?cc=y", "END:VCALENDAR",
           "é\u0301 \U0001f600 \u200f\u200d", "http://evil.example/ x"]
TEMPLATES = {"fr": {"subject": "${Organisateur} vous invite",
                    "text": "De ${Organisateur}\n${NomRessource}\n${Unknown} line\n${URL}\n",
                    "html": "<p>De ${Organisateur}</p>\n<p>${NomRessource}</p>\n<a href=\"${URL}\">ici</a>"}}


def escape(text):
    return html.escape(text).replace("&#x27;", "&#39;")


def unfold(text):
    return re.sub(r"\r\n[ \t]", "", text)


def ics_text(value):
    return value.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,")


def a_room(w, text):
    made = w.ask("POST", "/api/v1/rooms", {"title": text, "owner": {"ref": text, "name": text[:80]},
                                          "locale": "fr", "metadata": {text: text}})
    assert made.status == 201, made.body
    room = made.json
    assert room["title"] == text and room["owner"] == {"ref": text, "name": text[:80]}
    assert room["metadata"] == {text: text}
    return room


def share_texts_escape_everything(s):
    w = World(s, "Shown")
    w.ask("PATCH", "/api/v1/tenant", {"templates": TEMPLATES})
    for text in HOSTILE:
        room = a_room(w, text)
        query = urllib.parse.urlencode({"organizer": text, "resource": text})
        share = w.ask("GET", f"/api/v1/rooms/{room['id']}/share?{query}").json
        url, safe = room["url"], escape(text)
        assert share["html"] == f'<p>De {safe}</p>\n<p>{safe}</p>\n<a href="{url}">ici</a>', share
        assert share["text"] == f"De {text}\n{text}\n{url}\n", share["text"]
        assert share["subject"] == text
        mail = urllib.parse.urlsplit(share["mailto"])
        fields = urllib.parse.parse_qs(mail.query, strict_parsing=True)
        assert mail.scheme == "mailto" and mail.path == "" and set(fields) == {"subject", "body"}
        assert fields["subject"] == [text], fields
        assert fields["body"] == [share["text"].replace("\n", "\r\n")], fields
        assert re.fullmatch(r'<iframe src="[^"<>]+"( \w+="[^"<>]*")+></iframe>', share["embed"])
        assert all("\r" not in line and "\n" not in line for line in share["ics"])


def an_organizer_who_is_no_text_is_nobody(s):
    w = World(s, "Nobody")
    w.ask("PATCH", "/api/v1/tenant", {"templates": TEMPLATES})
    room = w.ask("POST", "/api/v1/rooms", {"locale": "fr"}).json
    for bad in ("a%0d%0aBcc:x", "x" * 900, "%0a", "%E2%80%AE"):
        share = w.ask("GET", f"/api/v1/rooms/{room['id']}/share?organizer={bad}").json
        assert share["text"] == room["url"] + "\n" and "Bcc" not in json.dumps(share), share
    for locale in ("../../etc", "%3Cscript%3E", "fr" * 200, "xx", "%0a"):
        share = w.ask("GET", f"/api/v1/rooms/{room['id']}/share?locale={locale}").json
        assert share["locale"] in ("fr", "en"), share["locale"]


def calendars_hold_texts_not_lines(s):
    w = World(s, "Lines")
    w.ask("PATCH", "/api/v1/tenant", {"templates": TEMPLATES, "locale": "fr"})
    when = "start=2026-01-01T10:00:00Z&end=2026-01-01T11:00:00Z"
    for text in HOSTILE:
        room = a_room(w, text)
        w.ask("PUT", f"/api/v1/events/{urllib.parse.quote(text, safe='')}/room",
              {"room_id": room["id"]})
        signed = path_of(room["share"]["ics_url"])
        for answer in (w.ask("GET", f"/api/v1/rooms/{room['id']}/event.ics?{when}"),
                       s.get(f"{signed}?{when}&summary={urllib.parse.quote(text)}", key=False)):
            assert answer.status == 200, answer.body
            raw = answer.body
            assert not re.search(rb"[^\r]\n|\r[^\n]|[\x00-\x09\x0b\x0c\x0e-\x1f\x7f]", raw), raw
            assert max(len(line) for line in raw.split(b"\r\n")) <= 75
            lines = unfold(raw.decode()).split("\r\n")
            assert f"SUMMARY:{ics_text(text)}" in lines and f"UID:{ics_text(text)}" in lines, lines
            assert sum(line.startswith(("BEGIN:", "END:")) for line in lines) == 4, lines
            assert sum(line.startswith("DESCRIPTION:") for line in lines) == 1
            assert answer.headers["Content-Disposition"] == 'attachment; filename="event.ics"'
    for bad in ("%0d%0aATTENDEE:x", "a%0ab", "x" * 900, "%C2%85"):
        check_problem(s.get(f"{signed}?{when}&summary={bad}", key=False), 422, "invalid-field")


def templates_with_odd_bytes_make_calendars_all_the_same(s):
    w = World(s, "Odd")
    odd = "a\rb\r\nc\x01\x08\x0b\x0c\x1f\x7f\tEND:VEVENT\n${URL}"
    assert w.ask("PATCH", "/api/v1/tenant", {"templates": {"en": {"text": odd}}}).status == 200
    room = w.ask("POST", "/api/v1/rooms", {"locale": "en"}).json
    answer = w.ask("GET", f"/api/v1/rooms/{room['id']}/event.ics"
                   "?start=2026-01-01T10:00:00Z&end=2026-01-01T11:00:00Z")
    assert answer.status == 200
    assert not re.search(rb"[^\r]\n|\r[^\n]|[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]", answer.body), answer.body


def pages_show_names_as_text(s):
    w = World(s, "Pages")
    for text in HOSTILE:
        room = a_room(w, text)
        made = w.ask("POST", f"/api/v1/rooms/{room['id']}/invitations",
                     {"from": {"ref": text, "name": text},
                      "to": [{"email_link": True, "name": text}, {"ref": text, "name": text}]})
        assert made.status == 201, made.body
        mail, ring = made.json["invitations"]
        assert ring["popin"]["title"] == f"{text} vous appelle", ring
        page = s.get(path_of(mail["url"]), key=False)
        assert page.status == 200
        assert escape(text) in page.text, text
        if re.search("[<>\"']", text):
            assert text not in page.text, text
        room_page = s.get(path_of(room["url"]), key=False)
        assert text not in room_page.text and escape(text) not in room_page.text
        w.ask("DELETE", f"/api/v1/invitations/{ring['id']}")


def events_carry_texts_as_they_are(s):
    w = World(s, "Events")
    for text in HOSTILE:
        room = a_room(w, text)
        with sqlite3.connect(f"file:{s.state}/salon.db?mode=ro", uri=True) as db:
            [[body]] = db.execute("SELECT body FROM deliveries ORDER BY rowid DESC LIMIT 1").fetchall()
        event = json.loads(body)
        assert event["data"]["room"]["id"] == room["id"]
        assert event["data"]["room"]["metadata"] == {text: text}
        assert "\n" not in body and "\r" not in body


def as_many_origins_as_may_be_set_frame_a_page(s):
    w = World(s, "Origins")
    host = "https://" + "a" * 50 + ".example"
    origins = [f"{host}:{1000 + i}" for i in range(14)]
    done = w.ask("PATCH", "/api/v1/tenant", {"origins": origins})
    assert done.status == 200 and done.json["origins"] == origins, done.body
    page = s.get(path_of(w.room["url"]), key=False)
    assert page.status == 200
    policy = page.headers["Content-Security-Policy"]
    assert policy.endswith("frame-ancestors 'self' " + " ".join(origins)), policy
    too_long = ["https://" + "a" * 200 + f".example:{i}" for i in range(6)]
    check_problem(w.ask("PATCH", "/api/v1/tenant", {"origins": too_long}), 422, "invalid-field",
                  "/origins")
    assert w.ask("GET", "/api/v1/tenant").json["origins"] == origins


def problems_repeat_nothing_as_markup(s):
    w = World(s, "Problems")
    for text in HOSTILE:
        answer = w.ask("POST", "/api/v1/rooms", {text: 1})
        check_problem(answer, 422, "invalid-field")
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        quoted = urllib.parse.quote(text, safe="")
        for path in (f"/r/{quoted}", f"/i/{quoted}", f"/b/none/{quoted}", f"/s/{quoted}/1/2/event.ics",
                     f"/{quoted}", f"/static/{quoted}"):
            answer = s.get(path, key=False)
            assert answer.status in (404, 429), (path, answer.status)
            assert text not in answer.text and quoted not in answer.text, path


SHARED = [share_texts_escape_everything, an_organizer_who_is_no_text_is_nobody,
          calendars_hold_texts_not_lines, templates_with_odd_bytes_make_calendars_all_the_same,
          pages_show_names_as_text, events_carry_texts_as_they_are,
          as_many_origins_as_may_be_set_frame_a_page, problems_repeat_nothing_as_markup]

if __name__ == "__main__":
    sys.exit(main(SHARED))
