"""Markdown to HTML, and its front matter to a head. The HTML is then read like a CMS's own."""

from __future__ import annotations

import re
from datetime import datetime

from markdown_it import MarkdownIt

from briefing.articles.labels import names_in, tidied
from worker.clean.metadata import Head
from worker.words.text import one_line

_FRONT_MATTER = re.compile(r"\A---[ \t]*\n(.*?\n)---[ \t]*(?:\n|\Z)", re.DOTALL)
_FIELD = re.compile(r"^(\w+):[ \t]*(.*?)[ \t]*$", re.MULTILINE)
_NOTE = re.compile(r"^\[\^[\w-]+\]:[ \t]*(.*)$", re.MULTILINE)
_NOTE_MARK = re.compile(r"(?<=\S)\[\^(\d{1,3})\]")
_TITLE = re.compile(r"\A\s*#[ \t]+(.+?)[ \t]*#*[ \t]*$", re.MULTILINE)

#: Front matter names that other tools use for the same thing.
_NAMES = {"title": "title", "author": "byline", "byline": "byline", "authors": "byline", "date": "published_at",
          "published_at": "published_at", "language": "language", "lang": "language"}  # fmt: skip

_LABELS = {"section": "sections", "sections": "sections", "category": "sections", "categories": "sections",
           "author": "authors", "authors": "authors", "tags": "tags", "tag": "tags", "keywords": "tags"}  # fmt: skip


def read_markdown(text: str) -> tuple[Head, str]:
    """Return the head (front matter, or a first "# heading" as the title) and the body as HTML."""
    fields: dict[str, object] = {}
    labels: dict[str, tuple[str, ...]] = {}
    if match := _FRONT_MATTER.match(text):
        text = text[match.end() :]
        for name, value in _FIELD.findall(match.group(1)):
            if kind := _LABELS.get(name.lower()):
                parts = [part.strip("\"' ") for part in value.strip("[]").split(",")]
                labels[kind] = tidied(
                    name for part in parts for name in (names_in(part) if kind == "authors" else [part])
                )
            if (known := _NAMES.get(name.lower())) and (plain := one_line(value.strip("\"'[]"))):
                fields[known] = _date(plain) if known == "published_at" else plain
    if "title" not in fields and (match := _TITLE.match(text)):
        fields["title"] = one_line(_plain(match.group(1)))
        text = text[match.end() :]
    body = MarkdownIt("commonmark").enable(["table", "strikethrough"]).render(_noted(text))
    return Head.model_validate(fields | labels), body


def _noted(text: str) -> str:
    """Return Markdown with its footnotes, which CommonMark has none of, as the markup they become elsewhere."""
    text = _NOTE.sub(r'\n<div class="footnotes">\1</div>\n', text)
    return _NOTE_MARK.sub(r'<sup class="footnote">\1</sup>', text)


def _plain(markdown: str) -> str:
    html = MarkdownIt("commonmark").renderInline(markdown)
    return re.sub(r"<[^>]+>", "", html).replace("&amp;", "&").replace("&quot;", '"').replace("&lt;", "<")


def _date(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None
