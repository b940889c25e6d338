"""Folds what listeners heard into a row a day, and lets go of what that leaves over: the sweep's part of the figures.

Each play and download is folded once, under its own lock: two sweeps at once, or one that dies half-way, add nothing
twice. Knows nothing of HTTP.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import delete, exists, select

from briefing.audience.records import WINDOW_S, day_before, day_of
from briefing.audience.spans import BUCKETS, by_bucket, by_quarter, length
from briefing.audio import MASTER_RATE
from briefing.database import clock
from briefing.failpoints import Failpoint, reach
from briefing.models import AudienceRow, DownloadRow, HealthRow, MasterRow, PlayRow, SaltRow
from briefing.sql.rows import add_all_unless_there, put

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from sqlalchemy.orm import Session

    from briefing.settings import RetentionSettings
    from worker.workplace import Workplace

#: Sessions and downloads folded in one transaction: some hundredths of a second.
_BATCH = 500

#: Transactions of one round; what comes faster than that waits for the next.
_MOST_BATCHES = 20

#: Seconds between two looks for what is to go.
_REST_S = 600.0

#: Hundredths of the audio of which a play must have heard to be complete: few hear the outro's last note.
_COMPLETE = 90

Key = tuple[str, str, str]


@dataclass
class _Added:
    """What is to be added to a day's row."""

    of: PlayRow | DownloadRow
    plays: int = 0
    completed: int = 0
    downloads: int = 0
    heard_ms: list[int] = field(default_factory=lambda: [0] * BUCKETS)


def tend(place: Workplace) -> None:
    """Fold what waits, and let go of what is due: called by the sweep, at every round. Raises DatabaseUnavailable."""
    for _ in range(_MOST_BATCHES):
        with place.database.reading() as session:
            waits = (exists().where(PlayRow.waiting.is_(True)), exists().where(DownloadRow.state == "enough"))
            if not any(session.scalar(select(wait)) for wait in waits):
                break
        with place.database.writing() as session:
            if fold(session) < _BATCH:
                break
    with place.database.reading() as session:
        now = clock(session)
        row = session.get(HealthRow, "audience")
        if row is not None and 0 <= now.timestamp() - row.reported_at < _REST_S:
            return
    with place.database.writing() as session:
        let_go(session, place.keep, now)
        put(session, HealthRow, name="audience", state="ok", detail="", reported_at=now.timestamp())


def fold(session: Session) -> int:
    """Add a batch of what waits to the days' rows; return how many plays and downloads that were."""
    added: dict[Key, _Added] = {}
    plays = session.scalars(
        select(PlayRow)
        .where(PlayRow.waiting.is_(True))
        .order_by(PlayRow.session, PlayRow.sha256)
        .limit(_BATCH)
        .with_for_update(skip_locked=True)
    ).all()
    for play in plays:
        _add_play(added.setdefault((play.day, play.show, play.sha256), _Added(play)), play)
    downloads = session.scalars(
        select(DownloadRow).where(DownloadRow.state == "enough").limit(_BATCH).with_for_update(skip_locked=True)
    ).all()
    for download in downloads:
        added.setdefault((download.day, download.show, download.sha256), _Added(download)).downloads += 1
        download.state, download.spans = "folded", []
    _write(session, added)
    reach(Failpoint.AUDIENCE_FOLDED)
    return len(plays) + len(downloads)


def _add_play(to: _Added, play: PlayRow) -> None:
    before, after = length(play.folded), length(play.spans)
    enough = play.duration_ms * _COMPLETE
    to.plays += int(before == 0 < after)
    to.completed += int(before * 100 < enough <= after * 100)
    old, new = by_bucket(play.folded, play.duration_ms), by_bucket(play.spans, play.duration_ms)
    to.heard_ms = [sum_ + b - a for sum_, a, b in zip(to.heard_ms, old, new, strict=True)]
    play.folded, play.waiting = play.spans, False


def _write(session: Session, added: dict[Key, _Added]) -> None:
    """Add to the days' rows, in the order of their keys, so that no two who do so wait for one another."""
    keys = sorted(added)
    lengths = _lengths(session, {key[2] for key in keys if isinstance(added[key].of, DownloadRow)})
    add_all_unless_there(session, AudienceRow, [_empty(key, added[key], lengths.get(key[2], 0)) for key in keys])
    for key in keys:
        row = session.get_one(AudienceRow, key, with_for_update=True)
        one = added[key]
        if isinstance(one.of, PlayRow):
            row.duration_ms = one.of.duration_ms
        row.plays += one.plays
        row.completed += one.completed
        row.downloads += one.downloads
        row.heard_ms = [sum(pair) for pair in zip(row.heard_ms, one.heard_ms, strict=True)]
        row.quarter_1_ms, row.quarter_2_ms, row.quarter_3_ms, row.quarter_4_ms = by_quarter(row.heard_ms)
    session.flush()


def _lengths(session: Session, downloaded: set[str]) -> dict[str, int]:
    """Return how long MP3s are, in milliseconds, as far as they are known still: downloads do not say."""
    statement = select(MasterRow.sha256, MasterRow.samples).where(MasterRow.sha256.in_(downloaded))
    return {sha256: round(samples * 1000 / MASTER_RATE) for sha256, samples in session.execute(statement)}


def _empty(key: Key, one: _Added, told_ms: int) -> dict[str, object]:
    day, show, sha256 = key
    duration_ms = one.of.duration_ms if isinstance(one.of, PlayRow) else told_ms
    named = {"day": day, "show": show, "sha256": sha256, "duration_ms": duration_ms, "heard_ms": [0] * BUCKETS}
    of = {name: getattr(one.of, name) for name in ("briefing_id", "article", "revision")}
    counts = ("plays", "completed", "downloads", *(f"quarter_{number}_ms" for number in range(1, 5)))
    return named | of | dict.fromkeys(counts, 0)


def let_go(session: Session, keep: RetentionSettings, now: datetime) -> None:
    """Delete sessions and figures whose time has come, and with a day's salt the clients that it made."""
    window = now.timestamp() - WINDOW_S
    sessions, figures = now - timedelta(days=keep.sessions_days), now - timedelta(days=keep.audience_days)
    statements: Iterable[object] = (
        delete(SaltRow).where(SaltRow.day < day_before(day_of(now.timestamp()))),
        delete(DownloadRow).where(DownloadRow.at < window, DownloadRow.state != "enough"),
        delete(PlayRow).where(PlayRow.changed_at < sessions, PlayRow.waiting.is_(False)),
        delete(AudienceRow).where(AudienceRow.day < figures.date().isoformat()),
    )
    for statement in statements:
        session.execute(statement)  # type: ignore[call-overload]
    reach(Failpoint.AUDIENCE_LET_GO)
