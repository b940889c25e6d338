"""Rows as answers: what callers see of briefings, revisions and scripts. Reads; records nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from api import schemas
from api.waiting import waiting
from briefing.audio import MASTER_RATE, Master
from briefing.database import clock
from briefing.going_live import access, holds
from briefing.going_live.obstacles import obstacles, said
from briefing.going_live.withdrawals import is_withdrawn
from briefing.models import MasterRow, RevisionRow
from briefing.podcasts.show import Show
from briefing.podcasts.shows import home_show
from briefing.revisions import newest_revision
from briefing.script import Script
from briefing.speech import OWN_VOICE, Fallback
from briefing.states import ACTIVE, RevisionState

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from api.context import Context
    from briefing.models import BriefingRow
    from briefing.script import Segment

#: Steps beside one for each chunk: prepare, assemble, publish.
_OTHER_STEPS = 3

_DONE_BY_STATE = {
    RevisionState.PREPARING: 0,
    RevisionState.SPEAKING: 1,
    RevisionState.ASSEMBLING: 1,
    RevisionState.PUBLISHING: 2,
    RevisionState.HELD: 2,
    RevisionState.LIVE: 3,
    RevisionState.SUPERSEDED: 3,
    RevisionState.RETRACTED: 3,
    RevisionState.UNCHANGED: 1,
    RevisionState.FAILED: 1,
}


def briefing(session: Session, row: BriefingRow, context: Context) -> schemas.Briefing:
    """Return a briefing with its newest revision and what is live."""
    newest = newest_revision(session, row.id)
    assert newest is not None
    base = f"{context.address}/v1/briefings/{row.id}"
    links = {
        "self": base,
        "events": f"{base}/events",
        "script": f"{base}/script",
        "feed": f"{context.address}/shows/{row.show}/feed.xml",
    }
    source, _, article = row.articles[0].partition(":")
    if row.kind == "story" and row.show == home_show(session, source):
        links |= {
            "audio": f"{context.address}/v1/articles/{source}/{article}/audio",
            "embed": f"{context.address}/embed/{source}/{article}",
            "alias": f"{context.address}/articles/{source}/{article}.mp3",
        }
    return schemas.Briefing(
        id=row.id,
        kind=row.kind,
        show=row.show,
        articles=row.articles,
        state=newest.state,
        revision=revision(newest, waiting(session, newest)),
        live=_live(session, row, context),
        visibility="members" if access.for_members(session, row) else "public",
        withdrawn_at=row.withdrawn_at if is_withdrawn(row, newest) else None,
        **_waits_for(session, row, newest),
        disclosure=Show.stored(newest.show).disclosure,
        links=links,
    )


def _waits_for(session: Session, row: BriefingRow, newest: RevisionRow) -> dict[str, Any]:
    """Return what keeps the newest revision from going live, and what is told of that. Where it goes nowhere any more:
    what editors have said that the next one will wait for.
    """
    if newest.id == row.heard or RevisionState(newest.state) not in ACTIVE | {RevisionState.HELD}:
        stand = said(row, clock(session)) if row.held_at or row.scheduled_at else []
        return {"held_by": [one.model_dump() for one in stand], "scheduled_at": row.scheduled_at}
    found = obstacles(session, row, newest, clock(session))
    return {
        "held_by": [one.model_dump() for one in found],
        "scheduled_at": row.scheduled_at,
        "embargo_until": holds.embargo(session, row),
    }


def revision(row: RevisionRow, waits: dict[str, object] | None = None) -> schemas.Revision:
    """Return a revision; `waits` is what it waits for."""
    prepared = row.prepared_at is not None
    return schemas.Revision.model_validate(
        {
            "number": row.number,
            "state": row.state,
            "voice": row.voice,
            "cast": _cast(row),
            "requested_by": row.requested_by,
            "created_at": row.created_at,
            "finished_at": row.finished_at,
            "progress": progress(row),
            "takes_reused": row.chunks_reused if prepared else None,
            "words": row.card["words"] if row.card else None,
            "unknown_words": row.script.get("unknown_words", []) if row.script else None,
            "warnings": _warnings(row),
            "verification": row.verification,
            "waiting": waits,
            "approved_by": row.approved_by,
            "replaces": row.replaces,
            "error": {"code": row.error_code, "message": row.error_message or "", "hint": row.error_hint or ""}
            if row.error_code
            else None,
        }
    )


def _cast(row: RevisionRow) -> dict[str, str] | None:
    """Return who speaks each part; segments with a voice of their own say so themselves."""
    parts = (row.cast or {}).items()
    return {part: narrator["voice"] for part, narrator in parts if not part.startswith(OWN_VOICE)} or None


def _warnings(row: RevisionRow) -> list[dict[str, str]]:
    """Return what editors should look at, of the script and of how it is spoken."""
    spoken = [Fallback.stored(entry).warning.model_dump() for entry in row.fallbacks]
    return [*(row.script or {}).get("warnings", []), *spoken]


def progress(row: RevisionRow) -> schemas.Progress:
    """Return how far a revision has come."""
    total = row.chunks_total + _OTHER_STEPS if row.prepared_at else None
    done = _DONE_BY_STATE[RevisionState(row.state)] + row.chunks_total - row.chunks_left if row.prepared_at else 0
    return schemas.Progress(steps_done=done, steps_total=total, audio_s=round(row.spoken_s, 3))


def _live(session: Session, row: BriefingRow, context: Context) -> schemas.Audio | None:
    live = session.get(RevisionRow, row.heard) if row.heard else None
    if live is None or live.master_key is None:
        return None
    master = Master.stored(session.get_one(MasterRow, live.master_key).content)
    return schemas.Audio(
        url=f"{context.address}/audio/{master.sha256}.mp3" if row.live_revision else None,
        bytes=master.bytes,
        duration_s=round(master.seconds, 3),
        loudness_lufs=master.loudness_lufs,
        true_peak_dbtp=master.true_peak_dbtp,
        revision=live.number,
    )


def _told(segment: Segment) -> dict[str, Any]:
    """Return a segment as it is, without what is only for workers of before."""
    dumped = segment.model_dump(mode="json") | {"role": segment.role.value}
    return {name: value for name, value in dumped.items() if name != "own_role"}


def script(session: Session, row: RevisionRow) -> schemas.ScriptView:
    """Return a revision's script; times are there once it has been assembled."""
    written = Script.stored(row.script)
    master = None
    if row.master_key:
        master = Master.stored(session.get_one(MasterRow, row.master_key).content)
    cues = {cue.ref: cue for cue in master.cues if cue.kind == "segment"} if master else {}
    return schemas.ScriptView(
        revision=row.number,
        language=written.language,
        title=written.title,
        duration_s=round(master.seconds, 3) if master else None,
        segments=[
            {
                **segment.told(),
                "start_s": round(cues[segment.id].start / MASTER_RATE, 3) if segment.id in cues else None,
                "end_s": round(cues[segment.id].end / MASTER_RATE, 3) if segment.id in cues else None,
                "timing": cues[segment.id].timing if segment.id in cues else None,
            }
            for segment in written.segments
        ],
        dropped=[entry.model_dump() for entry in written.dropped],
        warnings=[entry.model_dump() for entry in written.warnings],
    )
