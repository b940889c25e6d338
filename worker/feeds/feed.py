"""(Show, episodes) -> RSS bytes. Pure: the same input gives the same bytes.

RSS 2.0 with the itunes, podcast, atom and content namespaces, after Apple's requirements and PSP-1. Every item is
parsed again before it is let into a feed, so that no article's text can break it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from email.utils import format_datetime
from functools import lru_cache
from html import escape
from typing import TYPE_CHECKING, Any

from lxml import etree

from briefing.articles.labels import names_in
from briefing.podcasts.categories import nested
from briefing.transcript import CHAPTERS_TYPE
from briefing.values import Kept
from worker.transcript.chapters import LEAST, clock, stamps
from worker.words.text import clean_characters

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from briefing.audio import Cue
    from briefing.podcasts.show import Show

ITUNES = "http://www.itunes.com/dtds/podcast-1.0.dtd"
PODCAST = "https://podcastindex.org/namespace/1.0"
ATOM = "http://www.w3.org/2005/Atom"
CONTENT = "http://purl.org/rss/1.0/modules/content/"
PSC = "http://podlove.org/simple-chapters"
HISTORY = "http://purl.org/syndication/history/1.0"
_NAMESPACES = {"itunes": ITUNES, "podcast": PODCAST, "atom": ATOM, "content": CONTENT, "psc": PSC, "fh": HISTORY}

#: Where an item begins in a feed, and what comes after the last one.
_ITEM_BEGINS, _CHANNEL_ENDS = b"    <item>", b"  </channel>"

#: Items that a process keeps as they are written, of 2 to 12 kB, and what they are made of: some more than a first page
#: has.
KEPT = 512

#: Formats that apps may show while the audio plays.
_CAPTIONS = frozenset({"text/vtt", "application/x-subrip"})

#: Letters of a person's name, by the podcast namespace.
_PERSON_LETTERS = 128

#: Apple's limit on descriptions, in bytes.
_DESCRIPTION_BYTES = 4000


@dataclass(frozen=True)
class Episode:
    """One published briefing as a feed shows it."""

    guid: str
    title: str
    link: str | None
    """Address of the article."""
    summary: str
    published_at: datetime
    audio_address: str
    audio_bytes: int
    duration_s: int
    disclosure: str
    byline: str | None = None
    language: str = ""
    """BCP 47; of its transcripts."""
    transcripts: tuple[tuple[str, str], ...] = ()
    """Addresses and media types."""
    chapters: tuple[Cue, ...] = ()
    chapters_address: str = ""
    """Where the chapters are as JSON."""
    kept: Kept | None = None
    """What its old feed said of it."""
    correction: str = ""
    """What is told of a correction."""
    history_address: str = ""
    """Where it is told how it changed; empty where it did not."""
    folder: str = ""
    """Name of the folder of its companions."""
    picture_address: str = ""
    """Of its own picture; empty where it has none."""

    @property
    def ai(self) -> bool | None:
        """Whether AI made it; None where nobody said."""
        return self.kept.ai if self.kept else True


@dataclass(frozen=True)
class Channel:
    """A show as its feed presents it."""

    show: Show
    guid: str
    """podcast:guid, assigned once."""
    feed_address: str
    artwork_address: str
    site: str
    """Address of the show's site, or ours where it names none."""
    hubs: tuple[str, ...] = ()
    """Addresses of WebSub hubs that hear of every change."""
    links: tuple[tuple[str, str], ...] = ()
    """Relations and addresses of other pages of the feed."""
    archive: bool = False
    """Whether this page is of the archive (RFC 5005)."""
    locked: bool = True
    """Whether other hosts may not take it over."""
    private: bool = False
    """Whether it is a listener's own: no directory lists it."""


def render(channel: Channel, episodes: Sequence[Episode]) -> bytes:
    """Return the feed with `episodes` in the order given."""
    rss = etree.Element("rss", nsmap=_NAMESPACES, version="2.0")
    top = etree.SubElement(rss, "channel")
    show = channel.show
    _add(top, "title", show.title)
    _add(top, "link", channel.site)
    _add(top, "description", _short(show.description or show.title))
    _add(top, "language", show.language)
    _add(top, "generator", "Briefcast")
    if episodes:
        _add(top, "lastBuildDate", format_datetime(max(episode.published_at for episode in episodes)))
    _add(top, f"{{{ATOM}}}link", href=channel.feed_address, rel="self", type="application/rss+xml")
    for hub in channel.hubs:
        _add(top, f"{{{ATOM}}}link", href=hub, rel="hub")
    for relation, address in channel.links:
        _add(top, f"{{{ATOM}}}link", href=address, rel=relation, type="application/rss+xml")
    if channel.archive:
        _add(top, f"{{{HISTORY}}}archive")
    if channel.private:
        _add(top, f"{{{ITUNES}}}block", "Yes")
        _add(top, f"{{{PODCAST}}}block", "yes")
    _add_about(top, channel, episodes)
    items = b"".join(_item(episode, show.explicit) for episode in episodes)
    around = _checked(etree.tostring(rss, xml_declaration=True, encoding="UTF-8", pretty_print=True))
    end = around.rindex(_CHANNEL_ENDS)
    return around[:end] + items + around[end:]


def _add_about(top: etree._Element, channel: Channel, episodes: Sequence[Episode]) -> None:
    """Add what directories and apps are told of a show."""
    show = channel.show
    _add(top, f"{{{ITUNES}}}author", show.author or show.title)
    owner = {"owner": show.owner_email} if show.owner_email else {}
    if owner:
        named = etree.SubElement(top, f"{{{ITUNES}}}owner")
        _add(named, f"{{{ITUNES}}}name", show.author or show.title)
        _add(named, f"{{{ITUNES}}}email", show.owner_email)
    for name, below in nested(show.filed_under).items():
        category = _add(top, f"{{{ITUNES}}}category", text=name)
        for one in below:
            _add(category, f"{{{ITUNES}}}category", text=one)
    _add(top, f"{{{ITUNES}}}explicit", "true" if show.explicit else "false")
    _add(top, f"{{{ITUNES}}}image", href=channel.artwork_address)
    _add(top, f"{{{ITUNES}}}type", show.type)
    _add(top, f"{{{PODCAST}}}guid", channel.guid)
    # Other hosts ask before they copy it: no show wishes to find itself elsewhere.
    _add(top, f"{{{PODCAST}}}locked", "yes" if channel.locked else "no", **owner)
    _add(top, f"{{{PODCAST}}}medium", "podcast")
    if show.frequency or show.frequency_rule:
        rule = {"rrule": show.frequency_rule} if show.frequency_rule else {}
        _add(top, f"{{{PODCAST}}}updateFrequency", show.frequency or show.frequency_rule, **rule)
    if (ai := _ai(episodes)) is not None:
        _add(top, f"{{{PODCAST}}}txt", "true" if ai else "false", purpose="ai-content")
    for purpose, text in sorted(show.txt.items()):
        _add(top, f"{{{PODCAST}}}txt", text, purpose=purpose)
    # Apps that followed it would leave a listener's own feed for everybody's.
    if show.new_feed and not channel.private:
        _add(top, f"{{{ITUNES}}}new-feed-url", show.new_feed)


def _ai(episodes: Sequence[Episode]) -> bool | None:
    """Return what a channel says of AI: that there is some if any episode says so, that there is none if all say so."""
    said = {episode.ai for episode in episodes} or {True}
    return True if True in said else False if said == {False} else None


def _writable(episode: Episode) -> Episode:
    """Return the episode without characters that no file takes, before anything of it is counted in bytes."""
    chapters = tuple(cue.model_copy(update={"title": clean_characters(cue.title)}) for cue in episode.chapters)
    writable: dict[str, Any] = {
        name: clean_characters(value) for name, value in vars(episode).items() if isinstance(value, str)
    }
    return replace(episode, chapters=chapters, **writable)


@lru_cache(KEPT)
def _item(episode: Episode, explicit: bool) -> bytes:
    """Return an item as it stands in a feed: of a page that each publication has written, all but one are known."""
    rss = etree.Element("rss", nsmap=_NAMESPACES)
    _add_item(etree.SubElement(rss, "channel"), _writable(episode), explicit=explicit)
    whole = _checked(etree.tostring(rss, encoding="UTF-8", pretty_print=True))
    return whole[whole.index(_ITEM_BEGINS) : whole.rindex(_CHANNEL_ENDS)]


def _checked(xml: bytes) -> bytes:
    """Return what was written if it can be read. What can, one after another, can as a whole."""
    etree.fromstring(xml, parser=etree.XMLParser(resolve_entities=False, no_network=True))
    return xml


def _add_item(top: etree._Element, episode: Episode, *, explicit: bool) -> None:
    item = etree.SubElement(top, "item")
    _add(item, "title", episode.title)
    _add(item, "guid", episode.guid, isPermaLink="false")
    _add(item, "pubDate", format_datetime(episode.published_at))
    if episode.link:
        _add(item, "link", episode.link)
    kept = episode.kept or Kept()
    _add(item, "description", _short(kept.described) or _described(episode))
    _add(item, f"{{{CONTENT}}}encoded", kept.notes or _notes(episode))
    _add(item, "enclosure", url=episode.audio_address, length=str(episode.audio_bytes), type="audio/mpeg")
    _add(item, f"{{{ITUNES}}}duration", str(episode.duration_s))
    explicit = explicit if kept.explicit is None else kept.explicit
    _add(item, f"{{{ITUNES}}}explicit", "true" if explicit else "false")
    if episode.picture_address:
        _add(item, f"{{{ITUNES}}}image", href=episode.picture_address)
    for name, value in (("author", kept.author), ("season", kept.season), ("episode", kept.number)):
        if value:
            _add(item, f"{{{ITUNES}}}{name}", str(value))
    if kept.kind:
        _add(item, f"{{{ITUNES}}}episodeType", kept.kind)
    for name in names_in(episode.byline or ""):
        _add(item, f"{{{PODCAST}}}person", name[:_PERSON_LETTERS], role="author", group="writing")
    if episode.ai is not None:
        _add(item, f"{{{PODCAST}}}txt", "true" if episode.ai else "false", purpose="ai-content")
    for address, media_type in episode.transcripts:
        captions = {"rel": "captions"} if media_type in _CAPTIONS else {}
        _add(item, f"{{{PODCAST}}}transcript", url=address, type=media_type, language=episode.language, **captions)
    if len(episode.chapters) >= LEAST:
        _add(item, f"{{{PODCAST}}}chapters", url=episode.chapters_address, type=CHAPTERS_TYPE)
        _add_chapters(item, episode.chapters)


def _add_chapters(item: etree._Element, chapters: Sequence[Cue]) -> None:
    """Add Podlove simple chapters 1.2."""
    listed = etree.SubElement(item, f"{{{PSC}}}chapters", version="1.2")
    for cue in chapters:
        link = {"href": cue.link} if cue.link else {}
        _add(listed, f"{{{PSC}}}chapter", start=clock(cue.start, precise=True), title=cue.title, **link)


def _described(episode: Episode) -> str:
    """Return the description: summary, disclosure, then the chapters' time stamps, as far as Apple's limit lets.

    What is cut is the summary, then the chapters; never the disclosure, nor a correction.
    """
    ours = f"{episode.correction} {episode.disclosure}".strip()
    room = _DESCRIPTION_BYTES - len(ours.encode()) - 2
    lines: list[str] = []
    for line in stamps(episode.chapters):
        room -= len(line.encode()) + 1
        if room < _DESCRIPTION_BYTES // 4:
            break
        lines.append(line)
    told = f"{_short(episode.summary, max(room, 0))} {ours}".strip()
    return _short("\n".join([told, "", *lines]) if lines else told)


def _notes(episode: Episode) -> str:
    notes = f"<p>{escape(episode.summary)}</p>" if episode.summary else ""
    if episode.link:
        notes += f'<p><a href="{escape(episode.link)}">Read the article</a></p>'
    if episode.correction:
        notes += f"<p>{escape(episode.correction)}</p>"
    if episode.history_address:
        notes += f'<p><a href="{escape(episode.history_address)}">Updates and corrections</a></p>'
    if lines := stamps(episode.chapters):
        notes += f"<p>{'<br>'.join(escape(line) for line in lines)}</p>"
    return f"{notes}<p>{escape(episode.disclosure)}</p>" if episode.disclosure else notes


def _add(parent: etree._Element, name: str, content: str | None = None, **attributes: str) -> etree._Element:
    element = etree.SubElement(parent, name, {key: clean_characters(value) for key, value in attributes.items()})
    if content is not None:
        element.text = clean_characters(content)
    return element


def _short(text: str, most: int = _DESCRIPTION_BYTES) -> str:
    """Return `text` cut at a word so that its bytes stay within a limit, by default Apple's."""
    raw = text.encode()
    if len(raw) <= most:
        return text
    return raw[: max(most - 3, 0)].decode("utf-8", "ignore").rsplit(" ", 1)[0] + "…"
