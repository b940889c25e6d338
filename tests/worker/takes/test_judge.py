from __future__ import annotations

import numpy as np
import pytest

from tests.support.audio import speech_like
from tests.support.engines import FAULTS, RATE, good
from tests.support.golden import ARTICLES, script_of
from voices.catalogue import Pace, Voice, load_catalogue
from voices.engine import AudioChunk
from voices.engines.piper import PiperEngine
from worker.takes.judge import bounds_s, judge, judge_form

VOICE = Voice("v", "V", "en", "fake", "none", "none")
TEXT = "The harbour board said on Tuesday that all four ferries would run again by noon."


def verdict(*parts, text=TEXT, pace=VOICE.pace):
    found = judge([AudioChunk(samples, rate) for samples, rate in parts], text, pace)
    return found.name.value if found else None


def test_speech_of_its_text_passes():
    assert verdict((good(TEXT, VOICE), RATE)) is None


@pytest.mark.parametrize("fault", FAULTS)
def test_each_fault_has_its_name(fault):
    assert verdict((FAULTS[fault](TEXT, VOICE).astype(np.float32), RATE)) == fault


def test_parts_at_two_rates_and_no_parts():
    half = good(TEXT, VOICE)
    assert verdict((half, RATE), (half, 24_000)) == "mixed_rates"
    assert verdict() == "empty"
    assert judge_form([AudioChunk(half * 0, RATE)]) is None, "a voice may be silent on purpose"


def test_one_loud_sample_is_no_clipping_and_a_soft_pause_no_hole():
    samples = good(TEXT, VOICE)
    samples[[700, 9000]] = 1.0
    middle = len(samples) // 2
    pause = np.zeros(RATE, dtype=np.float32)
    assert verdict((np.concatenate([samples[:middle], pause, samples[middle:]]), RATE)) is None


def test_silence_at_the_edges_counts_for_nothing():
    silence = np.full(3 * RATE, 1e-6, dtype=np.float32)
    assert verdict((np.concatenate([silence, good(TEXT, VOICE), silence]), RATE)) is None


def test_what_takes_time_beside_letters_is_counted():
    pace = Pace()
    plain = bounds_s("The agency said so.", pace)
    assert bounds_s("The I A E A said so.", pace) > plain
    assert bounds_s("The agency. Said so.", pace) > plain
    assert bounds_s("Es war 1945.", pace) > bounds_s("Es war so.", pace)
    assert bounds_s("港は静かだった。", pace)[1] > 1.5
    narrow, wide = bounds_s(TEXT, Pace(spread=0.5)), bounds_s(TEXT, Pace(spread=1.0))
    assert wide[0] < narrow[0] < narrow[1] < wide[1]


@pytest.mark.parametrize(
    "text",
    [
        "Wait… what?", "So… now what?", "Brexit… again.", "E. coli", "C++", "Through", "→ Read on", "Shh!", "Sport",
        "No. 1", "The slogan “Слава” stood there", "Q&A",
    ],
)  # fmt: skip
def test_short_headings_pass(piper, text):
    assert judge(said(piper, text), text, piper[1].pace) is None


def test_pauses_make_no_take_too_short():
    pace = Pace()
    assert bounds_s("E. coli. Mr. Lee, J. R.", pace)[0] == bounds_s("E coli Mr Lee J R", pace)[0]
    assert bounds_s("E. coli. Mr. Lee, J. R.", pace)[1] > bounds_s("E coli Mr Lee J R", pace)[1]


def test_a_text_that_repeats_itself_may_sound_so():
    once = speech_like(0.9, RATE)
    thrice = np.concatenate([once, once, once])
    assert verdict((thrice, RATE), text="Location, location, location.") is None
    assert verdict((thrice, RATE), text="The ferry ran again by noon then.") == "repeated_tail"


@pytest.fixture(scope="module")
def piper():
    return PiperEngine(), load_catalogue().get("joe")


def said(piper, text, variation=0):
    engine, voice = piper
    return list(engine.synthesize(text, voice, (), variation))


def test_pipers_takes_of_a_sample_article_pass(piper):
    # The shortest samples' headlines, bylines and paragraphs; the bench hears all of them.
    (article,) = [path for path in ARTICLES if path.stem == "cup-final"]
    texts = [segment.spoken for segment in script_of(article).segments][:7]
    faults = {text: judge(said(piper, text), text, piper[1].pace) for text in [*texts, "Yes. Yes. Yes.", "Sport."]}
    assert not {text: fault for text, fault in faults.items() if fault}


@pytest.mark.parametrize(
    ("text", "tail"),
    [
        ("The harbour board said that all four ferries would run again by noon on Friday.", "by noon on Friday."),
        ("Crews had stopped work for four days over unpaid overtime.", "over unpaid overtime."),
        ("The reactor was shut down after a fire broke out in the turbine hall.", "in the turbine hall."),
    ],
)
def test_a_voice_that_says_its_last_words_twice_is_heard(piper, text, tail):
    fault = judge(said(piper, f"{text[:-1]} {tail}"), text, piper[1].pace)
    assert fault is not None
    assert fault.name in {"repeated_tail", "too_long"}
    assert judge(said(piper, f"{text[:-1]} {tail}"), f"{text[:-1]} {tail}", piper[1].pace) is None


def test_half_of_a_text_is_too_short(piper):
    text = "The harbour board said that all four ferries would run again by noon on Friday."
    fault = judge(said(piper, text[: len(text) // 2]), text, piper[1].pace)
    assert fault is not None
    assert fault.name == "too_short"
    assert "s are due" in fault.detail
