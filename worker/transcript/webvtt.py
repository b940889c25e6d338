"""Transcript -> WebVTT (W3C), as Apple Podcasts takes it: lines of at most 65 characters, voices named if several."""

from __future__ import annotations

from typing import TYPE_CHECKING

from worker.transcript.captions import Caption, cut

if TYPE_CHECKING:
    from briefing.transcript import Transcript

#: Apple's limit on a line. Counted as written in the file, voice tag and escapes included, so that it holds for all.
_WIDTH = 65

#: A voice tag must leave most of the line to the words.
_NAME_LENGTH = 24


def render(transcript: Transcript) -> str:
    """Return the transcript as a WebVTT file; the last cue ends with the programme."""
    named = len(transcript.speakers) > 1
    captions = cut(transcript, _WIDTH, escaped, lambda speaker, _: len(_voice(speaker)) if named else 0)
    head = ["WEBVTT", f"NOTE {' '.join(escaped(transcript.disclosure).split())}"]
    return "\n\n".join([*head, *(_cue(caption, named=named) for caption in captions)]) + "\n"


def escaped(text: str) -> str:
    """Return `text` as it is written in a cue; what is escaped cannot make a tag, an escape or an arrow."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _voice(speaker: str) -> str:
    name = " ".join(escaped(speaker[:_NAME_LENGTH]).split())
    return f"<v {name}>"


def _cue(caption: Caption, *, named: bool) -> str:
    lines = [escaped(line) for line in caption.lines]
    if named:
        lines[0] = _voice(caption.speaker) + lines[0]
    return "\n".join([f"{_clock(caption.start_ms)} --> {_clock(caption.end_ms)}", *lines])


def _clock(ms: int) -> str:
    """Return hh:mm:ss.ttt."""
    return f"{ms // 3_600_000:02}:{ms // 60_000 % 60:02}:{ms // 1000 % 60:02}.{ms % 1000:03}"
