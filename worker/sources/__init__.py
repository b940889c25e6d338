"""Where articles come from: one kind of source per file, behind one protocol.

A source fetches one article by its ID and gives it as it is; it does not clean, and it does not decide when to
fetch. One that can be polled also says what has changed. Kinds are found by name and loaded when first used.
"""

from __future__ import annotations

from importlib import import_module
from importlib.metadata import entry_points
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from pydantic import ValidationError

from briefing.errors import Misconfigured
from briefing.following.sightings import Seen

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import datetime

    from briefing.podcasts.newsroom import SourceSettings
    from briefing.values import Article, ArticleRef

__all__ = ["ENTRY_POINTS", "KINDS", "POLLED", "Glancing", "Polled", "Seen", "Source", "Sparing", "connect", "poll_s"]

#: Where other packages name kinds of theirs: each is a function like `connect` of the modules below.
ENTRY_POINTS = "briefcast.sources"

#: Kind -> module; each has a function `connect(options)`.
KINDS = {
    "feed": "worker.sources.feed",
    "files": "worker.sources.files",
    "ghost": "worker.sources.ghost",
    "http": "worker.sources.http",
    "sitemap": "worker.sources.sitemap",
    "wordpress": "worker.sources.wordpress",
}

#: Kinds that are `Polled`, and every how many seconds by default; docs/decisions.md says why they differ. Of other
#: packages' kinds a newsroom says it (`poll`).
POLLED = {"feed": 60, "ghost": 30, "sitemap": 60, "wordpress": 30}


class Source(Protocol):
    """One connected source."""

    def fetch(self, ref: ArticleRef, address: str | None) -> Article:
        """Fetch an article. `address` is the one it was asked for by, if it was.

        Raises ArticleNotFound, PageRefused, AddressRefused or SourceUnavailable.
        """
        ...


@runtime_checkable
class Polled(Source, Protocol):
    """A source that says what has changed, so that nothing depends on a webhook's arrival.

    Both methods raise SourceUnavailable (tried again with growing delays), PageRefused or AddressRefused, also between
    two articles: what was given before counts.
    """

    def seen(self, since: datetime | None) -> Iterator[Seen]:
        """Give the articles that were published or changed at `since` or later, by the CMS's own clock, newest first.

        `since` is the `updated_at` of one that was given before, so that clocks never have to agree; None: all there
        are. Taken only as far as needed: give them page by page. Those that are gone may be left out.
        """
        ...

    def look(self, ids: Sequence[str]) -> Iterator[Seen]:
        """Give these articles as they stand now, in any order, as `gone` what is not public any more or never was.

        At most 50 IDs. What a source cannot tell of (a feed does not list everything) it leaves out.
        """
        ...


@runtime_checkable
class Glancing(Polled, Protocol):
    """A source that can tell cheaply whether articles are as they were, so that each poll may ask after many."""

    def glance(self, ids: Sequence[str]) -> Iterator[Seen]:
        """Give these articles as `look` does, by one question where it can, with no more than whether they are public,
        when they changed (`updated_at`) and for whom they are. What differs is looked at.

        At most 100 IDs. Raises as the others.
        """
        ...


@runtime_checkable
class Sparing(Polled, Protocol):
    """A source whose polls may cost whoever is asked more than they are worth so often."""

    def pause_s(self) -> float | None:
        """Return after how many seconds it may be polled again, by what the last `seen` cost; None for as usual. What
        a newsroom says (`poll`) counts for more.
        """
        ...


def poll_s(settings: SourceSettings) -> int:
    """Return the seconds between two polls of a source; 0 for one that is not polled."""
    if settings.kind in KINDS and settings.kind not in POLLED:
        return 0
    return POLLED.get(settings.kind, 0) if settings.poll is None else settings.poll


def connect(settings: SourceSettings) -> Source:
    """Return the source that `settings` describe. Raises Misconfigured for an unknown kind or faulty options, and
    SecretUnreadable.
    """
    try:
        source = _kind(settings)(settings.revealed())
    except ValidationError as error:
        faults = "; ".join(f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in error.errors())
        message = f"source {settings.name!r}: {faults}"
        raise Misconfigured(message) from error
    return source


def _kind(settings: SourceSettings) -> Callable[[dict[str, Any]], Source]:
    """Return what connects sources of a kind: one of ours, or of a package that is installed beside us."""
    kind = settings.kind
    if kind in KINDS:
        ours: Callable[[dict[str, Any]], Source] = import_module(KINDS[kind]).connect
        return ours
    found = entry_points(group=ENTRY_POINTS)
    if kind not in found.names:
        message = f"source {settings.name!r} has the unknown kind {kind!r}"
        raise Misconfigured(message, hint=f"Known kinds: {', '.join(sorted({*KINDS, *found.names}))}.")
    try:
        theirs: Callable[[dict[str, Any]], Source] = found[kind].load()
    except (ImportError, AttributeError) as error:
        message = f"source {settings.name!r}: the package of the kind {kind!r} cannot be loaded: {error}"
        raise Misconfigured(message) from error
    return theirs
