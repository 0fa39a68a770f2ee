#!/usr/bin/env python3
"""The public addresses: reading changes nothing, nobody is sent elsewhere: public_test.py SALON."""
import sqlite3
import sys
import urllib.parse

from endpoints import World
from serving import check_problem, main, path_of

WHEN = "?start=2026-01-01T10:00:00Z&end=2026-01-01T11:00:00Z"
UUID = "3f0c2f6e-7d1b-4c57-9b1e-1d2c3b4a5f60"


def a_world(s, name):
    """A tenant with links in every state, and nothing on its way that would write a row."""
    w = World(s, name)
    w.ask("DELETE", f"/api/v1/webhooks/{w.ids['webhook']}")
    w.ask("DELETE", f"/api/v1/invitations/{w.ids['invitation']}")
    room = f"/api/v1/rooms/{w.ids['room']}"
    w.old = path_of(w.room["url"])
    w.moved = path_of(w.ask("POST", room + "/rotate", {"old": "closed"}).json["url"])
    w.room = w.ask("POST", room + "/rotate", {"old": "redirect"}).json
    closed = w.make("POST", "/api/v1/rooms", {})
    w.closed = path_of(closed["url"])
    w.ask("DELETE", f"/api/v1/rooms/{closed['id']}")
    used = w.make("POST", f"{room}/invitations", {"from": {"ref": "a", "name": "A"}, "to": [
        {"email_link": True, "max_uses": 1}, {"email_link": True, "name": "Gone"}]})["invitations"]
    w.once, gone = path_of(used[0]["url"]), used[1]
    w.ask("DELETE", f"/api/v1/invitations/{gone['id']}")
    w.gone = path_of(gone["url"])
    w.prefix = w.ask("GET", "/api/v1/tenant").json["prefix"]
    return w


def public_paths(s, w):
    share = w.room["share"]
    link = urllib.parse.quote(w.room["url"], safe="")
    return ["/", path_of(w.room["url"]), w.old, w.moved, w.closed, w.once, w.gone,
            path_of(w.mail["url"]), path_of(w.personal["url"]), path_of(s.join),
            f"/b/{w.prefix}/{UUID}", f"/b/{w.prefix}/SOGo_meeting/{UUID}", f"/b/{w.prefix}/weak name",
            f"/b/{w.prefix}/{UUID}?jwt=a&x=b", "/b/none/x", "/r/none", "/i/none",
            path_of(share["ics_url"]) + WHEN, path_of(share["qr_url"]),
            f"/launch/{w.prefix}", "/embed.js", f"/oembed?url={link}", f"/oembed?url={link}&format=json",
            "/healthz", "/readyz", "/metrics", "/robots.txt", "/favicon.ico", "/static/salon.js",
            "/api/v1/openapi.yaml", "/dev/status",
            # Calls of the compatibility layers, by somebody who cannot sign them.
            f"/bbb/{w.prefix}/bigbluebutton/api", f"/bbb/{w.prefix}/bigbluebutton/api/create?meetingID=m",
            f"/bbb/{w.prefix}/bigbluebutton/api/join?meetingID=m&fullName=A&checksum={'0' * 40}",
            f"/bbb/{w.prefix}/bigbluebutton/api/end?meetingID=m&checksum=",
            f"/bbb/{w.prefix}/bigbluebutton/api/getMeetings", "/external-api/v1.0/rooms/",
            "/external-api/v1.0/application/token/"]


def dump(s):
    with sqlite3.connect(f"file:{s.state}/salon.db?mode=ro", uri=True) as db:
        return "\n".join(db.iterdump())


#: How mail scanners and chats look at a link before its reader does.
SCANNERS = [{"User-Agent": "Mozilla/5.0 (compatible; bingbot/2.0)", "Accept": "*/*"},
            {"User-Agent": "Slackbot-LinkExpanding 1.0", "Range": "bytes=0-32768"},
            {"User-Agent": "Mozilla/5.0 SafeLinks", "Accept": "text/html", "Purpose": "prefetch"},
            {"User-Agent": "curl/8", "Sec-Purpose": "prefetch;prerender"},
            {"User-Agent": "Outlook", "X-Forwarded-For": "192.0.2.7", "Cookie": "a=b"}]


def reading_a_public_address_changes_no_row(s):
    w = a_world(s, "Scanned")
    before = dump(s)
    for path in public_paths(s, w):
        for method in ("GET", "HEAD"):
            for headers in SCANNERS[:1]:
                answer = s.ask(method, path.replace(" ", "%20"), headers=headers, key=False)
                assert answer.status < 500, (method, path, answer.status)
                assert method == "GET" or answer.body == b"", path
    assert dump(s) == before
    valid = [p for p in (path_of(w.room["url"]), w.once, path_of(w.mail["url"]),
                         f"/b/{w.prefix}/{UUID}")]
    for n in range(100):
        path = valid[n % len(valid)]
        answer = s.ask("HEAD" if n % 3 else "GET", path, headers=SCANNERS[n % 5], key=False)
        assert answer.status == 200, (path, answer.status)
    assert dump(s) == before
    assert s.get(w.once, key=False).status == 200  # not used up by having been looked at


def other_methods_on_public_addresses_change_no_row(s):
    w = a_world(s, "Posted")
    before = dump(s)
    for path in public_paths(s, w):
        for method in ("POST", "PUT", "PATCH", "DELETE"):
            answer = s.ask(method, path.replace(" ", "%20"), key=False)
            if path.startswith(("/bbb/", "/external-api/")):  # calls: refused in their own words
                assert answer.status < 500 and b"SUCCESS" not in answer.body.replace(
                    b"<returncode>SUCCESS</returncode><version>2.0</version>", b""), path
            else:
                assert answer.status in (404, 405), (method, path, answer.status)
    assert dump(s) == before


EVIL = ["//evil.example", "//evil.example/r/x", "/\\evil.example", "/%5cevil.example", "/%2f%2fevil.example",
        "/.evil.example", "///evil.example/..", "/http://evil.example", "/r///evil.example",
        "/r/%2f%2fevil.example", "/r/http:%2f%2fevil.example", "/i//evil.example", "/b//evil.example/x",
        "/b/x//evil.example", "/static//evil.example", "/static/..//evil.example", "/s//evil.example/1/2/x",
        "/launch//evil.example", "/launch/%5c%5cevil.example", "/r/%0d%0aLocation:%20http:%2f%2fevil.example"]
QUERIES = ["redirect=", "url=", "next=", "return=", "return_to=", "redirect_uri=", "continue=", "u="]


def ours(s, answer, what):
    place = answer.headers["Location"]
    assert place is None or place.startswith((f"http://127.0.0.1:{s.port}/", "/static/")), (what, place)
    assert "//evil" not in (place or "") and "evil.example" not in str(answer.headers), (what, place)
    assert "Refresh" not in answer.headers


def nobody_is_sent_elsewhere(s):
    w = a_world(s, "Redirected")
    for path in EVIL:
        for method in ("GET", "HEAD"):
            answer = s.ask(method, path, key=False)
            ours(s, answer, path)
            assert answer.status in (301, 302, 400, 404, 429), (path, answer.status)
            assert b"evil.example" not in answer.body, path
    for path in public_paths(s, w):
        for query in QUERIES:
            mark = "&" if "?" in path else "?"
            full = f"{path}{mark}{query}https://evil.example/&{query}//evil.example".replace(" ", "%20")
            answer = s.get(full, key=False)
            ours(s, answer, full)
            assert b"evil.example" not in answer.body, full
    moved = s.get(w.moved + "?redirect=//evil.example", key=False)
    assert moved.status == 302 and moved.headers["Location"] == w.room["url"]


def the_host_asked_for_is_in_no_link(s):
    w = World(s, "Hosts")
    forged = [{"Host": "evil.example"}, {"Host": "evil.example:80", "X-Forwarded-Host": "evil.example"},
              {"X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "https",
               "Forwarded": "host=evil.example;proto=https", "X-Original-URL": "//evil.example",
               "Origin": "https://evil.example", "Referer": "https://evil.example/"}]
    room = f"/api/v1/rooms/{w.ids['room']}"
    for headers in forged:
        for method, path, body in (
                ("POST", "/api/v1/rooms", {}), ("GET", room, None), ("GET", room + "/share", None),
                ("POST", room + "/rotate", {}), ("GET", room + "/event.ics" + WHEN, None),
                ("POST", room + "/tokens", {"user": {"ref": "a", "name": "a"}}),
                ("PUT", "/api/v1/events/h-1/room", {}), ("PUT", "/api/v1/users/h-1/room", {}),
                ("POST", room + "/invitations", {"from": {"ref": "a", "name": "a"},
                                                 "to": [{"email_link": True}]})):
            answer = w.ask(method, path, body, headers=headers)
            assert answer.status in (200, 201), (path, answer.body)
            assert "evil" not in answer.text and "evil" not in str(answer.headers), path
        for path in public_paths(s, w_with_prefix(w)):
            answer = s.get(path.replace(" ", "%20"), key=False, headers=headers)
            assert b"evil" not in answer.body and "evil" not in str(answer.headers), path
    # The absolute form of a target (RFC 9112 section 3.2.2) names a host as well.
    got = s.raw(b"GET http://evil.example/r/none HTTP/1.1\r\nHost: evil.example\r\n"
                b"Connection: close\r\n\r\n")
    assert got.startswith(b"HTTP/1.1 4") and b"evil" not in got


def w_with_prefix(w):
    for name in ("old", "moved", "closed", "once", "gone"):
        setattr(w, name, path_of(w.room["url"]))
    w.prefix = w.ask("GET", "/api/v1/tenant").json["prefix"]
    return w


def share_files_show_a_link_as_long_as_it_is_the_rooms(s):
    w = World(s, "Files")
    ics, qr = path_of(w.room["share"]["ics_url"]), path_of(w.room["share"]["qr_url"])
    assert s.get(ics + WHEN, key=False).status == 200 and s.get(qr, key=False).status == 200
    new = w.ask("POST", f"/api/v1/rooms/{w.ids['room']}/rotate", {}).json
    for path in (ics + WHEN, qr):  # who had the old link does not get the new one by its files
        check_problem(s.get(path, key=False), 404, "not-found")
    ics = path_of(new["share"]["ics_url"])
    room, until, signature = ics.split("/")[2:5]
    other = World(s, "FilesToo").ids["room"]
    for path in (f"/s/{other}/{until}/{signature}/event.ics", f"/s/{room}/{int(until) + 1}/{signature}/qr.svg",
                 f"/s/{room}/+{until}/{signature}/qr.svg", f"/s/{room}/{until}/{signature[:-1]}/qr.svg",
                 f"/s/{room}/{until}x/{signature}/qr.svg", f"/s/{room}/0/{signature}/qr.svg",
                 f"/s/{room}/-1/{signature}/qr.svg", f"/s/{room}/9999999999/{signature}/qr.svg",
                 f"/s/{room}/{'9' * 40}/{signature}/qr.svg", f"/s/{room}/{until}/{signature}/other",
                 f"/s/{'r' * 300}/{until}/{signature}/qr.svg"):
        if f"+{until}" in path:
            assert s.get(path, key=False).status in (200, 404)
        else:
            check_problem(s.get(path, key=False), 404, "not-found")
    w.ask("DELETE", f"/api/v1/rooms/{w.ids['room']}")
    check_problem(s.get(ics + WHEN, key=False), 404, "not-found")


ALONE = [reading_a_public_address_changes_no_row, other_methods_on_public_addresses_change_no_row,
         nobody_is_sent_elsewhere, the_host_asked_for_is_in_no_link,
         share_files_show_a_link_as_long_as_it_is_the_rooms]

if __name__ == "__main__":
    sys.exit(main([], ALONE))
