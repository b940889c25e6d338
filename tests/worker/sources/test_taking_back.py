"""What its CMS takes back comes back when it is published there again; what an editor withdrew does not."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from briefing.following import noticing
from briefing.following.noticing import Desk
from briefing.following.sightings import Seen
from tests.support import digests
from tests.support.asking import ask, briefing_row
from tests.support.client import client_of
from tests.support.newsroom import PLAIN, make_place, work_off

DESK = Desk("desk", "silence", datetime(2026, 1, 1, tzinfo=UTC))
TWO_SHOWS = PLAIN.replace('publish = "hold"\n', "")


@pytest.fixture
def place(tmp_path):
    place = make_place(tmp_path, TWO_SHOWS)
    yield place
    place.database.dispose()


class Cms:
    """Publishes one story, and takes it back."""

    def __init__(self, place):
        self._place, self._now = place, datetime.now(UTC)

    def says(self, state, name="ferry"):
        self._now += timedelta(seconds=1)
        with self._place.database.writing() as session:
            noticing.notice(session, DESK, Seen(id=name, state=state, updated_at=self._now), self._now)
        work_off(self._place)


def withdraw(place, briefing):
    with client_of(place) as client:
        client.post(f"/v1/briefings/{briefing}/retract").raise_for_status()
    work_off(place)


def is_heard(place, briefing):
    return briefing_row(place, briefing).heard is not None


def test_what_its_cms_took_back_is_heard_again_in_every_show(place, tmp_path):
    stories = [digests.publish(place, tmp_path, "ferry", show=show) for show in ("daily", "held")]
    cms = Cms(place)
    for state, heard in (("published", True), ("gone", False), ("published", True), ("gone", False)):
        cms.says(state)
        assert [is_heard(place, story) for story in stories] == [heard, heard]
    # But where an editor withdraws what its CMS has taken back, that is the last word
    withdraw(place, stories[0])
    cms.says("published")
    assert [is_heard(place, story) for story in stories] == [False, True]


@pytest.mark.parametrize("elsewhere", ["another show", "a collection"])
def test_what_an_editor_withdrew_does_not_come_back_with_what_was_heard_elsewhere(place, tmp_path, elsewhere):
    # Given a story that is heard elsewhere too, and that an editor withdrew
    story = digests.publish(place, tmp_path, "ferry")
    cms = Cms(place)
    cms.says("published")
    if elsewhere == "another show":
        other = digests.publish(place, tmp_path, "ferry", show="held")
    else:
        digests.publish(place, tmp_path, "vote")
        other, _, _ = ask(place, "ferry", "vote", now=datetime.now(UTC))
        work_off(place)
    withdraw(place, story)
    assert (is_heard(place, story), is_heard(place, other)) == (False, True)
    # When its CMS takes it back and publishes it again
    cms.says("gone")
    assert not is_heard(place, other)
    cms.says("published")
    # Then what the editor withdrew stays withdrawn
    assert (is_heard(place, story), is_heard(place, other)) == (False, elsewhere == "another show")
