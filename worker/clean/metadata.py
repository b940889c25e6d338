"""The head of a web page: title, byline, date, language, address. JSON-LD first, then meta tags, then the page.

A byline is only what the page itself states as one; none is inferred from the text.
"""

from __future__ import annotations

import json
import re
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeVar

from briefing.articles.addresses import web_address
from briefing.articles.labels import tidied
from briefing.values import Value
from worker.clean.byline import read_byline
from worker.words.text import one_line

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lxml.html import HtmlElement

_T = TypeVar("_T")

_ARTICLE_TYPES = re.compile(r"Article|BlogPosting|Report|Liveblog", re.IGNORECASE)

#: What CMSes put where an author's name belongs.
_NOT_NAMES = re.compile(r"https?://|@|^(?:admin|administrator|editor|staff|unknown|none|null)$", re.IGNORECASE)

_BYLINE_CLASS = re.compile(r"(?:^|[-_\s])(?:byline|author|authors|by-author|writer)(?:$|[-_\s])", re.IGNORECASE)


_PUBLICATION = re.compile(r"publish|posted|entry-date|dateline|pub-?date", re.IGNORECASE)


class Head(Value):
    """What a page says about itself."""

    title: str | None = None
    byline: str | None = None
    published_at: datetime | None = None
    language: str | None = None
    address: str | None = None
    sections: tuple[str, ...] = ()
    authors: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()


def read_head(tree: HtmlElement, ld: dict[str, Any]) -> Head:
    """Return the head of a parsed page. Reads only; must run before scripts and noise are taken out."""
    return Head(
        title=_first(
            _text(ld.get("headline")),
            _without_site(_meta(tree, "og:title"), tree),
            _heading(tree),
            _without_site(_text(tree.findtext(".//title")), tree),
        ),
        byline=_first(_authors(ld.get("author")), _name(_meta(tree, "author")), _stated_byline(tree)),
        published_at=_first(
            _date(ld.get("datePublished")),
            _date(_meta(tree, "article:published_time")),
            _date(_meta(tree, "date")),
            *(_date(time.get("datetime")) for time in tree.iter("time") if _is_publication(time)),
        ),
        language=_first(_text(tree.get("lang")), _text(ld.get("inLanguage")), _locale(_meta(tree, "og:locale"))),
        address=_first(
            *(web_address(link.get("href")) for link in tree.xpath("//link[@rel='canonical']")),
            web_address(_meta(tree, "og:url")),
        ),
        sections=_labels(ld.get("articleSection")) or _metas(tree, "article:section", "parsely-section"),
        authors=tuple(_author_names(ld.get("author"))),
        tags=_labels(ld.get("keywords"), split=True)
        or _metas(tree, "article:tag")
        or _metas(tree, "news_keywords", split=True)
        or _metas(tree, "keywords", split=True),
    )


def with_guesses(head: Head, tree: HtmlElement) -> Head:
    """Return `head` with the title and date that trafilatura finds where the page states none.

    Not its author: where a page names none, it invented one in half of 72 cases.
    """
    if head.title and head.published_at:
        return head
    from trafilatura.metadata import extract_metadata  # noqa: PLC0415  0.2 s, and most pages state both

    found = extract_metadata(tree, extensive=False)
    return head.model_copy(
        update={
            "title": head.title or _text(found.title),
            "published_at": head.published_at or _date(found.date),
        }
    )


def _is_publication(time: HtmlElement) -> bool:
    """Tell whether a <time> says when the article came out; pages carry the clock's and other stories' times too."""
    said = (
        f"{time.get('itemprop') or ''} {time.get('class') or ''} {'' if time.get('pubdate') is None else 'published'}"
    )
    return bool(_PUBLICATION.search(said)) and not any(
        element.tag in {"aside", "nav"} for element in time.iterancestors()
    )


def _first(*candidates: _T | None) -> _T | None:
    return next((candidate for candidate in candidates if candidate), None)


def _text(value: object) -> str | None:
    return one_line(value) or None if isinstance(value, str) else None


def read_json_ld(tree: HtmlElement) -> dict[str, Any]:
    """Return the page's article object in JSON-LD, or an empty dict."""
    for script in tree.iter("script"):
        if "ld+json" not in (script.get("type") or ""):
            continue
        try:
            found = json.loads(script.text or "")
        except (json.JSONDecodeError, RecursionError):
            continue
        for entry in _objects(found):
            types = entry.get("@type")
            if _ARTICLE_TYPES.search(" ".join(types) if isinstance(types, list) else str(types)):
                return entry
    return {}


def _objects(value: object) -> Iterator[dict[str, Any]]:
    if isinstance(value, list):
        for item in value:
            yield from _objects(item)
    elif isinstance(value, dict):
        yield value
        yield from _objects(value.get("@graph", []))


def _authors(value: object) -> str | None:
    """Return the names of JSON-LD authors as one byline."""
    return join_names(_author_names(value))


def _author_names(value: object) -> list[str]:
    entries = value if isinstance(value, list) else [value]
    names = [_name(_text(entry.get("name") if isinstance(entry, dict) else entry)) for entry in entries]
    return [name for name in names if name]


def _labels(value: object, *, split: bool = False) -> tuple[str, ...]:
    """Return the labels of a JSON-LD value: texts, or things with names; `split`: texts hold several, by commas."""
    entries = value if isinstance(value, list) else [value]
    texts = [entry.get("name") if isinstance(entry, dict) else entry for entry in entries]
    return tidied(part for text in texts if isinstance(text, str) for part in (text.split(",") if split else [text]))


def _metas(tree: HtmlElement, *names: str, split: bool = False) -> tuple[str, ...]:
    """Return what all meta elements of these names hold."""
    found = [
        element.get("content")
        for element in tree.iter("meta")
        if (element.get("property") or element.get("name") or "").lower() in names
    ]
    return _labels(found, split=split)


def join_names(names: list[str]) -> str | None:
    """Return "A", "A and B" or "A, B and C"; None for no names."""
    if len(names) < 2:  # noqa: PLR2004
        return names[0] if names else None
    return f"{', '.join(names[:-1])} and {names[-1]}"


def _name(text: str | None) -> str | None:
    """Return `text` when it may be a person's or a desk's name."""
    if text is None or _NOT_NAMES.search(text):
        return None
    return re.sub(r"^by\s+", "", text, flags=re.IGNORECASE)


def _meta(tree: HtmlElement, name: str) -> str | None:
    for element in tree.iter("meta"):
        if (element.get("property") or element.get("name") or "").lower() == name:
            return _text(element.get("content"))
    return None


def _stated_byline(tree: HtmlElement) -> str | None:
    """Return the names of an element called byline or author whose text is a "by" line."""
    for element in tree.iter():
        if isinstance(element.tag, str) and _BYLINE_CLASS.search(element.get("class") or ""):
            found = read_byline(one_line(element.text_content()))
            if found is not None:
                return found.names
    return None


def _heading(tree: HtmlElement) -> str | None:
    headings = [text for heading in tree.iter("h1") if (text := _text(heading.text_content()))]
    return headings[0] if len(headings) == 1 else None


def _without_site(title: str | None, tree: HtmlElement) -> str | None:
    """Return a title without the site's name that many CMSes append."""
    if title is None:
        return None
    site = _meta(tree, "og:site_name")
    if site:
        return re.sub(rf"\s+[-–—|·•]\s+{re.escape(site)}$", "", title)
    return title


def _date(value: object) -> datetime | None:
    if not isinstance(value, str):
        return None
    try:
        return datetime.fromisoformat(value.strip())
    except ValueError:
        return None


def _locale(value: str | None) -> str | None:
    return value.replace("_", "-") if value else None
