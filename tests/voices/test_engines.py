"""One contract, all engines: what `voices.engine.Engine` promises."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from tests.support.google import google
from voices.catalogue import load_catalogue
from voices.engine import Pronunciation
from voices.errors import EngineMissing
from voices.registry import Engines

TEXT = "The ferry runs again from Monday. Crews had stopped work for four days, and 9,000 people had walked."
VOICES = ["silence", "joe", "gtts-en"]


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with google(tmp_path_factory.mktemp("google")) as running:
        yield running


@pytest.fixture(scope="module")
def engines(server):
    engines = Engines({"gtts": {"endpoint": server.endpoint, "ca_file": server.ca_file, "per_second": 100.0}})
    yield engines
    engines.get("gtts")._client.close()


@pytest.fixture(params=VOICES)
def voice(request):
    return load_catalogue().get(request.param)


@pytest.fixture
def engine(engines, voice):
    return engines.get(voice.engine)


def test_speaks_finite_mono_sound_at_one_rate(engine, voice):
    parts = list(engine.synthesize(TEXT, voice))
    assert {part.samples.ndim for part in parts} == {1}
    assert {part.samples.dtype for part in parts} == {np.dtype("float32")}
    assert len({part.rate for part in parts}) == 1
    sound = np.concatenate([part.samples for part in parts])
    assert np.all(np.isfinite(sound))
    assert np.max(np.abs(sound)) <= 1.0
    assert 3 < len(sound) / parts[0].rate < 12
    assert (np.max(np.abs(sound)) == 0) == engine.capabilities.silent


def test_takes_pronunciations_whether_it_follows_them_or_not(engine, voice):
    marks = [Pronunciation(4, 9, "fˈɛɹi"), Pronunciation(26, 32, "mˈʌndeɪ")]
    sound = np.concatenate([part.samples for part in engine.synthesize(TEXT, voice, marks)])
    plain = np.concatenate([part.samples for part in engine.synthesize(TEXT, voice)])
    assert 0.7 < len(sound) / len(plain) < 1.3


def test_longer_text_takes_longer(engine, voice):
    def seconds(text):
        return sum(len(part.samples) / part.rate for part in engine.synthesize(text, voice))

    assert seconds(TEXT + " " + TEXT) > 1.6 * seconds(TEXT)


def test_says_what_it_is(engine, voice):
    assert engine.version
    assert engine.capabilities.text_limit >= 100
    assert engine.model_digest(voice) == engine.model_digest(voice)
    assert len(engine.model_digest(voice)) in {0, 64}


def test_may_be_called_from_several_threads(engine, voice):
    with ThreadPoolExecutor(4) as pool:
        lengths = list(pool.map(lambda _: sum(len(part.samples) for part in engine.synthesize(TEXT, voice)), range(4)))
    assert max(lengths) < 1.3 * min(lengths)


def test_takes_a_text_of_its_limit(engine, voice):
    text = ("The ferry runs again. " * 100)[: engine.capabilities.text_limit].strip()
    assert sum(len(part.samples) for part in engine.synthesize(text, voice))


def test_an_engine_is_loaded_once(engines, voice):
    assert engines.get(voice.engine) is engines.get(voice.engine)


def test_an_unknown_engine_is_named():
    with pytest.raises(EngineMissing, match="parrot"):
        Engines().get("parrot")


def test_an_engine_that_is_not_installed_says_how(monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "piper", None)
    for module in ("voices.engines.piper", "voices.piper_model"):
        monkeypatch.delitem(sys.modules, module, raising=False)
    with pytest.raises(EngineMissing) as caught:
        Engines().get("piper")
    assert "pip install" in caught.value.hint
