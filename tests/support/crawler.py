"""Somebody who fetches every address there is or ever was, in every way, and keeps what they got."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from api.guard import all_routes

#: What stands in pages, feeds and JSON and looks like an address of ours, with host or without.
_LINK = re.compile(r"""(?:https?://[\w.:-]+)?/[\w./?=&%:-]+""")

#: A part of an MP3.
RANGE = {"Range": "bytes=0-4095"}

NOT_FOUND = 404


@dataclass
class Crawler:
    """Asks as one kind of reader."""

    client: object
    """Of httpx."""
    headers: dict = field(default_factory=dict)
    tags: frozenset = frozenset()
    """ETags that somebody once saw."""
    thorough: frozenset = frozenset()
    """What is asked for in every way even where there is nothing."""
    got: dict = field(default_factory=dict)
    """(address, way) -> answer."""

    def crawl(self, addresses):
        """Fetch addresses and whatever the answers name."""
        waiting, seen = list(addresses), set()
        while waiting:
            address = waiting.pop()
            path = address if address.startswith("/") else address[len(urlsplit(address).netloc) + 7 :]
            if path in seen or not path.startswith("/"):
                continue
            seen.add(path)
            ways = {
                "GET": ("GET", {}),
                "Range": ("GET", RANGE),
                # Tags count before dates (RFC 9110 13.2.2); a HEAD with one asks both at once.
                "HEAD": ("HEAD", {"If-None-Match": ", ".join(sorted(self.tags)) or '"x"'}),
                "since": ("GET", {"If-Modified-Since": "Fri, 01 Jan 2100 00:00:00 GMT"}),
            }
            for way, (method, headers) in ways.items():
                answer = self.client.request(method, path, headers=self.headers | headers)
                self.got[path, way] = answer
                kind = answer.headers.get("content-type", "")
                if way == "GET" and not kind.startswith("audio/") and "javascript" not in kind:
                    waiting += _links(answer, self.client)
                if "location" in answer.headers:
                    waiting += [answer.headers["location"]]
                if way == "GET" and answer.status_code == NOT_FOUND and path not in self.thorough:
                    break
        return self


def _links(answer, client):
    host = urlsplit(str(client.base_url)).netloc
    found = _LINK.findall(html.unescape(answer.text))
    # Pages of other hosts, and of the API's own documentation, are none of ours.
    return [link for link in found if link.startswith("/") or urlsplit(link).netloc == host]


def routes(app, filled):
    """Every path of the app that can be got, its parameters filled by each of the values in `filled`."""
    for route in all_routes(app):
        path = getattr(route, "path", "")
        names = [name.partition(":")[0] for name in re.findall(r"{([^}]+)}", path)]
        for values in filled:
            if set(names) <= set(values):
                yield re.sub(r"{([^}:]+)[^}]*}", lambda match, values=values: values[match.group(1)], path)
