"""A stand-in for WordPress, as the quick tests need one: its REST interface as recorded from a real one, faults included.

Posts are changed by the same calls as those of `tests.support.wordpress`, which runs the real thing.
"""

from __future__ import annotations

import copy
import json
import ssl
import time
from base64 import b64encode
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

from tests.support.threads import serving

RECORDED = Path(__file__).parent.parent / "data" / "cms" / "wordpress"

#: The site's local time, which is nobody's business: two hours ahead.
_LOCAL = timedelta(hours=2)
_FORM = "%Y-%m-%dT%H:%M:%S"


def recorded(name):
    """One recorded exchange."""
    return json.loads((RECORDED / f"{name}.json").read_text())


class _Handler(BaseHTTPRequestHandler):
    def log_message(self, *_):
        pass

    def do_GET(self):
        site = self.server.site
        parts = urlsplit(self.path)
        query = parse_qs(parts.query)
        site.asked.append((self.path, dict(self.headers)))
        if site.fault is not None:
            status, media_type, body = site.fault
            self._answer(status, body, [("Content-Type", media_type)])
        elif site.pretty and parts.path.startswith("/wp-json/wp/v2/posts"):
            self._rest(parts.path.removeprefix("/wp-json/wp/v2/posts").strip("/"), query)
        elif not site.pretty and query.get("rest_route", [""])[0].startswith("/wp/v2/posts"):
            self._rest(query["rest_route"][0].removeprefix("/wp/v2/posts").strip("/"), query)
        elif parts.path == "/":
            root = "/wp-json/" if site.pretty else "/index.php?rest_route=/"
            link = f'<{site.address}{root}>; rel="https://api.w.org/"'
            self._answer(
                200, b"<html>front page</html>", [("Content-Type", "text/html; charset=UTF-8"), ("Link", link)]
            )
        else:
            self._answer(404, b"<html>no such page</html>", [("Content-Type", "text/html")])

    def _rest(self, post, query):
        site = self.server.site
        editor = self.headers.get("Authorization") == f"Basic {b64encode(b'editor:' + site.password.encode()).decode()}"
        if not post:
            self._list(query, editor)
        elif post not in site.posts:
            self._recorded("no_post")
        elif site.posts[post]["status"] != "publish" and not editor:
            self._recorded("forbidden")
        else:
            self._json(200, site.shown(post))

    def _list(self, query, editor):
        site = self.server.site
        one = {name: values[0] for name, values in query.items()}
        statuses = one.get("status", "publish").split(",")
        if statuses != ["publish"] and not editor:
            self._recorded("no_status")
            return
        found = [site.shown(number) for number, post in site.posts.items() if post["status"] in statuses]
        if "include" in one:
            found = [post for post in found if str(post["id"]) in one["include"].split(",")]
        if "slug" in one:
            found = [post for post in found if post["slug"] in one["slug"].split(",")]
        if "modified_after" in one:
            after = one["modified_after"].removesuffix("Z")
            found = [post for post in found if post["modified_gmt"] > after]
        found.sort(key=lambda post: post["modified_gmt"], reverse=True)
        page, size = int(one.get("page", 1)), int(one.get("per_page", 10))
        pages = -(-len(found) // size)
        if page > max(1, pages):
            self._recorded("no_page")
            return
        shown = found[(page - 1) * size : page * size]
        if "_fields" in one:
            fields = one["_fields"].split(",")
            for post in shown:
                post["content"] = {"protected": post["content"]["protected"]}
            kept = {field.partition(".")[0] for field in fields}
            shown = [{name: value for name, value in post.items() if name in kept} for post in shown]
        self._json(200, shown, [("X-WP-Total", str(len(found))), ("X-WP-TotalPages", str(pages))])

    def _recorded(self, name):
        said = recorded(name)
        self._json(said["status"], said["json"], [tuple(pair) for pair in said["headers"] if pair[0] != "Content-Type"])

    def _json(self, status, value, headers=()):
        self._answer(
            status, json.dumps(value).encode(), [("Content-Type", "application/json; charset=UTF-8"), *headers]
        )

    def _answer(self, status, body, headers):
        time.sleep(self.server.site.delay_s)
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


class FakeWordPress:
    """The site: `.posts` by number, `.asked` requests, `.fault` (status, media type, body) for all of them."""

    def __init__(self, server, scheme):
        self.server = server
        self.host = f"127.0.0.1:{server.server_address[1]}"
        self.address = f"{scheme}://{self.host}"
        self.posts, self.asked = {}, []
        self.pretty, self.fault, self.delay_s, self.password = True, None, 0.0, "abcd efgh"
        self._clock = datetime(2026, 5, 12, 9, 58, tzinfo=UTC)

    def shown(self, number):
        """A post as the interface gives it, its addresses this site's."""
        return json.loads(json.dumps(self.posts[number]).replace("http://cms.invalid", self.address))

    def publish(self, title, html=None, **fields):
        """Publish a post; return its ID."""
        number = str(len(self.posts) + 4)
        post = copy.deepcopy(recorded("post")["json"])
        slug = title.lower().replace(" ", "-")
        post |= {"id": int(number), "slug": slug, "link": f"http://cms.invalid/2026/05/{slug}/"}
        if title != "recorded":
            post["title"] = {"rendered": title}
        if html is not None:
            post["content"] = {"rendered": html, "protected": False}
        self.posts[number] = post
        self.edit(number, **{"status": "publish"} | fields)
        return number

    def edit(self, number, **fields):
        """Change a post, as the interface would."""
        post = self.posts[number]
        self._clock += timedelta(seconds=1)
        stated = {"modified_gmt": self._clock.strftime(_FORM), "modified": (self._clock + _LOCAL).strftime(_FORM)}
        if "content" in fields:
            post["content"] = {"rendered": fields.pop("content"), "protected": False}
        if fields.pop("password", None):
            post["content"] = {"rendered": "", "protected": True}
        post |= stated | fields

    def tag(self, number, name):
        """Give a post a tag of that name."""
        self.posts[number]["_embedded"]["wp:term"][1].append({"name": name, "slug": "tag", "taxonomy": "post_tag"})

    def trash(self, number):
        """Move a post to the trash."""
        self.edit(number, status="trash", link=f"http://cms.invalid/?p={number}")

    def delete(self, number):
        """Delete a post for ever."""
        del self.posts[number]


@contextmanager
def fake_wordpress(certificate=None):
    """Yield a site, over TLS with a trustme `certificate`."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    if certificate is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        certificate.configure_cert(context)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    server.site = FakeWordPress(server, "https" if certificate else "http")
    with serving(server, 0.02):
        yield server.site


def path_of(asked):
    """A request's path and query as one reads it."""
    return unquote(asked[0])
