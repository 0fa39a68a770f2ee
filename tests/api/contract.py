"""docs/openapi.yaml as a judge of requests and answers, over the HTTP of serving.py."""
import copy
import json
import pathlib
import re
import urllib.parse

import jsonschema
import yaml

import serving

FILE = pathlib.Path(__file__).resolve().parents[2] / "docs" / "openapi.yaml"
METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")


class Violation(AssertionError):
    """The server and its description do not agree."""


def load(text=None):
    return yaml.safe_load(text or FILE.read_text())


def pointed(document, pointer):
    """What a local reference (#/a/b) points at."""
    at = document
    for step in pointer.removeprefix("#/").split("/"):
        at = at[step.replace("~1", "/").replace("~0", "~")]
    return at


def closed(schema):
    """The same with no property but those named: what a client must ignore, a test must not."""
    if isinstance(schema, list):
        return [closed(s) for s in schema]
    if not isinstance(schema, dict):
        return schema
    out = {k: closed(v) for k, v in schema.items()}
    if "properties" in out and isinstance(out["properties"], dict):
        out.setdefault("additionalProperties", False)
    return out


class Contract:
    def __init__(self, document):
        self.document = document
        strict = copy.deepcopy(document)
        strict["components"]["schemas"] = closed(strict["components"]["schemas"])
        self.resolvers = {False: jsonschema.RefResolver("", document),
                          True: jsonschema.RefResolver("", strict)}
        self.operations = {}   # (METHOD, template): operation
        self.patterns = []     # (regular expression, template), the fewest parameters first
        for template, item in document["paths"].items():
            pattern = re.sub(r"\\{[^}]*\\}", "[^/]+", re.escape(template))
            self.patterns.append((template.count("{"), re.compile(pattern), template))
            for method in METHODS:
                if method in item:
                    self.operations[method.upper(), template] = self.resolve(item[method])
        self.patterns.sort(key=lambda p: p[0])
        self.seen = set()      # (METHOD, template, status) of answers that were checked
        self.violations = []

    def resolve(self, thing):
        while isinstance(thing, dict) and "$ref" in thing:
            thing = pointed(self.document, thing["$ref"])
        return thing

    def operation(self, method, path):
        path = path.split("?")[0]
        method = "GET" if method == "HEAD" else method
        for _, pattern, template in self.patterns:
            if pattern.fullmatch(path) and (method, template) in self.operations:
                return method, template
        return None

    def check(self, schema, value, what, strict):
        schema = closed(schema) if strict else schema
        judge = jsonschema.Draft202012Validator(schema, resolver=self.resolvers[strict],
                                                format_checker=jsonschema.FormatChecker())
        for error in judge.iter_errors(value):
            raise Violation(f"{what}: {error.json_path}: {error.message}")

    def check_answer(self, where, answer):
        what = f"{' '.join(where)} {answer.status}"
        responses = self.operations[where]["responses"]
        named = str(answer.status) in responses
        if answer.status < 400 and not named and answer.status != 304:
            raise Violation(f"{what}: this status is not described")
        response = self.resolve(responses[str(answer.status)] if named else responses["default"])
        content = response.get("content")
        if answer.status in (204, 304) or not content:
            if answer.body:
                raise Violation(f"{what}: a body that is not described")
            return
        given = answer.headers["Content-Type"].split(";")[0]
        if given not in content:
            raise Violation(f"{what}: Content-Type {given}")
        if given.endswith("json"):
            self.check(content[given]["schema"], answer.json, what, True)

    def check_request(self, where, path, headers, body):
        """A request that the server took is one that the description allows."""
        what = " ".join(where) + " request"
        operation = self.operations[where]
        parameters = [self.resolve(p) for p in operation.get("parameters", [])]
        known = {p["name"]: p["schema"] for p in parameters if p["in"] == "query"}
        for name, value in urllib.parse.parse_qsl(path.partition("?")[2]):
            if name not in known:
                raise Violation(f"{what}: the query parameter {name} is not described")
            number = known[name].get("type") == "integer"
            self.check(known[name], int(value) if number else value, f"{what} ?{name}", False)
        taken = self.resolve(operation.get("requestBody", {}))
        if not body:
            if taken.get("required"):
                raise Violation(f"{what}: a body is required, and none was taken")
            return
        content = taken.get("content", {})
        given = (headers.get("Content-Type") or "").split(";")[0]
        if given not in content:
            raise Violation(f"{what}: Content-Type {given}")
        if given == "application/json":
            self.check(content[given]["schema"], json.loads(body), what, False)

    def watch(self, server, method, path, headers, body, answer):
        where = self.operation(method, path) if method != "OPTIONS" else None
        if not where or method == "HEAD" or answer.status == 405:
            return
        try:
            self.check_answer(where, answer)
            if answer.status < 400:
                self.check_request(where, path, headers, body)
            self.seen.add((*where, answer.status))
        except Violation as violation:
            self.violations.append(str(violation))


def watching(contract):
    """Judges whatever serving.Server is asked from now on."""
    serving.watch = contract.watch
