"""A table of pronunciations is read as newsrooms keep theirs, and what is wrong with it is told by line."""

from __future__ import annotations

import pytest

from briefing.errors import LexiconInvalid
from briefing.pronunciations import lexicon_csv
from briefing.pronunciations.lexicon import Kind
from briefing.pronunciations.lexicon_csv import read_csv
from tests.support.command import briefcast


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_columns_may_come_in_any_order_and_by_other_names(delimiter):
    lines = [
        "Note|Word|Alias|IPA|say|lang|case",
        "desk|Odesa|Oh-dessa|||uk|",
        "|Nice||nˈiːs|||yes",
        "|IAEA|||letters||",
    ]
    table = "\ufeff" + "\r\n".join(line.replace("|", delimiter) for line in lines) + "\r\n"
    entries, faults = read_csv(table.encode(), "en")
    assert faults == ()
    assert [(one.written, one.kind, one.value, one.language, one.case_sensitive) for one in entries] == [
        ("Odesa", Kind.ALIAS, "Oh-dessa", "uk", False),
        ("Nice", Kind.IPA, "nˈiːs", "en", True),
        ("IAEA", Kind.LETTERS, "", "en", True),
    ]
    assert entries[0].note == "desk"


def test_every_fault_is_told_by_its_line_and_the_later_of_two_lines_counts():
    table = 'written,spoken,say\nOdesa,Oh\nOdesa,"Oh-\tdessa"\n\nX,<y>\nZ,,\nQ,a,letters\nR,,loud\nOdesa,Oh-dessa\n'
    entries, faults = read_csv(table.encode())
    assert [(one.written, one.value) for one in entries] == [("Odesa", "Oh-dessa")]
    assert [fault.partition(":")[0] for fault in faults] == ["line 3", "line 5", "line 6", "line 7", "line 8"]


@pytest.mark.parametrize(
    "table",
    [
        b"",
        b"Odesa,Oh-dessa\n",
        b"written,note\nx,y\n",
        b"\xff\xfe",
        b'written,spoken\n"x,y\n',
        b'"written,spoken\nx,y\n',
    ],
    ids=repr,
)
def test_what_is_no_such_table_is_refused(table):
    with pytest.raises(LexiconInvalid):
        read_csv(table)


def test_a_table_is_bounded(monkeypatch):
    monkeypatch.setattr(lexicon_csv, "_MOST_ROWS", 3)
    with pytest.raises(LexiconInvalid, match="more than 3 lines"):
        read_csv(b"written,spoken\n" + b"x,y\n" * 4)
    with pytest.raises(LexiconInvalid, match="bytes"):
        read_csv(b"x" * 4_000_001)


def test_the_command_takes_all_of_a_table_or_nothing(place, tmp_path):
    (tmp_path / "ours.csv").write_text("written,spoken\nOdesa,Oh-dessa\nX,<y>\n")
    refused = briefcast("lexicon", "import", "ours.csv")
    assert refused.returncode == 3
    assert "line 3" in refused.stderr
    assert "Odesa" not in briefcast("lexicon", "list").stdout
    (tmp_path / "ours.csv").write_text("written,spoken\nOdesa,Oh-dessa\n")
    assert "1 recorded" in briefcast("lexicon", "import", "ours.csv").stdout
