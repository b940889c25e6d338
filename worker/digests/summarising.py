"""Looks for the stories of digests that are soon due, and has them summarised in time for an editor. The sweep's part.

A digest waits for none of it: what is not approved when it is made is not in it.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import select

from briefing.database import clock
from briefing.digesting import summaries
from briefing.digesting.digests import listed_digests, since
from briefing.models import DigestRow, HealthRow
from briefing.observing.logs import get_logger
from briefing.podcasts.shows import listed_shows
from briefing.settings import SummarySettings
from briefing.sql.rows import put

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from briefing.digesting.digest import Digest
    from briefing.podcasts.show import Show
    from worker.workplace import Workplace

#: Seconds between two looks.
_EVERY_S = 60.0

_log = get_logger("summarising")


def tend(place: Workplace) -> None:
    """Look, if it is time. Raises DatabaseUnavailable, and Misconfigured where the server's settings do not hold."""
    settings = SummarySettings()
    if not settings.on:
        return
    with place.database.reading() as session:
        looked = session.get(HealthRow, "summaries")
        now = clock(session)
        soon = _soon(session, now + timedelta(hours=settings.ahead_hours))
    if not soon or (looked is not None and 0 <= now.timestamp() - looked.reported_at < _EVERY_S):
        return
    for digest, show in soon:
        with place.database.writing() as session:
            due = digest.due_after(now)
            first = since(session, digest, due.issue if due else digest.issue_of(now), now)
            asked = summaries.ask_for(session, digest, show, first, settings, now)
        if asked:
            _log.info("summaries asked for", digest=digest.slug, articles=asked)
    with place.database.writing() as session:
        put(session, HealthRow, name="summaries", state="resting", detail="", reported_at=now.timestamp())


def _soon(session: Session, until: datetime) -> list[tuple[Digest, Show]]:
    """Return the digests with summaries that are due until then."""
    due = set(session.scalars(select(DigestRow.slug).where(DigestRow.listed, DigestRow.due_at <= until)))
    shows = listed_shows(session)
    found = listed_digests(session).values() if due else ()
    return [
        (digest, shows[digest.show])
        for digest in found
        if digest.slug in due and digest.summaries and digest.show in shows
    ]
