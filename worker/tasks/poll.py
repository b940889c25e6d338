"""The `poll` step: a source is looked at, and again when its pause is over. It ends only with its source."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from briefing import steps
from briefing.errors import BriefcastError, DatabaseUnavailable
from briefing.following import connections
from briefing.observing.logs import get_logger
from briefing.podcasts.shows import listed_sources
from worker.sources import Polled, Sparing, connect, poll_s, polling
from worker.sources.looking_after import Turn, look_after
from worker.tasks.common import finish_idle

if TYPE_CHECKING:
    from collections.abc import Mapping

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
    kept = _Kept.of(lease.payload, settings)
    try:
        polled = _look(place, settings, now, kept)
    except DatabaseUnavailable:
        raise
    except BriefcastError as failed:
        error, polled = failed, True
        _log.warning("source failed", source=name, code=failed.code, message=failed.message)
    _settle(lease, place, settings, now, error, kept, polled=polled)


@dataclass
class _Kept:
    """What is kept with the step from one time to the next."""

    settings: SourceSettings
    turn: Turn
    asked_s: float | None
    """How long the source was to be left alone after the last poll, if it said so."""

    @classmethod
    def of(cls, payload: Mapping[str, Any], settings: SourceSettings) -> _Kept:
        """Return what a step keeps, as the settings are now."""
        return cls(settings, Turn.of(payload), payload.get("pause_s"))

    @property
    def usual_s(self) -> float:
        """Seconds between two polls; 0 for a source that is not polled. What its newsroom says counts for more."""
        polled_s = float(poll_s(self.settings))
        return polled_s if self.settings.poll is not None or not polled_s else self.asked_s or polled_s

    def payload(self, lease: Lease) -> dict[str, Any]:
        """Return what the step is to keep."""
        return self.turn.kept_in({**lease.payload, "pause_s": self.asked_s})


def _look(place: Workplace, settings: SourceSettings, now: datetime, kept: _Kept) -> bool:
    """Look at what was told, and if it is time at what has changed; tell whether it was. Raises as the source."""
    source = connect(settings)
    with place.database.writing() as session:
        last = connections.locked(session, settings.name, now).polled_at
        desk = polling.desk_of(session, settings.name, now)
        is_time = kept.usual_s > 0 and (last is None or (now - last).total_seconds() > kept.usual_s * _EARLY)
    refused = polling.look_at_told(place, desk, source)
    if is_time and isinstance(source, Polled):
        polling.look_at_changes(place, desk, source, now)
        kept.asked_s = source.pause_s() if isinstance(source, Sparing) else None
        look_after(place, desk, source, now, kept.turn)
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
    kept: _Kept,
    *,
    polled: bool,
) -> None:
    """Write down how it went, and come again: when the pause is over, or sooner where something is to be looked at."""
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
        pause_s = connections.pause_s(row.failures, kept.usual_s or 30.0)
        if not steps.come_again(session, lease, pause_s):
            return
        connections.keep_with_step(session, lease.step_id, kept.payload(lease))
        session.flush()
        look_s = connections.next_look_s(session, settings.name)
        if error is None and look_s is not None and look_s < pause_s:
            connections.rouse_in(session, lease.step_id, look_s)
        elif not kept.usual_s and look_s is None:
            connections.end_step(session, lease.step_id)
