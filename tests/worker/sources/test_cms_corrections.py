"""A correction that a CMS says: by an internal tag of Ghost, a box of WordPress's plugin, a webhook; and that it counts once."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from sqlalchemy import update

from briefing.following import connections
from briefing.following.hooks import HookRefused, read_standard
from briefing.models import ConnectionRow
from tests.support.client import client_of
from tests.support.corrected import briefing_of, kinds, leads_to, quiet_is_over, send
from tests.support.fake_wordpress import fake_wordpress
from tests.support.newsroom import ARTICLE, PLAIN, make_place, work_off
from tests.support.paper import STRANGER, open_paper
from worker.sources import polling, wordpress_rest

DATA = Path(__file__).parents[2] / "data" / "cms"
TAG = json.loads((DATA / "ghost" / "correction_tag.json").read_text())
BOX = json.loads((DATA / "wordpress" / "correction.json").read_text())
TOLD = (DATA / "standard" / "correction.json").read_bytes().strip()

WRONG, RIGHT = "four days", "fourteen days"


@pytest.fixture
def paper(tmp_path):
    with open_paper(tmp_path) as paper:
        yield paper


def saved(paper, identity, words, *tags):
    """Save a post in Ghost and have all of it done; return the MP3's address."""
    html = f"<p>The ferry runs again from Monday, the harbour board said.</p><p>Crews had stopped work for {words}.</p>"
    paper.site.edit(identity, html=html, tags=["Harbour", *tags])
    work_off(paper.place)
    return paper.audio(identity).json()["url"]


def test_ghosts_tag_makes_the_save_that_brings_it_a_correction_and_no_other(paper):
    paper.begin()
    paper.hook()
    identity = paper.site.add(html=f"<p>Crews had stopped work for {WRONG}, the harbour board said.</p>")
    work_off(paper.place)
    first = paper.audio(identity).json()["url"]
    # When an update, and then a correction is saved / Then what was wrong leads to what is right, and the page says so
    second = saved(paper, identity, "five days")
    assert leads_to(paper.client, first) == urlsplit(first).path
    third = saved(paper, identity, RIGHT, TAG["name"])
    assert leads_to(paper.client, first) == leads_to(paper.client, second) == urlsplit(third).path
    assert kinds(paper.client, paper.place) == ["correction", "update", "first"]
    page = paper.get(f"/briefings/{briefing_of(paper.place)}/history").text
    assert "Corrected" in page
    assert "corrected on" in paper.audio(identity).json()["correction"]
    # When it is edited on, the tag still there / Then that is an update
    fourth = saved(paper, identity, "fifteen days", TAG["name"])
    assert leads_to(paper.client, third) == urlsplit(third).path
    # When the tag is taken off, nothing is made; when it comes again, lost by its webhook, it is another correction
    made = paper.made()
    paper.site.edit(identity, tags=["Harbour"])
    work_off(paper.place)
    assert paper.made() == made
    paper.site.deaf = True
    saved(paper, identity, "sixteen days", TAG["name"])
    assert paper.audio(identity).json()["url"] == fourth
    paper.poll()
    fifth = paper.audio(identity).json()["url"]
    assert {leads_to(paper.client, old) for old in (first, second, third, fourth)} == {urlsplit(fifth).path}
    assert kinds(paper.client, paper.place) == ["correction", "update", "correction", "update", "first"]


def test_a_tag_that_comes_after_the_words_speaks_nothing_and_corrects_all_the_same(paper):
    paper.begin()
    paper.hook()
    identity = paper.site.add(html=f"<p>Crews had stopped work for {WRONG}, the harbour board said.</p>")
    work_off(paper.place)
    first = paper.audio(identity).json()["url"]
    second = saved(paper, identity, RIGHT)
    takes, revisions = paper.made()
    third = saved(paper, identity, RIGHT, TAG["name"])
    assert paper.made() == (takes, revisions + 1)
    assert {leads_to(paper.client, old) for old in (first, second)} == {urlsplit(third).path}
    assert kinds(paper.client, paper.place)[0] == "correction"


def test_a_story_that_was_corrected_before_it_was_heard_tells_of_no_day_that_nobody_named(paper):
    paper.begin()
    paper.hook()
    identity = paper.site.add(tags=[TAG["name"]])
    work_off(paper.place)
    assert "correction" not in paper.audio(identity).json()
    # And its next save is an update
    first = paper.audio(identity).json()["url"]
    saved(paper, identity, RIGHT, TAG["name"])
    assert leads_to(paper.client, first) == urlsplit(first).path
    assert kinds(paper.client, paper.place) == ["update", "first"]


def test_a_story_taken_back_to_be_corrected_comes_again_with_its_correction_told(paper):
    paper.begin()
    paper.hook()
    identity = paper.site.add()
    work_off(paper.place)
    paper.site.edit(identity, status="draft")
    work_off(paper.place)
    paper.site.edit(identity, status="published", tags=[TAG["name"]])
    work_off(paper.place)
    assert "corrected on" in paper.audio(identity).json()["correction"]


@pytest.mark.parametrize("said", ["box", "tag"])
def test_wordpress_says_it_by_the_plugins_box_or_a_tag(tmp_path, monkeypatch, said):
    monkeypatch.setattr(wordpress_rest, "_FOUND", {})
    with fake_wordpress() as site:
        quiet = PLAIN.replace('slug = "daily"', 'slug = "daily"\nquiet = {seconds = 0}', 1)
        named = f'name = "paper"\nkind = "wordpress"\naddress = "{site.address}"\nallow_private = ["{site.host}"]\n'
        place = make_place(tmp_path, f"{quiet}\n[[sources]]\n{named}")
        with place.database.writing() as session:
            connections.locked(session, "paper", datetime(2026, 5, 1, tzinfo=UTC))
        polling.tend(place)

        def poll():
            with place.database.writing() as session:
                session.execute(update(ConnectionRow).values(polled_at=datetime.now(UTC) - timedelta(seconds=40)))
                connections.rouse(session, "paper")
            work_off(place)

        with client_of(place) as client:
            # Given a story that is live, as it was without the plugin
            text = f"<p>The harbour board said so.</p><p>Crews had stopped work for {WRONG}.</p>"
            number = site.publish("Ferry", text, date_gmt="2026-05-12T09:58:00")
            poll()
            first = client.get(f"/v1/articles/paper/{number}/audio", headers=STRANGER).json()
            # When it is corrected
            if said == "box":
                site.edit(number, content=text.replace(WRONG, RIGHT), briefcast_correction=BOX)
            else:
                site.tag(number, "#correction")
                site.edit(number, content=text.replace(WRONG, RIGHT))
            poll()
            # Then what was wrong leads to what is right, with the note where there is one; and once
            second = client.get(f"/v1/articles/paper/{number}/audio", headers=STRANGER).json()
            assert leads_to(client, first["url"]) == urlsplit(second["url"]).path
            assert second["correction"].endswith(BOX["note"]) == (said == "box")
            site.edit(number, content=text.replace(WRONG, "fifteen days"))
            poll()
            assert leads_to(client, second["url"]) == urlsplit(second["url"]).path
            assert kinds(client, place) == ["update", "correction", "first"]
        place.database.dispose()


@pytest.fixture
def place(tmp_path):
    place = make_place(tmp_path)
    (tmp_path / "articles" / "ferry.md").write_text(ARTICLE)
    yield place
    place.database.dispose()


@pytest.fixture
def client(place):
    with client_of(place) as client:
        yield client


def test_any_cms_says_it_in_its_webhook_with_day_and_note(client, place, tmp_path):
    with place.database.writing() as session:
        secret = connections.rotate_secret(session, "desk", datetime.now(UTC))
    plain = b'{"type":"article.updated","data":{"id":"ferry"}}'
    send(client, secret, plain, "msg_1")
    work_off(place)
    audio = "/v1/articles/desk/ferry/audio"
    first = client.get(audio, headers=STRANGER).json()["url"]
    # When a correction is told of, and before anybody has looked another save
    (tmp_path / "articles" / "ferry.md").write_text(ARTICLE.replace(WRONG, RIGHT))
    send(client, secret, TOLD, "msg_2")
    send(client, secret, plain, "msg_3")
    quiet_is_over(place)
    # Then that is not lost, and is said as the CMS says it
    second = client.get(audio, headers=STRANGER).json()
    told = json.loads(TOLD)["data"]["correction"]
    assert second["correction"] == f"This story was corrected on May 12, 2026. {told['note']}"
    assert leads_to(client, first) == urlsplit(second["url"]).path
    # When it is told with each save / Then it counts once, until the CMS says another
    for number, (words, body) in enumerate([("five days", TOLD), ("six days", TOLD.replace(b"said that", b"said:"))]):
        (tmp_path / "articles" / "ferry.md").write_text(ARTICLE.replace(WRONG, words))
        send(client, secret, body, f"msg_4{number}")
        quiet_is_over(place)
    assert kinds(client, place) == ["correction", "update", "correction", "first"]


def test_two_saves_of_one_second_are_both_followed(client, place, tmp_path):
    with place.database.writing() as session:
        secret = connections.rotate_secret(session, "desk", datetime.now(UTC))
    second = int(time.time()) - 2  # they are late, too
    for number, words in enumerate(("four days", "five days", "six days")):
        (tmp_path / "articles" / "ferry.md").write_text(ARTICLE.replace("four days", words))
        send(client, secret, b'{"type":"article.updated","data":{"id":"ferry"}}', f"msg_{number}", sent=second)
        quiet_is_over(place)
    assert kinds(client, place) == ["update", "update", "first"]


@pytest.mark.parametrize(
    "correction", ["true", '"yes"', '{"at": "yesterday"}', '{"note": 7}', json.dumps({"note": "x" * 501})]
)
def test_a_correction_of_another_form_is_refused_with_its_field(correction):
    body = f'{{"type": "article.updated", "data": {{"id": "ferry", "correction": {correction}}}}}'.encode()
    with pytest.raises(HookRefused, match=r"^data\.correction"):
        read_standard(body, time.time())


def test_a_note_is_one_line_of_what_may_stand_in_a_feed():
    body = b'{"type": "article.updated", "data": {"id": "a", "correction": {"note": " It\\u0000 was\\n wrong. "}}}'
    assert read_standard(body, time.time()).correction.note == "It was wrong."
