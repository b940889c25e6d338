"""The page of a briefing's public history, in the story's language."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from briefing.public_names import HISTORY_NAME
from worker.history import Entry, Told, files_of
from worker.history.wording import wording_for

AT = datetime(2026, 11, 3, 9, 5, tzinfo=UTC)

ENTRIES = (
    Entry("correction", AT, 2, "Було 12.", {"added": 2, "removed": 0, "changed": 1}, ("Тепер 21.",)),
    Entry("first", AT, 1),
)


def page_of(language, title="Пором <ходить> {знову}"):
    told = Told("b", title, language, "Вісник", "https://news.example/ferry", "/t", "/a.mp3")
    return files_of(told, ENTRIES)[HISTORY_NAME].decode()


def test_the_page_speaks_the_storys_language():
    page = page_of("uk-UA")
    assert '<html lang="uk">' in page
    assert "<title>Історія аудіо «Пором &lt;ходить&gt; {знову}» – Вісник</title>" in page
    for words in ("Виправлено", "Уперше опубліковано", "3 листопада 2026, 09:05 UTC", "Тепер там сказано:", "Слухати"):
        assert words in page, words
    assert "Частини тексту: додано 2, змінено 1</p>" in page
    for words in ("Hear", "Corrected", "History", "November"):
        assert words not in page, words


@pytest.mark.parametrize("language", ["en-GB", "de", "", "x"])
def test_where_there_are_no_words_of_a_language_it_is_english(language):
    page = page_of(language)
    assert '<html lang="en">' in page
    assert "3 November 2026, 09:05 UTC" in page
    assert "Parts of the story: 2 added, 1 changed</p>" in page


def test_every_language_has_every_word():
    english, ukrainian = wording_for("en"), wording_for("uk")
    for one in (english, ukrainian):
        assert all(vars(one).values())
        assert len(one.months) == len(set(one.months)) == 12
        assert set(one.kinds) == set(english.kinds)
        assert set(one.changes) == set(english.changes)
