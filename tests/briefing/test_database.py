"""PostgreSQL as our database: what is told when it is away, what a session sees, what a value may be."""

from __future__ import annotations

import os
import threading
import time
from contextlib import ExitStack
from datetime import UTC, datetime

import pytest
from sqlalchemy import text

from briefing.database import Database, database_clock, parse_address
from briefing.errors import DatabaseUnavailable, Misconfigured
from briefing.models import ArticleRow, ArticleVersionRow, HealthRow, MasterRow
from briefing.sql.rows import add_unless_there, put
from tests.support.client import free_port

NOW = datetime(2026, 5, 1, tzinfo=UTC)


@pytest.fixture
def database(cluster):
    database = Database(cluster.new_database(), busy_s=1.0)
    yield database
    database.dispose()


@pytest.mark.parametrize("written", ["postgres://u:p@h/d", "postgresql://u:p@h/d", "postgresql+psycopg://u:p@h/d"])
def test_any_way_to_write_the_address_takes_psycopg(written):
    assert parse_address(written).render_as_string(hide_password=False) == "postgresql+psycopg://u:p@h/d"


@pytest.mark.parametrize(
    "address", ["postgresql://briefcast:hunter2@127.0.0.1:{port}/b", "nonsense://briefcast:hunter2@x/b", "hunter2@"]
)
def test_a_password_is_in_no_message(address):
    database = Database(address.format(port=free_port()))
    with pytest.raises((DatabaseUnavailable, Misconfigured)) as caught, database.reading() as session:
        session.execute(text("SELECT 1"))
    assert "hunter2" not in caught.value.message + caught.value.hint


@pytest.mark.parametrize("driver", ["postgresql+psycopg2", "postgresql+pg8000", "mysql"])
def test_another_driver_is_refused(driver):
    database = Database(f"{driver}://briefcast@127.0.0.1/b")
    with pytest.raises(Misconfigured, match=rf"no '{driver}'".replace("+", r"\+")), database.reading():
        pass


def test_parameters_are_in_no_message(database):
    with pytest.raises(Exception, match="not-a-number") as caught, database.writing() as session:
        session.execute(text("SELECT CAST(:secret AS INTEGER), 'not-a-number'"), {"secret": "s3cret-article-text"})
    assert "s3cret-article-text" not in str(caught.value).split("[SQL")[1]


def away(database):
    """What is told of a statement that cannot be carried out."""
    with pytest.raises(DatabaseUnavailable) as caught, database.writing() as session:
        session.execute(text("INSERT INTO health VALUES ('a', 'ok', '', 0)"))
    return caught.value.message


def away_at(address):
    database = Database(address)
    try:
        return away(database)
    finally:
        database.dispose()


def test_what_keeps_it_from_being_used_is_told_as_unavailable(cluster, database):
    assert "refused" in away_at(cluster.address_of("x", free_port()))
    assert "does not exist" in away_at(cluster.address_of("nowhere"))
    assert "role" in away_at(database.address.replace("briefcast@", "stranger@"))
    assert "briefcast migrate" in away_at(cluster.new_database(migrated=False))
    assert "read-only" in away_at(f"{database.address}?options=-c%20default_transaction_read_only%3Don")


def test_too_many_clients_are_told_as_unavailable(cluster, database):
    cluster.sql(f"ALTER DATABASE {database.engine.url.database} CONNECTION LIMIT 1")
    with database.reading() as session:
        session.execute(text("SELECT 1"))
        assert "too many connections" in away_at(database.address)


def test_all_connections_busy_is_told_as_unavailable(database):
    small = Database(database.address, busy_s=0.2, connections=2)
    with small.reading() as one, small.reading() as two:
        one.execute(text("SELECT 1"))
        two.execute(text("SELECT 1"))
        assert "busy" in away(small)
    small.dispose()


def test_a_connection_that_was_cut_is_replaced_unseen(cluster, database):
    with database.reading() as session:
        pid = session.scalar(text("SELECT pg_backend_pid()"))
    # When an operator ends it while it is idle / Then the next session gets another, and nobody is told
    cluster.sql(f"SELECT pg_terminate_backend({pid})")
    with database.reading() as session:
        assert session.scalar(text("SELECT pg_backend_pid()")) != pid
    # When it is ended in mid-transaction / Then that is told, and the one after goes well
    with ExitStack() as stack:
        stack.enter_context(pytest.raises(DatabaseUnavailable))
        session = stack.enter_context(database.writing())
        cluster.sql(f"SELECT pg_terminate_backend({session.scalar(text('SELECT pg_backend_pid()'))})")
        session.execute(text("SELECT 1"))
    with database.writing() as session:
        session.execute(text("SELECT 1"))


def test_a_row_that_another_holds_is_waited_for_only_so_long(database):
    with database.writing() as session:
        put(session, HealthRow, name="a", state="ok", detail="", reported_at=database_clock())
    with database.writing() as holder:
        holder.execute(text("SELECT * FROM health FOR UPDATE"))
        begun = time.monotonic()
        with pytest.raises(DatabaseUnavailable, match="held what was needed"), database.writing() as session:
            session.execute(text("SELECT * FROM health FOR UPDATE"))
        assert 0.9 < time.monotonic() - begun < 30


def test_two_that_wait_for_each_other_are_parted(database):
    with database.writing() as session:
        for name in "ab":
            put(session, HealthRow, name=name, state="ok", detail="", reported_at=0.0)
    patient, both, told = Database(database.address), threading.Barrier(2), []

    def take(first, second):
        try:
            with patient.writing() as session:
                session.execute(text(f"UPDATE health SET state = 'x' WHERE name = '{first}'"))
                both.wait()
                session.execute(text(f"UPDATE health SET state = 'x' WHERE name = '{second}'"))
        except DatabaseUnavailable as error:
            told.append(error.message)

    threads = [threading.Thread(target=take, args=names) for names in ("ab", "ba")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(told) == 1
    assert "waited for each other" in told[0]
    patient.dispose()


def test_a_reading_session_sees_one_state_and_writes_nothing(database):
    with database.reading() as reader:
        assert reader.scalar(text("SELECT count(*) FROM health")) == 0
        with database.writing() as session:
            put(session, HealthRow, name="a", state="ok", detail="", reported_at=0.0)
        assert reader.scalar(text("SELECT count(*) FROM health")) == 0, "what was committed meanwhile is not seen"
    with pytest.raises(DatabaseUnavailable, match="read-only"), database.reading() as reader:
        reader.execute(text("DELETE FROM health"))
    with database.writing() as session:
        assert session.scalar(text("SELECT count(*) FROM health")) == 1
        session.execute(text("DELETE FROM health"))


def test_a_forked_child_has_connections_of_its_own(database):
    with database.reading() as session:
        mine = session.scalar(text("SELECT pg_backend_pid()"))
    reader, writer = os.pipe()
    if (child := os.fork()) == 0:
        with database.reading() as session:
            os.write(writer, str(session.scalar(text("SELECT pg_backend_pid()"))).encode())
        os._exit(0)
    os.waitpid(child, 0)
    assert int(os.read(reader, 100)) != mine
    with database.reading() as session:
        assert session.scalar(text("SELECT pg_backend_pid()")) == mine, "the child closed nothing of its parent's"


def test_the_clock_is_the_databases_own(database):
    with database.writing() as session:
        first = session.scalar(database_clock().select())
        time.sleep(0.05)
        second = session.scalar(database_clock().select())
    assert isinstance(first, float)
    assert 0.04 < second - first < 60, "it goes on within a transaction"
    assert abs(first - time.time()) < 60


def test_text_with_nul_and_long_audio_fit(any_database):
    content = {"title": "a\x00b", "blocks": ["\ud83d", "\u0000"]}
    with any_database.writing() as session:
        add_unless_there(session, ArticleRow, source="a", id="b", address="http://x/\x00")
        version = {"source": "a", "article_id": "b", "content_hash": "h", "content": content, "fetched_at": NOW}
        assert add_unless_there(session, ArticleVersionRow, **version)
        assert not add_unless_there(session, ArticleVersionRow, **version)
        master = {"sha256": "s", "bytes": 2**33, "samples": 2**34, "transcript": "", "chapters": [], "content": {}}
        put(session, MasterRow, {"created_at": NOW}, key="k", **master)
        put(session, MasterRow, {"created_at": NOW}, key="k", **{**master, "sha256": "t"})
    with any_database.reading() as session:
        assert session.query(ArticleVersionRow).one().content == content
        row = session.query(MasterRow).one()
        assert (row.bytes, row.samples, row.sha256, row.created_at) == (2**33, 2**34, "t", NOW)
        assert "\x00" not in session.query(ArticleRow).one().address


def test_racing_adders_add_once(any_database):
    start, added = threading.Barrier(8), []

    def add(number):
        start.wait()
        with any_database.writing() as session:
            added.append(add_unless_there(session, ArticleRow, source="a", id="b", address=str(number)))
            put(session, HealthRow, name="a", state=str(number), detail="", reported_at=database_clock())

    threads = [threading.Thread(target=add, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(added) == [False] * 7 + [True]
