"""`briefcast lexicon` and what it does to what is said and spoken: real processes, one database."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from briefing.pronunciations.pls import read_pls
from tests.support.command import briefcast
from tests.support.newsroom import NEWSROOM

ARTICLE = """# Ferry runs to Qortzia

The ferry runs again from Monday, the harbour board said.

Crews in Qortzia had stopped work for four days, and Vlenk walked.

Both sides are to meet again on Nov. 20.
"""


@pytest.fixture
def article(tmp_path):
    path = tmp_path / "ferry.md"
    path.write_text(ARTICLE)
    return path


def lexicon(*arguments, status=0):
    done = briefcast("lexicon", *arguments)
    assert done.returncode == status, done.stderr
    return done.stdout if status == 0 else done.stderr


def narrate(article, tmp_path, voice="silence", *arguments):
    done = briefcast("narrate", article, "-o", "out.mp3", "--voice", voice, "--report", "report.json", *arguments)
    assert done.returncode == 0, done.stderr
    return json.loads((tmp_path / "report.json").read_text()), done


def test_entries_are_added_listed_replaced_and_removed():
    assert lexicon(
        "add", "Odesa", "--ipa", "oʊdˈɛsə", "--alias", "Oh dessa", "--language", "en", "--note", "by ear"
    ) == ("1 recorded, 0 unchanged\n")
    lexicon("add", "IAEA", "--letters")
    assert lexicon("list").splitlines() == [
        "IAEA  any  letters  desk",
        "Odesa  en  ipa oʊdˈɛsə or Oh dessa  desk  by ear",
    ]
    assert lexicon("add", "Odesa", "--alias", "Odessa", "--language", "en") == "1 recorded, 0 unchanged\n"
    assert lexicon("add", "Odesa", "--alias", "Odessa", "--language", "en") == "0 recorded, 1 unchanged\n"
    found = json.loads(lexicon("list", "--json", "--language", "en-GB"))
    assert [(entry["written"], entry["kind"], entry["value"], entry["origin"]) for entry in found] == [
        ("IAEA", "letters", "", "desk"),
        ("Odesa", "alias", "Odessa", "desk"),
    ]
    assert [entry["written"] for entry in json.loads(lexicon("list", "--json", "--language", "de"))] == ["IAEA"]
    assert "Bilohorivka  en  ipa" in lexicon("list", "--shipped")
    assert lexicon("remove", "Odesa") == "removed Odesa\n"
    assert "nothing was added" in lexicon("remove", "Odesa", status=2)


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (["add", "Odesa"], 2, "say how"),
        (["add", "Odesa", "--alias", "x", "--letters"], 2, "say how"),
        (["add", "Odesa", "--ipa", "[[x]]"], 3, "lexicon_invalid"),
        (["add", "<x>", "--alias", "x"], 3, "lexicon_invalid"),
        (["add", "Odesa", "--alias", "x", "--show", "none"], 3, "unknown_show"),
        (["list", "--show", "none"], 3, "unknown_show"),
        (["import", "none.pls"], 3, "lexicon_invalid"),
        (["import", "ferry.md"], 3, "lexicon_invalid"),
        (["export", "-o", "ferry.md/x.pls"], 4, "storage_unavailable"),
        (["export", "-o", "none/dir/x.pls"], 2, "the folder none/dir does not exist"),
        (["export", "--language", "e n"], 2, "'e n' is no language tag"),
        (["export", "--language", ""], 2, "is no language tag"),
        (["list", "--language", "e n"], 2, "'e n' is no language tag"),
        (["import", "ferry.md", "--language", "e n"], 2, "'e n' is no language tag"),
    ],
)
def test_faults_are_named(article, arguments, status, said):
    assert said in lexicon(*arguments, status=status)
    assert not Path("none").exists()


def test_pls_goes_out_and_in_again(tmp_path):
    lexicon("add", "Odesa", "--ipa", "oʊdˈɛsə", "--language", "en")
    lexicon("add", "SIPRX", "--word", "--language", "en")
    lexicon("export", "-o", "ours.pls")
    assert lexicon("export").encode() == (tmp_path / "ours.pls").read_bytes()
    before = lexicon("list")
    lexicon("remove", "Odesa")
    lexicon("remove", "SIPRX")
    assert lexicon("import", "ours.pls") == "2 recorded, 0 unchanged\n"
    assert lexicon("list") == before
    assert lexicon("export", "--all").count("<lexeme>") > 500


def exported(*arguments):
    done = briefcast("lexicon", "export", *arguments)
    assert done.returncode == 0, done.stderr
    return [(entry.written, entry.value) for entry in read_pls(done.stdout.encode())], done.stderr


def test_what_is_exported_is_what_counts_and_what_is_left_out_is_told(tmp_path):
    (tmp_path / "articles").mkdir()
    (tmp_path / "briefcast.toml").write_text(
        NEWSROOM + '[[lexicon]]\nwritten="NATO"\nkind="alias"\nvalue="from file"\n'
    )
    assert briefcast("apply").returncode == 0
    lexicon("add", "NATO", "--alias", "by hand", "--any-case")
    lexicon("add", "Odesa", "--alias", "weak")
    lexicon("add", "Odesa", "--alias", "strong", "--language", "en")
    lexicon("add", "Odesa", "--alias", "British", "--language", "en-GB")
    assert briefcast("spoken", text="Odesa\n").stdout == "Strong\n"
    found, told = exported()
    assert (found, told) == (
        [("NATO", "by hand"), ("Odesa", "strong")],
        "left out: 1 entry for regions of en; export each with its --language\n",
    )
    assert exported("--language", "en-GB") == ([("NATO", "by hand"), ("Odesa", "British")], "")
    assert exported("--language", "uk") == ([("NATO", "by hand"), ("Odesa", "weak")], "")
    # When a show's own and all the rest are asked for / Then the stronger outdoes what ships
    lexicon("add", "Kyiv", "--alias", "Keev", "--show", "daily")
    assert dict(exported("--all", "--show", "daily")[0]).items() >= {("Kyiv", "Keev"), ("NATO", "by hand")}
    assert exported("--show", "daily")[0] == [("Kyiv", "Keev")]


def test_the_shipped_entries_count_without_a_database_and_the_newsrooms_with_one(tmp_path):
    text = "The OSCE saw Qortzia.\n"
    assert briefcast("spoken", text=text).stdout == "The O S C E saw Qortzia.\n"
    assert not (tmp_path / "var").exists(), "a command that needs no database makes none"
    lexicon("add", "Qortzia", "--alias", "Kortsia")
    assert briefcast("spoken", text=text).stdout == "The O S C E saw Kortsia.\n"


def test_a_show_has_its_own(article, tmp_path):
    (tmp_path / "articles").mkdir()
    (tmp_path / "briefcast.toml").write_text(NEWSROOM + '[[lexicon]]\nwritten="Qortzia"\nkind="alias"\nvalue="Kort"\n')
    done = briefcast("apply")
    assert (done.returncode, done.stdout.splitlines()[-1]) == (0, "lexicon: recorded")
    lexicon("add", "Qortzia", "--alias", "Kortsia", "--show", "daily")
    assert briefcast("spoken", text="Qortzia\n").stdout == "Kort\n"
    assert briefcast("spoken", "--show", "daily", text="Qortzia\n").stdout == "Kortsia\n"
    assert "Kortsia" in briefcast("script", article, "--show", "daily").stdout
    assert (
        "Kort." in briefcast("script", article, "--show", "held").stdout
        or "Kort" in briefcast("script", article).stdout
    )
    assert "settings file" in lexicon("remove", "Qortzia", status=2)


def test_script_and_report_list_the_words_to_check(article, tmp_path):
    done = briefcast("script", article)
    assert "To check by ear, or to put into the lexicon: Qortzia (2), Vlenk" in done.stderr
    found = json.loads(briefcast("script", article, "--json").stdout)
    assert [(word["word"], word["count"], len(word["segments"])) for word in found["unknown_words"]] == [
        ("Qortzia", 2, 2),
        ("Vlenk", 1, 1),
    ]
    report, done = narrate(article, tmp_path)
    assert report["unknown_words"] == found["unknown_words"]
    assert "Qortzia (2), Vlenk" in done.stderr
    lexicon("add", "Vlenk", "--ipa", "vlˈɛnk")
    lexicon("add", "Qortzia", "--alias", "Kortsia")
    done = briefcast("script", article)
    assert "To check" not in done.stderr
    found = json.loads(briefcast("script", article, "--json").stdout)
    spans = [span for segment in found["segments"] for span in segment["spans"] if span["rule"] == "lexicon"]
    assert [span["ipa"] for span in spans] == ["", "", "vlˈɛnk"]


def test_an_edited_alias_speaks_the_takes_it_is_in_and_no_other(article, tmp_path):
    assert narrate(article, tmp_path)[0]["takes"] == {"spoken": 5, "reused": 0}
    lexicon("add", "Vlenk", "--alias", "Flenk")
    assert narrate(article, tmp_path)[0]["takes"] == {"spoken": 1, "reused": 4}
    lexicon("add", "Vlenk", "--alias", "Flenk", "--note", "another note sounds the same")
    assert narrate(article, tmp_path)[0]["takes"] == {"spoken": 0, "reused": 5}
    # When an engine takes no phonemes / Then how they are written changes nothing for it
    lexicon("add", "Vlenk", "--ipa", "vlˈɛnk", "--alias", "Flenk")
    assert narrate(article, tmp_path)[0]["takes"] == {"spoken": 0, "reused": 5}


def test_an_edited_sound_is_heard_in_one_take_with_an_engine_that_takes_phonemes(article, tmp_path):
    assert narrate(article, tmp_path, "joe")[0]["takes"] == {"spoken": 5, "reused": 0}
    lexicon("add", "Vlenk", "--ipa", " ".join(["vˈɛləɹˌiːnkoʊ"] * 4))
    before = {segment["id"]: segment for segment in json.loads((tmp_path / "report.json").read_text())["segments"]}
    report = narrate(article, tmp_path, "joe")[0]
    assert report["takes"] == {"spoken": 1, "reused": 4}
    (changed,) = [segment for segment in report["segments"] if not segment["reused"]]
    assert "Vlenk" in changed["spoken"], "the text stays as the editors wrote it"
    old = before[changed["id"]]
    assert changed["end_s"] - changed["start_s"] > old["end_s"] - old["start_s"] + 0.8, (
        "Piper's own lengths vary by a tenth"
    )
