"""The desk's pages of words, in a browser: a reported word is heard, re-spoken on one confirmation, and taken back."""

from __future__ import annotations

import json
import threading

import pytest

from briefing.models import LexiconRow
from briefing.states import Queue, StepKind
from tests.support.newsroom import work_off
from worker import vocabulary
from worker.perform import perform_next
from worker.shift import Wanted


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
    assert page.get_by_text("Published briefings").is_visible()
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


def test_a_list_is_shown_with_what_it_changes_and_faults_before_anything_is_recorded(stand, tmp_path):
    # Given a table with a fault in its third line / When an editor brings it / Then the line is told, nothing recorded
    page = stand.page(path="/desk/lexicon/import")
    table = tmp_path / "ours.csv"
    table.write_text("written;spoken;note\nOdesa;Oh-dessa;desk\nKherson;Her-<b>son;\nIrpin;Ear-pin;\n")
    page.get_by_label("A file").set_input_files(table)
    page.wait_for_function("() => document.getElementById('list').value.includes('Irpin')")
    page.get_by_role("button", name="Show what it changes").click()
    assert page.get_by_role("alert").get_by_text("line 3").is_visible()
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
