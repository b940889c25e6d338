"""When the words of a text are said, by the times of its phonemes. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from voices.words import share_out

if TYPE_CHECKING:
    from collections.abc import Sequence

    from voices.alignment import Group
    from voices.engine import Word


def timed(
    groups: Sequence[Group], phonemes: str, offset: int, starts: Sequence[int], spans: Sequence[tuple[int, int]]
) -> tuple[Word, ...]:
    """Return the words that begin in a stretch of `phonemes` from `offset` on, whose phonemes begin at `starts`.

    `starts` has one entry more than the stretch has phonemes. Where only a space parts two words, each gets half of it;
    a stop and its pause belong to neither.
    """
    end = offset + len(starts) - 1
    here = [group for group in groups if offset <= group.first < end]
    if not here:
        return ()
    words: list[Word] = []
    first = starts[here[0].first - offset]
    for group, after in zip(here, [*here[1:], None], strict=True):
        last = begin = starts[min(group.last, end) - offset]
        if after is not None:
            begin = starts[after.first - offset]
            if not phonemes[group.last : after.first].strip():
                last = begin = (last + begin) // 2
        words += share_out(spans[group.words.start : group.words.stop], first, last)
        first = begin
    return tuple(words)
