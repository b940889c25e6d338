"""A scheduled post's audio, by the clock itself: not before its CMS has published it, and soon after, asked or not.

The moments are a few seconds ahead and are waited for. Neither webhooks nor polls help at the moment: that it is looked
at then is the look's own doing.
"""

from __future__ import annotations

import ssl
from datetime import UTC, datetime, timedelta

import pytest
import trustme
from sqlalchemy import select

from briefing.following import connections
from briefing.models import StepRow
from briefing.states import StepKind
from tests.support.client import client_of
from tests.support.fake_wordpress import fake_wordpress
from tests.support.ghost import ghost
from tests.support.newsroom import PLAIN, make_place, work_off
from tests.support.paper import EVENTS, Paper, connected, newsroom
from tests.support.processes import wait_for
from worker.sources import polling, wordpress_rest

HELD = {"held", "superseded", "unchanged"}


def moment(seconds):
    """A whole second so far ahead, and on this day, whose date may be spoken."""
    now = datetime.now(UTC).replace(microsecond=0)
    return min(now + timedelta(seconds=seconds), now.replace(hour=23, minute=59, second=59))


def live_from(paper, identity, due, publish):
    """Work until the post is heard, its CMS publishing it when the clock reaches `due`."""
    published = False

    def is_heard():
        nonlocal published
        if not published and datetime.now(UTC) >= due:
            publish()
            published = True
        work_off(paper.place)
        heard = paper.audio(identity).status_code == 200
        assert published or not heard, "before its moment"
        return heard

    assert paper.audio(identity).status_code == 404
    wait_for(is_heard, "the post to be heard")
    assert datetime.now(UTC) >= due


def next_look(paper):
    """When the source's step comes again, in seconds since the epoch."""
    return paper.one(select(StepRow.not_before).where(StepRow.kind == StepKind.POLL, StepRow.state == "ready"))


def test_a_post_scheduled_in_ghost_is_live_at_its_second_and_rescheduling_speaks_nothing(tmp_path):
    with ghost() as site:
        place = make_place(tmp_path, newsroom(site, poll=3600))
        connected(place)
        with client_of(place) as client:
            paper = Paper(place, site, client)
            paper.begin()
            paper.hook(*EVENTS, "post.rescheduled")
            # Given a post that is scheduled, and narrated beforehand
            identity = site.add(status="draft")
            site.edit(identity, status="scheduled", published_at=f"{moment(90):%Y-%m-%dT%H:%M:%S}.000Z")
            work_off(place)
            assert set(paper.states()) == {"held"}
            takes, _ = paper.made()
            # When it is set for a few seconds from now / Then nothing is spoken again, and that second is looked at
            due = moment(6)
            site.edit(identity, published_at=f"{due:%Y-%m-%dT%H:%M:%S}.000Z")
            work_off(place)
            assert set(paper.states()) <= HELD
            assert next_look(paper) < due.timestamp() + 2
            # When the clock reaches it, and its webhook is lost / Then it is heard, and no sooner
            site.deaf = True
            live_from(paper, identity, due, lambda: site.edit(identity, status="published"))
            assert paper.made()[0] == takes
        place.database.dispose()


@pytest.fixture
def secure(monkeypatch):
    """A WordPress over TLS, its certificate believed: a password goes nowhere else."""
    monkeypatch.setattr(wordpress_rest, "_FOUND", {})
    authority = trustme.CA()
    believed = ssl.create_default_context()
    authority.configure_trust(believed)
    monkeypatch.setattr("briefing.outside.reaching.trust", lambda: believed)
    with fake_wordpress(authority.issue_cert("127.0.0.1")) as site:
        yield site


def test_a_post_scheduled_in_wordpress_is_live_at_its_second_and_rescheduling_speaks_nothing(tmp_path, secure):
    site, form = secure, "%Y-%m-%dT%H:%M:%S"
    quiet = PLAIN.replace('slug = "daily"', 'slug = "daily"\nquiet = {seconds = 0}', 1)
    source = f'name = "paper"\nkind = "wordpress"\naddress = "{site.address}"\nallow_private = ["{site.host}"]\n'
    source += f'user = "editor"\npassword = "{site.password}"\nunpublished = true\npoll = 3600\n'
    place = make_place(tmp_path, f"{quiet}\n[[sources]]\n{source}")
    with place.database.writing() as session:
        connections.locked(session, "paper", datetime(2026, 5, 1, tzinfo=UTC))
    polling.tend(place)
    with client_of(place) as client:
        paper = Paper(place, site, client)

        def told(number):
            """As the plugin's webhook has it."""
            with place.database.writing() as session:
                connections.look_at(session, "paper", number)
                connections.rouse(session, "paper")
            work_off(place)

        number = site.publish("Ferry runs again", status="future", date_gmt=moment(90).strftime(form))
        told(number)
        assert set(paper.states()) == {"held"}
        takes, _ = paper.made()
        due = moment(6)
        site.edit(number, date_gmt=due.strftime(form))
        told(number)
        assert set(paper.states()) <= HELD
        assert next_look(paper) < due.timestamp() + 2
        live_from(paper, number, due, lambda: site.edit(number, status="publish"))
        assert paper.made()[0] == takes
    place.database.dispose()
