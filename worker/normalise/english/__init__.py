"""English: the rules in order, strongest first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from worker.normalise.english import (
    abbreviations,
    counts,
    dates,
    initialisms,
    measures,
    money,
    names,
    romans,
    symbols,
    times,
    web,
)

if TYPE_CHECKING:
    from worker.normalise.edits import Rule

RULES: tuple[Rule, ...] = (
    *web.RULES,
    *times.RULES,
    *dates.RULES,
    *money.RULES,
    *measures.RULES,
    *names.RULES,
    *romans.RULES,
    *abbreviations.RULES,
    *symbols.RULES,
    *counts.RULES,
    *initialisms.RULES,
)
