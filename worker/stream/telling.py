"""Which stories can be heard while they are being made, and what players are told of one. Touches no sound."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from briefing.going_live.access import for_members
from briefing.going_live.holds import guarded, show_of
from briefing.models import BriefingRow
from briefing.podcasts.show import Show
from briefing.public_names import article_name, gone_name
from briefing.states import Queue
from briefing.values import Card
from worker.public.heard import own_article
from worker.public.public_files import MAKING

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from briefing.models import RevisionRow
    from worker.public.public_files import PublicFiles


def streamable(session: Session, revision: RevisionRow, files: PublicFiles) -> bool:
    """Tell whether a revision that is being prepared may be heard before it is finished.

    A new story alone, which somebody waits for: where there is audio already, that plays until the new one has passed
    its checks. Not what waits for an editor or a time or has been withdrawn, what must carry a watermark, or has a bed,
    whose length follows from the whole; nor what is for members alone.
    """
    show = Show.stored(revision.show)
    if not show.stream or show.publish != "auto" or show.watermark or show.bed or revision.queue != Queue.INTERACTIVE:
        return False
    briefing = session.get_one(BriefingRow, revision.briefing_id)
    if for_members(session, briefing) or _waits(session, briefing):
        return False
    ref = own_article(session, briefing)
    return (
        ref is not None and briefing.live_revision is None and files.storage.look(gone_name(article_name(ref))) is None
    )


def hidden(session: Session, briefing: BriefingRow) -> bool:
    """Tell whether what is being made of a briefing, or its first audio, is not for everybody: it is members', or waits
    for an editor, a time or a second person.
    """
    return for_members(session, briefing) or (briefing.heard is None and _waits(session, briefing))


def _waits(session: Session, briefing: BriefingRow) -> bool:
    return guarded(session, briefing) or show_of(session, briefing).sign_off


def making_audio(briefing: BriefingRow, revision: RevisionRow, files: PublicFiles) -> dict[str, Any]:
    """Return the audio JSON of an article whose first audio is still being made."""
    card, show = Card.stored(revision.card), Show.stored(revision.show)
    return {
        "state": MAKING,
        "article": briefing.articles[0],
        "briefing": briefing.id,
        "revision": revision.number,
        "title": card.title,
        "byline": card.byline,
        "language": card.language,
        "hls": files.stream_address(briefing.id, revision.number),
        "disclosure": card.disclosure,
        "ai_content": True,
        "show": show.slug,
        "show_title": show.title,
        "artwork": files.artwork_address(show.slug),
        "article_url": card.link,
        "chapters": [],
        "transcripts": [],
    }
