from __future__ import annotations

import numpy as np
import pytest

from briefing.errors import TakeRejected
from briefing.speech import Chunk
from briefing.storage import FolderStorage
from tests.support.audio import speech_like, tone, voice_like
from voices.catalogue import Voice, load_catalogue
from voices.engine import AudioChunk, Capabilities, Word
from voices.engines.piper import PiperEngine
from voices.words import words_of
from worker.sound.edges import KEEP_AFTER_MS, KEEP_BEFORE_MS, trimmed
from worker.sound.level import gain_db
from worker.speak import Speaker, speak

VOICE = Voice("v", "V", "en", "fake", "none", "none")
CHUNK = Chunk(key="k" * 64, segment="s", spoken="Some thirty characters of text.")


class FakeEngine:
    """Gives whatever parts it was made with."""

    version = "1"
    capabilities = Capabilities(text_limit=100, online=False)

    def __init__(self, *parts):
        self.parts = parts

    def model_digest(self, voice):
        return ""

    def synthesize(self, text, voice):
        yield from self.parts


def spoken_by(tmp_path, *parts):
    return speak(CHUNK, Speaker(FakeEngine(*parts), VOICE), FolderStorage(tmp_path))


def test_a_take_is_stored_under_its_hash_with_its_length(tmp_path):
    take = spoken_by(tmp_path, AudioChunk(speech_like(2, 22_050), 22_050))
    assert FolderStorage(tmp_path).intact(take.sha256)
    assert take.key == CHUNK.key
    assert take.seconds == pytest.approx(2.0, abs=0.4)
    assert take.loudness_lufs is not None
    assert not list((tmp_path / "tmp").iterdir())


def test_a_take_has_its_words_where_they_lie_in_the_trimmed_sound(tmp_path):
    # Given an engine that tells words, in two parts, behind a second of silence
    silence = np.full(22_050, 1e-6, dtype=np.float32)
    speech = speech_like(1, 22_050)
    text = CHUNK.spoken
    spans = words_of(text)
    words = tuple(Word(*span, 22_050 + 4000 * number, 26_050 + 4000 * number) for number, span in enumerate(spans[:3]))
    rest = tuple(Word(*span, 4000 * number, 4000 * number + 4000) for number, span in enumerate(spans[3:]))
    first = AudioChunk(np.concatenate([silence, speech]), 22_050, words)
    take = spoken_by(tmp_path, first, AudioChunk(speech_like(1, 22_050, seed=2), 22_050, rest))
    # Then each word of the text is where it was said, counted from what is left of the sound
    assert take.timing == "exact"
    assert [text[word.start : word.end] for word in take.words] == ["Some", "thirty", "characters", "of", "text"]
    cut = 22_050 + 4000 - take.words[1].first
    assert cut == pytest.approx(22_050, abs=2000)
    assert [word.first for word in take.words[1:]] == [place - cut for place in (26_050, 30_050, 44_100, 48_100)]
    assert take.words[0].first == max(0, 22_050 - cut)


def test_where_the_engine_tells_nothing_words_are_found_or_shared_out(tmp_path):
    part = AudioChunk(speech_like(2, 22_050), 22_050)
    ukrainian = Voice("v", "V", "uk", "fake", "none", "none")
    take = speak(CHUNK, Speaker(FakeEngine(part), ukrainian), FolderStorage(tmp_path))
    assert take.timing == "estimated"
    assert [(word.start, word.end) for word in take.words] == words_of(CHUNK.spoken)
    assert take.words[0].first >= 0
    assert take.words[-1].last <= take.samples


def broken(samples):
    samples = speech_like(2, 22_050)
    samples[500] = np.nan
    return samples


@pytest.mark.parametrize(
    ("samples", "fault"),
    [
        (np.zeros(0, dtype=np.float32), "empty"),
        (np.zeros(44_100, dtype=np.float32), "silent"),
        (broken(0), "no numbers"),
        (speech_like(2, 22_050) * 40, "clipped"),
        (np.clip(speech_like(2, 22_050) * 40, -1, 1), "clipped"),
        (speech_like(0.2, 22_050), "lasts 0.2 s"),
        (speech_like(10, 22_050), "lasts 10"),
        (speech_like(30, 22_050), "goes on"),
    ],
)
def test_what_is_no_speech_is_not_kept(tmp_path, samples, fault):
    with pytest.raises(TakeRejected, match=fault):
        spoken_by(tmp_path, AudioChunk(samples, 22_050))
    assert not (tmp_path / "blobs").exists()


def test_parts_at_two_rates_or_none_are_refused(tmp_path):
    with pytest.raises(TakeRejected):
        spoken_by(tmp_path, AudioChunk(speech_like(1, 22_050), 22_050), AudioChunk(speech_like(1, 24_000), 24_000))
    with pytest.raises(TakeRejected):
        spoken_by(tmp_path)


@pytest.mark.parametrize("seconds", [0.15, 0.25, 0.35, 0.5])
def test_the_shortest_take_has_a_loudness_and_a_gain_by_it(tmp_path, seconds):
    # Given a voice that nobody measured, and a word too short for a meter
    samples = np.pad(tone(500, seconds, 22_050, 0.02), 2000)
    engine = FakeEngine(AudioChunk(samples, 22_050))
    take = speak(CHUNK.model_copy(update={"spoken": "No."}), Speaker(engine, VOICE), FolderStorage(tmp_path))
    # Then it is not left as faint as it came
    assert gain_db(take.loudness_lufs, take.samples / take.rate, None) > 8


def test_a_single_sample_at_full_scale_is_a_loud_moment(tmp_path):
    samples = speech_like(2, 22_050)
    samples[[700, 9000]] = 1.0
    assert spoken_by(tmp_path, AudioChunk(samples, 22_050)).samples


@pytest.mark.parametrize(("below_db", "kept"), [(45, True), (65, False)])
def test_a_soft_ending_stays_and_noise_goes(below_db, kept):
    # Given speech that ends in a hiss of a tenth of a second / Then the hiss stays when it may be an "f" or a "th"
    rate = 22_050
    speech = speech_like(2, rate)
    hiss = np.random.default_rng(3).standard_normal(rate // 10).astype(np.float32)
    loud = np.percentile(np.abs(speech), 90)
    sound = np.concatenate([speech, hiss * loud * 10 ** (-below_db / 20), np.full(rate, 1e-6, dtype=np.float32)])
    assert (len(trimmed(sound, rate)[0]) > len(speech) + rate // 12) == kept


@pytest.mark.parametrize("word", ["truth", "half", "cloth", "nineteenth", "health", "strength", "belief", "north"])
def test_what_comes_without_silence_around_it_keeps_its_last_sound(word):
    # Given a take whose engine has left no silence at its edges / Then nothing more is cut
    parts = list(PiperEngine().synthesize(f"It was all about the {word}.", load_catalogue().get("joe")))
    sound, rate = np.concatenate([part.samples for part in parts]), parts[0].rate
    cut, _ = trimmed(sound, rate)
    bare = cut[rate * KEEP_BEFORE_MS // 1000 : len(cut) - rate * KEEP_AFTER_MS // 1000]
    assert len(trimmed(bare, rate)[0]) > len(bare) - rate * 15 // 1000


def test_an_engine_that_hisses_all_along_is_trimmed_above_its_hiss():
    rate = 22_050
    hiss = np.random.default_rng(3).standard_normal(4 * rate).astype(np.float32) * 0.001
    hiss[rate : 3 * rate] += speech_like(2, rate)
    assert 1.8 < len(trimmed(hiss, rate)[0]) / rate < 2.3


def test_a_long_breath_at_the_edges_is_cut_since_it_is_heard_as_a_gap():
    # Given half a second of breath, 45 dB below the words, on either side
    rate = 22_050
    speech = voice_like(2, rate)
    breath = np.float32(10 ** (-45 / 20)) * voice_like(0.5, rate, seed=2)
    cut, _ = trimmed(np.concatenate([breath, speech, breath]), rate)
    # Then about a tenth of a second of it stays on either side, with a little room
    assert 0.15 < len(cut) / rate - 2 < 0.36


def test_edges_are_trimmed_but_breath_stays():
    rate = 22_050
    speech = speech_like(2, rate)
    silence = np.full(rate, 1e-5, dtype=np.float32)
    cut, front = trimmed(np.concatenate([silence, speech, silence]), rate)
    assert abs(front - rate) < rate // 10
    assert len(speech) - rate // 5 < len(cut) < len(speech) + rate // 5
    assert len(trimmed(np.zeros(100, dtype=np.float32), rate)[0]) == 100
