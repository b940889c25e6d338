"""Which articles a poll asks after, whether they are still there."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

from briefing.following.noticing import Desk
from briefing.models import ArticleRow, SightingRow
from worker.sources import polling

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)


class Unchanging:
    """A source of which nothing is new, and which notes what it is asked after."""

    def __init__(self):
        self.asked = []

    def seen(self, since):
        return iter(())

    def look(self, ids):
        self.asked += ids
        return iter(())


def test_what_no_poll_told_of_is_asked_after_before_what_was_looked_at(any_database):
    # Given more articles at rest than a poll asks after, and one that was asked for by hand and never seen
    at_rest = {"state": "published", "withdrew": False}
    names = [f"seen-{number:03}" for number in range(150)]
    with any_database.writing() as session:
        session.add_all(ArticleRow(source="desk", id=name) for name in ["by-hand", *names])
        session.add_all(
            SightingRow(
                source="desk",
                article_id=name,
                updated_at=NOW - timedelta(days=1, minutes=number),
                looked_at=NOW - timedelta(minutes=30 + number),
                **at_rest,
            )
            for number, name in enumerate(names)
        )
    source = Unchanging()
    polling.look_at_changes(SimpleNamespace(database=any_database), Desk("desk", "silence", NOW), source, NOW)
    assert "by-hand" in source.asked
    # And what its source cannot tell of keeps none of the others from their turn
    with any_database.writing() as session:
        session.add_all(ArticleRow(source="desk", id=f"unknown-{number:03}") for number in range(150))
    source = Unchanging()
    polling.look_at_changes(SimpleNamespace(database=any_database), Desk("desk", "silence", NOW), source, NOW)
    assert names[-1] in source.asked
