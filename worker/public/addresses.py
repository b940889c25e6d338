"""The addresses of the files that readers fetch, everybody's or members'. Knows no file."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from briefing.public_names import (
    HISTORY_NAME,
    PLAYLIST_NAME,
    UNSIGNED,
    alias_name,
    archive_name,
    artwork_name,
    audio_name,
    briefing_folder,
    feed_name,
    listen_name,
    stream_folder,
)
from briefing.settings import AudienceSettings
from briefing.settings.audience import REDIRECT

if TYPE_CHECKING:
    from briefing.values import ArticleRef


@dataclass(frozen=True, kw_only=True)
class Addresses:
    """Where public files, or members', are served."""

    address: str
    """Of the API, without a trailing slash."""
    audio_at: str = ""
    """Where readers get MP3s, without a trailing slash; empty for `address`."""
    audience: AudienceSettings = field(default_factory=AudienceSettings)
    """What is counted of whoever fetches them."""
    private: bool = False
    """Whether these are members' files, and what is told are addresses that open nothing until they are signed."""

    def _at(self, name: str) -> str:
        return f"{self.address}/{UNSIGNED}/{name}" if self.private else f"{self.address}/{name}"

    def audio_address(self, sha256: str) -> str:
        """Return the permanent address of an MP3."""
        if self.private:
            return self._at(audio_name(sha256))
        return f"{self.audio_at or self.address}/{audio_name(sha256)}"

    def page_audio(self, sha256: str) -> str:
        """Return where a page of ours finds an MP3, seen from where it is served, whatever address we are known by."""
        return f"/{UNSIGNED}/{audio_name(sha256)}" if self.private else f"/{audio_name(sha256)}"

    def enclosure_address(self, slug: str, sha256: str) -> str:
        """Return the address of an MP3 as a show's feed names it, by which its downloads are counted, if they are."""
        if self.audience.enclosures == REDIRECT and not self.private:
            return f"{self.address}/{listen_name(slug, sha256)}"
        direct = self.audio_address(sha256)
        if self.private or not self.audience.enclosures:
            return direct
        return f"{self.audience.enclosures}{direct.partition('://')[2]}"

    def plays_address(self) -> str | None:
        """Return where players report what was heard; None where they are not to."""
        return f"{self.address}/v1/plays" if self.audience.plays else None

    def reports_address(self) -> str | None:
        """Return where players report words that were said wrongly; None where they are not to."""
        return f"{self.address}/v1/reports" if self.audience.word_reports else None

    def alias_address(self, ref: ArticleRef) -> str:
        """Return the stable address of an article's audio."""
        return f"{self.address}/{alias_name(ref)}"

    def artwork_address(self, slug: str, *, png: bool = False) -> str:
        """Return the address of a show's artwork: of the JPEG that there always is, or of the PNG beside it."""
        return f"{self.address}/{artwork_name(slug, 'png' if png else 'jpg')}"

    def feed_address(self, slug: str) -> str:
        """Return the address of a show's feed."""
        return self._at(feed_name(slug))

    def archive_address(self, slug: str, month: str) -> str:
        """Return the address of the page of a show's feed that has a month's episodes."""
        return self._at(archive_name(slug, month))

    def companion_address(self, folder: str, name: str) -> str:
        """Return the address of a transcript or of chapters in a briefing's folder: the live one's, or one for good."""
        return self._at(f"{folder}/{name}")

    def history_address(self, briefing: str) -> str:
        """Return the address of the page that tells what became of a briefing."""
        return self._at(f"{briefing_folder(briefing)}/{HISTORY_NAME}")

    def stream_address(self, briefing: str, revision: int) -> str:
        """Return the address of the playlist of what can be heard of a revision while it is being made."""
        return f"{self.address}/{stream_folder(briefing, revision)}/{PLAYLIST_NAME}"
