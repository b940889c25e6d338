"""What is for members where it meets other things: shared audio, other previews, imports, feeds, withdrawals."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime

import feedparser
import pytest
from sqlalchemy import select

from briefing.going_live import access, wishes
from briefing.models import BriefingRow, StepRow
from briefing.podcasts.newsroom import load_newsroom
from briefing.podcasts.show import Paywall
from briefing.public_names import AUDIO, audio_name
from briefing.requesting import asking
from tests.support.asking import NOW, again, ask, briefing_row, wanted
from tests.support.client import client_of
from tests.support.command import briefcast
from tests.support.lock_order import recorded
from tests.support.newsroom import PLAIN, make_place, work_off
from tests.support.sentinels import ARTICLE, WORDS, found
from worker.doctor import public
from worker.installation.newsroom import apply
from worker.tasks import assemble, preview

SHOW = 'slug = "daily"\nvisibility = "members"\npreview = {paragraphs = 3}\npreview_in_feed = true'
MEMBERS = PLAIN.replace('slug = "daily"', SHOW, 1)


@pytest.fixture
def place(tmp_path):
    place = make_place(tmp_path)
    (tmp_path / "articles" / "board.md").write_text(ARTICLE)
    yield place
    place.database.dispose()


def settle(place, tmp_path, newsroom):
    (tmp_path / "briefcast.toml").write_text(newsroom)
    apply(load_newsroom(tmp_path / "briefcast.toml"), place)
    work_off(place)


def say(place, briefing, visibility, paywall=None):
    with place.database.writing() as session:
        wishes.see(session, session.get_one(BriefingRow, briefing), visibility, paywall)
    work_off(place)


def retract(place, briefing):
    with place.database.writing() as session:
        asking.retract(session, briefing, datetime.now(UTC))
    work_off(place)


def mp3s(storage):
    return {file.name for file in storage.files("audio")}


def told(place):
    return json.loads(place.storages.public.read("v1/articles/desk/board/audio")[0])


def preview_of(place):
    return "audio/" + told(place)["url"].rpartition("/")[2]


def both(place):
    """A story and a collection that share one MP3."""
    made = []
    for kind in ("story", "collection"):
        with place.database.writing() as session:
            made.append(asking.request(session, replace(wanted("board"), kind=kind), datetime.now(UTC))[0].briefing_id)
    work_off(place)
    return made


def test_audio_that_two_briefings_share_is_public_for_none_once_neither_gives_it(place):
    story, collection = both(place)
    (shared,) = mp3s(place.storages.public)
    say(place, story, "members", Paywall(paragraphs=1))
    assert briefing_row(place, story).members_revision is not None
    assert (briefing_row(place, collection).live_revision, shared in mp3s(place.storages.public)) == (None, False)


def test_a_preview_that_is_replaced_or_dropped_goes_and_one_that_returns_is_no_longer_called_withdrawn(tmp_path):
    place = make_place(tmp_path, MEMBERS)
    public = place.storages.public
    (tmp_path / "articles" / "board.md").write_text(ARTICLE)
    briefing, _, _ = ask(place, "board")
    work_off(place)
    first = preview_of(place)
    assert mp3s(public) == {first}
    # Another preview takes its place; so does another label, by which its titles are other ones
    say(place, briefing, "members", Paywall(paragraphs=1))
    second = preview_of(place)
    assert mp3s(public) == {second}
    assert first != second
    settle(place, tmp_path, MEMBERS.replace("preview_in_feed", 'preview_label = "Taster"\npreview_in_feed'))
    third = preview_of(place)
    assert mp3s(public) == {third}
    assert third != second
    assert b"Taster: Harbour" in public.read("shows/daily/feed.xml")[0]
    assert [public.look(f"gone/{name}") is not None for name in (first, second, third)] == [True, True, False]
    settle(place, tmp_path, MEMBERS)
    assert mp3s(public) == {second}
    # Each that was replaced says so, and the one that returned is heard
    with client_of(place) as client:
        assert [client.get(f"/{name}").status_code for name in (first, second, third)] == [410, 200, 410]
    # An edit replaces it as well
    (tmp_path / "articles" / "board.md").write_text(ARTICLE.replace("Harbour", "Seaport"))
    again(place, briefing)
    work_off(place)
    fourth = preview_of(place)
    assert mp3s(public) == {fourth}
    assert fourth != second
    with client_of(place) as client:
        assert [client.get(f"/{name}").status_code for name in (second, fourth)] == [410, 200]
    # Withdrawn and made again / Then what is there is not also called withdrawn
    retract(place, briefing)
    assert mp3s(public) == set()
    again(place, briefing)
    work_off(place)
    assert mp3s(public) == {preview_of(place)}
    assert public.look(f"gone/{preview_of(place)}") is None
    assert public.look("gone/v1/articles/desk/board/audio") is None
    place.database.dispose()


def test_how_much_of_it_is_heard_follows_for_every_briefing(tmp_path):
    place = make_place(tmp_path, MEMBERS)
    (tmp_path / "articles" / "board.md").write_text(ARTICLE)
    both(place)
    public = place.storages.public
    (first,) = mp3s(public)
    # When the show gives less / Then the preview is another; when it gives none, there is none
    settle(place, tmp_path, MEMBERS.replace("paragraphs = 3", "paragraphs = 1"))
    assert len(mp3s(public)) == 1
    assert first not in mp3s(public)
    settle(place, tmp_path, MEMBERS.replace("{paragraphs = 3}", "false"))
    assert mp3s(public) == set()
    assert public.look("v1/articles/desk/board/audio") is None
    place.database.dispose()


def test_a_large_show_is_followed_a_part_at_a_time(tmp_path, monkeypatch):
    place = make_place(tmp_path)
    made = []
    for number in range(3):
        (tmp_path / "articles" / f"board{number}.md").write_text(ARTICLE)
        made.append(ask(place, f"board{number}")[0])
    monkeypatch.setattr(access.concerned, "__defaults__", ("", 2))
    settle(place, tmp_path, MEMBERS)
    assert all(briefing_row(place, briefing).members_revision for briefing in made)
    with place.database.reading() as session:
        payloads = session.scalars(select(StepRow.payload).where(StepRow.kind == "place")).all()
    assert [one for one in payloads if one.get("show")] == [
        {"show": "daily"},
        {"show": "daily", "after": sorted(made)[1]},
    ]
    place.database.dispose()


def test_what_turns_members_own_while_it_is_assembled_is_published_by_no_worker_of_before(place, monkeypatch):
    real = assemble.finished_master

    def meanwhile(*given):
        with place.database.writing() as session:
            wishes.see(session, session.scalars(select(BriefingRow)).one(), "members")
        return real(*given)

    monkeypatch.setattr(assemble, "finished_master", meanwhile)
    monkeypatch.setattr(preview, "finished_master", real)
    briefing, revision, _ = ask(place, "board")
    work_off(place)
    assert briefing_row(place, briefing).members_revision == revision
    assert kinds(place) & {"publish", "release"} == {"release"}


def kinds(place):
    with place.database.reading() as session:
        return set(session.scalars(select(StepRow.kind)))


def test_a_worker_of_before_withdraws_nothing_of_members_and_what_one_left_is_found(tmp_path, monkeypatch):
    place = make_place(tmp_path, MEMBERS)
    members = place.storages.members
    (tmp_path / "articles" / "board.md").write_text(ARTICLE)
    briefing, _, _ = ask(place, "board")
    work_off(place)
    left = {file.name: members.read(file.name)[0] for file in members.files(f"briefings/{briefing}")}
    assert left
    retract(place, briefing)
    assert kinds(place) & {"withdraw", "recall"} == {"recall"}
    assert (mp3s(members), mp3s(place.storages.public)) == (set(), set())
    # What lies there all the same is found, and what is a briefing's that is for members is not
    again(place, briefing)
    work_off(place)
    there = {file.name for file in members.files()}
    strays = [name.replace(briefing, "0123456789abcdef") for name in left]
    for name, content in zip(strays, left.values(), strict=True):
        members.write(name, content, AUDIO)
    sound = place.storage.temporary(".mp3")
    sound.write_bytes(b"not theirs")
    sha256 = place.storage.put(sound)
    members.publish(audio_name(sha256), sha256, AUDIO)
    monkeypatch.setattr(public, "YOUNG_S", -60.0)
    orphans = [(one.code, one.subject) for one in public.look(place, fix=True)]
    assert sorted(orphans) == sorted(("members_orphan", name) for name in [*strays, audio_name(sha256)])
    assert {file.name for file in members.files()} == there
    place.database.dispose()


def test_what_is_for_members_takes_no_place_of_the_days_in_the_public_feed(tmp_path):
    digest = (
        '[[shows]]\nslug = "digest"\ntitle = "D"\nvoice = "silence"\n[shows.rules]\nshows = ["*"]\ndaily_cap = 1\n\n'
    )
    place = make_place(tmp_path, PLAIN.replace("[[sources]]", f"{digest}[[sources]]", 1))
    for name in ("secret", "open", "second"):
        (tmp_path / "articles" / f"{name}.md").write_text(f"# {name.title()}\n\nA sentence that is read aloud.\n")
    with place.database.writing() as session:
        asking.request(session, replace(wanted("secret"), visibility="members"), NOW)
    work_off(place)
    for name in ("open", "second"):
        ask(place, name)
        work_off(place)

    def titles(storage):
        return {one.title for one in feedparser.parse(storage.read("shows/digest/feed.xml")[0]).entries}

    assert titles(place.storages.public) == {"Open"}
    place.database.dispose()


def test_a_show_for_members_is_taken_out_without_them_and_says_so(tmp_path):
    place = make_place(tmp_path, MEMBERS.replace('title = "The', 'new_feed = "https://new.example/f"\ntitle = "The', 1))
    (tmp_path / "articles" / "board.md").write_text(ARTICLE)
    briefing, _, _ = ask(place, "board")
    work_off(place)
    # Nobody's own feed leads to everybody's
    assert b"new-feed-url" in place.storages.public.read("shows/daily/feed.xml")[0]
    assert b"new-feed-url" not in place.storages.members.read("shows/daily/feed.xml")[0]
    done = briefcast("export", "show", "daily", tmp_path / "out", cwd=tmp_path)
    assert (done.returncode, "1 episodes are for members" in done.stderr) == (0, True)
    (text,) = (tmp_path / "out" / "briefings" / briefing).glob("1-*/transcript.vtt")
    assert found(text.read_bytes()) == list(WORDS[:3])
    assert [f"audio/{path.name}" for path in (tmp_path / "out" / "audio").iterdir()] == [preview_of(place)]
    place.database.dispose()


def test_moving_what_is_live_locks_in_the_order_of_all_others(cluster, tmp_path, monkeypatch):
    monkeypatch.setenv("BRIEFCAST_DATABASE_URL", cluster.new_database())
    place = make_place(tmp_path)
    (tmp_path / "articles" / "board.md").write_text(ARTICLE)
    briefing, _, _ = ask(place, "board")
    say(place, briefing, "members", Paywall(paragraphs=1))
    with recorded() as order:
        say(place, briefing, "public")
        say(place, briefing, "members")
        retract(place, briefing)
    assert ("briefings", "revisions", "steps", "shows") in order.seen
    assert order.broken == {}
    place.database.dispose()
