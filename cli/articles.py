"""What a SOURCE on the command line means: a file, a web address, or source:id."""

from __future__ import annotations

import hashlib
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

from briefing.articles.addresses import address_id, is_address
from briefing.errors import ArticleNotFound
from briefing.settings import FetchSettings
from briefing.values import Article, ArticleRef, is_name
from worker.asking.web import Fetcher
from worker.fetch import fetch
from worker.sources.files import read_article
from worker.sources.http import page_article

if TYPE_CHECKING:
    from collections.abc import Iterable

    from briefing.articles.cleaning import Cleaning
    from cli.place import Place

_REFERENCE = re.compile(r"[A-Za-z0-9._-]+:[A-Za-z0-9._-]+")


def read_source(source: str, place: Place | None) -> Article:
    """Return the article that `source` names.

    `place` is needed for source:id only. Raises BadInput and SourceUnavailable.
    """
    if is_address(source):
        bounds = FetchSettings()
        page = Fetcher(bounds, bounds.private_hosts).fetch(source)
        return page_article(page, ArticleRef(source="web", id=address_id(source)))
    path = Path(source)
    if _exists(path):
        return read_article(path, ArticleRef(source="file", id=_file_id(path)))
    if place is not None and _REFERENCE.fullmatch(source):
        ref = ArticleRef.parse(source)
        return fetch(ref, None, place.sources())
    message = f"there is no file {source[:200]!r}"
    raise ArticleNotFound(message, hint="Give a file, an http(s) address, or source:id.")


def cleanings_of(sources: Iterable[str], place: Place | None) -> dict[str, Cleaning]:
    """Return how the articles that are named as source:id are cleaned; files and addresses are cleaned as usual."""
    if place is None:
        return {}
    known = place.sources()
    names = {source.partition(":")[0] for source in sources if needs_place(source)}
    return {name: known[name].cleaning for name in names if name in known}


def needs_place(source: str) -> bool:
    """Tell whether `source` can only be source:id."""
    return not is_address(source) and not _exists(Path(source)) and bool(_REFERENCE.fullmatch(source))


def _exists(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # a name longer than any file's
        return False


def _file_id(path: Path) -> str:
    """Return an ID for a file: its stem, or a hash where that is no name."""
    return path.stem if is_name(path.stem) else hashlib.sha256(os.fsencode(path.stem)).hexdigest()[:16]
