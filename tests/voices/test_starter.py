"""What ships, said by the voice it was written for: every sound is one that the model was taught."""

from __future__ import annotations

import pytest

from briefing.pronunciations.lexicon import starter
from voices.catalogue import load_catalogue
from voices.engine import Pronunciation
from voices.engines.piper import PiperEngine
from voices.phonemes import fold

#: What espeak's American English gives, measured on every 300th word of CMUdict; the model heard nothing else.
TAUGHT = set("aæbdðeɛɜfɡhiɪjklmnŋoɔpɹsʃtuʊvwzʒθəɚɐɑʌᵻɾˈˌː ")


@pytest.fixture(scope="module")
def engine():
    return PiperEngine()


@pytest.mark.parametrize(
    "entry", [entry for entry in starter() if entry.kind == "ipa"], ids=lambda entry: entry.written
)
def test_an_entry_is_said_as_it_is_written(engine, entry):
    model = engine._model(load_catalogue().get("joe"))
    assert "".join(fold(entry.value, model.config.phoneme_id_map, "en-us")) == entry.value, "it needs no folding"
    assert set(entry.value) <= TAUGHT
    assert entry.value.count("ˈ") >= 1, "some syllable is stressed"
    text = f"To {entry.written}, he said."
    said, _ = engine._phonemes(model, text, [Pronunciation(3, 3 + len(entry.written), entry.value)])
    (sentence,) = ["".join(part) for part in said]
    assert sentence.endswith(f" {entry.value}, hiː sˈɛd.")
    banner = f"{entry.written.upper()} HIT"
    said, _ = engine._phonemes(model, banner, [Pronunciation(0, len(banner) - 4, entry.value)])
    assert ["".join(part) for part in said] == [f"{entry.value} hˈɪt"]
    (plain,) = ["".join(part) for part in engine._phonemes(model, text, [])[0]]
    assert sentence != plain, "espeak reads it so anyway"
