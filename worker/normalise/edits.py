"""Edits to written text, and their application. Knows no language."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

from briefing.script import Span


@dataclass(frozen=True, order=True)
class Edit:
    """Say `spoken` for written[start:end]."""

    start: int
    end: int
    spoken: str
    rule: str
    ipa: str = ""
    """How `spoken` sounds, where that is laid down."""


#: Proposes edits for a written text, in order and not overlapping one another.
Rule: TypeAlias = Callable[[str], Iterable[Edit]]


def alternation(words: Iterable[str]) -> str:
    """Return the pattern that matches any of `words`, the longest first."""
    return "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))


def by_pattern(name: str, pattern: re.Pattern[str], say: Callable[[re.Match[str]], str | None]) -> Rule:
    """Return the rule that replaces each match by what `say` gives; None leaves it alone."""

    def rule(written: str) -> Iterator[Edit]:
        for match in pattern.finditer(written):
            spoken = say(match)
            if spoken is not None:
                yield Edit(match.start(), match.end(), spoken, name)

    return rule


def apply(written: str, rules: Iterable[Rule]) -> tuple[str, tuple[Span, ...]]:
    """Return the spoken text and its spans; of overlapping edits the earlier rule's stands."""
    chosen: list[Edit] = []
    for rule in rules:
        for edit in rule(written):
            at = bisect_left(chosen, edit)
            free_before = at == 0 or chosen[at - 1].end <= edit.start
            free_after = at == len(chosen) or edit.end <= chosen[at].start
            if free_before and free_after and edit.start < edit.end:
                chosen.insert(at, edit)
    return _joined(written, chosen)


def _joined(written: str, edits: list[Edit]) -> tuple[str, tuple[Span, ...]]:
    spoken, spans, done = "", [], 0
    for edit in edits:
        spoken += written[done : edit.start]
        if edit.ipa or written[edit.start : edit.end] != edit.spoken:
            spans.append(
                Span(
                    start=edit.start,
                    end=edit.end,
                    spoken_start=len(spoken),
                    spoken_end=len(spoken) + len(edit.spoken),
                    rule=edit.rule,
                    ipa=edit.ipa,
                )
            )
        spoken += edit.spoken
        done = edit.end
    return spoken + written[done:], tuple(spans)
