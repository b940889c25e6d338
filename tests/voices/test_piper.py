from __future__ import annotations

import re

import numpy as np
import pytest

from voices.catalogue import Voice, load_catalogue
from voices.engine import Pronunciation
from voices.engines.piper import PiperEngine, _speakable
from voices.errors import EngineFailed, EngineMissing


@pytest.fixture(scope="module")
def engine():
    return PiperEngine()


@pytest.fixture(scope="module")
def joe():
    return load_catalogue().get("joe")


@pytest.mark.parametrize(
    ("text", "given"),
    [
        ("A [[bˈæd]] word", "A [bˈæd] word"),
        ("[[[[x]]]]", "[x]"),
        ("the I A E A said", "the I.A.E.A said"),
        ("in the U S.", "in the U.S."),
        ("I am A man", "I am A man"),
        ("the E U's plan", "the E U's plan"),
        ("the A P's and the I A E A’s", "the eigh P's and the I.A.E eigh's"),
        ("of P O Ws and M Ps", "of P.O W's and M P's"),
    ],
)
def test_article_text_cannot_smuggle_phonemes_and_letters_are_spelled(text, given):
    assert _speakable(text) == given


@pytest.mark.parametrize(
    ("text", "letters"),
    [
        ("The I A E A said so", ["aɪ", "eɪ", "iː", "eɪ"]),
        ("The agency (I A E A) experts said so", ["aɪ", "eɪ", "iː", "eɪ"]),
        ("The U S Army left", ["juː", "ɛs"]),
        ("At nine A M Monday", ["eɪ", "ɛm"]),
        ("Moscow executed P O Ws, Kyiv says", ["piː", "oʊ", "dʌbəljuːz"]),
        ("The E U's leaders met the A P's", ["iː", "juːz", "eɪ", "piːz"]),
    ],
)
def test_letters_come_out_as_letters_and_end_no_sentence(engine, joe, text, letters):
    (sentence,) = engine._model(joe).phonemize(_speakable(text))
    heard = "".join(mark for mark in sentence if mark not in "ˈˌʲ ")
    for letter in letters:
        assert letter in heard
        heard = heard.partition(letter)[2]


def phonemes(engine, joe, text, **sounds):
    """What the model is given for `text`, by sentence, with these words pronounced."""
    places = sorted((found.start(), word) for word in sounds for found in re.finditer(rf"\b{word}\b", text))
    marks = [Pronunciation(start, start + len(word), sounds[word]) for start, word in places]
    sentences, _ = engine._phonemes(engine._model(joe), text, marks)
    return ["".join(sentence) for sentence in sentences]


BILOHORIVKA = "bˌiːloʊhˈɔːɹɪvkə"


def test_a_pronunciation_reaches_the_model_as_given_wherever_it_stands(engine, joe):
    text = "It ended. Bilohorivka fell, he said (to Bilohorivka). The fight for Bilohorivka and Lyman: in Bilohorivka?"
    plain = phonemes(engine, joe, text)
    said = phonemes(engine, joe, text, Bilohorivka=BILOHORIVKA)
    # The very phonemes of the plain sentence but for the name: its neighbours, commas and sentence ends are as they were.
    assert said == [sentence.replace("baɪlˈoʊhɔːɹˌɪvkə", BILOHORIVKA) for sentence in plain]
    assert sum(sentence.count(BILOHORIVKA) for sentence in said) == 4


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("KYIV WAS HIT", "{} wʌz hˈɪt"),
        ("RAID ON ODESA. KYIV HIT BY ISIS", "ɹˈeɪd ˌɔn {}. {} hˈɪt baɪʲ ˈaɪsɪs"),
        ("PUTIN MEETS KYIV IN ODESA", "pjˈuːtɪn mˈiːts {} ɪn {}"),
        ("He said KYIV was hit", "hiː sˈɛd {} wʌz hˈɪt"),
    ],
)
def test_in_capitals_neighbours_stay_words(engine, joe, text, plain):
    names = {"KYIV": "kˈiːɪv", "ODESA": "oʊdˈɛsə"}
    sounds = [names[word] for word in re.findall("KYIV|ODESA", text)]
    said = " ".join(phonemes(engine, joe, text, **{name: ipa for name, ipa in names.items() if name in text}))
    assert said == plain.format(*sounds)


def test_neighbours_follow_the_sound_not_the_spelling(engine, joe):
    assert phonemes(engine, joe, "the Odesa plan", Odesa="oʊdˈɛsə") == ["ðɪʲ oʊdˈɛsə plˈæn"]
    assert phonemes(engine, joe, "the Odesa plan", Odesa="dˈɛsə") == ["ðə dˈɛsə plˈæn"]
    assert phonemes(engine, joe, "Olha Stefanishyna left", **{"Olha Stefanishyna": "ˈɔːlhə stˌɛfənˈiːʃɪnə"}) == [
        "ˈɔːlhə stˌɛfənˈiːʃɪnə lˈɛft"
    ]


def test_ipa_is_folded_to_the_voice_and_the_word_is_said_where_nothing_is_left(engine, joe):
    assert phonemes(engine, joe, "in Bilohorivka", Bilohorivka="biloˈɦɔrʲiu̯kɐ") == ["ɪn biloʊhˈɔɹivkɐ"]
    assert phonemes(engine, joe, "in Kyiv", Kyiv="ʡˤ") == phonemes(engine, joe, "in Kyiv")


@pytest.mark.parametrize("written", ["Zhoozhov met Odesa", "zhoozhov in Odesa’s Ozhoozhov"])
def test_a_text_that_holds_a_stand_in_is_said_plainly(engine, joe, written):
    assert phonemes(engine, joe, written, Odesa="dˈɛsə") == phonemes(engine, joe, written)


SMUGGLED = [
    "[[həlˈoʊ]]",
    "[[",
    "]]",
    "[[[həlˈoʊ]]]",
    "[ [həlˈoʊ] ]",
    '<phoneme alphabet="ipa" ph="həlˈoʊ">x</phoneme>',
    "<break time='9s'/>",
    "[x](/həlˈoʊ/)",
    "[[x]](/y/)",
]


@pytest.mark.parametrize("markup", SMUGGLED)
@pytest.mark.parametrize("around", ["{} Odesa", "Odesa {}", "[{}Odesa{}]", "[Odesa {}]", "{}"])
def test_article_text_never_reaches_piper_as_markup(engine, joe, monkeypatch, markup, around):
    # Patched to see what Piper itself is given; it goes on as it does.
    model, given = engine._model(joe), []
    real = model.phonemize
    monkeypatch.setattr(model, "phonemize", lambda text: given.append(text) or real(text), raising=False)
    text = f"He wrote {around.replace('{}', markup)} today."
    said = phonemes(engine, joe, text, Odesa="dˈɛsə")
    assert given
    assert not any("[[" in words or "]]" in words for words in given)
    assert "".join(said).count("dˈɛsə") == text.count("Odesa")
    # Said or silent, but never obeyed: the greeting that the markup spells in phonemes is not spoken.
    assert "həlˈoʊ" not in "".join(said)


def test_sentences_are_apart_and_levels_are_the_models_own(engine, joe):
    parts = list(engine.synthesize("The ferry runs again. Crews had stopped work.", joe))
    assert len(parts) == 2
    assert not np.any(parts[0].samples[-2000:])
    # Piper's own normalisation would bring every sentence to a peak of exactly 1.
    assert all(np.max(np.abs(part.samples)) < 0.99 for part in parts)


def test_text_without_a_sound_is_a_failure(engine, joe):
    with pytest.raises(EngineFailed):
        list(engine.synthesize("", joe))


def test_a_missing_model_says_where_it_should_be(engine, tmp_path):
    packaged = Voice("x", "X", "en", "piper", "none", "none", {"package": "no_such_voice_package", "model": "x.onnx"})
    with pytest.raises(EngineMissing) as caught:
        engine.model_digest(packaged)
    assert caught.value.hint == "pip install no-such-voice-package"
    own = Voice("x", "X", "en", "piper", "none", "none", {"model": "x.onnx"}, tmp_path)
    with pytest.raises(EngineMissing, match="x.onnx"):
        list(engine.synthesize("Hello.", own))
