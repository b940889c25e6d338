"""Fetches a podcast's artwork and keeps it as it came, once. What apps would not take is told and not kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

from briefing.errors import BriefcastError, Misconfigured
from briefing.storage import write_atomically
from worker.feeds.pictures import as_apps_take_it

if TYPE_CHECKING:
    from pathlib import Path

    from worker.moving.move import Move
    from worker.moving.podcast import OldPodcast

#: The last ones are what hosts call a picture that do not look, or not into the list of types.
PICTURES = ("image/jpeg", "image/png", "image/jpg", "image/pjpeg", "application/octet-stream", "binary/octet-stream")


def kept_already(move: Move) -> Path | None:
    """Return where the podcast's artwork is kept, if it is."""
    found = [path for path in move.folder.glob("artwork.*") if path.suffix in {".jpg", ".png"}]
    return found[0].resolve() if found else None


def kept_artwork(move: Move, podcast: OldPodcast) -> Path | None:
    """Return where the podcast's artwork is kept; None where it has none that apps would take."""
    kept = kept_already(move)
    if kept or not podcast.artwork:
        return kept
    try:
        content = move.fetcher(*PICTURES).fetch(podcast.artwork).content
        path = move.folder / ("artwork.png" if content.startswith(b"\x89PNG") else "artwork.jpg")
        as_apps_take_it(content, f"the artwork {path.name}")
        write_atomically(path, content)
    except Misconfigured as error:
        move.warnings.append(f"{error.message}: the show's is drawn from its title")
        return None
    except BriefcastError as error:
        move.warnings.append(f"the artwork cannot be had: {error.message}")
        return None
    return path.resolve()
