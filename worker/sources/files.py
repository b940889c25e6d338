"""A folder of articles: the ID is the file's stem. HTML, Markdown, scraped plain text, or JSON with the fields apart.

JSON holds `html`, `markdown` or `text` beside `title`, `byline`, `published_at`, `language` and `address`. Follows no
link out of the folder and writes nothing.
"""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from pydantic import AliasChoices, ConfigDict, Field

from briefing.articles.addresses import web_address
from briefing.articles.labels import Several
from briefing.errors import ArticleNotFound, PageRefused, SourceUnavailable
from briefing.values import LABEL_KINDS, Article, ArticleRef, Value, is_name
from worker.words.text import clean_characters, decode_page

#: Endings looked for, in this order, and what they hold.
ENDINGS = {
    ".json": "application/json",
    ".html": "text/html",
    ".htm": "text/html",
    ".md": "text/markdown",
    ".markdown": "text/markdown",
    ".txt": "text/plain",
}

#: As for fetched pages after decoding (guarantees S4).
_MOST_BYTES = 10_000_000

MediaType = Literal["text/html", "text/markdown", "text/plain"]

_BODIES: tuple[tuple[str, MediaType], ...] = (
    ("html", "text/html"),
    ("markdown", "text/markdown"),
    ("text", "text/plain"),
)


class Options(Value):
    """Options of a `files` source."""

    folder: Path


class _Fields(Value):
    """A JSON article. Other fields are ignored: exports carry many."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    title: str | None = None
    byline: str | None = None
    published_at: datetime | None = None
    language: str | None = None
    address: str | None = None
    html: str | None = None
    markdown: str | None = None
    text: str | None = None
    sections: Several = Field(default=(), validation_alias=AliasChoices("sections", "section"))
    authors: Several = ()
    tags: Several = ()


class FilesSource:
    """Articles in one folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def listed(self) -> list[str]:
        """Return the IDs of all articles in the folder, in order. Raises SourceUnavailable."""
        try:
            found = [path for path in self._folder.iterdir() if path.suffix.lower() in ENDINGS and path.is_file()]
        except OSError as error:
            message = f"the folder {self._folder} cannot be read: {error.strerror}"
            raise SourceUnavailable(message) from error
        return sorted({path.stem for path in found if is_name(path.stem)})

    def fetch(self, ref: ArticleRef, address: str | None) -> Article:  # noqa: ARG002  the source protocol
        """Read the file whose stem is the ID. Raises ArticleNotFound or PageRefused."""
        root = self._folder.resolve()
        for ending in ENDINGS:
            try:
                path = (root / f"{ref.id}{ending}").resolve()
            except (OSError, RuntimeError):  # links that lead round
                continue
            if path.is_file() and path.is_relative_to(root):
                return read_article(path, ref)
        message = f"source {ref.source!r} has no article {ref.id!r}"
        raise ArticleNotFound(message)


def connect(options: dict[str, Any]) -> FilesSource:
    """Return the source of a folder. Raises pydantic's ValidationError."""
    return FilesSource(Options.model_validate(options).folder)


def read_article(path: Path, ref: ArticleRef) -> Article:
    """Read one article file.

    Raises PageRefused when it is too large, not text, or not the JSON it should be, SourceUnavailable when it cannot be
    read at all.
    """
    kind = ENDINGS.get(path.suffix.lower())
    if kind is None:
        message = f"{path.name} is not a kind of file we read"
        raise PageRefused(message, code="media_type_refused", hint=f"Known endings: {', '.join(ENDINGS)}.")
    try:
        with path.open("rb") as file:
            content = file.read(_MOST_BYTES + 1)
    except OSError as error:
        message = f"{path.name} cannot be read: {error.strerror}"
        raise SourceUnavailable(
            message, hint="Check that the file may be read by the user Briefcast runs as."
        ) from error
    if len(content) > _MOST_BYTES:
        message = f"{path.name} is larger than {_MOST_BYTES // 1_000_000} MB"
        raise PageRefused(message, code="page_too_large")
    text = decode_page(content)
    if kind == "application/json":
        return _from_json(text, path, ref)
    if kind == "text/html":
        return Article(ref=ref, media_type="text/html", body=text, form="page")
    if kind == "text/markdown":
        return Article(ref=ref, media_type="text/markdown", body=text)
    return Article(ref=ref, media_type="text/plain", body=text, form="page")


def _from_json(text: str, path: Path, ref: ArticleRef) -> Article:
    try:
        fields = _Fields.model_validate(json.loads(text))
    except (ValueError, RecursionError) as error:  # pydantic's too, and numbers of thousands of digits
        message = f"{path.name} is not an article in JSON: {str(error).splitlines()[0]}"
        raise PageRefused(message, hint='Give "title" and one of "html", "markdown" and "text".') from error
    head: dict[str, Any] = {
        name: clean_characters(value) if isinstance(value, str) else value
        for name, value in fields.model_dump(include={"title", "byline", "published_at", "language"}).items()
    }
    head |= {kind: tuple(map(clean_characters, getattr(fields, kind))) for kind in LABEL_KINDS}
    head["address"] = web_address(fields.address)
    for name, media_type in _BODIES:
        body = getattr(fields, name)
        if body is not None:
            return Article(ref=ref, media_type=media_type, body=clean_characters(body), **head)
    message = f"{path.name} has no article text"
    raise PageRefused(message, hint='Give one of "html", "markdown" and "text".')
