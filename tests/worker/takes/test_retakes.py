"""The tries at a chunk, with an engine whose faults are chosen."""

from __future__ import annotations

import numpy as np
import pytest

from briefing.errors import TakeRejected
from briefing.speech import Chunk, Pronunciation
from briefing.storage import FolderStorage
from tests.support.engines import FAULTS, RATE, ScriptedEngine, good
from voices.catalogue import Voice, load_catalogue
from voices.engine import AudioChunk
from voices.engines.piper import PiperEngine
from voices.errors import EngineBusy
from worker.speak import Speaker, speak
from worker.takes.retakes import spoken
from worker.timing import joined

VOICE = Voice("v", "V", "en", "fake", "none", "none")
TWO = "The ferry ran again on Monday morning. Crews had stopped work for four days."
FIRST, SECOND = "The ferry ran again on Monday morning.", "Crews had stopped work for four days."


def chunk(text=TWO, **fields):
    return Chunk(key="k" * 64, segment="s", spoken=text, **fields)


def faulty(*texts, name="silent"):
    return lambda text, variation: name if text in texts else None


def refused(engine, text=TWO, clock=None):
    with pytest.raises(TakeRejected) as caught:
        spoken(chunk(text), engine, VOICE, *([clock] if clock else []))
    return caught.value


def test_what_passes_at_once_is_spoken_once():
    engine = ScriptedEngine(variations=True)
    parts = spoken(chunk(variation=2), engine, VOICE)
    assert engine.said == [(TWO, 2)]
    assert len(parts) == 1


@pytest.mark.parametrize("fault", [*FAULTS, "raises", "mixed_rates", "endless"])
def test_a_fault_that_another_reading_does_not_have_costs_one_more_try(fault):
    engine = ScriptedEngine(lambda text, variation: None if variation else fault, variations=True)
    spoken(chunk(), engine, VOICE)
    assert engine.said == [(TWO, 0), (TWO, 1000)]


@pytest.mark.parametrize("fault", [*FAULTS, "raises", "mixed_rates", "endless"])
def test_a_text_that_fails_in_every_reading_is_spoken_in_parts(fault):
    engine = ScriptedEngine(faulty(TWO, name=fault), variations=True)
    whole, _ = joined(spoken(chunk(), engine, VOICE))
    assert engine.said == [(TWO, 0), (TWO, 1000), (FIRST, 0), (SECOND, 0)]
    assert np.all(np.isfinite(whole))


def test_an_engine_without_readings_gets_the_parts_at_once():
    engine = ScriptedEngine(faulty(TWO))
    spoken(chunk(), engine, VOICE)
    assert engine.said == [TWO, FIRST, SECOND]


def test_a_part_that_fails_is_read_otherwise_and_then_halved_itself():
    long = (
        "It rained on Monday evening, and it rained on Tuesday morning. The rest was dry, as it had been before then."
    )
    engine = ScriptedEngine(faulty(long, "It rained on Monday evening, and it rained on Tuesday morning."))
    spoken(chunk(long), engine, VOICE)
    assert engine.said == [
        long,
        "It rained on Monday evening, and it rained on Tuesday morning.",
        "It rained on Monday evening,",
        "and it rained on Tuesday morning.",
        "The rest was dry, as it had been before then.",
    ]


def test_what_never_passes_is_rejected_with_its_faults():
    engine = ScriptedEngine(lambda text, variation: "silent" if variation else "clipped", variations=True)
    error = refused(engine)
    assert (error.code, error.fault) == ("take_rejected", "clipped")
    # whole, then its first half, which has no clause to be halved at
    assert error.attempts == ("clipped", "silent", "clipped", "silent")
    assert "is clipped; 4 tries: clipped, silent, clipped, silent" in error.message


def test_a_text_with_nowhere_to_cut_is_not_cut():
    engine = ScriptedEngine(lambda text, variation: "silent")
    assert refused(engine, "No, never.").attempts == ("silent",)
    assert engine.said == ["No, never."], "four letters are no clause"


def test_an_engine_that_is_busy_is_asked_later_not_otherwise():
    engine = ScriptedEngine(lambda text, variation: "busy", variations=True)
    with pytest.raises(EngineBusy):
        spoken(chunk(), engine, VOICE)
    assert len(engine.said) == 1


def test_no_try_is_begun_that_would_outlast_the_step():
    # Given a try that takes a minute / Then a second may follow, and no third
    ticks = iter(range(0, 6000, 60))
    engine = ScriptedEngine(lambda text, variation: "silent", variations=True)
    assert len(refused(engine, clock=lambda: next(ticks)).attempts) < 3
    assert len(engine.said) < 3


def test_an_endless_engine_is_not_listened_to_for_ever():
    engine = ScriptedEngine(lambda text, variation: "endless")
    assert refused(engine, "It rained on.").fault == "too_long"


def test_parts_are_joined_with_the_pause_of_a_sentence_and_without_clicks():
    (whole, _) = joined(spoken(chunk(), ScriptedEngine(faulty(TWO)), VOICE))
    quiet = np.flatnonzero(np.abs(whole) > 1e-4)
    gap_s = np.diff(quiet).max() / RATE
    assert 0.2 < gap_s < 0.45
    end, start = quiet[np.argmax(np.diff(quiet))], quiet[np.argmax(np.diff(quiet)) + 1]
    assert abs(whole[end]) < 0.02
    assert abs(whole[start]) < 0.02


def test_words_and_pronunciations_keep_their_places_in_parts():
    text = f"{FIRST} In Kyiv it rained."
    at = text.index("Kyiv")
    given = []

    class Noting(ScriptedEngine):
        def synthesize(self, text, voice, pronunciations=(), variation=0):
            given.append([text[mark.start : mark.end] for mark in pronunciations])
            yield from super().synthesize(text, voice, pronunciations, variation)

    engine = Noting(faulty(text), words=True)
    parts = spoken(chunk(text, pronunciations=(Pronunciation(start=at, end=at + 4, ipa="kiv"),)), engine, VOICE)
    assert given == [["Kyiv"], [], ["Kyiv"]]
    whole, words = joined(parts)
    assert [text[word.start : word.end] for word in words] == text.split()
    assert [word.first for word in words] == sorted(word.first for word in words)
    # The second sentence's words begin behind the first's audio and the pause.
    assert words[len(FIRST.split())].first > len(parts[0].samples) - RATE * 0.05
    assert words[-1].last <= len(whole) + RATE * 0.05


def test_words_keep_their_places_when_a_part_is_halved_once_more():
    long = (
        "It rained on Monday evening, and it rained on Tuesday morning. The rest was dry, as it had been before then."
    )
    half = "The rest was dry, as it had been before then."
    engine = ScriptedEngine(faulty(long, half), words=True)
    _, words = joined(spoken(chunk(long), engine, VOICE))
    assert [long[word.start : word.end] for word in words] == long.split()
    assert [word.first for word in words] == sorted(word.first for word in words)


def test_a_pronounced_stretch_is_never_cut():
    text = "He went to see the St. Mary. Chapel and the old town hall, which was shut."
    start = text.index("St. Mary. Chapel")
    engine = ScriptedEngine(faulty(text), words=True)
    mark = Pronunciation(start=start, end=start + len("St. Mary. Chapel"), ipa="x")
    spoken(chunk(text, pronunciations=(mark,)), engine, VOICE)
    assert all("St. Mary. Chapel" in said for said in engine.said if "Mary" in said)
    assert len(engine.said) == 3


def test_a_take_in_parts_is_stored_like_any_other(tmp_path):
    engine = ScriptedEngine(faulty(TWO), words=True)
    take = speak(chunk(), Speaker(engine, VOICE), FolderStorage(tmp_path))
    assert FolderStorage(tmp_path).intact(take.sha256)
    assert [TWO[word.start : word.end] for word in take.words] == [text.rstrip(".") for text in TWO.split()]
    assert take.timing == "exact"


def test_piper_in_parts_says_the_same_words():
    engine, voice = PiperEngine(), load_catalogue().get("joe")

    class FailingOnce:
        version, capabilities, model_digest = engine.version, engine.capabilities, engine.model_digest

        def synthesize(self, text, voice, pronunciations=(), variation=0):
            yield from (part for part in engine.synthesize(text, voice, pronunciations, variation) if text != TWO)

    whole, told = joined(spoken(chunk(), engine, voice))
    parts, words = joined(spoken(chunk(), FailingOnce(), voice))
    assert [(word.start, word.end) for word in words] == [(word.start, word.end) for word in told]
    assert len(parts) / len(whole) == pytest.approx(1, abs=0.25)


def test_a_pronunciation_longer_than_its_word_may_take_its_time():
    # Given an abbreviation whose pronunciation has ten times its letters / Then its take may last so long
    text, ipa = "The WHO met.", "wˈɜːld hˈɛlθ ˌɔːɡənaɪzˈeɪʃən dʒənˈiːvə swˈɪtsələnd"

    class Slow(ScriptedEngine):
        def synthesize(self, text, voice, pronunciations=(), variation=0):
            yield AudioChunk(good(text.replace("WHO", ipa), voice), RATE)

    marks = (Pronunciation(start=4, end=7, ipa=ipa),)
    assert len(spoken(chunk(text, pronunciations=marks), Slow(), VOICE)) == 1
    with pytest.raises(TakeRejected, match="lasts"):
        spoken(chunk(text), Slow(), VOICE)
