"""What is asked all the time is answered from an index, however large the tables become."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest
from sqlalchemy import event, false, func, insert, literal, select, text

from briefing import steps
from briefing.database import Database
from briefing.models import BriefingRow, EpisodeRow, ListingRow, ShowRow, TakeRow
from briefing.podcasts.rules import Rules
from briefing.podcasts.show import Show
from briefing.public_names import archive_name
from briefing.revisions import newest_revision
from briefing.sql.schema import migrate
from briefing.states import Queue, StepState
from tests.bench.steptable import files_in, fill_episodes, fill_steps
from tests.support.postgres import postgres
from worker.feeds.listing import relist
from worker.feeds.show_feed import write_feed

ALL = tuple(Queue)

#: Tables that grow with every article; a look at all of one is what may not be.
LARGE = ("steps", "episodes", "revisions", "briefings", "masters", "takes", "listings")

#: What happens for every chunk, several times a second, or for every article published.
MOVES = {
    "is_due": lambda session, _: steps.is_due(session, ALL),
    "claim": lambda session, _: steps.claim(session, holder="h", lease_s=60.0, queues=ALL),
    "finish": lambda session, _: steps.finish(
        session, steps.claim(session, holder="h", lease_s=60.0, queues=(Queue.BULK,))
    ),
    "release_expired": lambda session, _: steps.release_expired(session),
    "release_held_by": lambda session, _: steps.release_held_by(session, "h"),
    "cancel": lambda session, _: steps.cancel(session, 1, "superseded"),
    "due_to_ring": lambda session, _: steps.due_to_ring(session, 60.0, 100),
    "newest_revision": lambda session, _: newest_revision(session, f"{1:016x}"),
    "write_feed": lambda session, folder: feed_of_change(session, files_in(folder)),
    "write_feed_by_rules": lambda session, folder: feed_of_change(session, files_in(folder), "best"),
    "relist": lambda session, _: relist(session, session.get_one(BriefingRow, f"{1:016x}")),
}


def feed_of_change(session, files, show="bench"):
    """As after an episode whose month has no others, of a show whose older ones are in the archive already."""
    changed = datetime(2001, 1, 1, tzinfo=UTC)
    files.put_feed(archive_name(show, "2001-01"), b"")
    write_feed(session, show, files, changed)


@pytest.fixture(scope="module", params=["SQLite", "PostgreSQL"])
def database(request, tmp_path_factory):
    """A database with enough in it that a look at a whole table would not be the cheaper way."""
    folder = tmp_path_factory.mktemp("plans")
    if request.param == "SQLite":
        yield from filled(Database(f"sqlite:///{folder / 'b.db'}"))
    else:
        with postgres(folder) as server:
            yield from filled(Database(server.address))


def filled(database):
    migrate(database)
    fill_steps(database, 20_000, StepState.DONE)
    fill_steps(database, 2_000, StepState.READY)
    fill_episodes(database, 0, 3_000)
    fill_takes(database, 3_000)
    with database.writing() as session:
        rules = Show(slug="best", title="Best", rules=Rules(shows=("bench",), daily_cap=5000))
        session.add(ShowRow(slug="best", position=9, settings=rules.model_dump(mode="json"), podcast_guid="g"))
        session.flush()
        # Each on a day of its own: of a table with one day all of it is the quickest way to that.
        day = func.substr(EpisodeRow.briefing_id, 7, 10)
        listed = select(literal("best"), EpisodeRow.briefing_id, day, false(), EpisodeRow.published_at)
        columns = ["show", "briefing_id", "day", "picked", "published_at"]
        session.execute(insert(ListingRow).from_select(columns, listed))
    if database.engine.dialect.name == "postgresql":
        # As its autovacuum does; nobody does so to SQLite.
        with database.writing() as session:
            session.execute(text("ANALYZE"))
    yield database
    database.dispose()


def fill_takes(database, count):
    take = {"sha256": "s", "rate": 16_000, "samples": 1, "loudness_lufs": -20.0, "words": [], "timing": ""}
    take |= {"created_at": datetime(2026, 1, 1, tzinfo=UTC)}
    with database.writing() as session:
        session.execute(insert(TakeRow.table()), [{"key": f"{number:064x}"} | take for number in range(count)])


@pytest.mark.parametrize("name", MOVES)
def test_no_move_looks_at_a_whole_table(database, name, tmp_path):
    # Given large tables / When a move is made / Then none of its statements goes through one of them from end to end
    asked = []

    def note(connection, cursor, statement, parameters, context, many):
        if statement.split(None, 1)[0] in {"SELECT", "UPDATE", "DELETE"}:
            asked.append((statement, parameters))

    event.listen(database.engine, "before_cursor_execute", note)
    try:
        with database.writing() as session:
            MOVES[name](session, tmp_path)
            event.remove(database.engine, "before_cursor_execute", note)
            plans = [plan(session, *statement) for statement in asked]
    finally:
        if event.contains(database.engine, "before_cursor_execute", note):
            event.remove(database.engine, "before_cursor_execute", note)
    assert plans
    for found in plans:
        assert not [line for line in found if whole_table(line)], "\n".join(found)


def test_rings_without_an_answer_are_looked_up_and_not_looked_for(database):
    # Given many ready steps / When the dispatcher looks / Then it finds those rung lately by when they were
    asked = []

    def note(connection, cursor, statement, parameters, context, many):
        if "count(*)" in statement:
            asked.append((statement, parameters))

    event.listen(database.engine, "before_cursor_execute", note)
    try:
        with database.reading() as session:
            assert len(steps.due_to_ring(session, 60.0, 100)) == 100
    finally:
        event.remove(database.engine, "before_cursor_execute", note)
    assert len(asked) == 1
    with database.reading() as session:
        lines = "\n".join(plan(session, *asked[0]))
    # PostgreSQL and SQLite each in its words
    assert re.search(r"Index Cond: .*rung_at|steps_rung \(state=\? AND queue=\? AND rung_at>\?\)", lines), lines


def plan(session, statement, parameters):
    """The lines of a statement's plan."""
    word = "EXPLAIN QUERY PLAN" if session.get_bind().dialect.name == "sqlite" else "EXPLAIN"
    rows = session.connection().exec_driver_sql(f"{word} {statement}", parameters).all()
    return [str(row[-1]) for row in rows]


def whole_table(line):
    """Whether a line of a plan says that a large table is gone through from end to end."""
    return any(line.startswith(f"SCAN {table}") or f"Seq Scan on {table}" in line for table in LARGE)


def test_a_plan_that_goes_through_a_table_is_told(database):
    with database.reading() as session:
        assert any(map(whole_table, plan(session, "SELECT id FROM steps WHERE attempts = 7", ())))
