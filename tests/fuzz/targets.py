"""What is fuzzed: one function per reader of bytes from outside. Each takes any bytes, and raises nothing but a failed
assertion for what is a fault of ours; errors that a reader names are its right answers.

`corpus/<target>/` has an input of each kind, and those that were found to break something once.
"""

from __future__ import annotations

import asyncio
import contextlib
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from fastapi import FastAPI
from lxml import etree
from pydantic import ValidationError
from starlette.requests import Request

from api import published
from api import ranges as ranges_of
from api.asking import _article
from api.once import IdempotencyKey  # noqa: TC001  FastAPI reads the annotation
from api.problems import Problem, install
from api.schemas import BriefingRequest, RegenerateRequest
from briefing.articles.addresses import address_id, canonical_address, is_address
from briefing.articles.cleaning import Cleaning
from briefing.errors import AddressRefused, BadInput, BriefcastError, LexiconInvalid, Misconfigured, PageRefused
from briefing.following import hooks
from briefing.outside.calls import Reply
from briefing.podcasts.newsroom import SourceSettings, load_newsroom
from briefing.podcasts.show import Show
from briefing.pronunciations.pls import read_pls, write_pls
from briefing.settings import FetchSettings
from briefing.values import ArticleRef, is_name
from worker.clean.depth import check_depth
from worker.clean.html import read_fragment, read_page
from worker.feeds.feed import Channel, Episode, render
from worker.feeds.pictures import MOST_BYTES, as_apps_take_it
from worker.moving.id3 import parsed
from worker.moving.kept_show import kept_show
from worker.moving.podcast import read_podcast
from worker.sound.files import UnreadableSound, decoded_whole
from worker.sources.ghost import GhostSource
from worker.sources.ghost_api import GhostApi
from worker.words.text import clean_characters, decode_page

CORPUS = Path(__file__).parent / "corpus"


def html(content: bytes) -> None:
    """A web page, whole and as a fragment."""
    text = decode_page(content)
    for read in (read_page, read_fragment):
        with contextlib.suppress(PageRefused):
            check_depth(text)
            read(text, Cleaning())


def feed(content: bytes) -> None:
    """Any text in any place of a feed: it parses, and the text comes back."""
    parts = content.decode("utf-8", "surrogateescape").split("\n", 3)
    title, summary, byline, link = (parts + [""] * 4)[:4]
    show = Show(slug="daily", title=clean_characters(title)[:100].strip() or "The Daily")
    channel = Channel(
        show, "guid", "https://a.example/feed.xml", "https://a.example/a.jpg", link or "https://a.example"
    )
    episode = Episode(
        guid="guid-1",
        title=title,
        link=link or None,
        summary=summary,
        published_at=datetime(2026, 5, 1, tzinfo=UTC),
        audio_address="https://a.example/audio/1.mp3",
        audio_bytes=1,
        duration_s=1,
        disclosure="Made with AI.",
        byline=byline or None,
    )
    item = etree.fromstring(render(channel, [episode])).find("channel/item")
    assert (item.findtext("title") or "") == clean_characters(title)
    assert "Made with AI." in item.findtext("description")


def ranges(content: bytes) -> None:
    """The headers of a reader's GET."""
    names = (b"range", b"if-none-match", b"if-modified-since", b"if-range")
    values = content.replace(b"\r", b"").split(b"\n")
    request = Request({"type": "http", "method": "GET", "headers": list(zip(names, values, strict=False))})
    end = 0
    for span in ranges_of.asked(request.headers.get("range", ""), 1000) or ():
        assert end <= span.start < span.end <= 1000
        end = span.end
    published.none_match(request.headers, '"abc"')
    published._not_since(1_700_000_000.0, request.headers.get("if-modified-since"))


def article(content: bytes) -> None:
    """What names an article: source:id, or an address, which has one form."""
    text = content.decode("utf-8", "surrogateescape")
    with contextlib.suppress(BadInput):
        ref = ArticleRef.parse(text)
        assert str(ref) == text
    with contextlib.suppress(AddressRefused):
        address = canonical_address(text)
        assert canonical_address(address) == address
        assert address.isascii()
        assert is_address(address)
        assert len(address_id(address)) == 16


_SOURCES = [
    SourceSettings(name="desk", kind="files", options={"folder": "articles"}),
    SourceSettings(name="site", kind="http", options={"hosts": ["news.example", "*.news.example"]}),
]


def body(content: bytes) -> None:
    """The body of a request for a briefing."""
    for kind in (BriefingRequest, RegenerateRequest):
        try:
            asked = kind.model_validate_json(content)
        except ValidationError as error:
            error.errors()
            continue
        asked.model_dump_json()
        for text in getattr(asked, "article_ids", ()):
            with contextlib.suppress(BriefcastError, Problem):
                ref, address = _article(text, _SOURCES)
                assert ArticleRef.parse(str(ref)) == ref
                assert address is None or ".example" in address


def pls(content: bytes) -> None:
    """A pronunciation lexicon: taken whole or refused, and what was taken goes out and in again."""
    with contextlib.suppress(LexiconInvalid):
        entries = read_pls(content, "en")
        assert {entry.written for entry in read_pls(write_pls(entries, "en"), "en")} == {
            entry.written for entry in entries if entry.speaks("en")
        }


def jingle(content: bytes) -> None:
    """A sound file, of whatever kind it turns out to be."""
    with tempfile.NamedTemporaryFile() as file:
        file.write(content)
        file.flush()
        with contextlib.suppress(UnreadableSound):
            samples = decoded_whole(Path(file.name), 44_100, 5)
            assert 0 < len(samples) <= 5 * 44_100


def newsroom(content: bytes) -> None:
    """A briefcast.toml."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "briefcast.toml"
        path.write_bytes(content)
        with contextlib.suppress(Misconfigured):
            load_newsroom(path)


def podcast(content: bytes) -> None:
    """Another host's feed: what is taken from it makes a feed of ours, under the same guids."""
    with contextlib.suppress(PageRefused):
        found = read_podcast(content, datetime(2026, 5, 1, tzinfo=UTC))
        show, _ = kept_show(found, "daily", None, "https://a.example/feed.xml")
        channel = Channel(show, "guid", "https://a.example/feed.xml", "https://a.example/a.jpg", "https://a.example")
        episodes = [
            Episode(
                guid=old.guid,
                title=old.title,
                link=old.link,
                summary=old.summary,
                published_at=old.published_at.astimezone(UTC),
                audio_address="https://a.example/audio/1.mp3",
                audio_bytes=1,
                duration_s=1,
                disclosure="",
                kept=old.kept,
            )
            for old in found.episodes
        ]
        guids = [item.findtext("guid") for item in etree.fromstring(render(channel, episodes)).iter("item")]
        assert guids == [old.guid for old in found.episodes]


def _keyed() -> FastAPI:
    app = FastAPI()
    install(app)

    @app.post("/")
    def ask(idempotency_key: IdempotencyKey = None) -> str | None:
        return idempotency_key

    return app


_app = _keyed()


def tag(content: bytes) -> None:
    """The beginning of an MP3: what its tag says of chapters is what a feed can say, and a picture is part of it."""
    found = parsed(content)
    assert found.picture in content.replace(b"\xff\x00", b"\xff") or found.picture in content
    for start, title, link in found.chapters:
        assert start >= 0
        clean_characters(f"{title} {link}").encode()


def picture(content: bytes) -> None:
    """A picture of another host: taken as apps want it, or refused."""
    with contextlib.suppress(Misconfigured):
        found = as_apps_take_it(content, "it")
        assert found.content.startswith(b"\x89PNG" if found.ending == "png" else b"\xff\xd8")
        assert len(found.content) <= MOST_BYTES


def key(content: bytes) -> None:
    """An Idempotency-Key, as bytes of a header."""
    told: list[dict[str, object]] = []

    async def receive() -> dict[str, object]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: dict[str, object]) -> None:
        told.append(message)

    scope = {
        "type": "http",
        "method": "POST",
        "path": "/",
        "raw_path": b"/",
        "query_string": b"",
        "root_path": "",
        "headers": [(b"idempotency-key", content)],
    }
    asyncio.run(_app(scope, receive, send))
    fits = 0 < len(content) <= 255 and all(32 <= byte < 127 for byte in content)
    assert told[0]["status"] == (200 if fits else 422)


def hook(content: bytes) -> None:
    """A CMS's webhook: headers in its first lines, then the body; signed rightly, so that its body is read too."""
    head, _, body = content.partition(b"\n\n")
    lines = head.decode("latin-1").split("\n")
    names = ("x-ghost-signature", "webhook-id", "webhook-timestamp", "webhook-signature")
    headers = dict(zip(names, lines, strict=False))
    for verify in (hooks.verify_standard, lambda *given: hooks.verify_ghost(*given[:2], "post.edited", *given[2:])):
        with contextlib.suppress(hooks.HookRefused):
            verify(headers, body, ["secret", "whsec_no base64"], 1_795_347_000.0)
            assert False, "nobody guesses a signature"  # noqa: B011, PT015
    with contextlib.suppress(hooks.HookRefused):
        found = hooks.read_ghost(body, "post.published")
        assert found is None or is_name(found)
    with contextlib.suppress(hooks.HookRefused):
        told = hooks.read_standard(body, 1_795_347_000.0)
        assert told is None or told.id is None or ArticleRef(source="desk", id=told.id)


def ghost(content: bytes) -> None:
    """What Ghost's API answers: posts of a form that is not known hold no others up."""
    source = GhostSource(GhostApi("https://a.example", _Answering(content), admin_key=f"{'0' * 24}:{'0' * 64}"))
    for look in (source.look, source.glance):
        with contextlib.suppress(BriefcastError):
            for seen in look(["0" * 24]):
                assert is_name(seen.id)
    with contextlib.suppress(BriefcastError):
        found = source.fetch(ArticleRef(source="site", id="0" * 24), None)
        assert "\x00" not in found.body


class _Answering:
    """A caller whose every answer is the same."""

    def __init__(self, content: bytes) -> None:
        self._content = content
        self.bounds = FetchSettings()

    def call(self, *_: object) -> Reply:
        """Answer."""
        return Reply(200, self._content)


TARGETS = {
    "article": article,
    "body": body,
    "feed": feed,
    "ghost": ghost,
    "hook": hook,
    "html": html,
    "jingle": jingle,
    "key": key,
    "newsroom": newsroom,
    "picture": picture,
    "pls": pls,
    "podcast": podcast,
    "ranges": ranges,
    "tag": tag,
}


def corpus(name: str) -> list[bytes]:
    """The kept inputs of a target."""
    return [path.read_bytes() for path in sorted((CORPUS / name).iterdir())]
