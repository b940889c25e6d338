"""The frozen values of articles: as they are named, fetched and cleaned, and as lists show what became of them.

Holds no behaviour beyond reading itself: no I/O, no clock, no decisions. What is spoken is in `briefing.script`, what
holds sound in `briefing.audio`.
"""

from __future__ import annotations

import re
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator

from briefing.articles.moments import Stated
from briefing.errors import UnknownReference
from briefing.hashing import stable_hash

#: Sources, articles and shows are named in addresses and file names, so their alphabet is small.
NAME_PATTERN = r"[A-Za-z0-9._-]{1,128}"
_NAME = re.compile(NAME_PATTERN)
_DOTS_ONLY = re.compile(r"\.+")

#: What an article is filed under: fields of several values.
LABEL_KINDS = ("sections", "authors", "tags")

#: Letters of the note to a correction.
MOST_NOTE = 500

#: Kind of briefings that were taken over from another host's feed, and the source that their articles are named of.
IMPORTED = "imported"


def is_name(text: str) -> bool:
    """Tell whether `text` may name a source, an article or a show: `[A-Za-z0-9._-]{1,128}`, not dots alone."""
    return bool(_NAME.fullmatch(text)) and not _DOTS_ONLY.fullmatch(text)


class Value(BaseModel):
    """Base of all values: frozen, and strict about unknown fields so that mistakes surface at the edge."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    @classmethod
    def stored(cls, found: object) -> Self:
        """Return the value that a row holds. What a newer version has added to it is left out: while a host is being
        upgraded, old and new code read the same rows (F23).
        """
        return cls.model_validate(found, extra="ignore")


class ArticleRef(Value):
    """An article's name: the source it comes from and its ID there."""

    source: str
    id: str

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read "source:id". Raises UnknownReference when the text has another form."""
        source, _, id_ = text.partition(":")
        if not (is_name(source) and is_name(id_)):
            message = f"{text!r} is not an article reference"
            raise UnknownReference(
                message, code="bad_article_id", hint="Write it as source:id, for example samples:harbour-bridge."
            )
        return cls(source=source, id=id_)

    def __str__(self) -> str:
        return f"{self.source}:{self.id}"


class Article(Value):
    """A fetched article as its source gave it, before cleaning. Immutable once stored."""

    ref: ArticleRef
    media_type: Literal["text/html", "text/markdown", "text/plain"]
    body: str
    """The page, or the article's own markup, undecoded entities and all."""
    form: Literal["page", "fragment"] = "fragment"
    """A page carries menus and promotion around the article; a fragment is the article's body from a CMS."""
    address: str | None = None
    """Canonical web address, when known."""
    title: str | None = None
    byline: str | None = None
    """Author names as the source states them, without "By"."""
    published_at: Stated = None
    language: str | None = None
    """BCP 47 tag as the source states it."""
    sections: tuple[str, ...] = ()
    """What the source files it under; the three are empty where only its page says so."""
    authors: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    visibility: Literal["public", "members"] | None = None
    """For whom its source says it is, at the moment its text was fetched; None: it does not say."""
    unpublished: bool = False
    """Whether it is not public yet: nothing made of it goes live before it is."""

    @property
    def content_hash(self) -> str:
        """64 hex digits over all that a listener could hear or see of the article."""
        return stable_hash(
            "article/1", self.model_dump(mode="json", exclude={"ref", "visibility", "unpublished", *LABEL_KINDS})
        )


class BlockKind(StrEnum):
    """What a block of an article is."""

    PARAGRAPH = "paragraph"
    HEADING = "heading"
    LIST_ITEM = "list_item"
    KEY_POINT = "key_point"
    LEAD_IN = "lead_in"
    QUOTE = "quote"
    """A quotation that stands alone, so that another voice may read it."""
    TABLE = "table"
    """A table's place; its text is the caption, or empty."""


class Block(Value):
    """One block of an article that is to be read."""

    kind: BlockKind
    text: str


class Dropped(Value):
    """One block of the input that is not read, and the rule that dropped it."""

    text: str
    rule: str


class LedgerEntry(Value):
    """One block of the input in its place: spoken, or dropped by a rule."""

    kind: BlockKind
    text: str
    rule: str | None = None
    """What dropped it; None for what is spoken."""


class ScriptWarning(Value):
    """Something about a script that an editor should look at; it is spoken all the same."""

    code: str
    """Stable: language_mismatch, maybe_incomplete, other_script."""
    message: str


class CleanArticle(Value):
    """What cleaning made of an article: its head, its blocks in order, and the ledger of all blocks of the input."""

    ref: ArticleRef
    title: str | None
    byline: str | None
    published_at: datetime | None
    language: str
    address: str | None
    blocks: tuple[Block, ...]
    dropped: tuple[Dropped, ...]
    ledger: tuple[LedgerEntry, ...] = ()
    """Every block of the input in order; `blocks` and `dropped` are its two halves."""
    warnings: tuple[ScriptWarning, ...] = ()
    sections: tuple[str, ...] = ()
    """What it is filed under, by its source or its page; authors are those of its byline where neither says more."""
    authors: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()


class Correction(Value):
    """What a CMS or an editor says of a correction."""

    at: date
    note: Annotated[str, Field(max_length=MOST_NOTE)] | None = None
    """Said and shown verbatim."""
    said: Annotated[str, Field(max_length=64)] | None = None
    """Mark of what its CMS says of it (`briefing.following.sightings.Corrected`): while that stays on the article, it
    is one correction, however often it is saved. None where the CMS says nothing, or no more."""
    silent: bool = False
    """Whether nothing is told of it: the CMS says that the article was corrected before anything of it was heard, and
    not when."""

    @field_validator("note")
    @classmethod
    def _one_line(cls, note: str | None) -> str | None:
        return " ".join((note or "").split()) or None


class Kept(Value):
    """What an episode's feed said of it where it was taken over from another host: shown as it was."""

    described: str = ""
    notes: str = ""
    """HTML."""
    author: str = ""
    explicit: bool | None = None
    season: int | None = None
    number: int | None = None
    kind: Literal["full", "trailer", "bonus"] | None = None
    ai: bool | None = None
    """Whether it said that it is made by AI; None where it said nothing."""
    behind: tuple[str, ...] = ()
    """Addresses that the old one of its MP3 led to, as through counters: not shown, but redirected from there."""


class Card(Value):
    """What lists of briefings show of one: small, so that a feed of hundreds is quick to write."""

    title: str
    summary: str
    """The first paragraph, or its beginning."""
    byline: str | None
    link: str | None
    """Address of the first article."""
    language: str
    disclosure: str
    words: int
    """Written words in the script."""
    correction: str | None = None
    """What is told of a correction."""
    kept: Kept | None = None
    """Of an episode that was taken over; then there is neither article nor disclosure of ours."""
