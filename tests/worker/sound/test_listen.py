from __future__ import annotations

import threading
import time

import numpy as np
import pytest

from briefing.audio import MASTER_RATE
from tests.support.audio import blocks_of, joined, voice_like
from tests.support.processes import wait_for
from worker.encode import encode
from worker.sound.files import UnreadableSound, decoded
from worker.sound.listen import Listener, stated_samples
from worker.sound.loudness import measure
from worker.sound.threads import ahead


def listeners():
    return [thread for thread in threading.enumerate() if thread.name in {"listener", "ahead"}]


def test_what_is_heard_while_writing_is_what_the_finished_file_holds(tmp_path):
    # Given a programme, heard while it was encoded
    samples = voice_like(7, MASTER_RATE, 0.2)
    path = tmp_path / "a.mp3"
    with Listener() as listener:
        encode(blocks_of(samples), path, listener.feed)
        heard, count = listener.heard()
    # Then a decoder of the finished file measures the same, and is told the length to the sample
    file = joined(decoded(path, MASTER_RATE))
    whole = measure([file], MASTER_RATE, true_peak=True)
    assert heard.integrated_lufs == pytest.approx(whole.integrated_lufs, abs=0.02)
    assert heard.true_peak_dbtp == pytest.approx(whole.true_peak_dbtp, abs=0.02)
    assert stated_samples(path) == len(file) == len(samples)
    assert len(samples) < count < len(samples) + 4 * 1152
    assert not listeners()


def test_a_peak_in_the_last_frame_is_heard(tmp_path):
    samples = np.zeros(3 * MASTER_RATE, dtype=np.float32)
    samples[-400:] = voice_like(400 / MASTER_RATE, MASTER_RATE, 0.4)
    with Listener() as listener:
        encode(blocks_of(samples), tmp_path / "a.mp3", listener.feed)
        assert listener.heard()[0].true_peak_dbtp > -12


def test_what_is_no_mp3_is_told(tmp_path):
    with Listener() as listener:
        for _ in range(50):
            listener.feed(b"no frames at all " * 1000)
        with pytest.raises(UnreadableSound):
            listener.heard()
    (tmp_path / "x.mp3").write_bytes(b"nor here")
    with pytest.raises(UnreadableSound):
        stated_samples(tmp_path / "x.mp3")


def test_when_encoding_fails_nobody_goes_on_listening(tmp_path):
    def broken():
        yield voice_like(1, MASTER_RATE)
        message = "a take cannot be read"
        raise UnreadableSound(message)

    with pytest.raises(UnreadableSound, match="a take"), Listener() as listener:
        encode(ahead(broken()), tmp_path / "a.mp3", listener.feed)
    assert not listeners()


def test_blocks_are_made_a_little_ahead_and_no_more():
    made = []

    def slow_taker_fast_maker():
        for number in range(100):
            made.append(number)
            yield number

    blocks = ahead(slow_taker_fast_maker())
    assert next(blocks) == 0
    wait_for(lambda: len(made) >= 2, "the next block")
    time.sleep(0.3)
    assert len(made) <= 12, "memory is bounded by a few blocks"
    assert list(blocks) == list(range(1, 100))
    assert not listeners()


def test_whoever_leaves_early_leaves_no_thread_behind():
    blocks = ahead(iter(range(1000)))
    next(blocks)
    blocks.close()
    assert not listeners()
