"""Which phonemes say which word; phonemes as espeak's American English gives them."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from voices.alignment import match_words


def heard(words, said):
    """The phonemes that each group of words got."""
    return [(list(group.words), said[group.first : group.last]) for group in match_words(words, list(said))]


def test_words_that_sound_as_they_do_alone():
    assert heard([["d", "ˈ", "ɔ", "ɡ"], ["b", "ˈ", "ɪ", "t"]], "dˈɔɡ bˈɪt.") == [([0], "dˈɔɡ"), ([1], "bˈɪt")]


def test_merged_words_are_parted():
    # "of the head": espeak joins the first two, and reduces one of them
    assert heard(["ʌv", "ðə", "hˈɛd"], "ʌvðə hˈɛd") == [([0], "ʌv"), ([1], "ðə"), ([2], "hˈɛd")]
    assert heard(["ʌv", "ðə", "ˈɔːdɚ"], "əvðɪʲ ˈɔːdɚ") == [([0], "əv"), ([1], "ðɪʲ"), ([2], "ˈɔːdɚ")]


def test_a_number_of_several_words_is_one():
    assert heard(["nˈaɪn θˈaʊzənd", "mˈɛn"], "nˈaɪn θˈaʊzənd mˈɛn") == [([0], "nˈaɪn θˈaʊzənd"), ([1], "mˈɛn")]


def test_a_stress_belongs_to_the_sound_behind_it_and_a_length_to_the_one_before():
    assert heard(["tə", "ˈiːt"], "tə ˈiːt")[1] == ([1], "ˈiːt")


def test_pauses_belong_to_no_word():
    assert heard(["sˈɛd", "hiː"], "sˈɛd, hiː.") == [([0], "sˈɛd"), ([1], "hiː")]


def test_a_word_that_nothing_says_shares_with_the_one_before_or_the_first():
    assert heard(["sˈɛd", "", "hiː"], "sˈɛd hiː") == [([0, 1], "sˈɛd"), ([2], "hiː")]
    assert heard(["", "hiː"], "hiː") == [([0, 1], "hiː")]


def test_sounds_that_no_word_has_go_to_the_word_they_are_joined_with_or_before():
    assert heard(["wˈʌn", "tˈɛn"], "wˈʌn ænd tˈɛn") == [([0], "wˈʌn ænd"), ([1], "tˈɛn")]
    assert heard(["wˈʌn", "tˈɛn"], "wˈʌns tˈɛn") == [([0], "wˈʌns"), ([1], "tˈɛn")]


def test_the_same_word_three_times_is_three_words():
    assert [said for _, said in heard(["ðə"] * 3, "ðə ðə ðə")] == ["ðə"] * 3


@pytest.mark.parametrize(("words", "said"), [([], "ðə"), (["ðə"], " ,."), (["ðə"], "")])
def test_nothing_to_match_gives_nothing(words, said):
    assert match_words(words, list(said)) == []


_PHONEMES = st.text("ðənaɪsˈː ,.", max_size=12)


@settings(max_examples=200)
@given(st.lists(_PHONEMES, min_size=1, max_size=12), st.text("ðənaɪsˈː ,.", max_size=60))
def test_whatever_is_said_every_word_is_in_one_group_and_groups_are_in_order(words, said):
    groups = match_words(words, list(said))
    if not groups:
        assert not set(said) & set("ðənaɪs")
        return
    assert [number for group in groups for number in group.words] == list(range(len(words)))
    bounds = [place for group in groups for place in (group.first, group.last)]
    assert sorted(bounds) == bounds
    assert all(group.first < group.last for group in groups)
    assert bounds[-1] <= len(said)
