"""A site's map (sitemaps.org, news sitemaps, indexes of them, gzipped or not) -> the addresses in it. For sources.

Bounded: 50 MB and 50,000 addresses a file as the standard has it, files in all, and how deep indexes lead. Fetches by
the Asker that it is given, so from the source's own hosts alone.
"""

from __future__ import annotations

import re
import zlib
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from heapq import heappop, heappush
from io import BytesIO
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from lxml import etree

from briefing.articles.addresses import canonical_address
from briefing.articles.moments import usable
from briefing.errors import AddressRefused, ArticleNotFound, PageRefused
from briefing.values import Value
from worker.words.text import clean_characters, one_line

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from worker.asking.answers import Answer, Asker

#: The standard's own bounds on one file.
MOST_ADDRESSES = 50_000
MOST_BYTES = 50_000_000

#: Files of one map: at 50,000 addresses each, more than any newspaper has printed.
_MOST_FILES = 2000

#: Indexes may name maps; an index in an index is against the standard, and happens.
_DEEPEST = 3

#: Entries of a file that are kept from one poll to the next: more than change in a week.
_MOST_NEWEST = 1000

_NOT_MODIFIED, _MIDNIGHT = 304, time(tzinfo=UTC)
_GZIP = b"\x1f\x8b"
_NEWS = "{http://www.google.com/schemas/sitemap-news/0.9}"
_YEAR_AND_MONTH = re.compile(r"\d{4}(?:-\d{2})?")
_SEGMENT = re.compile(r"[^/]+(?=/)")


class Entry(Value):
    """An address of a map."""

    address: str
    """Canonical."""
    changed_at: datetime | None = None
    published_at: datetime | None = None
    """Of news sitemaps alone."""
    title: str = ""
    language: str | None = None

    @property
    def at(self) -> datetime | None:
        """When it was published, as far as the map tells."""
        return self.published_at or self.changed_at

    @property
    def dated_at(self) -> datetime | None:
        """When it changed last or was published, whichever is later."""
        return max((moment for moment in (self.changed_at, self.published_at) if moment is not None), default=None)

    @property
    def sections(self) -> tuple[str, ...]:
        """The folders of its path that are no numbers: maps name no sections, paths do."""
        folders: list[str] = _SEGMENT.findall(urlsplit(self.address).path)
        return tuple(folder for folder in folders if not folder.isdecimal())


@dataclass(frozen=True)
class _Link:
    """A map that an index names, or the first."""

    address: str
    changed_at: datetime | None
    depth: int = 1


@dataclass(frozen=True)
class Known:
    """A file of a map that was read to its end."""

    condition: Mapping[str, str]
    """Headers by which its server can tell that it is as it was."""
    links: tuple[_Link, ...]
    """What it names, if it is an index: those files may have changed though it has not."""
    newest: tuple[Entry, ...]


@dataclass
class Visit:
    """One poll's reading of a map: a few files, the newest first, and none that its server says is as it was."""

    most_files: int
    known: Mapping[str, Known] = field(default_factory=dict)
    """Files by their addresses."""
    fresh: dict[str, Known] = field(default_factory=dict)
    """Those that were asked for, as they are now."""
    files: int = 0
    size: int = 0
    """Bytes of all answers so far."""

    def ask(self, asker: Asker, link: _Link) -> Answer:
        """Return what there is at a link; 304 where it is as it was. Raises as `Asker.ask`."""
        self.files += 1
        condition = self.known[link.address].condition if link.address in self.known else {}
        answer = asker.ask(link.address, condition, also={_NOT_MODIFIED} if condition else ())
        self.size += len(answer.content)
        return answer

    def read(self, answer: Answer, link: _Link) -> Iterator[Entry | _Link]:
        """Give what a file names that is another one now, and note it once it is read to its end. Raises as `walk`."""
        if answer.status == _NOT_MODIFIED:
            self.fresh[link.address] = self.known[link.address]
            yield from self.known[link.address].links
            return
        links, newest = list[_Link](), list[tuple[float, int, Entry]]()
        for number, one in enumerate(_read(answer.content, link)):
            if isinstance(one, _Link):
                links.append(one)
            elif one.dated_at is not None:
                heappush(newest, (one.dated_at.timestamp(), number, one))
                if len(newest) > _MOST_NEWEST:
                    heappop(newest)
            yield one
        entries = tuple(entry for _, _, entry in newest)
        self.fresh[link.address] = Known(answer.condition, tuple(links), entries)

    def arranged(self, links: list[_Link]) -> list[_Link]:
        """Return the maps of an index in the order in which they are read."""
        return sorted(links, key=lambda link: link.changed_at.timestamp() if link.changed_at else 0.0, reverse=True)


def walk(asker: Asker, address: str, since: datetime | None, visit: Visit | None = None) -> Iterator[Entry]:
    """Give the addresses of a map, in its order; those of maps that have not changed since `since` are left out. On a
    `visit` only those of some of its files.

    A map that is not there any more is passed over where an index names it. Raises what fetching raises, and
    PageRefused for what is no map (`feed_unreadable`) or beyond the bounds (`page_too_large`).
    """
    waiting = [_Link(canonical_address(address), None)]
    seen = {waiting[0].address}
    while waiting and (visit is None or visit.files < visit.most_files):
        link = waiting.pop()
        try:
            answer = visit.ask(asker, link) if visit is not None else asker.ask(link.address)
        except ArticleNotFound:
            if link.depth == 1:
                raise
            continue
        found = list[_Link]()
        for one in visit.read(answer, link) if visit is not None else _read(answer.content, link):
            if isinstance(one, Entry):
                yield one
            else:
                found.append(one)
        new = list(_new(found, seen, since, address))
        waiting += reversed(visit.arranged(new) if visit is not None else new)


def _new(links: list[_Link], seen: set[str], since: datetime | None, address: str) -> Iterator[_Link]:
    """Give the maps of an index that are to be read, and note them as `seen`. Raises PageRefused beyond the bounds."""
    for link in links:
        if link.address in seen or (since and link.changed_at and not is_since(link.changed_at, since)):
            continue
        if link.depth > _DEEPEST or len(seen) == _MOST_FILES:
            message = f"{address} names maps more than {_DEEPEST} deep, or more than {_MOST_FILES:,} of them"
            raise PageRefused(message, code="page_too_large")
        seen.add(link.address)
        yield link


def is_since(moment: datetime, since: datetime) -> bool:
    """Tell whether what is dated so is of `since` or later; a day alone counts whole."""
    return moment >= since or (moment.timetz() == _MIDNIGHT and moment + timedelta(days=1) > since)


def _unpacked(content: bytes, address: str) -> bytes:
    """Return a file's XML; gzipped ones are unpacked under the bound."""
    if not content.startswith(_GZIP):
        return content
    unpack = zlib.decompressobj(zlib.MAX_WBITS | 16)
    try:
        body = unpack.decompress(content, MOST_BYTES + 1)
    except zlib.error as error:
        message = f"{address} is not the gzip file that it begins as"
        raise PageRefused(message, code="feed_unreadable") from error
    if len(body) > MOST_BYTES:
        message = f"{address} unpacks to more than {MOST_BYTES // 1_000_000} MB"
        raise PageRefused(message, code="page_too_large")
    if not unpack.eof:
        message = f"{address} broke off in the middle"
        raise PageRefused(message, code="feed_unreadable")
    return body


def _read(content: bytes, link: _Link) -> Iterator[Entry | _Link]:
    """Give what one file names, element by element: 50,000 of them as a tree would be half a gigabyte."""
    address = link.address
    content = _unpacked(content, address)
    if b"<!ENTITY" in content:
        message = f"{address} declares entities of its own"
        raise PageRefused(message, code="feed_unreadable")
    told = 0
    kind = ""
    try:
        events = etree.iterparse(
            BytesIO(content),
            events=("start", "end"),
            resolve_entities=False,
            no_network=True,
            load_dtd=False,
            huge_tree=False,
            remove_comments=True,
            remove_pis=True,
        )
        for event, element in events:
            name = etree.QName(element).localname if isinstance(element.tag, str) else ""
            if event == "start":
                kind = kind or name
                if kind not in {"urlset", "sitemapindex"}:
                    message = f"{address} is <{kind}>, no sitemap"
                    raise PageRefused(message, code="feed_unreadable")
                continue
            if name not in {"url", "sitemap"}:
                continue
            told += 1
            if told > MOST_ADDRESSES:
                message = f"{address} has more than {MOST_ADDRESSES:,} addresses"
                raise PageRefused(message, code="page_too_large")
            found = _entry(element) if name == "url" else _link(element, link.depth + 1)
            if found is not None:
                yield found
            element.clear()
            while element.getprevious() is not None:
                del element.getparent()[0]
    except etree.XMLSyntaxError as error:
        message = f"{address} is not well-formed XML: {error}"
        raise PageRefused(message, code="feed_unreadable") from error


def _entry(element: etree._Element) -> Entry | None:
    said = _said(element)
    address = _canonical(said.get("loc", ""))
    if address is None:
        return None
    return Entry(
        address=address,
        changed_at=moment_of(said.get("lastmod", "")),
        published_at=moment_of(said.get("publication_date", "")),
        title=one_line(said.get("title", "")),
        language=said.get("language") or None,
    )


def _link(element: etree._Element, depth: int) -> _Link | None:
    said = _said(element)
    address = _canonical(said.get("loc", ""))
    return None if address is None else _Link(address, moment_of(said.get("lastmod", "")), depth)


def _said(element: etree._Element) -> dict[str, str]:
    """Return what an entry says by the names of its elements; pictures and videos have addresses too."""
    said: dict[str, str] = {}
    for part in element.iterdescendants():
        parent = part.getparent()
        if not isinstance(part.tag, str) or parent is None:
            continue
        if parent is element or str(part.tag).startswith(_NEWS):
            said.setdefault(etree.QName(part).localname, clean_characters(part.text or "").strip())
    return said


def _canonical(address: str) -> str | None:
    try:
        return canonical_address(address)
    except AddressRefused:
        return None


def moment_of(text: str) -> datetime | None:
    """Return a date of the W3C's form, which may be a year or a month alone; None for what is none."""
    if _YEAR_AND_MONTH.fullmatch(text):
        text = f"{text}-01-01"[:10]
    try:
        moment = usable(datetime.fromisoformat(text))
    except ValueError:
        return None
    if moment is None:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
