"""What an editor types stays theirs: through a refusal, a colleague's change, a sign-in that ended, a page that goes on.
And what a button cannot do is said where it was pressed.
"""

from __future__ import annotations

from tests.desk.conftest import FERRY
from tests.support.newsroom import work_off

FIRST = "The ferry runs again from Monday, the harbour board said."

THEIRS = "The ferry sails from Monday, said the board."

MINE = "From Monday the ferry runs, the harbour board said today."


def story(stand, name, source="desk", *, work=True):
    """A story of its own, so that tests do not meet."""
    stand.write(name, FERRY.replace("Ferry runs again", f"Ferry {name} runs again"))
    return stand.ask(f"{source}:{name}", work=work)


def editing(page, briefing, words):
    """Open a story and type other words for its first paragraph; return its line."""
    page.goto(f"/desk/briefings/{briefing}")
    line = page.locator(".line", has_text=FIRST)
    line.get_by_role("link", name="Edit").click()
    line.locator("textarea").fill(words)
    return line


def save(place):
    place.get_by_role("button", name="Save and speak it").click()


def said(stand, briefing):
    """All that is said of a story, once that is spoken."""
    work_off(stand.place)
    return [one["spoken"] for one in stand.api.get(f"/v1/briefings/{briefing}/segments").json()["segments"]]


def test_words_that_are_refused_are_there_to_be_mended(stand):
    page = stand.page()
    line = editing(page, stand.briefings["desk:ferry"], "…")
    line.locator("[name=note]").fill("asked the mayor")
    save(line)
    assert "tick “Leave it out" in page.locator("[role=alert]").inner_text()
    assert page.locator("[name=spoken]").input_value() == "…"
    assert page.locator(".editing [name=note]").input_value() == "asked the mayor"
    page.locator("[name=spoken]").fill(THEIRS)
    save(page)
    page.wait_for_url("**told=edited**")


def test_what_a_colleague_said_meanwhile_stands_beside_what_was_typed(stand):
    briefing = story(stand, "twice")
    page, other = stand.page(), stand.page(signed_in="ada")
    line, theirs = editing(page, briefing, MINE), editing(other, briefing, THEIRS)
    save(theirs)
    other.wait_for_url("**told=edited**")
    save(line)
    page.wait_for_selector("[role=alert]")
    assert f"ada has: {THEIRS}" in page.locator("main").inner_text()
    assert page.locator("[name=spoken]").input_value() == MINE
    save(page)
    page.wait_for_url("**told=edited**")
    assert MINE in said(stand, briefing)


def test_words_typed_when_the_sign_in_ended_are_sent_after_the_next(stand):
    briefing = stand.briefings["desk:ferry"]
    page = stand.page()
    line = editing(page, briefing, MINE)
    page.context.clear_cookies()
    save(line)
    assert "You are signed out, and nothing was sent" in line.get_by_role("alert").inner_text()
    # Who signs in beside is somebody else: not by their name
    beside = page.context.new_page()
    sign_in(beside, "ada")
    save(line)
    line.get_by_text("ada is signed in here now").wait_for()
    beside.get_by_role("button", name="Sign out").click()
    sign_in(beside, "ed")
    save(line)
    page.wait_for_url("**told=edited**")
    assert MINE in said(stand, briefing)


def sign_in(page, name):
    page.goto("/desk/sign-in")
    page.fill("[name=name]", name)
    page.fill("[name=password]", "three plain words")
    page.click("button.main")
    page.wait_for_url("**/desk")


def test_a_sound_is_not_sent_by_whoever_is_signed_out_and_that_is_said(stand, tmp_path):
    page = stand.page(path="/desk/jingles")
    page.fill("[name=name]", "late")
    (tmp_path / "late.flac").write_bytes(b"fLaC")
    page.set_input_files("[name=file]", tmp_path / "late.flac")
    page.context.clear_cookies()
    page.get_by_role("button", name="Upload").click()
    page.get_by_text("You are signed out, and nothing was sent").wait_for()


def test_typed_words_are_not_left_without_a_question(stand):
    page = stand.page()
    page.on("dialog", lambda dialog: dialog.dismiss())
    line = editing(page, stand.briefings["desk:ferry"], THEIRS)
    with page.expect_event("dialog") as asked:
        page.get_by_role("link", name="Shows").click()
    assert (asked.value.type, line.locator("textarea").input_value()) == ("beforeunload", THEIRS)


def test_a_time_is_set_while_the_page_tells_how_far_it_is(stand):
    briefing = story(stand, "timed", work=False)
    page = stand.page(path=f"/desk/briefings/{briefing}")
    standing = page.locator("#standing")
    before = standing.get_attribute("hx-get")
    page.get_by_text("Set a time to go live").click()
    page.fill("#time [name=local]", "2031-01-01T06:00")
    work_off(stand.place)
    with page.expect_response("**/standing?**") as answer:
        pass
    assert answer.value.status == 200
    assert page.locator("#time [name=local]").input_value() == "2031-01-01T06:00"
    # And once nothing is typed there, it goes on
    page.fill("#time [name=local]", "")
    page.evaluate("document.activeElement.blur()")
    page.wait_for_function(
        "before => document.querySelector('#standing').getAttribute('hx-get') !== before", arg=before
    )


def test_the_keyboard_stays_at_a_title_while_the_lists_go_on(stand):
    briefing = stand.briefings["desk:missing"]
    page = stand.page(path="/desk")
    page.focus(f"#work-{briefing}-1 .title")
    before = page.get_attribute("#lists", "hx-get")
    story(stand, "another", work=False)
    page.wait_for_function("before => document.querySelector('#lists').getAttribute('hx-get') !== before", arg=before)
    assert page.evaluate("document.activeElement.id") == f"title-{briefing}-1"


def test_what_a_button_cannot_do_is_said_where_it_was_pressed(stand):
    # A pronunciation that is none; a paragraph that is no more; a server that does not answer
    page = stand.page(path="/desk/lexicon/word?written=Bilohorivka&language=en")
    page.fill("[name=ipa]", "###")
    page.get_by_role("button", name="Play with").first.click()
    assert "is no IPA" in page.locator("#heard [role=alert]").inner_text()
    page.goto(f"/desk/briefings/{stand.briefings['desk:ferry']}")
    stand.write("ferry", FERRY.replace("said the mayor of", "said mayors of"))
    stand.ask("desk:ferry")
    line = page.locator(".line", has_text="Both sides are to meet")
    line.get_by_role("link", name="Edit").click()
    assert "The text has changed meanwhile" in line.get_by_role("alert").inner_text()
    page.context.set_offline(True)
    line.get_by_role("link", name="Edit").click()
    line.get_by_text("It could not be done. Try again.").wait_for()
