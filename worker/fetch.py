"""source:id -> Article: asks the source that the newsroom configured under that name. Cleans nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from briefing.errors import UnknownReference
from worker.sources import connect

if TYPE_CHECKING:
    from collections.abc import Mapping

    from briefing.podcasts.newsroom import SourceSettings
    from briefing.values import Article, ArticleRef


def fetch(ref: ArticleRef, address: str | None, sources: Mapping[str, SourceSettings]) -> Article:
    """Return the article as its source gives it now. `address` is the one it was asked for by, if it was.

    Raises UnknownReference for a source that is not configured, and what the source raises.
    """
    settings = sources.get(ref.source)
    if settings is None:
        message = f"there is no source {ref.source!r}"
        raise UnknownReference(
            message, code="unknown_source", hint="Name it in briefcast.toml and run `briefcast apply briefcast.toml`."
        )
    return connect(settings).fetch(ref, address)
