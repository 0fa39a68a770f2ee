#!/usr/bin/env python3
"""Invitations over HTTP: invitations_test.py SALON. Exit 1 if a test fails."""
import base64
import json
import sqlite3
import sys
import time

from serving import check_problem, main, path_of

ME = {"ref": "zoe", "name": "Zoé"}


def invite(s, to, room=None, **more):
    room = room or s.post("/api/v1/rooms", {"locale": "fr"}).json["id"]
    return s.post(f"/api/v1/rooms/{room}/invitations", {"from": ME, "to": to, **more})


def one(s, ref, **more):
    made = invite(s, [{"ref": ref, "name": "Paul"}], **more)
    assert made.status == 201, made.body
    return made.json["invitations"][0]


def at(invitation, step=""):
    return f"/api/v1/invitations/{invitation['id']}{step}"


def token_of(s, ref, name="Paul"):
    made = s.post("/api/v1/user-tokens", {"user": {"ref": ref, "name": name}})
    assert made.status == 201 and made.json["expires_in"] == 600, made.body
    return made.json["token"]


def state(s, invitation):
    return s.get(at(invitation)).json["state"]


def a_ring_is_acknowledged_and_accepted_with_a_way_in(s):
    i = one(s, "paul-1")
    assert i["state"] == "created" and i["popin"]["title"] == "Zoé vous appelle", i
    assert "url" not in i and i["to"] == {"ref": "paul-1", "name": "Paul"}
    key = token_of(s, "paul-1")
    assert s.post(at(i, "/ack"), key=key).status == 204 and state(s, i) == "ringing"
    check_problem(s.post(at(i, "/ack"), key=key), 409, "invitation-settled")
    accepted = s.post(at(i, "/accept"), key=key)
    assert accepted.status == 200, accepted.body
    url = accepted.json["join_url"]
    claims = json.loads(base64.urlsafe_b64decode(url.split("#t=")[1].split(".")[1] + "=="))
    assert claims["sub"] == "paul-1" and claims["name"] == "Paul" and claims["role"] == "member"
    assert s.get(path_of(url), key=False).status == 200
    # The first device to answer wins.
    for step in ("/accept", "/decline"):
        answer = s.post(at(i, step), key=key)
        check_problem(answer, 409, "invitation-settled")
        assert answer.json["state"] == "accepted"


def a_ring_is_accepted_without_an_ack_or_declined(s):
    i = one(s, "paul-2")
    assert s.post(at(i, "/accept")).status == 200
    i = one(s, "paul-2")
    assert s.post(at(i, "/decline"), {}).status == 204 and state(s, i) == "declined"


def one_live_ring_a_pair(s):
    i = one(s, "paul-3")
    answer = invite(s, [{"ref": "paul-3", "name": "Paul"}])
    check_problem(answer, 409, "conflict", "/to/0")
    room = s.post("/api/v1/rooms", {}).json["id"]
    both = [{"ref": "new-3", "name": "New"}, {"ref": "paul-3", "name": "Paul"}]
    check_problem(invite(s, both, room), 409, "conflict", "/to/1")
    check_problem(invite(s, [both[0], both[0]], room), 409, "conflict", "/to/1")
    assert s.get(f"/api/v1/rooms/{room}/invitations").json["invitations"] == []
    assert s.ask("DELETE", at(i)).status == 204 and state(s, i) == "cancelled"
    assert one(s, "paul-3")["id"] != i["id"]


def who_is_offline_is_unreachable_at_once(s):
    made = invite(s, [{"ref": "paul-4", "name": "Paul", "presence": "offline"},
                      {"ref": "anna-4", "name": "Anna", "presence": "online"}])
    assert [i["state"] for i in made.json["invitations"]] == ["unreachable", "created"]
    check_problem(s.post(at(made.json["invitations"][0], "/accept")), 409, "invitation-settled")


def a_browser_answers_for_its_own_user_alone(s):
    i = one(s, "paul-5")
    stranger, caller = token_of(s, "eve"), token_of(s, "zoe", "Zoé")
    for step, method in (("", "GET"), ("", "DELETE"), ("/ack", "POST"), ("/accept", "POST"),
                         ("/decline", "POST")):
        check_problem(s.ask(method, at(i, step), key=stranger), 404, "not-found")
    check_problem(s.post(at(i, "/accept"), key=caller), 404, "not-found")
    assert s.get(at(i), key=caller).json["state"] == "created"
    check_problem(s.post("/api/v1/rooms", {}, key=stranger), 401, "unauthorized")
    check_problem(s.get(at(i), key=stranger[:-3] + "abc"), 401, "unauthorized")
    head = base64.urlsafe_b64encode(b'{"alg":"none","typ":"JWT"}').rstrip(b"=").decode()
    forged = head + "." + stranger.split(".")[1] + "."
    check_problem(s.get(at(i), key=forged), 401, "unauthorized")
    assert s.ask("DELETE", at(i), key=caller).status == 204


def a_personal_link_has_a_name_uses_and_an_end(s):
    room = s.post("/api/v1/rooms", {}).json["id"]
    made = invite(s, [{"email_link": True, "name": "Mme <Roux>", "max_uses": 2,
                       "expires_at": "2099-01-01T00:00:00Z"}], room)
    assert made.status == 201, made.body
    i = made.json["invitations"][0]
    assert i["kind"] == "email" and i["state"] == "created" and i["uses"] == 0
    assert "/i/" in i["url"] and i["max_uses"] == 2
    for _ in range(5):
        page = s.get(path_of(i["url"]), key=False)
        assert page.status == 200 and "Mme &lt;Roux&gt;" in page.text
    assert s.get(at(i)).json["uses"] == 0
    listed = s.get(f"/api/v1/rooms/{room}/invitations").json["invitations"]
    assert [x["id"] for x in listed] == [i["id"]]
    assert s.ask("DELETE", at(i)).status == 204
    assert s.get(path_of(i["url"]), key=False).status == 410
    assert s.get("/i/" + "0" * 26, key=False).status == 404
    with sqlite3.connect(f"file:{s.state}/salon.db?mode=ro", uri=True) as db:
        dump = "\n".join(db.iterdump())
    assert i["url"].split("/i/")[1] not in dump


def closing_the_room_cancels(s):
    room = s.post("/api/v1/rooms", {}).json["id"]
    i = invite(s, [{"ref": "paul-7", "name": "Paul"}], room).json["invitations"][0]
    e = invite(s, [{"email_link": True}], room).json["invitations"][0]
    assert s.ask("DELETE", f"/api/v1/rooms/{room}").status == 204
    assert state(s, i) == "cancelled" and state(s, e) == "cancelled"
    check_problem(s.post(at(i, "/accept")), 410, "room-closed")


def bad_invitations_are_refused_whole(s):
    room = s.post("/api/v1/rooms", {}).json["id"]
    good = {"ref": "paul-8", "name": "Paul"}
    for body, pointer in [
            ({"to": [good]}, "/from"), ({"from": {"ref": "z"}, "to": [good]}, "/from/name"),
            ({"from": ME}, "/to"), ({"from": ME, "to": []}, "/to"),
            ({"from": ME, "to": [good] * 51}, "/to"), ({"from": ME, "to": ["x"]}, "/to/0"),
            ({"from": ME, "to": [good, {"ref": "x"}]}, "/to/1/name"),
            ({"from": ME, "to": [{**good, "presence": "busy"}]}, "/to/0/presence"),
            ({"from": ME, "to": [{**good, "max_uses": 1}]}, "/to/0/max_uses"),
            ({"from": ME, "to": [{"email_link": True, "ref": "x"}]}, "/to/0/ref"),
            ({"from": ME, "to": [{"email_link": True, "max_uses": 0}]}, "/to/0/max_uses"),
            ({"from": ME, "to": [{"email_link": True, "expires_at": "2001-01-01T00:00:00Z"}]},
             "/to/0/expires_at"),
            ({"from": ME, "to": [good], "ring_timeout": 5}, "/ring_timeout")]:
        check_problem(s.post(f"/api/v1/rooms/{room}/invitations", body), 422, "invalid-field",
                      pointer)
    assert s.get(f"/api/v1/rooms/{room}/invitations").json["invitations"] == []
    check_problem(s.post("/api/v1/invitations/iv_none/accept"), 404, "not-found")
    check_problem(s.post("/api/v1/user-tokens", {"user": {"ref": "a"}}), 422, "invalid-field",
                  "/user/name")


def a_ring_that_nobody_hears_becomes_unreachable(s):
    i = one(s, "paul-9")
    with sqlite3.connect(f"{s.state}/salon.db") as db:  # eleven seconds ago
        db.execute("UPDATE invitations SET created_at = created_at - 11, due_at = due_at - 11 "
                   "WHERE id = ?", (i["id"],))
    one(s, "paul-10")  # whatever happens makes the server look
    deadline = time.monotonic() + 10
    while state(s, i) == "created" and time.monotonic() < deadline:
        time.sleep(0.05)
    assert state(s, i) == "unreachable"


def a_restart_in_the_middle_of_a_ring_loses_nothing(s):
    i, j = one(s, "paul-11"), one(s, "paul-12")
    assert s.post(at(i, "/ack")).status == 204
    assert s.stop() == 0
    with sqlite3.connect(f"{s.state}/salon.db") as db:
        db.execute("UPDATE invitations SET due_at = due_at - 100 WHERE id = ?", (i["id"],))
    s.start()
    deadline = time.monotonic() + 10
    while state(s, i) == "ringing" and time.monotonic() < deadline:
        time.sleep(0.05)
    assert state(s, i) == "missed" and state(s, j) == "created"
    assert s.post(at(j, "/accept")).status == 200


def rings_are_limited_by_caller(s):
    room = s.post("/api/v1/rooms", {}).json["id"]
    to = [{"ref": f"many-{k}", "name": "Many"} for k in range(11)]
    refused = invite(s, to, room)
    check_problem(refused, 429, "rate-limited")
    assert int(refused.headers["Retry-After"]) > 0
    assert s.get(f"/api/v1/rooms/{room}/invitations").json["invitations"] == []


ALONE = [
    a_ring_is_acknowledged_and_accepted_with_a_way_in,
    a_ring_is_accepted_without_an_ack_or_declined, one_live_ring_a_pair,
    who_is_offline_is_unreachable_at_once, a_browser_answers_for_its_own_user_alone,
    a_personal_link_has_a_name_uses_and_an_end, closing_the_room_cancels,
    bad_invitations_are_refused_whole, a_ring_that_nobody_hears_becomes_unreachable,
    a_restart_in_the_middle_of_a_ring_loses_nothing, rings_are_limited_by_caller,
]

if __name__ == "__main__":
    sys.exit(main([], ALONE))
