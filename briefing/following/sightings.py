"""How an article stands in its CMS, as a poll or a webhook's look found it. Values only; what follows is `newsroom`'s.

A sighting says what to do about an article (narrate, move, withdraw), never what it says: the text is fetched when it
is narrated, so that a stale or repeated sighting does no harm.
"""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated, Literal

from pydantic import AfterValidator, ConfigDict, Field

from briefing.articles.addresses import canonical_address
from briefing.articles.labels import Labels
from briefing.articles.moments import Stated
from briefing.errors import AddressRefused
from briefing.hashing import stable_hash
from briefing.values import MOST_NOTE, Value

#: `scheduled` without a moment is a draft that is to be narrated beforehand. Nothing of either is public.
State = Literal["published", "scheduled", "gone"]

#: Control characters, halves of pairs, and what is no character.
_UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")


def _canonical(address: str | None) -> str | None:
    try:
        return canonical_address(address) if address is not None else None
    except AddressRefused:
        return None


def _one_line(note: str | None) -> str | None:
    """Return a note without what no feed may hold, on one line."""
    return " ".join(_UNPRINTABLE.sub(" ", note or "").split()) or None


class Corrected(Value):
    """What a CMS says of a correction: that there is one, and more where it knows more."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    at: date | None = None
    """Day of the correction; None: that on which we hear of it."""
    note: Annotated[Annotated[str, Field(max_length=MOST_NOTE)] | None, AfterValidator(_one_line)] = None
    """Said and shown verbatim."""

    @property
    def mark(self) -> str:
        """What tells it from another correction of the same article: 64 hex digits."""
        return stable_hash("corrected/1", str(self.at or ""), self.note or "")


class Seen(Value):
    """An article, as its source has it now."""

    id: str
    """As in ArticleRef."""
    address: Annotated[str | None, AfterValidator(_canonical)] = None
    """Canonical; None also for what is no address that could be opened."""
    updated_at: Stated = None
    """By the CMS's clock, aware; what was seen with a later one already is not gone back on."""
    published_at: Stated = None
    """First published; aware. An older one than the connection is not narrated because somebody touched it."""
    state: State = "published"
    """`gone`: deleted, unpublished, or a draft that nobody asked to hear."""
    scheduled_at: Stated = None
    visibility: Literal["public", "members"] | None = None
    """None: the source does not know; the show decides."""
    labels: Labels = Labels()
    wanted: bool | None = None
    """What editors say of this one article, such as by an internal tag: narrate it whatever its age (True), never
    (False), or nothing (None)."""
    correction: Corrected | Literal[False] | None = None
    """What its CMS says of a correction, such as by an internal tag; False: that there is none; None: it cannot say."""
    text_hash: str | None = None
    """Hash of what would be read, where the source can tell without a request of its own: an equal one is not looked at
    again. None: it may have changed."""
