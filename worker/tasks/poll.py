"""The `poll` step: a source is looked at, and again when its pause is over. It ends only with its source."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from briefing import steps
from briefing.errors import BriefcastError, DatabaseUnavailable
from briefing.following import connections
from briefing.observing.logs import get_logger
from briefing.podcasts.shows import listed_sources
from worker.sources import Polled, connect, poll_s, polling
from worker.sources.looking_after import Turn, look_after
from worker.tasks.common import finish_idle

if TYPE_CHECKING:
    from briefing.podcasts.newsroom import SourceSettings
    from briefing.steps import Lease
    from worker.workplace import Workplace

_log = get_logger("poll")

#: A poll that comes this much before its time, as when a webhook rouses the step, looks only at what was told.
_EARLY = 0.8


def poll_source(lease: Lease, place: Workplace) -> None:
    """Look at a source. What goes wrong with it is written down, and tried again after longer and longer pauses."""
    name, now = lease.payload["source"], datetime.now(UTC)
    with place.database.reading() as session:
        settings = listed_sources(session).get(name)
    if settings is None:
        finish_idle(place, lease)
        return
    error: BriefcastError | None = None
    turn = Turn.of(lease.payload)
    try:
        polled = _look(place, settings, now, turn)
    except DatabaseUnavailable:
        raise
    except BriefcastError as failed:
        error, polled = failed, True
        _log.warning("source failed", source=name, code=failed.code, message=failed.message)
    _settle(lease, place, settings, now, error, turn, polled=polled)


def _look(place: Workplace, settings: SourceSettings, now: datetime, turn: Turn) -> bool:
    """Look at what was told, and if it is time at what has changed; tell whether it was. Raises as the source."""
    source = connect(settings)
    with place.database.writing() as session:
        row = connections.locked(session, settings.name, now)
        last, usual_s = row.polled_at, poll_s(settings)
        desk = polling.desk_of(session, settings.name, now)
        is_time = usual_s > 0 and (last is None or (now - last).total_seconds() > usual_s * _EARLY)
    refused = polling.look_at_told(place, desk, source)
    if is_time and isinstance(source, Polled):
        polling.look_at_changes(place, desk, source, now)
        look_after(place, desk, source, now, turn)
    elif refused is not None:
        # Otherwise it has just shown that it answers.
        raise refused
    return is_time


def _settle(  # noqa: PLR0913  how it went
    lease: Lease,
    place: Workplace,
    settings: SourceSettings,
    now: datetime,
    error: BriefcastError | None,
    turn: Turn,
    *,
    polled: bool,
) -> None:
    """Write down how it went, and come again: when the pause is over, or sooner where something is to be looked at."""
    usual_s = poll_s(settings)
    with place.database.writing() as session:
        row = connections.locked(session, settings.name, now)
        if error is not None:
            row.failures += 1
            row.error_code, row.error = error.code, error.message[:1000]
        else:
            row.failures, row.error_code, row.error = 0, None, None
            row.succeeded_at = now
        if polled:
            row.polled_at = now
        # First the step's row, which a webhook's transaction waits for; what that wrote before is seen then.
        pause_s = connections.pause_s(row.failures, float(usual_s or 30))
        if not steps.come_again(session, lease, pause_s):
            return
        connections.keep_with_step(session, lease.step_id, turn.kept_in(lease.payload))
        session.flush()
        look_s = connections.next_look_s(session, settings.name)
        if error is None and look_s is not None and look_s < pause_s:
            connections.rouse_in(session, lease.step_id, look_s)
        elif not usual_s and look_s is None:
            connections.end_step(session, lease.step_id)
