"""Which revisions somebody is to be told of: the sweep's part, and what of a message that could not be sent. Sends
nothing.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import delete, exists, select, update
from sqlalchemy.orm import aliased

from briefing import steps
from briefing.database import clock
from briefing.failpoints import Failpoint, reach
from briefing.models import HealthRow, NoticeRow, RevisionRow, ShowRow, StepRow
from briefing.podcasts.show import Show
from briefing.settings import NoticeSettings
from briefing.sql.rows import add_unless_there, put
from briefing.states import UNFINISHED, Queue, RevisionState, StepKind, StepState
from worker.notices import linking

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from worker.workplace import Workplace

#: How far back is looked: what failed while nothing ran for longer is history.
_WINDOW = timedelta(hours=1)

#: For how long the same of the same briefing is not told again: a CMS that saves and fails each minute.
_ONCE_IN = timedelta(hours=6)

#: Seconds between two messages: what comes meanwhile is summed up in the next.
EVERY_S = 60.0

#: Revisions that one message names; the others are counted.
MOST_NAMED = 20

#: Revisions looked at in one round.
_MOST = 500

_TOLD_OF = {RevisionState.FAILED.value: "failed", RevisionState.HELD.value: "held"}


@dataclass(frozen=True)
class _Found:
    """A revision that nobody was told of, or not of what has come of it since."""

    id: int
    briefing: str
    reason: str
    wanted: frozenset[str]
    """By one of which a show says that it wants to know."""
    before: tuple[str, datetime] | None = None
    """Why, and when, it was looked at before."""


def tend(place: Workplace) -> None:
    """Record messages about what failed or is held since the last. Raises DatabaseUnavailable."""
    settings = NoticeSettings()
    if not settings.any:
        return
    with place.database.reading() as session:
        # By no host's own clock: one that is ahead would take what has just failed for long past, and tell nobody.
        now = clock(session)
        row = session.get(HealthRow, "notices")
        if row is not None and 0 <= now.timestamp() - row.reported_at < EVERY_S:
            return
        found = list({one.id: one for one in (*_died(session, now), *_found(session, now))}.values())
    if found:
        with place.database.writing() as session:
            if _record(session, found, settings, now):
                put(session, HealthRow, name="notices", state="ok", detail="", reported_at=now.timestamp())
                reach(Failpoint.NOTICE_RECORDED)


def tell_later(session: Session, step: StepRow, now: datetime) -> None:
    """Have a message that was given up be sent later, in one with what else waits for its way: as long as the same is
    not told anew anyway. Needs a writing session.
    """
    linking.end(session, step.payload.get(linking.LINKS, ()), now)
    told = select(NoticeRow.revision_id).where(NoticeRow.at > now - _ONCE_IN, NoticeRow.told)
    ids = list(session.scalars(told.where(NoticeRow.revision_id.in_(step.payload["revisions"]))))
    if not ids:
        return
    waiting = _waiting(session, step)
    if waiting is None:
        step.payload = step.payload | {"revisions": ids}
        steps.look_again_later(session, step)
        return
    every = sorted({*waiting.payload["revisions"], *ids})
    more = waiting.payload["more"] + step.payload["more"] + len(every[MOST_NAMED:])
    # Another message than either, even to those who got one of them and did not say so.
    waiting.payload = waiting.payload | {"revisions": every[:MOST_NAMED], "more": more, "id": _message_id()}
    steps.note_next(step, waiting)
    session.flush()


def _waiting(session: Session, step: StepRow) -> StepRow | None:
    """Return, locked, a message that waits for the same way after it was given up."""
    ready = (StepRow.kind == StepKind.NOTICE.value, StepRow.state == StepState.READY.value)
    found = session.scalars(select(StepRow).where(*ready).order_by(StepRow.id).with_for_update(skip_locked=True)).all()
    to = (step.payload["way"], step.payload.get("to"))
    later = (one for one in found if steps.tries_of(one) and (one.payload["way"], one.payload.get("to")) == to)
    return next(later, None)


def _found(session: Session, now: datetime) -> list[_Found]:
    """Return what failed or is held and is the newest of its briefing, but for looks that found nothing new."""
    newer = aliased(RevisionRow)
    statement = (
        select(RevisionRow.id, RevisionRow.briefing_id, RevisionRow.state, RevisionRow.error_code)
        .where(
            RevisionRow.let_go_at.is_(None),
            RevisionRow.state.in_(_TOLD_OF),
            RevisionRow.finished_at > now - _WINDOW,
            ~exists().where(NoticeRow.revision_id == RevisionRow.id),
            ~exists().where(
                newer.briefing_id == RevisionRow.briefing_id,
                newer.number > RevisionRow.number,
                newer.state != RevisionState.UNCHANGED.value,
            ),
        )
        .order_by(RevisionRow.id)
        .limit(_MOST)
    )
    return [
        _Found(row.id, row.briefing_id, row.error_code or _TOLD_OF[row.state], frozenset({_TOLD_OF[row.state]}))
        for row in session.execute(statement)
    ]


def _died(session: Session, now: datetime) -> list[_Found]:
    """Return what is held because workers died of having it go live, unless it was looked at since."""
    statement = (
        select(RevisionRow.id, RevisionRow.briefing_id, RevisionRow.error_code, StepRow, NoticeRow.reason, NoticeRow.at)
        .join(StepRow, StepRow.revision_id == RevisionRow.id)
        .outerjoin(NoticeRow, NoticeRow.revision_id == RevisionRow.id)
        .where(
            RevisionRow.state == RevisionState.HELD.value,
            RevisionRow.error_code.is_not(None),
            StepRow.kind == StepKind.LAUNCH.value,
            # Of what somebody has set for another time since, it is another one that waits.
            StepRow.state.in_(UNFINISHED),
            # The one that comes again was recorded as the one before was given up.
            StepRow.ready_at > (now - _WINDOW).timestamp(),
        )
        .order_by(RevisionRow.id, StepRow.id)
        .limit(_MOST)
    )
    wanted = frozenset(_TOLD_OF.values())
    return [
        _Found(row.id, row.briefing_id, row.error_code, wanted, (row.reason, row.at) if row.at is not None else None)
        for row in session.execute(statement)
        if steps.tries_of(row.StepRow) and (row.reason != row.error_code or row.StepRow.ready_at > row.at.timestamp())
    ]


def forget(session: Session, revision_id: int) -> None:
    """Have a revision told of anew, whatever was told of it. Needs a writing session."""
    session.execute(delete(NoticeRow).where(NoticeRow.revision_id == revision_id))


def _record(session: Session, found: list[_Found], settings: NoticeSettings, now: datetime) -> bool:
    """Note what was found, and record the steps that tell of it; tell whether there are any."""
    everybody: list[int] = []
    mails: dict[str, list[int]] = {}
    for one in found:
        wishes = _show(session, one.id).notices
        wanted = bool(one.wanted & set(wishes.of))
        fresh = wanted and not session.scalar(
            select(
                exists().where(
                    NoticeRow.briefing_id == one.briefing,
                    NoticeRow.reason == one.reason,
                    NoticeRow.told,
                    NoticeRow.at > now - _ONCE_IN,
                )
            )
        )
        # Another sweep may have been quicker: then it tells.
        if not _note(session, one, now, told=bool(fresh)) or not fresh:
            continue
        everybody.append(one.id)
        for to in set(settings.recipients if wishes.email is None else wishes.email):
            mails.setdefault(to, []).append(one.id)
    if settings.mails:
        # A mail for each address: what its links do is written down in that name.
        for to, ids in sorted(mails.items()):
            _step(session, "email", ids, [to])
    for way, there in (("webhook", settings.webhook), ("slack", settings.slack.get_secret_value())):
        if there and everybody:
            _step(session, way, everybody)
    return bool(everybody)


def _note(session: Session, one: _Found, now: datetime, *, told: bool) -> bool:
    """Note that a revision was looked at; tell whether nobody else was quicker. Of what has come of it since, only what
    is told: what is not is looked at again, when it was told longer ago.
    """
    if one.before is None:
        noted = {"revision_id": one.id, "briefing_id": one.briefing, "reason": one.reason, "told": told}
        return add_unless_there(session, NoticeRow, at=now, **noted)
    if not told:
        return False
    reason, at = one.before
    those = (NoticeRow.revision_id == one.id, NoticeRow.reason == reason, NoticeRow.at == at)
    changed = update(NoticeRow).where(*those).values(reason=one.reason, told=True, at=now)
    return bool(session.scalars(changed.returning(NoticeRow.revision_id)).all())


def _show(session: Session, revision_id: int) -> Show:
    """Return the settings of a revision's show as they are now."""
    stored = session.scalar(select(RevisionRow.show).where(RevisionRow.id == revision_id)) or {}
    row = session.get(ShowRow, str(stored.get("slug", "")))
    return Show.stored(row.settings if row is not None else stored)


def _step(session: Session, way: str, ids: list[int], to: list[str] | None = None) -> None:
    payload = {"way": way, "revisions": ids[:MOST_NAMED], "more": len(ids) - len(ids[:MOST_NAMED])}
    # The same each time it is tried: whoever gets it twice can tell.
    payload |= {"id": _message_id(), **({"to": to} if to else {})}
    steps.record(session, StepKind.NOTICE, Queue.INTERACTIVE, payload=payload)


def _message_id() -> str:
    return f"msg_{secrets.token_hex(12)}"
