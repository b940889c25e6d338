"""A newsroom with a WordPress, from a save in it to what is heard: polled (with a stand-in), and (long) in the real one,
whose plugin tells of each save.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import feedparser
import pytest
from sqlalchemy import func, select, update

from briefing.following import connections
from briefing.models import ArticleRow, ConnectionRow, RevisionRow, SightingRow, TakeRow
from tests.support.client import client_of
from tests.support.fake_wordpress import fake_wordpress
from tests.support.newsroom import PLAIN, make_place, work_off
from tests.support.processes import wait_for
from tests.support.wordpress import WordPress
from worker.sources import looking_after, polling, wordpress_rest

TEXT = (
    "<!-- wp:paragraph --><p>The ferry runs again from Monday, the harbour board said.</p><!-- /wp:paragraph -->"
    '<!-- wp:shortcode -->[newsletter_signup list="daily"]<!-- /wp:shortcode -->'
    "<!-- wp:paragraph --><p>Crews had stopped work for four days over unpaid overtime.</p><!-- /wp:paragraph -->"
)


class Paper:
    """A newsroom, its WordPress, and its readers."""

    def __init__(self, place, site, client):
        self.place, self.site, self.client = place, site, client

    def poll(self, *, rested=True):
        """Half a minute later; of what was looked at before, ten minutes later where it has `rested`."""
        with self.place.database.writing() as session:
            session.execute(update(ConnectionRow).values(polled_at=datetime.now(UTC) - timedelta(seconds=40)))
            if rested:
                session.execute(update(SightingRow).values(looked_at=datetime.now(UTC) - timedelta(minutes=10)))
            connections.rouse(session, "paper")
        work_off(self.place)

    def audio(self, number):
        return self.client.get(f"/v1/articles/paper/{number}/audio", headers={"Authorization": ""})

    def entries(self):
        feed = self.client.get("/shows/daily/feed.xml", headers={"Authorization": ""})
        return [entry.title for entry in feedparser.parse(feed.content).entries]

    def made(self):
        with self.place.database.reading() as session:
            takes = session.scalar(select(func.count()).select_from(TakeRow))
            return takes, session.scalar(select(func.count()).select_from(RevisionRow))


def newsroom(folder, site):
    toml = PLAIN.replace('slug = "daily"', 'slug = "daily"\nquiet = {seconds = 0}', 1)
    toml += f'\n[[sources]]\nname = "paper"\nkind = "wordpress"\naddress = "{site.address}"\nallow_private = ["{site.host}"]\n'
    place = make_place(folder, toml)
    with place.database.writing() as session:
        # Connected half an hour ago: what is published from now on is news. The stand-in's clock is in May.
        began = (
            datetime.now(UTC) - timedelta(minutes=30)
            if isinstance(site, WordPress)
            else datetime(2026, 5, 1, tzinfo=UTC)
        )
        connections.locked(session, "paper", began)
        secret = connections.rotate_secret(session, "paper", datetime.now(UTC))
    polling.tend(place)
    return place, secret


@pytest.fixture(autouse=True)
def _forgetful(monkeypatch):
    monkeypatch.setattr(wordpress_rest, "_FOUND", {})


@pytest.fixture
def paper(tmp_path):
    with fake_wordpress() as site:
        place, _ = newsroom(tmp_path, site)
        with client_of(place) as client:
            yield Paper(place, site, client)
        place.database.dispose()


def test_what_is_saved_in_wordpress_is_followed_by_polling_alone(paper):
    number = paper.site.publish("Ferry runs again", TEXT, date_gmt="2026-05-12T09:58:00")
    paper.poll()
    assert paper.audio(number).json()["title"] == "Ferry runs again"
    assert paper.entries() == ["Ferry runs again"]
    takes, revisions = paper.made()
    # A poll that finds nothing new makes nothing
    paper.poll()
    assert paper.made() == (takes, revisions)
    # One sentence corrected is one sentence spoken; the shortcode never is
    paper.site.edit(number, content=TEXT.replace("four days", "fourteen days"))
    paper.poll()
    assert paper.made()[0] == takes + 1
    # A password takes it from everybody, and so do the trash and deletion
    paper.site.edit(number, password="secret")
    paper.poll()
    assert (paper.audio(number).status_code, paper.entries()) == (410, [])
    paper.site.edit(number, content=TEXT)
    paper.poll()
    assert paper.audio(number).status_code == 200
    paper.site.delete(number)
    paper.poll()
    assert (paper.audio(number).status_code, paper.entries()) == (410, [])


def test_what_is_taken_back_of_older_posts_is_found_by_the_next_poll(paper, monkeypatch):
    monkeypatch.setattr(looking_after, "_AT_ONCE", 2)
    dated = {"date_gmt": "2026-05-12T09:58:00"}
    deleted, trashed, hidden, kept = [paper.site.publish(f"Ferry {name}", TEXT, **dated) for name in "abcd"]
    paper.poll()
    # Given more that were saved since, and might have audio, than a poll looks at closely
    newer = [paper.site.publish(f"Number {number}", date_gmt="2020-01-01T00:00:00") for number in range(3)]
    paper.poll()
    with paper.place.database.writing() as session:
        session.add_all(ArticleRow(source="paper", id=one) for one in newer)
    assert [paper.audio(one).status_code for one in (deleted, trashed, hidden, kept)] == [200] * 4
    # When older ones are taken back, and no webhook tells of it, and all were looked at just now
    paper.site.delete(deleted)
    paper.site.trash(trashed)
    paper.site.edit(hidden, status="private")
    paper.site.asked.clear()
    paper.poll(rested=False)
    # Then the next poll withdraws them, by few questions and no other story
    assert [paper.audio(one).status_code for one in (deleted, trashed, hidden, kept)] == [410, 410, 410, 200]
    assert len(paper.site.asked) < 10


def test_a_site_that_is_ill_takes_nothing_away(paper):
    number = paper.site.publish("Ferry runs again", TEXT, date_gmt="2026-05-12T09:58:00")
    paper.poll()
    for fault in ((503, "text/html", b"busy"), (401, "application/json", b'{"code": "rest_login_required"}'),
                  (404, "text/html", b"moved"), (200, "text/html", b"parked")):  # fmt: skip
        paper.site.fault = fault
        paper.poll()
        assert paper.audio(number).status_code == 200


@pytest.mark.long
def test_a_save_in_the_real_wordpress_is_heard_by_its_webhook_within_seconds(tmp_path):
    # Given a Briefcast that is connected to a real WordPress with our plugin, and never polls in this test
    site = WordPress(tmp_path)
    place, secret = newsroom(tmp_path, site)
    work_off(place)
    with client_of(place) as client:
        paper = Paper(place, site, client)
        try:
            site.start(str(client.base_url).rstrip("/"), secret)

            def heard(number, status):
                def is_so():
                    work_off(place)
                    return paper.audio(number).status_code == status

                wait_for(is_so, f"{number} to answer {status}")

            # When a post is published, edited, protected, opened, trashed / Then each is followed
            number = site.publish("Ferry runs again", TEXT)
            heard(number, 200)
            assert paper.entries() == ["Ferry runs again"]
            takes, _ = paper.made()
            site.edit(number, content=TEXT.replace("four days", "fourteen days"))
            wait_for(lambda: work_off(place) is None or paper.made()[0] == takes + 1, "the correction")
            site.edit(number, password="secret")
            heard(number, 410)
            site.edit(number, password="")
            heard(number, 200)
            site.trash(number)
            heard(number, 410)
            assert paper.entries() == []
        finally:
            site.end()
    place.database.dispose()
