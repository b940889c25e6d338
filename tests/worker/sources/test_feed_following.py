"""A newsroom that follows a feed: what is in it is heard, an edit without a date too, and leaving it withdraws nothing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from sqlalchemy import func, select, update

from briefing.articles.addresses import address_id
from briefing.following import connections
from briefing.models import ConnectionRow, StepRow, TakeRow
from tests.support.answering import answering
from tests.support.cleaning import BOARD, FERRY
from tests.support.client import client_of
from tests.support.newsroom import PLAIN, make_place, work_off
from worker.sources import feed, polling


@pytest.fixture(autouse=True)
def _forgetful(monkeypatch):
    monkeypatch.setattr(feed, "_KEPT", type(feed._KEPT)())


def rss(site, text, published):
    item = (
        f"<item><title>Ferry</title><link>{site.address}/ferry</link><pubDate>{format_datetime(published)}</pubDate>"
        f"<content:encoded><![CDATA[{text}]]></content:encoded></item>"
    )
    return (
        f'<rss xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel>{item if text else ""}</channel></rss>'
    )


def test_an_item_is_heard_edited_and_stays_when_it_leaves_the_feed(tmp_path):
    with answering() as site:
        quiet = PLAIN.replace('slug = "daily"', 'slug = "daily"\nquiet = {seconds = 0}', 1)
        toml = f'{quiet}\n[[sources]]\nname = "wire"\nkind = "feed"\naddress = "{site.address}/feed"\nallow_private = ["{site.host}"]\n'
        place, now = make_place(tmp_path, toml), datetime.now(UTC)
        with place.database.writing() as session:
            connections.locked(session, "wire", now - timedelta(minutes=30))
        polling.tend(place)

        def poll(text, published=now - timedelta(minutes=10)):
            site.put("/feed", rss(site, text, published), "text/xml")
            with place.database.writing() as session:
                session.execute(update(ConnectionRow).values(polled_at=datetime.now(UTC) - timedelta(hours=1)))
                connections.rouse(session, "wire")
            work_off(place)
            with place.database.reading() as session:
                return session.scalar(select(func.count()).select_from(TakeRow))

        text = f"<p>{FERRY}</p><p>{BOARD}</p><p>{' '.join([FERRY, BOARD] * 2)}</p>"
        with client_of(place) as client:
            audio = f"/v1/articles/wire/{address_id(f'{site.address}/ferry')}/audio"
            takes = poll(text)
            assert client.get(audio).json()["title"] == "Ferry"
            # Nothing new makes nothing; a paragraph that changed is one that is spoken
            assert poll(text) == takes
            assert (
                poll(text.replace(f"<p>{BOARD}</p>", "<p>Nobody on the board would say what it had cost.</p>"))
                == takes + 1
            )
            # Something dated next year keeps nothing that comes before then from being seen
            coming = now + timedelta(days=365)
            assert poll(text.replace("over", "across"), published=coming) > takes + 1
            with place.database.reading() as session:
                assert session.scalar(select(ConnectionRow.cursor)) < now + timedelta(hours=1)
            takes = poll("")
            assert client.get(audio).status_code == 200
        place.database.dispose()


def test_an_edit_that_only_its_hash_shows_waits_for_further_ones(tmp_path):
    with answering() as site:
        named = f'name = "wire"\nkind = "feed"\naddress = "{site.address}/feed"\nallow_private = ["{site.host}"]\n'
        place, now = make_place(tmp_path, f"{PLAIN}\n[[sources]]\n{named}"), datetime.now(UTC)
        with place.database.writing() as session:
            connections.locked(session, "wire", now - timedelta(days=3))
        polling.tend(place)

        def poll(text):
            site.put("/feed", rss(site, text, now - timedelta(days=2)), "text/xml")
            with place.database.writing() as session:
                session.execute(update(ConnectionRow).values(polled_at=datetime.now(UTC) - timedelta(hours=1)))
                connections.rouse(session, "wire")
            work_off(place)
            with place.database.reading() as session:
                waiting = select(StepRow.not_before).where(StepRow.kind == "prepare", StepRow.state == "ready")
                return session.scalar(select(func.count()).select_from(TakeRow)), session.scalars(waiting).all()

        # Given a story that was published two days ago, in a feed that says of no item when it was changed
        text = f"<p>{FERRY}</p><p>{BOARD}</p><p>{' '.join([FERRY, BOARD] * 2)}</p>"
        takes, waiting = poll(text)
        assert takes > 0
        assert waiting == [], "what is new waits for nothing"
        # When it is edited twice / Then nothing is spoken yet, and one look is to be had when the edits are over
        for words in ("Nobody on the board would say.", "Nobody on the board would say what it had cost."):
            now_takes, waiting = poll(text.replace(f"<p>{BOARD}</p>", f"<p>{words}</p>"))
            assert now_takes == takes
            assert [at > now.timestamp() + 20 for at in waiting] == [True]
        place.database.dispose()
