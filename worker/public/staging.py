"""What is uploaded before files that readers fetch are written anew or elsewhere, so that nobody waits for it: by the
doctor, `briefcast apply`, a restoration, a change of visibility, and after a look at what was published. Publishing
itself makes ready what it will publish (`worker.tasks.publish`).

Decides nothing of what is written; a folder needs none of it.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from briefing.going_live.access import for_members
from briefing.models import BriefingRow, RevisionRow
from worker.public import heard

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sqlalchemy.orm import Session

    from briefing.values import ArticleRef
    from worker.workplace import Workplace


@contextmanager
def ready_to_rewrite(place: Workplace, revision_id: int) -> Iterator[None]:
    """Have what is heard of a live revision staged meanwhile: all of it, for everybody or for members, and its preview;
    and its article's alias. Raises StorageUnavailable.
    """
    with place.database.reading() as session:
        revision = session.get_one(RevisionRow, revision_id)
        briefing = session.get_one(BriefingRow, revision.briefing_id)
        ref = heard.own_article(session, briefing)
        found = []
        if briefing.heard == revision.id:
            found = _heard_of(session, place, briefing, members=briefing.members_revision is not None)
    with ready(found, place, ref):
        yield


@contextmanager
def ready_to_place(place: Workplace, briefing_id: str) -> Iterator[None]:
    """The same for whom a live briefing is to be, others than hear it yet perhaps. Raises StorageUnavailable."""
    with place.database.reading() as session:
        briefing = session.get_one(BriefingRow, briefing_id)
        ref = heard.own_article(session, briefing)
        found = _heard_of(session, place, briefing, members=for_members(session, briefing))
    with ready(found, place, ref):
        yield


@contextmanager
def ready_to_point(place: Workplace, briefing_id: str) -> Iterator[bool]:
    """Have nothing staged of a live briefing but its article's alias, if that leads elsewhere or nowhere; give whether
    what it is to lead to is to be had. Raises StorageUnavailable.
    """
    with place.database.reading() as session:
        briefing = session.get_one(BriefingRow, briefing_id)
        ref = heard.own_article(session, briefing)
        found = _heard_of(session, place, briefing, members=briefing.members_revision is not None)
    public = [sha256 for sha256, members in found if not members]
    if ref is None or not public or place.files.leads_to(ref, public[0]):
        yield True
        return
    if place.storage.path(public[0]) is None:
        yield False
        return
    try:
        place.files.stage_alias(public[0])
        yield True
    finally:
        place.files.unstage(public[0])


@contextmanager
def ready(found: Iterable[tuple[str, bool]], place: Workplace, ref: ArticleRef | None) -> Iterator[None]:
    """Have MP3s staged meanwhile, each with whether it is for members alone, and an article's alias, which leads to one
    that is not. What is not to be had is left out: whoever writes it meets that and tells. Raises StorageUnavailable.
    """
    staged = []
    try:
        for sha256, members in found:
            # What is for members comes near no public place.
            files = place.files.of_members if members else place.files
            if place.storage.path(sha256) is not None:
                staged.append((files, sha256))
                files.stage(sha256, ref)
        yield
    finally:
        for files, sha256 in staged:
            files.unstage(sha256)


def _heard_of(session: Session, place: Workplace, briefing: BriefingRow, *, members: bool) -> list[tuple[str, bool]]:
    """Return the sha256 of all that is heard of what is live of a briefing, and whether it is for members alone."""
    revision = session.get(RevisionRow, briefing.heard) if briefing.heard else None
    if revision is None:
        return []
    shown = [heard.whole(session, briefing, revision, members=members)]
    if members and (preview := heard.preview(session, briefing, revision, place.storage)):
        shown.append(preview)
    return [(one.master.sha256, one.access == "members") for one in shown]
