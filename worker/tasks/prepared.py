"""What preparing ends with, of articles and of digests: nothing new is found, or what is to be spoken is saved."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from briefing import revisions, steps
from briefing.going_live.holds import show_of
from briefing.models import BriefingRow
from briefing.pronunciations import never_speak
from briefing.script import HEAD, Role, Script
from briefing.states import RevisionState
from worker.stream.telling import streamable
from worker.tasks.common import save_chunks

#: What editors call a segment, where that is not its role.
_NAMES = {Role.BODY: "paragraph", Role.LIST_ITEM: "item", Role.CORRECTION: "correction note"}

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from briefing.models import RevisionRow
    from briefing.steps import Lease
    from briefing.values import Card
    from worker.prepare import Prepared
    from worker.takes.casting import Engaged
    from worker.workplace import Workplace


def check_names(place: Workplace, revision: RevisionRow, written: Script) -> None:
    """Raise NeverSpeak for a script with a name of the show's list as it is now, before anything of it is spoken or
    written down: the reason says in words where it stands, as the script is kept nowhere.
    """
    with place.database.reading() as session:
        entries = show_of(session, session.get_one(BriefingRow, revision.briefing_id)).never_speak
    script = written.model_dump(mode="json") if entries else None
    hits = never_speak.find(entries, never_speak.texts_of(script))
    if hits:
        raise never_speak.refusal(hits, places(written))


def places(written: Script) -> dict[str, str]:
    """Return where each segment of a script stands, in words that lead to it in its article, by its ID."""
    counts, found = Counter[tuple[str, Role]](), {}
    several = len(written.articles) > 1
    for segment in written.segments:
        role = (segment.article, segment.role)
        counts[role] += 1
        name = _NAMES.get(segment.role, segment.role.value.replace("_", " "))
        numbered = name if segment.role in HEAD else f"{name} {counts[role]}"
        found[segment.id] = f"{numbered} of {segment.article}" if several else numbered
    return found


def is_unchanged(place: Workplace, lease: Lease, written: Script) -> bool:
    """Tell whether an equal revision says the very same; then the step is finished and that revision counts."""
    with place.database.writing() as session:
        row = revisions.locked_in_briefing(session, lease.revision_id)
        counterpart = revisions.counterpart(session, row)
        if counterpart is None or Script.stored(counterpart.script).substance != written.substance:
            return False
        if steps.finish(session, lease):
            revisions.conclude(session, row, RevisionState.UNCHANGED, datetime.now(UTC))
        return True


def save_prepared(  # noqa: PLR0913  what is written down
    session: Session,
    place: Workplace,
    row: RevisionRow,
    prepared: Prepared,
    engaged: Engaged,
    card: Card,
    versions: list[int],
) -> None:
    """Write down script, card and chunks, and record what follows. Raises as `save_chunks`."""
    now = datetime.now(UTC)
    save_script(row, prepared.script, card, versions, now)
    revisions.supersede_unfinished(session, row.briefing_id, row.number, now)
    streams = streamable(session, row, place.files)
    save_chunks(session, place, row, prepared, engaged, now, asked=False, streams=streams)


def save_script(row: RevisionRow, written: Script, card: Card, versions: list[int], now: datetime) -> None:
    """Write down what is to be said."""
    row.script = written.model_dump(mode="json")
    row.card = card.model_dump(mode="json")
    row.versions = list(versions)
    row.prepared_at = now
