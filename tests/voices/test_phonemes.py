from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from piper.phoneme_ids import DEFAULT_PHONEME_ID_MAP

from voices.phonemes import fold

KNOWN = DEFAULT_PHONEME_ID_MAP


@pytest.mark.parametrize(
    ("ipa", "english"),
    [
        ("bˌiːloʊhˈɔːɹɪvkə", "bˌiːloʊhˈɔːɹɪvkə"),
        ("biloˈɦɔrʲiu̯kɐ", "biloʊhˈɔɹivkɐ"),
        ("xɛrˈsɔn", "hɛɹsˈɔn"),
        ("ˈbaxmut", "bˈɑːkmuːt"),
        ("ˈt͡ʃɔpɫɐ", "tʃˈɔplɐ"),
        ("ˈmuːʒək‿ov", "mˈuːʒəkoʊv"),
        ("ʒɑ̃ˈlyk", "ʒɑːnlˈuːk"),
        ("mɔraˈvjɛt͡ski", "mɔɹɑːvjˈɛtski"),
        ("ˈœʁsted", "ˈɜːɹstɛd"),
        ("ˈgiːga", "ɡˈiːɡɑː"),
        ("ˈstraʊ̯s", "stɹˈaʊs"),
        ("aɪ eɪ oʊ", "aɪ eɪ oʊ"),
        ("niˈkaragwa ", "nikˈɑːɹɑːɡwɑː"),
        ("ˈ a ˌ", "ɑː"),
        ("kˈɪ̈v", "kˈɪv"),
        ("bˈʌtn̩", "bˈʌtən"),
        ("d̥ë̞b̤ˈʌ̃ː", "dɛbˈʌː"),
    ],
)
def test_foreign_sounds_become_their_english_neighbours(ipa, english):
    marks = fold(ipa, KNOWN, "en-us")
    assert "".join(marks) == english
    assert fold("".join(marks), KNOWN, "en-us") == marks, "what is English stays as it is"


def test_other_voices_keep_what_they_know_and_stress_stands_before_the_vowel():
    assert "".join(fold("biloˈɦɔrʲiu̯kɐ", KNOWN, "uk")) == "biloɦˈɔrʲiu̯kɐ"
    assert "".join(fold("t͡ʃɦ", {"ʃ", "t"}, "uk")) == "tʃ"


@pytest.mark.parametrize("ipa", ["", "ˈˌː", "[[", "$^_", "12", "  "])
def test_nothing_that_sounds_gives_nothing(ipa):
    assert fold(ipa, KNOWN, "en-us") == []


@given(
    st.text(max_size=40) | st.text("[]$^_#\"(),.!?'-0189 ˈabɦx\u0303", max_size=40), st.sampled_from(["en-us", "uk"])
)
def test_no_text_gives_more_than_sounds(ipa, language):
    marks = fold(ipa, KNOWN, language)
    assert all(mark in KNOWN and len(mark) == 1 for mark in marks)
    assert not set(marks) & set("^$_!'(),-.:;?#\"0123456789[]")
