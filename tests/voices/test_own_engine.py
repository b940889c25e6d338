"""The engine of docs/contributing.md, taken out of the page, installed as a package, and spoken with."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tomllib

import numpy as np
import pytest
import soundfile

from tests.support.processes import ROOT
from voices.catalogue import load_catalogue


@pytest.fixture
def package(tmp_path):
    """A folder with what pip would install of the page's package; and the page's voices."""
    page = (ROOT / "docs" / "contributing.md").read_text()
    page = page[page.index("## Another engine") : page.index("## Entries that ship")]
    project, code, catalogue = re.findall(r"```(?:toml|python)\n(.*?)```", page, re.DOTALL)
    site = tmp_path / "site"
    site.mkdir()
    (site / "briefcast_beeper.py").write_text(code)
    table = tomllib.loads(project)["project"]
    info = site / f"briefcast_beeper-{table['version']}.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {table['name']}\nVersion: {table['version']}\n")
    points = "".join(
        f"[{group}]\n" + "".join(f"{name} = {value}\n" for name, value in entries.items())
        for group, entries in table["entry-points"].items()
    )
    (info / "entry_points.txt").write_text(points)
    voices = tmp_path / "voices.toml"
    voices.write_text(catalogue)
    assert len(code.splitlines()) <= 45
    return site, voices


CONTRACT = """
import json, sys
import numpy as np
from pathlib import Path
from voices.catalogue import load_catalogue
from voices.errors import EngineFailed
from voices.registry import Engines
from voices.words import words_of

voice = load_catalogue(Path(sys.argv[1])).get("beep")
engine = Engines().get("beeper")
text = "The ferry runs again."
(part,) = engine.synthesize(text, voice)
(slower,) = engine.synthesize(text, voice, variation=0)
(other,) = engine.synthesize(text, voice, variation=1)
assert np.array_equal(part.samples, slower.samples) and len(other.samples) != len(part.samples)
assert [(word.start, word.end) for word in part.words] == words_of(text)
try:
    list(engine.synthesize("…", voice))
except EngineFailed as error:
    print(error.message)
"""


def test_the_documented_engine_keeps_the_contract_and_narrates(package, tmp_path):
    site, voices = package
    environment = os.environ | {"PYTHONPATH": f"{site}{os.pathsep}{ROOT}", "BRIEFCAST_VOICES": str(voices)}

    def run(*arguments):
        return subprocess.run(
            [sys.executable, *arguments], env=environment, capture_output=True, text=True, check=False, cwd=tmp_path
        )

    done = run("-c", CONTRACT, voices)
    assert done.returncode == 0, done.stderr
    assert "nothing to beep" in done.stdout
    done = run("-m", "cli.main", "voices", "sample", "beep", "--text", "Four words are enough.", "-o", "beep.wav")
    assert done.returncode == 0, done.stderr
    samples, rate = soundfile.read(tmp_path / "beep.wav")
    assert rate == 22_050
    # Four beeps of a fifth of a second, and the silence between them.
    beeping = np.abs(samples[: len(samples) // 441 * 441].reshape(-1, 441)).max(axis=1) > 0.01
    assert np.sum(np.diff(beeping.astype(int)) == 1) == 3
    assert len(samples) / rate == pytest.approx(4 * 0.2 + 3 * 0.2, abs=0.1)
    article = tmp_path / "a.txt"
    article.write_text("Ferry runs again\n\nThe ferry runs again from Monday, the harbour board said in the morning.\n")
    done = run("-m", "cli.main", "narrate", article, "--voice", "beep", "-o", "a.mp3", "--report", "a.json")
    assert done.returncode == 0, done.stderr
    assert json.loads((tmp_path / "a.json").read_text())["duration_s"] > 4
    assert load_catalogue(voices).get("beep").parameters == {"hertz": 440}
