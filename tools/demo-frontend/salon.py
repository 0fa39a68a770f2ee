"""What a front end needs to talk to salon, with nothing but the standard library."""
import base64
import hashlib
import hmac
import json
import time
import urllib.error
import urllib.parse
import urllib.request
import uuid


class Problem(Exception):
    """An answer of salon's that is a problem (RFC 9457)."""

    def __init__(self, status, problem):
        super().__init__(problem.get("detail") or problem.get("title") or str(status))
        self.status = status
        self.kind = problem.get("type", "").rpartition("/")[2]
        self.problem = problem


def quoted(ref):
    """A reference as a path segment: `/` as %2F."""
    return urllib.parse.quote(ref, safe="")


class Salon:
    """The resource API, with an API key. Only the suite's server has it, never a browser."""

    def __init__(self, url, key):
        self.url = url.rstrip("/")
        self.key = key

    def ask(self, method, path, body=None, kind="application/json"):
        """The answer's JSON, its text if it is none, None if it is empty."""
        data = body if isinstance(body, bytes) else None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + "/api/v1" + path, data, method=method, headers={
            "Authorization": f"Bearer {self.key}", "Accept-Language": "fr",
            **({"Content-Type": kind} if data is not None else {})})
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:
                text = answer.read().decode()
                is_json = answer.headers.get_content_type().endswith("json")
                return json.loads(text) if is_json else text or None
        except urllib.error.HTTPError as refused:
            text = refused.read().decode()
            try:
                problem = json.loads(text)
            except ValueError:
                problem = {"title": text[:200]}
            raise Problem(refused.code, problem) from None

    def get(self, path):
        return self.ask("GET", path)

    def post(self, path, body=None):
        return self.ask("POST", path, {} if body is None else body)

    def put(self, path, body=None):
        return self.ask("PUT", path, {} if body is None else body)

    def patch(self, path, body):
        return self.ask("PATCH", path, body)

    def delete(self, path):
        return self.ask("DELETE", path)


def b64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class Launcher:
    """Signs launch links: the page then needs no API call to start a room."""

    def __init__(self, url, prefix, secret, kid="1"):
        self.base = f"{url.rstrip('/')}/launch/{prefix}"
        self.secret = secret.encode()
        self.head = b64(json.dumps({"typ": "JWT", "alg": "HS256", "kid": kid}).encode())

    def link(self, user, act="instant", **claims):
        """One link; the same `jti` is the same room, so every link has its own."""
        claims = {"iss": "demo", "aud": "salon", "sub": user["ref"], "name": user["name"],
                  "exp": int(time.time()) + 12 * 3600, "jti": str(uuid.uuid4()), "act": act,
                  **{k: v for k, v in claims.items() if v}}
        signed = f"{self.head}.{b64(json.dumps(claims).encode())}"
        mac = hmac.new(self.secret, signed.encode(), hashlib.sha256).digest()
        return f"{self.base}#t={signed}.{b64(mac)}"


def webhook_is_signed(secret, headers, body):
    """Standard Webhooks 1.0: HMAC-SHA256 over id.timestamp.body, several signatures possible."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    ident, stamp = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    if not stamp.isdigit() or abs(time.time() - int(stamp)) > 300:
        return False
    signed = f"{ident}.{stamp}.".encode() + body
    right = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    given = [s.removeprefix("v1,") for s in headers.get("webhook-signature", "").split()]
    return any(hmac.compare_digest(right, one) for one in given)
