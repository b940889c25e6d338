"""Writes down what listeners heard and fetched, for the day or two in which that can still change. Needs writing
sessions; knows nothing of HTTP.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import or_, select, tuple_

from briefing.audience.spans import length, union
from briefing.audio import MASTER_RATE
from briefing.failpoints import Failpoint, reach
from briefing.models import BriefingRow, DownloadRow, EpisodeRow, ListingRow, MasterRow, PlayRow, RevisionRow, SaltRow
from briefing.sql.rows import add_all_unless_there, add_unless_there
from briefing.states import RevisionState

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sqlalchemy.orm import Session

    from briefing.audience.events import Heard

#: Seconds for which a client's further requests are the same download.
WINDOW_S = 24 * 3600.0

#: Seconds of audio that a download must ask for.
_LEAST_S = 60.0

#: Milliseconds that a report may go beyond the end: players round, and the last frame is padded.
_BEYOND_MS = 2000

_PUBLISHED = [RevisionState.LIVE.value, RevisionState.SUPERSEDED.value]


@dataclass(frozen=True)
class Audio:
    """A published MP3 that figures are kept of."""

    sha256: str
    briefing_id: str
    show: str
    """The home show."""
    shows: frozenset[str]
    """Those in which it is an episode."""
    articles: tuple[str, ...]
    revision: int
    bytes: int
    duration_ms: int

    @property
    def least_bytes(self) -> int:
        """How many bytes are a minute of it, of a shorter one nearly all."""
        return round(self.bytes * min(1.0, _LEAST_S * 1000 / max(1, self.duration_ms)) * 0.99)


@dataclass(frozen=True)
class Asked:
    """A podcast app's request for an enclosure."""

    sha256: str
    show: str
    clients: tuple[str, ...]
    """Its hash under the salt of its day, then under that of the day before."""
    spans: tuple[tuple[int, int], ...] | None
    """Bytes it asked for; None for all of them."""
    at: float
    """Seconds since the epoch."""


def day_of(moment: float) -> str:
    """Return the UTC day of a moment in seconds since the epoch, as 2026-05-01."""
    return datetime.fromtimestamp(moment, UTC).date().isoformat()


def day_before(day: str) -> str:
    """Return the day before a day."""
    return (datetime.fromisoformat(day) - timedelta(days=1)).date().isoformat()


def salt_of(session: Session, day: str) -> bytes:
    """Return the salt of a day, made by whoever comes first."""
    add_unless_there(session, SaltRow, day=day, salt=secrets.token_hex(32))
    return bytes.fromhex(session.scalars(select(SaltRow.salt).where(SaltRow.day == day)).one())


def known_audio(session: Session, sha256s: Iterable[str]) -> dict[str, list[Audio]]:
    """Return what is published of these MP3s, the newest first. Usually one each; equal bytes may be several's."""
    wanted = sorted(set(sha256s))
    rows = session.execute(
        select(
            MasterRow.sha256,
            MasterRow.bytes,
            MasterRow.samples,
            RevisionRow.number,
            BriefingRow.id,
            BriefingRow.show,
            BriefingRow.articles,
        )
        .join(RevisionRow, or_(RevisionRow.master_key == MasterRow.key, RevisionRow.preview_key == MasterRow.key))
        .join(BriefingRow, BriefingRow.id == RevisionRow.briefing_id)
        .where(MasterRow.sha256.in_(wanted), RevisionRow.state.in_(_PUBLISHED))
        .order_by(RevisionRow.id.desc())
    ).all()
    shows: dict[str, set[str]] = {}
    episodes = select(EpisodeRow.briefing_id, EpisodeRow.show).where(
        EpisodeRow.briefing_id.in_({row[4] for row in rows})
    )
    listings = select(ListingRow.briefing_id, ListingRow.show).where(
        ListingRow.briefing_id.in_({row[4] for row in rows})
    )
    for briefing_id, show in [*session.execute(episodes), *session.execute(listings)]:
        shows.setdefault(briefing_id, set()).add(show)
    found: dict[str, list[Audio]] = {}
    for sha256, size, samples, number, briefing_id, show, articles in rows:
        listed = frozenset(shows.get(briefing_id, set()) | {show})
        audio = Audio(
            sha256, briefing_id, show, listed, tuple(articles), number, size, round(samples * 1000 / MASTER_RATE)
        )
        found.setdefault(sha256, []).append(audio)
    return found


def note_plays(session: Session, heard: Sequence[tuple[Heard, float]]) -> int:
    """Write down what was heard, with the moments of the reports, in order; return how much of it is of no audio we
    have, or beyond its end, and was left out.
    """
    known = known_audio(session, (one.sha256 for one, _ in heard))
    dropped = 0
    spans: dict[tuple[str, str], list[tuple[int, int]]] = {}
    of: dict[tuple[str, str], tuple[Audio, str, float]] = {}
    last: dict[tuple[str, str], float] = {}
    for one, at in heard:
        audio = next((found for found in known.get(one.sha256, []) if one.article in found.articles), None)
        if audio is None or one.end_ms > audio.duration_ms + _BEYOND_MS:
            dropped += 1
            continue
        key = (one.session, one.sha256)
        of.setdefault(key, (audio, one.article, at))
        last[key] = at
        spans.setdefault(key, []).append((one.start_ms, min(one.end_ms, audio.duration_ms)))
    keys = sorted(spans)
    add_all_unless_there(session, PlayRow, [_play(key, *of[key]) for key in keys])
    rows = list(_locked_plays(session, keys))
    for row in rows:
        joined = union([*row.spans, *spans[row.session, row.sha256]])
        if joined != row.spans:
            row.spans, row.waiting = joined, True
            row.changed_at = datetime.fromtimestamp(last[row.session, row.sha256], UTC)
    session.flush()
    if rows:
        reach(Failpoint.AUDIENCE_NOTED)
    return dropped


def _play(key: tuple[str, str], audio: Audio, article: str, at: float) -> dict[str, object]:
    return {
        "session": key[0],
        "sha256": key[1],
        "show": audio.show,
        "briefing_id": audio.briefing_id,
        "article": article,
        "revision": audio.revision,
        "duration_ms": audio.duration_ms,
        "day": day_of(at),
        "spans": [],
        "folded": [],
        "waiting": False,
        "changed_at": datetime.fromtimestamp(at, UTC),
    }


def _locked_plays(session: Session, keys: Sequence[tuple[str, str]]) -> Iterable[PlayRow]:
    if not keys:
        return []
    columns = (PlayRow.session, PlayRow.sha256)
    return session.scalars(select(PlayRow).where(tuple_(*columns).in_(keys)).order_by(*columns).with_for_update())


def note_requests(session: Session, asked: Sequence[Asked]) -> int:
    """Write down what was asked for, each client once in 24 hours; return how much was of no episode and left out."""
    known = known_audio(session, (one.sha256 for one in asked))
    dropped = 0
    # By days, since a later one looks back for the one before; in one order, so that no two wait for one another.
    for one in sorted(asked, key=lambda one: (day_of(one.at), one.sha256, one.clients[0], one.at)):
        audio = next((found for found in known.get(one.sha256, []) if one.show in found.shows), None)
        if audio is None:
            dropped += 1
        else:
            _note_request(session, one, audio)
    session.flush()
    return dropped


def _note_request(session: Session, one: Asked, audio: Audio) -> None:
    wanted = [(0, audio.bytes)] if one.spans is None else [(start, min(end, audio.bytes)) for start, end in one.spans]
    row = _same_download(session, one)
    if row is None:
        add_unless_there(
            session,
            DownloadRow,
            client=one.clients[0],
            sha256=one.sha256,
            show=one.show,
            briefing_id=audio.briefing_id,
            article=audio.articles[0],
            revision=audio.revision,
            day=day_of(one.at),
            at=one.at,
            spans=[],
            state="asking",
        )
        row = _same_download(session, one)
    if row is not None and row.state == "asking":
        row.spans = union([*row.spans, *wanted])
        if length(row.spans) >= audio.least_bytes:
            row.state = "enough"


def _same_download(session: Session, one: Asked) -> DownloadRow | None:
    """Return the client's download that a request is part of, locked. A new day's salt makes it another hash, so that
    of the day before is looked for as well.
    """
    return session.scalars(
        select(DownloadRow)
        .where(
            DownloadRow.client.in_(one.clients),
            DownloadRow.sha256 == one.sha256,
            DownloadRow.show == one.show,
            DownloadRow.at > one.at - WINDOW_S,
        )
        .order_by(DownloadRow.at)
        .limit(1)
        .with_for_update()
    ).first()
