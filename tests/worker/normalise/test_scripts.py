from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from briefing.errors import ArticleEmpty
from briefing.podcasts.show import Show
from briefing.values import Article, ArticleRef
from voices.catalogue import load_catalogue
from voices.engines.piper import PiperEngine
from worker.normalise import normalise
from worker.normalise.transliteration import latin_word
from worker.prepare import write_script
from worker.takes.judge import judge

SLOGAN = "The slogan “Слава Україні” was written on the wall."


@pytest.mark.parametrize(
    ("written", "spoken"),
    [
        (SLOGAN, "The slogan “Slava Ukraini” was written on the wall."),
        ("President Xi (习近平) visited.", "President Xi visited."),
        ("They tested α and β.", "They tested alpha and beta."),
        ("TGFβ, β-carotene", "TGF beta, beta-carotene"),
        ("He said مرحبا, to them.", "He said, to them."),
        ("习近平 came to 東京、京都 again.", "came to again."),
        ("He went to d’Азов.", "He went to d’Azov."),
        ("five μm wide", "five mu m wide"),
        # The third letter of the first and the first of the second are Cyrillic: they look the same.
        ("COVІD and Сamp", "COVID and Camp"),
        ("Hawaiʻi, naïve, Dvořák, ﬁve", "Hawaiʻi, naïve, Dvořák, ﬁve"),
    ],
)
def test_words_in_other_scripts_are_said_by_latin_letters_or_not_at_all(written, spoken):
    assert normalise(written, "en")[0] == spoken


def test_so_it_is_in_every_language_of_latin_letters_and_in_no_other():
    assert normalise("„Слава“", "de")[0] == "„Slava“"
    for language in ("uk", "ru", "el", "zh", "xx"):
        assert normalise("Слава Αθήνα 习近平", language) == ("Слава Αθήνα 习近平", ())


@pytest.mark.parametrize(
    ("word", "latin"),
    [
        # From the examples of the official table.
        ("Згорани", "Zghorany"), ("Розгон", "Rozghon"), ("Єнакієве", "Yenakiieve"), ("Гаєвич", "Haievych"),
        ("Ґалаґан", "Galagan"), ("Їжакевич", "Yizhakevych"), ("Кадиївка", "Kadyivka"), ("Йосипівка", "Yosypivka"),
        ("Стрий", "Stryi"), ("Щербухи", "Shcherbukhy"), ("Юрій", "Yurii"), ("Корюківка", "Koriukivka"),
        ("Яготин", "Yahotyn"), ("Знам’янка", "Znamianka"), ("Русь", "Rus"),
        ("Подъезд", "Podezd"), ("Ельцын", "Eltsyn"), ("Αθήνα", "Athina"), ("Μπάρμπα", "Barmpa"),
    ],
)  # fmt: skip
def test_names_are_written_as_tables_lay_down(word, latin):
    assert latin_word(word, word) == latin
    assert latin_word(word.upper(), word.upper()) == latin.upper()


@given(st.text(alphabet=st.characters(categories=["L", "M", "N", "P", "Zs"]), max_size=80))
def test_no_letter_of_another_script_is_left_and_no_latin_one_lost(written):
    spoken, spans = normalise(written, "fr")
    assert not any("а" <= mark <= "я" or "一" <= mark <= "龥" or "α" <= mark <= "ω" for mark in spoken)
    outside, done = "", 0
    for span in spans:
        outside, done = outside + written[done : span.start], span.end
    for mark in outside + written[done:]:
        assert mark in spoken


def article(text):
    ref = ArticleRef(source="desk", id="1")
    return Article(ref=ref, media_type="text/plain", body=text, title="A wall", language="en")


def test_editors_are_told_what_is_not_read_and_what_is_guessed():
    script = write_script([article(f"{SLOGAN} President Xi (习近平) came.")], Show(slug="s", title="S"))
    (warning,) = [entry for entry in script.warnings if entry.code == "other_script"]
    assert "习近平" in warning.message
    assert {"Слава", "Україні"} <= {word.word for word in script.unknown_words}
    body = script.segments[-1]
    assert "Слава" in body.written
    assert "习近平" in body.written


def test_a_story_of_which_nothing_could_be_read_is_refused():
    with pytest.raises(ArticleEmpty, match="letters"):
        write_script([article("习近平 习近平 习近平")], Show(slug="s", title="S"))


@pytest.mark.parametrize(
    "written", [SLOGAN, "President Xi (习近平) visited.", "They tested α and β.", "He said مرحبا to us."]
)
def test_such_a_phrase_fails_no_take(written):
    joe = load_catalogue().get("joe")
    said, _ = normalise(written, "en-US")
    assert judge(list(PiperEngine().synthesize(said, joe)), said, joe.pace) is None
