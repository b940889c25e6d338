"""Links by which file servers redirect: from the address of an MP3 that was replaced to what is heard now.

An old MP3's link leads to its briefing's, which alone moves. A bucket knows no links, and has none of this. Which MP3s
were replaced is `briefing.going_live.successors`'s.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from briefing.public_names import ALIAS, audio_name, current_name, moved_name

if TYPE_CHECKING:
    from collections.abc import Iterable

    from briefing.storage import PublicStorage


def follow(storage: PublicStorage, briefing: str, sha256: str, replaced: Iterable[str]) -> None:
    """Have the MP3s `replaced` of a briefing lead to `sha256`, and to whatever is next. Raises StorageUnavailable."""
    if not storage.links:
        return
    current = current_name(briefing)
    links = {current: (audio_name(sha256), sha256)} | {moved_name(one): (current, one) for one in replaced}
    for link, (name, bytes_) in links.items():
        if storage.target(link) != name:
            storage.point(link, name, bytes_, ALIAS)


def follow_no_more(storage: PublicStorage, briefing: str, replaced: Iterable[str] = ()) -> None:
    """Have a briefing's MP3s lead nowhere, and take away the links of those that are named. Raises
    StorageUnavailable.
    """
    if storage.links and storage.target(current_name(briefing)) is not None:
        storage.remove(current_name(briefing))
    unlink(storage, replaced)


def unlink(storage: PublicStorage, replaced: Iterable[str]) -> None:
    """Have the addresses of MP3s lead nowhere. Raises StorageUnavailable."""
    for name in map(moved_name, replaced) if storage.links else ():
        if storage.target(name) is not None:
            storage.remove(name)
