"""Audience figures as they are asked for: added up from the rows of days. Read only."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy import and_, func, null, select, union_all

from briefing import spreadsheet
from briefing.audience.spans import BUCKETS
from briefing.models import AudienceRow

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    from sqlalchemy import ColumnElement, Select
    from sqlalchemy.orm import Session

_Selected = TypeVar("_Selected", bound="Select[Any]")

#: Rows of one answer; one more may be asked for, to know whether there are any.
MOST_ROWS = 10_000

_QUARTERS = ("quarter_1_ms", "quarter_2_ms", "quarter_3_ms", "quarter_4_ms")
_COUNTS = ("plays", "completed", "downloads", *_QUARTERS)


class By(StrEnum):
    """What a row of figures is of."""

    DAY = "day"
    """A day of an article in a show."""
    ARTICLE = "article"
    SHOW = "show"


_GROUPS = {By.DAY: ("day", "show", "article"), By.ARTICLE: ("show", "article"), By.SHOW: ("show",)}


@dataclass(frozen=True)
class Question:
    """Which figures are asked for."""

    since: date
    until: date
    """This day included."""
    show: str | None = None
    article: str | None = None
    by: By = By.DAY
    offset: int = 0
    limit: int = 1000


@dataclass(frozen=True)
class Figures:
    """What was heard."""

    day: str | None
    show: str | None
    article: str | None
    plays: int
    """Page views of players in which something was heard."""
    completed: int
    """Of them, those in which at least 90 % of the audio was."""
    downloads: int
    """Clients of podcast apps, each once in 24 hours."""
    listened_s: float
    """Seconds heard in players; what a page view hears twice counts once."""
    quarters_s: tuple[float, float, float, float]
    """The same by quarter of the audio."""

    @property
    def completion(self) -> float | None:
        """The share of plays that were completed, 0 to 1; None without plays."""
        return round(self.completed / self.plays, 4) if self.plays else None


@dataclass(frozen=True)
class Curve:
    """Where in one revision's audio it was listened to."""

    show: str
    revision: int
    sha256: str
    duration_s: float
    plays: int
    completed: int
    downloads: int
    listened_s: float
    heard: tuple[float, ...]
    """For each hundredth of the audio, the share of plays that heard it, 0 to 1."""


def totals(session: Session, asked: Question) -> Figures:
    """Return the sums of all rows that are asked for, whatever the page."""
    row = session.execute(_within(select(*_sums()), asked)).mappings().one()
    return _figures({}, dict(row))


def summed(found: Sequence[Figures]) -> Figures:
    """Return the sums of rows that were read already."""
    first, second, third, fourth = (sum(one.quarters_s[number] for one in found) for number in range(4))
    return Figures(
        None,
        None,
        None,
        sum(one.plays for one in found),
        sum(one.completed for one in found),
        sum(one.downloads for one in found),
        round(sum(one.listened_s for one in found), 3),
        (first, second, third, fourth),
    )


def rows(session: Session, asked: Question) -> list[Figures]:
    """Return one page of rows: by day the newest first, else the most heard first."""
    names = _GROUPS[asked.by]
    columns = [getattr(AudienceRow, name) for name in names]
    order = [AudienceRow.day.desc()] if asked.by is By.DAY else [func.sum(AudienceRow.plays).desc()]
    paged = _within(select(*columns), asked).group_by(*columns).order_by(*order, *columns)
    # Which they are first, by plays alone; the sums of those then.
    named = paged.offset(asked.offset).limit(min(asked.limit, MOST_ROWS + 1)).subquery()
    same = and_(*(column == named.c[column.key] for column in columns))
    statement = _within(select(*columns, *_sums()), asked).join(named, same).group_by(*columns)
    statement = statement.order_by(*order, *columns)
    return [_figures({name: row[name] for name in names}, dict(row)) for row in session.execute(statement).mappings()]


def overview(session: Session, asked: Question) -> tuple[list[Figures], list[Figures]]:
    """Return the figures of every show, and one page of those of articles, of `asked.show` or of all: both the most
    heard first. The rows of days, which a year has many of, are read once for both.
    """
    names = _GROUPS[By.ARTICLE]
    columns = [getattr(AudienceRow, name) for name in names]
    every = _within(select(*columns, *_sums()), replace(asked, show=None)).group_by(*columns).cte("every")
    counts = [every.c[name] for name in _COUNTS]
    of_shows = select(every.c.show, null().label("article"), *(func.sum(count).label(count.key) for count in counts))
    paged = select(every.c.show, every.c.article, *counts)
    paged = paged if asked.show is None else paged.where(every.c.show == asked.show)
    paged = paged.order_by(every.c.plays.desc(), every.c.show, every.c.article).offset(asked.offset).limit(asked.limit)
    both = union_all(of_shows.group_by(every.c.show), select(paged.subquery()))
    found = [_figures({name: row[name] for name in names}, dict(row)) for row in session.execute(both).mappings()]
    found.sort(key=lambda one: (-one.plays, one.show or "", one.article or ""))
    return [one for one in found if one.article is None], [one for one in found if one.article is not None]


def curves(session: Session, article: str, since: date, until: date) -> list[Curve]:
    """Return where in an article's audio it was listened to, a curve for each revision and show."""
    asked = Question(since, until, article=article)
    added: dict[tuple[str, str], AudienceRow] = {}
    sums: dict[tuple[str, str], list[int]] = {}
    heard: dict[tuple[str, str], list[int]] = {}
    # Rows of days with downloads alone knew no length, once.
    longest: dict[tuple[str, str], int] = {}
    for row in session.scalars(_within(select(AudienceRow), asked).order_by(AudienceRow.day)):
        key = (row.show, row.sha256)
        added[key] = row
        longest[key] = max(longest.get(key, 0), row.duration_ms)
        counts = (row.plays, row.completed, row.downloads)
        sums[key] = [sum(pair) for pair in zip(sums.get(key, [0, 0, 0]), counts, strict=True)]
        heard[key] = [sum(pair) for pair in zip(heard.get(key, [0] * BUCKETS), row.heard_ms, strict=True)]
    found = [_curve(row, longest[key], sums[key], heard[key]) for key, row in added.items()]
    return sorted(found, key=lambda curve: (curve.show, -curve.revision))


def _curve(row: AudienceRow, duration_ms: int, sums: Sequence[int], heard: Sequence[int]) -> Curve:
    plays, completed, downloads = sums
    whole = max(1.0, plays * duration_ms / BUCKETS)
    shares = tuple(round(min(1.0, one / whole), 4) for one in heard)
    listened_s = sum(heard) / 1000
    return Curve(
        row.show, row.revision, row.sha256, duration_ms / 1000, plays, completed, downloads, listened_s, shares
    )


def as_csv(found: Sequence[Figures]) -> str:
    """Return rows as CSV (RFC 4180) with a header."""
    quarters = [f"quarter_{number}_s" for number in range(1, 5)]
    header = ["day", "show", "article", "plays", "completed", "completion", "downloads", "listened_s", *quarters]
    rows = [
        [row.day, row.show, row.article, row.plays, row.completed, row.completion, row.downloads, row.listened_s]
        for row in found
    ]
    counted = [[*told, *row.quarters_s] for told, row in zip(rows, found, strict=True)]
    return spreadsheet.as_csv(header, counted)


def _sums() -> list[ColumnElement[Any]]:
    return [func.coalesce(func.sum(getattr(AudienceRow, name)), 0).label(name) for name in _COUNTS]


def _within(statement: _Selected, asked: Question) -> _Selected:
    found = statement.where(AudienceRow.day >= asked.since.isoformat(), AudienceRow.day <= asked.until.isoformat())
    if asked.show is not None:
        found = found.where(AudienceRow.show == asked.show)
    return found.where(AudienceRow.article == asked.article) if asked.article is not None else found


def _figures(named: dict[str, str], sums: Mapping[str, Any]) -> Figures:
    counts = {name: int(sums[name]) for name in _COUNTS}
    first, second, third, fourth = (counts[name] / 1000 for name in _QUARTERS)
    return Figures(
        named.get("day"),
        named.get("show"),
        named.get("article"),
        counts["plays"],
        counts["completed"],
        counts["downloads"],
        round(first + second + third + fourth, 3),
        (first, second, third, fourth),
    )


def most_heard(session: Session, source: str, since: date, most: int) -> list[str]:
    """Return the IDs of a source's articles that were heard most since a day (UTC), by plays and downloads."""
    number = func.sum(AudienceRow.plays + AudienceRow.downloads)
    rows = session.scalars(
        select(AudienceRow.article)
        .where(AudienceRow.day >= since.isoformat(), AudienceRow.article.startswith(f"{source}:", autoescape=True))
        .group_by(AudienceRow.article)
        .order_by(number.desc(), AudienceRow.article)
        .limit(most)
    )
    return [article.removeprefix(f"{source}:") for article in rows]
