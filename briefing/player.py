"""The scripts that readers' browsers fetch: `/player.js`, the web component, and `/embed.js`, which puts it on a page.

The first is made from `player/`, built elsewhere; the second is small enough to be written by hand.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files


@cache
def player_script() -> bytes:
    """Return the one file that a page needs to have `<briefcast-player>`."""
    return files("briefing").joinpath("player.js").read_bytes()


@cache
def embed_script() -> bytes:
    """Return the script that puts a player where it stands."""
    return files("briefing").joinpath("embed.js").read_bytes()
