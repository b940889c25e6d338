"""Levels and pacing of real speech: a sample article spoken once by Piper for all of this file."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from types import SimpleNamespace

import numpy as np
import pytest

from briefing.audio import MASTER_RATE, Take
from briefing.podcasts.pauses import Pauses
from briefing.podcasts.show import Show
from briefing.script import Role
from briefing.settings import LimitSettings, SpeechSettings
from briefing.speech import Cast, Casting, Narrator
from briefing.storage import FolderStorage
from briefing.values import ArticleRef
from tests.support.audio import blocks_of, joined, tone, voice_like
from tests.support.credentials import signer_in
from tests.support.processes import ROOT
from tests.support.sounds import (
    Takes,
    chunks_of,
    clicks,
    gaps_ms,
    heard,
    script_of,
    windows_lufs,
)
from worker import master, stitch
from worker.assemble import produce
from worker.feeds.artwork import artwork_of
from worker.prepare import Prepared, cut, write_script
from worker.programme import Fittings, programme, sounds_for, tags_for
from worker.sound.files import decoded, write_flac
from worker.sound.jingle import Jingles
from worker.sound.level import MIX_LUFS, evened, gain_db
from worker.sound.limit import limited
from worker.sound.loudness import mean_loudness, measure
from worker.sources.files import connect
from worker.speak import speak
from worker.tag import Tags
from worker.takes.casting import engage
from worker.takes.speakers import Speakers

VOICE = "joe"
SHOW = Show(slug="s", title="S")


@pytest.fixture(scope="module")
def storm(tmp_path_factory):
    """The storm article spoken by Piper, and all that is needed to make programmes of it."""
    storage = FolderStorage(tmp_path_factory.mktemp("spoken"))
    speakers = Speakers(SpeechSettings())
    article = connect({"folder": str(ROOT / "samples" / "articles")}).fetch(
        ArticleRef(source="samples", id="storm-damage"), None
    )
    speaker = speakers.get(VOICE)
    script = write_script([article], SHOW)
    engaged = engage(Casting(body=VOICE), speakers, (), allowed=False)
    prepared = cut(script, engaged.cast, engaged.engines, {}, LimitSettings())
    takes = {chunk.key: speak(chunk, speaker, storage) for chunk in prepared.chunks}
    return SimpleNamespace(
        storage=storage,
        prepared=prepared,
        takes=takes,
        catalogue=speakers.catalogue,
        path_of=lambda take: storage.path(take.sha256),
    )


def mix_of(storm, show=SHOW, jingles=None):
    voices = sounds_for(SHOW, {}, storm.catalogue).voices
    sounds = stitch.Sounds(jingles or Jingles(), voices)
    return stitch.plan(storm.prepared.script, storm.prepared.chunks, storm.takes, show, sounds)


NARRATOR = Narrator(voice="v", engine="fake", engine_version="1", model_digest="", language="en")
CAST = Cast(body=NARRATOR, headline=NARRATOR, quotes=NARRATOR, transitions=NARRATOR)


@pytest.fixture(scope="module")
def published(storm):
    """The finished MP3, decoded, and its mix."""
    plan = programme(
        storm.prepared,
        storm.takes,
        SHOW,
        tags_for(storm.prepared, SHOW, "Joe", date(2026, 5, 1)),
        Fittings(artwork_of(SHOW).jpeg, sounds_for(SHOW, {}, storm.catalogue), {}, signer_in(storm.storage.root)),
    )
    made = produce(plan, storm.storage)
    return plan.mix, joined(decoded(storm.storage.path(made.sha256), MASTER_RATE))


# --- levels ---------------------------------------------------------------------------------------------------------


def test_the_catalogue_knows_how_loud_the_voice_is(storm):
    long = [(take.loudness_lufs, take.seconds) for take in storm.takes.values() if take.seconds > 3]
    assert storm.catalogue.get(VOICE).loudness_lufs == pytest.approx(mean_loudness(long), abs=0.7)


def test_speech_does_not_drift_over_20_seconds(storm, published):
    mix, sound = published
    words = sound[mix.placed[0].start : mix.placed[-1].start + mix.placed[-1].length]
    levels = windows_lufs(words)
    assert len(levels) > 20
    assert max(levels) - min(levels) <= 1.0


def test_without_levels_of_its_own_each_take_would_drift(storm):
    # Or the test above could not fail: one gain for all leaves what Piper gave.
    mix = mix_of(storm)
    drifting = replace(mix, gains_db=tuple(0.0 if number % 2 else 2.0 for number in range(len(mix.placed))))
    levels = windows_lufs(heard(drifting, storm))
    assert max(levels) - min(levels) > 1.0


def test_what_plays_live_is_as_loud_as_the_finished_file(storm, published):
    # Given each take played by itself, at the gain it has by itself, through the show's gain and the limiter
    mix, sound = published
    for chunk, part, gain in zip(storm.prepared.chunks, mix.placed, mix.gains_db, strict=True):
        voice_lufs = storm.catalogue.get(chunk.voice).loudness_lufs
        assert gain == gain_db(part.take.loudness_lufs, part.take.seconds, voice_lufs)
        alone = joined(stitch._take(part, storm.path_of(part.take), np.float32(10 ** (gain / 20))))
        live = joined(master.mastered(blocks_of(alone), master.Levels(SHOW.loudness_lufs - MIX_LUFS)))
        if part.take.seconds > 1 and part.start > mix.music[0].end:
            final = sound[part.start : part.start + part.length]
            assert measure([live], MASTER_RATE).integrated_lufs == pytest.approx(
                measure([final], MASTER_RATE).integrated_lufs, abs=1.0
            )


def test_speech_and_jingles_are_as_loud_as_one_another(published):
    mix, sound = published
    intro, outro = mix.music[0], mix.music[-1]
    words = measure([sound[mix.placed[1].start : mix.placed[-1].start + mix.placed[-1].length]], MASTER_RATE)
    for music in (sound[: intro.jingle.voice_in], sound[outro.start :]):
        loudest = measure([music], MASTER_RATE).loudest_lufs
        assert loudest == pytest.approx(words.loudest_lufs, abs=1.0)
        assert loudest == pytest.approx(words.integrated_lufs, abs=1.0)


@pytest.mark.parametrize("known", [True, False])
def test_two_voices_come_out_equally_loud(tmp_path, known):
    # Given two voices 12 LU apart, in takes of four seconds, their loudness in the catalogue or not
    script = script_of(*[Role.BODY] * 6)
    chunks, takes = chunks_of(script), Takes(tmp_path)
    for number in range(6):
        takes.add(f"k{number}", voice_like(4, 22_050, level=0.02 if number % 2 else 0.08, seed=number))
    chunks = [
        chunk.model_copy(update={"voice": "quiet" if number % 2 else "loud"}) for number, chunk in enumerate(chunks)
    ]
    voices = {
        name: mean_loudness([(takes.takes[f"k{n}"].loudness_lufs, 4) for n in range(start, 6, 2)])
        for start, name in enumerate(("loud", "quiet"))
    }
    assert voices["loud"] - voices["quiet"] > 11
    mix = stitch.plan(script, chunks, takes.takes, SHOW, stitch.Sounds(voices=voices if known else {}))
    sound = heard(mix, takes)
    levels = [measure([sound[p.start : p.start + p.length]], MASTER_RATE).integrated_lufs for p in mix.placed]
    assert levels == pytest.approx([MIX_LUFS] * 6, abs=0.3)


def test_a_takes_gain_knows_nothing_of_the_rest():
    # A long take comes to the mix's loudness; a word is placed by its voice, for it has no quiet syllables to weigh it down.
    assert gain_db(-20.0, 10, -22.6) == pytest.approx(MIX_LUFS + 20.0)
    assert MIX_LUFS + 19.0 < gain_db(-19.0, 0.6, -22.6) < MIX_LUFS + 22.6
    assert gain_db(None, 0.2, -22.6) == pytest.approx(MIX_LUFS + 22.6)
    assert gain_db(-50.0, 10, -22.6) == pytest.approx(MIX_LUFS + 22.6 + 6), (
        "what is that far off is not lifted to noise"
    )
    assert gain_db(-35.0, 0.6, None) == pytest.approx(MIX_LUFS + 35.0)
    assert gain_db(None, 1.0, None) == 0.0


def test_sentences_of_a_take_are_evened_and_words_are_not():
    # Given a take whose second half is 4 dB quieter, and syllables of its own
    speech = voice_like(16, 22_050)
    speech[8 * 22_050 :] *= 10 ** (-4 / 20)
    made = evened(speech, 22_050)
    halves = lambda x: [measure([part], 22_050).integrated_lufs for part in (x[: 7 * 22_050], x[9 * 22_050 :])]  # noqa: E731
    before, after = halves(speech), halves(made)
    assert before[0] - before[1] == pytest.approx(4.0, abs=0.3)
    assert 0 <= after[0] - after[1] < 1.6
    # Then inside a syllable the gain hardly moves
    gains = 20 * np.log10(np.abs(made[4410:-4410]) / np.abs(speech[4410:-4410] + 1e-12) + 1e-12)
    steps = np.abs(np.diff(gains[np.abs(speech[4410:-4410]) > 1e-3]))
    assert np.max(steps) < 0.05
    assert len(made) == len(speech)


@pytest.mark.parametrize("samples", [np.zeros(80_000, np.float32), tone(300, 1, 22_050), tone(300, 8, 22_050, 0.999)])
def test_evening_leaves_what_there_is_nothing_to_even(samples):
    made = evened(samples, 22_050)
    assert np.max(np.abs(made)) <= 1.0
    assert made == pytest.approx(samples, abs=0.03)


# --- pacing -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("milliseconds", [0, None, 1200])
def test_no_gap_inside_an_article_is_longer_than_1200_ms(storm, milliseconds):
    # Given real speech, and pauses as short and as long as a show may set them
    names = [name for name in Pauses.model_fields if name != "article"]
    pauses = Pauses(**dict.fromkeys(names, milliseconds)) if milliseconds is not None else Pauses()
    mix = mix_of(storm, SHOW.model_copy(update={"pauses": pauses}))
    words = heard(mix, storm)[mix.placed[0].start : mix.placed[-1].start + mix.placed[-1].length]
    longest = gaps_ms(words)[:5]
    assert longest[0] <= 1200
    # Then the figure means something: gaps grow with the settings
    assert longest[0] > (900 if milliseconds else 200)


def test_real_joins_do_not_click(storm):
    mix = mix_of(storm)
    assert clicks(heard(mix, storm)) == []


def test_a_take_cut_in_a_vowel_does_not_click(storm, tmp_path, monkeypatch):
    # Given a real take that its engine broke off in mid-word
    take = max(storm.takes.values(), key=lambda take: take.seconds)
    spoken = joined(decoded(storm.path_of(take), take.rate))
    loud = take.rate + int(np.argmax(np.abs(spoken[take.rate : 3 * take.rate])))
    takes = Takes(tmp_path).add("k0", spoken[loud : loud + 2 * take.rate])
    script = script_of(Role.BODY)
    mix = stitch.plan(script, chunks_of(script), takes.takes, SHOW)
    assert clicks(heard(mix, takes)) == []
    monkeypatch.setattr(stitch, "_FADE_MS", 0)
    assert clicks(heard(mix, takes)), "without the fade it would be heard"


# --- mastering ----------------------------------------------------------------------------------------------------------


def hard_cases():
    rng = np.random.default_rng(5)
    speech = voice_like(30, MASTER_RATE, 0.05)
    claps = speech.copy()
    for start in range(MASTER_RATE // 2, len(claps) - MASTER_RATE, MASTER_RATE):
        claps[start : start + 200] += (rng.standard_normal(200) * np.exp(-np.arange(200) / 30) * 0.9).astype(np.float32)
    uneven = np.concatenate([voice_like(15, MASTER_RATE, 0.3), voice_like(15, MASTER_RATE, 0.003)])
    return {"plain": speech, "claps": claps, "uneven": uneven, "very quiet": speech * np.float32(0.02)}


@pytest.mark.parametrize("target", [-16.0, -14.0, -23.0])
@pytest.mark.parametrize("case", ["plain", "claps", "uneven", "very quiet"])
def test_hard_programmes_reach_their_loudness_below_their_ceiling(tmp_path, case, target):
    # Given takes of wide crest, with claps in them, of two levels, or at -70 dBFS, for shows of other targets
    samples = hard_cases()[case][: 12 * MASTER_RATE] if case != "uneven" else hard_cases()[case]
    storage = FolderStorage(tmp_path)
    path = storage.temporary(".flac")
    write_flac(path, np.clip(samples, -1, 1), MASTER_RATE)
    loudness = measure([samples], MASTER_RATE).integrated_lufs
    take = Take(key="k0", sha256=storage.put(path), rate=MASTER_RATE, samples=len(samples), loudness_lufs=loudness)
    script = script_of(Role.BODY)
    tags = Tags(title="T", artist="A", album="B", date="2026-05-01", language="en", disclosure="D", voice="V")
    fittings = Fittings(b"", stitch.Sounds(Jingles(), {}), {}, signer_in(tmp_path))
    show = SHOW.model_copy(update={"loudness_lufs": target})
    prepared = Prepared(script, CAST, tuple(chunks_of(script)))
    made = produce(programme(prepared, {"k0": take}, show, tags, fittings), storage)
    measured = measure([joined(decoded(storage.path(made.sha256), MASTER_RATE))], MASTER_RATE, true_peak=True)
    assert measured.integrated_lufs == pytest.approx(target, abs=0.5)
    assert measured.true_peak_dbtp <= -1.0


def test_the_limiter_lets_go_before_the_next_syllable():
    # Given a steady tone with one click in it, 20 dB over the ceiling
    samples = tone(1000, 2, MASTER_RATE, 0.1)
    samples[MASTER_RATE] = 3.0
    made = joined(limited(blocks_of(samples), MASTER_RATE, 6.0, -1.7))
    level = lambda at_s: np.sqrt(np.mean(made[round(at_s * MASTER_RATE) :][:441] ** 2))  # noqa: E731
    # Then it is down only from 10 ms before to 80 ms after, and comes back smoothly
    assert level(0.98) == pytest.approx(level(0.5), rel=0.01)
    assert level(1.0) < level(0.5) * 0.6
    assert level(1.08) == pytest.approx(level(0.5), rel=0.02)
    levels = [20 * np.log10(level(1.02 + step / 100)) for step in range(6)]
    assert max(np.abs(np.diff(levels))) < 4.5


def test_the_limiter_does_not_distort_a_low_voice():
    made = joined(limited(blocks_of(tone(80, 3, MASTER_RATE, 0.7)), MASTER_RATE, 6.0, -1.7))[
        MASTER_RATE : 2 * MASTER_RATE
    ]
    spectrum = np.abs(np.fft.rfft(made * np.hanning(len(made))))
    assert np.sqrt(np.sum(spectrum[150:] ** 2)) < 0.01 * spectrum[75:86].max()


def test_levels_are_searched_by_what_came_of_them():
    # Given a limiter that takes back two thirds of any gain / Then the second guess knows
    tried = [(master.Levels(7.0), -17.0, -2.0), (master.Levels(8.333), -16.56, -2.0)]
    assert master.better(tried, -16.0, -1.0).gain_db == pytest.approx(8.333 + 0.56 * 3.03, abs=0.05)
    assert master.better(tried, -16.0, -2.5).ceiling_dbfs == pytest.approx(master.CEILING_DBFS - 0.8)
    # Then never by more than speech can need
    assert master.better([(master.Levels(29.0), -40.0, -9.0)], -16.0, -1.0).gain_db == 30.0
