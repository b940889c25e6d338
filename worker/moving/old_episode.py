"""An item of another host's feed -> the episode that it describes. Pure; fetches nothing."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

from lxml import etree, html

from briefing.articles.labels import tidied
from briefing.values import Kept, Value
from worker.feeds.feed import CONTENT, ITUNES, PODCAST, PSC
from worker.words.text import clean_characters, one_line

if TYPE_CHECKING:
    from collections.abc import Iterator

#: Years in which podcasts may have been published.
_FIRST_YEAR, _LAST_YEAR = 1980, 2200

#: Words of the description that lists show.
_SUMMARY_WORDS = 60

#: Parts of a length, such as 1:02:03.
_CLOCK_PARTS = 3


class OldEpisode(Value):
    """An item of another host's feed."""

    guid: str
    """The item's; where it has none, the address of its audio, by which apps know it then."""
    title: str
    published_at: datetime
    dated: bool
    """Whether it says so itself; otherwise it stands where the one above it in the feed does."""
    date: str
    """As it is written."""
    link: str | None
    summary: str
    """Plain text."""
    labels: tuple[str, ...]
    """Its categories."""
    audio_address: str
    media_type: str
    duration_s: float | None
    """As the feed has it, where that can be read."""
    blocked: bool
    """Whether directories are not to list it."""
    picture: str
    """Address of its own picture; empty for none."""
    transcripts: tuple[tuple[str, str], ...]
    """Address and media type of each podcast:transcript."""
    chapters_address: str
    """Of podcast:chapters; empty for none."""
    chapters: tuple[tuple[float, str, str], ...]
    """Second, title and link of each chapter that stands in the feed itself (Podlove)."""
    kept: Kept


def read_episodes(channel: etree._Element, now: datetime) -> Iterator[OldEpisode]:
    """Yield what a channel's items describe, in their order. `now` dates those above which nothing is dated."""
    moment = now
    for item in channel.iter("item"):
        enclosure = item.find("enclosure")
        address = (enclosure.get("url") or "").strip() if enclosure is not None else ""
        if enclosure is None or not address:
            continue  # a text, which podcast apps do not list either
        date = text_of(item, "pubDate")
        told = _moment(date)
        moment = told or moment
        described = text_of(item, "description") or text_of(item, f"{{{ITUNES}}}summary")
        said = next(
            (txt.text for txt in item.iter(f"{{{PODCAST}}}txt") if txt.get("purpose") == "ai-content"),
            "",
        )
        image = item.find(f"{{{ITUNES}}}image")
        chapters = item.find(f"{{{PODCAST}}}chapters")
        yield OldEpisode(
            guid=text_of(item, "guid") or address,
            title=one_line(text_of(item, "title") or text_of(item, f"{{{ITUNES}}}title")),
            published_at=moment,
            dated=told is not None,
            date=date,
            link=text_of(item, "link") or None,
            summary=_plain(described),
            labels=tidied(category.text for category in item.iter("category")),
            audio_address=address,
            media_type=_media_type(enclosure),
            duration_s=seconds(text_of(item, f"{{{ITUNES}}}duration")),
            blocked=blocked(item),
            picture=(image.get("href") or "").strip() if image is not None else "",
            transcripts=tuple(
                (told.get("url", "").strip(), _media_type(told)) for told in item.iter(f"{{{PODCAST}}}transcript")
            ),
            chapters_address=(chapters.get("url") or "").strip() if chapters is not None else "",
            chapters=tuple(_chapters(item)),
            kept=_kept(item, described, truth(said)),
        )


def _chapters(item: etree._Element) -> Iterator[tuple[float, str, str]]:
    for chapter in item.iterfind(f"{{{PSC}}}chapters/{{{PSC}}}chapter"):
        if (start := seconds(chapter.get("start") or "")) is not None:
            yield start, one_line(clean_characters(chapter.get("title") or "")), (chapter.get("href") or "").strip()


def blocked(element: etree._Element) -> bool:
    """Tell whether a channel or an item asks directories not to list it, all of them."""
    asked = [text_of(element, f"{{{ITUNES}}}block")]
    asked += [one.text or "" for one in element.findall(f"{{{PODCAST}}}block") if not one.get("id")]
    return any(one.strip().lower() in {"yes", "true"} for one in asked)


def seconds(text: str) -> float | None:
    """Return the seconds of a length or a moment, such as 1:02:03.5 or 3723; None for what is none."""
    parts = text.strip().split(":")
    if len(parts) > _CLOCK_PARTS or not all(part.replace(".", "", 1).isdecimal() and part.isascii() for part in parts):
        return None
    total = 0.0
    for part in parts:
        total = total * 60 + float(part)
    return total


def _media_type(element: etree._Element) -> str:
    return (element.get("type") or "").split(";")[0].strip().lower()


def _kept(item: etree._Element, described: str, ai: bool | None) -> Kept:
    values: dict[str, Any] = {
        "described": described,
        "notes": text_of(item, f"{{{CONTENT}}}encoded"),
        "author": text_of(item, f"{{{ITUNES}}}author"),
        "explicit": truth(text_of(item, f"{{{ITUNES}}}explicit")),
        "season": _number(text_of(item, f"{{{ITUNES}}}season")),
        "number": _number(text_of(item, f"{{{ITUNES}}}episode")),
        "ai": ai,
    }
    kind = text_of(item, f"{{{ITUNES}}}episodeType").lower()
    return Kept.model_validate(values | ({"kind": kind} if kind in {"full", "trailer", "bonus"} else {}))


def text_of(element: etree._Element, name: str) -> str:
    """Return what stands in the first element of a name below another; nothing where there is none."""
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


def truth(text: str | None) -> bool | None:
    """Return what a feed says yes or no to; None where it says neither."""
    known = {"true": True, "yes": True, "explicit": True, "false": False, "no": False, "clean": False}
    return known.get((text or "").strip().lower())


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 7 else None  # noqa: PLR2004  digits


def _moment(text: str) -> datetime | None:
    moment = _rfc5322(text) or _iso8601(text)
    if moment is None:
        return None
    # What nobody can have published is no date: other zones and databases count neither before year 1 nor after 9999.
    if not _FIRST_YEAR <= moment.year <= _LAST_YEAR:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _rfc5322(text: str) -> datetime | None:
    try:
        return parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None


def _iso8601(text: str) -> datetime | None:
    """What feeds should not have, and what some generators write all the same."""
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None
