from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.spoken import lenient
from worker.normalise import normalise
from worker.normalise.edits import Edit, apply
from worker.normalise.english import words
from worker.normalise.english.romans import value

_DATA = Path(__file__).parents[2] / "data"


def _cases(name):
    """Pairs of written and spoken; a line without "=>" is spoken as it stands."""
    lines = (line.strip() for line in (_DATA / name).read_text().splitlines())
    pairs = (line.partition(" => ") for line in lines if line and not line.startswith("# "))
    return [(written, spoken or written) for written, _, spoken in pairs]


@pytest.mark.parametrize(("written", "spoken"), _cases("spoken_en.txt"))
def test_english_as_a_newsreader_would(written, spoken):
    assert normalise(written, "en-US")[0] == spoken


@pytest.mark.parametrize(
    "case",
    [line.split("\t") for line in (_DATA / "newsroom_en.tsv").read_text().splitlines()],
    ids=lambda case: case[1][:40],
)
def test_sentences_written_by_somebody_who_had_not_seen_the_rules(case):
    kind, written, *spoken = case
    said, _ = normalise(written, "en")
    assert lenient(said) in [lenient(form) for form in spoken]
    if kind == "plain":
        assert said == written


@pytest.mark.parametrize(("written", "spoken"), _cases("spoken_uk.txt"))
def test_ukrainian_as_a_newsreader_would(written, spoken):
    assert normalise(written, "uk")[0] == spoken


def test_outside_america_the_day_comes_first():
    assert normalise("on 3/4/2026", "en-US")[0] == "on March fourth, twenty twenty-six"
    assert normalise("on 3/4/2026", "en-GB")[0] == "on the third of April, twenty twenty-six"


_SIGNS = st.text(alphabet="0123456789.,:/-–%$€£°#@&'’\"“” abcAMPxkmsthXVI\u00a0", max_size=60)


@pytest.mark.parametrize("language", ["en", "uk"])
@given(written=st.one_of(st.text(max_size=200), _SIGNS))
def test_spans_survive_any_text(written, language):
    spoken, spans = normalise(written, language)
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


_LONG = {"plain": "1" * 5000, "commas": "1" + ",111" * 1500, "spaces": "1" + " 111" * 1500}


@pytest.mark.parametrize("form", ["{}", "${}.50", "{}th", "{}.5 percent", "No. {}", "A{}"])
@pytest.mark.parametrize("number", _LONG.values(), ids=_LONG)
def test_digits_without_end_are_read_and_refused_by_nobody(number, form):
    normalise(form.format(number), "en")
