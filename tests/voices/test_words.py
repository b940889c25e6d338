from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voices.engine import Pronunciation
from voices.words import own_phonemes, share_out, words_of


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("The ferry, at last.", ["The", "ferry", "at", "last"]),
        ("“Go!” — he said… (twice)", ["Go", "he", "said", "twice"]),
        ("a well-known U.S. plan", ["a", "well-known", "U.S", "plan"]),
        ("9,000 people’s $300", ["9,000", "people’s", "$300"]),
        ("Київ, й\u0306 café", ["Київ", "й\u0306", "café"]),
        ("… — “”", []),
        ("", []),
    ],
)
def test_words_are_what_stands_between_spaces_less_punctuation(text, words):
    assert [text[start:end] for start, end in words_of(text)] == words


@given(st.text(max_size=80))
def test_every_token_with_a_letter_or_a_digit_is_one_word(text):
    spans = words_of(text)
    assert len(spans) == sum(any(mark.isalnum() for mark in token) for token in text.split())
    assert all(start < end for start, end in spans)
    assert sorted(spans) == spans


def test_sound_is_shared_out_by_letters():
    words = share_out([(0, 1), (2, 5)], 100, 500)
    assert [(word.first, word.last) for word in words] == [(100, 200), (200, 500)]
    assert share_out([], 0, 9) == []


def own(text, **sounds):
    marks = sorted((text.index(word), word) for word in sounds)
    given = [(Pronunciation(start, start + len(word), ""), list(sounds[word])) for start, word in marks]
    return ["".join(phonemes) for phonemes in own_phonemes(text, given, lambda written: list(written.upper()))]


def test_a_pronounced_word_sounds_as_given_and_the_others_as_written():
    assert own("In Odesa, now", Odesa="xyz") == ["IN", "xyz", "NOW"]
    assert own("To Odesa’s port", Odesa="xyz") == ["TO", "xyz’S", "PORT"]
    assert own("pro-Odesa", Odesa="xyz") == ["PRO-xyz"]


def test_a_sound_for_several_words_is_parted_at_its_spaces_or_stays_with_the_first():
    assert own("Olha Stef left", **{"Olha Stef": "ol stef"}) == ["ol", "stef", "LEFT"]
    assert own("Olha Stef left", **{"Olha Stef": "olstef"}) == ["olstef", "", "LEFT"]
    assert own("WHO left", WHO="w h o") == ["w h o", "LEFT"]
