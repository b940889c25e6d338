"""Which articles a poll asks after, whether they are still there."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from sqlalchemy import func, select

from briefing.errors import ArticleNotFound, PageRefused, SourceUnavailable
from briefing.following import connections
from briefing.following.noticing import Desk
from briefing.following.sightings import Seen
from briefing.models import ArticleRow, AudienceRow, LookRow, SightingRow
from worker.sources import looking_after, polling
from worker.sources.looking_after import Turn

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)


class Unchanging:
    """A source of which nothing is new, which tells of nothing, and notes what it is asked after."""

    def __init__(self, refused=()):
        self.asked, self.refused = [], dict(refused)

    def fetch(self, ref, address):
        raise ArticleNotFound(str(ref))

    def seen(self, since):
        return iter(())

    def look(self, ids):
        for one in ids:
            if one in self.refused:
                raise self.refused[one]
        self.asked += ids
        return iter(())


class Glanced(Unchanging):
    """One that can be glanced at, and has all that it is asked after as it was."""

    def __init__(self, refused=()):
        super().__init__(refused)
        self.glances, self.meanwhile = [], lambda: None

    def glance(self, ids):
        self.meanwhile()
        for one in ids:
            if one in self.refused:
                raise self.refused[one]
        self.glances.append(list(ids))
        return (Seen(id=one, updated_at=NOW - timedelta(days=1, minutes=int(one[-3:]))) for one in ids)


def place_of(database):
    return SimpleNamespace(database=database)


def articles(database, names, *, seen=True):
    """Articles with or without a sighting, all at rest, the newest and the first to have its turn first."""
    with database.writing() as session:
        session.add_all(ArticleRow(source="desk", id=name) for name in names)
        for name in names if seen else ():
            moments = {
                "updated_at": NOW - timedelta(days=1, minutes=int(name[-3:])),
                "looked_at": NOW - timedelta(minutes=30) - timedelta(minutes=int(name[-3:])),
            }
            session.add(SightingRow(source="desk", article_id=name, state="published", withdrew=False, **moments))


def named(word, number):
    return [f"{word}-{one:03}" for one in range(number)]


def rounds(database, source, number=1, turn=None):
    """Polls, half a minute after another."""
    turn = turn or Turn()
    for at in range(number):
        desk, now = Desk("desk", "silence", NOW), NOW + timedelta(seconds=30 * at)
        looking_after.look_after(place_of(database), desk, source, now, turn)
    return turn


def test_what_no_poll_told_of_is_asked_after_before_what_was_looked_at(any_database):
    # Given more articles at rest than a poll asks after, and one that was asked for by hand and never seen
    names = named("seen", 150)
    articles(any_database, names)
    articles(any_database, ["by-hand"], seen=False)
    source = Unchanging()
    rounds(any_database, source)
    assert source.asked[0] == "by-hand"
    # And what its source cannot tell of keeps none of the others from their turn
    articles(any_database, named("unknown", 150), seen=False)
    source = Unchanging()
    rounds(any_database, source)
    assert names[-50] in source.asked


def test_what_a_feed_no_longer_lists_keeps_none_of_the_others_from_their_turn(any_database):
    # Given more articles than a poll asks after that their source tells nothing of, some of them never seen
    seen, unseen = named("seen", 150), named("unseen", 60)
    articles(any_database, seen)
    articles(any_database, unseen, seen=False)
    source = Unchanging()
    # When it is polled as often as it takes to ask after each once / Then each was asked after
    rounds(any_database, source, 5)
    assert set(source.asked) == {*seen, *unseen}


@pytest.mark.parametrize("error", [PageRefused("no"), SourceUnavailable("it takes too long")], ids=["no", "away"])
def test_what_fails_keeps_none_of_the_others_from_their_turn(place, error):
    # Given ones that their source cannot be asked after: of those that have their turn first, and of the never seen
    seen, unseen = named("seen", 150), named("unseen", 20)
    articles(place.database, seen)
    articles(place.database, unseen, seen=False)
    source, turn = Unchanging({"seen-149": error, "unseen-000": error}), Turn()
    # When it is polled / Then the polls fail, and the others are asked after
    for _ in range(6):
        with pytest.raises(type(error)):
            rounds(place.database, source, turn=turn)
    # Those that were to be asked after along with the odd one have to wait until it is their turn again
    assert set(source.asked) >= set(seen[:110])


def test_all_that_may_be_heard_is_glanced_at_by_each_poll_in_few_questions(place):
    names = named("story", 250)
    articles(place.database, names)
    source = Glanced()
    rounds(place.database, source)
    assert [len(ids) for ids in source.glances] == [100, 100, 50]
    assert [one for ids in source.glances for one in ids] == names, "the newest first"
    assert not set(source.asked) - {*names[:50], *names[-50:]}, "and none closely that is as it was"


def test_of_more_than_a_poll_glances_at_the_most_heard_and_newest_are_first_and_all_have_their_turn(place, monkeypatch):
    for name, value in {"_GLANCE": 5, "_FIRST": 10, "_IN_TURN": 10}.items():
        monkeypatch.setattr(looking_after, name, value)
    names = named("story", 45)
    articles(place.database, names)
    heard(place.database, {"story-040": 9, "story-030": 7, "gone-001": 99}, NOW)
    heard(place.database, {"story-044": 999}, NOW - timedelta(days=30))
    source = Glanced()
    turn = rounds(place.database, source)
    glanced = [one for ids in source.glances for one in ids]
    assert len(glanced) == 20
    assert {"story-040", "story-030", *names[:8]} <= set(glanced)
    # Each further poll asks after those again, and after as many others in turn
    for _ in range(3):
        source.glances.clear()
        rounds(place.database, source, turn=turn)
        ours = [one for ids in source.glances for one in ids]
        assert (len(ours), len({"story-040", "story-030", *names[:8]} - set(ours))) == (20, 0)
        glanced += ours
    assert set(glanced) == set(names)
    # Whoever is slow is asked no longer than the next poll can wait, and goes on where it was
    monkeypatch.setattr(looking_after, "_GLANCES_S", -1.0)
    rounds(place.database, slow := Glanced(), 1, turn)
    rounds(place.database, slower := Glanced(), 1, turn)
    assert [len(one.glances) for one in (slow, slower)] == [2, 2]
    assert slow.glances[0] == slower.glances[0]
    assert not set(slow.glances[1]) & set(slower.glances[1])


def heard(database, plays, day):
    with database.writing() as session:
        for name, number in plays.items():
            counts = dict.fromkeys(("completed", "downloads", *(f"quarter_{one}_ms" for one in range(1, 5))), 0)
            session.add(
                AudienceRow(
                    day=day.date().isoformat(), show="daily", sha256=f"{name}-{day:%d}", briefing_id=name,
                    article=f"desk:{name}", revision=1, duration_ms=1, plays=number, heard_ms=[], **counts,
                )
            )  # fmt: skip


def test_what_a_webhook_tells_of_waits_for_no_more_than_one_glance(place, monkeypatch):
    articles(place.database, named("story", 250))
    source = Glanced()

    def told():
        source.meanwhile = lambda: None
        with place.database.writing() as session:
            connections.look_at(session, "desk", "told-now")

    source.meanwhile = told
    order = []
    monkeypatch.setattr(source, "look", lambda ids: order.append((list(ids), len(source.glances))) or iter(()))
    rounds(place.database, source)
    assert (["told-now"], 1) in order


def test_a_look_that_is_refused_comes_again_and_holds_up_no_other(place):
    with place.database.writing() as session:
        for name in ("first", "odd", "last"):
            connections.look_at(session, "desk", name)
    source = Unchanging({"odd": PageRefused("no")})
    refused = polling.look_at_told(place, Desk("desk", "silence", NOW), source)
    assert (source.asked, refused.message) == (["first", "last"], "no")
    with place.database.reading() as session:
        assert session.scalars(select(LookRow.article_id)).all() == ["odd"]
        assert connections.due_looks(session, "desk") == []
        assert 30 < connections.next_look_s(session, "desk") < 90
    # Nor is a source that refuses all asked after each
    with place.database.writing() as session:
        for name in named("told", 40):
            connections.look_at(session, "desk", name)
    source = Unchanging({name: PageRefused("no") for name in named("told", 40)})
    asked = []
    source.look = lambda ids, look=source.look: asked.append(ids) or look(ids)
    assert polling.look_at_told(place, Desk("desk", "silence", NOW), source)
    assert len(asked) == 4
    with place.database.reading() as session:
        assert session.scalar(select(func.count()).select_from(LookRow)) == 41
