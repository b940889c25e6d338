"""English: the rules in order, strongest first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from worker.normalise.english import (
    abbreviations,
    dates,
    fractions,
    initialisms,
    measures,
    money,
    names,
    numbers,
    ordinals,
    percents,
    phones,
    places,
    romans,
    serials,
    symbols,
    times,
    titles,
    web,
    years,
)

if TYPE_CHECKING:
    from worker.normalise.edits import Rule


def _rules(*, day_first: bool) -> tuple[Rule, ...]:
    return (
        *symbols.MARK_RULES,
        *web.RULES,
        *times.RULES,
        *phones.RULES,
        *dates.rules(day_first=day_first),
        *numbers.MANY_RULES,
        *years.MARKED_RULES,
        *names.RULES,
        *money.RULES,
        *places.RULES,
        *percents.RULES,
        *measures.RULES,
        *years.RULES,
        *romans.RULES,
        *titles.RULES,
        *abbreviations.RULES,
        *fractions.RULES,
        *ordinals.RULES,
        *serials.RULES,
        *numbers.RULES,
        *initialisms.RULES,
        *symbols.RULES,
    )


#: As in America, and for English without a region: 3/4/2026 is the fourth of March.
RULES = _rules(day_first=False)

#: As elsewhere.
DAY_FIRST_RULES = _rules(day_first=True)
