"""What kind of sound a programme is, in IPTC's terms (https://cv.iptc.org/newscodes/digitalsourcetype/). Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable

SourceType = Literal["compositeSynthetic", "trainedAlgorithmicMedia", "algorithmicMedia", "composite"]

#: Engines that compute their sound by rule, without anything learnt from recordings.
_RULE_BASED = frozenset({"silence"})


def source_type(engines: Iterable[str], *, has_more: bool) -> SourceType:
    """Return IPTC's term: `compositeSynthetic` for learnt speech beside music or recordings, and so on."""
    if set(engines) <= _RULE_BASED:
        return "composite" if has_more else "algorithmicMedia"
    return "compositeSynthetic" if has_more else "trainedAlgorithmicMedia"
