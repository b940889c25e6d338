"""OpenID providers for tests: a real one (oidc-provider, in node), and one of ours that does wrong on purpose."""

from __future__ import annotations

import hmac
import json
import re
import time
from base64 import urlsafe_b64encode
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import NamedTuple
from urllib.parse import parse_qs, urlencode, urljoin, urlsplit

import httpx
from joserfc import jwk, jws

from tests.support.client import free_port
from tests.support.player_build import installed
from tests.support.processes import ROOT, running, wait_for
from tests.support.threads import serving

FOLDER = ROOT / "tests" / "support" / "openid"
CLIENT, SECRET = "desk", "a secret: with odd/characters+"

#: Whom the real provider knows, by their names there.
PEOPLE = {
    "ann": {"email": "ann@daily.example", "email_verified": True, "groups": ["desk-editors", "staff"], "name": "Ann"},
    "ada": {"email": "ada@daily.example", "email_verified": True, "groups": ["desk-admins"]},
    "vic": {"email": "vic@daily.example", "email_verified": True, "groups": ["staff"]},
    "una": {"email": "una@daily.example", "email_verified": False, "groups": ["desk-editors"]},
}


def settings_for(patch, issuer, **more):
    """Have the desk sign in at a provider of this machine."""
    values = {
        "ISSUER": issuer,
        "CLIENT_ID": CLIENT,
        "CLIENT_SECRET": SECRET,
        "NAME": "Newsroom ID",
        "VIEWERS": "desk-viewers",
        "EDITORS": "desk-editors",
        "ADMINS": "desk-admins",
        "ALLOW_PRIVATE": urlsplit(issuer).netloc,
        **more,
    }
    for name, value in values.items():
        patch.setenv(f"BRIEFCAST_OIDC_{name}", value)


@contextmanager
def real_provider(address, log):
    """Yield the issuer of a provider that knows the desk at `address` and all `PEOPLE`."""
    installed(FOLDER)
    port = free_port()
    told = [CLIENT, SECRET, f"{address}/desk/sign-in/provider/back", f"{address}/desk/sign-in", json.dumps(PEOPLE)]
    with running(["node", FOLDER / "provider.mjs", str(port), *told], log):
        wait_for(lambda: "listening" in log.read_text(), "the provider")
        yield f"http://127.0.0.1:{port}"


def walk(address, name):
    """Sign in as `name` at the real provider's own pages, as a browser would from `address` on; return where it sends
    that browser back to us.
    """
    with httpx.Client(trust_env=False, timeout=60) as browser:
        answer = browser.get(address)
        home = urlsplit(address).netloc
        for _ in range(20):
            if answer.is_redirect:
                to = urljoin(str(answer.url), answer.headers["location"])
                if urlsplit(to).netloc != home:
                    return to
                answer = browser.get(to)
                continue
            action = re.search(r'action="([^"]+)"', answer.text)
            assert action, answer.text
            prompt = re.search(r'name="prompt" value="(\w+)"', answer.text)[1]
            form = {"prompt": prompt} | ({"login": name, "password": "any"} if prompt == "login" else {})
            answer = browser.post(urljoin(str(answer.url), action[1]), data=form)
    raise AssertionError("the provider leads nowhere")


class _Handler(BaseHTTPRequestHandler):
    def log_message(self, *_):
        pass

    def do_GET(self):
        self._answer(None)

    def do_POST(self):
        self._answer(self.rfile.read(int(self.headers["Content-Length"])).decode())

    def _answer(self, body):
        rogue, path = self.server, urlsplit(self.path).path
        rogue.asked.append((path, body, dict(self.headers)))
        status, headers, content = rogue.answer(path)
        if callable(content):
            content = content()
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


class Rogue(ThreadingHTTPServer):
    """A provider that signs what a test says. `.metadata`, `.keys` (private; `.published` in their place), `.claims` of
    the next token, `.header`, `.token` in place of all that, `.userinfo`, `.answers` by path; `.asked` is what came.
    """

    def __init__(self, key):
        super().__init__(("127.0.0.1", 0), _Handler)
        self.issuer = f"http://127.0.0.1:{self.server_address[1]}"
        self.key = key
        self.behave()

    def behave(self):
        """Be honest, and forget what was asked."""
        self.metadata = {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
            "userinfo_endpoint": f"{self.issuer}/userinfo",
        }
        self.keys, self.published = [self.key], None
        self.claims, self.header, self.token, self.userinfo = {}, {}, None, None
        self.answers, self.asked = {}, []

    def answer(self, path):
        if path in self.answers:
            return self.answers[path]
        body = {
            "/.well-known/openid-configuration": lambda: self.metadata,
            "/keys": lambda: {"keys": self.published or [key.as_dict(private=False) for key in self.keys]},
            "/token": lambda: {"access_token": "for userinfo", "token_type": "Bearer", "id_token": self._token()},
            "/userinfo": lambda: self.userinfo or {},
        }.get(path)
        if body is None:
            return 404, {}, b""
        return 200, {"Content-Type": "application/json"}, json.dumps(body()).encode()

    def _token(self):
        if self.token is not None:
            return self.token
        return signed(self.claims, self.keys[-1], **self.header)

    def state(self, nonce_, **changes):
        """Have the next token say what a good one says, but for `changes`; None leaves a claim out."""
        good = {
            "iss": self.issuer,
            "aud": CLIENT,
            "sub": "subject-1",
            "nonce": nonce_,
            "iat": int(time.time()),
            "exp": int(time.time()) + 300,
            "email": "ann@daily.example",
            "email_verified": True,
            "groups": ["desk-editors"],
        }
        self.claims = {name: value for name, value in (good | changes).items() if value is not None}


@contextmanager
def rogue_provider(key):
    """Yield a provider whose own key is `key`."""
    with serving(Rogue(key), 0.02) as server:
        yield server


def new_key(kid, kind="RSA", size=2048, **more):
    return jwk.generate_key(kind, size, parameters={"kid": kid, "use": "sig", **more})


def signed(claims, key, *, alg="RS256", **header):
    """A token. What no library signs is put together by hand."""
    told = {"alg": alg, "kid": key.kid} | header
    told = {name: value for name, value in told.items() if value is not None}
    if alg == "none":
        return f"{_part(told)}.{_part(claims)}."
    if alg == "HS256":
        text = f"{_part(told)}.{_part(claims)}"
        return f"{text}.{_encoded(hmac.digest(key.secret, text.encode(), 'sha256'))}"
    return jws.serialize_compact(told, json.dumps(claims).encode(), key, algorithms=[alg])


class Shared(NamedTuple):
    """A shared secret, in place of a key."""

    secret: bytes
    kid: str = "one"


def _part(value):
    return _encoded(json.dumps(value).encode())


def _encoded(value):
    return urlsafe_b64encode(value).rstrip(b"=").decode()


def query_of(address):
    return {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}


def back_with(address, **more):
    """The path with which a browser comes back from where `address` led it."""
    asked = query_of(address)
    given = {"state": asked["state"], "code": "a code"} | more
    told = {name: value for name, value in given.items() if value is not None}
    return f"/desk/sign-in/provider/back?{urlencode(told)}"
