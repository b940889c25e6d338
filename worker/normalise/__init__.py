"""Written text -> spoken text, with spans. Pure, and quiet: text that needs nothing is left exactly alone.

The lexicon comes first, since an editor's word outdoes every rule. Each class of thing has a file of its own, with
named rules. A rule sees the written text and proposes edits; earlier rules win where two overlap. Languages without
rules keep their digits for the engine rather than be misread.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from worker.normalise import english
from worker.normalise.edits import Rule, apply
from worker.normalise.lexicon import pronounce

if TYPE_CHECKING:
    from briefing.lexicon import Lexicon
    from briefing.values import Span

#: Primary language subtag -> rules, strongest first.
_RULES: dict[str, tuple[Rule, ...]] = {"en": english.RULES}


def normalise(written: str, language: str, lexicon: Lexicon | None = None) -> tuple[str, tuple[Span, ...]]:
    """Return what is said for `written` in `language` (BCP 47), and the spans that differ or are pronounced."""
    rules = _RULES.get(language.split("-", maxsplit=1)[0].lower(), ())
    return apply(written, (pronounce(lexicon, language), *rules) if lexicon else rules)
