"""The desk's pages of words, in a browser: a reported word is heard, re-spoken on one confirmation, and taken back."""

from __future__ import annotations

import json
import re
import threading
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select

from api.desk.shows import LINES, line_of
from api.samples import A_MINUTE
from briefing.models import LexiconRow, StepRow
from briefing.states import Queue, StepKind
from tests.support.desk import PASSWORD
from tests.support.newsroom import work_off
from worker.running.perform import perform_next
from worker.running.shift import Wanted
from worker.upkeep import vocabulary


def report(stand, word):
    audio = stand.api.get("/v1/articles/desk/ferry/audio").json()
    sha256 = audio["url"].rpartition("/")[2].removesuffix(".mp3")
    body = {"article": "desk:ferry", "revision": sha256, "word": word, "at_s": 1}
    assert stand.api.post("/v1/reports", content=json.dumps(body)).status_code == 204


def entries(stand):
    return {(one["written"], one["value"]) for one in stand.api.get("/v1/lexicon/entries").json()}


@pytest.fixture
def working(stand):
    """A worker that speaks samples while a page waits for one."""
    over = threading.Event()

    def work():
        wanted = Wanted((Queue.INTERACTIVE,), (StepKind.SAMPLE,))
        while not over.wait(0.05):
            perform_next(stand.place, wanted.queues, wanted=wanted)

    worker = threading.Thread(target=work)
    worker.start()
    yield
    over.set()
    worker.join()


def test_a_reported_word_is_heard_spoken_anew_and_taken_back(stand, working):
    # Given a word that a listener reported / When an editor opens it on a phone, writes how it is said, and listens
    vocabulary.tend(stand.place)
    report(stand, "Bilohorivka")
    page = stand.page(path="/desk/lexicon", viewport={"width": 360, "height": 780})
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.get_by_role("link", name="Bilohorivka", exact=True).first.click()
    page.get_by_label("Say it like this").fill("Bilo-horivka")
    page.get_by_role("button", name="Play with").first.click()
    page.get_by_text("says “Bilo-horivka.”").wait_for()
    page.wait_for_function("() => document.querySelector('#heard audio')?.readyState > 0")
    assert entries(stand) == set()
    # Then it is shown what that changes, and one confirmation does it
    page.get_by_role("button", name="Show what it changes").click()
    page.get_by_text("Published briefings").wait_for()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.get_by_role("button", name="Record it and speak 1 briefing anew").click()
    page.get_by_text("0 of 1 done").wait_for()
    assert entries(stand) == {("Bilohorivka", "Bilo-horivka")}
    work_off(stand.place)
    page.get_by_text("1 of 1 done").wait_for()
    script = stand.api.get(f"/v1/briefings/{stand.briefings['desk:ferry']}/script").json()
    assert any("Bilo-horivka" in segment["spoken"] for segment in script["segments"])
    # And undone, it is as it was
    page.get_by_role("button", name="Take it back").click()
    page.get_by_text("before: “Bilo-horivka”").wait_for()
    work_off(stand.place)
    page.get_by_text("1 of 1 done").wait_for()
    assert entries(stand) == set()
    # And the report is closed
    page.goto("/desk/lexicon")
    page.get_by_role("button", name="Close: Bilohorivka").click()
    page.get_by_text("Nobody has reported a word").wait_for()
    assert not page.troubles
    page.context.close()


#: Of a paragraph's text node: where a word stands, in the middle.
WORD = """(text, word) => {
    const walk = document.createTreeWalker(text, NodeFilter.SHOW_TEXT);
    for (let node = walk.nextNode(); node; node = walk.nextNode()) {
        const at = node.data.indexOf(word);
        if (at < 0) continue;
        const range = new Range();
        range.setStart(node, at);
        range.setEnd(node, at + word.length);
        const box = range.getBoundingClientRect();
        return [box.left + box.width / 2, box.top + box.height / 2];
    }
}"""


def asked_for(page):
    """What the form of a word is filled in with."""
    page.wait_for_url("**/desk/lexicon/word?**")
    return {name: page.locator(f"#pronounce [name={name}]").input_value() for name in ("written", "language", "show")}


def test_a_word_that_is_tapped_in_the_text_leads_to_how_it_is_said(stand):
    # Given a story on a phone / When an editor taps a name in what is written
    address = f"/desk/briefings/{stand.briefings['desk:ferry']}"
    page = stand.page(path=address, viewport={"width": 390, "height": 780}, has_touch=True, is_mobile=True)
    assert page.get_by_text("Press a word to say how it is said").is_visible()
    text = page.locator(".written", has_text="Bilohorivka")
    text.scroll_into_view_if_needed()
    page.touchscreen.tap(*text.evaluate(WORD, "Bilohorivka"))
    # Then its form is there, for the story's language and show
    assert asked_for(page) == {"written": "Bilohorivka", "language": "en", "show": "daily"}
    # And of what is said otherwise, the form is of what is written
    page.goto(address)
    mark = page.locator(".spoken mark", has_text="three hundred thousand dollars")
    mark.tap()
    assert asked_for(page)["written"] == "$300K"
    # And beside the words nothing is pressed
    page.goto(address)
    text = page.locator(".written", has_text="What it cost")
    text.scroll_into_view_if_needed()
    box = text.bounding_box()
    page.touchscreen.tap(box["x"] + box["width"] - 5, box["y"] + box["height"] / 2)
    page.locator(".spoken .soft").first.tap()
    page.wait_for_timeout(600)
    assert page.url.endswith(address)
    # And while a paragraph is edited a tap leaves nothing behind: it shows a button
    page.get_by_role("link", name="Edit: The ferry runs").click()
    page.locator(".editing textarea").fill("Our own words.")
    text = page.locator(".written", has_text="Bilohorivka")
    text.scroll_into_view_if_needed()
    page.touchscreen.tap(*text.evaluate(WORD, "Bilohorivka"))
    page.get_by_role("link", name="How “Bilohorivka” is said").wait_for()
    assert page.locator(".editing textarea").input_value() == "Our own words."
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert page.troubles == []
    page.context.close()


def test_a_note_that_was_typed_is_not_left_by_a_press_of_a_word(stand):
    # Given a live story to be corrected, and an editor who has typed what listeners are told of it
    address = f"/desk/briefings/{stand.briefings['desk:ferry']}"
    page = stand.page(path=address, viewport={"width": 1280, "height": 800})
    page.locator("#correct summary").click()
    page.locator("#correct textarea").fill("An earlier version misnamed the harbour board.")
    # When she presses a word of the story / Then it shows a button, and what she typed is there
    text = page.locator(".written", has_text="Bilohorivka")
    text.scroll_into_view_if_needed()
    page.mouse.click(*text.evaluate(WORD, "Bilohorivka"))
    page.get_by_role("link", name="How “Bilohorivka” is said").wait_for()
    assert page.locator("#correct textarea").input_value() == "An earlier version misnamed the harbour board."
    # And the button leads to the word's form
    page.locator(".offer").click()
    assert asked_for(page)["written"] == "Bilohorivka"
    # And where nothing is typed a press leads there at once
    page.goto(address)
    text.scroll_into_view_if_needed()
    page.mouse.click(*text.evaluate(WORD, "Bilohorivka"))
    assert asked_for(page)["written"] == "Bilohorivka"
    assert page.troubles == []


def test_a_word_is_found_by_selecting_it_and_by_the_keyboard(stand):
    # Given a story / When an editor selects two words with the mouse, which opens nothing by itself
    address = f"/desk/briefings/{stand.briefings['desk:ferry']}"
    page = stand.page(path=address, viewport={"width": 1280, "height": 800})
    text = page.locator(".written", has_text="harbour board said")
    # A press alone opens the form, a moment later: the clock stands, so that the second comes within it.
    page.clock.install()
    page.clock.pause_at(datetime.now(UTC) + timedelta(minutes=1))
    page.mouse.dblclick(*text.evaluate(WORD, "harbour"))
    offer = page.get_by_role("link", name="How “harbour” is said")
    offer.wait_for()
    page.keyboard.press("Control+Shift+ArrowRight")
    page.clock.run_for(2_000)
    assert page.url.endswith(address)
    page.clock.resume()
    # Then a button leads to the form
    page.locator(".offer").click()
    assert asked_for(page)["written"].startswith("harbour")
    # And by the keyboard alone a paragraph's words are gone through, and one is opened
    page.goto(address)
    row = page.locator("[data-row]", has_text="harbour board said")
    before = row.locator(".written").inner_text()
    row.focus()
    page.keyboard.press("w")
    assert page.evaluate("document.activeElement.textContent") == "The"
    page.keyboard.press("ArrowRight")
    assert page.evaluate("document.activeElement.textContent") == "ferry"
    page.keyboard.press("Escape")
    assert row.locator(".written a").count() == 0
    assert row.locator(".written").inner_text() == before
    assert row.evaluate("row => row === document.activeElement")
    page.keyboard.press("w")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    assert asked_for(page) == {"written": "ferry", "language": "en", "show": "daily"}
    assert page.troubles == []
    page.context.close()
    # And without scripts the text is whole, and nothing of this is promised
    plain = stand.page(signed_in=None, java_script_enabled=False)
    plain.goto("/desk/sign-in")
    plain.fill("[name=name]", "ed")
    plain.fill("[name=password]", PASSWORD)
    plain.click("button.main")
    plain.goto(address)
    assert plain.locator(".written", has_text="harbour board said").inner_text() == before
    assert not plain.get_by_text("Press a word to say how it is said").is_visible()
    plain.context.close()


def test_every_voice_says_a_line_when_it_is_asked_to(stand, working):
    # Given the voices / When an editor has one that nothing was ever published in say something
    page = stand.page(path="/desk/voices", viewport={"width": 390, "height": 780})
    cards = page.locator(".card")
    assert page.get_by_role("button", name="Hear it").count() == cards.count() > 5, "every voice has its button"
    card = page.locator(".card", has=page.get_by_role("heading", name=re.compile("silen", re.IGNORECASE)))
    card.get_by_role("button", name="Hear it").click()
    # Then it is played in the page when it is ready
    card.get_by_text("says “The council meets on Thursday").wait_for()
    page.wait_for_function("() => document.querySelector('.card audio')?.currentTime > 0.3")
    assert page.url.endswith("/desk/voices")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert page.troubles == []
    page.context.close()
    # And a viewer hears what is live, and has nothing spoken
    viewer = stand.page(signed_in="vera", path="/desk/voices")
    assert viewer.get_by_role("button", name="Hear it").count() == 0
    assert viewer.get_by_role("link", name="Play what is live").count() == 1
    viewer.context.close()


def test_lines_for_samples_are_bounded_and_fit_their_voices(stand):
    # Every language's line is one that a sample may have; a language without one is told in English
    for language, line in LINES.items():
        assert line_of(f"{language}-XX") == (line, language)
        assert len(line) <= 100
    assert line_of("mul") == (LINES["en"], "en")
    # And of more than so many a minute the next is refused, as on the word's page
    with stand.place.database.reading() as session:
        before = session.scalar(select(func.count()).select_from(StepRow).where(StepRow.kind == StepKind.SAMPLE.value))
    page = stand.page(signed_in="ada", path="/desk/voices")
    token = page.locator("[name=csrf]").first.input_value()
    form = {"csrf": token, "voice": "silence", "written": LINES["en"], "language": "en"}
    headers = {"Origin": stand.address}
    answers = []
    # One more may be asked for every two seconds: a slow machine comes to the bound later.
    while 429 not in answers and len(answers) < 4 * A_MINUTE:
        answers.append(page.request.post("/desk/lexicon/samples", form=form, headers=headers).status)
    assert answers[-1] == 429
    assert set(answers) == {200, 429}
    with stand.place.database.reading() as session:
        after = session.scalar(select(func.count()).select_from(StepRow).where(StepRow.kind == StepKind.SAMPLE.value))
    assert after - before <= 1, "equal ones are spoken once"
    page.context.close()


def test_a_list_is_shown_with_what_it_changes_and_faults_before_anything_is_recorded(stand, tmp_path):
    # Given a table with a fault in its third line / When an editor brings it / Then the line is told, nothing recorded
    page = stand.page(path="/desk/lexicon/import")
    table = tmp_path / "ours.csv"
    table.write_text("written;spoken;note\nOdesa;Oh-dessa;desk\nKherson;Her-<b>son;\nIrpin;Ear-pin;\n")
    page.get_by_label("A file").set_input_files(table)
    page.wait_for_function("() => document.getElementById('list').value.includes('Irpin')")
    page.get_by_role("button", name="Show what it changes").click()
    page.get_by_role("alert").get_by_text("line 3").wait_for()
    assert page.get_by_role("button", name="Record").count() == 0
    assert entries(stand) == set()
    # When it is mended / Then it is recorded on one click
    page.get_by_label("Its text").fill(table.read_text().replace("<b>", ""))
    page.get_by_role("button", name="Show what it changes").click()
    page.get_by_role("button", name="Record 3 words").click()
    page.get_by_text("They are recorded.").wait_for()
    assert entries(stand) == {("Odesa", "Oh-dessa"), ("Kherson", "Her-son"), ("Irpin", "Ear-pin")}
    assert not page.troubles
    page.context.close()
    # And a viewer sees the words, and no button that changes any
    page = stand.page(signed_in="vera", path="/desk/lexicon/word?written=Odesa&spoken=Odessa")
    assert page.get_by_role("button", name="Record it").count() == 0
    page.context.close()
    with stand.place.database.writing() as session:
        session.execute(LexiconRow.table().delete())
