"""Which shows list an article's episode: rules, labels from pages and CMSes, the day's cap, editors' picks."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import feedparser
import pytest
from sqlalchemy import select

from briefing.articles.labels import Labels
from briefing.models import BriefingRow, EpisodeRow, ListingRow, StepRow
from briefing.podcasts.newsroom import load_newsroom
from briefing.podcasts.rules import Facts, Rules
from briefing.public_names import archived_month
from briefing.requesting import asking
from tests.support.asking import ask
from tests.support.command import briefcast
from tests.support.newsroom import PLAIN, make_place, work_off
from worker.doctor import public
from worker.feeds import show_feed
from worker.feeds.listing import list_anew, relist, write_feeds
from worker.feeds.show_feed import write_feed
from worker.installation.newsroom import apply

SHOW = '[[shows]]\nslug = "{}"\ntitle = "{}"\nvoice = "silence"\nintro = "none"\noutro = "none"\n'
POLITICS = SHOW.format("politics", "Politics") + '[shows.rules]\nshows = ["daily"]\nsections = ["politics"]\n'
BY_OLHA = SHOW.format("olha", "By Olha") + '[shows.rules]\nshows = ["*"]\nauthors = ["Olha Bondar"]\n'
DIGEST = SHOW.format("digest", "The Best") + (
    '[shows.rules]\nshows = ["*"]\ndaily_cap = 1\nskip_tags = ["no-podcast"]\ntimezone = "Europe/Kyiv"\n'
)
NEWSROOM = PLAIN.replace("[[sources]]", POLITICS + BY_OLHA + DIGEST + "[[sources]]", 1)
TEXT = "The {} story has a first sentence that is read aloud to everybody."


@pytest.fixture
def rules_place(tmp_path):
    place = make_place(tmp_path, NEWSROOM)
    yield place
    place.database.dispose()


def write(tmp_path, name, **fields):
    article = {"title": name, "text": TEXT.format(name)} | fields
    (tmp_path / "articles" / f"{name}.json").write_text(json.dumps(article))


def make(place, tmp_path, name, **front):
    write(tmp_path, name, **front)
    briefing, _, _ = ask(place, name, now=datetime.now(UTC))
    work_off(place)
    return briefing


def listed(place, slug):
    found = place.files.storage.read(f"shows/{slug}/feed.xml")
    return [entry.title for entry in feedparser.parse(found[0]).entries][::-1]


def guids(place, slug):
    return {
        entry.title: entry.id
        for entry in feedparser.parse(place.files.storage.read(f"shows/{slug}/feed.xml")[0]).entries
    }


def healthy(place):
    return [finding.code for finding in public.look(place, fix=False)] == []


def test_sections_and_authors_decide_which_shows_list_an_article(rules_place, tmp_path):
    make(rules_place, tmp_path, "vote", section="Politics", byline="Ihor Melnyk")
    make(rules_place, tmp_path, "ferry", section="City", byline="Olha Bondar and Ihor Melnyk")
    assert listed(rules_place, "daily") == ["vote", "ferry"]
    assert listed(rules_place, "politics") == ["vote"]
    assert listed(rules_place, "olha") == ["ferry"]
    assert listed(rules_place, "digest") == ["vote"]
    # The episode is the same wherever it is listed
    assert guids(rules_place, "politics")["vote"] == guids(rules_place, "daily")["vote"]
    assert healthy(rules_place)


def test_a_story_filed_anew_moves_though_it_says_the_same(rules_place, tmp_path):
    make(rules_place, tmp_path, "ferry", section="City")
    assert listed(rules_place, "politics") == []
    # When the desk files it under politics, and nothing else of it changes / Then it is listed, and nothing spoken
    before = guids(rules_place, "daily")
    make(rules_place, tmp_path, "ferry", section="Politics")
    assert listed(rules_place, "politics") == ["ferry"]
    assert guids(rules_place, "politics") == before
    make(rules_place, tmp_path, "ferry", section="City")
    assert listed(rules_place, "politics") == []
    assert healthy(rules_place)


def test_what_is_withdrawn_is_in_no_feed(rules_place, tmp_path):
    withdrawn(rules_place, make(rules_place, tmp_path, "vote", section="Politics"))
    assert [listed(rules_place, slug) for slug in ("daily", "politics", "digest")] == [[], [], []]
    assert healthy(rules_place)


def test_the_days_first_are_listed_and_picks_come_on_top(rules_place, tmp_path):
    # Given a pick that is published first, which takes nobody's place
    briefcast("pick", "desk:zero", "--show", "digest", cwd=tmp_path)
    for name in ("zero", "one", "four"):
        make(rules_place, tmp_path, name)
    make(rules_place, tmp_path, "secret", tags=["harbour", "No-Podcast"])
    assert listed(rules_place, "digest") == ["zero", "one"]
    done = briefcast("pick", "desk:four", "--show", "digest", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (0, "desk:four: picked for digest\n")
    work_off(rules_place)
    assert listed(rules_place, "digest") == ["zero", "one", "four"]
    # And a pick beats a skip tag
    briefcast("pick", "desk:secret", "--show", "digest", cwd=tmp_path)
    briefcast("pick", "desk:four", "--show", "digest", "--off", cwd=tmp_path)
    work_off(rules_place)
    assert listed(rules_place, "digest") == ["zero", "one", "secret"]
    # And an edit of one that is listed does not cost it its place
    write(tmp_path, "one", text="This sentence is another one than before.")
    ask(rules_place, "one", now=datetime.now(UTC))
    work_off(rules_place)
    assert listed(rules_place, "digest") == ["zero", "one", "secret"]
    assert healthy(rules_place)


def test_a_place_that_is_freed_the_same_day_goes_to_the_next_that_waits(rules_place, tmp_path):
    first = make(rules_place, tmp_path, "first")
    make(rules_place, tmp_path, "skipped", tags=["no-podcast"])
    make(rules_place, tmp_path, "second")
    third = make(rules_place, tmp_path, "third")
    make(rules_place, tmp_path, "fourth")
    assert listed(rules_place, "digest") == ["first"]
    # When what is listed is withdrawn / Then the earliest that the rules want takes its place
    withdrawn(rules_place, first)
    assert listed(rules_place, "digest") == ["second"]
    # And when it is picked, so that it counts for no cap, the next one
    briefcast("pick", "desk:second", "--show", "digest", cwd=tmp_path)
    work_off(rules_place)
    assert listed(rules_place, "digest") == ["second", "third"]
    assert healthy(rules_place)
    # But yesterday's are not news for today, when one of them goes
    with rules_place.database.writing() as session:
        for row in session.scalars(select(EpisodeRow)):
            row.published_at -= timedelta(days=1)
        for row in session.scalars(select(ListingRow)):
            row.published_at -= timedelta(days=1)
            row.day = (datetime.fromisoformat(row.day) - timedelta(days=1)).date().isoformat()
    withdrawn(rules_place, third)
    assert listed(rules_place, "digest") == ["second"]


def test_what_takes_a_freed_place_is_in_the_archive_of_its_own_month(rules_place, tmp_path, monkeypatch):
    # Given a day in Kyiv that begins in October as UTC has it, and a feed whose first page has one item
    monkeypatch.setattr(show_feed, "FEED_ITEMS", 1)
    began = datetime(2026, 10, 31, 23, 0, tzinfo=UTC)
    briefcast("pick", "desk:zero", "--show", "digest", cwd=tmp_path)
    names = {make(rules_place, tmp_path, name): name for name in ("zero", "october", "november")}
    with rules_place.database.writing() as session:
        for row in session.scalars(select(EpisodeRow)):
            row.published_at = began + timedelta(hours=2 if names[row.briefing_id] == "november" else 0)
        list_anew(session, "digest")
        write_feed(session, "digest", rules_place.files)
    assert archived(rules_place) == {"2026-10": ["october", "zero"]}
    # When the one that has the day's place goes
    gone = next(briefing for briefing, name in names.items() if name == "october")
    with rules_place.database.writing() as session:
        row = session.get_one(BriefingRow, gone)
        row.live_revision = None
        shows = relist(session, row, began + timedelta(hours=3))
        write_feeds(session, row, shows & {"digest"}, rules_place.files)
    assert archived(rules_place) == {"2026-10": ["zero"], "2026-11": ["november"]}


def archived(place):
    storage = place.files.storage
    names = [file.name for file in storage.files("shows/digest/archive")]
    pages = {name: feedparser.parse(storage.read(name)[0]) for name in names}
    return {archived_month(name): sorted(entry.title for entry in page.entries) for name, page in pages.items()}


def withdrawn(place, briefing):
    with place.database.writing() as session:
        asking.retract(session, briefing, datetime.now(UTC))
    work_off(place)


def test_changed_rules_write_the_feed_anew(rules_place, tmp_path):
    for name in ("one", "two", "three"):
        make(rules_place, tmp_path, name, section="Politics" if name == "three" else "City")
    (tmp_path / "briefcast.toml").write_text(NEWSROOM.replace("daily_cap = 1", 'sections = ["Politics"]'))
    apply(load_newsroom(tmp_path / "briefcast.toml"), rules_place)
    assert listed(rules_place, "digest") == ["three"]
    (tmp_path / "briefcast.toml").write_text(NEWSROOM.replace("daily_cap = 1", "daily_cap = 2"))
    apply(load_newsroom(tmp_path / "briefcast.toml"), rules_place)
    assert listed(rules_place, "digest") == ["one", "two"]
    assert healthy(rules_place)


def test_the_cap_is_of_the_newsrooms_day(rules_place, tmp_path):
    # Given two stories of one day in UTC, with midnight in Kyiv between them
    for name in ("late", "early"):
        make(rules_place, tmp_path, name)
    evening = datetime(2026, 11, 2, 21, 30, tzinfo=UTC)
    with rules_place.database.writing() as session:
        rows = session.query(EpisodeRow).order_by(EpisodeRow.published_at).all()
        for row, moment in zip(rows, (evening, evening + timedelta(hours=1)), strict=True):
            row.published_at = moment
    (tmp_path / "briefcast.toml").write_text(NEWSROOM.replace('["no-podcast"]', "[]"))
    apply(load_newsroom(tmp_path / "briefcast.toml"), rules_place)
    assert listed(rules_place, "digest") == ["late", "early"]


def test_a_cms_says_how_a_story_is_filed(rules_place, tmp_path):
    from tests.support.client import client_of

    write(tmp_path, "vote", section="City")
    with client_of(rules_place) as client:
        saved = client.put("/v1/articles/desk/vote/audio", json={"labels": {"sections": ["Politics"]}})
        assert saved.status_code == 202
        work_off(rules_place)
        assert listed(rules_place, "politics") == ["vote"]
        client.put("/v1/articles/desk/vote/audio", json={"labels": {"sections": []}})
        work_off(rules_place)
        assert listed(rules_place, "politics") == []
        picked = client.put("/v1/articles/desk/vote/picks/politics")
        assert picked.json() == {"article": "desk:vote", "shows": ["politics"]}
        work_off(rules_place)
        assert listed(rules_place, "politics") == ["vote"]
        assert client.delete("/v1/articles/desk/vote/picks/politics").json()["shows"] == []
        work_off(rules_place)
        assert listed(rules_place, "politics") == []
        several = {"article_ids": ["desk:vote", "desk:b"], "labels": {"tags": ["x"]}}
        assert client.post("/v1/briefings", json=several).status_code == 422
        assert client.put("/v1/articles/desk/vote/picks/nobody").json()["code"] == "unknown_show"


def test_a_first_publication_needs_no_second_look(rules_place, tmp_path):
    make(rules_place, tmp_path, "vote", section="Politics")
    with rules_place.database.reading() as session:
        assert session.query(StepRow).filter(StepRow.kind == "list").count() == 0
        assert session.query(BriefingRow).count() == 1


@pytest.mark.parametrize(
    ("rules", "admitted"),
    [
        ({}, True),
        ({"sections": ["POLITICS "]}, True),
        ({"sections": ["City", "Politics"]}, True),
        ({"sections": ["Politics"], "authors": ["Nobody"]}, False),
        ({"authors": ["Nobody"]}, False),
        ({"tags": ["harbour"]}, True),
        ({"skip_tags": ["harbour"]}, False),
        ({"least_minutes": 2}, True),
        ({"least_minutes": 2.1}, False),
        ({"least_characters": 1001}, False),
    ],
)
def test_rules(rules, admitted):
    labels = Labels(sections=("Politics",), authors=("Olha",), tags=("harbour",))
    assert Rules.model_validate(rules).admit(Facts(labels, 120.0, 1000)) is admitted


def test_rules_that_cannot_be_are_refused(tmp_path):
    for wrong, why in (
        ('timezone = "Mars/North"', "time zone"),
        ('shows = ["nobody"]', "nobody"),
        ("daily_cap = 0", "greater"),
    ):
        (tmp_path / "briefcast.toml").write_text(SHOW.format("x", "X") + "[shows.rules]\n" + wrong)
        done = briefcast("apply", cwd=tmp_path)
        assert done.returncode == 3
        assert why in done.stderr
