"""Whose article a web address is: the source whose site it belongs to, and by what it is named there. Pure.

Of sources of other packages nothing is known here: their articles are asked for by their IDs.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

from briefing.articles.addresses import address_id, canonical_address, host_allowed
from briefing.errors import AddressRefused, UnknownReference
from briefing.values import ArticleRef, is_name

if TYPE_CHECKING:
    from collections.abc import Sequence

    from briefing.podcasts.newsroom import SourceSettings

#: Kinds whose articles are named by their address; the others are a site's own, at its address or below.
_BY_ADDRESS = frozenset({"http", "feed", "sitemap"})
_SITES = frozenset({"ghost", "wordpress"})

_GHOST_ID = re.compile(r"[0-9a-f]{24}")


def source_of(address: str, sources: Sequence[SourceSettings]) -> SourceSettings:
    """Return the source whose site a canonical address belongs to: an `http` source that names its host; else the site
    that it is below, by host and path; else the feed or map of its host.

    Raises AddressRefused where there is none, and UnknownReference (`ambiguous_article_id`) where several fit.
    """
    parts = urlsplit(address)
    host = str(parts.hostname)
    for source in sources:
        if source.kind == "http" and host_allowed(host, _hosts(source)):
            return source
    below = [(len(prefix), source) for source in sources if (prefix := _prefix(source, parts)) is not None]
    longest = max((length for length, _ in below), default=0)
    fitting = [source for length, source in below if length == longest]
    if not fitting:
        fitting = [source for source in sources if source.kind in {"feed", "sitemap"} and _is_of_host(source, host)]
    if len(fitting) > 1:
        names = ", ".join(source.name for source in fitting)
        message = f"{address} could be of several sources: {names}"
        raise UnknownReference(message, code="ambiguous_article_id", hint="Ask for it as source:id.")
    if not fitting:
        message = f"no source has the site of {host}"
        hint = "Connect its CMS or its feed, or add the host to an `http` source in briefcast.toml."
        raise AddressRefused(message, hint=hint)
    return fitting[0]


def named_by(address: str, source: SourceSettings) -> ArticleRef:
    """Return the name that the article at a canonical address has in its source: of CMSs the last part of its path, as
    long as their own ID is not known.

    Raises UnknownReference where that can be none, or might be another article's.
    """
    if source.kind in _BY_ADDRESS:
        return ArticleRef(source=source.name, id=address_id(address))
    parts = urlsplit(address)
    asked = parse_qs(parts.query).get("p", [])
    if source.kind == "wordpress" and len(asked) == 1 and asked[0].isascii() and asked[0].isdecimal():
        return ArticleRef(source=source.name, id=asked[0])
    slug = unquote(parts.path.rstrip("/").rpartition("/")[2])
    if not is_name(slug) or slug.isdecimal() or _GHOST_ID.fullmatch(slug):
        message = f"{address} does not say which article of {source.name!r} it is"
        hint = f"Ask for it as {source.name}:id, by the ID that its editor's page has in its address."
        raise UnknownReference(message, code="bad_article_id", hint=hint)
    return ArticleRef(source=source.name, id=slug)


def _hosts(source: SourceSettings) -> tuple[str, ...]:
    named = source.options.get("hosts", ())
    return tuple(map(str, named)) if isinstance(named, list | tuple) else ()


def _prefix(source: SourceSettings, parts: SplitResult) -> str | None:
    """Return the path of a CMS's site that an address is below, None where it is not."""
    home = _home(source) if source.kind in _SITES else None
    if home is None or home.netloc != parts.netloc:
        return None
    prefix = home.path.rstrip("/").removesuffix("/ghost") + "/"
    return prefix if parts.path.startswith(prefix) else None


def _is_of_host(source: SourceSettings, host: str) -> bool:
    home = _home(source)
    return home is not None and host_allowed(host, (str(home.hostname), *_hosts(source)))


def _home(source: SourceSettings) -> SplitResult | None:
    try:
        return urlsplit(canonical_address(str(source.options.get("address", ""))))
    except AddressRefused:
        return None
