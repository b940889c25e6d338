"""A briefing over whose chunk a worker was lost holds one worker from then on, until that chunk has been spoken.

Of its chunks that are ready one goes on, the others stand back; what runs already is left to run. So a text at which an
engine hangs does not take all workers. Costs nothing where nothing was lost. Fails no revision.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, exists, func, or_, select, update

from briefing.database import database_clock
from briefing.models import RevisionRow, StepRow
from briefing.states import StepKind, StepState

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement
    from sqlalchemy.orm import Session

_REVISIONS, _STEPS = RevisionRow.table(), StepRow.table()

#: Code of a chunk that stands back.
STANDS_BACK = "stands_back"

#: Seconds after which a chunk goes on though nobody let it go, as where the lost one was spoken by a worker of a
#: release before this: longer than three claims to speak may take.
_AT_MOST_S = 600.0

_READY = and_(_STEPS.c.state == StepState.READY.value, _STEPS.c.kind == StepKind.SPEAK.value)
_STOOD_BACK = _STEPS.c.error_code.is_not_distinct_from(STANDS_BACK)


def stand_back(session: Session, revision_id: int) -> None:
    """Have a revision's ready chunks stand back but for one that was tried before, unless such a one is being tried.

    Needs a writing session of its own, after the one that freed what was lost: it locks the revision, as whoever ends
    a chunk does, so that there is always one to be spoken that lets the others go.
    """
    session.execute(select(_REVISIONS.c.id).where(_REVISIONS.c.id == revision_id).with_for_update(key_share=True))
    until = database_clock() + _AT_MOST_S
    ready = session.execute(
        select(_STEPS.c.id, or_(_STEPS.c.attempts == 0, _STOOD_BACK).label("follows"))
        .where(_STEPS.c.revision_id == revision_id, _READY, func.coalesce(_STEPS.c.not_before, 0.0) < until)
        .order_by(_STEPS.c.id)
        .with_for_update(skip_locked=True)
    ).all()
    tried = _is_tried(session, revision_id)
    first = None if tried else next((step.id for step in ready if not step.follows), None)
    if tried or first is not None:
        _put(session, [step.id for step in ready if step.id != first], not_before=until, error_code=STANDS_BACK)


def let_go(session: Session, revision_id: int) -> None:
    """Have what stands back go on, after a chunk that was tried before has been spoken: first what was lost itself, one
    after the other. Needs the revision locked.
    """
    back = session.execute(
        select(_STEPS.c.id, _STEPS.c.attempts)
        .where(_STEPS.c.revision_id == revision_id, _READY, _STOOD_BACK)
        .order_by(_STEPS.c.id)
        .with_for_update()
    ).all()
    again = and_(_READY, _STEPS.c.attempts > 0, ~_STOOD_BACK)
    if not back or _is_tried(session, revision_id, again):
        return
    lost = [step.id for step in back if step.attempts]
    freed = lost[:1] or [step.id for step in back]
    _put(session, freed, not_before=None, error_code=None, ready_at=database_clock())


def _is_tried(session: Session, revision_id: int, *besides: ColumnElement[bool]) -> bool:
    """Tell whether a worker has a chunk that was tried before."""
    leased = and_(
        _STEPS.c.kind == StepKind.SPEAK.value, _STEPS.c.state == StepState.LEASED.value, _STEPS.c.attempts > 1
    )
    tried = exists().where(_STEPS.c.revision_id == revision_id, or_(leased, *besides))
    return bool(session.scalar(select(tried)))


def _put(session: Session, step_ids: list[int], **values: Any) -> None:  # noqa: ANN401  column values
    if step_ids:
        session.execute(update(_STEPS).where(_STEPS.c.id.in_(step_ids)).values(rung_at=None, **values))
