"""Where articles come from: one kind of source per file, behind one protocol.

A source fetches one article by its ID and gives it as it is; it does not clean, and it does not decide when to
fetch. Kinds are found by name and loaded when first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Protocol

from pydantic import ValidationError

from briefing.errors import Misconfigured

if TYPE_CHECKING:
    from briefing.newsroom import SourceSettings
    from briefing.values import Article, ArticleRef

#: Kind -> module; each has a function `connect(name, options)`.
KINDS = {"files": "worker.sources.files", "http": "worker.sources.http"}


class Source(Protocol):
    """One connected source."""

    def fetch(self, ref: ArticleRef, address: str | None) -> Article:
        """Fetch an article. `address` is the one it was asked for by, if it was.

        Raises ArticleNotFound, PageRefused, AddressRefused or SourceUnavailable.
        """
        ...


def connect(settings: SourceSettings) -> Source:
    """Return the source that `settings` describe. Raises Misconfigured for an unknown kind or faulty options."""
    module = KINDS.get(settings.kind)
    if module is None:
        message = f"source {settings.name!r} has the unknown kind {settings.kind!r}"
        raise Misconfigured(message, hint=f"Known kinds: {', '.join(sorted(KINDS))}.")
    try:
        source: Source = import_module(module).connect(settings.options)
    except ValidationError as error:
        faults = "; ".join(f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in error.errors())
        message = f"source {settings.name!r}: {faults}"
        raise Misconfigured(message) from error
    return source
