"""
What a run has handed out or was told, and that no log of it repeats any: tokens, keys, names, titles,
e-mails, query strings, calendars. serving.py notes each request and answer, keeps what each server
wrote (at the level debug) and its metrics, and looks at the end of every test program.
"""
import json
import re
import urllib.parse

LEAST = 6  # characters: shorter words come about by chance
TEXTS = {"name", "title", "subject", "text", "html", "ref", "resource", "token", "secret", "url",
         "host_url", "join_url", "link", "message", "ics_url", "qr_url", "mailto", "location", "popin",
         "templates", "metadata", "organizer", "owner", "user", "from", "to", "contacts", "origins",
         "event_ref", "candidate", "sdp", "host"}

secrets = set()
texts = []  # what servers wrote


def note(text):
    """A text that is nobody's business, and its parts that would be secrets alone."""
    if not isinstance(text, str):
        return
    for line in map(str.strip, text.splitlines()):
        if len(line) >= LEAST and not "salon_".startswith(line):
            secrets.add(line)
    for token in re.findall(r"(?:/[ri]/|#[ht]=)([\w.~-]{20,})", text):
        secrets.add(token)
    if len(text) > 30 and text.startswith("salon_"):
        secrets.add(text.rsplit("_", 1)[1])
    if text.startswith("whsec_"):
        secrets.add(text[6:])


def note_json(value, inside=False):
    if isinstance(value, dict):
        for key, inner in value.items():
            note_json(inner, inside or key in TEXTS)
    elif isinstance(value, list):
        for inner in value:
            note_json(inner, inside)
    elif inside:
        note(value)


def note_bytes(data, is_json=None):
    """A body or a message: JSON is gone through, anything else is a secret line by line."""
    text = data.decode(errors="replace") if isinstance(data, bytes) else data
    if not isinstance(text, str):
        return
    try:
        note_json(json.loads(text))
    except (ValueError, RecursionError):
        if text.startswith("BEGIN:") or text.startswith("v=0"):
            for line in text.splitlines():
                value = line.partition(":")[2]
                if len(value) >= 8:
                    secrets.add(value)


def note_path(path):
    path, _, query = path.partition("?")
    for piece in re.split("[/]", path)[1:]:
        piece = urllib.parse.unquote(piece)
        if path.startswith(("/r/", "/i/", "/b/", "/s/", "/launch/")) and len(piece) >= 16:
            note(piece)
    if query:
        if len(query) >= LEAST:
            secrets.add(query)
        for _, value in urllib.parse.parse_qsl(query, errors="replace"):
            note(value)


def note_exchange(path, headers, body, answer):
    note_path(path)
    note(headers.get("Authorization", "").removeprefix("Bearer "))
    note_bytes(body)
    if "json" in (answer.headers["Content-Type"] or "") and "problem" not in answer.headers["Content-Type"]:
        note_bytes(answer.body)
    if answer.headers["Location"]:
        note(answer.headers["Location"] if "/r/" in answer.headers["Location"] else "")


#: Lines that differ in nothing else are one.
SAME = re.compile(r"\b(id=req_\w+|ms=\d+|^\S+Z)")
#: What we log of our own accord and what tests happen to use as a name, a title or a path.
OURS = {"/static/icon.svg"}


def check():
    """What of all that stands in a log, with its line."""
    # The metrics' own explanations are the same words whoever calls.
    lines = {SAME.sub("", line) for text in texts for line in text.splitlines() if not line.startswith(("# HELP ", "# TYPE "))}
    all_ = "\n".join(sorted(lines))
    found = []
    for secret in secrets - OURS:
        at = all_.find(secret)
        if at >= 0:
            line = all_[all_.rfind("\n", 0, at) + 1:all_.find("\n", at)]
            found.append((secret, line))
    return found
