"""A feed's bytes -> its items: RSS 0.9 to 2.0, RDF, Atom and JSON Feed. Pure; fetches nothing.

Text that says that it is only a beginning is told from text that is whole, since half a story must never be read as
the story.
"""

from __future__ import annotations

import hashlib
import re
from contextlib import suppress
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Annotated, Any, Literal
from urllib.parse import urljoin

from lxml import etree
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from briefing.articles.addresses import address_id, is_address
from briefing.articles.labels import Several
from briefing.errors import AddressRefused, PageRefused
from briefing.hashing import stable_hash
from briefing.values import Value
from worker.asking.answers import JSON
from worker.asking.markup import read_xml
from worker.words.text import clean_characters, decode_page, one_line, unescaped

if TYPE_CHECKING:
    from collections.abc import Iterator

    from worker.asking.web import Page

#: Items of one feed that are looked at; feeds have tens.
_MOST_ITEMS = 2000

#: Text of fewer words may be a summary, whatever it is called.
_FEWEST_WORDS = 80

#: A text that is its own summary is whole from this many words.
_NO_SUMMARY_WORDS = 200

_YEARS = range(1990, 2200)

_XML = "{http://www.w3.org/XML/1998/namespace}"
_ORIGINAL = "{http://rssnamespace.org/feedburner/ext/1.0}origLink"
_CONTENT = "{http://purl.org/rss/1.0/modules/content/}encoded"
_DC = "{http://purl.org/dc/elements/1.1/}"
_TERMS = "{http://purl.org/dc/terms/}"

_TAG = re.compile(r"</?[A-Za-z!][^<>]{0,2000}>")
_WORD = re.compile(r"\w+")
_ADVERTISED = re.compile(r"\s*The post .{1,400} (?:appeared first|first appeared) on .{1,200}$", re.IGNORECASE)
_CUT = re.compile(
    r"(?:…|\.\.\.|\[…\]|\[\.\.\.\]|\b(?:read (?:more|on|the (?:full|rest|whole|original)\b.{0,40})|"
    r"continue reading\b.{0,200}|keep reading\b.{0,200}|"
    r"full (?:story|article)|weiterlesen|lire la suite|leer más|sigue leyendo|leggi tutto|"
    r"continua a leggere|leia mais|lees verder|читати далі|читать далее|czytaj dalej))[\s»›→>.…)\]]*$",
    re.IGNORECASE,
)
_NAME_IN_MAIL = re.compile(r"^\s*\S+@\S+\s*\((?P<name>[^()]+)\)\s*$")


class Item(Value):
    """One item of a feed."""

    id: str
    """16 hex digits: of its address, as the `http` kind has it; of its guid where it has no address."""
    link: str | None
    title: str = ""
    authors: Several = ()
    tags: Several = ()
    published_at: datetime | None = None
    updated_at: datetime | None = None
    """Stated by the feed; RSS hardly ever does."""
    content: str = ""
    media_type: Literal["text/html", "text/plain"] = "text/html"
    summary: str = ""
    language: str | None = None

    @property
    def is_cut(self) -> bool:
        """Whether the text itself says that there is more of it elsewhere."""
        return bool(_CUT.search(_ADVERTISED.sub("", _plain(self.content or self.summary))[-300:]))

    @property
    def is_whole(self) -> bool:
        """Whether the text is the story, as far as one can tell."""
        words, summed = _WORD.findall(_plain(self.content)), _WORD.findall(_plain(self.summary))
        if self.is_cut or len(words) < _FEWEST_WORDS:
            return False
        return len(words) > len(summed) or len(words) >= _NO_SUMMARY_WORDS

    @property
    def text_hash(self) -> str:
        """Hash of what the feed says of it."""
        return stable_hash("feed-item/1", self.title, self.content or self.summary, self.authors)


def read_feed(page: Page) -> list[Item]:
    """Return a feed's items, each once. Raises PageRefused (`feed_unreadable`) for what is no feed."""
    if page.media_type in JSON or page.content[:1] == b"{":
        found = _from_json(page)
    else:
        root = read_xml(page, forgiving=True)
        kind = _local(root)
        if kind not in {"rss", "RDF", "feed"}:
            message = f"{page.address} is <{kind}>, no feed"
            raise PageRefused(message, code="feed_unreadable")
        found = _from_atom(root, page) if kind == "feed" else _from_rss(root, page)
    return list({item.id: item for item in found}.values())[:_MOST_ITEMS]


def _from_rss(root: etree._Element, page: Page) -> Iterator[Item]:
    language = next((text for one in root.iter() if _local(one) == "language" and (text := _said(one))), None)
    for item in (one for one in root.iter() if _local(one) == "item"):
        parts: dict[str, str] = {}
        for child in item:
            if _namespace(child) in {"", "http://purl.org/rss/1.0/", "http://my.netscape.com/rdf/simple/0.9/"}:
                parts.setdefault(_local(child), _said(child))
        guid = item.find("guid")
        link = _said(item.find(_ORIGINAL)) or parts.get("link", "")
        if not link and guid is not None and guid.get("isPermaLink") != "false" and is_address(_said(guid)):
            link = _said(guid)
        mailed = _NAME_IN_MAIL.match(parts.get("author", ""))
        names = [_said(one) for one in item.findall(f"{_DC}creator")] or [mailed["name"] if mailed else ""]
        yield from _item(
            guid=_said(guid),
            link=_joined(page.address, link),
            title=_head(parts.get("title", "")),
            authors=names,
            tags=[_said(one) for one in item if _local(one) in {"category", "subject"}],
            published_at=_moment(parts.get("pubDate") or _said(item.find(f"{_DC}date"))),
            updated_at=_moment(_said(item.find(f"{_TERMS}modified")) or _said(item.find("{http://www.w3.org/2005/Atom}updated"))),
            content=_said(item.find(_CONTENT)),
            summary=parts.get("description", ""),
            language=language,
        )  # fmt: skip


def _from_atom(root: etree._Element, page: Page) -> Iterator[Item]:
    feed_authors = _atom_names(root)
    for entry in (one for one in root if _local(one) == "entry"):
        parts = {_local(one): one for one in reversed(list(entry))}
        links = [one for one in entry if _local(one) == "link" and one.get("rel", "alternate") == "alternate"]
        link = next((one.get("href", "") for one in links if one.get("type", "text/html") == "text/html"), "")
        base = entry.get(f"{_XML}base") or root.get(f"{_XML}base") or ""
        content, media_type = _atom_text(parts.get("content"))
        title, kind = _atom_text(parts.get("title"))
        yield from _item(
            guid=_said(parts.get("id")),
            link=_joined(_joined(page.address, base) or page.address, link),
            title=_head(title) if kind == "text/html" else one_line(title),
            authors=_atom_names(entry) or feed_authors,
            tags=[one.get("label") or one.get("term") or "" for one in entry if _local(one) == "category"],
            published_at=_moment(_said(parts.get("published")) or _said(parts.get("issued"))),
            updated_at=_moment(_said(parts.get("updated")) or _said(parts.get("modified"))),
            content=content,
            media_type=media_type,
            summary=_atom_text(parts.get("summary"))[0],
            language=entry.get(f"{_XML}lang") or root.get(f"{_XML}lang"),
        )


def _atom_names(element: etree._Element) -> list[str]:
    people = (one for one in element if _local(one) == "author")
    return [name for one in people for part in one if _local(part) == "name" and (name := _said(part))]


def _atom_text(element: etree._Element | None) -> tuple[str, Literal["text/html", "text/plain"]]:
    """Return what a construct holds; nothing where its text is elsewhere."""
    if element is None or element.get("src"):
        return "", "text/html"
    kind = element.get("type", "text")
    if kind in {"xhtml", "application/xhtml+xml"}:
        inner = "".join(etree.tostring(child, encoding="unicode", method="html") for child in element)
        return clean_characters(inner), "text/html"
    return _said(element), "text/html" if "html" in kind else "text/plain"


class _Json(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class _JsonAuthor(_Json):
    name: str = ""


class _JsonItem(_Json):
    id: str | Annotated[int, Field(lt=2**64, gt=-(2**63))] = ""
    url: str = ""
    title: str = ""
    content_html: str = ""
    content_text: str = ""
    summary: str = ""
    date_published: str = ""
    date_modified: str = ""
    authors: tuple[_JsonAuthor, ...] = ()
    author: _JsonAuthor | None = None
    tags: tuple[str, ...] = ()
    language: str | None = None


class _JsonFeed(_Json):
    version: str
    items: tuple[Any, ...]
    language: str | None = None
    authors: tuple[_JsonAuthor, ...] = ()


def _from_json(page: Page) -> Iterator[Item]:
    try:
        feed = _JsonFeed.model_validate_json(decode_page(page.content, page.charset))
    except (ValidationError, RecursionError) as error:
        message = f"{page.address} is no JSON feed: {str(error).splitlines()[0]}"
        raise PageRefused(message, code="feed_unreadable") from error
    for one in _json_items(feed.items):
        authors = one.authors or ((one.author,) if one.author else feed.authors)
        yield from _item(
            guid=clean_characters(str(one.id)),
            link=_joined(page.address, one.url),
            title=one_line(clean_characters(one.title)),
            authors=[author.name for author in authors],
            tags=list(one.tags),
            published_at=_moment(one.date_published),
            updated_at=_moment(one.date_modified),
            content=clean_characters(one.content_html or one.content_text),
            media_type="text/html" if one.content_html else "text/plain",
            summary=clean_characters(one.summary),
            language=one.language or feed.language,
        )


def _json_items(found: tuple[Any, ...]) -> Iterator[_JsonItem]:
    """Give the items that have a form that is known; one that has not holds no other up."""
    for one in found:
        # Several writers say null where they have nothing to say.
        said = {name: value for name, value in one.items() if value is not None} if isinstance(one, dict) else one
        with suppress(ValidationError):
            yield _JsonItem.model_validate(said)


def _item(guid: str, link: str, **fields: Any) -> Iterator[Item]:  # noqa: ANN401  an item's own fields
    """Give the item, if it can be named."""
    try:
        yield Item(id=address_id(link), link=link, **fields)
    except AddressRefused:
        if guid:
            yield Item(id=hashlib.sha256(guid.encode()).hexdigest()[:16], link=None, **fields)


def _joined(base: str, link: str) -> str:
    """Return where a link leads; empty where it leads nowhere."""
    try:
        return urljoin(base, link) if link else ""
    except ValueError:
        return ""


def _local(element: etree._Element) -> str:
    return etree.QName(element).localname if isinstance(element.tag, str) else ""


def _namespace(element: etree._Element) -> str:
    return (etree.QName(element).namespace or "") if isinstance(element.tag, str) else "?"


def _said(element: etree._Element | None) -> str:
    return "" if element is None else clean_characters("".join(map(str, element.itertext()))).strip()


def _head(text: str) -> str:
    return one_line(unescaped(_TAG.sub("", text)))


def _plain(markup: str) -> str:
    return one_line(unescaped(_TAG.sub(" ", markup)))


def _moment(text: str) -> datetime | None:
    """Return a date as feeds write it; None for what is none, or nobody's."""
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        try:
            moment = parsedate_to_datetime(text)
        except (ValueError, OverflowError, TypeError):
            return None
    if moment.year not in _YEARS:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
