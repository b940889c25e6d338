"""`/desk/audience`: what was heard, by show and article, and where in a story people leave."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import Query, Request, Response

from api.context import Here
from api.desk import plots
from api.desk.pages import desk_router, page
from api.desk.people import Viewing
from api.desk.words import length
from api.problems import Problem
from api.published import Name
from briefing.audience import figures
from briefing.audience.figures import Question
from briefing.observing import worklist
from briefing.podcasts.shows import listed_shows
from briefing.values import is_name

if TYPE_CHECKING:
    from collections.abc import Mapping

    from briefing.audience.figures import Curve, Figures

router = desk_router()

_PAGE = 50

#: Bars of a plot; the table below has all.
_MOST_BARS = 15

_QUARTERS = ("1st", "2nd", "3rd", "4th")

Days = Annotated[int, Query(ge=1, le=1095)]


@router.get("/audience")
def show(
    request: Request,
    context: Here,
    visitor: Viewing,
    days: Days = 30,
    programme: Annotated[str, Query(alias="show", max_length=128)] = "",
    after: Annotated[int, Query(ge=0, le=100_000)] = 0,
) -> Response:
    """Show the figures of so many days, by show and by article."""
    until = datetime.now(UTC).date()
    since = until - timedelta(days=days - 1)
    with context.database.reading() as session:
        shows = listed_shows(session)
        chosen = programme if programme in shows else None
        asked = Question(since, until, show=chosen, offset=after, limit=_PAGE + 1)
        by_show, by_article = figures.overview(session, asked)
        titles = worklist.titles(session, [one.article or "" for one in by_article])
    total = figures.summed([one for one in by_show if chosen in {None, one.show}])
    values = {
        "days": days,
        "choices": (7, 30, 90, 365),
        "shows": list(shows.values()),
        "chosen": chosen,
        "total": total,
        "quarters": _quarters(total),
        "by_show": by_show,
        "show_bars": _bars(by_show, {one.slug: one.title for one in shows.values()}),
        "article_bars": _bars(by_article[:_PAGE], titles),
        "by_article": by_article[:_PAGE],
        "titles": titles,
        "more": after + _PAGE if len(by_article) > _PAGE else None,
        "before": max(0, after - _PAGE) if after else None,
    }
    return page(request, "audience.html", visitor, values)


@router.get("/audience/{source}/{article}")
def article(
    source: Name, article: Name, request: Request, context: Here, visitor: Viewing, days: Days = 30
) -> Response:
    """Show where in an article's audio it was listened to."""
    if not (is_name(source) and is_name(article)):
        raise Problem("not_found", "There is no such article.")
    until = datetime.now(UTC).date()
    since, name = until - timedelta(days=days - 1), f"{source}:{article}"
    with context.database.reading() as session:
        total = figures.totals(session, Question(since, until, article=name))
        curves = figures.curves(session, name, since, until)
        title = worklist.titles(session, [name]).get(name, name)
        found = worklist.search(session, name, 1)
    values = {
        "article": name,
        "title": title,
        "briefing": found[0].briefing if found else None,
        "days": days,
        "choices": (7, 30, 90, 365),
        "total": total,
        "quarters": _quarters(total),
        "curves": [{"curve": one, "plot": _curve(one), "tenths": _tenths(one)} for one in curves],
    }
    return page(request, "audience_article.html", visitor, values)


def _quarters(total: Figures) -> dict[str, Any]:
    told = [length(seconds) for seconds in total.quarters_s]
    return {"bars": plots.bars(total.quarters_s, _QUARTERS, told), "rows": list(zip(_QUARTERS, told, strict=True))}


def _bars(found: list[Figures], titles: Mapping[str, str]) -> plots.Rows:
    """Return the plays of rows as bars, by the titles of their articles or shows where those are known."""
    shown = found[:_MOST_BARS]
    names = [one.article or one.show or "" for one in shown]
    return plots.rows(
        [one.plays for one in shown], [titles.get(name, name) for name in names], [f"{one.plays:,}" for one in shown]
    )


def _curve(one: Curve) -> plots.Curve:
    marks = [(place / 4, length(one.duration_s * place / 4)) for place in range(5)]
    return plots.curve(one.heard, marks)


def _tenths(one: Curve) -> list[tuple[str, str]]:
    """Return the curve as a table: of each tenth, from when, and which share of plays heard it."""
    size = max(1, len(one.heard) // 10)
    parts = [one.heard[start : start + size] for start in range(0, size * 10, size)]
    return [
        (length(one.duration_s * number / 10), f"{sum(part) / len(part):.0%}")
        for number, part in enumerate(parts)
        if part
    ]
