"""Fetches an episode's own picture, or takes it out of its MP3, and stores it as apps take it.

What apps would not take, or cannot be had, is told; the audio moves all the same. What an MP3 has inside stays there
whatever becomes of it, so of that nothing is told.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from briefing.audio import Picture
from briefing.errors import BriefcastError, Misconfigured, StorageUnavailable
from briefing.hashing import stable_hash
from briefing.storage import reporting, sync_file
from worker.feeds.pictures import as_apps_take_it, looks_like
from worker.moving.kept_artwork import PICTURES

if TYPE_CHECKING:
    from pathlib import Path

    from briefing.audio import Master
    from worker.moving.move import Move
    from worker.moving.old_episode import OldEpisode


@dataclass
class Pictures:
    """The pictures of a podcast's episodes; each is fetched and stored once, however many have it."""

    move: Move
    of_show: str
    """Address of the podcast's artwork, which many feeds name in each item; empty for none."""
    artwork: Path | None
    """Where that is kept."""
    _known: dict[str, Picture | str] = field(default_factory=dict)
    """By address, or by the hash of what an MP3 has inside: the stored one, or why there is none; empty where that need
    not be told.
    """

    def with_picture(self, master: Master, episode: OldEpisode, inside: bytes) -> tuple[Master, str]:
        """Return the master with the episode's own picture, and why it has none although its feed names one; `inside`
        is what its MP3 has, which counts where the feed names none. Raises StorageUnavailable.
        """
        if episode.picture and episode.picture == self.of_show:
            return master, ""
        name = episode.picture or hashlib.sha256(inside).hexdigest()
        if name not in self._known:
            self._known[name] = self._fetched(episode.picture) if episode.picture else self._from_inside(inside)
        found = self._known[name]
        if isinstance(found, str):
            return master, found
        # Another episode may have the same MP3, and another picture.
        key = stable_hash("imported-master/4", master.key, found.sha256, found.ending)
        return master.model_copy(update={"picture": found, "key": key}), ""

    @cached_property
    def _artwork(self) -> bytes:
        return self.artwork.read_bytes() if self.artwork else b""

    def _fetched(self, address: str) -> Picture | str:
        try:
            content = self.move.fetcher(*PICTURES).fetch(address).content
            return "" if content == self._artwork else self._stored(content)
        except StorageUnavailable:
            raise
        except BriefcastError as error:
            return error.message

    def _from_inside(self, content: bytes) -> Picture | str:
        """Most MP3s have the podcast's artwork inside, coded anew or smaller."""
        try:
            return "" if not content or looks_like(content, self._artwork) else self._stored(content)
        except Misconfigured:
            return ""

    def _stored(self, content: bytes) -> Picture:
        found = as_apps_take_it(content, "it")
        storage = self.move.place.storage
        path = storage.temporary(f".{found.ending}")
        with reporting(path):
            path.write_bytes(found.content)
            sync_file(path)
        return Picture(sha256=storage.put(path), ending=found.ending)
