from __future__ import annotations

import numpy as np
import pytest

from voices.catalogue import Voice, load_catalogue
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
