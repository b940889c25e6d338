"""Sound in two channels, as some speech servers answer."""

from __future__ import annotations

import io

import numpy as np
import pytest
import soundfile

from voices.recorded import samples_of

RATE = 24_000


def stereo(left, right, form):
    """A file of two channels."""
    out = io.BytesIO()
    soundfile.write(out, np.stack([left, right], axis=1), RATE, format=form, subtype="PCM_16")
    return out.getvalue()


@pytest.mark.parametrize("form", ["wav", "flac"])
def test_two_equal_channels_are_as_loud_as_one_and_clip_no_sooner(form):
    tone = 0.9 * np.sin(np.arange(RATE) * 0.05)
    samples, rate = samples_of(stereo(tone, tone, form), form, RATE)
    assert rate == RATE
    assert samples == pytest.approx(tone, abs=1e-3)


def test_what_is_in_one_channel_is_heard_at_half():
    tone = 0.9 * np.sin(np.arange(RATE) * 0.05)
    samples, _ = samples_of(stereo(tone, 0 * tone, "wav"), "wav", RATE)
    assert samples == pytest.approx(tone / 2, abs=1e-3)
