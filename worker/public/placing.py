"""What is live -> where its visibility says: public files, or members' files and a preview for others.

Speaks nothing and encodes nothing: bytes and texts are the master's. Writes before it takes away where something
becomes public, and takes away first where it becomes private.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from sqlalchemy import or_, select

from briefing.going_live.access import for_members
from briefing.going_live.successors import given_elsewhere, published, published_elsewhere
from briefing.models import MasterRow, RevisionRow
from briefing.public_names import audio_name
from briefing.states import RevisionState
from worker.feeds.listing import feeds_of, lock_listing, relist, write_feeds
from worker.public import heard
from worker.public.heard import own_article
from worker.public.recorded import Recorded
from worker.public.successor_links import follow_no_more

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from sqlalchemy.orm import Session

    from briefing.models import BriefingRow
    from briefing.storage import BlobStorage
    from worker.public.public_files import PublicFiles

#: States of revisions whose audio may have been heard by somebody.
ONCE_LIVE = [RevisionState.LIVE.value, RevisionState.SUPERSEDED.value, RevisionState.RETRACTED.value]


def point(briefing: BriefingRow, revision: RevisionRow | None, *, members: bool) -> None:
    """Make a revision the one that everybody hears, or members; None: nobody hears any."""
    chosen = revision.id if revision else None
    briefing.live_revision, briefing.members_revision = (None, chosen) if members else (chosen, None)


def place(session: Session, briefing: BriefingRow, storage: BlobStorage, files: PublicFiles) -> bool:
    """Bring what is live of a locked briefing, the revision locked too, where it belongs; tell whether it is for
    members.

    Needs a writing session. Raises StorageUnavailable.
    """
    revision = session.get(RevisionRow, briefing.heard) if briefing.heard else None
    if revision is None:
        return False
    lock_listing(session, [briefing.show])
    members, before = for_members(session, briefing), briefing.members_revision is not None
    theirs = files.of_members if members else files
    if members != before:
        point(briefing, revision, members=members)
        session.flush()
    all_of_it = heard.whole(session, briefing, revision, members=members)
    ref = own_article(session, briefing)
    if members:
        # First of all: from here on nobody else finds it.
        clear(session, briefing, revision, storage, files)
    theirs.unbury(theirs.names_of(briefing.id, [ref] if ref else [], all_of_it.master.sha256))
    heard.write(session, all_of_it, storage, theirs)
    if not members and before:
        clear(session, briefing, revision, storage, files)
    if not members:
        revision.audio_sha256 = all_of_it.master.sha256
    write_feeds(session, briefing, relist(session, briefing) | feeds_of(session, briefing), files)
    return members


def clear(
    session: Session, briefing: BriefingRow, revision: RevisionRow, storage: BlobStorage, files: PublicFiles
) -> None:
    """Take away what is not to be found any more of a live revision, by its pointer: of the public files what is no
    preview, or what members had of it. Raises StorageUnavailable.
    """
    members = briefing.members_revision is not None
    kept = Recorded()
    wanted = replace(files, storage=kept)
    preview = heard.preview(session, briefing, revision, storage)
    if members:
        if preview is not None:
            heard.write(session, preview, storage, wanted)
        gone = [name for name in public_files(session, briefing, files) if name not in kept.names]
        files.remove(gone)
        follow_no_more(files.storage, briefing.id)
        files.bury(sorted({audio_name(sha256) for sha256 in _previews(session, briefing)} & set(gone)))
        if preview is not None:
            ref = own_article(session, briefing)
            files.unbury(files.names_of(briefing.id, [ref] if ref else [], preview.master.sha256))
            heard.write(session, preview, storage, files)
        return
    files.of_members.remove(public_files(session, briefing, files.of_members))
    # All that was public of it was its preview.
    heard.write(session, heard.whole(session, briefing, revision, members=False), storage, wanted)
    files.remove([name for name in public_files(session, briefing, files) if name not in kept.names])


def recall(
    session: Session, briefing: BriefingRow, revision: RevisionRow, storage: BlobStorage, files: PublicFiles
) -> None:
    """Take away all that was heard and read of a briefing before its live revision, which corrects it: MP3s, whose
    addresses lead to what is live from then on, and what lay beside them. Raises StorageUnavailable.
    """
    if briefing.members_revision is not None:
        # The preview of what was wrong too, though there is no other yet.
        clear(session, briefing, revision, storage, files)
    members = briefing.members_revision is not None
    theirs = files.of_members if members else files
    kept = Recorded()
    all_of_it = heard.whole(session, briefing, revision, members=members)
    heard.write(session, all_of_it, storage, replace(theirs, storage=kept))
    theirs.remove([name for name in public_files(session, briefing, theirs) if name not in kept.names])


def _previews(session: Session, briefing: BriefingRow) -> Sequence[str]:
    """Return the sha256 of what others hear, or heard, of a briefing's revisions."""
    theirs = select(MasterRow.sha256).join(RevisionRow, RevisionRow.preview_key == MasterRow.key)
    return session.scalars(theirs.where(RevisionRow.briefing_id == briefing.id)).all()


def public_files(session: Session, briefing: BriefingRow, files: PublicFiles) -> list[str]:
    """Return the name of every file, public or of members, that is a briefing's own: what must go for it to be gone,
    feeds aside, which are written anew. An MP3 that another briefing gives too is not among them; one that it only
    holds is.
    """
    own = published(session, briefing.id) | set(
        session.scalars(
            select(MasterRow.sha256)
            .join(RevisionRow, or_(RevisionRow.master_key == MasterRow.key, RevisionRow.preview_key == MasterRow.key))
            .where(RevisionRow.briefing_id == briefing.id, RevisionRow.state.in_(ONCE_LIVE))
        )
    )
    own -= (
        given_elsewhere(session, briefing.id, own) if files.private else published_elsewhere(session, briefing.id, own)
    )
    ref = own_article(session, briefing)
    return files.of_briefing(briefing.id, [ref] if ref else [], sorted(own))


def audio_of(session: Session, revisions: Collection[RevisionRow]) -> set[str]:
    """Return the sha256 of all MP3s that revisions have, heard or not, previews included."""
    keys = {key for row in revisions for key in (row.master_key, row.preview_key) if key}
    return set(session.scalars(select(MasterRow.sha256).where(MasterRow.key.in_(keys))))


def given_by_others(session: Session, briefing: BriefingRow, but: Collection[RevisionRow]) -> set[str]:
    """Return the sha256 of what a briefing's revisions give, or gave, other than these: the same bytes are theirs."""
    others = select(RevisionRow).where(
        RevisionRow.briefing_id == briefing.id,
        RevisionRow.state.in_(ONCE_LIVE),
        RevisionRow.id.not_in([row.id for row in but]),
    )
    return audio_of(session, session.scalars(others).all())
