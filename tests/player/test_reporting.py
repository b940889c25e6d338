"""A listener reports a word from the transcript: by a tap, or by keyboard where it was just said."""

from __future__ import annotations

import pytest

from tests.player.test_access import axe, checked  # noqa: F401  the fixture
from tests.player.test_listening import READY, loaded, player, until

OPEN = "Report a mispronunciation"


def reports(stand):
    return {one["word"]: one["count"] for one in stand.api.get("/v1/reports").json()["reports"]}


def transcript(page):
    page.wait_for_selector(READY)
    page.locator("briefcast-player button.transcript").click()
    page.locator("briefcast-player .word").first.wait_for()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_word_is_tapped_and_the_newsroom_hears_of_it(stand, axe, scheme):  # noqa: F811
    # Given a transcript / When a reader opens the report and taps a word
    page = stand.page(viewport={"width": 360, "height": 800}, color_scheme=scheme, reduced_motion="reduce")
    transcript(page)
    page.get_by_role("button", name=OPEN).click()
    word = {"light": "harbour", "dark": "overtime."}[scheme]
    page.locator("briefcast-player .word", has_text=word).first.click()
    # Then the word is in the field, the audio stays where it is, and nothing is cut off or hard to read
    field = page.get_by_label("Which word was said wrongly?")
    assert field.input_value() == word.strip(".")
    assert player(page, "p.currentTime") == 0
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert checked(page, axe) == []
    # When it is sent / Then the newsroom has it, and a tap goes to the word again
    page.get_by_role("button", name="Send").click()
    page.get_by_text("Thank you, the newsroom will look at it.").first.wait_for()
    assert reports(stand)[word.strip(".")] == 1
    page.locator("briefcast-player .word").nth(20).click()
    until(page, "p.currentTime > 0.5")
    assert not page.troubles
    page.context.close()


def test_by_keyboard_it_is_the_word_that_was_said_last_and_in_ukrainian_it_says_so(stand):
    page = stand.page(lang="uk")
    transcript(page)
    loaded(page)
    player(page, "p.seek(1.2)")
    said = page.locator("briefcast-player .word.now").inner_text()
    page.get_by_role("button", name="Повідомити про помилку у вимові").focus()
    page.keyboard.press("Enter")
    field = page.get_by_label("Яке слово вимовлено неправильно?")
    assert field.evaluate("field => field === field.getRootNode().activeElement")
    assert field.input_value() in said
    # Letters typed into it move nothing
    at = player(page, "p.currentTime")
    page.keyboard.type("jkl")
    assert player(page, "[p.currentTime, p.paused]") == [at, True]
    field.fill("ferry")
    page.keyboard.press("Enter")
    page.get_by_text("Дякуємо, редакція це перевірить.").first.wait_for()
    assert reports(stand)["ferry"] == 1
    page.context.close()


def test_where_it_cannot_be_sent_it_says_so_and_where_nobody_asks_there_is_no_button(stand):
    page = stand.page()
    transcript(page)
    page.route("**/v1/reports", lambda route: route.abort())
    page.get_by_role("button", name=OPEN).click()
    page.get_by_label("Which word was said wrongly?").fill("board")
    page.get_by_role("button", name="Send").click()
    page.get_by_text("It could not be sent. Try again later.").first.wait_for()
    assert page.get_by_label("Which word was said wrongly?").input_value() == "board"
    assert "board" not in reports(stand)
    page.context.close()
    page = stand.page('<briefcast-player article="desk:ferry" reports="off"></briefcast-player>')
    transcript(page)
    assert page.get_by_role("button", name=OPEN).count() == 0
    page.context.close()


def test_a_form_of_the_pages_own_in_the_player_takes_every_letter(stand):
    page = stand.page(
        '<briefcast-player article="desk:ferry"><textarea slot="report" aria-label="Tell us"></textarea></briefcast-player>'
    )
    transcript(page)
    page.get_by_label("Tell us").click()
    page.keyboard.type("jolly kelp")
    assert page.get_by_label("Tell us").input_value() == "jolly kelp"
    assert player(page, "[p.state, p.currentTime]") == ["ready", 0]
    page.context.close()
