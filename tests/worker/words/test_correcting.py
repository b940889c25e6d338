"""A correction: said or shown, in ten languages, and how it is stored beside workers that know of none."""

from __future__ import annotations

from datetime import date

import pytest

from briefing.podcasts.show import Show
from briefing.script import Role, Script, Segment
from briefing.transcript import Passage
from briefing.values import Article, ArticleRef, Correction
from worker.prepare import write_script
from worker.words.correcting import told

AT = date(2026, 11, 28)


@pytest.mark.parametrize(
    ("language", "line"),
    [
        ("en", "This story was corrected on November 28, 2026."),
        ("en-GB", "This story was corrected on 28 November 2026."),
        ("de", "Dieser Beitrag wurde am 28. November 2026 korrigiert."),
        ("fr", "Cet article a été corrigé le 28 novembre 2026."),
        ("es", "Este artículo se corrigió el 28 de noviembre de 2026."),
        ("it", "Questo articolo è stato corretto il 28 novembre 2026."),
        ("pt", "Este artigo foi corrigido em 28 de novembro de 2026."),
        ("nl", "Dit artikel is op 28 november 2026 gecorrigeerd."),
        ("pl", "Ten artykuł poprawiono 28 listopada 2026."),
        ("uk", "Цю статтю виправлено 28 листопада 2026 р."),
        ("ru", "Эта статья исправлена 28 ноября 2026 г."),
        ("eo", ""),
    ],
)
def test_the_line_is_in_the_articles_language(language, line):
    assert told(Correction(at=AT), language) == line
    noted = told(Correction(at=AT, note=" It was  the\nboard. "), language)
    assert noted == f"{line} It was the board.".strip()


def script(correction=None, **show):
    article = Article(
        ref=ArticleRef(source="desk", id="x"),
        media_type="text/plain",
        body="The ferry runs again from Monday, the harbour board said.\n\nBoth sides are to meet again.",
        title="Ferry runs again",
        language="en",
    )
    return write_script([article], Show(slug="s", title="S", **show), correction=correction)


def test_it_is_spoken_after_the_disclosure_only_where_the_show_says_so():
    note = Correction(at=AT, note="An earlier version misnamed the board.")
    plain, spoken = script(), script(note, correction_note="spoken")
    shown, none = script(note), script(note, correction_note="none")
    roles = [segment.role for segment in spoken.segments]
    assert roles[roles.index(Role.DISCLOSURE) + 1] is Role.CORRECTION
    [segment] = [segment for segment in spoken.segments if segment.role is Role.CORRECTION]
    assert segment.written.endswith("2026. An earlier version misnamed the board.")
    # And all else is as it was, so that it costs one take; shown, it costs none and is a change all the same
    assert [part.id for part in spoken.segments if part is not segment] == [part.id for part in plain.segments]
    assert [part.id for part in shown.segments] == [part.id for part in plain.segments]
    assert shown.correction == segment.written
    assert len({one.substance for one in (plain, spoken, shown)}) == 3
    assert none.substance == plain.substance


def test_workers_of_before_read_it_as_a_disclosure_and_those_of_now_as_what_it_is():
    spoken = script(Correction(at=AT), correction_note="spoken")
    dumped = spoken.model_dump(mode="json")
    [stored] = [part for part in dumped["segments"] if "own_role" in part]
    assert (stored["role"], stored["own_role"]) == ("disclosure", "correction")
    known = {role.value for role in Role} - {"correction"}
    assert {part["role"] for part in dumped["segments"]} <= known
    assert Script.stored(dumped) == spoken
    assert Script.model_validate_json(spoken.model_dump_json()) == spoken
    passage = Passage(
        segment="a", article="a:b", role=Role.CORRECTION, speaker="j", text="x", first=0, last=1, words=(), sentences=()
    )
    assert Passage.model_validate_json(passage.model_dump_json()).role is Role.CORRECTION
    assert Segment.stored(stored).role is Role.CORRECTION
