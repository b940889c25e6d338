"""The jingles that ship, and where they lie. `compose.py` is their score; the FLAC files are its result."""

from __future__ import annotations

from pathlib import Path

_FOLDER = Path(__file__).parent


def shipped(name: str, part: str) -> Path | None:
    """Return the file of a shipped jingle's `part` (intro, outro, transition, mark, bed), None where there is none."""
    if not name.isidentifier() or not part.isidentifier():
        return None
    path = _FOLDER / f"{name}-{part}.flac"
    return path if path.is_file() else None
