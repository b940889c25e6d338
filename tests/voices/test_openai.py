"""What a speech server may do to us, met by a stand-in for one."""

from __future__ import annotations

import re
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from email.utils import formatdate

import numpy as np
import pytest

from tests.support.openai_speech import PEAK, openai_speech
from voices import recorded
from voices.catalogue import Voice
from voices.engines import openai
from voices.engines.openai import OpenAIEngine
from voices.errors import EngineBusy, EngineFailed, EngineMissing

VOICE = Voice("alloy", "Alloy", "en", "openai", "terms", "a server", {"voice": "alloy"})
TEXT = "The ferry runs again from Monday."


@pytest.fixture
def server():
    with openai_speech() as running:
        yield running


_made = []


@pytest.fixture(autouse=True)
def _hurry(monkeypatch):
    monkeypatch.setattr(openai, "_BACKOFF_S", 0.01)
    yield
    for made in _made:
        made._client.close()
    _made.clear()


def engine(server, **options):
    made = OpenAIEngine(**({"address": server.address, "key": server.key} | options))
    _made.append(made)
    return made


def spoken(speaker, text=TEXT, voice=VOICE):
    (part,) = speaker.synthesize(text, voice)
    return part


@pytest.mark.parametrize("form", ["wav", "flac", "mp3", "pcm"])
def test_every_form_of_sound_is_decoded_whole(server, form):
    part = spoken(engine(server, form=form))
    assert part.rate == 24_000
    assert len(part.samples) / part.rate == pytest.approx(len(TEXT) * 0.06, abs=0.06)
    assert float(np.max(np.abs(part.samples))) == pytest.approx(PEAK / 32768, rel=0.15)
    assert server.asked[0][1] == {"model": "tts-1", "input": TEXT, "voice": "alloy", "response_format": form}


def test_a_voice_may_name_a_model_and_instructions(server):
    voice = replace(VOICE, parameters={"voice": "af_heart", "model": "kokoro", "instructions": "calmly"})
    speaker = engine(server)
    assert spoken(speaker, voice=voice)
    assert {"model": "kokoro", "voice": "af_heart", "instructions": "calmly"}.items() <= server.asked[0][1].items()
    assert speaker.model_digest(voice) == ""


def test_version_tells_one_server_and_model_from_another(server):
    versions = {
        engine(server).version,
        engine(server, model="kokoro").version,
        engine(server, address="http://x").version,
    }
    assert len(versions) == 3
    assert server.key not in "".join(versions)


def test_one_connection_serves_many_texts(server):
    speaker = engine(server)
    for _ in range(5):
        spoken(speaker)
    assert server.connections == 1


def test_no_more_requests_at_once_than_allowed(server):
    server.delay_s = 0.1
    speaker = engine(server, requests=2)
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(lambda _: spoken(speaker), range(6)))
    assert server.most == 2
    assert server.connections == 2


@pytest.mark.parametrize("fault", [500, 503, (429, "0"), "cut", "cut wav"])
def test_trouble_that_passes_is_tried_again(server, fault):
    server.faults = [fault, fault]
    part = spoken(engine(server))
    assert len(part.samples) / part.rate == pytest.approx(len(TEXT) * 0.06, abs=0.06)
    assert len(server.asked) == 3


@pytest.mark.parametrize("wish", ["1", lambda: formatdate(time.time() + 2, usegmt=True)])
def test_retry_after_is_honoured(server, wish):
    server.faults = [(429, wish if isinstance(wish, str) else wish())]
    spoken(engine(server))
    (first, _), (second, _) = server.asked
    assert second - first >= 0.9


def test_a_long_wish_is_handed_on(server):
    server.faults = [(429, "120")]
    with pytest.raises(EngineBusy, match="429") as caught:
        spoken(engine(server))
    assert caught.value.retry_after_s == 120
    assert len(server.asked) == 1


def test_trouble_that_stays_is_busy(server):
    server.faults = [502] * 9
    with pytest.raises(EngineBusy, match="502"):
        spoken(engine(server))
    assert len(server.asked) == openai._TRIES


@pytest.mark.parametrize("fault", ["slow", "drip"])
def test_an_answer_that_takes_too_long_ends(server, monkeypatch, fault):
    monkeypatch.setattr(openai, "_TRIES", 1)
    server.faults = [fault]
    started = time.monotonic()
    with pytest.raises(EngineBusy):
        spoken(engine(server, seconds=0.4))
    assert time.monotonic() - started < 19


def test_nobody_there_is_busy():
    made = OpenAIEngine("http://127.0.0.1:1/v1")
    _made.append(made)
    with pytest.raises(EngineBusy, match="ConnectError"):
        spoken(made)


@pytest.mark.parametrize(
    ("fault", "says"),
    [
        ("json", "application/json, not wav: out of credit"),
        ("html", "text/html"),
        ("empty", "no sound"),
        ("silent head", "empty"),
        ("no sound", "no WAV"),
        (422, "422: The server had an error"),
        ("redirect", "302"),
    ],
)
def test_an_answer_that_is_no_sound_fails_at_once_in_the_servers_words(server, fault, says):
    server.faults = [fault]
    with pytest.raises(EngineFailed, match=re.escape(says)):
        spoken(engine(server))
    assert len(server.asked) == 1


def test_an_endless_answer_is_cut_off(server, monkeypatch):
    monkeypatch.setattr(openai, "_ANSWER_BYTES", 1_000_000)
    server.faults = ["huge"]
    with pytest.raises(EngineFailed, match="larger than 1 MB"):
        spoken(engine(server))


def test_sound_beyond_all_reason_is_refused(server, monkeypatch):
    monkeypatch.setattr(recorded, "_LONGEST_S", 1)
    with pytest.raises(EngineFailed, match="longer"):
        spoken(engine(server, form="mp3"))


def test_an_unknown_model_and_a_wrong_key_are_no_use_in_waiting_for_and_the_key_is_not_told(server):
    with pytest.raises(EngineMissing, match="'tts-9' does not exist"):
        spoken(engine(server, model="tts-9"))
    secret = "sk-live-0987654321"
    with pytest.raises(EngineMissing, match="401: Incorrect API key") as caught:
        spoken(engine(server, key=secret))
    assert secret not in f"{caught.value.message} {caught.value.hint}"
    assert "BRIEFCAST_OPENAI_KEY" in caught.value.hint


def test_the_environment_sends_text_nowhere_else(server, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    assert spoken(engine(server))


@pytest.mark.parametrize("address", ["", "ftp://x/v1", "http://", "http://user:pass@host/v1"])
def test_without_a_server_it_says_which_setting_is_missing(address):
    with pytest.raises(EngineMissing) as caught:
        OpenAIEngine(address)
    assert "BRIEFCAST_OPENAI_ADDRESS" in caught.value.hint


def test_waiting_for_a_place_is_no_failure(server, monkeypatch):
    monkeypatch.setattr(openai, "_TRIES", 1)
    server.delay_s = 1.0
    speaker = engine(server, requests=1, seconds=3.5)
    with ThreadPoolExecutor(4) as pool:
        assert len(list(pool.map(lambda _: spoken(speaker), range(4)))) == 4
