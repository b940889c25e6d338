from __future__ import annotations

import numpy as np
import pytest
import soundfile

from voices.catalogue import load_catalogue
from voices.errors import CatalogueInvalid, UnknownVoice
from voices.jingles import compose, shipped


def test_every_shipped_voice_says_who_owns_it():
    voices = list(load_catalogue())
    assert {"joe", "silence", "gtts-en"} <= {voice.id for voice in voices}
    assert all(voice.licence and voice.attribution and voice.language for voice in voices)


def test_a_voice_may_say_how_loud_it_is(tmp_path):
    assert load_catalogue().get("joe").loudness_lufs == pytest.approx(-22.8, abs=0.5)
    extra = tmp_path / "voices.toml"
    entry = '[[voices]]\nid="ann"\nname="Ann"\nlanguage="en"\nengine="piper"\nlicence="own"\nattribution="Ann"\n'
    extra.write_text(entry)
    assert load_catalogue(extra).get("ann").loudness_lufs is None
    extra.write_text(entry + "loudness_lufs = -19\n")
    ann = load_catalogue(extra).get("ann")
    assert (ann.loudness_lufs, dict(ann.parameters)) == (-19, {})
    for faulty in ("'loud'", "3", "true"):
        extra.write_text(entry + f"loudness_lufs = {faulty}\n")
        with pytest.raises(CatalogueInvalid, match="loudness_lufs"):
            load_catalogue(extra)


def test_an_unknown_voice_is_named():
    with pytest.raises(UnknownVoice, match="nobody"):
        load_catalogue().get("nobody")


def test_a_newsroom_adds_voices_of_its_own(tmp_path):
    extra = tmp_path / "voices.toml"
    extra.write_text(
        '[[voices]]\nid="ann"\nname="Ann"\nlanguage="en"\nengine="piper"\nlicence="own"\nattribution="Ann Lee"\nmodel="ann.onnx"\n'
    )
    voice = load_catalogue(extra).get("ann")
    assert voice.parameters == {"model": "ann.onnx"}
    assert voice.folder == tmp_path
    assert "joe" in load_catalogue(extra)


@pytest.mark.parametrize("text", ["[[voices]]\nid='x'\n", "not toml [", "[[voices]]\nid=3\n"])
def test_a_faulty_catalogue_is_named(tmp_path, text):
    path = tmp_path / "voices.toml"
    path.write_text(text)
    with pytest.raises(CatalogueInvalid, match="voices.toml"):
        load_catalogue(path)
    with pytest.raises(CatalogueInvalid):
        load_catalogue(tmp_path / "none.toml")


PARTS = {"intro": 5.4, "outro": 6.4, "transition": 1.9, "mark": 0.95, "bed": 10.0}


def shipped_samples(part):
    samples, rate = soundfile.read(shipped("house", part))
    assert rate == 44_100
    return samples


def spectra(samples, hop=441, size=2048):
    """Magnitudes of a frame every 10 ms."""
    frames = np.lib.stride_tricks.sliding_window_view(samples, size)[::hop]
    return np.abs(np.fft.rfft(frames * np.hanning(size), axis=1))


def onsets(samples):
    """How many notes are struck: moments at which many frequencies grow at once."""
    growth = np.maximum(0, np.diff(np.log1p(50 * spectra(samples)), axis=0)).sum(axis=1)
    peak = (
        (growth[1:-1] >= growth[:-2]) & (growth[1:-1] > growth[2:]) & (growth[1:-1] > np.median(growth) + growth.std())
    )
    return int(peak.sum())


@pytest.mark.parametrize("part", PARTS)
def test_the_jingles_are_what_their_score_says(part):
    samples = shipped_samples(part)
    assert len(samples) == round(PARTS[part] * 44_100)
    assert np.max(np.abs(samples - compose.compose(part))) < 2 / 32_768


@pytest.mark.parametrize("part", PARTS)
def test_a_jingle_is_music_and_no_test_tone(part):
    samples = shipped_samples(part)
    # Nothing is clipped, nothing pushes the loudspeaker to one side
    assert np.max(np.abs(samples)) <= 10 ** (-2.9 / 20)
    assert abs(np.mean(samples)) < 1e-3
    # Notes are struck one after another and ring: beats, and a crest between a sustained tone's 3 dB and a click's 40
    assert onsets(samples) / PARTS[part] >= 1.5
    crest = 20 * np.log10(np.max(np.abs(samples)) / np.sqrt(np.mean(samples**2)))
    assert 10 < crest < 20
    # Many tones, from bass to brightness, that come and go: the spectrum's centre moves
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples))))
    bins = np.fft.rfftfreq(len(samples), 1 / 44_100)
    loud = spectrum > spectrum.max() * 0.03
    notes = {round(12 * np.log2(hertz / 440)) for hertz in bins[loud] if hertz > 60}
    assert len(notes) >= 8
    total = np.sum(spectrum**2)
    assert all(
        10 * np.log10(np.sum(spectrum[(bins >= low) & (bins < high)] ** 2) / total) > floor
        for low, high, floor in ((60, 320, -12), (320, 1280, -6), (1280, 5120, -20))
    )
    frames = spectra(samples)
    heard = frames[frames.sum(axis=1) > 0.05 * frames.sum(axis=1).max()]
    centres = heard @ np.fft.rfftfreq(2048, 1 / 44_100) / heard.sum(axis=1)
    assert np.percentile(centres, 95) > 1.3 * np.percentile(centres, 5)


@pytest.mark.parametrize("part", ["intro", "outro", "transition", "mark"])
def test_a_jingle_ends_in_silence(part):
    assert np.max(np.abs(shipped_samples(part)[-200:])) < 0.01


def test_the_intro_only_rings_once_the_headline_begins():
    level = lambda at_s: np.sqrt(np.mean(shipped_samples("intro")[round(at_s * 44_100) :][:11_025] ** 2))  # noqa: E731
    assert level(2.3) < level(1.0) * 0.8
    assert level(2.3) > level(3.3) > level(4.3)


@pytest.mark.parametrize(("part", "last_note_s"), [("intro", 2.2), ("outro", 3.4)])
def test_what_rings_on_does_not_click(part, last_note_s):
    # Nothing above 6 kHz comes after the last note is struck: notes that are cut off would
    samples = shipped_samples(part)[round(last_note_s * 44_100) :]
    spectrum = np.fft.rfft(samples)
    spectrum[np.fft.rfftfreq(len(samples), 1 / 44_100) < 6000] = 0
    bright = np.fft.irfft(spectrum, len(samples))[441:-441]
    levels = 20 * np.log10(np.sqrt(np.mean(bright[: len(bright) // 441 * 441].reshape(-1, 441) ** 2, axis=1)) + 1e-6)
    assert np.max(np.diff(levels)) < 6, "it only dies away"


def test_the_bed_goes_round_without_a_seam():
    # Given the bed twice over / Then where it joins nothing jumps, in level or in sound, more than elsewhere
    bed = shipped_samples("bed")
    round_again = np.concatenate((bed, bed))
    steps = np.abs(np.diff(round_again))
    assert steps[len(bed) - 1] < np.percentile(steps, 95)
    bright = np.abs(np.diff(round_again, n=3))
    assert bright[len(bed) - 10 : len(bed) + 10].max() < np.percentile(bright, 99.9)
    levels = [
        np.sqrt(np.mean(round_again[start : start + 22_050] ** 2)) for start in range(0, len(bed) * 2 - 22_050, 2_205)
    ]
    assert max(levels) < 2.5 * min(levels)


def test_no_path_is_a_jingles_name():
    assert shipped("../../etc/passwd", "intro") is None
    assert shipped("nothing", "intro") is None


ENTRY = '[[voices]]\nid="{id}"\nname="N"\nlanguage="{language}"\nengine="e"\nlicence="l"\nattribution="a"\n{more}\n'


def written(tmp_path, *entries):
    path = tmp_path / "voices.toml"
    path.write_text("".join(ENTRY.format(id=name, language=language, more=more) for name, language, more in entries))
    return path


def test_a_voice_names_its_pace_and_its_fallback(tmp_path):
    voices = load_catalogue(
        written(tmp_path, ("a", "en-GB", 'fallback="joe"\nseconds_per_letter=0.05\nspread=0.4'), ("b", "en", ""))
    )
    assert (voices.get("a").pace.seconds_per_letter, voices.get("a").pace.spread) == (0.05, 0.4)
    assert voices.get("a").fallback == "joe"
    assert voices.get("b").pace.spread == 1.0, "wide where nobody measured"
    assert voices.get("gtts-en").fallback == "joe"


@pytest.mark.parametrize(
    ("more", "what"),
    [
        ('fallback="nobody"', "not in the catalogue"),
        ('fallback="gtts-de"', "another language"),
        ("fallback=3", "no voice's ID"),
        ("spread=0", "spread"),
        ("spread=true", "spread"),
        ('seconds_per_letter="fast"', "seconds_per_letter"),
    ],
)
def test_a_fallback_or_pace_that_cannot_be_meant_is_refused(tmp_path, more, what):
    with pytest.raises(CatalogueInvalid, match=what):
        load_catalogue(written(tmp_path, ("a", "en", more)))


def test_a_chain_of_fallbacks_passes_over_what_failed_and_ends(tmp_path):
    voices = load_catalogue(
        written(tmp_path, ("a", "en", 'fallback="b"'), ("b", "en", 'fallback="c"'), ("c", "en", 'fallback="a"'))
    )
    assert voices.fallback_of("a", {"a"}).id == "b"
    assert voices.fallback_of("a", {"a", "b"}).id == "c"
    assert voices.fallback_of("a", {"a", "b", "c"}) is None
    assert voices.fallback_of("joe", set()) is None
