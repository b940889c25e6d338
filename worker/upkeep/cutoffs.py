"""What retention goes by, and what it counts. Removes nothing."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from briefing.settings import RetentionSettings


@dataclass(frozen=True)
class Gone:
    """How many of each were let go, or would be."""

    revisions: int = 0
    """Whose audio went; the rows stay."""
    takes: int = 0
    masters: int = 0
    versions: int = 0
    steps: int = 0
    answers: int = 0
    """Remembered by their Idempotency-Key."""
    estimates: int = 0
    spent: int = 0
    """Rows of a day."""
    lanes: int = 0
    audit: int = 0
    """Entries of who changed what."""
    vocabularies: int = 0
    """Of what is not live any more."""
    respeaks: int = 0
    samples: int = 0
    notices: int = 0
    """Of what failed or is held."""
    reports: int = 0
    """Of words that were said wrongly."""
    links: int = 0
    """That let somebody do one thing."""
    welcomes: int = 0
    """Links to choose a password."""
    summaries: int = 0
    """Of stories, for digests."""
    deliveries: int = 0
    """Webhooks that were accepted."""
    blobs: int = 0
    """Stored bytes."""
    texts: int = 0
    """Of briefings that were withdrawn."""
    staged: int = 0
    """Made ready for publishing by processes that died."""

    def __add__(self, other: Gone) -> Gone:
        """Add up."""
        return Gone(*(getattr(self, field.name) + getattr(other, field.name) for field in fields(Gone)))


@dataclass(frozen=True)
class Cutoffs:
    """What is older than these goes."""

    revisions: datetime
    unused: datetime
    versions: datetime
    steps: datetime
    withdrawn: datetime


def cutoffs(keep: RetentionSettings, now: datetime) -> Cutoffs:
    """Return until when things must have come to an end to go."""
    return Cutoffs(
        now - timedelta(days=keep.revisions_days),
        now - timedelta(days=keep.unused_days),
        now - timedelta(days=keep.versions_days),
        now - timedelta(days=keep.steps_days),
        now - timedelta(days=keep.withdrawn_days),
    )
