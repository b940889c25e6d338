"""The files that readers fetch, laid out like their addresses, so that any file server over the folder can serve them.

Audio lies at its hash and never changes; the alias of an article is a symbolic link that moves; transcripts and
chapters lie in a folder for each revision, and once more where the live ones are looked for; JSON and feeds are
replaced whole. Decides nothing about what is published.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from briefing.errors import StorageUnavailable
from briefing.failpoints import Failpoint, reach
from briefing.storage import reporting, sync_file, sync_folder, write_atomically

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from briefing.values import ArticleRef


@dataclass(frozen=True)
class PublicFiles:
    """The public folder and the address it is served at."""

    root: Path
    address: str
    """Without a trailing slash."""

    def audio_address(self, sha256: str) -> str:
        """Return the permanent address of an MP3."""
        return f"{self.address}/audio/{sha256}.mp3"

    def alias_address(self, ref: ArticleRef) -> str:
        """Return the stable address of an article's audio."""
        return f"{self.address}/articles/{ref.source}/{ref.id}.mp3"

    def artwork_address(self, slug: str) -> str:
        """Return the address of a show's artwork."""
        return f"{self.address}/shows/{slug}/artwork.jpg"

    def feed_address(self, slug: str) -> str:
        """Return the address of a show's feed."""
        return f"{self.address}/shows/{slug}/feed.xml"

    def companion_address(self, briefing: str, name: str, revision: int | None = None) -> str:
        """Return the address of a transcript or of chapters: of the live revision, or of one for good."""
        return f"{self.address}/briefings/{briefing}/{f'{revision}/' if revision else ''}{name}"

    def put_companions(self, briefing: str, revision: int, companions: Mapping[str, bytes]) -> None:
        """Write what is published beside a revision's MP3, by name, and make it what the briefing's own addresses give:
        second names of the same files, as an alias is no file to some servers. Raises StorageUnavailable.
        """
        folder = self.root / "briefings" / briefing
        for name, content in companions.items():
            write_atomically(folder / str(revision) / name, content)
            with reporting(folder / name):
                temporary = folder / f".{name}.{secrets.token_hex(4)}"
                try:
                    os.link(folder / str(revision) / name, temporary)
                except OSError:
                    shutil.copyfile(folder / str(revision) / name, temporary)
                    sync_file(temporary)
                temporary.replace(folder / name)
                temporary.unlink(missing_ok=True)
        with reporting(folder):
            for path in folder.glob("*.*"):
                if path.is_file() and path.name not in companions:
                    path.unlink(missing_ok=True)
            if companions:
                sync_folder(folder)

    def has_companions(self, briefing: str, revision: int) -> bool:
        """Tell whether anything is published beside a revision's MP3."""
        return (self.root / "briefings" / briefing / str(revision)).is_dir()

    def of_briefing(self, briefing: str, refs: Iterable[ArticleRef], audio: Iterable[str]) -> list[Path]:
        """Return all public files of a briefing that are there: what is beside its MP3s, the files of the articles
        `refs`, and the MP3s whose sha256 is in `audio`.
        """
        found = [path for path in sorted((self.root / "briefings" / briefing).rglob("*")) if path.is_file()]
        for ref in refs:
            found += [self.root / "articles" / ref.source / f"{ref.id}.mp3", self._article(ref)]
        found += [self.root / "audio" / f"{sha256}.mp3" for sha256 in audio]
        return [path for path in found if path.is_symlink() or path.exists()]

    def _article(self, ref: ArticleRef) -> Path:
        return self.root / "v1" / "articles" / ref.source / ref.id / "audio"

    def put_audio(self, sha256: str, stored: Path) -> None:
        """Make a stored MP3 public: a second name of the same file, or a copy where the disk is another.

        Raises StorageUnavailable.
        """
        target = self.root / "audio" / f"{sha256}.mp3"
        try:
            # A file of that name that is not the stored one is a copy, or damaged: it is put there anew.
            if target.exists() and target.samefile(stored):
                return
            target.parent.mkdir(parents=True, exist_ok=True)
            temporary = target.with_name(f".{target.name}.{secrets.token_hex(4)}")
            try:
                os.link(stored, temporary)
            except OSError:
                shutil.copyfile(stored, temporary)
                sync_file(temporary)
            temporary.replace(target)
            # Renaming a hard link onto another name of the same file leaves both; the spare one goes.
            temporary.unlink(missing_ok=True)
            sync_folder(target.parent)
        except OSError as error:
            message = f"cannot publish the MP3: {error.strerror}"
            raise StorageUnavailable(message) from error

    def put_article(self, ref: ArticleRef, sha256: str, audio: dict[str, Any]) -> None:
        """Point an article's alias at an MP3 and write its audio JSON. Raises StorageUnavailable."""
        alias = self.root / "articles" / ref.source / f"{ref.id}.mp3"
        try:
            alias.parent.mkdir(parents=True, exist_ok=True)
            temporary = alias.with_name(f".{alias.name}.{secrets.token_hex(4)}")
            temporary.symlink_to(f"../../audio/{sha256}.mp3")
            temporary.replace(alias)
            sync_folder(alias.parent)
        except OSError as error:
            message = f"cannot point {ref} at its audio: {error.strerror}"
            raise StorageUnavailable(message) from error
        reach(Failpoint.PUBLISH_ALIAS)
        write_atomically(
            self._article(ref),
            json.dumps(audio, ensure_ascii=False, indent=1).encode(),
        )

    def put_feed(self, slug: str, feed: bytes) -> None:
        """Replace a show's feed. Raises StorageUnavailable."""
        write_atomically(self.root / "shows" / slug / "feed.xml", feed)

    def put_artwork(self, slug: str, jpeg: bytes) -> None:
        """Replace a show's artwork. Raises StorageUnavailable."""
        write_atomically(self.root / "shows" / slug / "artwork.jpg", jpeg)
