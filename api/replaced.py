"""Addresses of MP3s that have gone: a corrected episode's old one leads to the audio that is live now.

Only asked where no file is: what is live needs no database.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi.responses import RedirectResponse

from api.downloads import passed_on
from api.problems import Problem
from briefing.going_live.successors import successor
from briefing.public_names import ALIAS, TOMBSTONE, audio_name

if TYPE_CHECKING:
    from fastapi import Response

    from api.context import Context


def withdrawn() -> Problem:
    """Return what is answered at the addresses of what was withdrawn."""
    headers = {"Cache-Control": TOMBSTONE.cache}
    return Problem("withdrawn", "the audio was withdrawn by its newsroom", headers=headers)


def replaced(context: Context, sha256: str, download: str | None) -> Response | None:
    """Return the redirect from an MP3's address to the audio that took its place; None where nothing did. What was to
    be kept as a file (`download`, `api.downloads`) is so there.

    For a minute, since the next correction moves it. Raises Problem for what was withdrawn, DatabaseUnavailable.
    """
    with context.database.reading() as session:
        found = successor(session, sha256)
    if found is None:
        return None
    if found.sha256 is None:
        raise withdrawn()
    address = passed_on(f"{context.audio_at}/{audio_name(found.sha256)}", download)
    return RedirectResponse(address, status_code=302, headers={"Cache-Control": ALIAS.cache})
