#!/usr/bin/env python3
"""Events, personal rooms, a tenant's settings: events_test.py SALON. Exit 1 if a test fails."""
import sqlite3
import subprocess
import sys
import urllib.parse

from serving import ENV, SALON, check_problem, main, path_of


def event(ref, query=""):
    return f"/api/v1/events/{urllib.parse.quote(ref, safe='')}/room{query}"


def page(s, url):
    return s.get(path_of(url), key=False, headers={"Accept-Language": "fr"})


def an_event_gets_one_link(s):
    ref = "cal/2026?a=é@suite.example"
    check_problem(s.get(event(ref)), 404, "not-found")
    made = s.ask("PUT", event(ref), {"title": "Comité"})
    assert made.status == 201 and made.json["kind"] == "event", made.body
    room = made.json
    assert room["event_ref"] == ref and room["title"] == "Comité"
    again = s.ask("PUT", event(ref), {})
    assert again.status == 200 and again.json == room
    assert s.ask("PUT", event(ref)).json == room
    assert s.get(event(ref)).json == room
    found = s.get("/api/v1/rooms?event_ref=" + urllib.parse.quote(ref, safe="")).json["rooms"]
    assert [r["id"] for r in found] == [room["id"]]


def a_link_made_before_the_event_is_saved_is_put_to_it(s):
    room = s.post("/api/v1/rooms", {}).json
    assert page(s, room["url"]).status == 200
    put = s.ask("PUT", event("saved-1"), {"room_id": room["id"]})
    assert put.status == 200 and put.json["url"] == room["url"], put.body
    assert put.json["event_ref"] == "saved-1"
    check_problem(s.ask("PUT", event("saved-1"), {"room_id": "rm_none"}), 422, "invalid-field",
                  "/room_id")
    check_problem(s.ask("PUT", event("saved-1"), {"room_id": room["id"], "title": "x"}), 422,
                  "invalid-field", "/room_id")
    assert s.get(event("saved-1")).json["id"] == room["id"]


def a_dissociated_link_still_works_and_says_what_to_strip(s):
    room = s.ask("PUT", event("gone-1"), {}).json
    done = s.ask("DELETE", event("gone-1"))
    assert done.status == 200, done.body
    assert done.json["room_id"] == room["id"] and done.json["url"] == room["url"]
    strip = done.json["strip"]
    assert strip["location"] == room["url"] and "X-CONFERENCE-ID" in strip["ics"]
    assert len(strip["text_markers"]) == 2
    check_problem(s.get(event("gone-1")), 404, "not-found")
    check_problem(s.ask("DELETE", event("gone-1")), 404, "not-found")
    assert page(s, room["url"]).status == 200
    assert s.get(f"/api/v1/rooms/{room['id']}").json["event_ref"] is None
    other = s.ask("PUT", event("gone-1"), {})
    assert other.status == 201 and other.json["id"] != room["id"]
    back = s.ask("PUT", event("gone-1"), {"room_id": room["id"]})
    assert back.json["id"] == room["id"] and back.json["event_ref"] == "gone-1"
    assert s.get(f"/api/v1/rooms/{other.json['id']}").json["event_ref"] is None


def a_renewed_link_replaces_the_old(s):
    room = s.ask("PUT", event("again-1"), {}).json
    new = s.ask("PUT", event("again-1", "?renew=1"), {})
    assert new.status == 200 and new.json["id"] == room["id"]
    assert new.json["url"] != room["url"] and new.json["link_version"] == 2
    old = page(s, room["url"])
    assert old.status == 410 and "Ce lien a été remplacé par l'organisateur" in old.text.replace("&#39;", "'")
    assert path_of(new.json["url"]) not in old.text
    assert page(s, new.json["url"]).status == 200
    check_problem(s.ask("PUT", event("again-1", "?renew=yes"), {}), 422, "invalid-field")


def a_closed_room_of_an_event_is_made_anew(s):
    room = s.ask("PUT", event("closed-1"), {}).json
    assert s.ask("DELETE", f"/api/v1/rooms/{room['id']}").status == 204
    check_problem(s.get(event("closed-1")), 404, "not-found")
    check_problem(s.ask("PUT", event("closed-1"), {"room_id": room["id"]}), 410, "room-closed")
    other = s.ask("PUT", event("closed-1"), {})
    assert other.status == 201 and other.json["id"] != room["id"]


def events_of_two_tenants_are_two(s):
    key = subprocess.run([SALON, "tenant", "add", "Autre", "--state", s.state], env=ENV,
                         capture_output=True, text=True, check=True).stdout
    key = key.split("API key: ")[1].split("\n")[0]
    mine = s.ask("PUT", event("shared-1"), {}).json
    check_problem(s.get(event("shared-1"), key=key), 404, "not-found")
    theirs = s.ask("PUT", event("shared-1"), {}, key=key).json
    assert theirs["id"] != mine["id"]
    check_problem(s.ask("PUT", event("shared-1"), {"room_id": mine["id"]}, key=key), 422,
                  "invalid-field", "/room_id")
    assert s.ask("DELETE", event("shared-1"), key=key).status == 200
    assert s.get(event("shared-1")).json["id"] == mine["id"]


def a_personal_room_is_one_a_user(s):
    url = "/api/v1/users/zoe%40ville.example/room"
    check_problem(s.get(url), 404, "not-found")
    made = s.ask("PUT", url, {"name": "Zoé", "title": "Chez Zoé"})
    assert made.status == 201 and made.json["kind"] == "personal", made.body
    room = made.json
    assert room["owner"] == {"ref": "zoe@ville.example", "name": "Zoé"}
    assert s.ask("PUT", url, {}).status == 200 and s.get(url).json == room
    # In an event, in another: always the same link, and a renewal there is a room of the event's.
    assert s.ask("PUT", event("p-1"), {"room_id": room["id"]}).json["url"] == room["url"]
    assert s.ask("PUT", event("p-2"), {"room_id": room["id"]}).json["event_ref"] == "p-2"
    assert s.get(event("p-1")).json["url"] == room["url"]
    fresh = s.ask("PUT", event("p-2", "?renew=1"), {}).json
    assert fresh["kind"] == "event" and fresh["url"] != room["url"]
    assert s.get(url).json["url"] == room["url"] and page(s, room["url"]).status == 200
    turned = s.post(url + "/rotate", {})
    assert turned.status == 200 and turned.json["url"] != room["url"]
    assert page(s, room["url"]).status == 410
    assert s.ask("DELETE", url).status == 204
    check_problem(s.get(url), 404, "not-found")
    assert page(s, turned.json["url"]).status == 410
    assert s.ask("PUT", url, {}).json["id"] != room["id"]


def personal_rooms_are_switched_off_and_on(s):
    url = "/api/v1/users/off/room"
    room = s.ask("PUT", url, {}).json
    off = s.ask("PATCH", "/api/v1/tenant", {"features": {"personal_rooms": False}})
    assert off.status == 200 and off.json["features"]["personal_rooms"] is False, off.body
    for method in ("GET", "PUT", "DELETE"):
        check_problem(s.ask(method, url, {} if method == "PUT" else None), 403, "feature-disabled")
    said = page(s, room["url"])
    assert said.status == 403 and "désactivées" in said.text
    s.ask("PATCH", "/api/v1/tenant", {"features": {"personal_rooms": True}})
    assert s.get(url).json["url"] == room["url"] and page(s, room["url"]).status == 200


def a_user_is_erased(s):
    room = s.ask("PUT", "/api/v1/users/eve/room", {"name": "Eve"}).json
    other = s.post("/api/v1/rooms", {"owner": {"ref": "eve", "name": "Eve"}}).json
    assert s.ask("DELETE", "/api/v1/users/eve").status == 204
    assert page(s, room["url"]).status == 410
    left = s.get(f"/api/v1/rooms/{other['id']}").json
    assert left["owner"] is None and page(s, left["url"]).status == 200
    assert s.ask("DELETE", "/api/v1/users/eve").status == 204
    assert s.get("/api/v1/rooms?owner=eve").json["rooms"] == []


def a_tenant_sets_its_texts(s):
    before = s.get("/api/v1/tenant").json
    assert before["templates"] is None and before["retention"]["event_d"] == 400
    templates = {"fr": {"text": "${Organisateur} vous attend\nSalle ${NomRessource}\n<${URL}>\n",
                        "html": "<b>${Organisateur}</b>\n<i>${NomRessource}</i>\n${URL}"},
                 "de": {"text": ""}}
    set_ = s.ask("PATCH", "/api/v1/tenant", {"templates": templates, "resource": "salon@ville.example"})
    assert set_.status == 200 and set_.json["templates"] == templates, set_.body
    room = s.post("/api/v1/rooms", {"owner": {"ref": "o", "name": "Zoé <b>"}, "locale": "fr"}).json
    share = room["share"]
    assert share["text"] == f"Zoé <b> vous attend\n<{room['url']}>\n", share["text"]
    assert share["html"] == f"<b>Zoé &lt;b&gt;</b>\n{room['url']}", share["html"]
    more = s.get(f"/api/v1/rooms/{room['id']}/share?organizer=Paul&resource=A%26B").json
    assert more["html"] == f"<b>Paul</b>\n<i>A&amp;B</i>\n{room['url']}", more["html"]
    empty = s.get(f"/api/v1/rooms/{room['id']}/share?locale=de").json
    assert empty["text"] == room["url"]
    region = s.get(f"/api/v1/rooms/{room['id']}/share?locale=fr-CA&organizer=Paul").json
    assert region["text"].startswith("Paul vous attend")
    s.ask("PATCH", "/api/v1/tenant", {"templates": None, "resource": None})
    after = s.get("/api/v1/tenant").json
    assert after["templates"] is None and after["resource"] is None
    english = s.get(f"/api/v1/rooms/{room['id']}/share?locale=en").json
    assert english["locale"] == "en" and "press Start" in english["text"]
    assert "Zoé &lt;b&gt; invites you" in english["html"]


def bad_settings_change_nothing(s):
    tenant = "/api/v1/tenant"
    before = s.get(tenant).json
    for body, pointer in [
            ({"featuers": {}}, "/featuers"),
            ({"features": {"personal_rooms": 1}}, "/features/personal_rooms"),
            ({"features": {"other": True}}, "/features/other"),
            ({"origins": ["https://a.example", "javascript:x"]}, "/origins"),
            ({"origins": "https://a.example"}, "/origins"),
            ({"resource": "no address"}, "/resource"),
            ({"retention": {"event_d": 0}}, "/retention/event_d"),
            ({"templates": {"fr": {"text": "x" * 9000}}}, "/templates/fr/text"),
            ({"templates": {"fr": {"txt": "x"}}}, "/templates/fr/txt"),
            ({"templates": ["fr"]}, "/templates"),
            ({"locale": "f r"}, "/locale"),
            ({"quotas": {"rooms": 9}}, "/quotas")]:
        check_problem(s.ask("PATCH", tenant, body), 422, "invalid-field", pointer)
    assert s.get(tenant).json == before
    some = s.ask("PATCH", tenant, {"origins": ["https://suite.example"], "locale": "fr"})
    assert some.json["origins"] == ["https://suite.example"] and some.json["locale"] == "fr"
    none = s.ask("PATCH", tenant, {"origins": []})
    assert none.json["origins"] == [] and none.json["features"] == before["features"]


def a_quota_of_rooms_holds(s):
    def tenant(*args):
        return subprocess.run([SALON, "tenant", *args, "--state", s.state], env=ENV,
                              capture_output=True, text=True)

    key = tenant("add", "Petite").stdout.split("API key: ")[1].split("\n")[0]
    assert tenant("quota", "Petite", "rooms=2").returncode == 0
    assert tenant("quota", "Petite", "tables=2").returncode != 0
    assert "rooms=2" in tenant("list").stdout
    first = s.post("/api/v1/rooms", {}, key=key).json
    assert s.ask("PUT", event("q-1"), {}, key=key).status == 201
    refused = s.post("/api/v1/rooms", {}, key=key)
    check_problem(refused, 429, "quota-exceeded")
    assert int(refused.headers["Retry-After"]) > 0
    check_problem(s.ask("PUT", event("q-2"), {}, key=key), 429, "quota-exceeded")
    check_problem(s.ask("PUT", "/api/v1/users/u/room", {}, key=key), 429, "quota-exceeded")
    assert s.ask("DELETE", f"/api/v1/rooms/{first['id']}", key=key).status == 204
    assert s.post("/api/v1/rooms", {}, key=key).status == 201


UUID = "0f8fad5b-d9cb-469f-a165-70867728950e"


def rows(s):
    with sqlite3.connect(f"file:{s.state}/salon.db?mode=ro", uri=True) as db:
        return db.execute("SELECT (SELECT count(*) FROM rooms), (SELECT count(*) FROM links)").fetchone()


def a_link_that_others_make_up_is_a_join_page_that_makes_nothing(s):
    prefix = s.get("/api/v1/tenant").json["prefix"]
    before = rows(s)
    for path in (UUID, UUID + "/", UUID.upper(), "SOGo_meeting/" + UUID, "une%20salle", UUID + "?x=1"):
        answer = s.get(f"/b/{prefix}/{path}", key=False)
        assert answer.status == 200 and 'id="before"' in answer.text, (path, answer.status)
        assert answer.headers["Referrer-Policy"] == "no-referrer"
    for path in ("", "a/b", "%00", "a%0d%0ab", "x" * 200):
        assert s.get(f"/b/{prefix}/{path}", key=False).status in (400, 404), path
    assert s.get("/b/nobody/" + UUID, key=False).status == 404
    assert rows(s) == before


SHARED = [
    an_event_gets_one_link, a_link_made_before_the_event_is_saved_is_put_to_it,
    a_dissociated_link_still_works_and_says_what_to_strip, a_renewed_link_replaces_the_old,
    a_closed_room_of_an_event_is_made_anew, events_of_two_tenants_are_two,
    a_personal_room_is_one_a_user, personal_rooms_are_switched_off_and_on, a_user_is_erased,
    a_tenant_sets_its_texts, bad_settings_change_nothing, a_quota_of_rooms_holds,
    a_link_that_others_make_up_is_a_join_page_that_makes_nothing,
]

if __name__ == "__main__":
    sys.exit(main(SHARED))
