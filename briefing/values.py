"""The frozen values that pass from stage to stage, from an article to its chunks.

Holds no behaviour beyond reading itself: no I/O, no clock, no decisions. Positions in text count
Unicode code points. Those that hold sound are in `briefing.audio`.
"""

from __future__ import annotations

import re
from datetime import date, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SerializerFunctionWrapHandler,
    field_validator,
    model_serializer,
    model_validator,
)

from briefing.errors import UnknownReference
from briefing.hashing import Hashable, stable_hash
from briefing.moments import Stated

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

#: Rule of the spans that a pronunciation made.
LEXICON_RULE = "lexicon"


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
    """Stable: language_mismatch, maybe_incomplete."""
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


class Role(StrEnum):
    """What a segment is in the script; pauses and voices depend on it."""

    HEADLINE = "headline"
    BYLINE = "byline"
    DISCLOSURE = "disclosure"
    CORRECTION = "correction"
    """Our own words, and the editors' note, on what was corrected. Stored as a disclosure; see `InRole`."""
    LEAD_IN = "lead_in"
    KEY_POINT = "key_point"
    HEADING = "heading"
    BODY = "body"
    LIST_ITEM = "list_item"
    QUOTE = "quote"
    TABLE = "table"
    """Our own words where the written article has a table."""
    GREETING = "greeting"
    """Our own words that a digest opens with."""
    TRANSITION = "transition"
    """Our own words between two of its stories."""
    OUTRO = "outro"
    """Our own words at its end."""


#: Roles of words that are ours and of no article.
OUR_WORDS = frozenset({Role.DISCLOSURE, Role.CORRECTION, Role.GREETING, Role.TRANSITION, Role.OUTRO})

#: Roles that came after the first release.
_ADDED_ROLES = OUR_WORDS - {Role.DISCLOSURE}


class InRole(Value):
    """Base of what is said in a role. A worker of before a role reads it as a disclosure, which is ours too: it pauses
    alike and counts as no article's text, where a role it does not know would have failed the whole revision.
    """

    if TYPE_CHECKING:
        # Of each value by itself: the order of its fields is part of what masters are known by.
        role: Role

    def told(self) -> dict[str, Any]:
        """Return it as JSON for callers, under the role's own name."""
        dumped = self.model_dump(mode="json")
        dumped.pop("own_role", None)
        return dumped | {"role": self.role.value}

    @model_serializer(mode="wrap")
    def _known_to_older_workers(self, dump: SerializerFunctionWrapHandler) -> dict[str, Any]:
        dumped: dict[str, Any] = dump(self)
        if self.role in _ADDED_ROLES:
            dumped["role"], dumped["own_role"] = Role.DISCLOSURE.value, self.role.value
        return dumped

    @model_validator(mode="before")
    @classmethod
    def _as_it_is(cls, given: Any) -> Any:  # noqa: ANN401  whatever is validated
        if not isinstance(given, dict) or "own_role" not in given:
            return given
        rest = {name: value for name, value in given.items() if name != "own_role"}
        own = given["own_role"]
        # One that a still newer version has added stays a disclosure here.
        return rest | {"role": own} if own in _ADDED_ROLES else rest


#: What is of us and not of the story, at the beginning of each.
HEAD = OUR_WORDS | {Role.HEADLINE, Role.BYLINE}


class Span(Value):
    """A stretch of written text and what is said for it. Text outside all spans is spoken as written."""

    start: int
    end: int
    """Written text, [start, end)."""
    spoken_start: int
    spoken_end: int
    """Spoken text, [spoken_start, spoken_end)."""
    rule: str
    ipa: str = ""
    """How the spoken text of the span sounds, for engines that take phonemes; empty leaves it to the engine."""


class Segment(InRole):
    """One part of a script, in both its forms. Its ID survives rebuilds while its written text does."""

    id: str
    article: str
    """The article it belongs to, as "source:id"; of our own words in a digest, the one beside them."""
    role: Role
    written: str
    spoken: str
    spans: tuple[Span, ...] = ()
    edited: bool = False
    """Whether `spoken` is an editor's own text."""
    voice: str | None = None
    """Catalogue ID of the voice that an editor gave it; None: that of its role."""
    omitted: bool = False
    """Whether an editor leaves it out: it is shown, and not heard."""


class ScriptArticle(Value):
    """The head of one article in a script; one chapter each."""

    ref: str
    title: str
    byline: str | None
    published_at: datetime | None
    address: str | None
    content_hash: str
    sections: tuple[str, ...] = ()
    authors: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()


class UnknownWord(Value):
    """A word that no dictionary of ours knows: an engine guesses it, so an editor should listen."""

    word: str
    count: int
    segments: tuple[str, ...]
    """IDs of the segments it stands in."""


class Script(Value):
    """All that is to be spoken in a briefing, in order, with the ledger of what is not."""

    language: str
    title: str
    articles: tuple[ScriptArticle, ...]
    segments: tuple[Segment, ...]
    dropped: tuple[Dropped, ...]
    ledger: tuple[LedgerEntry, ...] = ()
    """Every block of the articles' input in order, as spoken or dropped."""
    warnings: tuple[ScriptWarning, ...] = ()
    unknown_words: tuple[UnknownWord, ...] = ()
    """The most frequent first; English only, other languages list none."""
    correction: str | None = None
    """What is told of a correction, spoken or not."""

    @property
    def heard(self) -> tuple[Segment, ...]:
        """The segments that no editor leaves out."""
        return tuple(segment for segment in self.segments if not segment.omitted)

    @property
    def is_edited(self) -> bool:
        """Whether an editor changed what is heard of a segment."""
        return any(segment.edited or segment.voice or segment.omitted for segment in self.segments)

    @property
    def words(self) -> int:
        """Number of written words in all segments that are heard."""
        return sum(len(segment.written.split()) for segment in self.heard)

    @property
    def substance(self) -> str:
        """Hash of all that the editors wrote and a listener hears or sees; equal for a page whose menus changed.

        Their pronunciations and overrides count too; how numbers are read does not, or each release would make every
        audio anew.
        """
        heads = [article.model_dump(mode="json", exclude={"content_hash", *LABEL_KINDS}) for article in self.articles]
        written = [(part.role.value, part.written) for part in self.segments]
        said = [
            (number, span.start, part.spoken[span.spoken_start : span.spoken_end], span.ipa)
            for number, part in enumerate(self.segments)
            for span in part.spans
            if span.rule == LEXICON_RULE
        ]
        edited = [
            (number, part.spoken if part.edited else None, part.voice, part.omitted)
            for number, part in enumerate(self.segments)
            if part.edited or part.voice or part.omitted
        ]
        told = [self.correction] if self.correction else []
        more: list[Hashable] = [*([said] if said or told else []), *told, *([{"edited": edited}] if edited else [])]
        return stable_hash("substance/1", heads, written, *more)


class Correction(Value):
    """What a CMS or an editor says of a correction."""

    at: date
    note: Annotated[str, Field(max_length=MOST_NOTE)] | None = None
    """Said and shown verbatim."""

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


def segment_id(article: str, role: Role, written: str, occurrence: int) -> str:
    """Return a segment's ID, 16 hex digits; `occurrence` counts equal texts of one role in an article from 0."""
    return stable_hash("segment/1", article, role.value, written, occurrence)[:16]
