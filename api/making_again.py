"""A wish to have a briefing's audio made again -> the revision that does so, recorded once. Fetches nothing."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from api import quotas
from api.asking import check_voice, corrects, read_correction
from api.once import Asked, once
from api.seeing import briefing_row
from briefing.accounts.audit import Action
from briefing.editing import overrides
from briefing.failpoints import Failpoint, reach
from briefing.hashing import stable_hash
from briefing.requesting import regenerating
from briefing.states import Queue

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from api import schemas
    from api.context import Context
    from briefing.accounts.keys import Caller
    from briefing.models import RevisionRow


def made_again(
    briefing_id: str,
    context: Context,
    caller: Caller,
    body: schemas.RegenerateRequest,
    key: str | None = None,
    *,
    unless_withdrawn: bool = False,
) -> schemas.Briefing:
    """Make a briefing's audio again; `unless_withdrawn` raises OverrideRefused for one that is withdrawn by then."""
    if body.voice is not None:
        check_voice(body.voice, context)
    again = regenerating.Again(
        body.voice,
        body.refetch,
        tuple(body.segments),
        caller.name,
        caller.key_id,
        corrects=corrects(body.replaces, body.correction),
    )
    # As it was before there were corrections, where none is told of.
    unsaid = {"replaces", "correction"} - body.model_fields_set
    fingerprint = stable_hash("regenerate/1", briefing_id, body.model_dump(mode="json", exclude=unsaid))

    def work(session: Session, now: datetime) -> tuple[RevisionRow, int]:
        row = briefing_row(session, briefing_id)
        if unless_withdrawn:
            overrides.lock_open(session, row.id)
        told = replace(again, correction=read_correction(session, body.correction, row.show, now))
        revision, made = regenerating.regenerate(session, row, told, now)
        if made:
            quotas.admit(session, caller, Queue.INTERACTIVE, len(row.articles), now)
        return revision, 202

    shown, _ = once(context, Asked(Action.REGENERATE, caller, key, fingerprint), work)
    reach(Failpoint.API_REGENERATED)
    return shown
