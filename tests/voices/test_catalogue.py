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


@pytest.mark.parametrize(("part", "seconds"), [("intro", 4.8), ("outro", 5.6)])
def test_the_jingles_are_what_their_score_says(part, seconds):
    samples, rate = soundfile.read(shipped("house", part))
    assert rate == 44_100
    assert len(samples) == round(seconds * rate)
    again = getattr(compose, part)()
    assert np.max(np.abs(samples - again)) < 2 / 32_768
    # A jingle, not a test tone: it ends in silence, and is made of many tones that come and go.
    assert np.max(np.abs(samples[-200:])) < 0.01
    spectra = [np.abs(np.fft.rfft(samples[int(at * rate) :][:8192])) for at in (0.1, 0.7, 1.3, 2.0)]
    peaks = {round(float(np.argmax(spectrum)) * rate / 8192) for spectrum in spectra}
    assert len(peaks) >= 2


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
