"""The scripts that readers' browsers fetch: `/player.js`, the web component, `/player-hls.js`, which it fetches to play
audio that is being made, and `/embed.js`, which puts it on a page.

The first two are made from `player/`, built elsewhere; the last is small enough to be written by hand.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files


@cache
def player_script() -> bytes:
    """Return the one file that a page needs to have `<briefcast-player>`."""
    return files("briefing").joinpath("player.js").read_bytes()


@cache
def hls_script() -> bytes:
    """Return the module by which the player plays HLS."""
    return files("briefing").joinpath("player-hls.js").read_bytes()


@cache
def embed_script() -> bytes:
    """Return the script that puts a player where it stands."""
    return files("briefing").joinpath("embed.js").read_bytes()
