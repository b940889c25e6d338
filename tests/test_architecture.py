"""The house keeps its arrows: who may import whom, and what importing costs."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tests.support.processes import BIN, ROOT


def test_the_import_contracts_hold():
    done = subprocess.run([BIN / "lint-imports", "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    assert "0 broken" in done.stdout


def loaded_by(statement):
    """Names of modules in a fresh interpreter after `statement`."""
    code = f"import sys; {statement}; print('\\n'.join(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    return set(done.stdout.splitlines())


HEAVY = {
    "numpy",
    "onnxruntime",
    "onnx",
    "piper",
    "kokoro_onnx",
    "phonemizer",
    "gtts",
    "av",
    "soundfile",
    "lameenc",
    "c2pa",
    "pydub",
    "PIL",
    "celery",
    "redis",
    "trafilatura",
}


@pytest.mark.parametrize(
    "statement", ["import api.app; api.app.create_app()", "import voices.catalogue", "import briefing.revisions"]
)
def test_the_api_loads_no_engine_no_codec_and_no_broker(statement):
    loaded = {name.split(".")[0] for name in loaded_by(statement)}
    assert not loaded & HEAVY
    assert not loaded & {"worker", "cli"}


def test_spoken_loads_no_sound_library():
    assert not {name.split(".")[0] for name in loaded_by("import cli.spoken")} & (HEAVY | {"sqlalchemy", "fastapi"})


def test_what_parses_a_page_starts_at_once():
    # One is started for every article that is fetched.
    loaded = {name.split(".")[0] for name in loaded_by("import worker.clean.child, worker.clean.html")}
    assert not loaded & (HEAVY | {"sqlalchemy", "fastapi", "structlog", "httpx"})


def test_the_supervisor_of_the_workers_stays_small():
    assert not {name.split(".")[0] for name in loaded_by("import worker.dispatcher")} & {"onnxruntime", "piper"}


def test_what_works_has_numpy_multiply_on_one_thread():
    # Given a fresh process in which nobody says how many / When a stage is loaded and matrices are multiplied
    program = "import os, worker.takes.judge, numpy; many = numpy.ones((800, 800)); many @ many; print(len(os.listdir('/proc/self/task')))"
    told = {name: value for name, value in os.environ.items() if name != "OPENBLAS_NUM_THREADS"}
    done = subprocess.run(
        [sys.executable, "-c", program], env=told, cwd=ROOT, capture_output=True, text=True, check=True
    )
    # Then no thread of numpy's waits beside, at full speed
    assert done.stdout.strip() == "1"
