"""Written text -> spoken text, with spans. Pure, and quiet: text that needs nothing is left exactly alone.

The lexicon comes first, since an editor's word outdoes every rule. Each class of thing has a file of its own, with
named rules. A rule sees the written text and proposes edits; earlier rules win where two overlap. Languages without
rules keep their digits for the engine rather than be misread. Words in other scripts are put in Latin letters where the
language has those.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from worker.normalise import english, ukrainian
from worker.normalise.edits import Rule, apply
from worker.normalise.lexicon import pronounce
from worker.normalise.scripts import is_latin, other_scripts

if TYPE_CHECKING:
    from briefing.pronunciations.lexicon import Lexicon
    from briefing.script import Span

#: Regions whose English writes the month first.
_MONTH_FIRST = frozenset({"", "us", "ca", "ph"})


def normalise(written: str, language: str, lexicon: Lexicon | None = None) -> tuple[str, tuple[Span, ...]]:
    """Return what is said for `written` in `language` (BCP 47), and the spans that differ or are pronounced."""
    rules = _rules(language)
    return apply(written, (pronounce(lexicon, language), *rules) if lexicon else rules)


def _rules(language: str) -> tuple[Rule, ...]:
    """Return the rules of a language, strongest first."""
    primary, _, rest = language.lower().partition("-")
    if primary == "uk":
        return ukrainian.RULES
    if primary != "en":
        return (other_scripts,) if is_latin(language) else ()
    # Last: "5 µm" is a measure, and a Greek letter in it no word.
    return (*(english.RULES if rest[-2:] in _MONTH_FIRST else english.DAY_FIRST_RULES), other_scripts)
