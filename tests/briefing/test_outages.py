"""What is waited for, and what is a mistake of ours that no waiting helps."""

from __future__ import annotations

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from briefing.errors import DatabaseUnavailable


@pytest.mark.parametrize(
    "mistake",
    [
        "SELEKT 1",
        "SELECT no_such_function(1)",
        "INSERT INTO health (name) VALUES (1, 2)",
    ],
    ids=["syntax", "function", "values"],
)
def test_a_mistake_of_ours_goes_through_as_it_is(any_database, mistake):
    with pytest.raises(DBAPIError), any_database.writing() as session:
        session.execute(text(mistake))


@pytest.mark.parametrize(
    "newer",
    ["SELECT * FROM no_such_table", "SELECT no_such_column FROM health", "INSERT INTO health (unknown) VALUES (1)"],
    ids=["table", "column", "column written"],
)
def test_a_schema_that_is_not_the_one_expected_is_waited_for(any_database, newer):
    with pytest.raises(DatabaseUnavailable), any_database.writing() as session:
        session.execute(text(newer))
