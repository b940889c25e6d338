"""Live audio with a name that must not be spoken by now: the list grew after it was published. Told by numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import func, select

from briefing.models import BriefingRow, RevisionRow, ShowRow
from briefing.podcasts.show import Show
from briefing.pronunciations.never_speak import find, texts_of
from worker.doctor.finding import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from worker.workplace import Workplace

#: The revision that is live, for everybody or for members.
_HEARD = func.coalesce(BriefingRow.live_revision, BriefingRow.members_revision)


def look(place: Workplace, fix: bool) -> Iterator[Finding]:  # noqa: ARG001  what to do is for an editor
    """Yield what is live and must not be. Raises DatabaseUnavailable."""
    with place.database.reading() as session:
        rows = session.execute(select(ShowRow.slug, ShowRow.settings)).all()
    for slug, settings in rows:
        entries = Show.stored(settings).never_speak
        if entries:
            yield from _of_show(place, slug, entries)


def _of_show(place: Workplace, slug: str, entries: tuple[str, ...]) -> Iterator[Finding]:
    statement = (
        select(BriefingRow.id, RevisionRow.script, RevisionRow.card, RevisionRow.preview_card)
        .join(RevisionRow, RevisionRow.id == _HEARD)
        .where(BriefingRow.show == slug)
        .order_by(BriefingRow.id)
    )
    with place.database.reading() as session:
        for briefing, script, *cards in session.execute(statement).yield_per(50):
            hits = find(entries, texts_of(script, *cards))
            if hits:
                numbers = ", ".join(str(number) for number in sorted({hit.entry for hit in hits}))
                places = ", ".join(dict.fromkeys(hit.where for hit in hits))
                yield Finding(
                    code="never_speak_live",
                    subject=briefing,
                    detail=f"what is live holds entry {numbers} of the list of show {slug!r}, in {places}",
                    hint="Withdraw it, or correct the story.",
                )
