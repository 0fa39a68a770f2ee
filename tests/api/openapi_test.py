#!/usr/bin/env python3
"""docs/openapi.yaml and the server, one against the other: openapi_test.py SALON."""
import json
import re
import sys

import jsonschema

import calendar_test
import contract
import embed_test
import events_test
import http_test
import invitations_test
import inviting_test
import lobby_test
import serving
import stream_test
import webhooks_test
from serving import main

#: Whose requests and answers are judged: on one server, on one each, with none given.
SHARED = [*http_test.SHARED, *events_test.SHARED, *calendar_test.SHARED,
          *embed_test.SHARED, *inviting_test.SHARED]
ALONE = [*http_test.ALONE[:1], *invitations_test.ALONE, *lobby_test.ALONE]
WITHOUT = [webhooks_test.with_loopback_open(t) for t in webhooks_test.OPEN]

#: What no request of those tests can reach through Server.ask.
NOT_ASKED = {
    ("GET", "/api/v1/stream"),  # never ends: its events are judged below
}


def schemas(node):
    """Every schema of a document."""
    if isinstance(node, dict):
        for key, value in node.items():
            if key == "schema":
                yield value
            elif key == "schemas":
                yield from value.values()
            yield from schemas(value)
    elif isinstance(node, list):
        for value in node:
            yield from schemas(value)


def references(node):
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"]
        for value in node.values():
            yield from references(value)
    elif isinstance(node, list):
        for value in node:
            yield from references(value)


def what_the_file_says_holds_together(_):
    """The rules of OpenAPI 3.1 that this file could break."""
    d = contract.load()
    assert re.fullmatch(r"3\.1\.\d+", d["openapi"]) and d["info"]["title"] and d["info"]["version"]
    assert set(d) <= {"openapi", "info", "servers", "security", "tags", "paths", "components"}
    for reference in references(d):
        contract.pointed(d, reference)
    used = set(references(d))
    for kind in ("schemas", "responses", "parameters", "requestBodies"):
        for name in d["components"][kind]:
            # Of what events carry, only the documents and the tests speak.
            assert f"#/components/{kind}/{name}" in used or name == "Event", (kind, name)
    for schema in schemas(d):
        jsonschema.Draft202012Validator.check_schema(schema)
    tags = {tag["name"] for tag in d["tags"]}
    names = []
    c = contract.Contract(d)
    for (method, template), operation in c.operations.items():
        where = f"{method} {template}"
        assert template.startswith("/") and set(operation["tags"]) <= tags, where
        assert operation["summary"] and operation["responses"], where
        assert "default" in operation["responses"], where
        assert any(s.startswith("2") for s in operation["responses"]), where
        for response in operation["responses"].values():
            assert c.resolve(response)["description"], where
        names.append(operation["operationId"])
        given = [c.resolve(p) for p in
                 d["paths"][template].get("parameters", []) + operation.get("parameters", [])]
        in_path = [p["name"] for p in given if p["in"] == "path"]
        assert sorted(in_path) == sorted(re.findall(r"{(\w+)}", template)), where
        assert all(p["required"] for p in given if p["in"] == "path"), where
        assert all(p["in"] in ("path", "query", "header") and "schema" in p for p in given), where
        schemes = [n for need in operation.get("security", d["security"]) for n in need]
        assert set(schemes) <= set(d["components"]["securitySchemes"]), where
    assert len(names) == len(set(names)), "operationIds are unique"


def every_route_is_described_and_the_other_way_round(s):
    routes = s.get("/dev/routes", key=False).json["routes"]
    there = {(r["method"], r["path"]) for r in routes if r["path"].startswith("/api/v1/")}
    described = {w for w in contract.Contract(contract.load()).operations
                 if w[1].startswith("/api/v1/")}
    assert described - there == set(), f"described, not there: {sorted(described - there)}"
    assert there - described == set(), f"there, not described: {sorted(there - described)}"
    others = {w for w in contract.Contract(contract.load()).operations} - described
    assert others <= {(r["method"], r["path"]) for r in routes}, others


def the_server_serves_its_own_description(s):
    answer = s.get("/api/v1/openapi.yaml", key=False)
    assert answer.status == 200 and answer.headers["Content-Type"] == "application/yaml"
    assert contract.load(answer.text) == contract.load()
    known = {"If-None-Match": answer.headers["ETag"]}
    assert s.get("/api/v1/openapi.yaml", key=False, headers=known).status == 304


def events_are_as_described(s):
    c = contract.Contract(contract.load())
    stream = stream_test.Stream(s)
    room, _ = stream_test.ring(s, "paul", metadata={"a": 1})
    s.post(f"/api/v1/rooms/{room['id']}/rotate", {})
    s.ask("DELETE", f"/api/v1/rooms/{room['id']}")
    seen = set()
    while "room.closed" not in seen:
        event = stream.next()["data"]
        seen.add(event["type"])
        c.check({"$ref": "#/components/schemas/Event"}, event, event["type"], True)
    stream.close()
    assert {"room.created", "room.link_rotated", "invitation.created"} <= seen, seen


def requests_and_answers_are_as_described():
    """The other tests of the API once more, with a judge."""
    c = contract.Contract(contract.load())
    contract.watching(c)
    status = main(SHARED, ALONE, WITHOUT)
    serving.watch = None
    for violation in sorted(set(c.violations)):
        print("VIOLATION", violation)
    good = {(method, path) for method, path, answered in c.seen if answered < 300}
    never = {w for w in c.operations if w[1].startswith("/api/v1/")} - good - NOT_ASKED
    if never:
        print("NEVER ANSWERED WELL", sorted(never))
    return status == 0 and not c.violations and not never


def what_the_others_do_not_ask(s):
    """So that every operation is answered well once, with the judge listening."""
    the_server_serves_its_own_description(s)
    for path in ("event.ics?start=2030-01-01T09:00:00Z&end=2030-01-01T10:00:00Z", "qr.svg"):
        room = s.post("/api/v1/rooms", {}).json["id"]
        assert s.get(f"/api/v1/rooms/{room}/{path}").status == 200
        assert s.get(f"/api/v1/rooms/{room}/share/{path}").status == 200
    assert s.get("/api/v1/webhooks").json == {"webhooks": []}
    room = s.post("/api/v1/rooms", {}).json
    ws = http_test.WebSocket(s)
    join = {"type": "join", "id": 1, "link": room["url"], "name": "Zoé"}
    who = ws.ask(http_test.frame(1, json.dumps(join).encode()))["participant"]
    assert s.post(f"/api/v1/rooms/{room['id']}/participants/{who}/mute", {}).status == 204
    ws.close()


SHARED.append(what_the_others_do_not_ask)

if __name__ == "__main__":
    good = main([every_route_is_described_and_the_other_way_round,
                 the_server_serves_its_own_description, events_are_as_described], [],
                [what_the_file_says_holds_together]) == 0
    good &= requests_and_answers_are_as_described()
    sys.exit(0 if good else 1)
