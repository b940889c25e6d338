"""Fetches what another host's transcript of an episode says, and stores it beside the master as one of ours.

Of several it takes the best that has times. What cannot be had or read is told; the audio moves all the same.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from briefing.errors import BriefcastError
from briefing.hashing import stable_hash
from briefing.storage import sync_file
from briefing.values import IMPORTED
from worker.moving.kept_episode import article_of
from worker.moving.old_transcript import TIMED_TYPES, read_transcript

if TYPE_CHECKING:
    from collections.abc import Callable

    from briefing.audio import Master
    from briefing.storage import BlobStorage
    from worker.asking.web import Fetcher
    from worker.moving.old_episode import OldEpisode

#: As what servers send them that do not know the types.
_SENT_AS = ("text/plain", "application/octet-stream")


def with_transcript(
    master: Master,
    episode: OldEpisode,
    language: str,
    identity: str,
    fetcher: Callable[..., Fetcher],
    storage: BlobStorage,
) -> tuple[Master, str]:
    """Return the master with the episode's transcript, and why it has none although there is one; `identity` is its
    briefing's, `fetcher` makes one for media types. Raises StorageUnavailable.
    """
    ranks = list(TIMED_TYPES)
    timed = [(ranks.index(kind), address, kind) for address, kind in episode.transcripts if kind in TIMED_TYPES]
    if not timed:
        return master, "it has no times" if episode.transcripts else ""
    _, address, kind = min(timed)
    try:
        content = fetcher(*TIMED_TYPES, *_SENT_AS).fetch(address).content
    except BriefcastError as error:
        return master, error.message
    found = read_transcript(
        content,
        kind,
        title=episode.title,
        language=language,
        article=f"{IMPORTED}:{article_of(identity)}",
        samples=master.samples,
    )
    if found is None:
        return master, "there is no caption in it"
    path = storage.temporary(".json")
    path.write_text(found.model_dump_json(), "utf-8")
    sync_file(path)
    sha256 = storage.put(path)
    # Another episode may have the same MP3, and other words.
    key = stable_hash("imported-master/2", master.sha256, sha256)
    return master.model_copy(update={"transcript": sha256, "key": key}), ""
