from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.normalise import normalise
from worker.normalise.edits import Edit, apply
from worker.normalise.english import words
from worker.normalise.english.romans import value

CASES = [
    tuple(part.strip() for part in line.split("=>")) if "=>" in line else (line.strip(), line.strip())
    for line in (Path(__file__).parent.parent / "data" / "spoken_en.txt").read_text().splitlines()
    if line.strip() and not line.startswith("# ")
]


@pytest.mark.parametrize(("written", "spoken"), CASES)
def test_spoken_as_a_newsreader_would(written, spoken):
    assert normalise(written, "en-US")[0] == spoken


@given(st.text(max_size=200))
def test_spans_survive_any_text(written):
    spoken, spans = normalise(written, "en")
    rebuilt, done = "", 0
    for span in spans:
        assert span.start >= done
        rebuilt += written[done : span.start]
        assert len(rebuilt) == span.spoken_start
        rebuilt += spoken[span.spoken_start : span.spoken_end]
        done = span.end
    assert rebuilt + written[done:] == spoken


def test_other_languages_keep_their_digits_for_the_engine():
    assert normalise("Am 3. Mai kamen 4.700 Menschen.", "de") == ("Am 3. Mai kamen 4.700 Menschen.", ())


def test_the_earlier_rule_wins_where_two_overlap():
    spoken, spans = apply("abcdef", [lambda _: [Edit(1, 4, "X", "first")], lambda _: [Edit(0, 2, "Y", "second")]])
    assert spoken == "aXef"
    assert [span.rule for span in spans] == ["first"]


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0, "zero"),
        (13, "thirteen"),
        (40, "forty"),
        (101, "one hundred one"),
        (12_345, "twelve thousand three hundred forty-five"),
        (1_000_000, "one million"),
        (-7, "minus seven"),
        (10**18, "one quintillion"),
        (10**21, "one " + " ".join(["zero"] * 21)),
    ],
)
def test_cardinals(number, text):
    assert words.cardinal(number) == text


@pytest.mark.parametrize(
    ("number", "text"), [(1, "first"), (12, "twelfth"), (20, "twentieth"), (33, "thirty-third"), (100, "one hundredth")]
)
def test_ordinals(number, text):
    assert words.ordinal(number) == text


@pytest.mark.parametrize(("roman", "number"), [("IV", 4), ("XIX", 19), ("IIII", None), ("VX", None), ("LVI", 56)])
def test_roman_numerals_must_be_well_formed(roman, number):
    assert value(roman) == number
