#!/usr/bin/env python3
"""Contacts, and rings from inside a call: inviting_test.py SALON. Exit 1 if a test fails."""
import sys

import stream_test
from launch_test import Person, launch, suite, tenant_cli
from serving import check_problem, main


# ---- contacts ----

def contacts_at(room):
    return f"/api/v1/rooms/{room}/contacts"


def contacts_are_shown_to_members_and_hosts_alone(s):
    room = s.post("/api/v1/rooms", {}).json
    people = [{"ref": "paul", "name": "Paul", "presence": "online"},
              {"ref": "ana", "name": "Ana", "presence": "offline"}, {"ref": "li", "name": "Li"}]
    assert s.ask("PUT", contacts_at(room["id"]), {"contacts": people}).status == 204
    host = Person(s, room["url"], host=room["host_url"].split("#h=")[1], name="Zoé")
    first = host.hear(lambda m: m["type"] == "contacts")
    assert first == {"type": "contacts", "contacts": people, "invitations": []}, first
    assert host.answer["link"] == room["url"] and "token" not in host.answer
    guest = Person(s, room["url"], name="Guest")
    people[1]["presence"] = "online"
    assert s.ask("PUT", contacts_at(room["id"]), {"contacts": people[:2]}).status == 204
    live = host.hear(lambda m: m["type"] == "contacts")
    assert live == {"type": "contacts", "contacts": people[:2]}, live
    for type_, more in (("invite", {"ref": "paul"}), ("uninvite", {"invitation": "iv_x"}),
                        ("share", {})):
        assert guest.ask(type_, **more)["reason"] == "not_allowed"
    assert [m["type"] for m in guest.heard] == [], guest.heard
    guest.leave()
    host.leave()


def nobody_is_offered_to_call_themselves(s):
    room = s.post("/api/v1/rooms", {}).json
    people = [{"ref": "paul", "name": "Paul"}, {"ref": "ana", "name": "Ana"}]
    assert s.ask("PUT", contacts_at(room["id"]), {"contacts": people}).status == 204
    made = s.post(f"/api/v1/rooms/{room['id']}/invitations",
                  {"from": {"ref": "zoe", "name": "Zoé"}, "to": [{"ref": "paul", "name": "Paul"}]})
    assert made.status == 201, made.body
    url = s.post(f"/api/v1/rooms/{room['id']}/tokens", {"user": people[0]}).json["url"]
    paul = Person(s, room["url"], token=url.split("#t=")[1])
    host = Person(s, room["url"], host=room["host_url"].split("#h=")[1], name="Zoé")
    first = paul.hear(lambda m: m["type"] == "contacts")
    assert first["contacts"] == people[1:] and first["invitations"] == [], first
    whole = host.hear(lambda m: m["type"] == "contacts")
    assert whole["contacts"] == people and len(whole["invitations"]) == 1, whole
    people.append({"ref": "li", "name": "Li"})
    assert s.ask("PUT", contacts_at(room["id"]), {"contacts": people}).status == 204
    assert paul.hear(lambda m: m["type"] == "contacts")["contacts"] == people[1:]
    assert host.hear(lambda m: m["type"] == "contacts")["contacts"] == people
    for each in (paul, host):
        each.leave()


def contacts_outlive_a_reload_and_end_with_the_room(s):
    room = s.post("/api/v1/rooms", {}).json
    one = [{"ref": "a", "name": "A"}]
    assert s.ask("PUT", contacts_at(room["id"]), {"contacts": one}).status == 204
    key = room["host_url"].split("#h=")[1]
    for _ in range(2):
        host = Person(s, room["url"], host=key)
        assert host.hear(lambda m: m["type"] == "contacts")["contacts"] == one
        host.leave()
    assert s.ask("DELETE", f"/api/v1/rooms/{room['id']}").status == 204
    check_problem(s.ask("PUT", contacts_at(room["id"]), {"contacts": one}), 410, "room-closed")


def wrong_contacts_change_nothing(s):
    room = s.post("/api/v1/rooms", {}).json
    at = contacts_at(room["id"])
    kept = [{"ref": "a", "name": "A"}]
    assert s.ask("PUT", at, {"contacts": kept}).status == 204
    many = [{"ref": f"u{i}", "name": f"U {i}"} for i in range(501)]
    for body, pointer in [
            ({}, "/contacts"), ({"contacts": {}}, "/contacts"), ({"contacts": many}, "/contacts"),
            ({"contacts": ["a"]}, "/contacts/0"), ({"contacts": kept, "more": 1}, "/more"),
            ({"contacts": [*kept, {"ref": "b"}]}, "/contacts/1/name"),
            ({"contacts": [{"name": "B"}]}, "/contacts/0/ref"),
            ({"contacts": [{"ref": "b", "name": "B", "mail": "b"}]}, "/contacts/0/mail"),
            ({"contacts": [{"ref": "b", "name": "x" * 81}]}, "/contacts/0/name"),
            ({"contacts": [{"ref": "x" * 256, "name": "B"}]}, "/contacts/0/ref"),
            ({"contacts": [{"ref": "b", "name": "a\r\nb"}]}, "/contacts/0/name"),
            ({"contacts": [{"ref": "b", "name": "B", "presence": "asleep"}]}, "/contacts/0/presence"),
            ({"contacts": [*kept, *kept]}, "/contacts/1/ref")]:
        check_problem(s.ask("PUT", at, body), 422, "invalid-field", pointer)
    check_problem(s.ask("PUT", at, {"contacts": kept}, key=suite(s)["API key"]), 404, "not-found")
    check_problem(s.ask("PUT", at, {"contacts": kept}, key=False), 401, "unauthorized")
    few = tenant_cli(s, "key", "Suite", "--scope", "rooms:read")["API key"]
    check_problem(s.ask("PUT", at, {"contacts": kept}, key=few), 403, "forbidden-scope")
    check_problem(s.ask("PUT", at, {"contacts": [{"ref": "a", "name": "x" * 300000}]}), 413, "too-large")
    host = Person(s, room["url"], host=room["host_url"].split("#h=")[1])
    assert host.hear(lambda m: m["type"] == "contacts")["contacts"] == kept
    assert s.ask("PUT", at, {"contacts": many[:500]}).status == 204
    assert len(host.hear(lambda m: m["type"] == "contacts")["contacts"]) == 500
    host.leave()


# ---- rings ----

def host_of(s, people, **room):
    room = s.post("/api/v1/rooms", {"locale": "fr", **room}).json
    assert s.ask("PUT", contacts_at(room["id"]), {"contacts": people}).status == 204
    user = {"user": {"ref": "zoe", "name": "Zoé"}, "role": "member"}
    url = s.post(f"/api/v1/rooms/{room['id']}/tokens", user).json["url"]
    host = Person(s, url.split("#")[0], token=url.split("#t=")[1])
    assert host.answer["type"] == "joined", host.answer
    host.hear(lambda m: m["type"] == "contacts")
    return room, host


def a_contact_is_rung_and_answers(s):
    stream = stream_test.Stream(s)
    room, host = host_of(s, [{"ref": "r-paul", "name": "Paul"}, {"ref": "r-ana", "name": "Ana"}])
    assert host.ask("invite", ref="r-paul")["type"] == "ok"
    rung = host.invitation("created")
    assert rung["to"] == {"ref": "r-paul", "name": "Paul"} and rung["from"] == {"name": "Zoé"}, rung
    while (event := stream.next()["data"])["type"] != "invitation.created":
        pass
    told = event["data"]["invitation"]
    assert told["id"] == rung["id"] and told["from"] == {"ref": "zoe", "name": "Zoé"}
    assert told["popin"]["title"] == "Zoé vous appelle" and "url" not in told
    assert host.ask("invite", ref="r-paul")["reason"] == "already_ringing"
    assert s.post(f"/api/v1/invitations/{rung['id']}/ack").status == 204
    assert host.invitation("ringing")["id"] == rung["id"]
    accepted = s.post(f"/api/v1/invitations/{rung['id']}/accept")
    assert host.invitation("accepted")["id"] == rung["id"]
    url = accepted.json["join_url"]
    paul = Person(s, url.split("#")[0], token=url.split("#t=")[1])
    assert paul.answer["name"] == "Paul" and paul.answer["role"] == "member"
    seen = paul.hear(lambda m: m["type"] == "contacts")["invitations"]
    assert seen == [], seen  # the one ring there is was Paul's own
    assert host.ask("invite", ref="r-paul")["reason"] == "already_here"
    assert host.ask("invite", ref="r-ana")["type"] == "ok"
    ana = host.invitation("created", "r-ana")
    assert s.post(f"/api/v1/invitations/{ana['id']}/decline").status == 204
    assert host.invitation("declined")["id"] == ana["id"]
    for person in (host, paul):
        person.leave()
    stream.close()


def who_is_offline_is_unreachable(s):
    _, host = host_of(s, [{"ref": "o-paul", "name": "Paul", "presence": "offline"}])
    assert host.ask("invite", ref="o-paul")["type"] == "ok"
    host.invitation("unreachable", "o-paul")
    host.leave()


def only_contacts_are_rung_and_rings_are_taken_back(s):
    room, host = host_of(s, [{"ref": "t-paul", "name": "Paul"}])
    bad = host.ask("invite", ref="t-eve")
    assert bad["reason"] == "unknown_contact" and bad["field"] == "/ref", bad
    assert host.ask("invite")["reason"] == "missing_field"
    assert host.ask("invite", ref="x" * 300)["reason"] == "invalid_field"
    assert host.ask("invite", ref="t-paul")["type"] == "ok"
    id_ = host.invitation("created")["id"]
    other, stranger = host_of(s, [])
    assert stranger.ask("uninvite", invitation=id_)["reason"] == "unknown_invitation"
    assert host.ask("uninvite", invitation="iv_none")["reason"] == "unknown_invitation"
    assert host.ask("uninvite", invitation=id_)["type"] == "ok"
    host.invitation("cancelled")
    assert host.ask("uninvite", invitation=id_)["reason"] == "invitation_settled"
    host.leave()
    stranger.leave()


def ten_rings_a_minute_are_enough(s):
    people = [{"ref": f"m{i}", "name": f"M {i}"} for i in range(12)]
    _, host = host_of(s, people)
    answers = [host.ask("invite", ref=p["ref"]) for p in people]
    assert [a["type"] for a in answers] == ["ok"] * 10 + ["error"] * 2, answers
    assert answers[10]["reason"] == "rate_limited" and answers[10]["retry_after"] >= 1
    host.leave()


def a_launch_link_rings_when_the_person_joins(s):
    who = suite(s, "Suite")
    stream = stream_test.Stream(s, key=who["API key"])
    zoe = launch(s, jti="rings", ring=["l-paul", "zoe", "l-ana"], ring_names={"l-paul": "Paul"},
                 sub="zoe-l")
    both = [zoe.invitation("created", ref) for ref in ("l-paul", "l-ana")]
    assert [i["to"]["name"] for i in both] == ["Paul", ""], both
    types = []
    while types.count("invitation.created") < 3:
        types.append(stream.next()["data"]["type"])
    assert types.index("room.created") < types.index("call.started") < \
        types.index("invitation.created"), types
    # The same link again, while they ring: nobody is rung twice.
    again = launch(s, jti="rings", ring=["l-paul"], sub="zoe-l")
    refused = again.invitation("refused")
    assert refused["reason"] == "already_ringing" and refused["id"] is None, refused
    # Whoever leaves last takes the rings along.
    again.leave()
    key = who["API key"]
    assert s.get(f"/api/v1/invitations/{both[0]['id']}", key=key).json["state"] == "created"
    zoe.leave()
    while "invitation.cancelled" not in types:
        types.append(stream.next()["data"]["type"])
    states = [s.get(f"/api/v1/invitations/{i['id']}", key=key).json["state"] for i in both]
    assert states == ["cancelled", "cancelled"], states
    stream.close()


def who_has_to_knock_rings_when_a_host_has_opened(s):
    key = suite(s)["API key"]
    room = s.post("/api/v1/rooms", {}, key=key).json
    host = Person(s, room["url"], host=room["host_url"].split("#h=")[1], name="Host")
    assert host.ask("lock", locked=True)["type"] == "ok"
    zoe = launch(s, act="join", room=room["id"], ring=["k-paul"], sub="zoe-k")
    assert zoe.answer["type"] == "lobby", zoe.answer
    rung = f"/api/v1/rooms/{room['id']}/invitations"
    assert s.get(rung, key=key).json["invitations"] == []
    knock = host.hear(lambda m: m["type"] == "knocking" and m["participants"])["participants"][0]
    assert host.ask("admit", participant=knock["id"])["type"] == "ok"
    zoe.hear(lambda m: m["type"] == "joined")
    zoe.invitation("created", "k-paul")
    zoe.leave()
    host.leave()


def rings_outlive_a_restart(s):
    room, host = host_of(s, [{"ref": "x-paul", "name": "Paul"}])
    assert host.ask("invite", ref="x-paul")["type"] == "ok"
    id_ = host.invitation("created")["id"]
    s.restart()
    assert s.get(f"/api/v1/invitations/{id_}").json["state"] in ("created", "unreachable")
    host.ws.close()


def a_member_gets_the_text_of_an_invitation_by_email(s):
    room, host = host_of(s, [])
    share = host.ask("share")
    assert share["type"] == "share" and share["link"] == room["url"], share
    assert share["link"] in share["text"] and share["subject"]
    assert "Zoé invites you" in share["text"], share["text"]
    host.leave()
    french = Person(s, room["url"], host=room["host_url"].split("#h=")[1], name="Ana", lang="fr")
    assert "Ana vous invite" in french.ask("share")["text"]
    french.leave()


SHARED = [contacts_are_shown_to_members_and_hosts_alone,
          nobody_is_offered_to_call_themselves,
          contacts_outlive_a_reload_and_end_with_the_room, wrong_contacts_change_nothing,
          only_contacts_are_rung_and_rings_are_taken_back]
TOGETHER = [who_is_offline_is_unreachable, a_launch_link_rings_when_the_person_joins,
            who_has_to_knock_rings_when_a_host_has_opened,
            a_member_gets_the_text_of_an_invitation_by_email]
ALONE = [a_contact_is_rung_and_answers, ten_rings_a_minute_are_enough, rings_outlive_a_restart]

if __name__ == "__main__":
    sys.exit(main(SHARED + TOGETHER, ALONE))
