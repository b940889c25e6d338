from __future__ import annotations

import numpy as np
import pytest
from mutagen.mp3 import MP3, BitrateMode

from tests.support.audio import blocks_of, joined, voice_like
from worker.encode import encode
from worker.sound.files import decoded
from worker.sound.info_header import info_frame


@pytest.mark.parametrize("samples", [5_000, 44_099, 44_100, 123_456, 300_001])
def test_decodes_to_the_very_samples_that_went_in(tmp_path, samples):
    # Given sound of an odd length / When it is encoded / Then decoding gives as many samples, in the same place
    sound = voice_like(samples / 44_100 + 0.1, 44_100)[:samples]
    path = tmp_path / "a.mp3"
    assert encode(blocks_of(sound), path) == samples
    heard = joined(decoded(path, 44_100))
    assert len(heard) == samples
    likeness = {shift: np.dot(np.roll(heard, shift)[100:-100], sound[100:-100]) for shift in range(-50, 51)}
    assert max(likeness, key=likeness.__getitem__) == 0
    assert np.corrcoef(heard, sound)[0, 1] > 0.98


def test_the_level_out_is_the_level_in(tmp_path):
    # LAME turns its input down by 0.45 dB at this bit rate unless that is undone.
    sound = voice_like(5, 44_100, level=0.1)
    encode(blocks_of(sound), tmp_path / "a.mp3")
    heard = joined(decoded(tmp_path / "a.mp3", 44_100))
    assert 20 * np.log10(np.std(heard) / np.std(sound)) == pytest.approx(0, abs=0.1)


def test_is_96_kbit_mono_cbr_with_an_info_header(tmp_path):
    path = tmp_path / "a.mp3"
    encode(blocks_of(voice_like(10, 44_100)), path)
    info = MP3(path).info
    assert (info.sample_rate, info.channels, info.bitrate_mode) == (44_100, 1, BitrateMode.CBR)
    assert info.bitrate == pytest.approx(96_000, rel=0.001)
    assert info.encoder_info.startswith("LAME 3.100")
    assert info.length == pytest.approx(10.0, abs=0.0005)
    # The same length by counting bytes, as a player without Info support does, is off by the header and the padding.
    assert path.stat().st_size == pytest.approx(120_000, rel=0.01)


def test_without_the_header_the_length_is_wrong(tmp_path):
    # Shows that the test above can fail: the frame that says how much to cut off is blanked.
    path = tmp_path / "a.mp3"
    encode(blocks_of(voice_like(2, 44_100)), path)
    content = bytearray(path.read_bytes())
    content[0:313] = bytes(313)
    path.write_bytes(content)
    assert len(joined(decoded(path, 44_100))) != 88_200


def test_a_header_that_does_not_fit_its_frames_is_refused():
    with pytest.raises(ValueError, match="do not fit"):
        info_frame([bytes(3135)], 1_000_000)


def test_loud_sound_is_clipped_not_wrapped(tmp_path):
    path = tmp_path / "a.mp3"
    encode([np.full(44_100, 1.5, dtype=np.float32)], path)
    assert joined(decoded(path, 44_100))[20_000:30_000].min() > 0.5
