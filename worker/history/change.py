"""Two scripts -> what changed between them: how many segments, and which sentences are new, by their hashes. Pure.

The old words are kept nowhere, and the new ones only as hashes: they are shown as long as they stand in what is live.
"""

from __future__ import annotations

from difflib import SequenceMatcher
from typing import TYPE_CHECKING

from briefing.hashing import stable_hash
from briefing.script import Role
from briefing.values import Value
from worker.words.sentences import sentences

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from briefing.script import Script, Segment

#: Our own words, which are no part of the story.
_OURS = frozenset({Role.DISCLOSURE, Role.CORRECTION})

#: New sentences that are remembered of one change.
_MOST = 100


class Change(Value):
    """How much of a story's words changed."""

    added: int
    """Segments; so for these."""
    removed: int
    changed: int
    sentences: tuple[str, ...] = ()
    """Hashes of the new sentences, in order."""

    @property
    def counts(self) -> dict[str, int]:
        """The numbers alone."""
        return {"added": self.added, "removed": self.removed, "changed": self.changed}


def changed(before: Script, after: Script) -> Change:
    """Return what changed from one script to the next."""
    old, new = _of_the_story(before), _of_the_story(after)
    added = removed = altered = 0
    fresh: list[Segment] = []
    matcher = SequenceMatcher(None, [part.id for part in old], [part.id for part in new], autojunk=False)
    for kind, first, last, new_first, new_last in matcher.get_opcodes():
        if kind == "equal":
            continue
        gone, come = last - first, new_last - new_first
        altered += min(gone, come)
        added += come - min(gone, come)
        removed += gone - min(gone, come)
        fresh += new[new_first:new_last]
    known = set(_hashes(old, before.language))
    marks = [mark for mark in dict.fromkeys(_hashes(fresh, after.language)) if mark not in known]
    return Change(added=added, removed=removed, changed=altered, sentences=tuple(marks[:_MOST]))


def standing(change: Change, live: Script) -> list[str]:
    """Return those of a change's new sentences that stand in what is live, in its order."""
    wanted = set(change.sentences)
    told = ((mark, text) for part in _of_the_story(live) for mark, text in _marked(part, live.language))
    return list(dict.fromkeys(text for mark, text in told if mark in wanted))


def _of_the_story(script: Script) -> list[Segment]:
    return [segment for segment in script.segments if segment.role not in _OURS]


def _hashes(segments: Iterable[Segment], language: str) -> Iterator[str]:
    for segment in segments:
        for mark, _ in _marked(segment, language):
            yield mark


def _marked(segment: Segment, language: str) -> Iterator[tuple[str, str]]:
    for text in sentences(segment.written, language):
        yield stable_hash("sentence/1", text)[:16], text
