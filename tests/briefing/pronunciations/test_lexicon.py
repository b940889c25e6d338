from __future__ import annotations

from datetime import UTC, datetime
from time import process_time

import pytest
from sqlalchemy.exc import IntegrityError

from briefing.errors import LexiconInvalid, Misconfigured
from briefing.models import LexiconRow
from briefing.podcasts.newsroom import load_newsroom
from briefing.pronunciations import lexicons
from briefing.pronunciations.lexicon import Kind, Lexicon, make_entry, starter
from briefing.pronunciations.lexicons import Origin, lexicon_for, listed_entries, own_entries, put_entry, remove_entry
from tests.support.newsroom import NEWSROOM
from worker.installation.newsroom import apply

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
    found = next(lexicon.found_at(word, 0, word, language), None)
    return found[1].value if found else None


def test_the_show_outdoes_the_newsroom_and_the_newsroom_what_ships():
    lexicon = Lexicon([[entry("Odesa", "a")], [entry("Odesa", "b"), entry("Kyiv", "c")], [entry("Kyiv", "d")]])
    assert (said(lexicon, "Odesa"), said(lexicon, "Kyiv"), said(lexicon, "Lviv")) == ("a", "c", None)


def test_longer_forms_come_first_and_languages_keep_apart():
    lexicon = Lexicon([[entry("Kyiv", "one"), entry("Kyiv Post", "two"), entry("Wien", "Vienna", language="de")]])
    assert [form for form, _ in lexicon.found_at("In Kyiv Post", 3, "Kyiv", "en")] == ["Kyiv Post", "Kyiv"]
    assert [form for form, _ in lexicon.found_at("In Kyiv", 3, "Kyiv", "en")] == ["Kyiv"]
    assert (said(lexicon, "Wien"), said(lexicon, "Wien", "de-AT")) == (None, "Vienna")


def test_a_region_outdoes_its_language_and_a_language_outdoes_any():
    lexicon = Lexicon(
        [[entry("Odesa", value, language=tag) for tag, value in (("", "a"), ("en", "b"), ("en-GB", "c"))]]
    )
    assert [said(lexicon, "Odesa", tag) for tag in ("uk", "en", "en-US", "en-GB")] == ["a", "b", "b", "c"]


def test_many_entries_that_begin_alike_cost_no_more_than_a_few():
    lexicon = Lexicon([[entry(f"Kyiv post {number}", "post") for number in range(20_000)]])
    next(lexicon.found_at("Kyiv", 0, "Kyiv", "en"), None)
    text, started = "Kyiv " * 3000, process_time()
    assert not [found for start in range(0, len(text), 5) for found in lexicon.found_at(text, start, "Kyiv", "en")]
    assert process_time() - started < 4


def test_what_is_said_to_editors_is_in_our_words_alone():
    with pytest.raises(LexiconInvalid) as caught:
        make_entry({"written": "Kyiv", "kind": "ipa", "value": "KIEV"})
    assert caught.value.message.startswith("'Kyiv': 'KIEV' is no IPA")


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


def test_what_was_made_by_hand_outdoes_the_settings_file_whatever_case_or_language_says(place, tmp_path):
    file = '[[lexicon]]\nwritten="NATO"\nkind="alias"\nvalue="from file"\n'
    file += '[[lexicon]]\nwritten="Lviv"\nkind="alias"\nvalue="from file"\nlanguage="en"\n'
    apply(write(tmp_path, NEWSROOM + file), place)
    with place.database.writing() as session:
        put_entry(session, None, entry("NATO", "by hand", case_sensitive=False), NOW)
        put_entry(session, None, entry("Lviv", "by hand"), NOW)
        lexicon = lexicon_for(session, "daily")
    assert (said(lexicon, "NATO"), said(lexicon, "Lviv")) == ("by hand", "by hand")


def test_a_word_has_one_entry_of_each_origin_whoever_else_writes(place):
    with place.database.writing() as session:
        put_entry(session, None, entry("Lviv", "Leviv"), NOW)
        put_entry(session, None, entry("Lviv", "Lwiw"), NOW)
        assert [item.value for item in own_entries(session, None)] == ["Lwiw"]
    fields = entry("Lviv", "twice").model_dump(mode="json")
    for show in (None, "daily"):
        with pytest.raises(IntegrityError), place.database.writing() as session:
            session.add_all(LexiconRow(show=show, origin="desk", changed_at=NOW, **fields) for _ in range(2))


def test_an_entry_that_another_made_meanwhile_is_replaced(place, monkeypatch):
    real, blind = lexicons._found, [True]
    with place.database.writing() as session:
        put_entry(session, None, entry("Lviv", "theirs"), NOW)
        # Patched to see nothing at first, as a transaction does that began before the other ended.
        monkeypatch.setattr(lexicons, "_found", lambda *given: None if blind and blind.pop() else real(*given))
        assert put_entry(session, None, entry("Lviv", "ours"), NOW)
        assert [item.value for item in own_entries(session, None)] == ["ours"]


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
    assert "Value error" not in caught.value.message
