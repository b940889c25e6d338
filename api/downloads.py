"""What an MP3 is called where a reader keeps it: `?download=NAME` has it answered as an attachment (RFC 6266). Pure.

The page with the link knows the title, and says it in the address: so the API, nginx over the files alone and a cache
answer alike, and none of them has to look. Of what is said only letters and digits are kept, and the name ends in
`.mp3` whatever it was.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Annotated
from urllib.parse import quote

from fastapi import Query

from briefing.public_names import MOVING_CACHE

#: The parameter, as a route takes it.
Download = Annotated[
    str | None,
    Query(description="Have it kept as a file, not played: the file's name, without `.mp3`."),
]

#: Characters of a name: what file systems bear in any script, four bytes each.
_LONGEST = 60

_UNNAMED = "audio"


def disposition(download: str | None) -> str:
    """Return the Content-Disposition for what `download` says; None: it was not there."""
    if download is None:
        return "inline"
    name = _slug(download)
    plain = _slug(unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode())
    attachment = f'attachment; filename="{plain}.mp3"'
    return attachment if plain == name else f"{attachment}; filename*=UTF-8''{quote(name, safe='')}.mp3"


def kept_for(cache: str, download: str | None) -> str:
    """Return the Cache-Control of an MP3 which is `cache` where it is played: nobody knows all names that it was asked
    for by, so none of them can be purged.
    """
    return cache if download is None else MOVING_CACHE


def passed_on(address: str, download: str | None) -> str:
    """Return where a request that was sent on to `address` goes, so that it is answered alike there."""
    return address if download is None else f"{address}?download={quote(_slug(download), safe='')}"


def _slug(name: str) -> str:
    said = unicodedata.normalize("NFC", name[: 4 * _LONGEST])
    kept = "".join(one if one.isalnum() or unicodedata.category(one)[0] == "M" else "-" for one in said)
    return re.sub("-+", "-", kept)[:_LONGEST].strip("-") or _UNNAMED
