"""Every hazard of gTTS, met by a stand-in for Google's endpoint."""

from __future__ import annotations

import numpy as np
import pytest

from tests.support.google import google
from voices.catalogue import load_catalogue
from voices.engines import gtts
from voices.engines.gtts import GttsEngine
from voices.errors import EngineBusy, EngineFailed

VOICE = load_catalogue().get("gtts-en")
TEXT = "The ferry runs again from Monday, the harbour board said. " * 4


@pytest.fixture
def server(tmp_path):
    with google(tmp_path) as running:
        yield running


@pytest.fixture(autouse=True)
def _hurry(monkeypatch):
    monkeypatch.setattr(gtts, "_BACKOFF_S", 0.01)
    yield
    for made in _made:
        made._client.close()
    _made.clear()


_made = []


def engine(server, **options):
    made = GttsEngine(**({"endpoint": server.endpoint, "ca_file": server.ca_file, "per_second": 100.0} | options))
    _made.append(made)
    return made


def spoken(speaker, text=TEXT):
    return list(speaker.synthesize(text, VOICE))


def test_a_text_becomes_one_request_per_part_and_all_parts_are_there(server):
    parts = spoken(engine(server))
    asked = [text for _, text, _ in server.asked]
    assert len(parts) == len(asked) > 2
    # gTTS leaves out the comma it cuts at; no word is lost.
    assert " ".join(asked).replace(",", "").replace(".", "").split() == TEXT.replace(",", "").replace(".", "").split()
    assert {language for *_, language in server.asked} == {"en"}


def test_parts_are_joined_without_googles_silence_and_with_a_pause_where_a_sentence_ends(server):
    server.edge_s = 0.4
    *most, last = spoken(engine(server))
    asked = [text for _, text, _ in server.asked]
    assert {text.split()[-1] for text in asked[:-1]} == {"Monday", "said"}, "gTTS cuts at both and leaves the marks out"
    for part, text in zip(most, asked, strict=False):
        sound = np.flatnonzero(np.abs(part.samples) > 0.01)
        assert sound[0] / part.rate < 0.06
        gap_s = (len(part.samples) - sound[-1]) / part.rate
        assert gap_s == pytest.approx(0.28 if text.endswith("said") else 0.09, abs=0.05)
    assert np.flatnonzero(np.abs(last.samples) > 0.01)[-1] > len(last.samples) - 0.06 * last.rate


def test_a_sentence_ends_where_the_text_says_so_whatever_gtts_leaves_of_it(server):
    text = (
        "Dr. Lee came; he left. “Yes.” No! Why? Because 3.5 of them, on Monday, saw it… So it was, and none was sorry."
    )
    *most, _ = spoken(engine(server), text)
    gaps_s = [(len(part.samples) - np.flatnonzero(np.abs(part.samples) > 0.01)[-1]) / part.rate for part in most]
    long = [text for (_, text, _), gap_s in zip(server.asked, gaps_s, strict=False) if gap_s > 0.2]
    assert long == ["he left", "“Yes.” No!", "Why?", "saw it"]


def test_a_peak_that_mp3_overshoots_is_no_fault(server):
    server.amplitude = 32_700
    assert max(float(np.max(np.abs(part.samples))) for part in spoken(engine(server))) <= 1.0


def test_an_unknown_certificate_is_refused_not_ignored(server):
    with pytest.raises(EngineFailed, match="certificate"):
        spoken(engine(server, ca_file=""))
    assert not server.asked


def test_a_sentence_without_audio_fails_the_whole_text(server):
    # gTTS itself drops the sentence without a word.
    server.faults = [None, "silent"]
    with pytest.raises(EngineFailed, match="no audio"):
        spoken(engine(server))


@pytest.mark.parametrize("fault", [302, 429, 503, "cut"])
def test_trouble_that_passes_is_tried_again(server, fault):
    server.faults = [None, fault]
    parts = spoken(engine(server))
    assert len(server.asked) == len(parts) + 1


@pytest.mark.parametrize(
    ("fault", "error"), [(429, EngineBusy), (302, EngineBusy), (404, EngineFailed), ("garbage", EngineFailed)]
)
def test_trouble_that_stays_fails_the_whole_text(server, fault, error):
    server.faults = [None, *[fault] * 10]
    with pytest.raises(error):
        spoken(engine(server))
    assert len(server.asked) <= 4


def test_a_hang_ends(server, monkeypatch):
    import httpx

    monkeypatch.setattr(gtts, "_TIMEOUT", httpx.Timeout(0.3))
    server.faults = ["hang"] * 3
    with pytest.raises(EngineBusy, match="Timeout"):
        spoken(engine(server))


def test_requests_are_throttled(server):
    spoken(engine(server, per_second=10.0))
    times = [moment for moment, *_ in server.asked]
    assert all(after - before > 0.08 for before, after in zip(times, times[1:], strict=False))


def test_the_environment_sends_text_nowhere_else(server, monkeypatch):
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("SSL_CERT_FILE", "/dev/null")
    assert spoken(engine(server))


def test_text_without_a_word_is_a_failure(server):
    with pytest.raises(EngineFailed):
        spoken(engine(server), "   ")
