"""What keys and shows have spent on a day: counted, and held against quotas and budgets. Days are UTC.

Counted when a revision is prepared: the characters of chunks without a take, which are about to be spoken, and of those
that are reused. What is cancelled afterwards stays counted. Row locks serialise those who spend from one purse.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import func, select, update

from briefing.models import SpentRow
from briefing.sql.rows import add_unless_there

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy import ColumnElement
    from sqlalchemy.orm import Session

KEY = "key"
SHOW = "show"


@dataclass(frozen=True)
class Spoken:
    """What a revision is about to cost with one engine."""

    engine: str
    characters: int
    """To be spoken."""
    reused_characters: int
    money: float
    """Of what is to be spoken, by the voices' prices."""


@dataclass(frozen=True)
class Spent:
    """What was spent in a day or a month."""

    characters: int = 0
    reused_characters: int = 0
    money: float = 0.0
    briefings: int = 0
    bulk_articles: int = 0


def day_of(now: datetime) -> str:
    """Return the day as rows have it."""
    return now.astimezone(UTC).date().isoformat()


def next_day(now: datetime) -> datetime:
    """Return when the next day begins."""
    return datetime.combine(now.astimezone(UTC).date() + timedelta(days=1), datetime.min.time(), UTC)


def next_month(now: datetime) -> datetime:
    """Return when the next month begins."""
    first = now.astimezone(UTC).date().replace(day=1)
    return datetime.combine((first + timedelta(days=32)).replace(day=1), datetime.min.time(), UTC)


def spent(session: Session, owner: str, name: str, days: str) -> Spent:
    """Return what was spent on a day ("2026-05-01") or in a month ("2026-05")."""
    columns = (
        SpentRow.characters,
        SpentRow.reused_characters,
        SpentRow.money_millionths,
        SpentRow.briefings,
        SpentRow.bulk_articles,
    )
    sums = session.execute(
        select(*(func.coalesce(func.sum(column), 0) for column in columns)).where(
            SpentRow.owner == owner, SpentRow.name == name, SpentRow.day >= days, SpentRow.day < f"{days}~"
        )
    ).one()
    characters, reused, millionths, briefings, bulk = (int(value) for value in sums)
    return Spent(characters, reused, millionths / 1_000_000, briefings, bulk)


def lock(session: Session, owner: str, name: str, now: datetime) -> None:
    """Hold the purse until the transaction ends. Needs a writing session."""
    day = day_of(now)
    _add(session, owner, name, day, "")
    session.execute(select(SpentRow.day).where(*_row(owner, name, day, "")).with_for_update())


def charge(session: Session, owner: str, name: str, costs: Iterable[Spoken], now: datetime) -> None:
    """Count what is about to be spoken. Needs a writing session."""
    for cost in costs:
        _add(session, owner, name, day_of(now), cost.engine)
        session.execute(
            update(SpentRow)
            .where(*_row(owner, name, day_of(now), cost.engine))
            .values(
                characters=SpentRow.characters + cost.characters,
                reused_characters=SpentRow.reused_characters + cost.reused_characters,
                money_millionths=SpentRow.money_millionths + round(cost.money * 1_000_000),
            )
        )


def count_request(session: Session, key_id: str, bulk_articles: int, now: datetime) -> None:
    """Count a revision that was asked for. Needs a writing session."""
    _add(session, KEY, key_id, day_of(now), "")
    session.execute(
        update(SpentRow)
        .where(*_row(KEY, key_id, day_of(now), ""))
        .values(briefings=SpentRow.briefings + 1, bulk_articles=SpentRow.bulk_articles + bulk_articles)
    )


def _row(owner: str, name: str, day: str, engine: str) -> tuple[ColumnElement[bool], ...]:
    return (SpentRow.owner == owner, SpentRow.name == name, SpentRow.day == day, SpentRow.engine == engine)


def _add(session: Session, owner: str, name: str, day: str, engine: str) -> None:
    counts = ("characters", "reused_characters", "money_millionths", "briefings", "bulk_articles")
    key = {"owner": owner, "name": name, "day": day, "engine": engine}
    add_unless_there(session, SpentRow, **key, **dict.fromkeys(counts, 0))
