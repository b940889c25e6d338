"""Issues of digests when a story of theirs is taken back: in its CMS too, and where editors hold the issue."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from briefing.following import noticing
from briefing.following.noticing import Desk
from briefing.following.sightings import Seen
from briefing.going_live import editions
from briefing.models import AuditRow, StepRow
from briefing.requesting import asking
from tests.support import digests
from tests.support.asking import briefing_row
from tests.support.newsroom import make_place, work_off

DESK = Desk("desk", "silence", datetime(2026, 1, 1, tzinfo=UTC))


@pytest.fixture
def place(tmp_path):
    place = make_place(tmp_path, digests.NEWSROOM)
    yield place
    place.database.dispose()


def take_back_in_cms(place, name):
    """Have a story unpublished in its CMS; return what was done."""
    now = datetime.now(UTC)
    with place.database.writing() as session:
        return noticing.notice(session, DESK, Seen(id=name, state="gone", updated_at=now), now)


def retract(place, briefing):
    with place.database.writing() as session:
        asking.retract(session, briefing, datetime.now(UTC))


def is_looked_after(place):
    """Whether nothing is to be done for an issue any more."""
    with place.database.reading() as session:
        open_ones = select(StepRow.id).where(StepRow.kind == "digest", StepRow.state.in_(["ready", "leased"]))
        rows = session.scalars(open_ones.where(StepRow.id.not_in([row.id for row in digests.waiting(place)]))).all()
    return not rows


def headlines(place, briefing):
    return [words for role, words in digests.told(digests.live(place, briefing)) if role == "headline"]


def test_an_issue_is_made_again_without_the_story_that_its_cms_took_back(place, tmp_path):
    for name in ("ferry", "vote"):
        digests.publish(place, tmp_path, name)
    today = digests.make(place)
    guid, first = digests.guid(place, today), digests.live(place, today)
    # When its CMS takes one of two stories back / Then it is heard again under the same guid, without that story
    assert take_back_in_cms(place, "vote") == "withdrawn"
    digests.work_until(place, lambda: is_looked_after(place))
    digests.work_until_live(place, today)
    assert (headlines(place, today), digests.guid(place, today)) == (["About ferry"], guid)
    assert digests.live(place, today).number == first.number + 1
    assert place.files.storage.read(f"audio/{first.audio_sha256}.mp3") is None
    # And of nothing else there is none
    assert take_back_in_cms(place, "ferry") == "withdrawn"
    digests.work_until(place, lambda: is_looked_after(place))
    work_off(place)
    assert digests.live(place, today) is None
    assert digests.newest(place, today).state == "retracted"


def hold(session, briefing):
    editions.hold(session, briefing, "anna", datetime.now(UTC))


def schedule(session, briefing):
    editions.schedule(session, briefing, datetime.now(UTC) + timedelta(hours=6), "anna", datetime.now(UTC))


@pytest.mark.parametrize("said", [hold, schedule])
def test_what_an_editor_said_of_an_issue_outlives_a_story_that_is_withdrawn(place, tmp_path, said):
    stories = {name: digests.publish(place, tmp_path, name) for name in ("ferry", "vote")}
    # Given an issue that anna holds, or has set for later
    today = digests.demand(place)
    with place.database.writing() as session:
        said(session, today)
    work_off(place)
    before = digests.newest(place, today)
    row = briefing_row(place, today)
    meant = (row.held_by, row.scheduled_at, row.scheduled_by)
    assert before.state == "held"
    # When a story of it is withdrawn
    retract(place, stories["vote"])
    digests.work_until(place, lambda: is_looked_after(place))
    work_off(place)
    # Then it is made again without it, and waits as before
    again = digests.newest(place, today)
    assert (again.number, again.state) == (before.number + 1, "held")
    assert "About vote" not in [words for _, words in digests.told(again)]
    row = briefing_row(place, today)
    assert (row.held_by, row.scheduled_at, row.scheduled_by) == meant
    with place.database.reading() as session:
        audited = session.scalars(select(AuditRow).where(AuditRow.briefing_id == today)).all()
        assert [(row.action, row.by, row.detail) for row in audited] == [("retract", "digest", "desk:vote")]
    # And where no story is left nothing waits for anybody
    retract(place, stories["ferry"])
    digests.work_until(place, lambda: is_looked_after(place))
    row = briefing_row(place, today)
    assert (row.held_by, row.scheduled_at) == (None, None)
    assert digests.newest(place, today).state == "superseded"
