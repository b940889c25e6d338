"""Mastered blocks -> the same blocks with an inaudible mark, which is found again after MP3 has done its worst.

The stage between mastering and encoding. A mark says "made by a machine" where the content credentials have been
stripped. A watermark is an optional package, found by an entry point `briefcast.watermarks`, so that another can be put
in its place. Encodes nothing and decides nothing about loudness.
"""

from __future__ import annotations

from importlib.metadata import entry_points
from typing import TYPE_CHECKING, Protocol

from briefing.errors import Misconfigured, WatermarkNotInstalled

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from worker.sound import Block

#: Confidence from which on a mark counts as found.
PRESENT = 0.5

GROUP = "briefcast.watermarks"


class Watermark(Protocol):
    """A way to mark sound. Blocks are mono float32 at the master's rate, 44.1 kHz."""

    name: str
    """As shows ask for it."""
    version: str
    """Rises with whatever changes the mark; part of every master key."""

    def apply(self, blocks: Iterable[Block]) -> Iterator[Block]:
        """Yield the sound with the mark in it, as many samples as came in, at bounded memory."""
        ...

    def detect(self, blocks: Iterable[Block]) -> float:
        """Return how sure the mark is there, 0 to 1; 0 for silence."""
        ...


def find(name: str | None) -> Watermark | None:
    """Return the watermark of that name, None for None.

    Raises Misconfigured for a name nobody has, WatermarkNotInstalled where its package is missing.
    """
    if name is None:
        return None
    for entry in entry_points(group=GROUP, name=name):
        made: Watermark = entry.load()()
        return made
    known = ", ".join(sorted(entry.name for entry in entry_points(group=GROUP))) or "none"
    message = f"there is no watermark {name!r}"
    raise Misconfigured(message, hint=f"Known watermarks: {known}.")


def not_installed(name: str, package: str) -> WatermarkNotInstalled:
    """Return the error of a watermark whose package is not here."""
    message = f"the watermark {name!r} needs the package {package}, which is not installed"
    return WatermarkNotInstalled(message)
