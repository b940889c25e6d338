"""What is uploaded before live files are written anew, so that nobody waits for it: by the doctor, and after a look at
what was published. Publishing itself makes ready what it will publish (`worker.tasks.publish`).

Decides nothing of what is written; a folder needs none of it.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from briefing.models import BriefingRow, RevisionRow
from worker import heard

if TYPE_CHECKING:
    from collections.abc import Iterator

    from worker.workplace import Workplace


@contextmanager
def ready_to_rewrite(place: Workplace, revision_id: int) -> Iterator[None]:
    """Have the MP3 that everybody hears of a live revision, or its preview, staged meanwhile, and its article's alias.

    Raises StorageUnavailable.
    """
    with place.database.reading() as session:
        revision = session.get_one(RevisionRow, revision_id)
        briefing = session.get_one(BriefingRow, revision.briefing_id)
        ref = heard.own_article(session, briefing)
        shown = None
        if briefing.live_revision == revision.id:
            shown = heard.whole(session, briefing, revision, members=False)
        elif briefing.members_revision == revision.id:
            shown = heard.preview(session, briefing, revision, place.storage)
        sha256 = shown.master.sha256 if shown else ""
    if not sha256 or place.storage.path(sha256) is None:
        yield
        return
    try:
        place.files.stage(sha256, ref)
        yield
    finally:
        place.files.unstage(sha256)
