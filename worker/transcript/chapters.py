"""Chapter cues -> JSON chapters 1.2 and the time stamps of show notes. Pure. `tag` writes ID3's, `feed` Podlove's.

Titles are the editors' own. A programme of one chapter has none to show.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from briefing.audio import MASTER_RATE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from briefing.audio import Cue

#: Fewer chapters than this are the whole programme.
LEAST = 2


def chapters_json(title: str, chapters: Sequence[Cue]) -> bytes:
    """Return JSON chapters 1.2 (podcast namespace) of a programme called `title`."""
    shown = [
        {"startTime": _seconds(cue.start), "endTime": _seconds(cue.end), "title": cue.title}
        | ({"url": cue.link} if cue.link else {})
        for cue in chapters
    ]
    return json.dumps({"version": "1.2.0", "title": title, "chapters": shown}, ensure_ascii=False, indent=1).encode()


def clock(samples: int, *, precise: bool = False) -> str:
    """Return hh:mm:ss, with thousandths if `precise`."""
    thousandths = samples * 1000 // MASTER_RATE
    hours, minutes, seconds = thousandths // 3_600_000, thousandths // 60_000 % 60, thousandths // 1000 % 60
    return f"{hours:02}:{minutes:02}:{seconds:02}" + (f".{thousandths % 1000:03}" if precise else "")


def stamps(chapters: Sequence[Cue]) -> list[str]:
    """Return a line for each chapter, its time first, as podcast apps find them in descriptions."""
    return [f"{clock(cue.start)} {cue.title}" for cue in chapters] if len(chapters) >= LEAST else []


def _seconds(samples: int) -> float:
    return round(samples / MASTER_RATE, 3)
