"""What editors do with a story, and what whoever has a link does on a phone: each by its buttons, in a browser."""

from __future__ import annotations

from sqlalchemy import select

from briefing.models import AuditRow
from tests.desk.conftest import FERRY
from tests.support.browser import heard_whole
from tests.support.newsroom import work_off

PHONE = {"viewport": {"width": 390, "height": 780}, "has_touch": True, "is_mobile": True, "color_scheme": "dark"}

FIRST = "The ferry runs again from Monday, the harbour board said."

#: Where a player is, once it goes on by itself.
GOES_ON = """audio => new Promise(done => {
    const from = audio.currentTime;
    audio.ontimeupdate = () => audio.currentTime > from + 0.2 && done(audio.currentTime);
})"""


def story(stand, name, source="desk"):
    """A story of its own, so that tests do not meet."""
    stand.write(name, FERRY.replace("Ferry runs again", f"Ferry {name} runs again"))
    return stand.ask(f"{source}:{name}")


def link_for(stand, briefing, action):
    body = {"action": action, "recipient": "Noor"}
    return stand.api.post(f"/v1/briefings/{briefing}/links", json=body).raise_for_status().json()["address"]


def line_of(page, words=FIRST):
    return page.locator(".line", has_text=words)


def actions(stand, briefing):
    with stand.place.database.reading() as session:
        found = select(AuditRow.action, AuditRow.by).where(AuditRow.briefing_id == briefing).order_by(AuditRow.id)
        return [tuple(row) for row in session.execute(found)]


def segment_of(stand, briefing, words=FIRST):
    found = stand.api.get(f"/v1/briefings/{briefing}/segments").json()["segments"]
    return next(one for one in found if one["written"].startswith(words))


def test_a_story_is_heard_by_a_link_on_a_phone(stand):
    # Given a link to listen / When somebody opens it on a phone and presses play
    briefing = story(stand, "listened")
    before = actions(stand, briefing)
    address = link_for(stand, briefing, "listen")
    phone = stand.page(signed_in=None, path=address, **PHONE)
    assert phone.evaluate("document.documentElement.scrollWidth") <= 390
    player = phone.locator("audio")
    assert player.bounding_box()["height"] >= 40
    assert player.evaluate("audio => [audio.paused, audio.currentTime]") == [True, 0]
    player.evaluate("audio => audio.play()")
    # Then it plays: its time goes on, over a length that is the story's
    assert player.evaluate(GOES_ON) > 0.2
    length = stand.api.get("/v1/articles/desk/listened/audio").json()["duration_s"]
    assert abs(player.evaluate("audio => audio.duration") - length) < 0.1
    # And it is for that alone, and changes nothing
    assert phone.locator("main button, main form").count() == 0
    assert actions(stand, briefing) == [*before, ("link_make", "tests")]
    assert phone.troubles == []


def test_a_part_is_spoken_anew_by_a_link_on_a_phone(stand):
    # Given a link to have a part spoken anew / When somebody finds it on a phone, hears it, and presses its button
    briefing = story(stand, "respoken")
    phone = stand.page(signed_in=None, path=link_for(stand, briefing, "respeak"), **PHONE)
    assert phone.evaluate("document.documentElement.scrollWidth") <= 390
    line = phone.locator(".act-line", has_text=FIRST)
    heard_whole(phone, line.get_by_role("link", name="Play"), by_finger=True)
    button = line.get_by_role("button", name="Speak anew")
    assert button.bounding_box()["height"] >= 40
    button.tap()
    phone.wait_for_selector("text=That part is being spoken anew")
    work_off(stand.place)
    # Then that part alone is, in her name, and the link is good for another
    assert actions(stand, briefing)[-1] == ("regenerate", "Noor (by link)")
    told = stand.api.get(f"/v1/briefings/{briefing}").json()
    assert (told["state"], told["revision"]["number"]) == ("live", 2)
    page = stand.page(path=f"/desk/briefings/{briefing}")
    assert "1 of 7 parts" in page.locator("#revisions ~ .wide tr").nth(1).inner_text()
    phone.get_by_role("link", name="Go on").tap()
    phone.locator(".act-line", has_text=FIRST).wait_for()
    assert phone.troubles == page.troubles == []


def test_a_paragraph_gets_a_voice_of_its_own(stand):
    # Given a live story / When an editor gives one paragraph another voice
    briefing = story(stand, "voiced")
    page = stand.page(path=f"/desk/briefings/{briefing}")
    line = line_of(page)
    line.get_by_role("link", name="Edit").click()
    line.get_by_label("Voice").select_option("silence")
    line.get_by_label("Note for colleagues").fill("a quotation, really")
    line.get_by_role("button", name="Save and speak it").click()
    page.wait_for_url("**told=edited**")
    work_off(stand.place)
    # Then the paragraph has it, its words are those that are written, and the note is there for colleagues
    override = segment_of(stand, briefing)["override"]
    assert (override["voice"], override["spoken"], override["omitted"]) == ("silence", None, False)
    page.goto(f"/desk/briefings/{briefing}")
    what = line_of(page).locator(".what").inner_text()
    assert "voice silence" in what
    assert "changed by ed: a quotation, really" in what
    assert actions(stand, briefing)[-1] == ("override", "ed")
    # And taken back, it is spoken as the rest
    line_of(page).get_by_role("link", name="Edit").click()
    line_of(page).get_by_role("button", name="Say what is written again").click()
    page.wait_for_url("**told=restored**")
    work_off(stand.place)
    page.reload()
    assert "voice" not in line_of(page).locator(".what").inner_text()
    assert segment_of(stand, briefing)["override"] is None
    assert page.troubles == []


def test_a_paragraph_is_left_out(stand):
    # Given a live story / When an editor leaves a paragraph out
    briefing = story(stand, "shorter")
    before = stand.api.get("/v1/articles/desk/shorter/audio").json()["duration_s"]
    page = stand.page(path=f"/desk/briefings/{briefing}")
    line_of(page).get_by_role("link", name="Edit").click()
    line_of(page).get_by_label("Leave it out of the audio").check()
    line_of(page).get_by_role("button", name="Save and speak it").click()
    page.wait_for_url("**told=edited**")
    work_off(stand.place)
    # Then it is not heard, and the page says so and offers nothing to play
    page.goto(f"/desk/briefings/{briefing}")
    line = line_of(page)
    assert line.locator(".spoken").inner_text() == "left out"
    assert line.get_by_role("link", name="Play").count() == 0
    assert line.get_by_role("button", name="Speak anew").count() == 0
    assert stand.api.get("/v1/articles/desk/shorter/audio").json()["duration_s"] < before - 1
    assert segment_of(stand, briefing)["start_s"] is None
    # And it can be taken in again
    line.get_by_role("link", name="Edit").click()
    box = line_of(page).get_by_label("Leave it out of the audio")
    assert box.is_checked()
    box.uncheck()
    line_of(page).get_by_role("button", name="Save and speak it").click()
    page.wait_for_url("**told=restored**")
    work_off(stand.place)
    assert abs(stand.api.get("/v1/articles/desk/shorter/audio").json()["duration_s"] - before) < 0.5
    assert page.troubles == []


def test_what_is_being_made_is_held_and_let_go(stand):
    # Given a story that is being made / When an editor holds it
    stand.write("waiting", FERRY.replace("Ferry runs", "Ferry waiting runs"))
    briefing = stand.ask("desk:waiting", work=False)
    page = stand.page(path=f"/desk/briefings/{briefing}")
    page.get_by_role("button", name="Hold", exact=True).click()
    page.wait_for_url("**told=held")
    work_off(stand.place)
    # Then it is finished and waits, in her name, and nothing of it is public
    page.goto(f"/desk/briefings/{briefing}")
    assert page.locator(".standing .state").inner_text() == "held"
    assert "held by ed" in page.locator(".standing .note").first.inner_text()
    assert stand.api.get("/articles/desk/waiting.mp3").status_code == 404
    assert actions(stand, briefing)[-1] == ("hold", "ed")
    # And a colleague is told whose it is
    other = stand.page(signed_in="ada", path=f"/desk/briefings/{briefing}")
    assert other.get_by_role("button", name="Publish, though ed holds it").count() == 1
    # When it is held no longer / Then it goes live by itself, as its show does
    page.get_by_role("button", name="Hold it no longer").click()
    page.wait_for_url("**told=unheld")
    work_off(stand.place)
    page.reload()
    assert page.locator(".standing .state").inner_text() == "live"
    assert page.get_by_role("button", name="Hold", exact=True).count() == 0
    assert stand.api.get("/articles/desk/waiting.mp3", follow_redirects=True).status_code == 200
    assert actions(stand, briefing)[-1] == ("unhold", "ed")
    assert page.troubles == other.troubles == []
