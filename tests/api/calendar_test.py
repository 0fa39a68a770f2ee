#!/usr/bin/env python3
"""A resource that calendars invite, and share files: calendar_test.py SALON. Exit 1 on failure."""
import pathlib
import re
import sys
import urllib.parse

from serving import check_problem, main, path_of

CORPUS = pathlib.Path(__file__).resolve().parent.parent / "fuzz" / "corpus" / "cal"
BLUEMIND = (CORPUS / "bluemind.ics").read_bytes().decode()
RESOURCE = "salon@ville.example"
UID = "5c0a1a9e-8d0b-4b5f-9a39-8f1d2b9a1c11"


def send(s, text, query="", **more):
    return s.post(f"/api/v1/calendar/resource{query}", text.encode(),
                  headers={"Content-Type": "text/calendar; charset=utf-8"}, **more)


def unfold(text):
    return re.sub(r"\r?\n[ \t]", "", text)


def room_of(s, uid=UID):
    return s.get(f"/api/v1/events/{urllib.parse.quote(uid, safe='')}/room")


def with_resource(test):
    def run(s):
        s.ask("PATCH", "/api/v1/tenant", {"resource": RESOURCE, "locale": "fr"})
        test(s)

    run.__name__ = test.__name__
    return run


@with_resource
def a_phone_invites_the_resource_and_gets_the_link(s):
    answer = send(s, BLUEMIND)
    assert answer.status == 200 and answer.headers["Content-Type"].startswith("text/calendar")
    out = unfold(answer.text)
    room = room_of(s).json
    assert f"LOCATION:{room['url']}\r\n" in out and "PARTSTAT=ACCEPTED" in out
    assert f"X-CONFERENCE-ID:{room['id']}" in out
    assert "DESCRIPTION:Ordre du jour :\\n- budget\\, effectifs\\n\\n-::~ salon ~::-\\n" in out
    assert "FEATURE=AUDIO,VIDEO,SCREEN;LABEL=\"Visioconférence\"" in out
    assert "TZOFFSETFROM:+0200" in out and "DESCRIPTION:Rappel" in out
    assert room["ends_at"] == "2026-01-20T10:00:00Z" and room["kind"] == "event"
    assert s.get(path_of(room["url"]), key=False).status == 200
    again = send(s, answer.text)
    assert again.text == answer.text and room_of(s).json["id"] == room["id"]
    # Taken out of the list of attendees: the text is as before, and the link works on.
    without = re.sub(r"ATTENDEE;CUTYPE=RESOURCE.*?\r\n(?=\S)", "", answer.text, flags=re.S)
    stripped = unfold(send(s, without).text)
    assert room["url"] not in stripped and "DESCRIPTION:Ordre du jour :\\n- budget\\, effectifs\r\n" in stripped
    check_problem(room_of(s), 404, "not-found")
    assert s.get(path_of(room["url"]), key=False).status == 200


@with_resource
def a_cancelled_event_loses_the_link(s):
    out = send(s, BLUEMIND).text
    url = room_of(s).json["url"]
    gone = send(s, out.replace("METHOD:REQUEST", "METHOD:CANCEL"))
    assert url not in unfold(gone.text)
    check_problem(room_of(s), 404, "not-found")


@with_resource
def a_place_that_asks_for_us_is_replaced(s):
    text = (CORPUS / "two.ics").read_bytes().decode()
    out = unfold(send(s, text).text)
    first, second = room_of(s, "u1").json, room_of(s, "u2").json
    assert f"LOCATION:{first['url']}\n" in out and "@salon\n" not in out
    assert "LOCATION:Salle 3\n" in out and "https://other.example/x" in out
    assert f"X-CONFERENCE:{second['url']}\n" in out and "\r" not in out


@with_resource
def nothing_to_do_is_nothing_done(s):
    text = BLUEMIND.replace(RESOURCE, "other@ville.example").replace(UID, "nobody")
    answer = send(s, text)
    assert answer.status == 200 and answer.body == text.encode()
    check_problem(room_of(s, "nobody"), 404, "not-found")


@with_resource
def a_reply_is_given_if_asked_for(s):
    answer = send(s, BLUEMIND, "?as=reply")
    out = unfold(answer.text)
    assert "METHOD:REPLY" in out and f"UID:{UID}" in out and "SEQUENCE:1" in out
    assert f"ATTENDEE;PARTSTAT=ACCEPTED:mailto:{RESOURCE}" in out
    assert room_of(s).status == 200
    check_problem(send(s, BLUEMIND, "?as=other"), 422, "invalid-field")


@with_resource
def bad_calendars_are_problems(s):
    check_problem(s.post("/api/v1/calendar/resource", {}), 415, "unsupported-media")
    for text in ("", "hello", "BEGIN:VCALENDAR\n", "BEGIN:VCALENDAR\n\0END:VCALENDAR\n",
                 "BEGIN:VCALENDAR\n" + "BEGIN:VEVENT\n" * 20000):
        check_problem(send(s, text), 422, "invalid-calendar")
    check_problem(send(s, "x" * 300000), 413, "too-large")
    check_problem(send(s, BLUEMIND, key="salon_0000000000_" + "0" * 32), 401, "unauthorized")


def share_has_what_a_calendar_and_a_wall_need(s):
    room = s.post("/api/v1/rooms", {"title": "Comité; A,B", "locale": "fr"}).json
    share = room["share"]
    assert share["ics"][0] == f"LOCATION:{room['url']}" and len(share["ics"]) == 4
    assert share["embed"].startswith(f'<iframe src="{room["url"]}"')
    query = "?start=2026-01-20T09:00:00Z&end=2026-01-20T10:00:00Z"
    for url, key in ((path_of(share["ics_url"]), False), (f"/api/v1/rooms/{room['id']}/event.ics", None)):
        event = s.get(url + query, key=key)
        assert event.status == 200, event.body
        text = unfold(event.text)
        assert "SUMMARY:Comité\\; A\\,B" in text and "DTSTART:20260120T090000Z" in text
        assert f"LOCATION:{room['url']}" in text
    check_problem(s.get(path_of(share["ics_url"]), key=False), 422, "invalid-field")
    qr = s.get(path_of(share["qr_url"]), key=False)
    assert qr.status == 200 and qr.headers["Content-Type"] == "image/svg+xml"
    assert qr.text.startswith("<svg") and "M4 4h7v1h-7z" in qr.text  # a finder pattern's edge
    forged = path_of(share["qr_url"]).replace(room["id"], "rm_other")
    check_problem(s.get(forged, key=False), 404, "not-found")
    parts = path_of(share["qr_url"]).split("/")
    parts[3] = "9999999999"
    check_problem(s.get("/".join(parts), key=False), 404, "not-found")
    s.ask("DELETE", f"/api/v1/rooms/{room['id']}")
    check_problem(s.get(path_of(share["qr_url"]), key=False), 404, "not-found")


SHARED = [a_phone_invites_the_resource_and_gets_the_link, a_cancelled_event_loses_the_link,
          a_place_that_asks_for_us_is_replaced, nothing_to_do_is_nothing_done,
          a_reply_is_given_if_asked_for, bad_calendars_are_problems,
          share_has_what_a_calendar_and_a_wall_need]

if __name__ == "__main__":
    sys.exit(main(SHARED))
