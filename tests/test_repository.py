"""What the repository promises about itself: locks without addresses, documented settings, described commands."""

from __future__ import annotations

import inspect
import re
import subprocess

import pytest

from briefing import settings
from tests.support.processes import BIN, ROOT


def tracked():
    done = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False)
    names = done.stdout.split("\n")[:-1] if done.returncode == 0 else []
    return [ROOT / name for name in names if (ROOT / name).is_file()]


@pytest.mark.parametrize("name", ["requirements.lock", "requirements-dev.lock"])
def test_locks_have_exact_versions_and_hashes_and_no_address(name):
    lines = (ROOT / name).read_text().splitlines()
    pins = [line for line in lines if line and not line.startswith((" ", "#"))]
    assert len(pins) > 70
    assert all(re.match(r"[A-Za-z0-9._-]+(\[[\w,-]+\])?==[\w.+!]+( ; .*)? \\$", pin) for pin in pins), pins
    assert not re.search(r"https?://|--(?:extra-)?index|--find-links|file:", "\n".join(lines))


def test_nothing_tracked_names_a_registry_or_this_machine():
    hosts = re.compile(
        "|".join(
            ["py" + r"pi\.org", "python" + "hosted", r"registry\.np" + "m", r"deb\.deb" + "ian", r"\.\./sha" + "red"]
        )
    )
    for path in tracked():
        try:
            text = path.read_text()
        except UnicodeDecodeError:
            continue
        assert not hosts.search(text), path


def documented():
    table = (ROOT / "docs" / "settings.md").read_text()
    return dict(re.findall(r"^\| `(BRIEFCAST_\w+)` \| (.*?) \|", table, re.MULTILINE))


def test_every_setting_is_in_the_table_with_its_default_and_no_other():
    wanted = {}
    for _, kind in inspect.getmembers(settings, inspect.isclass):
        if issubclass(kind, settings.Settings) and kind is not settings.Settings:
            for name, field in kind.model_fields.items():
                default = field.get_default()
                shown = "one per core" if field.default_factory else f"`{default}`" if str(default) else "(empty)"
                wanted[f"{kind.model_config['env_prefix']}{name.upper()}"] = shown
    assert documented() == wanted


def test_run_sh_explains_each_command():
    said = subprocess.run([ROOT / "run.sh", "help"], capture_output=True, text=True, check=True).stdout
    commands = re.findall(r"^task_(\w+)\(\)", (ROOT / "run.sh").read_text(), re.MULTILINE)
    assert set(commands) >= {"install", "demo", "test", "check", "serve", "bench", "help"}
    assert all(re.search(rf"^  {name} +\S", said, re.MULTILINE) for name in commands)
    assert subprocess.run([ROOT / "run.sh", "nonsense"], capture_output=True, check=False).returncode == 1


def test_every_row_of_the_guarantees_is_there_and_names_tests_that_exist():
    said = "".join((ROOT / "docs" / name).read_text() for name in ("guarantees.md", "security.md"))
    wanted = {f"{letter}{number}" for letter, last in (("F", 27), ("I", 8), ("S", 27)) for number in range(1, last + 1)}
    rows = dict(re.findall(r"^\| ([FIS]\d+) \|(.*)", said, re.MULTILINE))
    assert wanted <= rows.keys()
    # A row that says "the same" has its test in the row above.
    assert all(re.search(r"`tests/|the same", row) for row in rows.values())
    for line in said.splitlines():
        path = None
        for named in re.findall(r"`((?:tests/[\w/]+\.py)?(?:::\w+…?)?)`", line):
            file, _, test = named.partition("::")
            path = ROOT / file if file else path
            assert path, named
            assert path.is_file(), named
            if test:
                assert f"def {test.rstrip('…')}{'' if test.endswith('…') else '('}" in path.read_text(), named


def test_every_error_code_is_documented():
    from api.problems import FAILURES, PROBLEMS, WAITS
    from briefing import errors
    from briefing.steps import WORKER_LOST
    from worker.running.perform import INTERNAL_ERROR

    codes = set(PROBLEMS) | {WORKER_LOST, INTERNAL_ERROR}
    for _, kind in inspect.getmembers(errors, inspect.isclass):
        codes.add(kind.code)
    said = (ROOT / "docs" / "errors.md").read_text()
    abstract = {"bad_input", "unavailable", "defect", "unknown_reference"}
    assert not {code for code in codes | set(FAILURES) | set(WAITS) if f"| `{code}` |" not in said} - abstract
    assert codes - abstract <= set(PROBLEMS) | set(FAILURES) | set(WAITS) | {"unknown_reference"}


def test_every_voice_and_jingle_is_in_the_notice():
    from voices.catalogue import load_catalogue

    notice = (ROOT / "NOTICE.md").read_text()
    for voice in load_catalogue():
        assert f"`{voice.id}`" in notice
    assert "house-intro.flac" in notice
    assert BIN.is_dir()


def anchors(path):
    """The places in a page that a link may lead to, as forges name them."""
    headings = re.findall(r"^#+ (.*)$", re.sub(r"(?ms)^```.*?^```", "", path.read_text()), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize(
    "page", [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))], ids=lambda page: page.name
)
def test_every_link_of_a_page_leads_somewhere(page):
    for target in re.findall(r"\]\(([^)\s]+)\)", re.sub(r"(?ms)^```.*?^```", "", page.read_text())):
        if re.match(r"[a-z]+:", target):
            continue
        name, _, anchor = target.partition("#")
        found = (page.parent / name) if name else page
        assert found.exists(), target
        assert not anchor or anchor in anchors(found), target
