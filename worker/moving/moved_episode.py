"""What an episode that is taken out has beside its MP3 and companions: its history, and what led to it before."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from briefing.going_live.successors import replaced
from briefing.models import BriefingRow, RevisionRow
from briefing.public_names import HISTORY_NAME, listen_name
from worker.public import heard

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from worker.feeds.feed import Episode
    from worker.moving.redirects import Redirects
    from worker.public.public_files import PublicFiles

#: What file servers show at the address of a folder.
_INDEX = "index.html"


def history_files(session: Session, episode: Episode, there: PublicFiles) -> dict[str, bytes]:
    """Return the files that tell how an episode changed, by path, as they are named `there`; none for none.
    The page has no ending by which a plain file server would know that it is one, so it is its folder's.
    """
    briefing = _briefing(session, episode)
    if briefing is None or not episode.history_address:
        return {}
    revision = session.get_one(RevisionRow, briefing.live_revision)
    # What is taken out lies in one folder for each briefing.
    whole = replace(heard.whole(session, briefing, revision, members=False), folder=episode.folder)
    told = heard.history_of(session, whole, there)
    return {
        f"{episode.folder}/{name}" + (f"/{_INDEX}" if name == HISTORY_NAME else ""): content
        for name, content in told.items()
    }


def older_addresses(session: Session, episode: Episode, slug: str, here: PublicFiles) -> Redirects:
    """Return the addresses here that lead to what everybody hears of an episode now, and where that is to be: of MP3s
    that it took the place of, and, where the show is the article's home, of the article's audio.
    """
    briefing = _briefing(session, episode)
    if briefing is None:
        return ()
    old = [
        address
        for sha256 in sorted(replaced(session, briefing.id))
        for address in (here.audio_address(sha256), f"{here.address}/{listen_name(slug, sha256)}")
    ]
    ref = heard.own_article(session, briefing) if briefing.show == slug else None
    if ref is not None:
        old.append(here.alias_address(ref))
    return tuple((address, episode.audio_address) for address in old)


def _briefing(session: Session, episode: Episode) -> BriefingRow | None:
    """Return the briefing of an episode that everybody hears whole; None for a preview."""
    briefing = session.get(BriefingRow, episode.folder.split("/")[1])
    return briefing if briefing is not None and briefing.live_revision is not None else None
