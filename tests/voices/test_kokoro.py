"""Kokoro's phonemes, words, short texts and windows, by the real model."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from tests.support.kokoro import kokoro_folder
from tests.support.processes import ROOT
from voices.catalogue import load_catalogue
from voices.engine import Pronunciation
from voices.errors import EngineFailed, EngineMissing
from voices.kokoro import speech
from voices.kokoro.phonemes import Phonemes, worded
from voices.kokoro.speech import Spoken, batches, joinable
from voices.kokoro.words import timed

HEART = load_catalogue().get("heart")


@pytest.fixture(scope="module")
def phonemes():
    from kokoro_onnx.config import DEFAULT_VOCAB

    return Phonemes(list(DEFAULT_VOCAB))


def said(phonemes, text, language="en-US", **sounds):
    marks = [Pronunciation(text.index(word), text.index(word) + len(word), ipa) for word, ipa in sounds.items()]
    return phonemes.said(text, language, marks)[0]


@pytest.mark.parametrize(
    ("text", "given"),
    [
        ("A [[bˈæd]] word", "A   bˈæd   word"),
        ("[x](/həlˈoʊ/)", " x (/həlˈoʊ/)"),
        ("the I A E A said", "the I eigh E eigh said"),
        ("the A P's plan", "the eigh P's plan"),
        ("of P O Ws", "of P O W's"),
        ("He came – late", "He came — late"),
    ],
)
def test_text_is_worded_for_espeak(text, given):
    assert worded(text) == given


def test_phonemes_keep_punctuation_and_letters_are_said_one_by_one(phonemes):
    assert said(phonemes, "Crews had stopped, she said.") == "kɹˈuːz hæd stˈɑːpt, ʃiː sˈɛd."
    assert said(phonemes, "The U S A left.") == "ðə jˈuː ˈɛs ˈeɪ lˈɛft."
    assert said(phonemes, "better", "en-GB") == "bˈɛtə"
    assert said(phonemes, "better") == "bˈɛɾɚ"


def test_a_pronunciation_reaches_the_model_folded_to_what_it_knows(phonemes):
    assert said(phonemes, "The fight for Odesa, he said.") == "ðə fˈaɪt fɔːɹ ˈoʊdɛsə, hiː sˈɛd."
    assert said(phonemes, "The fight for Odesa, he said.", Odesa="oˈdɛsɐ") == "ðə fˈaɪt fɔːɹ oʊdˈɛsɐ, hiː sˈɛd."
    assert said(phonemes, "in Bilohorivka", Bilohorivka="biloˈɦɔrʲiu̯kɐ") == "ɪn biloʊhˈɔɹivkɐ"


@pytest.mark.parametrize(
    "markup", ["[[həlˈoʊ]]", "[x](/həlˈoʊ/)", '<phoneme ph="həlˈoʊ">x</phoneme>', "[[", "{{h@l'oU}}"]
)
def test_article_text_is_no_markup(phonemes, monkeypatch, markup):
    # Patched to see what espeak is given; it goes on as it does.
    backend, given = phonemes._backend("en-US"), []
    real = backend.phonemize
    monkeypatch.setattr(backend, "phonemize", lambda texts: given.extend(texts) or real(texts))
    assert "həlˈoʊ" not in said(phonemes, f"He wrote {markup} today.")
    assert given
    assert not any(mark in "".join(given) for mark in "[]<>{}")


def test_another_language_is_refused(phonemes):
    with pytest.raises(EngineMissing, match="English"):
        phonemes.said("Guten Tag", "de-DE")


def test_every_stretch_fits_the_model_and_no_phoneme_is_lost(phonemes):
    sentence = "The ferry runs again from Monday, after four days without crews on the boats"
    for text in (f"{sentence}. " * 12, f"{sentence}, " * 12, "ferry " * 200, "a" * 1400):
        whole = said(phonemes, text)
        found = batches(whole)
        assert all(len(stretch) <= 510 for _, stretch in found)
        assert len(found) > 1 or len(whole) <= 510
        assert all(whole[start : start + len(stretch)] == stretch for start, stretch in found)
        assert "".join(stretch for _, stretch in found).replace(" ", "") == whole.replace(" ", "")


def test_a_text_beyond_the_window_is_said_whole_with_its_words(kokoro, monkeypatch):
    monkeypatch.setattr(speech, "MAX_PHONEME_LENGTH", 24)
    text = "The ferry runs again. Crews had stopped."
    one, two = kokoro.synthesize(text, HEART)
    words = [text[word.start : word.end] for part in (one, two) for word in part.words]
    assert words == text.replace(".", "").split()
    assert [text[word.start : word.end] for word in two.words] == ["Crews", "had", "stopped"]
    # The pause between two stretches is a pause, and no more.
    sounding = [np.flatnonzero(np.abs(part.samples) > 0.003 * np.max(np.abs(part.samples))) for part in (one, two)]
    gap_s = (len(one.samples) - sounding[0][-1] + sounding[1][0]) / one.rate
    assert gap_s == pytest.approx(0.28, abs=0.02)


def test_a_tiny_text_is_read_calmly_and_alone(kokoro):
    (part,) = kokoro.synthesize("Yes.", HEART)
    model, phonemizer = kokoro._loaded()
    alone = model.speak(phonemizer.said("Yes.", "en-US")[0], model.style("af_heart"), 1.0)

    def sounding(samples):
        found = np.flatnonzero(np.abs(samples) > 0.01)
        return samples[found[0] : found[-1]]

    loud = [float(np.sqrt(np.mean(np.square(sounding(samples))))) for samples in (part.samples, alone.samples)]
    # Alone it is some 2 dB louder than in a sentence; and none of the carrier sentence's five words is left.
    assert 20 * np.log10(loud[0] / loud[1]) < -1
    assert len(sounding(part.samples)) / part.rate < 0.6
    assert [(word.start, word.end) for word in part.words] == [(0, 3)]
    assert part.words[0].first < len(part.samples) * 0.4


def test_a_carrier_sentence_that_cannot_be_cut_off_is_not_used(kokoro, monkeypatch):
    monkeypatch.setattr(speech, "_SILENCE", -1.0)
    model, phonemizer = kokoro._loaded()
    said, _ = phonemizer.said("No.", "en-US")
    style = model.style("af_heart")
    kept = model.speak_behind("wˈʌn.", said, style, 1.0)
    assert np.array_equal(kept.samples, model.speak(said, style, 1.0).samples)


def test_words_are_timed_by_their_phonemes():
    from voices.alignment import Group

    groups = [Group(range(1), 0, 2), Group(range(1, 3), 3, 6), Group(range(3, 4), 8, 10)]
    spans = [(0, 2), (3, 5), (6, 8), (10, 12)]
    starts = tuple(range(0, 1100, 100))
    found = timed(groups, "aa bbb. cc", 0, starts, spans)
    # Half of a space each; a stop and its pause are nobody's; two words in one group share it.
    assert [(word.start, word.first, word.last) for word in found] == [
        (0, 0, 250), (3, 250, 425), (6, 425, 600), (10, 800, 1000)
    ]  # fmt: skip
    assert timed(groups, "aa bbb. cc", 8, (0, 100, 200), spans)[0].first == 0
    assert timed(groups, "aa bbb. cc", 0, (), spans) == ()


def test_edges_between_stretches_are_cut_and_times_move_along():
    sound = np.concatenate([np.zeros(9600), np.full(2400, 0.5), np.zeros(12000)]).astype(np.float32)
    first, second = joinable([Spoken(sound, (0, 9600, 12000, 24000))] * 2, 300)
    assert len(first.samples) == 12_000 - 1 + 24 * 270
    assert second.starts == (0, 720, 3120, 15120)


def test_a_text_without_a_sound_and_a_voice_that_is_not_there(kokoro):
    with pytest.raises(EngineFailed):
        list(kokoro.synthesize("…", HEART))
    with pytest.raises(EngineMissing, match="af_nobody"):
        list(kokoro.synthesize("Yes.", replace(HEART, parameters={"style": "af_nobody"})))


SEVERAL = """
import os, sys, time
from concurrent.futures import ThreadPoolExecutor
import numpy as np
from voices.catalogue import load_catalogue
from voices.engines.kokoro import KokoroEngine
from voices.engines.piper import PiperEngine

TEXT = "The ferry runs again today."
catalogue = load_catalogue()
engines = [(KokoroEngine(sys.argv[1]), catalogue.get("heart")), (PiperEngine(), catalogue.get("joe"))]

def spoken(engine, voice):
    return np.concatenate([part.samples for part in engine.synthesize(TEXT, voice)])

def threads():
    return len(os.listdir("/proc/self/task"))

before = threads()
used, began = time.process_time(), time.perf_counter()
apart = [spoken(*engines[int(number)]) for number in sys.argv[2]]
# One thread per call: loading and speaking started none, and used no more CPU than one can.
assert threads() == before, (before, threads())
assert time.process_time() - used < 1.1 * (time.perf_counter() - began)
if sys.argv[2] == "01":
    with ThreadPoolExecutor(2) as pool:
        together = list(pool.map(lambda number: spoken(*engines[int(number)]), sys.argv[2]))
    for one, other in zip(apart, together):
        assert np.array_equal(one, other)
from voices.kokoro.phonemes import Phonemes
from kokoro_onnx.config import DEFAULT_VOCAB
print(Phonemes(list(DEFAULT_VOCAB)).said(TEXT, "en-US")[0])
print("".join(map("".join, engines[1][0]._model(engines[1][1]).phonemize(TEXT))))
print(*[len(sound) for _, sound in sorted(zip(sys.argv[2], apart))])
"""


def test_two_espeaks_in_one_process_read_right_and_a_call_takes_one_thread():
    """Kokoro's espeak-ng and Piper's are two libraries with global state each; here one first, then the other."""
    found = set()
    for order in ("01", "10"):
        done = subprocess.run(
            [sys.executable, "-c", SEVERAL, kokoro_folder(), order],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        found.add(done.stdout)
    (printed,) = found
    ours, pipers, _ = printed.splitlines()
    assert ours == "ðə fˈɛɹi ɹˈʌnz ɐɡˈɛn tədˈeɪ."
    assert pipers == "ðə fˈɛɹi ɹˈʌnz ɐɡˈɛn tədˈeɪ."
