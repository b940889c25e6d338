"""Names that must not be spoken: found however they are written, told by their number alone."""

from __future__ import annotations

import time

import pytest

from briefing.pronunciations.never_speak import Hit, find, refusal

LIST = ("Anna-Maria Müller", "O’Brien", "Джон До", "Li", "Schmidt")


@pytest.mark.parametrize(
    ("text", "entries"),
    [
        ("Anna-Maria Müller said.", [1]),
        ("ANNA MARIA\u00a0MULLER", [1]),
        ("anna\u2011maria\n  muller's house", [1]),
        ("Annamaria Mu\u0308ller’s", [1]),
        ("Anna\u200b-Maria Mül\u00adler", [1]),
        ("Frau Anna-Maria Müllers Haus", [1]),
        ("Ｏ'Ｂｒｉｅｎ and O'Brien", [2]),
        ("the O\u02bcBriens", [2]),
        ("ДЖОН  ДО.", [3]),
        ("Li, 17, was there", [4]),
        ("Schmi-\ndt", [5]),
        ("Schmidt-Li", [4, 5]),
        ("Anna Müller and Maria", []),
        ("Lima, Oli, a livid list", []),
        ("Goldschmidt Schmidts'", [5]),
        ("Джонатан Донской", []),
        ("", []),
    ],
)
def test_a_name_is_found_as_whole_words_in_every_writing(text, entries):
    assert sorted({hit.entry for hit in find(LIST, [("s1", text)])}) == entries


def test_it_is_told_by_numbers_and_places():
    hits = find(LIST, [("a1", "Li"), ("a1", "Li and O'Brien"), ("title", "Li")])
    assert hits == [Hit(4, "a1"), Hit(2, "a1"), Hit(4, "title")]
    error = refusal(hits)
    assert error.code == "never_speak"
    assert error.message == "it holds what must not be spoken: entry 2, 4 of the list, in a1, title"
    assert find((), [("a", "Li")]) == find(("--",), [("a", "-- Li")]) == []


def test_a_long_list_costs_a_story_little():
    names = [f"Given{number} Family{number}" for number in range(10_000)]
    text = "The ferry runs again from Monday, the harbour board said. " * 500
    find(names, [("s", "x")])
    begun = time.process_time()
    assert find(names, [("s", text + "given77 family77")]) == [Hit(78, "s")]
    assert time.process_time() - begun < 2
