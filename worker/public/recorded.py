"""A public storage that keeps what would be written in memory: what published files should hold, for comparison.

Writes nothing, and knows of no file but those it was given.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Hashable, Iterator
    from pathlib import Path

    from briefing.storage import PublicFile, Serving


@dataclass
class Recorded:
    """`PublicStorage` that only remembers."""

    contents: dict[str, bytes] = field(default_factory=dict)
    """By name."""
    published: dict[str, str] = field(default_factory=dict)
    """Name -> sha256 of the stored bytes that it should have."""
    aliases: dict[str, str] = field(default_factory=dict)
    """Alias -> the name that it should lead to."""
    links: bool = True
    """As of the storage that it is compared with."""

    @property
    def names(self) -> set[str]:
        """All that would be there."""
        return {*self.contents, *self.published, *self.aliases}

    def write(self, name: str, content: bytes, serving: Serving, twin: str = "") -> None:  # noqa: ARG002
        """Remember a small file."""
        self.contents[name] = content

    def publish(self, name: str, sha256: str, serving: Serving) -> None:  # noqa: ARG002
        """Remember a published blob."""
        self.published[name] = sha256

    def point(self, alias: str, name: str, sha256: str, serving: Serving) -> None:  # noqa: ARG002
        """Remember an alias."""
        self.aliases[alias] = name

    def stage(self, sha256: str, serving: Serving, target: str = "") -> None:
        """Nothing is moved."""

    def unstage(self, sha256: str) -> None:
        """Nothing is staged."""

    def staged(self) -> Iterator[PublicFile]:
        """Yield nothing."""
        return iter(())

    def remove_staged(self, name: str) -> None:
        """Nothing is staged."""

    def target(self, alias: str) -> str | None:
        """Return where an alias leads."""
        return self.aliases.get(alias)

    def read(self, name: str) -> tuple[bytes, PublicFile] | None:  # noqa: ARG002
        """There is none."""
        return None

    def blocks(self, name: str) -> Iterator[bytes] | None:  # noqa: ARG002
        """There is none."""
        return None

    def mark(self, name: str) -> Hashable | None:  # noqa: ARG002  nothing is stored
        """See `PublicStorage`."""
        return None

    def look(self, name: str) -> PublicFile | None:  # noqa: ARG002
        """There is none."""
        return None

    def path(self, name: str) -> Path | None:  # noqa: ARG002
        """There is none."""
        return None

    def signed(self, name: str, method: str, seconds: int) -> str | None:  # noqa: ARG002
        """There is none."""
        return None

    async def stream(self, name: str, start: int, end: int) -> AsyncIterator[bytes]:  # noqa: ARG002
        """Yield nothing: there is nothing to fetch."""
        nothing: tuple[bytes, ...] = ()
        for block in nothing:
            yield block

    def files(self, prefix: str = "") -> Iterator[PublicFile]:  # noqa: ARG002
        """Yield nothing."""
        return iter(())

    def remove(self, name: str) -> None:
        """Nothing to remove."""
