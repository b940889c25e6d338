"""The spoken forms of a folder of cases, and its sentence rules: `./run.sh bench text FOLDER`.

The cases stay outside the project; its own tests have their own. A folder may hold `*.tsv` files of class, written and
spoken form (as NVIDIA NeMo's text normalisation tests do) and `*.json` files of {"text", "sentences"}. "Lenient" compares
without case, hyphens, "and", punctuation and the spacing of single letters. Readings we choose to differ in stand in
`differences.tsv` beside this file, each with its reason, and are listed and not counted.
"""

from __future__ import annotations

import csv
import json
import sys
import time
from collections import Counter
from pathlib import Path

from tests.bench.measure import table
from tests.support.spoken import lenient
from worker.normalise import normalise
from worker.words.sentences import sentences

_DIFFERENCES = Path(__file__).with_name("differences.tsv")


def run(*folders: str, verbose: bool = False):
    """Measure and print."""
    if not folders:
        sys.exit("bench text needs a folder of cases")
    for folder in map(Path, folders):
        for path in sorted(folder.glob("*.tsv")):
            _spoken_forms(path, verbose=verbose)
        for path in sorted(folder.glob("*.json")):
            _sentence_rules(path, verbose=verbose)


def differences() -> dict[tuple[str, str], str]:
    """Reason by class and written form."""
    with _DIFFERENCES.open(encoding="utf-8") as file:
        return {(row[0], row[1]): row[2] for row in csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE)}


def _spoken_forms(path: Path, *, verbose: bool):
    deliberate = differences()
    counted, strict, right, left_out = Counter(), Counter(), Counter(), []
    rows = [line.split("\t") for line in path.read_text(encoding="utf-8").splitlines()]
    for kind, written, expected in (row for row in rows if len(row) == 3):
        said, _ = normalise(written, "en")
        if (kind, written.strip()) in deliberate:
            left_out.append((kind, written, said, deliberate[kind, written.strip()]))
            continue
        counted[kind] += 1
        strict[kind] += said == expected
        right[kind] += lenient(said) == lenient(expected)
        if verbose and lenient(said) != lenient(expected):
            print(f"{kind}\t{written}\t{said}\t(want {expected})")
    written = [row[1] for row in rows if len(row) == 3]
    started = time.process_time()
    for _ in range(5):
        for text in written:
            normalise(text, "en")
    each_ms = (time.process_time() - started) * 1000 / 5 / len(written)
    lines = [
        (kind, count, f"{strict[kind] / count:.1%}", f"{right[kind] / count:.1%}") for kind, count in counted.items()
    ]
    total = sum(counted.values())
    overall = ("all", total, f"{sum(strict.values()) / total:.1%}", f"{sum(right.values()) / total:.1%}")
    table(
        f"{path.name}: spoken forms, {each_ms:.2f} ms each", ("class", "cases", "strict", "lenient"), [*lines, overall]
    )
    if left_out:
        table("read otherwise on purpose, not counted", ("class", "written", "we say", "why"), left_out)


def _sentence_rules(path: Path, *, verbose: bool):
    cases = json.loads(path.read_text(encoding="utf-8"))
    right = 0
    for case in cases:
        found = sentences(case["text"], case.get("language", "en"))
        right += found == case["sentences"]
        if verbose and found != case["sentences"]:
            print(f"{path.name}\t{found}\t(want {case['sentences']})")
    texts = [case["text"] for case in cases]
    started = time.process_time()
    for _ in range(20):
        for text in texts:
            sentences(text, "en")
    each_ms = (time.process_time() - started) * 1000 / 20 / sum(len(case["sentences"]) for case in cases)
    table(f"{path.name}: sentence rules, {each_ms:.3f} ms a sentence", ("rules", "kept"), [(len(cases), right)])
