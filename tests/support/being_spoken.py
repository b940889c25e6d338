"""A briefing whose first revision is being spoken, as rows: for tests of the queue, which need no article and no script."""

from __future__ import annotations

from datetime import UTC, datetime

from briefing.models import BriefingRow, RevisionRow

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)


def being_spoken(session, briefing, show):
    """Add a briefing of a show that is there; return its revision."""
    session.add(BriefingRow(id=briefing, identity=briefing, show=show, kind="story", articles=[], created_at=NOW))
    session.flush()
    row = RevisionRow(
        briefing_id=briefing, number=1, state="speaking", queue="bulk", voice="silence", voices={},
        fallbacks=[], request={}, show={}, requested_by="t", created_at=NOW,
    )  # fmt: skip
    session.add(row)
    session.flush()
    return row
