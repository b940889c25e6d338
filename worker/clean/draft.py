"""What each reader of a format hands over: the head it found, the blocks to read, the ledger of the rest."""

from __future__ import annotations

from datetime import datetime

from briefing.values import Block, Dropped, Value


class Draft(Value):
    """An article as one format's reader understood it, before the common rules of `shape`."""

    title: str | None = None
    byline: str | None = None
    published_at: datetime | None = None
    language: str | None = None
    address: str | None = None
    blocks: tuple[Block, ...] = ()
    dropped: tuple[Dropped, ...] = ()
