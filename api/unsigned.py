"""Where members' files name one another: the places that our own writers fill, known by the file's name and form.

Text of articles may hold anything, the very address of another members' file too. So nothing is sought in it: of audio
JSON our own fields are taken, in pages and feeds it is our own markup, in whose place no text can stand, since that is
escaped. What is named elsewhere opens nothing. Signs nothing itself, and reads no file.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from briefing.public_names import UNSIGNED
from briefing.transcript import TRANSCRIPT_TYPES

if TYPE_CHECKING:
    from collections.abc import Callable

#: An address that opens nothing yet, as workers write it: what is before it, and the name.
_BLANK = rf"([^\"<>]*)/{UNSIGNED}/([A-Za-z0-9._/-]+)"
_ADDRESS = re.compile(_BLANK)

#: The player of a transcript's page (`worker/transcript/page.html`).
_IN_PAGES = re.compile(rf'(<audio controls preload="none" src="){_BLANK}(?=")')

#: A feed's links to its other pages and what an episode consists of (`worker.feeds.feed`).
_IN_FEEDS = re.compile(
    rf'(<(?:atom:link href|enclosure url|itunes:image href|podcast:(?:transcript|chapters) url)="){_BLANK}(?=")'
)

_PAGE = next(name for name, kind in TRANSCRIPT_TYPES.items() if kind == "text/html")


def filled(name: str, content: bytes, paths: Callable[[str], str]) -> bytes:
    """Return the members' file `name` with a path in place of each that opens nothing; `paths` says which, by the name
    of what it is to open.
    """
    folder, _, last = name.rpartition("/")
    if last == _PAGE:
        return _in_markup(_IN_PAGES, content, paths)
    if folder.startswith("shows/") and last.endswith(".xml"):
        return _in_markup(_IN_FEEDS, content, paths)
    if last in {"audio", "audio.json"}:
        return _in_audio_json(content, paths)
    return content


def _in_markup(places: re.Pattern[str], content: bytes, paths: Callable[[str], str]) -> bytes:
    return places.sub(lambda match: f"{match[1]}{match[2]}{paths(match[3])}", content.decode()).encode()


def _in_audio_json(content: bytes, paths: Callable[[str], str]) -> bytes:
    told = json.loads(content)
    for named in (told, *told.get("transcripts", ())):
        _fill(named, paths)
    return json.dumps(told, ensure_ascii=False, indent=1).encode()


def _fill(named: dict[str, str], paths: Callable[[str], str]) -> None:
    for field in ("url", "chapters_url"):
        if match := _ADDRESS.fullmatch(named.get(field) or ""):
            named[field] = f"{match[1]}{paths(match[2])}"
