"""Words of what is live are noted by the sweep, found by the lexicon's own rules, and go with what they are of."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from briefing.models import MentionRow, RevisionRow, VocabularyRow, WordRow
from briefing.pronunciations import mentioning
from briefing.pronunciations.lexicon import make_entry
from tests.support.asking import again, ask
from tests.support.newsroom import work_off
from worker.upkeep import vocabulary

TEXT = """# Ferry to Makiivka

The ferry to Makiivka runs again from Monday, the NATO board said.

Makiivka’s crews had stopped work. Nice crews, the Kyiv Post says.
"""


def entry(written, language="en", **fields):
    return make_entry({"written": written, "language": language, "kind": "alias", "value": "Mak", **fields})


@pytest.fixture
def live(place, tmp_path):
    (tmp_path / "articles" / "ferry.md").write_text(TEXT)
    briefing, revision, _ = ask(place, "ferry")
    work_off(place)
    vocabulary.tend(place)
    return briefing, revision


def figures(place, written, **fields):
    with place.database.reading() as session:
        return mentioning.mentioning(session, [entry(written, **fields)], lambda *_: True)


def test_what_is_live_is_noted_with_what_speaking_it_anew_takes(place, live):
    # Given a live story / Then a word of three segments is found with their takes, letters and seconds
    _, revision = live
    (found,) = figures(place, "Makiivka")
    with place.database.reading() as session:
        row = session.get_one(RevisionRow, revision)
        of = {part["id"] for part in row.script["segments"] if "Makiivka" in part["written"]}
        spoken = [chunk["spoken"] for chunk in row.chunks if chunk["segment"] in of]
        whole = session.get_one(VocabularyRow, revision).audio_ms
    assert (found.revision_id, found.count, found.segments, found.takes) == (revision, 3, 3, 3)
    assert found.characters == sum(map(len, spoken))
    assert 0 < found.audio_ms < whole == found.programme_ms


FOUND = ("makiivka", "crew", "nice", "Kyiv Post", "NATO", "nato", "Nato", "monday")

#: Case counts where capitals stand inside; words count whole, and all of several.
NOT_FOUND = ("MONDAY", "Kyiv Star", "Maki", "Harkov")


def test_words_are_found_as_the_lexicon_finds_them(place, live):
    found = {written: bool(figures(place, written)) for written in FOUND + NOT_FOUND}
    assert found == dict.fromkeys(FOUND, True) | dict.fromkeys(NOT_FOUND, False)


def test_a_newer_revision_takes_the_place_and_what_is_withdrawn_is_not_looked_up(place, live, tmp_path):
    briefing, first = live
    (tmp_path / "articles" / "ferry.md").write_text(TEXT.replace("Makiivka", "Odesa"))
    second, _ = again(place, briefing)
    work_off(place)
    vocabulary.tend(place)
    assert not figures(place, "Makiivka")
    assert figures(place, "Odesa")[0].revision_id == second
    with place.database.reading() as session:
        assert session.scalars(select(VocabularyRow.revision_id)).all() == [second]
        # Its mentions went with it, by the database's own hand.
        assert session.scalar(select(func.count()).where(MentionRow.revision_id == first)) == 0
        guessed = select(WordRow.text).join(MentionRow).where(MentionRow.guessed)
        assert "Makiivka" not in session.scalars(guessed).all()


def test_two_sweeps_note_each_revision_once(place, live):
    with place.database.reading() as session:
        before = session.scalar(select(func.count()).select_from(MentionRow))
    assert vocabulary.note_some(place) == 0
    with place.database.reading() as session:
        assert session.scalar(select(func.count()).select_from(MentionRow)) == before > 10
