"""What a podcast's move carries along: where it goes, what may be fetched of it, whom it tells. Fetches nothing."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from worker.asking.web import Fetcher

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from briefing.settings import FetchSettings
    from worker.workplace import Workplace

#: Redirects followed: podcasts' audio stands behind rows of counters.
_HOPS = 8


@dataclass(frozen=True)
class Bounds:
    """What may be taken over."""

    fetch: FetchSettings
    audio_mb: float = 500.0
    """Of one MP3."""
    audio_s: float = 1800.0
    """Seconds for one MP3."""
    hidden: bool = False
    """Whether everybody may hear what its feed asks directories not to list."""


@dataclass
class Move:
    """A podcast on its way."""

    place: Workplace
    bounds: Bounds
    folder: Path
    """Where what is fetched lies until it is stored, and the artwork for good."""
    say: Callable[[str], None]
    """Hears of each episode."""
    warnings: list[str] = field(default_factory=list)
    """What is not as it was, in words."""

    def fetcher(self, *media_types: str) -> Fetcher:
        """Return what fetches such files."""
        return fetcher(self.bounds.fetch, *media_types)


def fetcher(bounds: FetchSettings, *media_types: str) -> Fetcher:
    """Return what fetches files of these media types from podcast hosts."""
    return Fetcher(bounds, bounds.private_hosts, media_types=media_types, hops=_HOPS)
