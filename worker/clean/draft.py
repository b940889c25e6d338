"""What each reader of a format hands over: the head it found, and every block of its input with its fate."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from briefing.values import LedgerEntry, Value


class Piece(LedgerEntry):
    """One block on its way through cleaning; `rule` is set once something drops it."""

    asked: bool = False
    """Spoken because its own markup asks for it: no later rule drops it."""
    pull_quote: bool = False
    """Set apart by its markup as a quotation that may repeat the body."""
    link: bool = False
    """Nothing but a link."""
    head: bool = False
    """Spoken already in the article's head: the headline, the "by" line."""

    @property
    def to_read(self) -> bool:
        """Whether it is a block to be read, as far as is known."""
        return self.rule is None and not self.head

    def dropped(self, rule: str) -> Piece:
        """Return the piece with the rule that drops it, unless its markup asks for it."""
        return self if self.asked else self.model_copy(update={"rule": rule})


class PaywallSign(StrEnum):
    """What a page says, in ways readers do not see, about being only the beginning of an article."""

    NOT_FREE = "not_free"
    """JSON-LD's isAccessibleForFree is false."""
    GATE = "gate"
    """An element is named like a paywall."""


class Draft(Value):
    """An article as one format's reader understood it, before the common rules of `shape`."""

    title: str | None = None
    byline: str | None = None
    published_at: datetime | None = None
    language: str | None = None
    address: str | None = None
    sections: tuple[str, ...] = ()
    authors: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    pieces: tuple[Piece, ...] = ()
    signs: frozenset[PaywallSign] = frozenset()
