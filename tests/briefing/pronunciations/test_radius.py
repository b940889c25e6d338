"""The radius is the same on both databases, however the words are spread; which entry counts is the lexicon's word."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from types import SimpleNamespace

import pytest
from sqlalchemy import update

from briefing.models import BriefingRow, ShowRow, VocabularyRow
from briefing.pronunciations import guessed, lexicons, mentioning, radius
from briefing.pronunciations.changes import Change
from briefing.pronunciations.lexicon import make_entry
from briefing.pronunciations.radius import Part, Rate
from briefing.requesting.cost import Cost
from tests.bench import radius as bench
from worker.upkeep import tallying, vocabulary

NOW = datetime(2026, 5, 20, tzinfo=UTC)


def entry(written, value="x", **fields):
    return make_entry({"written": written, "kind": "alias", "value": value, "language": "en", **fields})


@pytest.fixture
def filled(any_database):
    bench.fill(any_database, 30, NOW)
    while vocabulary.note_some(SimpleNamespace(database=any_database)):
        pass
    return any_database


def counted(written):
    """What is really in the stories: by reading all of them."""
    chance = random.Random(1)
    words = [bench.word_of(number) for number in range(bench._VOCABULARY)]
    weights = list(accumulate(1 / (number + 1) for number in range(bench._VOCABULARY)))
    stories = [bench._story(number, chance, words, weights, NOW) for number in range(30)]
    found = {}
    for briefing, revision, _, plays in stories:
        texts = [part["written"].split() for part in revision["script"]["segments"]]
        if segments := [text for text in texts if written in text]:
            counts = (sum(text.count(written) for text in segments), len(segments))
            found[briefing["id"]] = (sum(play["plays"] for play in plays), *counts)
    return found


def test_the_radius_is_what_reading_all_of_it_finds(filled):
    # Given thirty stories / When the radius of words is asked for / Then it is what counting by hand finds, in order
    for number in (0, 7, 60, 400, 39_000):
        written = bench.word_of(number)
        truth = counted(written)
        with filled.reading() as session:
            change = Change(None, None, entry(written))
            found = radius.radius(session, [change], NOW)
            order = radius.briefings(session, [change], NOW)
        assert found.briefings == len(truth), written
        assert sum(part.segments for part in found.parts) == sum(segments for *_, segments in truth.values())
        assert {one.briefing: (one.plays, one.count) for one in found.first} == {
            name: (plays, count) for name, (plays, count, _) in truth.items()
        }
        assert order == [one.briefing for one in found.first]
        assert [one.plays for one in found.first] == sorted((plays for plays, *_ in truth.values()), reverse=True)
        assert all(one.takes * 400_000 / 22_050 == pytest.approx(one.audio_ms / 1000, abs=1) for one in found.first)


def test_the_radius_of_a_list_is_what_its_words_concern_together_and_no_more_than_there_is(filled, monkeypatch):
    # Given a list of a frequent word, rare ones, a name of two words and one that nobody says, looked up a few at a time
    monkeypatch.setattr(mentioning, "_AT_ONCE", 2)
    numbers = (0, 1, 2, 3, 400, 39_000)
    written = [bench.word_of(number) for number in numbers]
    name = f"{bench.word_of(5)} {bench.word_of(60)}"
    changes = [Change(None, None, entry(word)) for word in [*written, name, "Xylophonia"]]
    with filled.reading() as session:
        found = radius.radius(session, changes, NOW)
        order = radius.briefings(session, changes, NOW)
        alone = {one.briefing: one for one in radius.radius(session, changes[-2:-1], NOW).first}
    # Then each story is named once, with all that its words come to
    truth = [counted(word) for word in written]
    both = counted(bench.word_of(5)).keys() & counted(bench.word_of(60)).keys()
    assert alone.keys() == both
    assert 0 < len(both) < 30
    assert sorted(order) == sorted({story for its in truth for story in its} | both)
    for one in found.first:
        of_words = sum(its[one.briefing][1] for its in truth if one.briefing in its)
        assert one.count == of_words + (alone[one.briefing].count if one.briefing in both else 0)
        # A story has twelve takes, in whichever of them the words stand
        assert one.takes <= 12
    assert any(sum(its[one.briefing][2] for its in truth if one.briefing in its) > 12 for one in found.first)
    # And a word that changes nothing concerns nobody, in a list as alone
    same = [Change(None, entry(bench.word_of(0)), entry(bench.word_of(0), note="by phone")), changes[-1]]
    with filled.reading() as session:
        assert radius.briefings(session, same, NOW) == []


def test_the_list_of_unknown_words_counts_each_briefing_once(filled):
    place = SimpleNamespace(database=filled)
    tallying.tally(place, NOW)
    with filled.reading() as session:
        found = guessed.listed(session, 0, 1000)
        assert found == guessed.listed(session, 0, 1000, "bench")
        assert found[10:30] == guessed.listed(session, 10, 20)
    assert sum(one.briefings for one in found) == 30 * 6
    assert [one.plays for one in found] == sorted((one.plays for one in found), reverse=True)
    # When a story is withdrawn, its words go at the next count, and what is only its own goes altogether
    with filled.writing() as session:
        session.execute(update(BriefingRow).where(BriefingRow.id == f"{0:016x}").values(live_revision=None))
    tallying.tally(place, NOW)
    with filled.reading() as session:
        fewer = guessed.listed(session, 0, 1000)
        assert guessed.stored(session) == guessed.counted(session, radius.since(NOW))
    assert sum(one.briefings for one in fewer) == 29 * 6
    assert 0 < len(found) - len(fewer) <= 6
    # And a month later nobody has played any of it
    tallying.tally(place, NOW + timedelta(days=40))
    with filled.reading() as session:
        assert {one.plays for one in guessed.listed(session, 0, 1000)} == {0}


def test_unknown_words_are_counted_no_more_than_a_hundredth_of_the_time():
    assert not tallying.is_due(1000.0, 0.0, 1009.0)
    assert tallying.is_due(1000.0, 0.0, 1011.0)
    assert not tallying.is_due(1000.0, 3.0, 1299.0)
    assert tallying.is_due(1000.0, 3.0, 1301.0)
    # A clock that was set back does not stop it
    assert tallying.is_due(1000.0, 3.0, 900.0)


def test_which_entry_counts_decides_whom_a_change_concerns(filled):
    word = bench.word_of(0)
    with filled.writing() as session:
        session.add(ShowRow(slug="other", position=1, settings={}, podcast_guid="h"))
        session.flush()
        # Ten of the thirty are another show's, ten in another language
        rows = session.query(VocabularyRow).order_by(VocabularyRow.revision_id).all()
        for number, row in enumerate(rows):
            row.show = "other" if number < 10 else row.show
            row.language = "uk" if number >= 20 else row.language

    def concerned(show=None, before=None, after=None):
        with filled.reading() as session:
            return radius.radius(session, [Change(show, before, after)], NOW).briefings

    assert concerned(after=entry(word, language="")) == 30
    assert concerned(after=entry(word)) == 20
    assert concerned(after=entry(word, language="en-GB")) == 0
    assert concerned("other", after=entry(word)) == 10
    # The same once more says nothing new, but may not have been heard yet
    assert concerned(before=entry(word), after=entry(word)) == 20
    assert concerned(before=entry(word), after=entry(word, note="by phone")) == 0
    with filled.writing() as session:
        lexicons.put_entry(session, "other", entry(word, "own"), NOW)
    assert concerned(after=entry(word)) == 10
    assert concerned("other", before=entry(word, "own")) == 10
    # Under the newsroom's own, the show's removal changes nothing where both say the same
    with filled.writing() as session:
        lexicons.put_entry(session, None, entry(word, "own"), NOW)
    assert concerned("other", before=entry(word, "own")) == 0


def test_what_it_costs_adds_up():
    parts = [
        Part("s", "en", "a", 2, 3, 4, 1_000_000, 60_000, 600_000),
        Part("s", "en", "gone", 1, 1, 1, 10, 1000, 2000),
    ]
    total = radius.cost(parts, {"a": Rate(15.0, 0.5)})
    assert isinstance(total, Cost)
    assert (total.articles, total.chunks, total.money) == (3, 5, 15.0)
    assert (total.audio_to_speak_s, total.audio_s) == (61.0, 602.0)
    assert total.cpu_s == pytest.approx(3 * 0.4 + 602 * 0.011 + 60 * 0.5)
    assert total.cpu_unmeasured
