"""MP3s that somebody else sends, by setting: nginx before us (X-Accel-Redirect), a CDN, a private bucket.

We say whether they may be had; whoever sends them answers Range, If-Range and If-None-Match. An address of a private
bucket is signed for one method and an hour, so that nobody keeps it; a member's for minutes, since it outlives whatever
is taken back.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from fastapi import Response
from fastapi.responses import RedirectResponse

from api.downloads import disposition, kept_for, passed_on
from briefing.errors import Misconfigured
from briefing.public_names import ALIAS, AUDIO, MEMBERS_CACHE

if TYPE_CHECKING:
    from fastapi import Request

    from api.context import Context
    from briefing.storage import PublicStorage

#: Seconds for which a bucket's address of what is public holds: an hour's listening, in ranges.
_PUBLIC_S = 3600


def sent_elsewhere(
    request: Request, context: Context, name: str, cache: str, download: str | None = None
) -> Response | None:
    """Return the answer that has somebody else send the public MP3 `name`, None where that is for us to do. `cache` is
    the Cache-Control that the MP3 itself is to have, `download` what it is to be called as a file (`api.downloads`).
    """
    if context.public.accel and context.files.path(name) is not None:
        headers = {
            "X-Accel-Redirect": context.public.accel + name,
            "Cache-Control": kept_for(cache, download),
            "Content-Disposition": disposition(download),
        }
        return Response(media_type=AUDIO.media_type, headers=headers)
    if context.storing.audio_redirect == "public":
        there = f"{context.storing.public_files_url.rstrip('/')}/{name}"
        return _moved(passed_on(there, download), ALIAS.cache)
    # A file's name would have to be signed along with the address, which obstore does not do: those few we send.
    if context.storing.audio_redirect == "signed" and download is None:
        signed = context.files.signed(name, request.method, _PUBLIC_S)
        return _moved(signed, "private, no-store") if signed else None
    return None


def members_sent_elsewhere(
    request: Request, context: Context, name: str, download: str | None = None
) -> Response | None:
    """The same of a members' MP3 that whoever asks may have. No CDN sends it: only nginx from a folder of its own, or a
    private bucket by an address that it signs.
    """
    storage = context.storages.members
    if context.members.accel and storage.path(name) is not None:
        headers = {
            "X-Accel-Redirect": context.members.accel + name,
            "Cache-Control": MEMBERS_CACHE,
            "Content-Disposition": disposition(download),
        }
        return Response(media_type=AUDIO.media_type, headers=headers)
    signed = None
    if context.storing.audio_redirect == "signed" and download is None:
        signed = storage.signed(name, request.method, context.members.bucket_s)
    return _moved(signed, MEMBERS_CACHE) if signed else None


def bucket_origin(context: Context, storage: PublicStorage) -> str | None:
    """Return the origin of a private bucket that MP3s redirect to, for a page's policy; None where none do."""
    if context.storing.audio_redirect != "signed" or (signed := storage.signed("audio", "GET", 1)) is None:
        return None
    parts = urlsplit(signed)
    return f"{parts.scheme}://{parts.netloc}"


def _moved(address: str, cache: str) -> Response:
    return RedirectResponse(address, status_code=302, headers={"Cache-Control": cache})


def check_elsewhere(context: Context) -> None:
    """Raise Misconfigured where a redirect would lead back to us, or nowhere."""
    if context.storing.audio_redirect == "public" and context.audio_at == context.address:
        message = "BRIEFCAST_AUDIO_REDIRECT is public, and BRIEFCAST_PUBLIC_FILES_URL names no other address than ours"
        raise Misconfigured(message, hint="Name the address of the public bucket or CDN.")
