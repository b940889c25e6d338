"""When digests are due, by the newsroom's clock; and what their settings may say."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pydantic import ValidationError

from briefing.digesting.digest import Digest
from briefing.errors import Misconfigured
from briefing.podcasts.newsroom import load_newsroom

SHOW = '[[shows]]\nslug = "daily"\ntitle = "D"\n'


def digest(at=("06:30",), zone="Europe/Kyiv", **fields):
    return Digest(slug="morning", show="daily", at=at, zone=zone, **fields)


def utc(text):
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def dues(found, after, until):
    moments = []
    while (due := found.due_after(after)) is not None and due.moment <= until:
        moments.append(due)
        after = due.moment
    return moments


def test_it_is_due_at_its_time_of_the_newsrooms_day():
    found = digest()
    due = found.due_after(utc("2026-11-28T04:29"))
    assert (due.moment, due.issue) == (utc("2026-11-28T04:30"), "2026-11-28")
    assert found.due_after(due.moment).moment == utc("2026-11-29T04:30"), "strictly after"
    assert found.due_before(due.moment) == due
    # In summer an hour earlier by UTC
    assert found.due_after(utc("2026-07-01T00:00")).moment == utc("2026-07-01T03:30")


def test_it_is_not_due_on_other_days():
    found = digest(days=("mon", "fri"))
    # 28 November 2026 is a Saturday
    assert [due.issue for due in dues(found, utc("2026-11-27T12:00"), utc("2026-12-05T00:00"))] == [
        "2026-11-30",
        "2026-12-04",
    ]


def test_one_on_demand_alone_is_never_due():
    found = digest(at=())
    assert found.due_after(utc("2026-11-28T00:00")) is None
    assert found.due_before(utc("2026-11-28T00:00")) is None
    assert found.issue_of(utc("2026-11-28T23:30")) == "2026-11-29", "by the newsroom's clock"


def test_a_time_that_the_clock_jumps_over_comes_as_much_later():
    # On 29 March 2026 the clock of Kyiv goes from 3 to 4
    found = digest(at=("03:30",))
    (due,) = dues(found, utc("2026-03-28T12:00"), utc("2026-03-29T12:00"))
    assert due.moment == utc("2026-03-29T01:30")
    assert found.local(due.moment).strftime("%H:%M") == "04:30"
    assert due.issue == "2026-03-29"


def test_a_time_that_comes_twice_is_due_once():
    # On 25 October 2026 the clock of Kyiv goes from 4 back to 3
    found = digest(at=("03:30",))
    (due,) = dues(found, utc("2026-10-24T12:00"), utc("2026-10-25T12:00"))
    assert due.moment == utc("2026-10-25T00:30")
    assert found.due_before(utc("2026-10-25T01:45")) == due, "the second half past three is none"


@given(
    st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1)),  # noqa: DTZ001  naive is what it wants
    st.sampled_from(["Europe/Kyiv", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "UTC"]),
    st.lists(
        st.sampled_from(["00:00", "01:30", "02:30", "03:30", "06:30", "23:59"]), min_size=1, max_size=3, unique=True
    ),
)
# On 10 March 2024 there the clock goes from 2 to 3: half past two is half past three.
@example(datetime(2024, 3, 10, 7, 30), "America/New_York", ["02:30", "03:30"])  # noqa: DTZ001
def test_days_and_their_times_follow_one_another(naive, zone, at):
    found, moment = digest(at=tuple(at), zone=zone), naive.replace(tzinfo=UTC)
    week = dues(found, moment, moment + timedelta(days=7))
    alone = [dues(digest(at=(one,), zone=zone), moment, moment + timedelta(days=7)) for one in at]
    # No issue comes twice or is left out, but a time that comes to be another; a week is an hour more or less where a
    # clock is set, and one time of each may fall into that hour.
    assert len(week) == len({due.issue for due in week})
    assert {due.moment for due in week} == {due.moment for dues_of_one in alone for due in dues_of_one}
    assert all(abs(len(dues_of_one) - 7) <= 1 for dues_of_one in alone)
    last = found.due_before(moment)
    assert last.moment <= moment < found.due_after(moment).moment
    assert found.missed(moment, moment) == 0
    assert found.missed(last.moment, moment + timedelta(seconds=1)) == 1


def test_of_several_a_day_each_is_an_issue_of_its_own():
    found = digest(at=("06:30", "18:00"))
    assert [due.issue for due in dues(found, utc("2026-11-28T00:00"), utc("2026-11-28T22:00"))] == [
        "2026-11-28T06:30",
        "2026-11-28T18:00",
    ]
    # On demand: the one that was due last, before the first that one
    assert found.issue_of(utc("2026-11-28T03:00")) == "2026-11-28T06:30"
    assert found.issue_of(utc("2026-11-28T12:00")) == "2026-11-28T06:30"
    assert found.issue_of(utc("2026-11-28T20:00")) == "2026-11-28T18:00"
    assert digest().issue_of(utc("2026-11-28T03:00")) == "2026-11-28"
    assert digest(days=("mon",)).issue_of(utc("2026-11-28T03:00")) == "2026-11-28"


@pytest.mark.parametrize(
    ("fields", "fault"),
    [
        ({"at": ["6:30"]}, "write it like 06:30"),
        ({"at": ["24:00"]}, "write it like 06:30"),
        ({"at": ["06:30", "06:30"]}, "twice"),
        ({"days": []}, "at least 1"),
        ({"days": ["saturday"]}, "'sat'"),
        ({"zone": "Mars/North"}, "time zone"),
        ({"minutes": 0.5}, "greater than or equal to 1"),
        ({"greeting": "Hello, {name}."}, "{name}"),
        ({"parts": {"headline": False, "standfirst": False, "key_points": False, "first_paragraphs": 0}}, "nothing"),
        ({"rules": {"most": 0}}, "greater"),
        ({"rules": {"picks": "all"}}, "as_others"),
        ({"transitions": ["x" * 1001]}, "longer"),
    ],
)
def test_settings_that_cannot_be_are_refused(fields, fault):
    with pytest.raises(ValidationError) as caught:
        Digest.model_validate({"slug": "morning", "show": "daily"} | fields)
    assert fault in str(caught.value)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ('[[digests]]\nslug = "m"\nshow = "nobody"\n', "nobody"),
        ('[[digests]]\nslug = "m"\nshow = "daily"\n[digests.rules]\nshows = ["else"]\n', "else"),
        ('[[digests]]\nslug = "m"\nshow = "daily"\n' * 2, "twice"),
    ],
)
def test_digests_are_checked_with_the_newsroom(tmp_path, text, fault):
    (tmp_path / "briefcast.toml").write_text(SHOW + text)
    with pytest.raises(Misconfigured, match="briefcast.toml") as caught:
        load_newsroom(tmp_path / "briefcast.toml")
    assert fault in caught.value.message
