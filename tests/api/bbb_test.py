#!/usr/bin/env python3
"""BigBlueButton's API, as Moodle and others call it: bbb_test.py SALON. Exit 1 if a test fails."""
import hashlib
import sqlite3
import subprocess
import sys
import time
import urllib.parse
import xml.etree.ElementTree as ET

from compat import Person, claims_of, joined, refused, rotate, secrets_of, tenant
from serving import ENV, SALON, check_problem, main, path_of

MODULES = """<?xml version="1.0" encoding="UTF-8"?>
<modules><module name="presentation"><document url="https://moodle.example/a.pdf"
 filename="a.pdf"/></module></modules>"""


class Client:
    """A front end with a plug-in: a URL and a secret is all it has."""

    def __init__(self, s, printed, hash_="sha1"):
        self.s = s
        self.base = path_of(printed["BigBlueButton URL"])
        assert self.base.endswith("/bigbluebutton/"), self.base
        self.secret = printed["BigBlueButton secret"]
        self.hash = hash_

    def checksum(self, call, query):
        return hashlib.new(self.hash, (call + query + self.secret).encode()).hexdigest()

    def path(self, call, query="", **parameters):
        query = query or urllib.parse.urlencode(parameters)
        return f"{self.base}api/{call}?{query}{'&' if query else ''}checksum=" + \
            self.checksum(call, query)

    def send(self, path, method="GET", body=None, type_="application/xml"):
        headers = {"Content-Type": type_} if body else {}
        return self.s.ask(method, path, body, headers=headers, key=False)

    def call(self, call, query="", **parameters):
        return read(self.send(self.path(call, query, **parameters)))

    def create(self, id_, **more):
        made = self.call("create", name="Cours de géo", meetingID=id_, attendeePW="ap",
                         moderatorPW="mp", **more)
        assert made.findtext("returncode") == "SUCCESS", ET.tostring(made)
        return made

    def join(self, id_, name="Zoé", password="mp", **more):
        answer = self.send(self.path("join", fullName=name, meetingID=id_, password=password,
                                     **more))
        assert answer.status == 302, (answer.status, answer.body)
        return answer.headers["Location"]


def read(answer):
    assert answer.status == 200, (answer.status, answer.body)
    assert answer.headers["Content-Type"].startswith("text/xml"), answer.headers
    assert answer.headers["Cache-Control"] == "no-store"
    root = ET.fromstring(answer.body)
    assert root.tag == "response" and root.findtext("returncode") in ("SUCCESS", "FAILED")
    return root


def check_failed(root, key):
    assert root.findtext("returncode") == "FAILED", ET.tostring(root)
    assert root.findtext("messageKey") == key and root.findtext("message"), ET.tostring(root)


def rows(s):
    with sqlite3.connect(f"file:{s.state}/salon.db?mode=ro", uri=True) as db:
        return "\n".join(db.iterdump())


def the_address_alone_tells_the_version(s):
    bbb = Client(s, tenant(s, "Version"))
    for path in ("api", "api/"):
        root = read(bbb.send(bbb.base + path))
        assert root.findtext("version") == "2.0" and root.findtext("returncode") == "SUCCESS"


def a_course_meets(s):
    """Moodle's way: create, look, send everybody in, look again, end."""
    bbb = Client(s, tenant(s, "Moodle"))
    id_ = "b4a9f2c7d1-2-17[0]"
    more = {"logoutURL": "https://moodle.example/mod/bigbluebuttonbn/bbb_view.php?action=logout&id=2",
            "record": "false", "welcome": "<b>Bonjour</b>\r\n%%CONFNAME%%", "voiceBridge": "73546",
            "meta_bbb-origin": "Moodle", "meta_bbb-context-id": "42", "meta_Presenter": "Zoé & <Co>",
            "muteOnStart": "true", "lockSettingsDisableCam": "false"}
    made = bbb.create(id_, **more)
    assert made.findtext("meetingID") == id_ and made.findtext("attendeePW") == "ap"
    assert made.findtext("moderatorPW") == "mp" and made.findtext("hasUserJoined") == "false"
    assert made.findtext("messageKey") == "" and made.findtext("internalMeetingID").startswith("rm_")
    created = made.findtext("createTime")
    assert abs(int(created) / 1000 - time.time()) < 60
    again = bbb.create(id_, **more)
    assert again.findtext("messageKey") == "duplicateWarning"
    assert again.findtext("createTime") == created
    assert bbb.call("isMeetingRunning", meetingID=id_).findtext("running") == "false"
    teacher = bbb.join(id_, "Mme Durand", "mp", userID="7", createTime=created)
    pupil = bbb.join(id_, "Élève <script>", "ap", userID="8", createTime=created)
    assert rows(s).count("used_tokens VALUES") == 0
    there = [joined(s, teacher), joined(s, pupil)]
    assert [p.answer["role"] for p in there] == ["host", "member"]
    assert there[1].answer["name"] == "Élève <script>"
    assert there[0].answer["room"]["title"] == "Cours de géo"
    info = bbb.call("getMeetingInfo", meetingID=id_)
    assert info.findtext("running") == "true" and info.findtext("participantCount") == "2"
    assert info.findtext("moderatorCount") == "1" and info.findtext("hasUserJoined") == "true"
    assert info.findtext("meetingName") == "Cours de géo"
    assert info.findtext("attendeePW") == "ap" and info.findtext("moderatorPW") == "mp"
    people = {a.findtext("userID"): (a.findtext("fullName"), a.findtext("role"))
              for a in info.find("attendees")}
    assert people == {"7": ("Mme Durand", "MODERATOR"), "8": ("Élève <script>", "VIEWER")}
    meta = {e.tag: e.text for e in info.find("metadata")}
    assert meta == {"bbb-origin": "Moodle", "bbb-context-id": "42", "presenter": "Zoé & <Co>"}
    listed = bbb.call("getMeetings")
    assert [m.findtext("meetingID") for m in listed.find("meetings")] == [id_]
    check_failed(bbb.call("end", meetingID=id_, password="ap"), "invalidPassword")
    ended = bbb.call("end", meetingID=id_, password="mp")
    assert ended.findtext("messageKey") == "sentEndMeetingRequest"
    check_failed(bbb.call("getMeetingInfo", meetingID=id_), "notFound")
    check_failed(bbb.call("end", meetingID=id_), "notFound")
    assert bbb.call("isMeetingRunning", meetingID=id_).findtext("running") == "false"
    assert bbb.call("getMeetings").findtext("messageKey") == "noMeetings"
    parameters = {"fullName": "Zoé", "meetingID": id_, "password": "mp"}
    check_failed(bbb.call("join", **parameters), "meetingForciblyEnded")
    # The next lesson has the same id, and is another meeting.
    fresh = bbb.create(id_, **more)
    assert fresh.findtext("messageKey") == "" and fresh.findtext("createTime") != created
    assert fresh.findtext("internalMeetingID") != made.findtext("internalMeetingID")
    check_failed(bbb.call("join", createTime=created, **parameters), "mismatchCreateTimeParam")
    for person in there:
        person.socket.close()


def all_four_hashes_sign(s):
    printed = tenant(s, "Hashes")
    for hash_ in ("sha1", "sha256", "sha384", "sha512"):
        bbb = Client(s, printed, hash_)
        bbb.create(hash_)
        upper = bbb.path("isMeetingRunning", meetingID=hash_)
        start, _, sum_ = upper.rpartition("=")
        assert read(bbb.send(f"{start}={sum_.upper()}")).findtext("running") == "false"
    assert len(bbb.call("getMeetings").find("meetings")) == 4


def a_join_works_once(s):
    bbb = Client(s, tenant(s, "Once"))
    bbb.create("m")
    url = bbb.join("m", "Zoé", "ap", userID="zoe")
    for _ in range(3): # mail scanners, a browser that loads it again
        assert s.get(path_of(url), key=False).status == 200
    person = joined(s, url)
    refused(s, url, "invalid_token")
    # Who is in may come back, by a token that was never in an address.
    again = person.answer["token"]
    assert "jti" not in claims_of(again) and claims_of(again)["sub"] == "zoe"
    person.leave()
    joined(s, url.split("#")[0], token=again).leave()
    # Of the room's link itself, out of an address bar, nobody gets in.
    refused(s, url.split("#")[0], "members_only", name="Eve")


def a_used_token_stays_used_and_a_fresh_one_fresh_over_a_restart(s):
    bbb = Client(s, tenant(s, "Restart"))
    bbb.create("m")
    used, fresh = bbb.join("m", "Zoé"), bbb.join("m", "Paul")
    person = joined(s, used)
    back = person.answer["token"]
    person.socket.close()
    s.restart()
    refused(s, used, "invalid_token")
    joined(s, fresh).leave()
    joined(s, used.split("#")[0], token=back).leave()
    info = bbb.call("getMeetingInfo", meetingID="m")
    assert info.findtext("attendeePW") == "ap" and info.findtext("moderatorPW") == "mp"


def the_same_id_of_two_front_ends_are_two_meetings(s):
    one, other = Client(s, tenant(s, "Ville")), Client(s, tenant(s, "Lycee"))
    one.create("salle-1")
    check_failed(other.call("getMeetingInfo", meetingID="salle-1"), "notFound")
    check_failed(other.call("end", meetingID="salle-1"), "notFound")
    check_failed(other.call("join", meetingID="salle-1", fullName="Eve", password="mp"),
                 "invalidMeetingIdentifier")
    assert other.call("getMeetings").findtext("messageKey") == "noMeetings"
    made = other.create("salle-1")
    assert made.findtext("messageKey") == ""
    a, b = joined(s, one.join("salle-1")), joined(s, other.join("salle-1"))
    assert a.answer["participants"] == b.answer["participants"] == []
    # A token opens its own room alone.
    token = secrets_of(one.join("salle-1"))["t"]
    refused(s, other.join("salle-1").split("#")[0], "invalid_token", token=token)
    path = one.path("getMeetings")
    check_failed(read(one.send(path.replace("/ville/", "/lycee/"))), "checksumError")
    a.leave()
    b.leave()


def other_passwords_are_another_meeting_and_refused(s):
    bbb = Client(s, tenant(s, "Passwords"))
    made = bbb.call("create", meetingID="free", name="Free")
    chosen = made.findtext("attendeePW"), made.findtext("moderatorPW")
    assert all(len(p) == 20 for p in chosen) and chosen[0] != chosen[1]
    again = bbb.call("create", meetingID="free", name="Free")
    assert (again.findtext("attendeePW"), again.findtext("moderatorPW")) == chosen
    joined(s, bbb.join("free", password=chosen[1])).leave()
    bbb.create("mine")
    for bad in ({"attendeePW": "other", "moderatorPW": "mp"}, {"moderatorPW": "other"}):
        check_failed(bbb.call("create", meetingID="mine", **bad), "idNotUnique")
    for bad in ({"password": "no"}, {"password": ""}, {}, {"role": "admin"}):
        check_failed(bbb.call("join", meetingID="mine", fullName="Eve", **bad), "invalidPassword")
    dump = rows(s)
    assert chosen[0] not in dump and chosen[1] not in dump


def roles_are_taken_as_well_as_passwords(s):
    bbb = Client(s, tenant(s, "Roles"))
    bbb.create("m")
    for role, ours in (("MODERATOR", "host"), ("viewer", "member")):
        answer = bbb.call("join", meetingID="m", fullName="Zoé", role=role, redirect="false")
        assert answer.findtext("messageKey") == "successfullyJoined"
        person = joined(s, answer.findtext("url"))
        assert person.answer["role"] == ours
        person.leave()


def guests_are_let_in_kept_out_or_asked_for(s):
    bbb = Client(s, tenant(s, "Guests"))
    guest = {"fullName": "Eve", "password": "ap", "guest": "true", "redirect": "false"}
    for policy, role in ((None, "member"), ("ALWAYS_ACCEPT", "member"), ("ASK_MODERATOR", "guest")):
        id_ = str(policy)
        bbb.create(id_, **({"guestPolicy": policy} if policy else {}))
        url = bbb.call("join", meetingID=id_, **guest).findtext("url")
        assert claims_of(secrets_of(url)["t"])["role"] == role
        assert claims_of(secrets_of(bbb.join(id_))["t"])["role"] == "host"
    bbb.create("no", guestPolicy="ALWAYS_DENY")
    check_failed(bbb.call("join", meetingID="no", **guest), "guestDeniedAccess")
    joined(s, bbb.join("no", password="ap")).leave()


def a_guest_waits_for_a_moderator_and_the_token_is_used_up(s):
    bbb = Client(s, tenant(s, "Ask"))
    bbb.create("m", guestPolicy="ASK_MODERATOR")
    url = bbb.join("m", "Eve", "ap", guest="true")
    guest = Person(s, url)
    assert guest.answer["type"] == "lobby", guest.answer
    refused(s, url, "invalid_token")
    host = joined(s, bbb.join("m"))
    assert [k["name"] for k in host.answer["knocking"]] == ["Eve"]
    host.admit(host.answer["knocking"][0])
    welcome = guest.next("joined")
    assert welcome["role"] == "guest" and "jti" not in claims_of(welcome["token"])
    guest.leave()
    host.leave()


def a_full_meeting_takes_nobody(s):
    bbb = Client(s, tenant(s, "Full"))
    bbb.create("m", maxParticipants="1", duration="30")
    person = joined(s, bbb.join("m"))
    check_failed(bbb.call("join", meetingID="m", fullName="Eve", password="ap"),
                 "maxParticipantsReached")
    info = bbb.call("getMeetingInfo", meetingID="m")
    assert info.findtext("maxUsers") == "1" and info.findtext("duration") == "30"
    person.leave()


def after_the_call_the_page_goes_where_the_front_end_says(s):
    bbb = Client(s, tenant(s, "Logout"))
    for url, leave in (("https://moodle.example/a?b=c", "https://moodle.example/a?b=c"),
                       ("javascript:alert(1)", None), ("//evil.example", None),
                       ("https://a b", None), ("https:///x", None), ("https://u@evil/x", "https://u@evil/x")):
        bbb.create("m", logoutURL=url)
        assert claims_of(secrets_of(bbb.join("m"))["t"]).get("leave") == leave, url


def a_name_changed_while_nobody_is_there_is_taken(s):
    bbb = Client(s, tenant(s, "Renamed"))
    bbb.create("m", meta_a="1")
    renamed = bbb.call("create", meetingID="m", name="Histoire", attendeePW="ap", moderatorPW="mp",
                       meta_a="2")
    assert renamed.findtext("messageKey") == "duplicateWarning"
    info = bbb.call("getMeetingInfo", meetingID="m")
    assert info.findtext("meetingName") == "Histoire" and info.findtext("metadata/a") == "2"
    person = joined(s, bbb.join("m"))
    bbb.create("m")
    assert bbb.call("getMeetingInfo", meetingID="m").findtext("meetingName") == "Histoire"
    person.leave()


def slides_are_taken_and_left_out(s):
    bbb = Client(s, tenant(s, "Slides"))
    path = bbb.path("create", meetingID="m", name="A")
    for body in (MODULES, MODULES.replace("a.pdf", "x" * 1_000_000)):
        assert read(bbb.send(path, "POST", body)).findtext("returncode") == "SUCCESS"
    check_problem(bbb.send(path, "POST", "x" * 2_200_000), 413, "too-large")


def a_form_may_hold_the_parameters(s):
    bbb = Client(s, tenant(s, "Forms"))
    form = "application/x-www-form-urlencoded"
    fields = urllib.parse.urlencode({"meetingID": "m", "name": "A & B", "attendeePW": "ap"})
    path = f"{bbb.base}api/create"
    # As documented: the checksum covers the (empty) query. Or the form, as others do it.
    for covered in ("", fields):
        body = fields + "&checksum=" + bbb.checksum("create", covered)
        assert read(bbb.send(path, "POST", body, form)).findtext("meetingID") == "m"
    with_query = bbb.path("create", meetingID="m")
    check_failed(read(bbb.send(with_query, "POST", "meetingID=m", form)), "validationError")
    check_failed(read(bbb.send(with_query, "POST", "checksum=" + "a" * 40, form)), "checksumError")
    body = fields + "&checksum=" + bbb.checksum("create", "x" + fields)
    check_failed(read(bbb.send(path, "POST", body, form)), "checksumError")
    many = "&".join(f"a{i}=1" for i in range(9_000))
    check_failed(read(bbb.send(bbb.path("end", meetingID="m"), "POST", many[:60_000], form)),
                 "validationError")
    check_problem(bbb.send(bbb.path("end", meetingID="m"), "POST", "a=" + "b" * 70_000, form),
                  413, "too-large")
    ended = bbb.path("end", meetingID="m")
    assert read(bbb.send(ended, "POST", "password=" + "a" * 20, form)).findtext(
        "messageKey") == "invalidPassword"
    assert read(bbb.send(ended, "POST")).findtext("returncode") == "SUCCESS"


def a_wrong_checksum_opens_nothing(s):
    bbb = Client(s, tenant(s, "Wrong"))
    bbb.create("m")
    before = rows(s)
    query = "meetingID=m"
    right = bbb.checksum("end", query)
    for bad in (query, query + "&checksum=", query + "&checksum=" + right[:-1] + ("0" if right[-1] != "0" else "1"),
                query + "&checksum=" + right + "&checksum=" + right, "meetingID=n&checksum=" + right,
                query + "&Checksum=" + right, query + "&checksum=" + right + "0",
                query + "&a=1&checksum=" + right, query + "&checksum=" + bbb.checksum("create", query),
                query + "&checksum=" + "z" * 40, query + "&checksum=%61" + right[1:],
                query + "&checksum=" + hashlib.sha1(b"endmeetingID=m").hexdigest(),
                query + "&checksum=" + hashlib.md5(("end" + query + bbb.secret).encode()).hexdigest()):
        check_failed(read(bbb.send(f"{bbb.base}api/end?{bad}")), "checksumError")
    for call in ("create", "join", "getMeetingInfo", "getMeetings", "isMeetingRunning", "getRecordings"):
        check_failed(read(bbb.send(f"{bbb.base}api/{call}?meetingID=m")), "checksumError")
        nobody = bbb.base.replace("/wrong/", "/nobody/")
        check_failed(read(bbb.send(f"{nobody}api/{call}?meetingID=m")), "checksumError")
    assert rows(s) == before


def what_is_no_call_is_said_so(s):
    bbb = Client(s, tenant(s, "Calls"))
    for call in ("Create", "CREATE", "getDefaultConfigXML", "setConfigXML", "insertDocument",
                 "sendChatMessage", "create/", "a/b", "%00", "getMeetings2"):
        answer = bbb.send(bbb.path(call, meetingID="m"))
        if call == "%00":
            check_problem(answer, 404, "not-found")
        else:
            check_failed(read(answer), "unsupportedRequest")
    check_problem(s.ask("PUT", bbb.path("create", meetingID="m"), key=False), 405,
                  "method-not-allowed")
    bbb.create("m")
    before = rows(s)
    for call in ("end", "create"):
        assert s.ask("HEAD", bbb.path(call, meetingID="m" if call == "end" else "n"),
                     key=False).status == 200
    assert rows(s) == before


def bad_parameters_are_refused_and_nothing_is_kept(s):
    bbb = Client(s, tenant(s, "Bad"))
    before = rows(s)
    for query, key in (
            ("", "missingParamMeetingID"), ("meetingID=", "missingParamMeetingID"),
            ("name=a", "missingParamMeetingID"),
            ("meetingID=" + "a" * 257, "validationError"),
            ("meetingID=" + "%C3%A9" * 257, "validationError"),
            ("meetingID=a%00b", "validationError"), ("meetingID=a%0Ab", "validationError"),
            ("meetingID=%1B", "validationError"), ("meetingID=%E2%80%AE", "validationError"),
            ("meetingID=%FF", "validationError"), ("meetingID=%C3", "validationError"),
            ("meetingID=%ED%A0%80", "validationError"), ("meetingID=%", "validationError"),
            ("meetingID=a&meetingID=a", "validationError"), ("meetingID=a&name=1&n%61me=2", "validationError"),
            ("meetingID=a&name=a%0D%0Ab", "validationError"), ("meetingID=a&x=%00", "validationError"),
            ("meetingID=a&attendeePW=" + "p" * 65, "validationError"),
            ("meetingID=a&moderatorPW=a%0Ab", "validationError"),
            ("meetingID=a&" + "&".join(f"a{i}=" for i in range(300)), "validationError"),
            ("meetingID=a&" + "&".join(f"meta_a{i}=1" for i in range(65)), "validationError")):
        check_failed(bbb.call("create", query), key)
    long_ = bbb.send(bbb.path("create", meetingID="a", name="n" * 10_000))
    assert long_.status == 414, long_.status
    assert rows(s) == before
    bbb.create("m")
    for parameters, key in (
            ({"fullName": "Zoé"}, "missingParamMeetingID"), ({"meetingID": "m"}, "missingParamFullName"),
            ({"meetingID": "m", "fullName": "a\nb"}, "validationError"),
            ({"meetingID": "m", "fullName": "a", "userID": "u" * 256}, "validationError"),
            ({"meetingID": "m", "fullName": "a", "userID": "a\r\nb"}, "validationError"),
            ({"meetingID": "m", "fullName": "a", "createTime": "1x"}, "mismatchCreateTimeParam"),
            ({"meetingID": "M", "fullName": "a"}, "invalidMeetingIdentifier")):
        check_failed(bbb.call("join", password="mp", **parameters), key)


def ids_and_names_may_be_anything_else(s):
    bbb = Client(s, tenant(s, "Odd"))
    odd = ["é" * 256, "a/b?c=d&e#f", "<x>&amp;'\"", "a+b c%", "𝔘𝔫𝔦", " ", "..", "' OR 1=1 --", "${URL}{{t}}"]
    for id_ in odd:
        made = bbb.call("create", meetingID=id_, name=id_)
        assert made.findtext("meetingID") == id_, (id_, ET.tostring(made))
        info = bbb.call("getMeetingInfo", meetingID=id_)
        assert info.findtext("meetingName") == (id_[:200] if id_.strip() else id_)
    assert {m.findtext("meetingID") for m in bbb.call("getMeetings").find("meetings")} == set(odd)
    person = joined(s, bbb.join(odd[0], "N" * 300, bbb.call(
        "getMeetingInfo", meetingID=odd[0]).findtext("moderatorPW")))
    assert person.answer["name"] == "N" * 80
    person.leave()
    more = bbb.call("create", query="meetingID=meta&meta_1a=x&meta_a%20b=x&meta_=x&meta_%C3%A9=x&"
                                    "meta_ok=a%0Ab%01%EF%BF%BE%3Cb%3E")
    assert more.findtext("returncode") == "SUCCESS"
    meta = bbb.call("getMeetingInfo", meetingID="meta").find("metadata")
    assert {e.tag: e.text for e in meta} == {"ok": "a\nb<b>"}


def nothing_is_recorded(s):
    bbb = Client(s, tenant(s, "Recordings"))
    answer = bbb.call("getRecordings", meetingID="m")
    assert answer.findtext("messageKey") == "noRecordings" and len(answer.find("recordings")) == 0
    for call in ("publishRecordings", "deleteRecordings", "updateRecordings"):
        check_failed(bbb.call(call, recordID="x", publish="true"), "notFound")


def a_rotated_secret_takes_the_place_of_the_old(s):
    printed = tenant(s, "Rotated")
    bbb = Client(s, printed)
    fresh = Client(s, {**printed, **rotate(s, "Rotated", "bbb")})
    assert fresh.secret != bbb.secret
    bbb.create("old") # for a day more
    fresh.create("new")
    rotate(s, "Rotated", "bbb")
    check_failed(bbb.call("getMeetings"), "checksumError")
    assert len(fresh.call("getMeetings").find("meetings")) == 2


def the_api_knows_the_meeting_as_a_room_and_its_events(s):
    printed = tenant(s, "Both")
    bbb = Client(s, printed)
    room_id = bbb.create("m").findtext("internalMeetingID")
    room = s.get(f"/api/v1/rooms/{room_id}", key=printed["API key"]).json
    assert room["title"] == "Cours de géo" and room["access"] == "members"
    person = joined(s, bbb.join("m", userID="7"))
    there = s.get(f"/api/v1/rooms/{room_id}/participants", key=printed["API key"]).json
    assert [p["ref"] for p in there["participants"]] == ["7"]
    assert s.ask("DELETE", f"/api/v1/rooms/{room_id}", key=printed["API key"]).status == 204
    check_failed(bbb.call("getMeetingInfo", meetingID="m"), "notFound")
    person.socket.close()


def meetings_have_a_rate_of_their_front_end(s):
    """--dev spares this machine's own calls, but not those that something forwards."""
    bbb, other = Client(s, tenant(s, "Many")), Client(s, tenant(s, "Few"))

    def create(of, id_):
        return read(s.ask("GET", of.path("create", meetingID=id_), key=False,
                          headers={"X-Forwarded-For": "198.51.100.7"})).findtext("messageKey")

    keys = [create(bbb, f"m{i}") for i in range(70)]
    assert keys[:60] == [""] * 60 and "rateLimited" in keys, keys
    # What is there may be asked for again, and another front end goes on.
    assert create(bbb, "m0") == "duplicateWarning" and create(other, "m") == ""


def meetings_have_a_quota(s):
    bbb = Client(s, tenant(s, "Quota"))
    subprocess.run([SALON, "tenant", "quota", "Quota", "rooms=1", "--state", s.state], env=ENV,
                   check=True, stdout=subprocess.DEVNULL)
    bbb.create("m")
    check_failed(bbb.call("create", meetingID="n"), "quotaExceeded")


def a_copy_of_the_database_and_the_log_tell_no_secret(s):
    printed = tenant(s, "Copy")
    bbb = Client(s, printed)
    bbb.call("create", meetingID="m", attendeePW="hush-attendee", moderatorPW="hush-moderator",
             name="Hushname")
    url = bbb.join("m", "Hushperson", "hush-moderator", userID="hush-user")
    person = joined(s, url)
    dump, log = rows(s), s.read_log()
    for secret in ("hush-attendee", "hush-moderator", bbb.secret, secrets_of(url)["t"],
                   person.answer["token"], path_of(url).split("/r/")[1]):
        assert secret not in dump and secret not in log, secret
    for word in ("Hushperson", "hush-user", "Hushname", "checksum", "meetingID"):
        assert word not in log, word
    assert "Hushperson" not in dump
    person.leave()


if __name__ == "__main__":
    sys.exit(main(
        [the_address_alone_tells_the_version, a_course_meets, all_four_hashes_sign,
         a_join_works_once, the_same_id_of_two_front_ends_are_two_meetings,
         other_passwords_are_another_meeting_and_refused, roles_are_taken_as_well_as_passwords,
         guests_are_let_in_kept_out_or_asked_for,
         a_guest_waits_for_a_moderator_and_the_token_is_used_up, a_full_meeting_takes_nobody,
         after_the_call_the_page_goes_where_the_front_end_says,
         a_name_changed_while_nobody_is_there_is_taken, slides_are_taken_and_left_out,
         a_form_may_hold_the_parameters, a_wrong_checksum_opens_nothing, what_is_no_call_is_said_so,
         bad_parameters_are_refused_and_nothing_is_kept, ids_and_names_may_be_anything_else,
         nothing_is_recorded, a_rotated_secret_takes_the_place_of_the_old,
         the_api_knows_the_meeting_as_a_room_and_its_events,
         meetings_have_a_rate_of_their_front_end, meetings_have_a_quota,
         a_copy_of_the_database_and_the_log_tell_no_secret],
        [a_used_token_stays_used_and_a_fresh_one_fresh_over_a_restart]))
