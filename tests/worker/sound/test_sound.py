from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.audio import blocks_of, joined, tone, voice_like
from worker.sound.files import UnreadableSound, decoded, decoded_whole, read_flac, write_flac
from worker.sound.limit import limited
from worker.sound.loudness import mean_loudness, measure
from worker.sound.resample import resampled, resampled_length


def test_a_full_scale_sine_reads_as_the_standard_says():
    # EBU Tech 3341: a 997 Hz sine at -20 dBFS in both channels of a stereo pair reads -20 LUFS less 0.0; as dual mono
    # ours is that pair.
    loudness = measure(blocks_of(tone(997, 5, 44_100, 0.1)), 44_100, true_peak=True)
    assert loudness.integrated_lufs == pytest.approx(-20.0, abs=0.1)
    assert loudness.true_peak_dbtp == pytest.approx(-20.0, abs=0.1)


def test_true_peak_sees_between_the_samples():
    # A sine at a quarter of the rate, sampled 45 degrees off its peaks: samples reach 0.707 of what lies between them.
    samples = np.tile(np.float32([0.5, 0.5, -0.5, -0.5]), 20_000)
    assert measure([samples], 44_100, true_peak=True).true_peak_dbtp > 20 * np.log10(0.5) + 2.5


@pytest.mark.parametrize("samples", [np.zeros(88_200, dtype=np.float32), np.ones(100, dtype=np.float32)])
def test_silence_and_blips_have_no_loudness(samples):
    assert measure([samples], 44_100).integrated_lufs is None


def test_a_peak_in_the_very_last_moment_is_seen():
    samples = np.zeros(44_100, dtype=np.float32)
    samples[-20:] = 0.9
    assert measure([samples], 44_100, true_peak=True).true_peak_dbtp > -1.5


def test_the_loudest_three_seconds_are_told():
    samples = np.concatenate([tone(997, 4, 44_100, 0.2), tone(997, 12, 44_100, 0.02)])
    loudness = measure(blocks_of(samples), 44_100)
    assert loudness.loudest_lufs == pytest.approx(20 * np.log10(0.2), abs=0.2)
    assert loudness.integrated_lufs < loudness.loudest_lufs - 0.1


def test_mean_loudness_weighs_by_length():
    assert mean_loudness([(-20.0, 3.0), (-20.0, 1.0)]) == pytest.approx(-20.0)
    assert mean_loudness([(-20.0, 1.0), (-30.0, 1.0)]) == pytest.approx(-22.6, abs=0.1)
    assert mean_loudness([]) is None


@settings(max_examples=30)
@given(st.integers(1, 60_000), st.sampled_from([16_000, 22_050, 24_000, 44_100, 48_000]), st.integers(1, 9_999))
def test_resampling_gives_exactly_the_planned_length(samples, rate, size):
    made = joined(resampled(blocks_of(np.zeros(samples, dtype=np.float32), size), rate, 44_100))
    assert len(made) == resampled_length(samples, rate, 44_100)


@pytest.mark.parametrize(("rate", "hertz"), [(24_000, 8000), (24_000, 11_000), (22_050, 10_000), (16_000, 7000)])
def test_resampling_is_clean(rate, hertz):
    # Given a tone / When it is brought to 44.1 kHz / Then it is as loud as before and its image is gone (pydub: -12 dB)
    made = joined(resampled(blocks_of(tone(hertz, 2, rate, 0.5)), rate, 44_100))[10_000:75_536]
    spectrum = np.abs(np.fft.rfft(made * np.hanning(len(made)))) * 4 / len(made)
    bins = np.fft.rfftfreq(len(made), 1 / 44_100)
    wanted = spectrum[abs(bins - hertz) < 100].max()
    image = spectrum[abs(bins - (rate - hertz)) < 100].max()
    assert wanted == pytest.approx(0.5, rel=0.2)
    assert 20 * np.log10(image / wanted) < -80


def test_the_limiter_holds_its_ceiling_and_keeps_step():
    samples = voice_like(4, 44_100, level=0.2)
    made = joined(limited(blocks_of(samples), 44_100, gain_db=6.0, ceiling_db=-3.0))
    assert len(made) == len(samples)
    assert np.max(np.abs(made)) <= 10 ** (-3 / 20) + 1e-4
    quiet = samples[:200] * 10 ** (6 / 20)
    assert np.allclose(made[:200], quiet, atol=0.02)


def test_flac_comes_back_as_it_went(tmp_path):
    samples = voice_like(1, 22_050)
    write_flac(tmp_path / "a.flac", samples, 22_050)
    assert np.max(np.abs(joined(read_flac(tmp_path / "a.flac")) - samples)) < 1 / 32_000


@pytest.mark.parametrize("content", [b"", b"no sound at all", b"fLaC" + bytes(200)])
def test_what_is_no_sound_is_a_named_failure(tmp_path, content):
    path = tmp_path / "x.flac"
    path.write_bytes(content)
    for read in (decoded(path, 44_100), read_flac(path)):
        with pytest.raises(UnreadableSound):
            joined(read)


def test_a_long_file_is_not_read_whole(tmp_path):
    write_flac(tmp_path / "long.flac", np.zeros(22_050 * 3, dtype=np.float32), 22_050)
    with pytest.raises(UnreadableSound):
        decoded_whole(tmp_path / "long.flac", 44_100, most_s=2)
