"""Words and their times, whatever engine, aligner and sound give."""

from __future__ import annotations

import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.audio import voice_like
from tests.support.golden import ARTICLES, script_of
from voices.catalogue import load_catalogue
from voices.engine import AudioChunk, Pronunciation, Word
from voices.engines.piper import PiperEngine
from voices.words import words_of
from worker.sound.edges import trimmed
from worker.timing import joined, moved, sphinx, timed
from worker.timing.estimate import estimated
from worker.timing.fit import fitted
from worker.timing.sounds import sounds_of_ipa, sounds_of_letters

RATE = 22_050


@pytest.fixture(scope="module")
def engine():
    return PiperEngine()


@pytest.fixture(scope="module")
def joe():
    return load_catalogue().get("joe")


def take_of(engine, joe, text, marks=()):
    """Sound and words of a finished take."""
    sound, told = joined(list(engine.synthesize(text, joe, marks)))
    sound, cut = trimmed(sound, RATE)
    return sound, moved(told, samples=-cut)


def is_whole(text, words, samples):
    """Tell whether every word of the text has its time, in order and inside the take."""
    places = [place for word in words for place in (word.first, word.last)]
    return (
        [(word.start, word.end) for word in words] == words_of(text)
        and sorted(places) == places
        and all(0 <= place <= samples for place in places)
    )


_TEXTS = st.lists(st.sampled_from(["The", "ferry,", "—", "9,000", "“Go!”", "of", "p.m.", "…"]), max_size=20).map(
    " ".join
)
_TIMES = st.integers(-5000, 60_000)


@st.composite
def _told(draw):
    text = draw(_TEXTS)
    places = st.integers(0, len(text))
    return text, draw(st.lists(st.builds(Word, places, places, _TIMES, _TIMES), max_size=20))


@settings(max_examples=200)
@given(_told(), st.integers(0, 50_000))
def test_whatever_an_engine_tells_no_word_is_lost(told, samples):
    text, known = told
    words = fitted(words_of(text), known, samples)
    assert words is None or is_whole(text, words, samples)
    # In a language without an aligner: told or estimated, but whole.
    words, timing = timed(text, np.zeros(samples, dtype=np.float32), RATE, "uk", known)
    assert is_whole(text, words, samples)
    assert timing in {"exact", "estimated"}


@settings(max_examples=60)
@given(_TEXTS, st.lists(st.tuples(st.integers(0, 9000), st.booleans()), max_size=8))
def test_estimated_words_are_whole_and_none_begins_in_a_pause(text, stretches):
    parts = [voice_like(n / RATE, RATE) if loud else np.zeros(n, dtype=np.float32) for n, loud in stretches if n]
    sound = np.concatenate([*parts, np.zeros(0, dtype=np.float32)])
    assert is_whole(text, estimated(text, sound, RATE), len(sound))


def test_estimated_words_leave_pauses_free():
    speech = voice_like(2, RATE)
    sound = np.concatenate([speech, np.zeros(RATE, dtype=np.float32), speech])
    words = estimated("one two, two one", sound, RATE)
    assert words[1].last == pytest.approx(2 * RATE, abs=RATE // 10)
    assert words[2].first == pytest.approx(3 * RATE, abs=RATE // 10)


def test_parts_are_joined_and_their_words_move_with_them():
    part = AudioChunk(np.ones(100, dtype=np.float32), RATE, (Word(0, 3, 10, 90),))
    sound, words = joined([part, part])
    assert len(sound) == 200
    assert words == [Word(0, 3, 10, 90), Word(0, 3, 110, 190)]
    assert moved(words[1:], characters=5, samples=-60) == [Word(5, 8, 50, 130)]


def test_words_without_a_time_share_that_of_the_one_before_or_the_first():
    spans = words_of("aa bb cc dd ee")
    known = [Word(3, 5, 100, 200), Word(6, 8, 200, 300), Word(12, 14, 400, 600)]
    times = [(word.first, word.last) for word in fitted(spans, known, 500)]
    assert times == [(100, 150), (150, 200), (200, 250), (250, 300), (400, 500)]
    assert fitted(spans, known[:2], 500) is None


def test_an_engine_s_own_words_may_be_other_than_ours():
    # One token for the quotation mark, two for a hyphened word, white space at the edge of another
    text = "“Well-known men"
    known = [Word(0, 1, 0, 10), Word(1, 5, 10, 20), Word(6, 12, 20, 40), Word(12, 15, 40, 50)]
    words = fitted(words_of(text), known, 50)
    assert [(text[w.start : w.end], w.first, w.last) for w in words] == [("Well-known", 10, 40), ("men", 40, 50)]


def test_an_aligner_finds_what_piper_tells(engine, joe):
    """Pocketsphinx knows nothing of Piper; it hears sound. Measured over 367 words: median 31 ms, at most 118 ms."""
    apart, count = [], 0
    for path in ARTICLES:
        script = script_of(path)
        text = max((segment.spoken for segment in script.segments if segment.role == "body"), key=len)
        sound, told = take_of(engine, joe, text)
        exact, timing = timed(text, sound, RATE, "en-US", told)
        assert timing == "exact"
        assert is_whole(text, exact, len(sound))
        found, timing = timed(text, sound, RATE, "en-US")
        assert timing == "aligned", "pip install 'briefcast[alignment]'"
        assert is_whole(text, found, len(sound))
        apart += [abs(one.first - other.first) / RATE for one, other in zip(exact, found, strict=True)]
        guessed, timing = timed(text, sound, RATE, "uk")
        assert timing == "estimated"
        assert is_whole(text, guessed, len(sound))
        count += len(exact)
    assert count > 200
    assert np.median(apart) <= 0.045
    assert np.percentile(apart, 95) <= 0.12
    assert max(apart) < 0.3


def test_words_the_dictionary_lacks_are_found(engine, joe):
    text = "In Bilohorivka, Njie’s IAEA team saw 12 Shahed-136s; Olha Stefanishyna of Zhytomyr spoke."
    marks = [Pronunciation(text.index("Olha"), text.index(" of"), "ˈɔːlhə stˌɛfənˈiːʃɪnə")]
    sound, told = take_of(engine, joe, text, marks)
    exact, _ = timed(text, sound, RATE, "en", told)
    found, timing = timed(text, sound, RATE, "en", (), marks)
    assert timing == "aligned"
    apart = {text[a.start : a.end]: abs(a.first - b.first) / RATE for a, b in zip(exact, found, strict=True)}
    # Digits are looked for one by one, which is not how they are said; what comes after is found again.
    assert all(apart[word] < 0.15 for word in ("Njie’s", "IAEA", "team", "Olha", "Stefanishyna", "Zhytomyr", "spoke"))


@pytest.mark.parametrize(
    "sound",
    [
        np.zeros(2 * RATE, dtype=np.float32),
        np.zeros(0, dtype=np.float32),
        np.full(100, 0.5, dtype=np.float32),
        voice_like(0.3, RATE),
    ],
    ids=["silence", "nothing", "a click", "too short for its text"],
)
def test_where_there_is_nothing_to_align_words_are_estimated(sound):
    text = "Some thirty words of a text that nobody said at all, or not in this take, which is too short for it."
    words, timing = timed(text, sound, RATE, "en-US")
    assert timing == "estimated"
    assert is_whole(text, words, len(sound))


@pytest.mark.parametrize("text", ["Київ горить.", "北京 上海", "½ ¾", "— … —"])
def test_english_sound_of_words_without_latin_letters_loses_none(text):
    words, timing = timed(text, voice_like(2, RATE), RATE, "en")
    assert is_whole(text, words, 2 * RATE)
    assert timing == ("estimated" if words else timing)


class Broken:
    """A decoder with a fault; everything else is in order."""

    def lookup_word(self, word):
        return "AH"

    def set_align_text(self, text):
        raise RuntimeError("failed to set alignment text")


def test_a_fault_of_the_aligner_costs_its_times_and_no_take(monkeypatch):
    sphinx._aligner.cache_clear()
    monkeypatch.setattr(sphinx._aligner(), "_decoder", Broken())
    try:
        words, timing = timed("Nobody was hurt.", voice_like(2, RATE), RATE, "en")
    finally:
        sphinx._aligner.cache_clear()
    assert timing == "estimated"
    assert is_whole("Nobody was hurt.", words, 2 * RATE)


def test_without_the_aligner_words_are_estimated(monkeypatch):
    monkeypatch.setitem(sys.modules, "pocketsphinx", None)
    sphinx._installed.cache_clear()
    try:
        _, timing = timed("Nobody was hurt.", voice_like(2, RATE), RATE, "en")
    finally:
        sphinx._installed.cache_clear()
    assert timing == "estimated"


@pytest.mark.parametrize(
    ("word", "phones"),
    [("Njie", "N JH IY"), ("Zhytomyr", "ZH IY T OW M IY R"), ("Müller", "M UW L ER"), ("gate", "G AA T"), ("ш", "")],
)
def test_letters_are_read_roughly(word, phones):
    assert " ".join(sounds_of_letters(word)) == phones


def test_ipa_becomes_phones():
    assert " ".join(sounds_of_ipa("tʃˈɜːʃ oʊdˈɛsə")) == "CH ER SH   OW D EH S AH"
