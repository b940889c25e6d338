"""A stand-in for Ghost 5 and 6: Content and Admin API and webhooks, as recorded of 5.130 and 6.52, faults included.

Faithful in what tends to be got wrong: the signature covers body and moment; several events for one save, in any order;
`current` is {} for what is deleted; no webhook is sent again, whatever came of it, and one answered 410 is deleted;
moments end in +00:00 in the Content API and in Z elsewhere; whole seconds; the Admin API gives only what is published
unless it is asked for more; a members' text is "" in the Content API.
"""

from __future__ import annotations

import base64
import copy
import hashlib
import hmac
import json
import re
import time
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx

from tests.support.threads import serving

POST = json.loads((Path(__file__).parents[1] / "data/cms/ghost/post.json").read_text())
CARDS = (Path(__file__).parents[1] / "data/cms/ghost/cards.html").read_text()

ADMIN_KEY = "6a10c0de00000000000000f1:" + "5e" * 32
CONTENT_KEY = "c0de" * 6 + "c0"


class Ghost:
    """A site of posts. `at` is the address of its API; set `fault` to 500, "slow", "cut" or "html" to have it fail."""

    def __init__(self, version=6):
        self.version, self.fault, self.refuses_private = version, None, False
        self.posts, self.webhooks, self.asked, self.at = {}, {}, [], ""
        # As editors' clocks: each save is a second after the one before.
        self.now, self.added = datetime.now(UTC).replace(microsecond=0), 0
        self.events = []
        """(event, body, headers) of everything that was sent or would have been, in order."""
        self.deaf = False
        """Whether webhooks are lost on their way."""

    # What editors do

    def add(self, title="Ferry runs again", *, status="published", tags=(), created=None, **fields):
        """Add a post; return its ID."""
        self.added += 1
        identity = f"6a10c0de{self.added:016x}"
        moment = self._tick()
        post = copy.deepcopy(POST) | {"id": identity, "title": title, "slug": f"post-{self.added}"}
        post |= {"created_at": created or moment, "updated_at": moment, "status": status}
        post["published_at"] = (created or moment) if status == "published" else None
        post["tags"] = [self._tag(name) for name in tags]
        post["url"] = f"{self.at}/{post['slug']}/" if status == "published" else f"{self.at}/p/{post['uuid']}/"
        self.posts[identity] = post | fields
        if status == "published":
            self._tell(("post.added", "post.published"), post | fields, {"status": "draft", "published_at": None})
        return identity

    def edit(self, identity, **changes):
        """Save a post; Ghost tells of it by several events."""
        post = self.posts[identity]
        before = {name: post[name] for name in changes} | {"updated_at": post["updated_at"]}
        if "tags" in changes:
            changes["tags"] = [self._tag(name) for name in changes["tags"]]
        was, status = post["status"], changes.get("status", post["status"])
        post |= changes | {"updated_at": self._tick()}
        if status == "published":
            post["published_at"] = post["published_at"] or post["updated_at"]
            post["url"] = f"{self.at}/{post['slug']}/"
        events = {
            ("published", "published"): ("post.published.edited", "post.edited"),
            ("published", "draft"): ("post.unpublished", "post.edited"),
            ("scheduled", "scheduled"): ("post.edited", "post.rescheduled"),
            ("scheduled", "draft"): ("post.unscheduled", "post.edited"),
        }.get((was, status))
        events = events or (f"post.{status}", "post.edited")
        self._tell(events if was != "draft" or status != "draft" else ("post.edited",), post, before)

    def delete(self, identity):
        """Delete a post."""
        post = self.posts.pop(identity)
        gone = {name: value for name, value in post.items() if name not in {"tiers", "count", "url"}}
        events = ("post.unpublished", "post.deleted") if post["status"] == "published" else ("post.deleted",)
        self._tell(events, {}, gone)

    # What Ghost does

    def _tick(self):
        # Never behind the clock: on a busy machine, what is published now would be older than the connection.
        self.now = max(self.now, datetime.now(UTC).replace(microsecond=0)) + timedelta(seconds=1)
        return f"{self.now:%Y-%m-%dT%H:%M:%S}.000Z"

    def _tag(self, name):
        base = copy.deepcopy(POST["tags"][0])
        return base | {"name": name, "visibility": "internal" if name.startswith("#") else "public"}

    def _tell(self, events, current, previous):
        for event in (*events, "site.changed"):
            body = {} if event == "site.changed" else {"post": {"current": current, "previous": previous}}
            if self.version > 5:
                body = {"event": event, **body}
            for hook in [hook for hook in self.webhooks.values() if hook["event"] == event]:
                self._send(hook, event, json.dumps(body).encode())

    def _send(self, hook, event, body):
        moment = str(int(time.time() * 1000))
        headers = {
            "Content-Type": "application/json",
            "Content-Version": f"v{self.version}.52",
            "x-ghost-signature": signature(hook["secret"], body, moment),
            "User-Agent": f"Ghost/{self.version}.52 (https://github.com/TryGhost/Ghost)",
        }
        self.events.append((event, body, headers, hook["target_url"]))
        if self.deaf:
            return
        try:
            answer = httpx.post(hook["target_url"], content=body, headers=headers, timeout=60, trust_env=False)
        except httpx.HTTPError:
            return  # lost, as in Ghost: nothing is sent again
        if answer.status_code == 410:
            del self.webhooks[hook["id"]]


def signature(secret, body, moment):
    """The header with which Ghost signs a webhook."""
    return f"sha256={hmac.new(secret.encode(), body + moment.encode(), hashlib.sha256).hexdigest()}, t={moment}"


def _error(kind, message, context=None, code=None):
    fields = {"details": None, "property": None, "help": None, "id": "0cf11730-0000-4000-8000-000000000000"}
    return {
        "errors": [
            {"message": message, "context": context, "type": kind, "code": code, "ghostErrorCode": None} | fields
        ]
    }


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def do_GET(self):
        self._answer("GET")

    def do_POST(self):
        self._answer("POST")

    def do_DELETE(self):
        self._answer("DELETE")

    def _answer(self, method):
        ghost = self.server.ghost
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        parts = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        ghost.asked.append((method, parts.path, query))
        if ghost.fault == "slow":
            time.sleep(3)
        if ghost.fault == "html":
            self._send(200, b"<html>Maintenance", "text/html")
        elif ghost.fault == 500:
            self._json(500, _error("InternalServerError", "An unexpected error occurred, please try again."))
        else:
            self._json(*self._route(ghost, method, parts.path, query, body))

    def _route(self, ghost, method, path, query, body):  # noqa: PLR0911  one for each address
        admin = path.startswith("/ghost/api/admin/")
        if path == "/ghost/api/admin/site/":
            return 200, {
                "site": {
                    "title": "The Harbour",
                    "url": f"{ghost.at}/",
                    "version": f"{ghost.version}.52",
                    "locale": "en",
                }
            }
        if admin and (refused := self._token_refused()):
            return 401, refused
        if not admin and query.get("key") != CONTENT_KEY:
            return 401, _error("UnauthorizedError", "Unknown Content API Key", code="UNKNOWN_CONTENT_API_KEY")
        rest = path.partition("/admin/" if admin else "/content/")[2]
        if rest == "webhooks/" and method == "POST":
            return self._register(ghost, json.loads(body)["webhooks"][0])
        if match := re.fullmatch(r"webhooks/([0-9a-f]+)/", rest):
            ghost.webhooks.pop(match.group(1), None)
            return 204, None
        if rest == "posts/" and method == "POST":
            fields = json.loads(body)["posts"][0]
            identity = ghost.add(fields["title"], status="draft")
            return 201, {"posts": [ghost.posts[identity]]}
        if match := re.fullmatch(r"posts/slug/([a-z0-9_-]+)/", rest):
            rest = f"posts/{next((name for name, post in ghost.posts.items() if post['slug'] == match.group(1)), '0' * 24)}/"
        if match := re.fullmatch(r"posts/([0-9a-f]{24})/", rest):
            if method == "DELETE":
                ghost.delete(match.group(1))
                return 204, None
            post = ghost.posts.get(match.group(1))
            if post is None or (not admin and post["status"] != "published"):
                return 404, _error("NotFoundError", "Resource not found error, cannot read post.", "Post not found.")
            return 200, {"posts": [self._shown(post, query, admin)]}
        return (
            self._list(ghost, query, admin)
            if rest == "posts/"
            else (404, _error("NotFoundError", "Resource not found"))
        )

    def _list(self, ghost, query, admin):
        wanted, found = query.get("filter", ""), list(ghost.posts.values())
        statuses = re.search(r"status:\[([a-z,]+)\]", wanted)
        allowed = statuses.group(1).split(",") if admin and statuses else ["published"]
        found = [post for post in found if post["status"] in allowed]
        if match := re.search(r"updated_at:>='([^']+)'", wanted):
            found = [post for post in found if post["updated_at"] >= match.group(1)]
        if match := re.search(r"id:\[([0-9a-f,]+)\]", wanted):
            found = [post for post in found if post["id"] in match.group(1).split(",")]
        if match := re.search(r"slug:\[([a-z0-9_,-]+)\]", wanted):
            found = [post for post in found if post["slug"] in match.group(1).split(",")]
        found.sort(key=lambda post: post["updated_at"], reverse=True)
        limit, page = int(query.get("limit", 15)), int(query.get("page", 1))
        pages = max(1, -(-len(found) // limit))
        told = {"page": page, "limit": limit, "pages": pages, "total": len(found)}
        told |= {"next": page + 1 if page < pages else None, "prev": page - 1 or None}
        shown = [self._shown(post, query, admin) for post in found[(page - 1) * limit : page * limit]]
        return 200, {"posts": shown, "meta": {"pagination": told}}

    def _shown(self, post, query, admin):
        shown = copy.deepcopy(post)
        if "html" not in query.get("formats", "" if admin else "html"):
            shown.pop("html")
        shown.pop("plaintext")
        if not admin:
            for name in ("created_at", "updated_at", "published_at"):
                shown[name] = shown[name] and shown[name].replace("Z", "+00:00")
            shown["access"] = post["visibility"] == "public"
            if not shown["access"] and "html" in shown:
                head, card, _ = shown["html"].partition("<!--members-only-->")
                shown["html"] = head if card else ""
            for name in ("status", "email_segment", "email_only", "tiers", "count"):
                shown.pop(name, None)
        if "fields" in query:
            kept = {*query["fields"].split(","), "tags", "authors"}
            shown = {name: value for name, value in shown.items() if name in kept}
        return shown

    def _token_refused(self):
        kind, _, token = self.headers.get("Authorization", "").partition(" ")
        try:
            head, claims, signed = token.split(".")
            key, secret = ADMIN_KEY.split(":")
            kid, now = json.loads(_unpadded(head)), time.time()
            told = json.loads(_unpadded(claims))
        except ValueError:
            return _error("UnauthorizedError", "Invalid token", code="INVALID_JWT")
        right = hmac.digest(bytes.fromhex(secret), f"{head}.{claims}".encode(), hashlib.sha256)
        if kind != "Ghost" or kid["kid"] != key:
            return _error("UnauthorizedError", "Unknown Admin API Key", code="UNKNOWN_ADMIN_API_KEY")
        fits = (
            kid["alg"] == "HS256" and told["aud"] == "/admin/" and told["iat"] <= now < told["exp"] <= told["iat"] + 300
        )
        if not fits or not hmac.compare_digest(right, _unpadded(signed)):
            return _error("UnauthorizedError", "Invalid token: invalid signature", code="INVALID_JWT")
        return None

    def _register(self, ghost, asked):
        target = asked["target_url"]
        if ghost.refuses_private and urlsplit(target).hostname in {"127.0.0.1", "localhost"}:
            return 422, _error(
                "ValidationError",
                "Validation error, cannot save webhook.",
                "Target URL is private.",
                "URL_PRIVATE_INVALID",
            )
        if any((hook["event"], hook["target_url"]) == (asked["event"], target) for hook in ghost.webhooks.values()):
            return 422, _error(
                "ValidationError",
                "Validation error, cannot save webhook.",
                "Target URL has already been used for this event.",
            )
        identity = f"{len(ghost.webhooks) + 1:024x}"
        ghost.webhooks[identity] = asked | {"id": identity}
        return 201, {"webhooks": [{key: value for key, value in ghost.webhooks[identity].items() if key != "secret"}]}

    def _json(self, status, content):
        self._send(status, b"" if content is None else json.dumps(content).encode(), "application/json; charset=utf-8")

    def _send(self, status, content, media_type):
        ghost = self.server.ghost
        self.send_response(status)
        self.send_header("Content-Type", media_type)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if ghost.fault == "cut":
            self.wfile.write(content[: len(content) // 2])
            self.close_connection = True
            return
        self.wfile.write(content)


def _unpadded(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


@contextmanager
def ghost(version=6):
    """Yield a Ghost that answers at `at`."""
    site = Ghost(version)
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.ghost = site
    with serving(server):
        site.at = f"http://127.0.0.1:{server.server_port}"
        yield site
