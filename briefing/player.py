"""The built web component, as readers' browsers fetch it: `/player.js`. Made from `player/`; built elsewhere."""

from __future__ import annotations

from functools import cache
from importlib.resources import files


@cache
def player_script() -> bytes:
    """Return the one file that a page needs to have `<briefcast-player>`."""
    return files("briefing").joinpath("player.js").read_bytes()
