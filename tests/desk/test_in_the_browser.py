"""The desk as editors use it: a real browser at a real server, with the keyboard and on a phone."""

from __future__ import annotations

import os
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import event

from briefing.accounts import users
from briefing.models import ArticleRow, ShowRow, SightingRow
from tests.desk.conftest import FERRY, FIRST, LENGTH, audited, story
from tests.support.browser import NOTED, heard_whole
from tests.support.newsroom import work_off
from tests.support.player_build import PLAYER, installed


def line_of(page, words=FIRST):
    return page.locator(".line", has_text=words)


def test_an_editor_fixes_a_word_and_hears_before_and_after(stand):
    # Given a live story / When an editor opens it and says a paragraph otherwise
    briefing = story(stand, "fixed")
    page = stand.page(path="/desk")
    page.click(f"#work-{briefing}-1 .title")
    line = line_of(page)
    assert line.locator("mark").inner_text() == "three hundred thousand dollars"
    line.get_by_role("link", name="Edit").click()
    text = line.locator("textarea")
    text.wait_for()
    assert page.evaluate("document.activeElement.name") == "spoken", "it can be typed at once"
    text.fill("The ferry sails again from Monday, says the harbour board.")
    line.get_by_role("button", name="Save and speak it").click()
    page.wait_for_url("**told=edited**")
    assert "It is being spoken so" in page.locator("[role=status]").inner_text()
    # Then one paragraph is spoken, by that editor's name, and both can be heard
    work_off(stand.place)
    page.goto(f"/desk/briefings/{briefing}")
    line = line_of(page)
    assert line.locator(".spoken").inner_text() == "The ferry sails again from Monday, says the harbour board."
    assert "changed by ed" in line.inner_text()
    assert "1 of 7 parts" in page.locator("#revisions ~ .wide tr").nth(1).inner_text()
    heard_whole(page, line.get_by_role("link", name="Play"))
    assert audited(stand, briefing)[-1] == ("override", "ed")
    # And the comparison shows what changed and nothing else
    page.get_by_role("link", name="Compare revision 2 with 1").click()
    page.locator(".pair").first.wait_for()
    assert page.locator(".pair").count() == 1
    assert "said: The ferry sails again" in page.locator(".pair").inner_text()
    # And what was is heard again on one press
    page.go_back()
    page.get_by_role("button", name="Roll back to it: revision 1").click()
    page.wait_for_url("**told=rolled_back")
    work_off(stand.place)
    assert audited(stand, briefing)[-1] == ("roll_back", "ed")
    # And a paragraph is spoken anew alone
    page.goto(f"/desk/briefings/{briefing}")
    line_of(page, "What it cost").get_by_role("button", name="Speak anew").click()
    page.wait_for_url("**told=anew**")
    work_off(stand.place)
    page.reload()
    assert "1 of 7 parts" in page.locator("#revisions ~ .wide tr").nth(1).inner_text()
    assert page.troubles == []


def test_a_conflict_is_shown_and_settled(stand):
    # Given a paragraph changed by hand / When the article words it anew
    briefing = story(stand, "conflict")
    page = stand.page(path=f"/desk/briefings/{briefing}")
    line = line_of(page)
    line.get_by_role("link", name="Edit").click()
    line.locator("textarea").fill("Our own words.")
    line.get_by_role("button", name="Save and speak it").click()
    page.wait_for_url("**told=edited**")
    work_off(stand.place)
    stand.write("conflict", FERRY.replace("Ferry runs", "Ferry conflict runs").replace("from Monday", "from Tuesday"))
    page.goto(f"/desk/briefings/{briefing}")
    page.get_by_role("button", name="Make again from the article").click()
    page.wait_for_url("**told=again")
    work_off(stand.place)
    # Then the first page says so, and leads to where it is settled
    page.goto("/desk")
    row = page.locator("section[aria-labelledby=held] li", has_text="Ferry conflict")
    assert "no longer in the article" in row.inner_text()
    row.get_by_role("link", name="Settle the conflict").click()
    assert "from Tuesday" in page.locator(".conflict").inner_text()
    page.get_by_role("button", name="Keep the change").click()
    page.wait_for_url("**told=settled")
    work_off(stand.place)
    page.goto(f"/desk/briefings/{briefing}")
    assert page.locator(".standing .state").inner_text() == "live"
    assert line_of(page, "from Tuesday").locator(".spoken").inner_text() == "Our own words."
    assert page.troubles == []


def test_what_is_held_is_published_from_the_first_page(stand):
    stand.write("later", FERRY)
    briefing = stand.ask("slow:later")
    page = stand.page(path=f"/desk/briefings/{briefing}")
    # A time can be set, and taken back
    page.locator("#time summary").click()
    soon = datetime.now(UTC) + timedelta(days=33)
    page.fill("[name=local]", f"{soon:%Y-%m-%d}T06:00")
    page.get_by_role("button", name="Set", exact=True).click()
    page.wait_for_url("**told=scheduled")
    assert f"goes live at {soon.day} {soon:%b %Y}" in page.locator(".standing .note").inner_text()
    page.locator("#time summary").click()
    page.get_by_role("button", name="Take the time back").click()
    page.wait_for_url("**told=unscheduled")
    page.goto("/desk")
    page.get_by_role("button", name="Publish: Ferry runs again").click()
    page.wait_for_url("**/desk?told=published")
    work_off(stand.place)
    # The page finds out by itself
    page.wait_for_selector(f"section[aria-labelledby=live] #work-{briefing}-1")
    assert page.troubles == []


def test_what_forbids_to_publish_is_said_with_the_button_that_helps(stand):
    # Given a finished story under an embargo / When an editor sees it among what is held
    stand.write("secret", FERRY.replace("Ferry runs", "Ferry secret runs"))
    soon = (datetime.now(UTC) + timedelta(days=30)).isoformat()
    asked = {"article_ids": ["desk:secret"], "embargo_until": soon}
    made = stand.api.post("/v1/briefings", json=asked).raise_for_status().json()["id"]
    work_off(stand.place)
    page = stand.page(path="/desk", timezone_id="Europe/Kyiv")
    row = page.locator("section[aria-labelledby=held] li", has_text="Ferry secret")
    assert "under embargo until" in row.inner_text()
    assert row.get_by_role("button").count() == 0, "nothing is offered that would be refused"
    # Then the button leads to where another time is set, as her clock has it
    row.get_by_role("link", name="Change the embargo").click()
    page.wait_for_url(f"**/desk/briefings/{made}#embargo")
    until = (datetime.now(UTC) + timedelta(days=60)).replace(hour=6, minute=30, second=0, microsecond=0)
    page.fill("#embargo [name=local]", f"{until.astimezone(ZoneInfo('Europe/Kyiv')):%Y-%m-%dT%H:%M}")
    page.get_by_role("button", name="Change the embargo").click()
    page.wait_for_url("**told=embargoed")
    told = stand.api.get(f"/v1/briefings/{made}").json()["embargo_until"]
    assert datetime.fromisoformat(told) == until
    assert audited(stand, made)[-1] == ("schedule", "ed")
    # And on a phone nothing of that runs over the edge
    page.set_viewport_size({"width": 390, "height": 780})
    button = page.get_by_role("button", name="Change the embargo").bounding_box()
    assert button["x"] + button["width"] <= 390 - 12
    # And its end lets it go by itself
    page.get_by_role("button", name="End the embargo").click()
    page.wait_for_url("**told=embargo_ended")
    work_off(stand.place)
    page.reload()
    assert page.locator(".standing .state").inner_text() == "live"
    assert page.locator("#embargo").count() == 0
    assert page.troubles == []


def test_what_the_cms_or_a_list_forbids_to_publish_offers_no_publishing(stand):
    # Given a held story whose article is a draft in its CMS
    stand.write("draft", FERRY.replace("Ferry runs", "Ferry draft runs"))
    briefing = stand.ask("slow:draft")
    row = {"source": "slow", "article_id": "draft", "state": "scheduled", "looked_at": datetime.now(UTC)}
    with stand.place.database.writing() as session:
        session.add(SightingRow(**row))
        session.get_one(ArticleRow, ("slow", "draft")).address = "https://paper.example/draft"
    page = stand.page(path="/desk")
    held = page.locator("section[aria-labelledby=held] li", has_text="Ferry draft")
    assert "waits for the CMS" in held.inner_text()
    assert held.get_by_role("button").count() == 0
    assert held.get_by_role("link", name="Open the article").get_attribute("href") == "https://paper.example/draft"
    # When it is public there, and a name in it may not be spoken any more / Then the page says that instead
    with stand.place.database.writing() as session:
        session.delete(session.get_one(SightingRow, ("slow", "draft")))
        show = session.get_one(ShowRow, "held")
        before = show.settings
        show.settings = before | {"never_speak": ["Bilohorivka"]}
    page.goto(f"/desk/briefings/{briefing}")
    assert "holds a name that must not be spoken" in page.locator(".standing").inner_text()
    assert page.get_by_role("link", name="Open the article").count() == 1
    assert page.get_by_role("button", name="Publish").count() == 0
    # And when the list is mended, it is published
    with stand.place.database.writing() as session:
        session.get_one(ShowRow, "held").settings = before
    page.reload()
    page.get_by_role("button", name="Publish").click()
    page.wait_for_url("**told=published")
    work_off(stand.place)
    assert page.troubles == []


def test_everything_goes_by_the_keyboard(stand):
    page = stand.page(path="/desk")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    page.keyboard.press("?")
    assert page.locator("dialog").is_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.id") == "search"
    page.keyboard.type("ferry runs again")
    page.keyboard.press("Enter")
    page.wait_for_url("**q=ferry**")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_url("**/desk/briefings/*")
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("e")
    page.wait_for_selector(".editing select")
    page.keyboard.press("Escape")
    assert page.locator(".editing form").count() == 0
    # Enter plays the paragraph that one stands on, and stops it
    line = page.evaluate("document.activeElement.closest('[data-row]').id")
    page.focus(f"#{line}")
    page.locator(f"#{line} .play").evaluate(NOTED)
    page.keyboard.press("Enter")
    page.wait_for_function("() => said.includes('true')")
    page.keyboard.press("Enter")
    page.wait_for_selector(f"#{line} .play:not([aria-pressed])")
    # The list of keys opens without knowing them, too
    page.get_by_role("button", name="Keys").click()
    assert page.locator("dialog").is_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("g")
    page.keyboard.press("w")
    page.wait_for_url("**/desk/lexicon")
    assert page.troubles == []


def test_enter_never_does_what_cannot_be_taken_back(stand):
    # Given a live story / When an editor presses Enter on "Withdraw…", and once more, as a heavy thumb does
    briefing = story(stand, "kept")
    page = stand.page(path=f"/desk/briefings/{briefing}")
    page.get_by_role("link", name="Withdraw…").focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/retract")
    assert page.evaluate("document.activeElement.textContent") == "Leave it"
    page.keyboard.press("Enter")
    # Then it is where it was
    page.wait_for_url(f"**/desk/briefings/{briefing}")
    assert audited(stand, briefing)[-1][0] != "retract"
    # And no page has such a button where the keyboard begins, or first in a form that one types in
    address = stand.api.post(
        f"/v1/briefings/{briefing}/links", json={"action": "withdraw", "recipient": "Mara"}
    ).json()["address"]
    for path in (
        f"/desk/briefings/{briefing}",
        f"/desk/briefings/{briefing}/retract",
        "/desk/jingles",
        address,
    ):
        page.goto(path)
        assert page.locator(".grave:focus").count() == 0, path
        assert page.locator("form:has(input:not([type=hidden]), textarea) button.grave").count() == 0, path
    assert page.troubles == []


def test_a_second_person_approves_what_an_editor_changed(stand):
    # Given a show that wants a second person's word, and an edition that Ed asked for
    stand.write("signed", FERRY.replace("Ferry runs", "Ferry signed runs"))
    page = stand.page(path="/desk")
    page.get_by_label("Make an article's audio").fill("signed:signed")
    page.get_by_role("button", name="Make", exact=True).click()
    page.wait_for_url("**/desk/briefings/*")
    briefing = page.url.partition("?")[0].rpartition("/")[2]
    work_off(stand.place)
    page.reload()
    assert "waits for a second person's word" in page.locator(".standing").inner_text()
    # Then he is told that somebody else has to give it, and is offered no button that would be refused
    assert "somebody else has to give it, since you had a hand in" in page.locator(".standing").inner_text()
    assert page.get_by_role("button", name="Approve").count() == 0
    assert audited(stand, briefing)[-1][0] != "approve"
    page.context.close()
    # When somebody else hears it and approves / Then it can be published, and stands in her name
    other = stand.page(signed_in="ada", path=f"/desk/briefings/{briefing}")
    assert other.locator("audio").first.evaluate(LENGTH) > 1
    other.get_by_role("button", name="Approve").click()
    other.wait_for_url("**told=approved")
    assert audited(stand, briefing)[-1] == ("approve", "ada")
    other.goto("/desk")
    work_off(stand.place)
    other.goto(f"/desk/briefings/{briefing}")
    assert other.troubles == []


def test_members_audio_is_heard_at_the_desk_alone(stand):
    # Given a story for members / When an editor opens it / Then it plays there, and no page is offered that has none
    stand.write("inside", FERRY.replace("Ferry runs", "Ferry inside runs"))
    briefing = stand.ask("inside:inside")
    page = stand.page(path=f"/desk/briefings/{briefing}")
    assert "for members" in page.locator("main").inner_text()
    assert page.locator("audio").first.evaluate(LENGTH) > 1
    assert page.get_by_role("link", name="its public history").count() == 0
    # And nobody else has it by the desk's address
    audio = page.locator("audio").first.evaluate("audio => audio.src")
    assert stand.page(signed_in=None).request.get(audio, max_redirects=0).status == 303
    assert page.troubles == []


def pages_of(stand):
    briefing = stand.briefings["desk:bridge"]
    ferry = f"/desk/briefings/{stand.briefings['desk:ferry']}"
    segment = stand.api.get(f"/v1/briefings/{briefing}/segments").json()["segments"][-1]["id"]
    links = {
        action: stand.api.post(f"/v1/briefings/{briefing}/links", json={"action": action, "recipient": "Mara"}).json()[
            "address"
        ]
        for action in ("fix", "respeak", "withdraw")
    }
    with stand.place.database.writing() as session:
        welcome = users.welcome(session, "vera", datetime.now(UTC))
    return {
        None: ["/desk/sign-in", f"/desk/welcome/{welcome}", *links.values(), f"{links['fix']}?segment={segment}"],
        "ed": [
            "/desk",
            "/desk?q=ferry",
            "/desk/live",
            ferry,
            f"{ferry}/retract",
            f"{ferry}/links",
            f"/desk/briefings/{stand.briefings['slow:market']}",
            f"/desk/briefings/{stand.briefings['desk:missing']}",
            "/desk/shows",
            "/desk/voices",
            "/desk/jingles",
            "/desk/audience",
            "/desk/audience/desk/ferry",
        ],
        "ada": ["/desk/audit", "/desk/users"],
    }


def picture(page, path, width):
    """Leave a picture of a page, if any are wanted."""
    if folder := os.environ.get("DESK_SHOTS"):
        name = re.sub(r"[^\w]+", "-", path.partition("?told")[0])[-60:]
        page.screenshot(path=Path(folder) / f"{width}-{name}.png", full_page=True)


#: Of a page; the most today are 31. One that asks for each of its rows has hundreds.
MOST_STATEMENTS = 40

LOOKS = {"a desk in light": (1280, "light"), "a phone in the dark": (360, "dark")}


@pytest.mark.parametrize("look", LOOKS)
def test_every_page_is_for_everybody(stand, look):
    # On every page axe finds nothing, nothing is wider than the screen, and the database is asked for little
    installed()
    axe = (PLAYER / "node_modules/axe-core/axe.min.js").read_text()
    width, scheme = LOOKS[look]
    stand.measure()
    asked = {}
    for who, paths in pages_of(stand).items():
        page = stand.page(signed_in=who, viewport={"width": width, "height": 800}, color_scheme=scheme)
        for path in paths:
            assert page.goto(path).status == 200, path
            page.evaluate(axe)
            found = page.evaluate("axe.run().then(found => found.violations)")
            told = [(one["id"], [node["html"][:200] for node in one["nodes"]]) for one in found]
            assert told == [], path
            assert page.evaluate("document.documentElement.scrollWidth") <= width, path
            picture(page, path, width)
            # The open page may ask meanwhile for what has changed.
            asked[path] = min(statements(stand, page, path) for _ in range(2))
        assert page.troubles == [], who
        page.context.close()
    assert not {path: count for path, count in asked.items() if count > MOST_STATEMENTS}, asked


def statements(stand, page, path):
    """How many statements a page has the database do."""
    seen, engine = [], stand.api.app.state.context.database.engine
    note = lambda *given: seen.append(given[2])  # noqa: E731
    event.listen(engine, "before_cursor_execute", note)
    try:
        assert page.request.get(path).status == 200
    finally:
        event.remove(engine, "before_cursor_execute", note)
    return len(seen)


def test_a_jingle_is_uploaded_heard_and_removed(stand):
    page = stand.page(path="/desk/jingles")
    sound = PLAYER.parent / "voices" / "jingles" / "house-mark.flac"
    page.fill("[name=name]", "evening")
    page.select_option("[name=part]", "mark")
    page.set_input_files("[name=file]", sound)
    page.get_by_role("button", name="Upload").click()
    page.wait_for_url("**told=jingle_uploaded")
    work_off(stand.place)
    page.reload()
    card = page.locator(".card", has_text="evening")
    assert re.search(r"Ready\s*· [\d.]+ s", card.inner_text())
    heard_whole(page, card.get_by_role("link", name="Play"))
    card.get_by_text("Remove…").click()
    card.get_by_role("button", name="Remove it").click()
    page.wait_for_url("**told=jingle_removed")
    assert page.locator(".card").count() == 0
    assert page.troubles == []


def test_an_admin_adds_somebody_who_chooses_a_password(stand):
    page = stand.page(signed_in="ada", path="/desk/users")
    page.fill(".fields [name=name]", "Newcomer")
    page.select_option(".fields [name=role]", "editor")
    page.get_by_role("button", name="Add").click()
    link = page.locator(".note code").inner_text()
    other = stand.page(signed_in=None, path=link)
    other.fill("[name=password]", "four words that stay")
    other.fill("[name=again]", "four words that stay")
    other.get_by_role("button", name="Choose it and sign in").click()
    other.wait_for_url("**/desk")
    assert "newcomer (editor)" in other.locator(".who").inner_text()
    assert page.troubles == other.troubles == []
