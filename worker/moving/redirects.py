"""Old addresses -> new ones, as a server's redirects. Pure."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

if TYPE_CHECKING:
    from collections.abc import Sequence

#: What every list of redirects is: pairs of an old and a new address.
Redirects = tuple[tuple[str, str], ...]

_HEAD = """\
# Old addresses -> new ones: `include` this in the server block of each host that is named here.
set $briefcast_asked $host$request_uri;
"""


def as_csv(redirects: Sequence[tuple[str, str]]) -> str:
    """Return lines of old address, new address, status."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(("old", "new", "status"))
    writer.writerows((old, new, 301) for old, new in redirects)
    return out.getvalue()


def as_nginx(redirects: Sequence[tuple[str, str]]) -> str:
    """Return what goes into nginx's `server` block. A `map` would ask for room that nginx gives only once, before all
    other maps: MP3s' names alone are longer than its keys may be. So each path is a location of its own, found by a
    tree; what has a query, or a path that another host has too, is compared one by one.
    """
    located = dict[str, str]()
    compared = list[str]()
    for old, new in redirects:
        parts = urlsplit(old)
        path = unquote(parts.path or "/", errors="replace")
        if parts.query or not path.isprintable() or "\N{REPLACEMENT CHARACTER}" in path or path in located:
            asked = f"{parts.hostname}{parts.path or '/'}{f'?{parts.query}' if parts.query else ''}"
            compared.append(f"if ($briefcast_asked = {_value(asked)}) {{ return 301 {_value(new)}; }}")
        else:
            located[path] = f"location = {_quoted(path)} {{ return 301 {_value(new)}; }}"
    hosts = sorted({urlsplit(old).hostname or "" for old, _ in redirects})
    return _HEAD + "\n".join([f"# {host}" for host in hosts] + compared + list(located.values())) + "\n"


def _value(text: str) -> str:
    """Return a string of nginx's settings in which nothing is a variable; an address has such a sign escaped."""
    return _quoted(text.replace("\\", "%5C").replace('"', "%22").replace("$", "%24"))


def _quoted(text: str) -> str:
    safe = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(letter for letter in safe if letter.isprintable()) + '"'
