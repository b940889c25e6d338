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
        ("the I A E A said", "the I.A.E.A. said"),
        ("in the U S.", "in the U.S."),
        ("A B of things", "A.B. of things"),
        ("I am A man", "I am A man"),
        ("the E U's plan", "the E U's plan"),
    ],
)
def test_article_text_cannot_smuggle_phonemes_and_letters_are_spelled(text, given):
    assert _speakable(text) == given


def test_letters_come_out_as_letters(engine, joe):
    phonemes = "".join(
        "".join(sentence) for sentence in engine._model(joe).phonemize(_speakable("The I A E A said so."))
    )
    assert "eɪ" in phonemes.split("s")[0]


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
