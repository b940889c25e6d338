"""The files that readers fetch. Decides nothing about what is published.

Where they are kept is the storage's business (`briefing.storage`), what they are called `briefing.public_names`'s, at
which addresses they are `worker.public.addresses`'s.
"""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from briefing.errors import AddressRefused
from briefing.failpoints import Failpoint, reach
from briefing.observing.faults import going_on
from briefing.player import embed_script, hls_script, player_script
from briefing.public_names import (
    ADDRESS,
    ALIAS,
    ARTICLE,
    COMPANION_TYPES,
    EMBED_SCRIPT_NAME,
    FEED,
    HLS_PLAYER_NAME,
    PLAYER,
    PLAYER_NAME,
    TOMBSTONE,
    address_name,
    alias_name,
    article_name,
    artwork_name,
    artwork_serving,
    audio_name,
    audio_serving,
    audio_sha256,
    briefing_folder,
    briefing_name,
    companion_serving,
    for_members,
    gone_name,
    history_names,
    history_serving,
    picture_name,
    stream_folder,
    stream_serving,
)
from worker.public.addresses import Addresses
from worker.public.purge import purge

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from briefing.audio import Picture
    from briefing.storage import PublicStorage, Serving
    from briefing.values import ArticleRef


#: State of an article's audio JSON while there is no MP3 yet.
MAKING = "making"

#: The scripts that readers' browsers fetch, by name.
SCRIPTS = {PLAYER_NAME: player_script, HLS_PLAYER_NAME: hls_script, EMBED_SCRIPT_NAME: embed_script}


@dataclass(frozen=True, kw_only=True)
class PublicFiles(Addresses):
    """The public files, or members', and the addresses they are served at."""

    storage: PublicStorage
    purge_command: str = ""
    """What purges caches; see `worker.public.purge`."""
    hubs: tuple[str, ...] = ()
    """Addresses of the WebSub hubs that feeds name."""
    members: PublicStorage | None = None
    """Where members' files lie."""

    @property
    def of_members(self) -> PublicFiles:
        """The same for members alone: other files, and addresses that open nothing until they are signed."""
        assert self.members is not None
        return replace(self, storage=self.members, purge_command="", hubs=(), private=True)

    def _served(self, serving: Serving) -> Serving:
        return for_members(serving) if self.private else serving

    def put_companions(self, briefing: str, pinned: str, companions: Mapping[str, bytes]) -> None:
        """Write what is published beside an MP3, by name, into its folder for good (`pinned`), and make it what the
        briefing's own addresses give. Raises StorageUnavailable.
        """
        live = briefing_folder(briefing)
        for name, content in companions.items():
            for_good = companion_serving(name, pinned=True, purged=bool(self.purge_command))
            self.storage.write(f"{pinned}/{name}", content, self._served(for_good))
            # The same once more: an alias is no file to some servers.
            moving = companion_serving(name, pinned=False)
            self.storage.write(f"{live}/{name}", content, self._served(moving), twin=f"{pinned}/{name}")
        for file in list(self.storage.files(live)):
            folder, _, name = file.name.rpartition("/")
            if folder == live and name in COMPANION_TYPES and name not in companions:
                self.storage.remove(file.name)

    def put_picture(self, pinned: str, picture: Picture) -> None:
        """Make an episode's own picture public, in its revision's folder (`pinned`). Raises StorageUnavailable."""
        name = picture_name(picture.sha256, picture.ending)
        for_good = companion_serving(name, pinned=True, purged=bool(self.purge_command))
        self.storage.publish(f"{pinned}/{name}", picture.sha256, self._served(for_good))

    def put_history(self, briefing: str, told: Mapping[str, bytes]) -> None:
        """Write what became of a briefing, by name. Raises StorageUnavailable."""
        assert not self.private
        for name, content in told.items():
            self.storage.write(f"{briefing_folder(briefing)}/{name}", content, history_serving(name))

    def has_companions(self, folder: str) -> bool:
        """Tell whether any transcript or chapters are published in a folder itself."""
        found = (file.name.rpartition("/") for file in self.storage.files(folder))
        return any(place == folder and name in COMPANION_TYPES for place, _, name in found)

    def put_stream(self, briefing: str, revision: int, name: str, content: bytes) -> None:
        """Write a segment or the playlist of a revision's stream. Raises StorageUnavailable."""
        self.storage.write(f"{stream_folder(briefing, revision)}/{name}", content, stream_serving(name))

    def put_making(self, ref: ArticleRef, audio: dict[str, Any]) -> None:
        """Write the audio JSON of an article that has none yet, and whose address it is. Raises StorageUnavailable."""
        self.storage.write(article_name(ref), _json(audio), ARTICLE)
        self._put_address(ref, audio["article_url"])

    def remove_stream(self, briefing: str, revision: int) -> None:
        """Take away a revision's stream: many files, which no cache keeps for long. Raises StorageUnavailable."""
        for file in list(self.storage.files(stream_folder(briefing, revision))):
            self.storage.remove(file.name)

    def remove_making(self, briefing: str, revision: int, ref: ArticleRef) -> None:
        """Take away an article's audio JSON if it still leads to that revision's stream. Raises StorageUnavailable."""
        found = self.storage.read(article_name(ref))
        told = json.loads(found[0]) if found else {}
        if told.get("state") == MAKING and (told["briefing"], told["revision"]) == (briefing, revision):
            self.remove([article_name(ref)])

    def of_briefing(self, briefing: str, refs: Iterable[ArticleRef], audio: Iterable[str]) -> list[str]:
        """Return the names of all public files of a briefing that are there: what is beside its MP3s, the files of the
        articles `refs`, and the MP3s whose sha256 is in `audio`.
        """
        found = sorted(file.name for file in self.storage.files(briefing_folder(briefing)))
        named = [name for ref in refs for name in (alias_name(ref), article_name(ref))]
        named += [audio_name(sha256) for sha256 in audio]
        return found + [name for name in named if self.storage.look(name) or self.storage.target(name)]

    def names_of(self, briefing: str, refs: Iterable[ArticleRef], sha256: str) -> list[str]:
        """Return the names at which a briefing is heard and read now, whether anything is there or not."""
        own = [f"{briefing_folder(briefing)}/{name}" for name in COMPANION_TYPES]
        own += [briefing_name(briefing)] if self.private else history_names(briefing)
        return [audio_name(sha256), *own, *(name for ref in refs for name in (alias_name(ref), article_name(ref)))]

    def put_audio(self, sha256: str) -> None:
        """Make a stored MP3 public. Raises StorageUnavailable."""
        serving = audio_serving(purged=bool(self.purge_command))
        self.storage.publish(audio_name(sha256), sha256, self._served(serving))

    def stage(self, sha256: str, ref: ArticleRef | None) -> None:
        """Have an MP3 ready to become public, and an article's alias ready to lead to it, without anybody seeing it:
        what takes time is done before others wait. Raises StorageUnavailable.
        """
        self.storage.stage(sha256, self._served(audio_serving(purged=bool(self.purge_command))))
        if ref is not None and not self.private and not self.leads_to(ref, sha256):
            self.stage_alias(sha256)

    def leads_to(self, ref: ArticleRef, sha256: str) -> bool:
        """Tell whether an article's alias leads to an MP3. Raises StorageUnavailable."""
        return self.storage.target(alias_name(ref)) == audio_name(sha256)

    def stage_alias(self, sha256: str) -> None:
        """Have an alias ready to lead to an MP3. Raises StorageUnavailable."""
        self.storage.stage(sha256, ALIAS, target=audio_name(sha256))

    def unstage(self, sha256: str) -> None:
        """Remove what was made ready. What cannot be removed now goes with retention."""
        with going_on("removing what was staged", sha256=sha256):
            self.storage.unstage(sha256)

    def put_article(self, ref: ArticleRef, sha256: str, audio: dict[str, Any]) -> None:
        """Point an article's alias at an MP3 and write its audio JSON. Raises StorageUnavailable."""
        if self.private:
            # No alias: no address of theirs is guessed.
            self.storage.write(article_name(ref), _json(audio), self._served(ARTICLE))
            return
        self.storage.point(alias_name(ref), audio_name(sha256), sha256, ALIAS)
        reach(Failpoint.PUBLISH_ALIAS)
        self.storage.write(article_name(ref), _json(audio), ARTICLE)
        self._put_address(ref, audio["article_url"])

    def _put_address(self, ref: ArticleRef, address: str | None) -> None:
        """Write which article an address is of. It stays where the audio goes: it leads to whatever is told of the
        article then.
        """
        with suppress(AddressRefused):
            if address:
                self.storage.write(address_name(address), json.dumps({"article": str(ref)}).encode(), ADDRESS)

    def put_briefing(self, briefing: str, audio: dict[str, Any]) -> None:
        """Write the audio JSON of a members' briefing. Raises StorageUnavailable."""
        assert self.private
        self.storage.write(briefing_name(briefing), _json(audio), self._served(ARTICLE))

    def bury(self, names: Iterable[str]) -> None:
        """Have addresses say from now on that what was there has been withdrawn. Raises StorageUnavailable."""
        for name in names:
            told = {"state": "retracted", "code": "withdrawn", "status": 410, "title": "The audio was withdrawn"}
            self.storage.write(gone_name(name), json.dumps(told).encode(), self._served(TOMBSTONE))

    def unbury(self, names: Iterable[str]) -> None:
        """Take away the tombstones of what is published again. Raises StorageUnavailable."""
        for name in names:
            if self.storage.look(gone_name(name)):
                self.storage.remove(gone_name(name))

    def remove(self, names: Iterable[str]) -> None:
        """Delete public files, and have caches drop those that they may keep for a year. Raises StorageUnavailable."""
        gone = list(names)
        for name in gone:
            self.storage.remove(name)
        self.purge(gone)

    def purge(self, names: Iterable[str]) -> None:
        """Have caches drop public files, whether they are there or have gone."""
        gone = list(names)
        base = self.audio_at or self.address
        purge(self.purge_command, [f"{base if audio_sha256(name) else self.address}/{name}" for name in gone])

    def put_feed(self, name: str, feed: bytes) -> None:
        """Replace a page of a show's feed. Raises StorageUnavailable."""
        self.storage.write(name, feed, self._served(FEED))

    def put_player(self) -> None:
        """Write the web player of this release, unless it is there already. Raises StorageUnavailable."""
        for name, script in SCRIPTS.items():
            found = self.storage.read(name)
            if found is None or found[0] != script():
                self.storage.write(name, script(), PLAYER)

    def put_artwork(self, slug: str, jpeg: bytes, png: bytes | None) -> None:
        """Replace a show's artwork: the JPEG, and what is beside it, if anything. Raises StorageUnavailable."""
        self.storage.write(artwork_name(slug), jpeg, artwork_serving("jpg"))
        beside = artwork_name(slug, "png")
        if png is not None:
            self.storage.write(beside, png, artwork_serving("png"))
        elif self.storage.look(beside):
            self.remove([beside])


def _json(value: dict[str, Any]) -> bytes:
    return json.dumps(value, ensure_ascii=False, indent=1).encode()
