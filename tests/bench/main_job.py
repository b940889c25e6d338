"""The main job on a 700-word sample: the whole pipeline against the bare engine, reuse, and memory."""

from __future__ import annotations

import json
import re
import shutil
import sys
import tempfile
from pathlib import Path

from tests.bench.measure import cost_of, middle, table
from tests.support.processes import BIN, ROOT

SAMPLE = ROOT / "samples" / "articles" / "port-authority.html"

_OTHER = ROOT / "samples" / "articles" / "harbour-bridge.html"

#: Runs of each kind, taken in turns, so that a busy minute of a shared machine falls on all of them.
_ROUNDS = 3

_HOUR_S = 3600


def run():
    """Measure and print."""
    with tempfile.TemporaryDirectory() as folder:
        base = Path(folder)
        _against_bare(base)
        _reuse(base)
        _memory(base)
        _sound(base / "warm", base)


def run_sound():
    """Measure and print the sound's part alone."""
    with tempfile.TemporaryDirectory() as folder:
        base = Path(folder)
        _narrate(base, base / "warm", SAMPLE)
        _sound(base / "warm", base)


def _sound(data, base):
    """Measure from stitching to tagging, of takes that are there."""
    _hours(data)
    _republish(data, base)


def _narrate(base, data, *arguments, cores=""):
    """Narrate files in the data folder `data`, on `cores` or all; return cost and report."""
    report = base / "report.json"
    command = [BIN / "briefcast", "narrate", *arguments, "-o", base / "out.mp3", "--report", report]
    if cores:
        command = ["taskset", "-c", cores, *command]
    cost = cost_of(command, BRIEFCAST_DATA=str(data), BRIEFCAST_WORKERS="1" if cores else "2")
    return cost, json.loads(report.read_text())


def _against_bare(base):
    _, report = _narrate(base, base / "warm", SAMPLE)
    lines = base / "lines.txt"
    lines.write_text("\n".join(segment["spoken"] for segment in report["segments"]))
    costs = {"bare engine, 1 thread": [], "bare engine, 2 threads": [], "whole pipeline": []}
    alone = []
    for number in range(_ROUNDS):
        for threads in (1, 2):
            command = [sys.executable, "-m", "tests.bench.bare_piper", str(lines), str(threads)]
            costs[f"bare engine, {threads} thread{'s' if threads > 1 else ''}"].append(cost_of(command))
        costs["whole pipeline"].append(_narrate(base, base / f"cold{number}", SAMPLE)[0])
        alone.append(_narrate(base, base / f"alone{number}", SAMPLE, cores="0")[0])
    found = {name: middle(values) for name, values in costs.items()}
    one, two, whole = found.values()
    found["whole pipeline, one core"] = middle(alone)
    audio_s = report["duration_s"]
    table(
        f"{SAMPLE.name}: {report['words']} words, {audio_s:.0f} s of audio, {len(report['segments'])} segments; "
        f"cold, model load included, median of {_ROUNDS}",
        ("", "wall s", "CPU s", "peak MB", "audio s per CPU s"),
        [
            (name, f"{cost.wall_s:.1f}", f"{cost.cpu_s:.1f}", f"{cost.peak_mb:.0f}", f"{audio_s / cost.cpu_s:.1f}")
            for name, cost in found.items()
        ],
    )
    table(
        "ratios",
        ("", "measured", "target"),
        [
            ("CPU, pipeline to bare engine on 1 thread", f"{whole.cpu_s / one.cpu_s:.2f}", "<= 1.25"),
            ("CPU, pipeline to bare engine on 2 threads", f"{whole.cpu_s / two.cpu_s:.2f}", "<= 1.25"),
            ("wall, pipeline to bare engine on 2 threads", f"{whole.wall_s / two.wall_s:.2f}", "<= 1.25"),
        ],
    )
    table(
        "where the pipeline's time goes (one run)",
        ("stage", "wall s", "CPU s"),
        [(stage, f"{spent['wall_s']:.2f}", f"{spent['cpu_s']:.2f}") for stage, spent in report["timings"].items()],
    )


def _edits(text):
    """The article as it is, and as editors change it."""
    paragraph = re.search(r"<p>[^<]*a flat above a bakery.*?</p>", text, re.DOTALL).group()
    sentence = re.search(r"(?<=[.]) [A-Z][^.<>“”]{40,}[.](?= |</p>)", text).group()
    return (
        ("first run", text),
        ("again, unchanged", text),
        ("one word edited", text.replace("a flat above a bakery", "a room above a bakery")),
        ("one paragraph written anew", text.replace(paragraph, "<p>The paragraph that stood here is another now.</p>")),
        ("a new lead paragraph", text.replace("<p>For eleven years", "<p>This is new.</p><p>For eleven years")),
        ("a sentence deleted", text.replace(sentence, "")),
        ("a paragraph deleted", text.replace(paragraph, "")),
    )


def _reuse(base):
    rows = []
    article = base / "edited.html"
    text = SAMPLE.read_text()
    for name, content in _edits(text):
        assert name in {"first run", "again, unchanged"} or content != text, name
        article.write_text(content)
        if rows:
            # Each edit is made to the first state, whose takes are there.
            shutil.rmtree(base / "reuse", ignore_errors=True)
            shutil.copytree(base / "first", base / "reuse")
        cost, report = _narrate(base, base / ("reuse" if rows else "first"), article)
        characters = sum(len(part["spoken"]) for part in report["segments"])
        again = sum(len(part["spoken"]) for part in report["segments"] if not part["reused"])
        rows.append(
            (
                name,
                report["takes"]["spoken"],
                report["takes"]["reused"],
                f"{again / characters:.1%}",
                "yes" if report["encoded"] else "no",
                f"{cost.wall_s:.1f}",
                f"{cost.cpu_s:.1f}",
            )
        )
    table("reuse", ("", "takes spoken", "reused", "characters spoken", "encoded", "wall s", "CPU s"), rows)


def _memory(base):
    paragraph = "The harbour was quiet on Tuesday, and nobody who lived there could say when it had last been so. " * 4
    # 60 ms a character and half a second of pause a paragraph.
    paragraphs = int(_HOUR_S / (len(paragraph) * 0.06 + 0.55)) + 1
    article = base / "hour.txt"
    article.write_text(
        "An hour of silence to measure\n\n" + "\n\n".join(f"{number} {paragraph}" for number in range(paragraphs))
    )
    cost, report = _narrate(base, base / "hour", article, "--voice", "silence")
    table(
        "an hour of audio, silence engine",
        ("audio s", "chunks", "wall s", "CPU s", "peak MB", "target"),
        [
            (
                f"{report['duration_s']:.0f}",
                report["takes"]["spoken"],
                f"{cost.wall_s:.1f}",
                f"{cost.cpu_s:.1f}",
                f"{cost.peak_mb:.0f}",
                "<= 250 MB",
            )
        ],
    )


def _hours(data):
    """Three hours of real takes, on one core."""
    command = [sys.executable, "-m", "tests.bench.long_programme", data, str(3 * _HOUR_S)]
    cost = cost_of(["taskset", "-c", "0", *command])
    done = json.loads(cost.said)
    table(
        "three hours of Piper's takes, from stitching to tagging, on one core",
        ("audio s", "CPU s", "times real time", "target", "peak MB to tag", "target", "with signing", "LUFS", "dBTP"),
        [
            (
                f"{done['audio_s']:.0f}",
                f"{done['cpu_s']:.1f}",
                f"{done['audio_s'] / done['cpu_s']:.0f}",
                ">= 40",
                f"{done['peaks_mb']['tag']:.0f}",
                "<= 300",
                f"{cost.peak_mb:.0f}",
                f"{done['loudness_lufs']:.2f}",
                f"{done['true_peak_dbtp']:.2f}",
            )
        ],
    )


def _republish(data, base):
    """One word edited in a briefing of ten minutes: two copies of the sample and another article."""
    articles = [base / f"copy{number}.html" for number in range(2)]
    text = SAMPLE.read_text()
    for article in articles:
        article.write_text(text)
    sources = (*articles, _OTHER)
    _narrate(base, data, *sources)
    articles[1].write_text(text.replace("a flat above a bakery", "a room above a bakery"))
    cost, report = _narrate(base, data, *sources)
    stages = report["timings"]
    assert report["takes"]["spoken"] == 1
    take_s = stages["speak"]["cpu_s"] + stages["voice"]["cpu_s"]
    table(
        "a word edited in a briefing of ten minutes",
        ("audio s", "takes spoken", "CPU s", "of it the take, model load included", "beyond", "target"),
        [
            (
                f"{report['duration_s']:.0f}",
                report["takes"]["spoken"],
                f"{cost.cpu_s:.1f}",
                f"{take_s:.1f}",
                f"{cost.cpu_s - take_s:.1f}",
                "<= 12",
            )
        ],
    )
    table(
        "where it goes",
        ("stage", "wall s", "CPU s"),
        [(stage, f"{spent['wall_s']:.2f}", f"{spent['cpu_s']:.2f}") for stage, spent in stages.items()],
    )
