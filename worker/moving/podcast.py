"""RSS bytes -> the podcast they describe, as another host published it. Pure; fetches nothing.

Reads what podcast feeds have in practice: RSS 2.0 with the itunes, podcast and content namespaces.
"""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

from lxml import etree, html

from briefing.articles.labels import tidied
from briefing.errors import PageRefused
from briefing.podcasts.categories import BELOW
from briefing.values import Kept, Value
from worker.feeds.feed import ATOM, CONTENT, ITUNES, PODCAST
from worker.words.text import clean_characters, one_line

if TYPE_CHECKING:
    from collections.abc import Iterator

#: Years in which podcasts may have been published.
_FIRST_YEAR, _LAST_YEAR = 1980, 2200

#: Words of the description that lists show.
_SUMMARY_WORDS = 60


class OldEpisode(Value):
    """An item of another host's feed."""

    guid: str
    """The item's; where it has none, the address of its audio, by which apps know it then."""
    title: str
    published_at: datetime
    link: str | None
    summary: str
    """Plain text."""
    labels: tuple[str, ...]
    """Its categories."""
    audio_address: str
    media_type: str
    transcripts: tuple[tuple[str, str], ...]
    """Address and media type of each podcast:transcript."""
    kept: Kept


class OldPodcast(Value):
    """A page of another host's feed."""

    guid: str | None
    """podcast:guid."""
    title: str
    description: str
    author: str
    link: str
    language: str
    categories: tuple[str, ...]
    """As a show writes them ("News > Politics"), each once, whether Apple has them or not."""
    explicit: bool
    artwork: str | None
    owner_email: str
    next_page: str | None
    """Where older episodes are (RFC 5005)."""
    episodes: tuple[OldEpisode, ...]


def read_podcast(feed: bytes, now: datetime) -> OldPodcast:
    """Return what a feed says. `now` dates episodes where nothing else does. Raises PageRefused for what is none."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False, recover=False)
    try:
        channel = etree.fromstring(feed, parser=parser).find("channel")
    except etree.XMLSyntaxError as error:
        message = f"the feed is not well-formed XML: {error}"
        raise PageRefused(message, code="feed_unreadable") from error
    if channel is None:
        message = "this is no RSS feed"
        raise PageRefused(message, code="feed_unreadable")
    image = channel.find(f"{{{ITUNES}}}image")
    picture = image.get("href") if image is not None else channel.findtext("image/url")
    older = [
        link.get("href")
        for relation in ("next", "prev-archive")
        for link in channel.iter(f"{{{ATOM}}}link")
        if link.get("rel") == relation
    ]
    return OldPodcast(
        guid=_text(channel, f"{{{PODCAST}}}guid") or None,
        title=_text(channel, "title"),
        description=_text(channel, "description") or _text(channel, f"{{{ITUNES}}}summary"),
        author=_text(channel, f"{{{ITUNES}}}author"),
        link=_text(channel, "link"),
        language=_text(channel, "language") or "en",
        categories=tuple(dict.fromkeys(_categories(channel))),
        explicit=_truth(_text(channel, f"{{{ITUNES}}}explicit")) or False,
        artwork=picture,
        owner_email=_text(channel, f"{{{ITUNES}}}owner/{{{ITUNES}}}email"),
        next_page=next((address for address in older if address), None),
        episodes=tuple(_episodes(channel, now)),
    )


def _categories(channel: etree._Element) -> Iterator[str]:
    """Yield the channel's categories, one below another as a pair, and alone what has none below it."""
    for category in channel.findall(f"{{{ITUNES}}}category"):
        name = one_line(category.get("text") or "")
        below = [one_line(one.get("text") or "") for one in category.findall(f"{{{ITUNES}}}category")]
        yield from (f"{name} {BELOW} {one}" for one in below if one)
        if name and not any(below):
            yield name


def _episodes(channel: etree._Element, now: datetime) -> Iterator[OldEpisode]:
    moment = now
    for item in channel.iter("item"):
        enclosure = item.find("enclosure")
        address = (enclosure.get("url") or "").strip() if enclosure is not None else ""
        if enclosure is None or not address:
            continue  # a text, which podcast apps do not list either
        moment = _moment(_text(item, "pubDate")) or moment
        described = _text(item, "description") or _text(item, f"{{{ITUNES}}}summary")
        said = next(
            (txt.text for txt in item.iter(f"{{{PODCAST}}}txt") if txt.get("purpose") == "ai-content"),
            "",
        )
        yield OldEpisode(
            guid=_text(item, "guid") or address,
            title=one_line(_text(item, "title") or _text(item, f"{{{ITUNES}}}title")),
            published_at=moment,
            link=_text(item, "link") or None,
            summary=_plain(described),
            labels=tidied(category.text for category in item.iter("category")),
            audio_address=address,
            media_type=_media_type(enclosure),
            transcripts=tuple(
                (told.get("url", "").strip(), _media_type(told)) for told in item.iter(f"{{{PODCAST}}}transcript")
            ),
            kept=_kept(item, described, _truth(said)),
        )


def _media_type(element: etree._Element) -> str:
    return (element.get("type") or "").split(";")[0].strip().lower()


def _kept(item: etree._Element, described: str, ai: bool | None) -> Kept:
    values: dict[str, Any] = {
        "described": described,
        "notes": _text(item, f"{{{CONTENT}}}encoded"),
        "author": _text(item, f"{{{ITUNES}}}author"),
        "explicit": _truth(_text(item, f"{{{ITUNES}}}explicit")),
        "season": _number(_text(item, f"{{{ITUNES}}}season")),
        "number": _number(_text(item, f"{{{ITUNES}}}episode")),
        "ai": ai,
    }
    kind = _text(item, f"{{{ITUNES}}}episodeType").lower()
    return Kept.model_validate(values | ({"kind": kind} if kind in {"full", "trailer", "bonus"} else {}))


def _text(element: etree._Element, name: str) -> str:
    return clean_characters(element.findtext(name) or "").strip()


def _plain(markup: str) -> str:
    """Return the first words of a description without its markup."""
    if "<" in markup:
        try:
            markup = " ".join(map(str, html.fragment_fromstring(markup, create_parent="div").itertext()))
        except (etree.ParserError, etree.XMLSyntaxError, ValueError):
            return ""
    words = markup.split()
    return " ".join(words[:_SUMMARY_WORDS]) + (" …" if len(words) > _SUMMARY_WORDS else "")


def _truth(text: str | None) -> bool | None:
    known = {"true": True, "yes": True, "explicit": True, "false": False, "no": False, "clean": False}
    return known.get((text or "").strip().lower())


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 7 else None  # noqa: PLR2004  digits


def _moment(text: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    # What nobody can have published is no date: other zones and databases count neither before year 1 nor after 9999.
    if not _FIRST_YEAR <= moment.year <= _LAST_YEAR:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
