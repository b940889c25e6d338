"""`briefcast narrate` with a voice whose model is not there: a real process."""

from __future__ import annotations

import json

from tests.support.command import briefcast

VOICES = """
[[voices]]
id = "away"
name = "Away"
language = "en"
engine = "piper"
licence = "none"
attribution = "none"
model = "nowhere.onnx"
fallback = "silence"
"""


def test_another_voice_speaks_and_says_so_unless_it_must_not(tmp_path, monkeypatch):
    (tmp_path / "voices.toml").write_text(VOICES)
    monkeypatch.setenv("BRIEFCAST_VOICES", str(tmp_path / "voices.toml"))
    article = tmp_path / "ferry.md"
    article.write_text("# Ferry runs again\n\nThe ferry runs again from Monday, the harbour board said.\n")
    command = ("narrate", article, "-o", "out.mp3", "--voice", "away", "--report", "report.json")
    refused = briefcast(*command, "--no-fallback")
    assert refused.returncode == 4
    assert "engine_not_installed" in refused.stderr
    assert not (tmp_path / "out.mp3").exists()
    done = briefcast(*command)
    assert done.returncode == 0, done.stderr
    assert "'silence' speaks what 'away' was to speak (engine_not_installed" in done.stderr
    report = json.loads((tmp_path / "report.json").read_text())
    assert (report["voice"], report["cast"]["headline"]) == ("silence", "silence")
    assert [warning["code"] for warning in report["warnings"]] == ["voice_fallback"]
