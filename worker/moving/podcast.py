"""RSS bytes -> the podcast they describe, as another host published it. Pure; fetches nothing.

Reads what podcast feeds have in practice: RSS 2.0 with the itunes, podcast and content namespaces.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from lxml import etree

from briefing.errors import PageRefused
from briefing.podcasts.categories import BELOW
from briefing.values import Value
from worker.feeds.feed import ATOM, ITUNES, PODCAST
from worker.moving.old_episode import OldEpisode, blocked, read_episodes, text_of, truth
from worker.words.text import clean_characters, one_line

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime


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
    order: Literal["episodic", "serial"]
    """itunes:type: whether its episodes are heard the newest first, or from the first on."""
    blocked: bool
    """Whether directories are not to list it."""
    locked: bool
    """Whether other hosts are to ask its owner (podcast:locked)."""
    frequency: str
    frequency_rule: str
    """podcast:updateFrequency, in words and as a rule of iCalendar."""
    txt: tuple[tuple[str, str], ...]
    """Purpose and text of each podcast:txt, what is said of AI left out: episodes say that themselves."""
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
    often = channel.find(f"{{{PODCAST}}}updateFrequency")
    return OldPodcast(
        guid=text_of(channel, f"{{{PODCAST}}}guid") or None,
        title=text_of(channel, "title"),
        description=text_of(channel, "description") or text_of(channel, f"{{{ITUNES}}}summary"),
        author=text_of(channel, f"{{{ITUNES}}}author"),
        link=text_of(channel, "link"),
        language=text_of(channel, "language") or "en",
        categories=tuple(dict.fromkeys(_categories(channel))),
        explicit=truth(text_of(channel, f"{{{ITUNES}}}explicit")) or False,
        artwork=picture,
        owner_email=text_of(channel, f"{{{ITUNES}}}owner/{{{ITUNES}}}email"),
        order="serial" if text_of(channel, f"{{{ITUNES}}}type").lower() == "serial" else "episodic",
        blocked=blocked(channel),
        locked=truth(text_of(channel, f"{{{PODCAST}}}locked")) or False,
        frequency=text_of(channel, f"{{{PODCAST}}}updateFrequency"),
        frequency_rule=(often.get("rrule") or "").strip() if often is not None else "",
        txt=tuple(_txt(channel)),
        next_page=next((address for address in older if address), None),
        episodes=tuple(read_episodes(channel, now)),
    )


def _categories(channel: etree._Element) -> Iterator[str]:
    """Yield the channel's categories, one below another as a pair, and alone what has none below it."""
    for category in channel.findall(f"{{{ITUNES}}}category"):
        name = one_line(category.get("text") or "")
        below = [one_line(one.get("text") or "") for one in category.findall(f"{{{ITUNES}}}category")]
        yield from (f"{name} {BELOW} {one}" for one in below if one)
        if name and not any(below):
            yield name


def _txt(channel: etree._Element) -> Iterator[tuple[str, str]]:
    for txt in channel.findall(f"{{{PODCAST}}}txt"):
        purpose = one_line(clean_characters(txt.get("purpose") or ""))
        text = clean_characters(txt.text or "").strip()
        if text and purpose != "ai-content":
            yield purpose, text
