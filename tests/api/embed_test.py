#!/usr/bin/env python3
"""Rooms in the pages of others: embed_test.py SALON. Exit 1 if a test fails."""
import sqlite3
import sys
import urllib.parse

from serving import check_problem, main, path_of


def oembed(s, url, **query):
    return s.get("/oembed?" + urllib.parse.urlencode({"url": url, **query}), key=False)


def a_link_becomes_a_frame_that_nobody_looked_up(s):
    base = f"http://127.0.0.1:{s.port}"
    room = s.post("/api/v1/rooms", {"title": "Secret <plan>"}).json
    real = oembed(s, room["url"])
    assert real.status == 200 and real.headers["Content-Type"] == "application/json"
    assert real.headers["Access-Control-Allow-Origin"] == "*"
    made_up = oembed(s, f"{base}/r/{'0' * 26}", format="json")
    same = real.json | {"html": ""}
    assert made_up.json | {"html": ""} == same and "plan" not in real.text, (real.text, made_up.text)
    assert real.json["html"].startswith(f'<iframe src="{room["url"]}" width="800" height="600" allow="')
    assert (same["version"], same["type"], same["provider_name"]) == ("1.0", "rich", "salon")
    small = oembed(s, room["url"], maxwidth=300, maxheight="9999").json
    assert (small["width"], small["height"]) == (300, 600) and 'width="300"' in small["html"]


def a_frame_holds_no_secret_of_the_link(s):
    room = s.post("/api/v1/rooms", {}).json
    html = oembed(s, room["host_url"] + "?x=1").json["html"]
    assert f'"{room["url"]}"' in html and "#" not in html


def what_is_no_link_of_ours_is_no_frame(s):
    base = f"http://127.0.0.1:{s.port}"
    for url in ("", "x", base, base + "/r/", base + "/api/v1/rooms", "https://elsewhere.example/r/abc",
                base + ".elsewhere.example/r/abc", base + '/r/"onload=x', base + "/r/<b>",
                base + "/r/a\r\nb", "javascript:alert(1)//" + base + "/r/a", base + "/r/" + "a" * 3000):
        assert oembed(s, url).status in (400, 404), url
    check_problem(s.get("/oembed", key=False), 404, "not-found")
    for side in ("0", "-1", "x", "1e3", "99999999", ""):
        check_problem(oembed(s, base + "/r/abc", maxwidth=side), 422, "invalid-field")
    assert oembed(s, base + "/r/abc", format="xml").status == 501


def the_script_is_for_any_page(s):
    answer = s.get("/embed.js", key=False)
    assert answer.status == 200 and answer.headers["Content-Type"].startswith("text/javascript")
    assert answer.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    again = s.get("/embed.js", key=False, headers={"If-None-Match": answer.headers["ETag"]})
    assert again.status == 304 and again.body == b""


def the_page_knows_whose_pages_may_frame_it(s):
    origins = ["https://suite.example.org", "https://mail.example.org:8443"]
    s.ask("PATCH", "/api/v1/tenant", {"origins": origins})
    page = s.get(path_of(s.post("/api/v1/rooms", {}).json["url"]), key=False)
    assert f'name="salon-origins" content="{" ".join(origins)}"' in page.text
    csp = page.headers["Content-Security-Policy"]
    assert csp.endswith("frame-ancestors 'self' " + " ".join(origins)), csp
    s.ask("PATCH", "/api/v1/tenant", {"origins": []})
    page = s.get(path_of(s.post("/api/v1/rooms", {}).json["url"]), key=False)
    assert 'name="salon-origins" content=""' in page.text


def reading_changes_no_row(s):
    def rows():
        with sqlite3.connect(f"file:{s.state}/salon.db?mode=ro", uri=True) as db:
            return list(db.iterdump())

    room = s.post("/api/v1/rooms", {}).json
    before = rows()
    for path in ("/embed.js", "/api/v1/openapi.yaml", f"/oembed?url={room['url']}", path_of(room["url"])):
        for method in ("GET", "HEAD"):
            assert s.ask(method, path, key=False).status == 200, (method, path)
    assert rows() == before


SHARED = [
    reading_changes_no_row,
    a_link_becomes_a_frame_that_nobody_looked_up, a_frame_holds_no_secret_of_the_link,
    what_is_no_link_of_ours_is_no_frame, the_script_is_for_any_page,
    the_page_knows_whose_pages_may_frame_it,
]

if __name__ == "__main__":
    sys.exit(main(SHARED))
