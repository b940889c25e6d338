"""Takes a retracted briefing away: its public files, its place in feeds, then the audio itself.

Every address that it had answers 410 from then on; a tombstone lies there, so that a plain file server knows it too.
The bytes go when nothing else is made of them: MP3s and transcripts, and takes that no other revision speaks. Repeating
it does no harm. Backups are the operator's: docs/backup.md says how what was withdrawn leaves them.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sqlalchemy import delete, select

from briefing.failpoints import Failpoint, reach
from briefing.going_live.successors import given_elsewhere, published, published_elsewhere
from briefing.models import BriefingRow, MasterRow, RevisionRow, TakeRow
from briefing.public_names import audio_name, briefing_folder, feed_name, history_names
from worker.feeds.listing import lock_listing, relist, write_feeds
from worker.public.placing import audio_of, given_by_others, public_files
from worker.public.successor_links import follow_no_more, unlink
from worker.upkeep import uses
from worker.upkeep.condemned import condemn, condemn_masters
from worker.upkeep.retention import let_go

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from sqlalchemy.orm import Session

    from worker.public.public_files import PublicFiles


def withdraw(session: Session, briefing: BriefingRow, last: int, files: PublicFiles, now: datetime) -> set[str]:
    """Take away what is public of `briefing`, which is locked, and erase its revisions up to number `last`; return the
    shows whose feeds had it. Where something newer is heard by now, that stays, at all names that move, and in feeds.

    Needs a writing session. Raises StorageUnavailable.
    """
    if briefing.heard is not None:
        _take_away_earlier(session, briefing, last, files)
        _erase(session, briefing, last, files, now)
        return set()
    lock_listing(session, [briefing.show])
    # The tombstones first: at no moment is an address merely unknown. What has gone from its own before is among them.
    own = published(session, briefing.id)
    own -= published_elsewhere(session, briefing.id, own)
    for those in (files, files.of_members):
        names = public_files(session, briefing, those)
        buried = () if those.private else list(map(audio_name, own))
        if buried:
            # Also of what was published before there were histories.
            buried += history_names(briefing.id)
        those.bury({*names, *buried})
        reach(Failpoint.WITHDRAW_BURIED)
        those.remove(names)
        follow_no_more(those.storage, briefing.id, own)
        reach(Failpoint.WITHDRAW_REMOVED)
    shows = relist(session, briefing, now)
    write_feeds(session, briefing, shows, files)
    files.purge(map(feed_name, sorted(shows)))
    _erase(session, briefing, last, files, now)
    return shows


def _take_away_earlier(session: Session, briefing: BriefingRow, last: int, files: PublicFiles) -> None:
    """Take away what was withdrawn of a briefing that was asked for anew, and went live before its withdrawal was done:
    MP3s, and what lies beside them for good.
    """
    theirs = (RevisionRow.briefing_id == briefing.id, RevisionRow.number <= last, RevisionRow.id != briefing.heard)
    revisions = session.scalars(select(RevisionRow).where(*theirs)).all()
    published_then = {row.audio_sha256 for row in revisions if row.audio_sha256}
    since = select(RevisionRow.audio_sha256).where(RevisionRow.briefing_id == briefing.id, RevisionRow.number > last)
    kept = given_by_others(session, briefing, revisions) | {one for one in session.scalars(since) if one}
    for those in (files, files.of_members):
        audio = audio_of(session, revisions) | published_then
        elsewhere = given_elsewhere if those.private else published_elsewhere
        audio -= kept | elsewhere(session, briefing.id, audio)
        names = [name for one in audio if those.storage.look(name := audio_name(one))]
        pinned = re.compile(rf"{briefing_folder(briefing.id)}/([0-9]+)(-[0-9a-f]+)?/.*")
        for file in those.storage.files(briefing_folder(briefing.id)):
            named = pinned.fullmatch(file.name)
            if named and int(named[1]) in {row.number for row in revisions}:
                names.append(file.name)
        those.bury({*names, *(() if those.private else map(audio_name, audio & published_then))})
        reach(Failpoint.WITHDRAW_BURIED)
        those.remove(names)
        unlink(those.storage, audio)
        reach(Failpoint.WITHDRAW_REMOVED)


def _erase(session: Session, briefing: BriefingRow, last: int, files: PublicFiles, now: datetime) -> None:
    """Give up the audio of all revisions that were withdrawn, and what was made for them alone; what was asked for anew
    since is being made. The bytes go with the next sweeps.
    """
    theirs = select(RevisionRow).where(RevisionRow.briefing_id == briefing.id, RevisionRow.number <= last)
    revisions = session.scalars(theirs).all()
    masters = {key for row in revisions for key in (row.master_key, row.preview_key) if key}
    takes = {chunk["key"] for row in revisions for chunk in row.chunks or ()}
    files.purge([name for row in revisions for name in let_go(session, row, files, now)])
    unused = session.scalars(select(MasterRow.key).where(MasterRow.key.in_(masters), ~uses.of_master())).all()
    condemn_masters(session, unused, now.timestamp())
    alone = sorted(takes - _used_by_others(session, takes))
    condemn(session, session.scalars(select(TakeRow.sha256).where(TakeRow.key.in_(alone))).all(), now.timestamp())
    session.execute(delete(TakeRow).where(TakeRow.key.in_(alone)))


def _used_by_others(session: Session, takes: Iterable[str]) -> set[str]:
    """Return those of `takes` that revisions speak which have not been let go, whether their uses are noted or not."""
    others = session.scalars(
        select(RevisionRow.chunks).where(RevisionRow.uses_noted.is_(False), RevisionRow.let_go_at.is_(None))
    )
    return uses.used(session, uses.TAKE, takes) | {chunk["key"] for chunks in others for chunk in chunks or ()}
