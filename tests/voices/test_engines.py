"""One contract, all engines: what `voices.engine.Engine` promises."""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from tests.support.google import google
from tests.support.kokoro import kokoro_folder
from tests.support.openai_speech import openai_speech
from voices.catalogue import Voice, load_catalogue
from voices.engine import Pronunciation
from voices.errors import EngineMissing
from voices.registry import Engines
from voices.words import words_of

TEXT = "The ferry runs again from Monday. Crews had stopped work for four days, and 9,000 people had walked."

#: What a slow engine is given instead: the tests show the same with less.
LESS = {"heart": "The ferry runs Monday."}
MARKS = {"fɛɹi": "ferry", "mˈʌndeɪ": "Monday"}

VOICES = ["silence", "joe", "heart", "gtts-en", "openai-alloy"]

OPENAI = Voice("openai-alloy", "Alloy", "en", "openai", "terms", "a stand-in", {"voice": "alloy"})


@pytest.fixture(scope="module")
def servers(tmp_path_factory):
    with google(tmp_path_factory.mktemp("google")) as one, openai_speech() as other:
        yield one, other


@pytest.fixture(scope="module")
def engines(servers):
    translate, openai = servers
    engines = Engines(
        {
            "gtts": {"endpoint": translate.endpoint, "ca_file": translate.ca_file, "per_second": 100.0},
            "kokoro": {"folder": kokoro_folder()},
            "openai": {"address": openai.address, "key": openai.key},
        }
    )
    yield engines
    engines.get("gtts")._client.close()
    engines.get("openai")._client.close()


@pytest.fixture(params=VOICES)
def voice(request):
    return OPENAI if request.param == OPENAI.id else load_catalogue().get(request.param)


@pytest.fixture
def engine(engines, voice):
    return engines.get(voice.engine)


@pytest.fixture
def text(voice):
    return LESS.get(voice.id, TEXT)


@pytest.fixture(scope="module")
def _heard():
    return {}


@pytest.fixture
def parts(engine, voice, text, _heard):
    """The text spoken once, for all tests that only look at it."""
    if voice.id not in _heard:
        _heard[voice.id] = list(engine.synthesize(text, voice))
    return _heard[voice.id]


def sound_of(parts):
    return np.concatenate([part.samples for part in parts])


def test_speaks_finite_mono_sound_at_one_rate(engine, parts, text):
    assert {part.samples.ndim for part in parts} == {1}
    assert {part.samples.dtype for part in parts} == {np.dtype("float32")}
    assert len({part.rate for part in parts}) == 1
    sound = sound_of(parts)
    assert np.all(np.isfinite(sound))
    assert np.max(np.abs(sound)) <= 1.0
    assert 0.03 * len(text) < len(sound) / parts[0].rate < 0.12 * len(text)
    assert (np.max(np.abs(sound)) == 0) == engine.capabilities.silent


def test_tells_every_words_time_or_none(engine, parts, text):
    words = [word for part in parts for word in part.words]
    if not engine.capabilities.word_timings:
        assert words == []
        return
    assert [(word.start, word.end) for word in words] == words_of(text)
    for part in parts:
        assert all(0 <= word.first < word.last <= len(part.samples) for word in part.words)
        assert all(one.last <= other.first for one, other in zip(part.words, part.words[1:], strict=False))
        for word in part.words:
            # Where a word is said there is sound.
            assert np.max(np.abs(part.samples[word.first : word.last])) > 0.02


def test_takes_pronunciations_whether_it_follows_them_or_not(engine, voice, parts, text):
    marks = [Pronunciation(text.index(word), text.index(word) + len(word), ipa) for ipa, word in MARKS.items()]
    said = list(engine.synthesize(text, voice, marks))
    assert 0.7 < len(sound_of(said)) / len(sound_of(parts)) < 1.3
    if engine.capabilities.word_timings:
        assert [(word.start, word.end) for part in said for word in part.words] == words_of(text)


def test_a_pronunciation_is_heard_where_an_engine_follows_them(engine, voice, parts, text):
    start = text.index("Monday")
    long = [Pronunciation(start, start + len("Monday"), "bˌiːloʊhˈɔːɹɪvkəpˌiːloʊhˈɔːɹɪvkə")]
    said = sound_of(engine.synthesize(text, voice, long))
    assert (len(said) > len(sound_of(parts)) * 1.05) == engine.capabilities.phoneme_input


def test_a_variation_is_another_reading_and_the_same_tomorrow(engine, voice, parts, text):
    if not engine.capabilities.variations:
        return
    first = sound_of(parts)
    again, other = (sound_of(engine.synthesize(text, voice, (), number)) for number in (0, 1))
    assert np.array_equal(first, again)
    assert len(other) != len(first) or not np.array_equal(first, other)


def test_longer_text_takes_longer(engine, voice, parts, text):
    twice = sound_of(engine.synthesize(text + " " + text, voice))
    assert len(twice) > 1.6 * len(sound_of(parts))


def test_says_what_it_is(engine, voice):
    assert engine.version
    assert engine.capabilities.text_limit >= 100
    assert engine.capabilities.online == (voice.engine in {"gtts", "openai"})
    assert engine.model_digest(voice) == engine.model_digest(voice)
    assert len(engine.model_digest(voice)) in {0, 64}


def test_may_be_called_from_several_threads(engine, voice, parts, text):
    with ThreadPoolExecutor(2 if voice.id in LESS else 4) as pool:
        lengths = list(pool.map(lambda _: len(sound_of(engine.synthesize(text, voice))), range(pool._max_workers)))
    assert max(lengths) < 1.3 * min(lengths)


def test_takes_a_text_of_its_limit(engine, voice):
    # Kokoro needs half a minute of computing for that: tests/voices/test_kokoro.py has it with a smaller window.
    if voice.id in LESS:
        return
    text = ("The ferry runs again. " * 100)[: engine.capabilities.text_limit].strip()
    assert sum(len(part.samples) for part in engine.synthesize(text, voice))


def test_an_engine_is_loaded_once(engines, voice):
    assert engines.get(voice.engine) is engines.get(voice.engine)


def test_an_unknown_engine_is_named():
    with pytest.raises(EngineMissing, match="parrot"):
        Engines().get("parrot")


@pytest.mark.parametrize(
    ("engine", "package", "command"),
    [
        ("piper", "piper", "pip install 'briefcast[piper]'"),
        ("kokoro", "kokoro_onnx", "briefcast voices install kokoro"),
        ("gtts", "gtts", "pip install"),
    ],
)
def test_an_engine_that_is_not_installed_says_how(monkeypatch, engine, package, command):
    monkeypatch.setitem(sys.modules, package, None)
    for name in [name for name in sys.modules if name.startswith(("voices.engines.", "voices.kokoro", "voices.piper"))]:
        monkeypatch.delitem(sys.modules, name)
    with pytest.raises(EngineMissing) as caught:
        Engines({"kokoro": {"folder": "nowhere"}}).get(engine)
    assert command in caught.value.hint


def test_a_model_that_is_not_installed_says_how(tmp_path):
    engine = Engines({"kokoro": {"folder": tmp_path}}).get("kokoro")
    voice = load_catalogue().get("heart")
    for call in (lambda: engine.model_digest(voice), lambda: list(engine.synthesize("Yes.", voice))):
        with pytest.raises(EngineMissing) as caught:
            call()
        assert caught.value.hint == "briefcast voices install kokoro"
