"""`briefcast users`, as it is typed."""

from __future__ import annotations

import re

import pytest
from click.testing import CliRunner
from sqlalchemy import select

from briefing.models import AuditRow
from cli.main import briefcast


@pytest.fixture
def run(place):
    def running(*arguments, **more):
        return CliRunner().invoke(briefcast, ["users", *arguments], **more)

    return running


def test_users_are_added_listed_changed_and_removed(place, run):
    assert run("add", "Ann", "--role", "admin", input="three plain words\n").output == "added ann\n"
    link = run("add", "eve@daily.example", "--role", "viewer", "--link").output
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+/desk/welcome/[\w-]{43}\n", link)
    assert run("role", "eve@daily.example", "--role", "editor").output == "eve@daily.example is editor\n"
    listed = run("list").output
    assert re.search(r"^ann  admin  since \d{4}-\d\d-\d\d$", listed, re.MULTILINE)
    assert "eve@daily.example  editor" in listed
    assert "has not chosen a password" in listed
    assert run("reset", "ann", "--link").output.startswith("http://")
    assert run("remove", "eve@daily.example").output == "removed eve@daily.example\n"
    with place.database.reading() as session:
        rows = session.execute(select(AuditRow.action, AuditRow.detail).order_by(AuditRow.id)).all()
    assert [tuple(row) for row in rows] == [
        ("user_add", "ann admin"),
        ("user_add", "eve@daily.example viewer"),
        ("user_role", "eve@daily.example editor"),
        ("user_reset", "ann"),
        ("user_remove", "eve@daily.example"),
    ]


@pytest.mark.parametrize(
    ("arguments", "typed", "said"),
    [
        (("add", "ann\tbob\n<b>", "--role", "admin"), "three plain words", "cannot be called"),
        (("add", "ann", "--role", "admin"), "short", "10 to 256 characters"),
        (("reset", "nobody", "--link"), "", "no user"),
        (("remove", "nobody"), "", "no user"),
    ],
)
def test_what_cannot_be_is_refused_by_name(place, run, arguments, typed, said):
    answer = run(*arguments, input=f"{typed}\n")
    assert said in str(answer.exception)
    assert answer.exception.code == "user_refused"


def test_no_two_users_differ_in_case_alone(place, run):
    run("add", "Ann", "--role", "admin", "--link")
    assert "already" in str(run("add", "ANN", "--role", "viewer", "--link").exception)
