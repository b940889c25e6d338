"""What a revision is about to cost, and whether its key and show may spend it: before anything of it is spoken.

Who waits for an interactive revision is told at once that the key's quota is spent; bulk work waits for the next day. A
show's budget puts off bulk work only, and refuses what no day has room for: a breaking story is not dropped for a back
catalogue that was too eager, and what it costs is counted all the same. Never half a briefing: what was begun
is finished, a change of voice included.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from briefing.errors import BudgetTooSmall, PutOff, QuotaExceeded
from briefing.limits import limits_of
from briefing.models import BriefingRow, KeyRow, RevisionRow, ShowRow, StepRow
from briefing.podcasts.show import Show
from briefing.requesting import spending
from briefing.requesting.spending import Spoken
from briefing.settings import QuotaSettings
from briefing.states import Queue, StepState

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from datetime import datetime

    from sqlalchemy.orm import Session

    from voices.catalogue import Catalogue
    from worker.prepare import Prepared

#: A budget of a show: of what, how much is wanted, spent so far, the bound, and until when.
_Budget = tuple[str, float, float, float, "datetime"]

#: What a look before fetching asks for: whether anything at all may be spent.
_ANYTHING = (Spoken("", 1, 0, 0.0),)


def costs_of(prepared: Prepared, with_take: Collection[str], catalogue: Catalogue) -> list[Spoken]:
    """Return what the chunks cost, by engine; `with_take` has the keys of those that need not be spoken."""
    engines = {narrator.voice: narrator.engine for narrator in prepared.cast.narrators}
    chunks = {chunk.key: chunk for chunk in prepared.chunks}.values()
    costs = []
    for engine in sorted(set(engines.values())):
        mine = [chunk for chunk in chunks if engines[chunk.voice or prepared.cast.body.voice] == engine]
        spoken = [chunk for chunk in mine if chunk.key not in with_take]
        millionths = (
            chunk.characters * catalogue.get(chunk.voice or prepared.cast.body.voice).price_per_million_characters
            for chunk in spoken
        )
        characters = sum(chunk.characters for chunk in spoken)
        reused = sum(chunk.characters for chunk in mine) - characters
        costs.append(Spoken(engine, characters, reused, sum(millionths) / 1_000_000))
    return costs


def may_begin(session: Session, revision: RevisionRow, now: datetime) -> None:
    """Look whether anything may be spent, before a page is fetched for nothing. Raises as `spend`."""
    _admit(session, revision, _ANYTHING, now)


def spend(session: Session, revision: RevisionRow, costs: Collection[Spoken], now: datetime, *, asked: bool) -> None:
    """Count what a revision costs; unless it was `asked` before, only if it may. Needs a writing session.

    Raises QuotaExceeded or BudgetTooSmall, or PutOff until the day or month is over.
    """
    purses = [(spending.SHOW, _show(session, revision).slug)]
    purses += [(spending.KEY, revision.requester)] if revision.requester else []
    for owner, name in purses:
        spending.lock(session, owner, name, now)
    if not asked:
        _admit(session, revision, costs, now)
    for owner, name in purses:
        spending.charge(session, owner, name, costs, now)


def look_again(session: Session, shows: Collection[str]) -> None:
    """Have bulk work of `shows` that waits for their budgets look at them now. Needs a writing session."""
    waits = session.scalars(
        select(StepRow)
        .join(RevisionRow, RevisionRow.id == StepRow.revision_id)
        .join(BriefingRow, BriefingRow.id == RevisionRow.briefing_id)
        .where(
            StepRow.state == StepState.READY.value,
            StepRow.error_code == PutOff.code,
            BriefingRow.show.in_(shows),
        )
        .with_for_update(of=StepRow, skip_locked=True)
    )
    for step in waits:
        step.not_before = None


def _admit(session: Session, revision: RevisionRow, costs: Collection[Spoken], now: datetime) -> None:
    characters, money = sum(cost.characters for cost in costs), sum(cost.money for cost in costs)
    bulk = revision.queue == Queue.BULK.value
    if characters:
        _admit_key(session, revision, characters, now, bulk=bulk)
    if bulk and characters:
        _admit_show(list(_budgets(session, revision, characters, money, now)), now)


def _admit_show(budgets: Collection[_Budget], now: datetime) -> None:
    for what, wanted, _, bound, _ in budgets:
        if wanted > bound:
            message = f"this takes {wanted:,} of the show's budget of {bound:,} {what}"
            raise BudgetTooSmall(message, hint="Raise the budget and ask again, or ask as interactive.")
    for what, wanted, spent_so_far, bound, until in budgets:
        if spent_so_far + wanted > bound:
            message = f"the show's budget of {bound:,} {what} has {max(0, bound - spent_so_far):,} left"
            hint = f"It goes on by itself at {_said(until)}; or raise the budget, or ask again as interactive."
            raise PutOff(message, code="budget_spent", hint=hint, delay_s=(until - now).total_seconds())


def _admit_key(session: Session, revision: RevisionRow, characters: int, now: datetime, *, bulk: bool) -> None:
    if revision.requester is None:
        return
    key = session.get(KeyRow, revision.requester)
    quota = limits_of(key.limits if key is not None else None, QuotaSettings()).characters_a_day
    today = spending.spent(session, spending.KEY, revision.requester, spending.day_of(now))
    if not quota or today.characters + characters <= quota:
        return
    until = spending.next_day(now)
    message = (
        f"{characters:,} characters are to be spoken, and the key has {max(0, quota - today.characters):,} left today"
    )
    if bulk and characters <= quota:
        hint = f"It goes on by itself at {_said(until)}."
        raise PutOff(message, code="quota_exceeded", hint=hint, delay_s=(until - now).total_seconds())
    raise QuotaExceeded(
        message, hint=f"The quota is whole again at {until:%Y-%m-%d %H:%M} UTC; or give the key a larger one."
    )


def _said(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"


def _show(session: Session, revision: RevisionRow) -> Show:
    """Return the home show as it is now: a raised budget counts for what was asked for before."""
    briefing = session.get_one(BriefingRow, revision.briefing_id)
    return Show.stored(session.get_one(ShowRow, briefing.show).settings)


def _budgets(
    session: Session, revision: RevisionRow, characters: int, money: float, now: datetime
) -> Iterator[_Budget]:
    show = _show(session, revision)
    budget, day = show.budget, spending.day_of(now)
    if budget.characters_a_day is not None:
        today = spending.spent(session, spending.SHOW, show.slug, day)
        yield "characters a day", characters, today.characters, budget.characters_a_day, spending.next_day(now)
    if budget.characters_a_month is None and budget.money_a_month is None:
        return
    month, until = spending.spent(session, spending.SHOW, show.slug, day[:7]), spending.next_month(now)
    if budget.characters_a_month is not None:
        yield "characters a month", characters, month.characters, budget.characters_a_month, until
    if budget.money_a_month is not None:
        yield "money a month", money, month.money, budget.money_a_month, until
