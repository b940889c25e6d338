from __future__ import annotations

import subprocess

from click.testing import CliRunner

from cli.cost import cost
from cli.keys import create, list_keys
from tests.support.newsroom import ARTICLE


def test_the_cost_of_articles_and_of_a_whole_source_is_told_before_anything_is_spoken(place, tmp_path):
    for name in ("ferry", "crane"):
        (tmp_path / "articles" / f"{name}.md").write_text(ARTICLE)
    (tmp_path / "articles" / "empty.md").write_text("")
    done = CliRunner().invoke(cost, ["--all", "desk", "--show", "daily"])
    assert done.exit_code == 0, done.output
    lines = dict(line.split(None, 1) for line in done.output.splitlines())
    assert lines["articles"] == "2"
    assert lines["takes"] == "0 of 10 exist already"
    assert lines["money"].startswith("0.00")
    assert "without a voice that nobody measured" in lines["CPU"]
    assert "desk:empty: cannot be read [article_empty]" in done.output
    one = CliRunner().invoke(cost, ["desk:ferry", "--voice", "joe"])
    assert "articles     1" in one.stdout
    assert "nobody measured" not in one.stdout
    none = CliRunner().invoke(cost, ["desk:none"])
    assert (none.exit_code, "desk:none: cannot be read [article_not_found]" in none.output) == (1, True)


def test_a_whole_source_is_read_by_one_process(place, tmp_path, monkeypatch):
    for name in ("one", "two", "three"):
        (tmp_path / "articles" / f"{name}.md").write_text(ARTICLE.replace("ferry", name))
    started, real = [], subprocess.Popen
    monkeypatch.setattr(subprocess, "Popen", lambda *words, **how: started.append(words) or real(*words, **how))
    assert "articles     3" in CliRunner().invoke(cost, ["--all", "desk"]).stdout
    assert len(started) == 1


def test_a_source_that_lists_nothing_must_be_named_by_article(place):
    assert "cannot list its articles" in CliRunner().invoke(cost, ["--all", "site"]).output
    assert CliRunner().invoke(cost, []).exit_code == 2


def test_a_keys_limits_are_set_and_shown(place):
    runner = CliRunner()
    limits = ["--per-minute", "120", "--characters-a-day", "500000", "--bulk-open", "0"]
    assert runner.invoke(create, ["--name", " "]).exit_code == 2, "nobody would know whose it is"
    assert runner.invoke(create, ["--name", "cms", *limits]).stdout.startswith("bc_")
    shown = runner.invoke(list_keys).stdout
    assert "120 requests a minute, today 0 of 500,000 characters and 0 of 20,000 briefings" in shown
    assert "any number of in bulk at a time" in shown
