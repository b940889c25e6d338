"""Old addresses -> new ones, as a server's redirects. Pure."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Sequence

#: What every list of redirects is: pairs of an old and a new address.
Redirects = tuple[tuple[str, str], ...]


def as_csv(redirects: Sequence[tuple[str, str]]) -> str:
    """Return lines of old address, new address, status."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(("old", "new", "status"))
    writer.writerows((old, new, 301) for old, new in redirects)
    return out.getvalue()


def as_nginx(redirects: Sequence[tuple[str, str]]) -> str:
    """Return a map for nginx's `http` block, and what uses it in a `server` block."""
    lines = [f"    {_quoted(_key(old))} {_quoted(new)};" for old, new in redirects]
    used = "# in the server block:  if ($briefcast_moved) { return 301 $briefcast_moved; }"
    return "\n".join([used, "map $host$request_uri $briefcast_moved {", *lines, "}", ""])


def _key(address: str) -> str:
    parts = urlsplit(address)
    return f"{parts.hostname}{parts.path or '/'}{f'?{parts.query}' if parts.query else ''}"


def _quoted(text: str) -> str:
    """Return a string of nginx's settings; a dollar sign in it would be a variable, and an address has it escaped."""
    safe = text.replace("\\", "%5C").replace('"', "%22").replace("$", "%24")
    return '"' + "".join(letter for letter in safe if letter.isprintable()) + '"'
