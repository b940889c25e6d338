from __future__ import annotations

from datetime import UTC, datetime

import pytest

from briefing.errors import LexiconInvalid, Misconfigured
from briefing.lexicon import Kind, Lexicon, make_entry, starter
from briefing.lexicons import Origin, lexicon_for, listed_entries, own_entries, put_entry, remove_entry
from briefing.models import LexiconRow
from briefing.newsroom import load_newsroom
from tests.support.newsroom import NEWSROOM
from worker.newsroom import apply

NOW = datetime(2026, 5, 1, tzinfo=UTC)


def entry(written, value="", kind="alias", **more):
    return make_entry({"written": written, "value": value, "kind": kind, **more})


@pytest.mark.parametrize(
    ("written", "sensitive"),
    [
        ("NATO", True),
        ("US", True),
        ("AfD", True),
        ("MacDonald", True),
        ("Kyiv", False),
        ("Élysée", False),
        ("Olha Stefanishyna", False),
        ("al-Assad", False),
        ("O'Brien", False),
        ("hryvnia", False),
    ],
)
def test_capitals_inside_a_word_make_case_count(written, sensitive):
    assert entry(written, kind="word").case_sensitive is sensitive
    assert entry(written, kind="word", case_sensitive=not sensitive).case_sensitive is not sensitive


@pytest.mark.parametrize(
    ("fields", "fault"),
    [
        ({"written": "", "kind": "word"}, "written"),
        ({"written": "x" * 101, "kind": "word"}, "written"),
        ({"written": "a\x07b", "kind": "word"}, "the word itself"),
        ({"written": "[[x]]", "kind": "word"}, "the word itself"),
        ({"written": "<b>x", "kind": "word"}, "the word itself"),
        ({"written": "Kyiv", "kind": "song"}, "kind"),
        ({"written": "Kyiv", "kind": "alias"}, "needs a value"),
        ({"written": "Kyiv", "kind": "alias", "value": "..."}, "respelling"),
        ({"written": "Kyiv", "kind": "alias", "value": "[[kiv]]"}, "respelling"),
        ({"written": "Kyiv", "kind": "alias", "value": "<sub>kiv</sub>"}, "respelling"),
        ({"written": "Kyiv", "kind": "alias", "value": "[Keev](/kiv/)"}, "respelling"),
        ({"written": "Kyiv", "kind": "alias", "value": "Kee\x1bv"}, "respelling"),
        ({"written": "Kyiv", "kind": "ipa", "value": "[[kˈiːv]]"}, "no IPA"),
        ({"written": "Kyiv", "kind": "ipa", "value": "/kˈiːv/"}, "no IPA"),
        ({"written": "Kyiv", "kind": "ipa", "value": "KIEV"}, "no IPA"),
        ({"written": "Kyiv", "kind": "ipa", "value": "ˈˌ"}, "no IPA"),
        ({"written": "Kyiv", "kind": "ipa", "value": "kˈiːv", "alias": "<x>"}, "respelling"),
        ({"written": "NATO", "kind": "letters", "value": "x"}, "no value"),
        ({"written": "Kyiv", "kind": "word", "language": "English!"}, "language"),
        ({"written": "Kyiv", "kind": "word", "note": "a\nb"}, "control"),
        ({"written": "Kyiv", "kind": "word", "colour": "red"}, "colour"),
    ],
)
def test_what_no_engine_should_get_is_refused_with_a_code(fields, fault):
    with pytest.raises(LexiconInvalid, match=fault) as caught:
        make_entry(fields)
    assert caught.value.code == "lexicon_invalid"


def said(lexicon, word, language="en-US"):
    found = lexicon.candidates(word, language)
    return found[0][1].value if found else None


def test_the_show_outdoes_the_newsroom_and_the_newsroom_what_ships():
    lexicon = Lexicon([[entry("Odesa", "a")], [entry("Odesa", "b"), entry("Kyiv", "c")], [entry("Kyiv", "d")]])
    assert (said(lexicon, "Odesa"), said(lexicon, "Kyiv"), said(lexicon, "Lviv")) == ("a", "c", None)


def test_longer_forms_come_first_and_languages_keep_apart():
    lexicon = Lexicon([[entry("Kyiv", "one"), entry("Kyiv Post", "two"), entry("Wien", "Vienna", language="de")]])
    assert [form for form, _ in lexicon.candidates("Kyiv", "en")] == ["Kyiv Post", "Kyiv"]
    assert (said(lexicon, "Wien"), said(lexicon, "Wien", "de-AT")) == (None, "Vienna")


def test_what_ships_is_whole_sourced_and_says_no_word_twice():
    entries = starter()
    assert len(entries) >= 250
    assert len({item.written for item in entries}) == len(entries)
    assert all(item.note and item.language == "en" for item in entries)
    # Respellings would be seen in the spoken text, where they are of no use to a reader.
    assert not [item for item in entries if item.kind is Kind.ALIAS or item.alias]
    names = {item.written for item in entries}
    assert names >= {"Bilohorivka", "Kyiv", "Zaporizhzhia", "Stefanishyna", "Zelenskyy", "IAEA", "HIMARS", "POW"}


TOML = """
[[lexicon]]
written = "Odesa"
kind = "alias"
value = "Oh dessa"

[[shows]]
slug = "extra"
title = "Extra"
voice = "silence"

[[shows.lexicon]]
written = "Kyiv"
kind = "ipa"
value = "kˈiːv"
language = "en"
"""


def write(tmp_path, text):
    (tmp_path / "briefcast.toml").write_text(text)
    return load_newsroom(tmp_path / "briefcast.toml")


def test_applying_a_file_replaces_what_it_said_before_and_leaves_what_was_made_by_hand(place, tmp_path):
    assert apply(write(tmp_path, NEWSROOM + TOML), place).lexicons == ("", "extra")
    assert apply(write(tmp_path, NEWSROOM + TOML), place).lexicons == ()
    with place.database.writing() as session:
        assert put_entry(session, None, entry("Lviv", "Leviv"), NOW)
        assert not put_entry(session, None, entry("Lviv", "Leviv"), NOW)
        assert put_entry(session, None, entry("Odesa", "by hand"), NOW)
    assert apply(write(tmp_path, NEWSROOM + TOML.replace("Oh dessa", "Odessa")), place).lexicons == ("",)
    with place.database.reading() as session:
        assert [(item.value, origin) for item, origin in listed_entries(session, None)] == [
            ("Leviv", Origin.DESK),
            ("by hand", Origin.DESK),
            ("Odessa", Origin.FILE),
        ]
        lexicon = lexicon_for(session, "extra")
        assert (said(lexicon, "Odesa"), said(lexicon, "Kyiv")) == ("by hand", "kˈiːv")
        assert said(lexicon_for(session, "daily"), "Kyiv") != "kˈiːv"
    # When the hand-made one goes / Then the file's counts again; when the file says nothing more, nothing is left of it
    with place.database.writing() as session:
        assert remove_entry(session, None, "Odesa") == 1
        assert remove_entry(session, None, "Odesa") == 0
    assert apply(write(tmp_path, NEWSROOM), place).lexicons == ("", "extra")
    with place.database.reading() as session:
        assert [item.written for item in own_entries(session, None)] == ["Lviv"]
        assert own_entries(session, "extra") == []


def test_a_row_that_no_longer_holds_is_left_out_and_stops_nothing(place):
    with place.database.writing() as session:
        put_entry(session, None, entry("Lviv", "Leviv"), NOW)
        put_entry(session, None, entry("Odesa", "Odessa"), NOW)
        session.query(LexiconRow).filter_by(written="Lviv").one().value = "[[x]]"
    with place.database.reading() as session:
        assert [item.written for item in own_entries(session, None)] == ["Odesa"]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ('[[lexicon]]\nwritten="x"\nkind="alias"\nvalue="[[x]]"\n', "lexicon.0"),
        ('[[shows]]\nslug="a"\ntitle="b"\n[[shows.lexicon]]\nwritten="x"\nkind="alias"\n', "show_lexicons.a.0"),
        ('[[lexicon]]\nwritten="x"\nkind="word"\n[[lexicon]]\nwritten="x"\nkind="letters"\n', "twice: x"),
        ("[lexicon]\nwritten='x'\n", "tables"),
    ],
)
def test_faults_in_the_file_are_named(tmp_path, text, fault):
    with pytest.raises(Misconfigured, match="briefcast.toml") as caught:
        write(tmp_path, text)
    assert fault in caught.value.message
