"""Answers that are kept: true at every moment, and put together only when something has changed."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest
from sqlalchemy import JSON

from api import shown
from api.shown import Shown
from briefing import revisions
from briefing.accounts.keys import Scope
from briefing.models import BriefingRow, RevisionRow, StepRow
from briefing.requesting import asking
from briefing.speech import Casting
from briefing.states import Queue, RevisionState
from briefing.values import ArticleRef
from tests.support.client import client_of, make_key

NOW = datetime(2026, 5, 1, tzinfo=UTC)


@pytest.fixture
def briefing(place):
    """A briefing whose first revision is being prepared."""
    wanted = asking.Wanted(
        show="daily",
        kind="story",
        articles=(ArticleRef(source="desk", id="ferry"),),
        casting=Casting(body="silence"),
        queue=Queue.INTERACTIVE,
        requested_by="tests",
    )
    with place.database.writing() as session:
        revision, _ = asking.request(session, wanted, NOW)
        return revision.briefing_id


class Asked:
    """Asks for the answer about a briefing, and counts how often it was put together."""

    def __init__(self, place, briefing, clock=lambda: 0.0):
        self.made = 0
        self._place, self._briefing, self._shown = place, briefing, Shown(clock)

    def __call__(self):
        with self._place.database.reading() as session:
            return self._shown.get(session, self._briefing, self._make)

    def _make(self):
        self.made += 1
        return str(self.made).encode(), True


def change(place, **values):
    with place.database.writing() as session:
        revision = session.query(RevisionRow).one()
        for name, value in values.items():
            setattr(revision, name, value)


def test_what_has_not_changed_is_not_put_together_again(place, briefing):
    asked = Asked(place, briefing)
    assert [asked(), asked(), asked()] == [b"1"] * 3


@pytest.mark.parametrize(
    "values",
    [
        {"state": "speaking"},
        {"prepared_at": NOW},
        {"chunks_left": 7},
        {"spoken_s": 1.5},
        {"master_key": None, "asked_again": True},
        {"verification": {"state": "verified"}},
        {"fallbacks": [{"voice": "joe"}]},
        {"error_code": "article_empty"},
    ],
)
def test_what_has_changed_shows_at_once(place, briefing, values):
    asked = Asked(place, briefing)
    asked()
    change(place, **values)
    assert asked() == b"2"


def test_a_newer_revision_and_what_goes_live_show_at_once(place, briefing):
    asked = Asked(place, briefing)
    asked()
    with place.database.writing() as session:
        row = session.get_one(BriefingRow, briefing)
        revisions.record(
            session, row, Casting(body="silence"), Queue.BULK, revisions.MAKE, revisions.Asker("tests"), NOW
        )
    assert asked() == b"2"
    with place.database.writing() as session:
        session.get_one(BriefingRow, briefing).live_revision = 1
    assert asked() == b"3"


def test_a_look_that_ended_unchanged_is_not_the_newest(place, briefing):
    asked = Asked(place, briefing)
    asked()
    with place.database.writing() as session:
        row = session.get_one(BriefingRow, briefing)
        look = revisions.record(
            session, row, Casting(body="silence"), Queue.BULK, revisions.LOOK, revisions.Asker("tests"), NOW
        )
        look.state = RevisionState.UNCHANGED.value
    assert asked() == b"1"


def test_settings_show_after_a_while(place, briefing):
    now = [0.0]
    asked = Asked(place, briefing, lambda: now[0])
    asked()
    now[0] = 6.0
    assert asked() == b"2"


def test_what_it_waits_for_is_told_as_it_is_now(place, briefing, client):
    # Given a revision that waits for a quiet period / When that is put back, and then over / Then each answer says so
    def told(not_before):
        with place.database.writing() as session:
            session.query(StepRow).one().not_before = not_before
        return client.get(f"/v1/briefings/{briefing}").json()["revision"]["waiting"]

    soon, later = NOW.replace(year=2096).timestamp(), NOW.replace(year=2097).timestamp()
    assert told(soon)["code"] == "quiet_period"
    assert told(later)["until"].startswith("2097")
    assert told(None) is None


def test_memory_is_bounded(place, briefing, monkeypatch):
    monkeypatch.setattr(shown, "_MOST", 1)
    answers = Shown()
    with place.database.reading() as session:
        answers.get(session, briefing, lambda: (b"kept", True))
        assert answers.get(session, "none", lambda: (b"made", True)) == b"made"
        assert answers.get(session, briefing, lambda: (b"anew", True)) == b"kept"
    assert len(answers._kept) == 1


def test_every_column_that_may_change_alone_is_looked_at():
    # A column of a revision is looked at unless it is named as large; of those, none is what callers are shown alone.
    asked = set(re.findall(r"revisions\.(\w+)", str(shown._MARK)))
    columns = RevisionRow.table().c
    assert {column.name for column in columns if column.name not in asked} == set(shown._LARGE)
    assert all(isinstance(columns[name].type, JSON) for name in shown._LARGE)


def told(client, path, key, scheme):
    """What an answer says, and what does not differ from one request to the next; the route answers other schemes."""
    answer = client.get(path, headers={"Authorization": f"{scheme} {key}"})
    fixed = {name: value for name, value in answer.headers.items() if name not in {"date", "x-request-id", "ratelimit"}}
    return answer.status_code, answer.content, fixed, answer.headers.get("ratelimit", "").partition(";r=")[0]


def test_the_short_way_to_a_status_answers_as_the_route_does(place, briefing):
    reader, stranger, nobody = make_key(place, Scope.READ), make_key(place, Scope.GENERATE), f"bc_00000000_{'x' * 43}"
    with client_of(place) as client:
        found = []
        for key, name in ((reader, briefing), (reader, "0" * 16), (stranger, briefing), (nobody, briefing)):
            short, routed = (told(client, f"/v1/briefings/{name}", key, scheme) for scheme in ("Bearer", "bearer"))
            assert short == routed
            found.append(short[0])
        assert found == [200, 404, 403, 401]
        assert 'route="/v1/briefings/{briefing_id}",status="403"} 2.0' in client.get("/metrics").text
