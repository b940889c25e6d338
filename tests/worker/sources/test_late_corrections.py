"""Corrections of a CMS that are told late, along with something else, or where an old process saw them first."""

from __future__ import annotations

import json
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from itertools import count

import pytest
from sqlalchemy import update

from briefing.articles.addresses import address_id
from briefing.following import connections
from briefing.models import ConnectionRow, SightingRow
from tests.support.answering import answering
from tests.support.client import client_of
from tests.support.corrected import kinds, leads_to, quiet_is_over, send
from tests.support.fake_wordpress import fake_wordpress
from tests.support.newsroom import ARTICLE, PLAIN, make_place, work_off
from tests.support.paper import STRANGER
from worker.sources import feed, polling, wordpress_rest

TEXT = "<p>The harbour board said so.</p><p>Crews had stopped work for four days.</p>"


@contextmanager
def followed(tmp_path, kind, site, address):
    """Yield an installation whose source "paper" of that kind is polled, with a client and a secret for webhooks."""
    quiet = PLAIN.replace('slug = "daily"', 'slug = "daily"\nquiet = {seconds = 0}', 1)
    named = f'name = "paper"\nkind = "{kind}"\naddress = "{address}"\nallow_private = ["{site.host}"]\n'
    place = make_place(tmp_path, f"{quiet}\n[[sources]]\n{named}")
    with place.database.writing() as session:
        connections.locked(session, "paper", datetime(2026, 5, 1, tzinfo=UTC))
        secret = connections.rotate_secret(session, "paper", datetime.now(UTC))
    polling.tend(place)
    with client_of(place) as client:
        yield place, client, secret
    place.database.dispose()


def poll(place):
    """Have the next poll be due, and all be done."""
    with place.database.writing() as session:
        session.execute(update(ConnectionRow).values(polled_at=datetime.now(UTC) - timedelta(hours=1)))
        connections.rouse(session, "paper")
    work_off(place)


def message(kind, article, **data):
    return json.dumps({"type": f"article.{kind}", "data": {"id": article} | data}).encode()


def address_of(client, article, source="paper"):
    return client.get(f"/v1/articles/{source}/{article}/audio", headers=STRANGER).json()["url"]


@pytest.mark.parametrize("now_says", [{"note": "Fourteen days it was."}, None])
def test_a_webhook_that_comes_late_does_not_bring_back_what_the_cms_says_no_more(tmp_path, monkeypatch, now_says):
    monkeypatch.setattr(wordpress_rest, "_FOUND", {})
    with fake_wordpress() as site, followed(tmp_path, "wordpress", site, site.address) as (place, client, secret):
        number = site.publish("Ferry", TEXT, date_gmt="2026-05-12T09:58:00")
        poll(place)
        # Given a correction whose webhook is lost, and then a save that says another, or none any more
        old = {"note": "Twelve days it was."}
        site.edit(number, content=TEXT.replace("four", "fourteen"), briefcast_correction=now_says)
        send(
            client, secret, message("updated", number, **({"correction": now_says} if now_says else {})), "m1", "paper"
        )
        work_off(place)
        told, live = kinds(client, place), address_of(client, number)
        assert told == ["correction" if now_says else "update", "first"]
        # When the first of them comes after all / Then it corrects nothing
        send(client, secret, message("updated", number, correction=old), "m0", "paper")
        work_off(place)
        assert kinds(client, place) == told
        assert address_of(client, number) == live


@contextmanager
def told_of(tmp_path):
    """Yield an installation whose source cannot be asked, with a story that is live, a client and a teller of it."""
    place = make_place(tmp_path)
    story = tmp_path / "articles" / "ferry.md"
    story.write_text(ARTICLE)
    with place.database.writing() as session:
        secret = connections.rotate_secret(session, "desk", datetime.now(UTC))
    with client_of(place) as client:
        send(client, secret, message("published", "ferry"), "m1")
        work_off(place)
        story.write_text(ARTICLE.replace("four days", "fourteen days"))

        numbers = count(2)

        def tell(*messages):
            for body in messages:
                send(client, secret, body, f"m{next(numbers)}")
            quiet_is_over(place)

        yield place, client, tell
    place.database.dispose()


@pytest.mark.parametrize("order", [1, -1])
def test_for_whom_a_story_is_hides_no_correction_that_is_told_before_anybody_looked(tmp_path, order):
    with told_of(tmp_path) as (place, client, tell):
        first = address_of(client, "ferry", "desk")
        corrects = message("updated", "ferry", correction={"note": "Fourteen."})
        tell(*[corrects, message("visibility", "ferry", visibility="public")][::order])
        assert kinds(client, place) == ["correction", "first"]
        assert leads_to(client, first) == leads_to(client, address_of(client, "ferry", "desk")) != ""


@pytest.mark.parametrize("order", [1, -1])
def test_a_save_hides_not_for_whom_a_story_is_that_is_told_before_anybody_looked(tmp_path, order):
    with told_of(tmp_path) as (_, client, tell):
        tell(*[message("updated", "ferry"), message("visibility", "ferry", visibility="members")][::order])
        assert client.get("/v1/articles/desk/ferry/audio", headers=STRANGER).json()["access"] == "preview"


def test_for_whom_a_story_is_brings_back_nothing_that_its_cms_unpublished(tmp_path):
    with told_of(tmp_path) as (_, client, tell):
        asked = "/v1/articles/desk/ferry/audio"
        tell(message("unpublished", "ferry"))
        assert client.get(asked, headers=STRANGER).status_code == 410
        tell(message("visibility", "ferry", visibility="members"))
        assert client.get(asked, headers=STRANGER).status_code == 410
        # But what was said then counts when it is published again
        tell(message("published", "ferry"))
        assert client.get(asked, headers=STRANGER).json()["access"] == "preview"


def test_for_whom_a_story_is_hides_no_save_of_which_no_webhook_told(tmp_path, monkeypatch):
    monkeypatch.setattr(wordpress_rest, "_FOUND", {})
    with fake_wordpress() as site, followed(tmp_path, "wordpress", site, site.address) as (place, client, secret):
        number = site.publish("Ferry", TEXT, date_gmt="2026-05-12T09:58:00")
        poll(place)
        site.edit(number, content=TEXT.replace("four", "fourteen"))
        send(client, secret, message("visibility", number, visibility="public"), "m1", "paper")
        quiet_is_over(place)
        assert kinds(client, place) == ["update", "first"]


def rss(site, words, minute):
    item = (
        f"<item><title>Ferry</title><link>{site.address}/ferry</link>"
        f"<pubDate>{format_datetime(datetime(2026, 5, 12, 9, minute, tzinfo=UTC))}</pubDate><content:encoded>"
        f"<![CDATA[{TEXT.replace('four', words)}{'<p>The ferry runs again from Monday.</p>' * 20}]]></content:encoded></item>"
    )
    return f'<rss xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel>{item}</channel></rss>'


def test_a_correction_without_a_note_is_another_after_a_save_without_one_in_feeds_too(tmp_path, monkeypatch):
    monkeypatch.setattr(feed, "_KEPT", type(feed._KEPT)())
    with answering() as site, followed(tmp_path, "feed", site, f"{site.address}/feed") as (place, client, secret):
        article = address_id(f"{site.address}/ferry")
        site.put("/feed", rss(site, "four", 1), "text/xml")
        poll(place)
        # When saves are told of, one that corrects, one that does not, another that does
        for number, more in enumerate([{"correction": {}}, {}, {"correction": {}}], start=2):
            site.put("/feed", rss(site, ["five", "six", "seven"][number - 2], number), "text/xml")
            send(client, secret, message("updated", article, **more), f"m{number}", "paper")
            work_off(place)
        # Then there are two corrections
        assert kinds(client, place) == ["correction", "update", "correction", "first"]


def test_a_webhook_that_comes_late_brings_no_correction_to_a_later_save_in_feeds(tmp_path, monkeypatch):
    monkeypatch.setattr(feed, "_KEPT", type(feed._KEPT)())
    with answering() as site, followed(tmp_path, "feed", site, f"{site.address}/feed") as (place, client, secret):
        article = address_id(f"{site.address}/ferry")
        for minute, words in ((1, "four"), (2, "five"), (3, "six")):
            site.put("/feed", rss(site, words, minute), "text/xml")
            poll(place)
        live = address_of(client, article)
        # When the webhook of the second comes after the third was seen
        at = "2026-05-12T09:02:00Z"
        send(client, secret, message("updated", article, updated_at=at, correction={"note": "Five."}), "m1", "paper")
        quiet_is_over(place)
        assert kinds(client, place) == ["update", "update", "first"]
        assert address_of(client, article) == live


@pytest.mark.parametrize("days", [0, 2])
def test_a_correction_that_an_old_worker_took_for_an_update_is_found_by_the_next_poll(tmp_path, monkeypatch, days):
    monkeypatch.setattr(wordpress_rest, "_FOUND", {})
    with fake_wordpress() as site, followed(tmp_path, "wordpress", site, site.address) as (place, client, _):
        saved = datetime.now(UTC).replace(microsecond=0) - timedelta(days=days, minutes=20)
        number = site.publish("Ferry", TEXT, date_gmt="2026-05-12T09:58:00")
        poll(place)
        first = address_of(client, number)
        # Given a worker of before, which wrote down a save that corrects as one like any other, and went on
        box = {"note": "Fourteen days it was."}
        site.edit(number, content=TEXT.replace("four", "fourteen"), modified_gmt=f"{saved:%Y-%m-%dT%H:%M:%S}")
        poll(place)
        site.posts[number]["briefcast_correction"] = box
        with place.database.writing() as session:
            session.execute(update(ConnectionRow).values(cursor=saved + timedelta(minutes=10)))
            session.execute(update(SightingRow).values(looked_at=datetime.now(UTC) - timedelta(hours=1)))
        assert kinds(client, place) == ["update", "first"]
        # When it is polled by one of this release / Then nothing is told today of what was tagged days ago
        poll(place)
        if days:
            assert kinds(client, place) == ["update", "first"]
            return
        # And otherwise what was wrong leads to what is right, and once
        live = address_of(client, number)
        assert leads_to(client, first) == leads_to(client, live)
        poll(place)
        assert (kinds(client, place)[0], kinds(client, place).count("correction")) == ("correction", 1)
        assert address_of(client, number) == live
