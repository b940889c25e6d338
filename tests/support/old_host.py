"""Another podcast host: a feed with MP3s as hosts have them, connections that are cut, and, when its podcast has moved,
the redirects that it was given.
"""

from __future__ import annotations

import csv
import hashlib
import io
from contextlib import contextmanager
from functools import lru_cache
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import lameenc
import numpy as np
from PIL import Image

from tests.support.threads import serving

GUID = "917393e3-1b1e-5cef-ace4-edaa54e1f810"

FEED = """<?xml version="1.0" encoding="UTF-8"?>
<rss version="2.0" xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd"
 xmlns:podcast="https://podcastindex.org/namespace/1.0" xmlns:content="http://purl.org/rss/1.0/modules/content/"
 xmlns:atom="http://www.w3.org/2005/Atom">
<channel><title>The Old Show</title><link>https://paper.example</link><description>All of it, read.</description>
<language>en-GB</language><itunes:author>The Paper</itunes:author><itunes:explicit>false</itunes:explicit>
{categories}<itunes:image href="{address}/cover.jpg"/><podcast:guid>{guid}</podcast:guid>
<itunes:owner><itunes:name>P</itunes:name><itunes:email>{owner}</itunes:email></itunes:owner>
{items}</channel></rss>"""

#: As hosts write them: more than one, one below another, one twice, an ampersand escaped twice, one of before 2019.
CATEGORIES = """<itunes:category text="News"><itunes:category text="Politics"/><itunes:category text="Daily News"/>
</itunes:category><itunes:category text="Society &amp;amp; Culture"><itunes:category text="documentary"/></itunes:category>
<itunes:category text="News"><itunes:category text="Politics"/></itunes:category>
<itunes:category text="Science"><itunes:category text="Alchemy"/></itunes:category>
<itunes:category text="News &amp; Politics"/><itunes:category text="Technology"/>"""

ITEM = """<item><title>Episode {number}</title><guid isPermaLink="{perma}">{guid}</guid>
<pubDate>{date}</pubDate><link>https://paper.example/{number}</link>
<description>&lt;p&gt;What happened in week {number}.&lt;/p&gt;</description>
<content:encoded><![CDATA[<p>Notes of week <b>{number}</b>.</p>]]></content:encoded>
<category>Politics</category><itunes:episode>{number}</itunes:episode><itunes:episodeType>full</itunes:episodeType>
<enclosure url="{address}/audio/{number}.mp3?token=a%2Bb&amp;x={number}" length="{length}" type="{type}"/>{more}</item>"""


@lru_cache
def mp3(seconds, seed):
    """The bytes of an MP3 with some noise."""
    encoder = lameenc.Encoder()
    encoder.set_bit_rate(64)
    encoder.set_in_sample_rate(44_100)
    encoder.set_channels(1)
    encoder.set_quality(7)
    encoder.silence()
    noise = np.random.default_rng(seed).integers(-3000, 3000, int(seconds * 44_100), dtype=np.int16)
    return bytes(encoder.encode(noise.tobytes()) + encoder.flush())


@lru_cache
def picture(side=1400, form="JPEG", colour="teal", **options):
    out = io.BytesIO()
    Image.new("RGB", (side, side), colour).save(out, form, **options)
    return out.getvalue()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def do_HEAD(self):
        self.do_GET()

    def do_GET(self):
        host = self.server.host
        host.seen.append((self.path, self.headers.get("Range")))
        moved = host.moved.get(f"{host.address}{self.path}")
        if moved:
            self.answer(301, b"", Location=moved)
        elif self.path == "/feed.xml":
            self.answer(200, host.feed(), Content_Type=host.kinds[self.path])
        elif self.path == "/cover.jpg":
            self.answer(200, host.cover, Content_Type=host.kinds[self.path])
        elif self.path in host.pictures:
            self.answer(200, host.pictures[self.path], Content_Type="image/jpeg")
        elif self.path in host.beside:
            self.answer(200, host.beside[self.path][1], Content_Type="text/plain; charset=utf-8")
        elif self.path.startswith("/audio/"):
            self.audio(host.audio[int(self.path.removeprefix("/audio/").partition(".")[0])])
        else:
            self.answer(404, b"no")

    def audio(self, content):
        refusals = self.server.host.refusals
        if refusals and (refused := refusals.pop(0)):
            return self.answer(refused[0], b"later", **refused[1])
        tag = f'"{hashlib.sha256(content).hexdigest()[:16]}"'
        headers = {"Content_Type": "audio/mpeg", "ETag": tag, "Accept_Ranges": "bytes"}
        wish = self.headers.get("Range")
        start = 0
        if wish and self.headers.get("If-Range", tag) == tag:
            start = int(wish.removeprefix("bytes=").partition("-")[0])
            headers["Content_Range"] = f"bytes {start}-{len(content) - 1}/{len(content)}"
        cut = self.server.host.cuts.pop(0) if self.server.host.cuts else None
        return self.answer(206 if start else 200, content[start:], cut=cut, **headers)

    def answer(self, status, body, cut=None, **headers):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body if cut is None else body[:cut])
            self.close_connection = cut is not None


class OldHost:
    """What the podcast consists of; `cuts` says after how many bytes the next answers with audio are cut off."""

    def __init__(self, number, address):
        self.address, self.seen, self.cuts, self.moved = address, [], [], {}
        self.audio = {index: mp3(1 + index / 4, index) for index in range(1, number + 1)}
        self.guids = {index: f"old-{index}" for index in self.audio}
        self.types = dict.fromkeys(self.audio, "audio/mpeg")
        self.cover, self.categories, self.owner = picture(), CATEGORIES, "desk@paper.example"
        self.kinds = {"/feed.xml": "application/rss+xml; charset=utf-8", "/cover.jpg": "image/jpeg"}
        # Statuses and headers of the next answers with audio, in place of it; None for it.
        self.refusals = []
        # Transcripts by their path /NUMBER.ENDING, as (media type, bytes).
        self.beside = {}
        # Episodes' own pictures by their path /NUMBER.ENDING, as the feed names them.
        self.pictures = {}

    def feed(self):
        items = [
            ITEM.format(
                number=index, guid=escape(self.guids[index]), perma="true" if "://" in self.guids[index] else "false",
                date=f"Mon, {index:02} Jun 2026 06:30:00 +0300", address=self.address, length=len(content),
                type=self.types[index], more="".join(
                    f'<podcast:transcript url="{self.address}{path}" type="{kind}"/>'
                    for path, (kind, _) in self.beside.items() if path.startswith(f"/{index}.")
                ) + "".join(
                    f'<itunes:image href="{self.address}{path}"/>' for path in self.pictures if path.startswith(f"/{index}.")
                ),
            )
            for index, content in reversed(self.audio.items())
        ]  # fmt: skip
        told = {"address": self.address, "guid": GUID, "categories": self.categories, "owner": escape(self.owner)}
        return FEED.format(**told, items="\n".join(items)).encode()

    def move(self, redirects):
        """Answer with the redirects of this CSV from now on."""
        self.moved = {row["old"]: row["new"] for row in csv.DictReader(io.StringIO(redirects))}


@contextmanager
def old_host(number, port=0):
    """Yield a host of a podcast of `number` episodes, on any port or on one of one's choice."""
    server = ThreadingHTTPServer(("127.0.0.1", port), _Handler)
    server.host = OldHost(number, f"http://127.0.0.1:{server.server_address[1]}")
    with serving(server):
        yield server.host
