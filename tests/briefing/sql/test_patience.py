"""How long a connection waits for an answer, and what an address itself may say about it."""

from __future__ import annotations

import time

import pytest
from sqlalchemy import text

from briefing.database import Database
from briefing.errors import DatabaseUnavailable
from briefing.sql.patience import PatientConnection
from briefing.sql.schema import patiently
from tests.support.proxy import proxied

#: What lets a statement take half a minute, and what lets it wait for ever: nobody's but the address's to say.
OWN_TIME = ("options=-c%20statement_timeout%3D30s", "options=-c%20statement_timeout%3D0")


@pytest.fixture
def opened(cluster, monkeypatch):
    """A function that opens a database whose statements have half a second, and whose answers may be `late_s` seconds late."""
    made, address = [], cluster.new_database()

    def opened(query="", late_s=30.0):
        monkeypatch.setattr("briefing.sql.patience._LATE_S", late_s)
        made.append(Database(f"{address}?{query}", busy_s=0.25))
        return made[-1]

    yield opened
    for database in made:
        database.dispose()


def connection_of(database):
    with database.reading() as session:
        return session.connection().connection.driver_connection


@pytest.mark.parametrize("query", OWN_TIME)
def test_an_address_with_time_outs_of_its_own_is_waited_for_as_long_as_it_says(opened, query):
    with opened(query).reading() as session:
        assert session.scalar(text("SELECT 'slept' FROM pg_sleep(1)")) == "slept"


@pytest.mark.parametrize("query", ["", "application_name=desk&connect_timeout=5"])
def test_what_else_an_address_says_changes_no_patience(opened, query):
    database = opened(query)
    connection = connection_of(database)
    assert isinstance(connection, PatientConnection)
    assert connection.patience_s == pytest.approx(30.5)
    # The server comes first, and is told by its name: the connection is whole.
    begun = time.monotonic()
    with pytest.raises(DatabaseUnavailable), database.reading() as session:
        session.execute(text("SELECT pg_sleep(100)"))
    assert time.monotonic() - begun < 90
    assert not connection.closed


def test_a_server_that_ends_no_statement_is_given_up_by_us(opened):
    # Given a server that would let a statement take a minute, against what we asked of it
    database = opened(late_s=1.0)
    connection, begun = connection_of(database), time.monotonic()
    with pytest.raises(DatabaseUnavailable), database.writing() as session:
        session.execute(text("SET statement_timeout = '60s'; SELECT pg_sleep(50)"))
    # Then the connection is closed, and another one serves
    assert time.monotonic() - begun < 30
    assert connection.closed
    with database.reading() as session:
        assert session.scalar(text("SELECT 1")) == 1


#: A commit that takes four seconds, as of much that was written, or where a standby is slow to have it too.
SLOW_TO_COMMIT = """
    SET LOCAL statement_timeout = 0;
    CREATE TABLE slow (number int);
    CREATE FUNCTION sleep() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(4); RETURN NULL; END';
    CREATE CONSTRAINT TRIGGER late AFTER INSERT ON slow DEFERRABLE INITIALLY DEFERRED
        FOR EACH ROW EXECUTE FUNCTION sleep();
    INSERT INTO slow VALUES (1)
"""


def test_a_migration_is_waited_for_to_the_end_of_its_commit(opened):
    database = opened(late_s=2.0)
    with database.engine.connect() as connection, patiently(connection):
        connection.exec_driver_sql(SLOW_TO_COMMIT)
    assert connection_of(database).patience_s == pytest.approx(2.5), "for what comes after it, as before"
    with database.reading() as session:
        assert session.scalar(text("SELECT number FROM slow")) == 1


def test_a_pooler_that_has_transactions_wait_for_their_turn_is_waited_for(cluster, monkeypatch):
    # Given a pooler behind which each answer takes longer than one looks whether a connection that was kept still works
    monkeypatch.setattr("briefing.sql.patience.LOOK_S", 0.1)
    cluster.new_database()
    with proxied("127.0.0.1", cluster.port) as pooler:
        database = Database(cluster.address_of("postgres", pooler.address[1]))
        pooler.set("delay", 0.2)
        # When one transaction comes after another / Then each begins, on the same connection or on a new one
        for _ in range(2):
            with database.reading() as session:
                assert session.scalar(text("SELECT 1")) == 1
        database.dispose()
