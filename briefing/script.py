"""What is to be spoken: a script, its segments as written and as spoken, and the roles they are in.

Values alone: no I/O, no clock, no decisions. Positions in text count Unicode code points. How a script is written is
`worker.script`'s.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from pydantic import SerializerFunctionWrapHandler, model_serializer, model_validator

from briefing.hashing import Hashable, stable_hash
from briefing.values import LABEL_KINDS, Dropped, LedgerEntry, ScriptWarning, Value

#: Rule of the spans that a pronunciation made.
LEXICON_RULE = "lexicon"


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
    SUMMARY = "summary"
    """What a model wrote of a story and an editor approved, in a digest: ours, and no words of the article."""


#: Roles of words that are ours and of no article.
OUR_WORDS = frozenset({Role.DISCLOSURE, Role.CORRECTION, Role.GREETING, Role.TRANSITION, Role.OUTRO, Role.SUMMARY})

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
HEAD = (OUR_WORDS - {Role.SUMMARY}) | {Role.HEADLINE, Role.BYLINE}


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


def segment_id(article: str, role: Role, written: str, occurrence: int) -> str:
    """Return a segment's ID, 16 hex digits; `occurrence` counts equal texts of one role in an article from 0."""
    return stable_hash("segment/1", article, role.value, written, occurrence)[:16]
