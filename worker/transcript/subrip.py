"""Transcript -> SubRip (SRT): lines of at most 32 characters, as the podcast namespace asks; a speaker is named when it
becomes another.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from worker.transcript.captions import Caption, cut

if TYPE_CHECKING:
    from briefing.transcript import Transcript

_WIDTH = 32
_NAME_LENGTH = 14


def render(transcript: Transcript) -> str:
    """Return the transcript as an SRT file; the last card ends with the programme."""
    named = len(transcript.speakers) > 1
    captions = cut(
        transcript,
        _WIDTH,
        indent=lambda speaker, changed: len(_prefix(speaker)) if named and changed else 0,
    )
    cards, before = [], None
    for number, caption in enumerate(captions, start=1):
        prefix = _prefix(caption.speaker) if named and caption.speaker != before else ""
        cards.append(_card(number, caption, prefix))
        before = caption.speaker
    return "\n\n".join(cards) + ("\n" if cards else "")


def _prefix(speaker: str) -> str:
    return f"{' '.join(speaker[:_NAME_LENGTH].split())}: "


def _card(number: int, caption: Caption, prefix: str) -> str:
    # The format has no escapes: an arrow of the text's own would be read as times.
    lines = [line.replace("-->", "—>") for line in caption.lines]
    times = f"{_clock(caption.start_ms)} --> {_clock(caption.end_ms)}"
    return "\n".join([str(number), times, prefix + lines[0], *lines[1:]])


def _clock(ms: int) -> str:
    """Return hh:mm:ss,ttt."""
    return f"{ms // 3_600_000:02}:{ms // 60_000 % 60:02}:{ms // 1000 % 60:02},{ms % 1000:03}"
