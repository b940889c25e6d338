"""The command line as people and scripts meet it: real processes, their output, their exit codes."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from briefing.sql.schema import newest
from tests.support.audio import joined
from tests.support.command import briefcast
from tests.support.newsroom import ARTICLE, NEWSROOM
from tests.support.site import website
from worker.sound.files import decoded


@pytest.fixture
def article(tmp_path):
    path = tmp_path / "ferry.md"
    path.write_text(ARTICLE)
    return path


def test_spoken_writes_one_line_for_one():
    done = briefcast("spoken", text="On Nov. 20, 2022.\n\nPlain text stays.\n60%")
    assert done.returncode == 0
    assert done.stdout == "On November twentieth, twenty twenty-two.\n\nPlain text stays.\nsixty percent\n"
    assert briefcast("spoken", "--language", "de", text="60 Euro\n").stdout == "60 Euro\n"
    assert briefcast("spoken", text="").stdout == ""


def test_script_shows_what_is_read_and_what_is_not(article):
    done = briefcast("script", article)
    assert done.returncode == 0
    assert "November twentieth" in done.stdout
    found = json.loads(briefcast("script", article, "--json").stdout)
    assert found.keys() >= {"title", "segments", "dropped", "language", "words"}
    assert (
        found["segments"][0].items()
        >= {"role": "headline", "written": "Ferry runs again", "spoken": "Ferry runs again"}.items()
    )
    assert found["segments"][-1]["spans"][0].keys() == {"start", "end", "spoken_start", "spoken_end", "rule", "ipa"}


def test_script_lists_what_is_dropped(tmp_path):
    page = tmp_path / "page.txt"
    page.write_text(f"Subscribe\n\nFerry runs again from Monday\n\n{ARTICLE.splitlines()[2]}\n")
    assert json.loads(briefcast("script", page, "--json").stdout)["dropped"] == [
        {"text": "Subscribe", "rule": "sign-up"}
    ]


def test_script_accounts_for_every_line_and_warns(tmp_path):
    page = tmp_path / "page.md"
    page.write_text(
        "---\ntitle: Tram\nlang: en\n---\nСтарий трамвай, що двадцять років іржавів у депо, возить книжки. Їх три тисячі, і кіт, якого ніхто не запрошував, спить біля печі.\n\nRead also: Other\n"
    )
    done = briefcast("script", page, "--json")
    found = json.loads(done.stdout)
    assert [(entry["kind"], entry["rule"]) for entry in found["ledger"]] == [
        ("paragraph", None),
        ("paragraph", "read-also"),
    ]
    assert [warning["code"] for warning in found["warnings"]] == ["language_mismatch"]
    assert "[language_mismatch]" in done.stderr


def test_what_was_dropped_of_a_refused_article_is_shown(tmp_path):
    page = tmp_path / "page.html"
    page.write_text("<html><body><p>Subscribe to continue reading</p><nav>Home</nav></body></html>")
    done = briefcast("script", page, "--json")
    assert (done.returncode, done.stdout) == (3, "")
    assert "[article_behind_paywall]" in done.stderr
    assert "navigation  Home" in done.stderr


def test_a_sources_cleaning_holds_for_its_articles_and_not_for_files(tmp_path):
    article = tmp_path / "tram.md"
    article.write_text(
        "# Tram\n\nThe old tram carries books now, three thousand of them.\n\nA cat came with it uninvited.\n"
    )
    settings = tmp_path / "briefcast.toml"
    settings.write_text(
        '[[shows]]\nslug = "s"\ntitle = "S"\n[[sources]]\nname = "desk"\nkind = "files"\nfolder = "."\n'
        '[sources.cleaning]\ndrop_phrases = ["a cat came with it"]\n'
    )
    assert briefcast("apply", settings).returncode == 0
    by_source = json.loads(briefcast("script", "desk:tram", "--json").stdout)
    assert [entry["rule"] for entry in by_source["ledger"]] == [None, "source-phrase"]
    assert json.loads(briefcast("script", article, "--json").stdout)["dropped"] == []


def test_apply_names_the_source_of_a_faulty_xpath(tmp_path):
    settings = tmp_path / "briefcast.toml"
    settings.write_text(
        '[[shows]]\nslug = "s"\ntitle = "S"\n[[sources]]\nname = "desk"\nkind = "files"\nfolder = "."\n'
        '[sources.cleaning]\nprune_xpath = ["//div["]\n'
    )
    done = briefcast("apply", settings)
    assert done.returncode == 3
    assert "source 'desk': prune_xpath '//div['" in done.stderr


def test_narrate_writes_the_mp3_and_its_report(article, tmp_path):
    done = briefcast("narrate", article, "-o", "out.mp3", "--voice", "silence", "--report", "report.json")
    assert done.returncode == 0, done.stderr
    assert "5 takes spoken, 0 reused" in done.stdout
    report = json.loads((tmp_path / "report.json").read_text())
    heard = joined(decoded(tmp_path / "out.mp3", 44_100))
    assert report["duration_s"] == pytest.approx(len(heard) / 44_100, abs=0.001)
    assert report["mp3"] == "out.mp3"
    assert [segment["role"] for segment in report["segments"]] == ["headline", "disclosure", "body", "body", "body"]
    for segment in report["segments"]:
        assert segment.keys() >= {"role", "written", "spoken", "start_s", "end_s", "reused", "chunks"}
        assert [chunk.keys() for chunk in segment["chunks"]] == [{"key", "reused"}]
        assert segment["start_s"] < segment["end_s"] < report["duration_s"]
    assert report["timings"]["speak"].keys() == {"wall_s", "cpu_s"}
    assert report.keys() >= {"loudness_lufs", "true_peak_dbtp", "words", "dropped", "chapters"}


def test_a_second_run_speaks_and_encodes_nothing_and_an_edit_one_take(article, tmp_path):
    def run(name):
        done = briefcast("narrate", article, "-o", f"{name}.mp3", "--voice", "silence", "--report", f"{name}.json")
        assert done.returncode == 0, done.stderr
        return json.loads((tmp_path / f"{name}.json").read_text())

    run("first")
    second = run("second")
    assert (second["takes"], second["encoded"]) == ({"spoken": 0, "reused": 5}, False)
    assert (tmp_path / "first.mp3").read_bytes() == (tmp_path / "second.mp3").read_bytes()
    article.write_text(ARTICLE.replace("four days", "five days"))
    third = run("third")
    assert (third["takes"], third["encoded"]) == ({"spoken": 1, "reused": 4}, True)
    assert [segment["reused"] for segment in third["segments"]] == [True, True, True, False, True]


def test_several_sources_make_one_mp3_with_a_chapter_each(article, tmp_path):
    other = tmp_path / "other.txt"
    other.write_text("Another story of the very day\n\nIt happened in the morning, and nobody saw it.\n")
    done = briefcast("narrate", article, other, "-o", "both.mp3", "--voice", "silence", "--report", "r.json")
    assert done.returncode == 0, done.stderr
    chapters = json.loads((tmp_path / "r.json").read_text())["chapters"]
    assert [chapter["title"] for chapter in chapters] == ["Ferry runs again", "Another story of the very day"]
    assert chapters[0]["end_s"] == chapters[1]["start_s"]


def test_a_source_of_the_newsroom_is_named_by_id(tmp_path):
    (tmp_path / "articles").mkdir()
    (tmp_path / "articles" / "ferry.md").write_text(ARTICLE)
    (tmp_path / "briefcast.toml").write_text(NEWSROOM)
    assert briefcast("apply").stdout.splitlines()[0] == "show daily: recorded"
    assert briefcast("apply").stdout.splitlines()[0] == "show daily: unchanged"
    assert briefcast("script", "desk:ferry").returncode == 0
    assert briefcast("narrate", "desk:ferry", "--show", "daily", "-o", "x.mp3").returncode == 0
    assert briefcast("script", "desk:none").returncode == 3
    assert briefcast("script", "nowhere:ferry").returncode == 3


def test_an_address_is_fetched_unless_it_is_private(tmp_path, monkeypatch):
    with website() as site:
        refused = briefcast("script", f"{site.address}/page")
        assert (refused.returncode, "address_refused" in refused.stderr) == (3, True)
        monkeypatch.setenv("BRIEFCAST_FETCH_ALLOW_PRIVATE", site.host)
        done = briefcast("script", f"{site.address}/page", "--json")
        assert json.loads(done.stdout)["title"] == "Ferry runs again"
        assert briefcast("script", f"{site.address}/status/404").returncode == 3
        assert briefcast("script", f"{site.address}/status/503").returncode == 4


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (["narrate"], 2, "Missing"),
        (["narrate", "ferry.md"], 2, "--output"),
        (["narrate", "ferry.md", "-o", "x.wav"], 3, "[format_refused]"),
        (["narrate", "ferry.md", "-o", "x.m4a"], 3, "-o x.mp3"),
        (["narrate", "ferry.md", "-o", "no/such/folder/x.mp3"], 2, "folder"),
        (["nonsense"], 2, "No such command"),
        (["narrate", "none.md", "-o", "x.mp3"], 3, "article_not_found"),
        (["narrate", "empty.md", "-o", "x.mp3"], 3, "article_empty"),
        (["narrate", "ferry.md", "-o", "x.mp3", "--voice", "nobody"], 3, "unknown_voice"),
        (["narrate", "ferry.md", "-o", "x.mp3", "--show", "nothing"], 3, "unknown_show"),
        (["narrate", "ferry.md", "-o", "x.mp3", "--voice", "missing"], 4, "engine_not_installed"),
        (["narrate", "picture.png", "-o", "x.mp3"], 3, "media_type_refused"),
        (["apply", "none.toml"], 3, "invalid_settings"),
        (["narrate", "ferry.md", "-o", "ferry.md"], 3, "format_refused"),
        (["narrate", "ferry.md", "-o", "ferry.mp3", "--report", "ferry.md"], 2, "names of their own"),
        (["narrate", "ferry.md", "-o", "x.mp3", "--report", "x.mp3"], 2, "names of their own"),
        (["narrate", "ferry.md", "-o", "/dev/null"], 2, "no file"),
        (["narrate", "x" * 5000, "-o", "x.mp3"], 3, "article_not_found"),
        (["narrate", "ferry.md", "-o", "x.mp3", "--voice", "gtts-en", "--no-fallback"], 4, "engine_not_installed"),
        (["migrate", "--to", "nonsense"], 3, "invalid_settings"),
    ],
)
def test_failures_say_what_to_do_and_leave_no_file(article, tmp_path, monkeypatch, arguments, status, said):
    (tmp_path / "empty.md").write_text("# Only a title\n")
    (tmp_path / "picture.png").write_bytes(b"\x89PNG")
    extra = '[[voices]]\nid="missing"\nname="M"\nlanguage="en"\nengine="piper"\nlicence="x"\nattribution="x"\nmodel="none.onnx"\n'
    (tmp_path / "voices.toml").write_text(extra)
    monkeypatch.setenv("BRIEFCAST_VOICES", str(tmp_path / "voices.toml"))
    monkeypatch.setenv("BRIEFCAST_GTTS_CA_FILE", "/none.pem")
    before = set(tmp_path.iterdir())
    done = briefcast(*arguments)
    assert done.returncode == status, done.stderr
    assert said in done.stderr
    assert len(done.stderr.strip().splitlines()) > 1, "a second line says what to do next"
    assert "Traceback" not in done.stderr
    assert article.read_text() == ARTICLE
    assert set(tmp_path.iterdir()) - before <= {tmp_path / "var"}


@pytest.mark.parametrize(
    ("name", "value", "status", "said"),
    [
        ("BRIEFCAST_WORKERS", "many", 3, "BRIEFCAST_WORKERS"),
        ("BRIEFCAST_LIMIT_CHUNKS", "0", 3, "BRIEFCAST_LIMIT_CHUNKS"),
        ("BRIEFCAST_VOICES", "none.toml", 3, "invalid_settings"),
        ("BRIEFCAST_DATA", "ferry.md", 4, "storage_unavailable"),
        ("BRIEFCAST_DATA", "/proc/none", 4, "storage_unavailable"),
        ("BRIEFCAST_DATABASE_URL", "nonsense", 3, "BRIEFCAST_DATABASE_URL"),
        ("BRIEFCAST_DATABASE_URL", "sqlite:////proc/self", 4, "database_unavailable"),
        ("BRIEFCAST_DATABASE_URL", "sqlite:///none.db", 4, "database_unavailable"),
        ("BRIEFCAST_TICK_S", "inf", 3, "BRIEFCAST_TICK_S"),
        ("BRIEFCAST_VOICES", "odd.toml", 3, "[[voices]]"),
    ],
)
@pytest.mark.parametrize("arguments", [["narrate", "ferry.md", "-o", "x.mp3"], ["serve", "--port", "0"]])
def test_settings_that_cannot_be_are_named_without_a_trace(
    article, monkeypatch, tmp_path, arguments, name, value, status, said
):
    (tmp_path / "none.db").write_text("This is no database, but a text of more than a hundred bytes. " * 20)
    (tmp_path / "odd.toml").write_text('[voices]\nid = "x"\n')
    monkeypatch.setenv(name, value)
    done = briefcast(*arguments)
    assert (done.returncode, said in done.stderr) == (status, True), done.stderr
    assert len(done.stderr.strip().splitlines()) == 2
    assert not (tmp_path / "x.mp3").exists()


def test_spoken_goes_on_after_bytes_that_are_no_text():
    done = briefcast("spoken", data=b"caf\xe9 12\nok 3\n")
    assert done.stdout == "caf\ufffd twelve\nok three\n"


def test_a_file_may_be_called_anything(article, tmp_path):
    odd = os.fsdecode(b"caf\xe9.md")
    article.rename(tmp_path / odd)
    done = briefcast("narrate", odd, "-o", os.fsdecode(b"\xff.mp3"), "--voice", "silence", "--report", "r.json")
    assert done.returncode == 0, done.stderr
    assert Path(os.fsdecode(b"\xff.mp3")).exists()


def test_a_failed_run_keeps_the_old_file(article, tmp_path):
    (tmp_path / "x.mp3").write_bytes(b"last good audio")
    assert briefcast("narrate", "none.md", "-o", "x.mp3").returncode == 3
    assert (tmp_path / "x.mp3").read_bytes() == b"last good audio"


def test_voices_are_listed_with_language_engine_and_licence():
    done = briefcast("voices")
    assert done.returncode == 0
    (line,) = [line for line in done.stdout.splitlines() if line.startswith("joe ")]
    assert line.split()[:4] == ["joe", "en-US", "piper", "CC0-1.0"]
    assert {voice["id"] for voice in json.loads(briefcast("voices", "--json").stdout)} >= {"joe", "silence", "gtts-en"}


def test_keys_are_made_listed_and_revoked():
    key = briefcast("keys", "create", "--name", "cms", "--scope", "read").stdout.strip()
    assert key.startswith("bc_")
    listed = briefcast("keys", "list").stdout
    assert "cms  read  valid  never used" in listed
    assert key.split("_", 2)[2] not in listed
    assert briefcast("keys", "revoke", key.split("_")[1]).returncode == 0
    assert "revoked" in briefcast("keys", "list").stdout
    assert briefcast("keys", "revoke", "ffffffff").returncode == 2


def test_help_names_every_command():
    said = briefcast("--help").stdout
    for name in (
        "narrate",
        "script",
        "spoken",
        "lexicon",
        "voices",
        "demo",
        "serve",
        "apply",
        "keys",
        "work",
        "dispatch",
        "migrate",
    ):
        assert name in said


def test_migrate_tells_where_the_database_is():
    assert briefcast("migrate").stdout.strip() == f"{newest()} (newest: {newest()})"
    done = briefcast("migrate", "--to", "nonsense")
    assert (done.returncode, "invalid_settings" in done.stderr, "Traceback" in done.stderr) == (3, True, False)
    assert briefcast("migrate", "--to", "base").stdout.startswith("empty")
