"""Shorthands for tests that ask for briefings below the API."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import select

from briefing.models import BriefingRow, RevisionRow, StepRow
from briefing.requesting import asking
from briefing.requesting.asking import Wanted
from briefing.requesting.regenerating import Again, regenerate
from briefing.speech import Casting
from briefing.states import Queue
from briefing.values import ArticleRef

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)


def wanted(*ids, show="daily", voice="silence", queue=Queue.INTERACTIVE, **others):
    casting = Casting(body=voice, **others)
    refs = tuple(ArticleRef(source="desk", id=name) for name in ids)
    return Wanted(show, "story" if len(ids) == 1 else "collection", refs, casting, queue, "test")


def ask(place, *ids, now=NOW, **fields):
    """Ask for a briefing; return (briefing id, revision id, made)."""
    with place.database.writing() as session:
        revision, made = asking.request(session, wanted(*ids, **fields), now)
        return revision.briefing_id, revision.id, made


def again(place, briefing_id, *, refetch=True, segments=(), voice=None, now=NOW):
    """Regenerate; return (revision id, made)."""
    with place.database.writing() as session:
        row = session.get_one(BriefingRow, briefing_id)
        revision, made = regenerate(session, row, Again(voice, refetch, tuple(segments), "test"), now)
        return revision.id, made


def revision_row(place, revision_id):
    with place.database.reading() as session:
        row = session.get_one(RevisionRow, revision_id)
        session.expunge(row)
        return row


def briefing_row(place, briefing_id):
    with place.database.reading() as session:
        row = session.get_one(BriefingRow, briefing_id)
        session.expunge(row)
        return row


def step_rows(place, revision_id):
    with place.database.reading() as session:
        rows = list(session.scalars(select(StepRow).where(StepRow.revision_id == revision_id).order_by(StepRow.id)))
        session.expunge_all()
        return rows
