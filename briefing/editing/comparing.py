"""Two revisions of a briefing, segment by segment: what came, went, is said or only sounds otherwise. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import TYPE_CHECKING, Literal, TypeAlias

from briefing.editing.conflicts import ALIKE, likeness

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from briefing.script import Segment

Change: TypeAlias = Literal["unchanged", "text", "sound", "added", "removed"]

#: Chunk keys by segment ID; None for a revision whose audio was let go.
Keys: TypeAlias = "Mapping[str, Sequence[str]] | None"


@dataclass(frozen=True)
class Pair:
    """A segment in both revisions; None where one has not got it."""

    change: Change
    before: Segment | None
    after: Segment | None


def compared(
    before: Sequence[Segment], after: Sequence[Segment], keys_before: Keys, keys_after: Keys
) -> Iterator[Pair]:
    """Yield the segments of both in order. A rewritten one is a pair whose text differs, if it can be told."""
    old_names, new_names = [segment.id for segment in before], [segment.id for segment in after]
    for kind, first, last, start, end in SequenceMatcher(None, old_names, new_names, autojunk=False).get_opcodes():
        if kind == "equal":
            for old, new in zip(before[first:last], after[start:end], strict=True):
                yield Pair(_change(old, new, keys_before, keys_after), old, new)
        else:
            yield from _rewritten(before[first:last], list(after[start:end]))


def _change(old: Segment, new: Segment, keys_before: Keys, keys_after: Keys) -> Change:
    if (old.spoken, old.omitted) != (new.spoken, new.omitted):
        return "text"
    if keys_before is None or keys_after is None:
        return "unchanged"
    return "unchanged" if keys_before.get(old.id) == keys_after.get(new.id) else "sound"


def _rewritten(before: Sequence[Segment], after: list[Segment]) -> Iterator[Pair]:
    """Yield what stands in one place of both: each with the next that is like it."""
    for old in before:
        like = next((number for number, new in enumerate(after) if _is_like(old, new)), None)
        if like is None:
            yield Pair("removed", old, None)
            continue
        for new in after[:like]:
            yield Pair("added", None, new)
        yield Pair("text", old, after[like])
        after = after[like + 1 :]
    for new in after:
        yield Pair("added", None, new)


def _is_like(old: Segment, new: Segment) -> bool:
    return (old.article, old.role) == (new.article, new.role) and likeness(old.written, new.written) >= ALIKE
