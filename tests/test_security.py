"""docs/security.md is true to its tests, and some rules that the code itself shows."""

from __future__ import annotations

import ast
import re
import tomllib

import pytest

from tests.support.processes import ROOT

DOCUMENT = (ROOT / "docs" / "security.md").read_text()
ROWS = dict(re.findall(r"^\| (S\d+) \| (.*)$", DOCUMENT, re.MULTILINE))


def named(text):
    return re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", text)


def functions_of(path):
    return {node.name for node in ast.walk(ast.parse((ROOT / path).read_text())) if isinstance(node, ast.FunctionDef)}


def test_every_row_has_a_test():
    assert list(ROWS) == [f"S{number}" for number in range(1, 29)]
    assert [row for row, text in ROWS.items() if not named(text)] == []


@pytest.mark.parametrize(("path", "name"), sorted(set(named(DOCUMENT))))
def test_every_test_that_is_named_is_there(path, name):
    assert name in functions_of(path)


def ours():
    for room in ("api", "briefing", "cli", "migrations", "voices", "worker"):
        yield from (ROOT / room).rglob("*.py")


def test_no_shell_and_no_pickle_anywhere():
    # Given all of our code / Then nothing in it starts a shell, or loads what may be a program
    for path in ours():
        tree = ast.parse(path.read_text())
        for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
            name = ast.unparse(call.func)
            told = f"{path}:{call.lineno} {name}"
            given = {keyword.arg: ast.unparse(keyword.value) for keyword in call.keywords}
            assert given.get("shell", "False") == "False", told
            assert name not in {"os.system", "os.popen", "eval", "exec", "pickle.load", "pickle.loads"}, told
            assert name not in {"marshal.loads", "yaml.load", "torch.load", "subprocess.getoutput", "joblib.load"}, told
            if name in {"np.load", "numpy.load"}:
                assert given.get("allow_pickle") == "False", told
        unpicklers = [
            node.name
            for node in ast.walk(tree)
            if isinstance(node, ast.ClassDef) and "pickle.Unpickler" in map(ast.unparse, node.bases)
        ]
        assert not unpicklers or (path.name, unpicklers) == ("perth.py", ["_Checkpoint"])


def test_floors_stay_above_known_flaws():
    floors = {}
    for wanted in tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]:
        match = re.match(r"([\w-]+)(?:\[[\w,]+\])?>=([\d.]+)", wanted)
        if match:
            floors[match[1]] = tuple(map(int, match[2].split(".")))
    assert floors["starlette"] >= (1, 8)
    assert floors["celery"] >= (5, 6, 3)
    assert floors["jinja2"] >= (3, 1, 6)
