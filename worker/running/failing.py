"""A step that was given up -> what becomes of its revision: the fallback speaks it, or it fails with the reason.

Called wherever steps are given up, inside the transaction that does so, with what the step is of locked before.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from briefing import revisions, steps
from briefing.digesting import digests, summaries
from briefing.errors import Misconfigured, NarratorAway
from briefing.going_live import cut_short
from briefing.models import RevisionRow, StepRow
from briefing.observing.logs import get_logger
from briefing.podcasts.show import Show
from briefing.pronunciations import respeaks, samples
from briefing.requesting import estimates
from briefing.speech import VOICE_FALLBACK, Fallback
from briefing.states import RevisionState, StepKind
from worker.notices import due
from worker.takes.casting import stand_in

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from briefing.errors import BriefcastError
    from voices.catalogue import Catalogue

#: What is done again later, whoever died of it: what is withdrawn, or for others by now, or more than a preview may
#: have, must not stay public, nor a withdrawn story in an issue, nor in another edition what was corrected; nobody
#: looks again at who lists an article; and a respeak has others behind it. No revision fails of it: it is over, or
#: live. As words: of a kind that is not known here one may be given up too.
_NEVER_FORGOTTEN = frozenset(
    kind.value
    for kind in (
        StepKind.DIGEST,
        StepKind.CORRECT,
        StepKind.LIST,
        StepKind.WITHDRAW,
        StepKind.RECALL,
        StepKind.PLACE,
        StepKind.PREVIEW,
        StepKind.RESPEAK,
    )
)

_log = get_logger("failing")


def lock_owner(session: Session, step_id: int, revision_id: int | None) -> None:
    """Lock what a step is of: before the step itself, which is given up then, as whoever finishes it does."""
    if revision_id is not None:
        revisions.locked_in_briefing(session, revision_id)
        return
    kind, told = session.execute(select(StepRow.kind, StepRow.payload).where(StepRow.id == step_id)).one()
    if kind == StepKind.RESPEAK.value:
        respeaks.locked(session, told["respeak"])
    elif kind == StepKind.DIGEST.value and "digest" in told:
        digests.armed(session, told["digest"], step_id)


def after_given_up(session: Session, step_id: int, error: BriefcastError, catalogue: Catalogue, now: datetime) -> None:
    """Move the step's revision to the fallback of the voice that failed, or to the engine at hand where nobody has
    the pinned one, or fail it. What is live stays live.

    Of several steps of a voice that fail at once the first moves it and cancels the others under their fences; those
    that were given up with it find it moved.
    """
    step = session.get_one(StepRow, step_id)
    if step.kind in _NEVER_FORGOTTEN:
        _do_again(session, step, error, now)
    elif step.kind == StepKind.NOTICE.value and not isinstance(error, Misconfigured):
        due.tell_later(session, step, now)
    elif step.revision_id is None:
        _say(session, step, error, now)
    elif step.kind != StepKind.STREAM.value:
        _go_on(session, step, error, catalogue, now)


def _do_again(session: Session, step: StepRow, error: BriefcastError, now: datetime) -> None:
    """Have what may not be forgotten done once more; a digest at its next time, of a respeak what can be made."""
    _log.error(f"{step.kind} given up", step=step.id, told=step.payload, code=error.code, reason=error.message)
    if "digest" in step.payload:
        digests.go_on(session, step, error.code, now)
    elif step.kind == StepKind.RESPEAK.value and steps.tries_of(step) + 1 >= respeaks.MOST_TRIES:
        _pass_over(session, step)
    else:
        steps.look_again_later(session, step)


def _pass_over(session: Session, step: StepRow) -> None:
    """Have a respeak go on behind the briefing at which it stands still."""
    row = respeaks.locked(session, step.payload["respeak"])
    if row is not None:
        briefing = respeaks.pass_over(session, row, int(step.payload["from"]))
        _log.error("passed over in a respeak", respeak=row.id, briefing=briefing, hint="Regenerate it.")


def _say(session: Session, step: StepRow, error: BriefcastError, now: datetime) -> None:
    """Tell whoever asked for what is of no revision that nothing comes of it."""
    if step.kind == StepKind.ESTIMATE.value:
        estimates.fail(session, step.payload["estimate"], now)
    if step.kind == StepKind.SAMPLE.value:
        samples.fail(session, step.payload["sample"], error)
    if step.kind == StepKind.SUMMARISE.value:
        summaries.fail(session, step.payload["summary"], error)


def _go_on(session: Session, step: StepRow, error: BriefcastError, catalogue: Catalogue, now: datetime) -> None:
    assert step.revision_id is not None
    revision = revisions.locked(session, step.revision_id)
    if step.kind == StepKind.LAUNCH.value and revision.state == RevisionState.HELD.value:
        _launch_later(session, step, revision, error)
        return
    if _has_moved(step, revision):
        return
    if isinstance(error, NarratorAway):
        _log.warning("narrator changes", reason=error.message)
        revisions.recast(session, revision, error.code)
        return
    if not _gave_way(session, step, revision, error, catalogue):
        revisions.fail(session, revision.id, error, now)


def _launch_later(session: Session, step: StepRow, revision: RevisionRow, error: BriefcastError) -> None:
    """Have what was to go live by itself try again, and say why it is not live: nobody looks after what is finished.
    Until then nothing of it is to be public.
    """
    _log.error("launch given up", step=step.id, revision=revision.id, code=error.code, reason=error.message)
    revision.error_code, revision.error_message, revision.error_hint = error.code, error.message, error.hint
    cut_short.take_back(session, revision)
    if not steps.tries_of(step):
        # What was told of it before is another matter: that it is held, or a time that somebody has set anew since.
        due.forget(session, revision.id)
    steps.look_again_later(session, step)
    session.flush()


def has_stand_in(session: Session, step: StepRow, error: BriefcastError, catalogue: Catalogue) -> bool:
    """Tell whether somebody may stand in for the voice of a step that waits; a read."""
    if step.revision_id is None:
        return False
    revision = session.get_one(RevisionRow, step.revision_id)
    return not _has_moved(step, revision) and _fallback(step, revision, error, catalogue) is not None


def give_way(session: Session, step: StepRow, error: BriefcastError, catalogue: Catalogue) -> bool:
    """Move the revision of a step that waits to the fallback of its voice; False where nobody may stand in, and then
    nothing is changed.
    """
    if step.revision_id is None:
        return False
    revision = revisions.locked(session, step.revision_id)
    return not _has_moved(step, revision) and _gave_way(session, step, revision, error, catalogue)


def _gave_way(
    session: Session, step: StepRow, revision: RevisionRow, error: BriefcastError, catalogue: Catalogue
) -> bool:
    fallback = _fallback(step, revision, error, catalogue)
    if fallback is None:
        return False
    _log.warning("voice gives way", voice=fallback.voice, by=fallback.by, code=fallback.code, reason=fallback.reason)
    revisions.recast(session, revision, VOICE_FALLBACK, fallback)
    return True


def _voice(step: StepRow, revision: RevisionRow) -> str:
    return str(step.payload["chunk"].get("voice") or revision.voice)


def _has_moved(step: StepRow, revision: RevisionRow) -> bool:
    """Tell whether another voice speaks already what this step's voice was to speak."""
    return step.kind == StepKind.SPEAK.value and any(
        entry["voice"] == _voice(step, revision) for entry in revision.fallbacks
    )


def _fallback(step: StepRow, revision: RevisionRow, error: BriefcastError, catalogue: Catalogue) -> Fallback | None:
    if step.kind != StepKind.SPEAK.value or revision.state != RevisionState.SPEAKING.value:
        return None
    earlier = [Fallback.stored(entry) for entry in revision.fallbacks]
    allowed = Show.stored(revision.show).fallback
    return stand_in(_voice(step, revision), error, earlier, catalogue, allowed=allowed)
