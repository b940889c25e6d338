"""How an article stands in its CMS, as a poll or a webhook's look found it. Values only; what follows is `newsroom`'s.

A sighting says what to do about an article (narrate, move, withdraw), never what it says: the text is fetched when it
is narrated, so that a stale or repeated sighting does no harm.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator

from briefing.addresses import canonical_address
from briefing.errors import AddressRefused
from briefing.labels import Labels
from briefing.moments import Stated
from briefing.values import Value

#: `scheduled` without a moment is a draft that is to be narrated beforehand. Nothing of either is public.
State = Literal["published", "scheduled", "gone"]


def _canonical(address: str | None) -> str | None:
    try:
        return canonical_address(address) if address is not None else None
    except AddressRefused:
        return None


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
    text_hash: str | None = None
    """Hash of what would be read, where the source can tell without a request of its own: an equal one is not looked at
    again. None: it may have changed."""
