from __future__ import annotations

import json

import numpy as np
import soundfile
from mutagen.mp3 import MP3

from tests.support.audio import joined, tone, voice_like
from tests.support.command import briefcast
from worker.sound.files import decoded


def music(tmp_path, seconds=3.0):
    path = tmp_path / "morning.wav"
    soundfile.write(path, np.stack([tone(400, seconds, 48_000, 0.2)] * 2, axis=1), 48_000)
    return path


def test_an_editors_jingle_is_added_named_heard_and_removed(tmp_path):
    # Given a jingle of one's own, for the opening
    added = briefcast("jingles", "add", "morning", music(tmp_path), "--part", "intro")
    assert (added.returncode, "3.0 s" in added.stdout) == (0, True), added.stderr
    # When a show opens with it
    (tmp_path / "briefcast.toml").write_text(
        '[[shows]]\nslug = "s"\ntitle = "S"\nvoice = "silence"\nintro = "morning"\noutro = "none"\n'
    )
    assert briefcast("apply", "briefcast.toml").returncode == 0
    (tmp_path / "a.md").write_text("# A headline\n\nOne paragraph of a few words, and no more.\n")
    done = briefcast("narrate", "a.md", "-o", "out.mp3", "--show", "s")
    assert done.returncode == 0, done.stderr
    # Then it is heard before the (silent) words
    sound = joined(decoded(tmp_path / "out.mp3", 44_100))
    spectrum = np.abs(np.fft.rfft(sound[44_100 : 2 * 44_100]))
    assert abs(int(np.argmax(spectrum)) - 400) <= 2
    assert MP3(tmp_path / "out.mp3").info.length > 3
    # Then it is listed, and cannot be removed while it is named
    (shown,) = json.loads(briefcast("jingles", "list", "--json").stdout)
    assert (shown["name"], shown["part"], shown["state"]) == ("morning", "intro", "ready")
    kept = briefcast("jingles", "remove", "morning", "--part", "intro")
    assert (kept.returncode, "[jingle_in_use]" in kept.stderr) == (3, True)


def test_what_cannot_be_a_jingle_is_told_and_not_kept(tmp_path):
    soundfile.write(tmp_path / "short.wav", voice_like(0.2, 44_100), 44_100)
    for name, fault in (("x", "shorter than 0.3 s"), ("../x", "is not a name")):
        refused = briefcast("jingles", "add", name, "short.wav", "--part", "mark")
        assert (refused.returncode, fault in refused.stderr) == (3, True), refused.stderr
    assert briefcast("jingles", "list").stdout == ""
