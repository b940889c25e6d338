"""The watermark stage: perth's mark put in and found after MP3, and what a show that asks for one gets."""

from __future__ import annotations

import pickle
import zipfile
from importlib.metadata import PackageNotFoundError

import lameenc
import numpy as np
import pytest

from briefing.errors import Misconfigured, WatermarkNotInstalled
from briefing.podcasts.newsroom import load_newsroom
from tests.support.asking import ask, revision_row
from tests.support.audio import blocks_of, joined, voice_like
from tests.support.newsroom import ARTICLE, NEWSROOM, work_off
from worker import watermark
from worker.credentials.inspection import inspect
from worker.installation.newsroom import apply
from worker.sound import perth
from worker.sound.files import decoded

RATE = 44_100
INSTALL = "resemble-perth is missing: pip install resemble-perth (or ./run.sh test, which does)"


@pytest.fixture(scope="module")
def mark():
    try:
        return watermark.find("perth")
    except WatermarkNotInstalled:
        pytest.fail(INSTALL)


@pytest.fixture(scope="module")
def sound():
    return voice_like(25, RATE)


@pytest.fixture(scope="module")
def marked(mark, sound):
    return joined(mark.apply(blocks_of(sound)))


def through_mp3(sound, kilobits, path):
    encoder = lameenc.Encoder()
    encoder.set_bit_rate(kilobits)
    encoder.set_in_sample_rate(RATE)
    encoder.set_channels(1)
    encoder.silence()
    samples = (np.clip(sound, -1, 1) * 32767).astype(np.int16)
    path.write_bytes(encoder.encode(samples.tobytes()) + encoder.flush())
    return decoded(path, RATE)


def test_as_many_samples_come_out_and_nothing_above_two_kilohertz_is_touched(sound, marked):
    assert len(marked) == len(sound)
    added = marked - sound
    spectrum = np.abs(np.fft.rfft(added)) ** 2
    frequencies = np.fft.rfftfreq(len(added), 1 / RATE)
    assert spectrum[frequencies > 2200].sum() < 1e-3 * spectrum.sum()
    assert 3 < 10 * np.log10(np.sum(sound**2) / np.sum(added**2)) < 40


@pytest.mark.parametrize("kilobits", [96, 64])
def test_the_mark_is_found_after_mp3_and_not_where_it_is_not(mark, sound, marked, tmp_path, kilobits):
    assert mark.detect(through_mp3(marked, kilobits, tmp_path / "a.mp3")) > 0.9
    assert mark.detect(through_mp3(sound, kilobits, tmp_path / "b.mp3")) < 0.3


def test_how_the_sound_is_cut_into_blocks_makes_no_difference(mark, sound, marked):
    assert np.array_equal(joined(mark.apply(blocks_of(sound, 4_567))), marked)
    # And blocks are marked as the whole would be: around a seam the difference goes on.
    seam = 441_000
    whole = sound + mark._difference(np.pad(sound, (0, -len(sound) % 441)))[: len(sound)]
    near = slice(seam - 4_410, seam + 4_410)
    assert np.max(np.abs(whole[near] - marked[near])) < 0.02 * np.max(np.abs(sound[near]))


def test_silence_stays_silent_and_carries_nothing(mark):
    silence = np.zeros(RATE * 12, dtype=np.float32)
    assert not np.any(joined(mark.apply([silence])))
    assert mark.detect([silence]) == 0.0
    assert joined(mark.apply([silence[:100]])).shape == (100,)


def test_a_checkpoint_that_is_a_program_is_not_run(tmp_path):
    class Program:
        def __reduce__(self):
            return (print, ("run",))

    path = tmp_path / "evil.pth"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("archive/data.pkl", pickle.dumps(Program()))
    with pytest.raises(pickle.UnpicklingError, match="no use for"):
        perth.read_tensors(path)


def test_a_missing_package_is_told_with_the_command(monkeypatch):
    def missing(name):
        raise PackageNotFoundError(name)

    monkeypatch.setattr(perth, "distribution", missing)  # as it is where the extra was not installed
    with pytest.raises(WatermarkNotInstalled) as caught:
        watermark.find("perth")
    assert "briefcast[watermark]" in caught.value.hint


# What a show that asks for one gets


class Buzz:
    """A watermark in earnest, if an audible one: a tone of 5 kHz, found by its Fourier coefficient."""

    name = "buzz"
    version = "1"
    hertz = 5_000

    def apply(self, blocks):
        at = 0
        for block in blocks:
            yield block + 0.003 * np.sin(2 * np.pi * self.hertz * (at + np.arange(len(block))) / RATE).astype(
                np.float32
            )
            at += len(block)

    def detect(self, blocks):
        heard = joined(blocks)[: RATE * 5]
        spectrum = np.abs(np.fft.rfft(heard))
        at = round(self.hertz * len(heard) / RATE)
        return float(spectrum[at - 2 : at + 3].max() > 10 * np.median(spectrum[at - 200 : at + 200]))


class Washed(Buzz):
    """One that does not survive."""

    def detect(self, blocks):
        return 0.1


def install(monkeypatch, kind):
    """Stand in for the entry point of an installed package."""

    class Entry:
        name = "buzz"

        def load(self):
            return kind

    monkeypatch.setattr(watermark, "entry_points", lambda group, name=None: [Entry()] if name in {None, "buzz"} else [])


@pytest.fixture
def marking(place, tmp_path):
    toml = tmp_path / "briefcast.toml"
    toml.write_text(NEWSROOM.replace('slug = "daily"', 'slug = "daily"\nwatermark = "buzz"'))
    (tmp_path / "articles" / "ferry.md").write_text(ARTICLE)
    return lambda: apply(load_newsroom(toml), place)


def test_a_show_that_asks_for_a_mark_publishes_marked_audio(place, marking, monkeypatch):
    install(monkeypatch, Buzz)
    marking()
    _, revision, _ = ask(place, "ferry")
    work_off(place)
    assert revision_row(place, revision).state == "live"
    (mp3,) = (place.files.storage.root / "audio").iterdir()
    assert Buzz().detect(decoded(mp3, RATE)) == 1.0
    assert inspect(mp3).narration["watermark"] == "buzz 1"


def test_unmarked_audio_is_not_published_and_the_old_stays(place, marking, monkeypatch, tmp_path):
    _, first, _ = ask(place, "ferry")
    work_off(place)
    install(monkeypatch, Washed)
    marking()
    (tmp_path / "articles" / "ferry.md").write_text(ARTICLE.replace("four days", "five days"))
    _, second, _ = ask(place, "ferry")
    work_off(place)
    row = revision_row(place, second)
    assert (row.state, row.error_code) == ("failed", "watermark_missing")
    assert revision_row(place, first).state == "live"
    assert len(list((place.files.storage.root / "audio").iterdir())) == 1


def test_a_mark_whose_package_is_not_here_fails_at_once_with_the_command(place, marking, monkeypatch):
    install(monkeypatch, Buzz)
    marking()

    class Absent:
        def __init__(self):
            raise watermark.not_installed("buzz", "buzz-package")

    install(monkeypatch, Absent)
    _, revision, _ = ask(place, "ferry")
    work_off(place)
    row = revision_row(place, revision)
    assert (row.state, row.error_code) == ("failed", "watermark_not_installed")
    assert "pip install" in row.error_hint


def test_an_unknown_mark_is_refused_when_it_is_applied(place, marking, monkeypatch):
    install(monkeypatch, Buzz)
    monkeypatch.setattr(watermark, "entry_points", lambda group, name=None: [])
    with pytest.raises(Misconfigured, match="no watermark 'buzz'"):
        marking()
