"""This machine: disk, files left behind, engines and voices, signing credentials, the public address."""

from __future__ import annotations

import shutil
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import httpx

from briefing.errors import BriefcastError
from briefing.podcasts.shows import listed_shows
from briefing.settings import SigningSettings
from worker.credentials.signing_keys import development_files
from worker.doctor.finding import Finding
from worker.upkeep.sweep import remove_strays, strays

if TYPE_CHECKING:
    from collections.abc import Iterator

    from worker.workplace import Workplace

#: Share of the disk that should be free: what the alert says too.
_LOW = 0.1

#: Days before the end of a certificate at which it is told.
_WARN_DAYS = 30

#: Seconds for the public address to answer.
_ANSWER_S = 5.0


def look_at_disk(place: Workplace, fix: bool) -> Iterator[Finding]:
    """Yield what is wrong with this machine's disk; asks no database."""
    yield from _disk(place)
    yield from _strays(place, fix)


def look(place: Workplace, fix: bool) -> Iterator[Finding]:  # noqa: ARG001  nothing here mends itself
    """Yield what else is wrong with this machine."""
    yield from _voices(place)
    yield from _credentials(place)
    yield from _address(place)


def _disk(place: Workplace) -> Iterator[Finding]:
    try:
        usage = shutil.disk_usage(place.data.data)
    except OSError as error:
        yield Finding(code="no_data_folder", subject=str(place.data.data), detail=str(error.strerror))
        return
    free_mb = usage.free // 1_000_000
    if free_mb < place.data.disk_floor_mb or usage.free < _LOW * usage.total:
        yield Finding(
            code="disk_low",
            subject=str(place.data.data),
            detail=f"{free_mb} MB of {usage.total // 1_000_000} MB are free",
            hint="Free some space, or let go sooner: BRIEFCAST_KEEP_…",
        )


def _strays(place: Workplace, fix: bool) -> Iterator[Finding]:
    folder = place.storage.temporary(".probe").parent
    found = strays(folder, time.time())
    if found:
        removed = remove_strays(folder) if fix else 0
        yield Finding(
            code="stray_files",
            subject=str(folder),
            detail=f"{len(found)} files in the making that nobody works on any more",
            mended=f"removed {removed}" if removed else "",
        )


def _voices(place: Workplace) -> Iterator[Finding]:
    with place.database.reading() as session:
        shows = listed_shows(session)
    wanted = {
        voice: slug for slug, show in shows.items() for voice in show.casting(place.speakers.default_voice).voices
    }
    for voice, slug in sorted(wanted.items()):
        try:
            place.speakers.narrator(voice)
        except BriefcastError as error:
            yield Finding(
                code=error.code,
                subject=voice,
                detail=f"show {slug!r} cannot use it here: {error.message}",
                hint=error.hint,
            )


def _credentials(place: Workplace) -> Iterator[Finding]:
    now = datetime.now(UTC)
    if not SigningSettings().signing_certificate and not development_files(place.data.data).certificate.exists():
        return  # whoever signs first makes them; made here they might be another user's, and kept from the workers
    try:
        signer = place.signer
        signer.check(now)
    except BriefcastError as error:
        yield Finding(code=error.code, subject="signing credentials", detail=error.message, hint=error.hint)
        return
    ends = min(certificate.not_valid_after_utc for certificate in signer.certificates)
    if ends < now + timedelta(days=_WARN_DAYS):
        yield Finding(
            code="credentials_expiring",
            subject="signing credentials",
            detail=f"they are valid until {ends:%Y-%m-%d}",
            hint="Name renewed ones; see docs/credentials.md.",
        )


def _address(place: Workplace) -> Iterator[Finding]:
    with place.database.reading() as session:
        slugs = list(listed_shows(session))
    address = place.files.feed_address(slugs[0]) if slugs else f"{place.files.address}/livez"
    try:
        # Our own setting, so it may be on a private network; no proxy of the environment leads there.
        answer = httpx.get(address, timeout=_ANSWER_S, trust_env=False)
        wrong = "" if answer.status_code == httpx.codes.OK else f"it answers {answer.status_code}"
    except httpx.HTTPError as error:
        wrong = f"it does not answer: {type(error).__name__}"
    if wrong:
        yield Finding(
            code="public_address", subject=address, detail=wrong, hint="Check BRIEFCAST_PUBLIC_URL and what serves it."
        )
