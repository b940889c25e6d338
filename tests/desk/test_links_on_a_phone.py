"""What somebody does by a link of a message, who is not signed in: a real browser, on a phone."""

from __future__ import annotations

from briefing.models import BriefingRow
from tests.desk.conftest import FIRST, LENGTH, audited, story
from tests.support.newsroom import work_off

PHONE = {"viewport": {"width": 360, "height": 740}, "has_touch": True, "is_mobile": True}


def test_a_story_is_withdrawn_by_a_link_on_a_phone(stand):
    # Given a link that an editor made for somebody
    briefing = story(stand, "gone")
    editor = stand.page(path=f"/desk/briefings/{briefing}/links")
    editor.select_option("[name=action]", "withdraw")
    editor.fill("[name=recipient]", "Mara")
    editor.get_by_role("button", name="Make link").click()
    address = editor.locator(".note code").inner_text()
    # When programmes look at it, nothing happens
    for _ in range(3):
        assert stand.api.get(address).status_code == 200
    with stand.place.database.reading() as session:
        assert session.get(BriefingRow, briefing).live_revision is not None
    # When she opens it on a phone, hears it and presses the one button
    phone = stand.page(signed_in=None, **PHONE)
    phone.goto(address)
    assert phone.evaluate("document.documentElement.scrollWidth") <= 360
    assert phone.locator("audio").evaluate(LENGTH) > 1
    button = phone.get_by_role("button", name="Withdraw it")
    assert button.bounding_box()["height"] >= 44
    button.click()
    phone.wait_for_selector("text=It is withdrawn.")
    work_off(stand.place)
    # Then it is gone, in her name, and the link is spent
    with stand.place.database.reading() as session:
        assert session.get(BriefingRow, briefing).live_revision is None
    assert audited(stand, briefing)[-1] == ("retract", "Mara (by link)")
    assert stand.api.get(address).status_code == 410
    assert stand.api.get(f"{address}/audio.mp3").status_code == 410
    assert phone.troubles == []


def test_a_word_is_fixed_by_a_link_on_a_phone(stand):
    briefing = story(stand, "bylink")
    answer = stand.api.post(f"/v1/briefings/{briefing}/links", json={"action": "fix", "recipient": "Noor"})
    phone = stand.page(signed_in=None, **PHONE)
    phone.goto(answer.json()["address"])
    phone.locator(".act-line", has_text=FIRST).get_by_role("link", name="Fix").click()
    # What is refused is there to be mended
    phone.fill("[name=spoken]", "…")
    phone.get_by_role("button", name="Save and speak it").click()
    assert "Write what is to be said" in phone.locator("[role=alert]").inner_text()
    assert phone.locator("[name=spoken]").input_value() == "…"
    phone.troubles.clear()
    phone.fill("[name=spoken]", "Just a word.")
    phone.get_by_role("button", name="Save and speak it").click()
    phone.wait_for_selector("text=It is being spoken so")
    work_off(stand.place)
    assert audited(stand, briefing)[-1] == ("override", "Noor (by link)")
    script = stand.api.get(f"/v1/briefings/{briefing}/script").json()
    assert "Just a word." in [segment["spoken"] for segment in script["segments"]]
    assert phone.evaluate("document.documentElement.scrollWidth") <= 360
    assert phone.troubles == []


def test_a_link_is_for_its_one_thing_and_ends(stand):
    briefing = stand.briefings["desk:bridge"]
    made = stand.api.post(f"/v1/briefings/{briefing}/links", json={"action": "listen", "recipient": "Noor"}).json()
    own = {"Origin": stand.address}
    assert stand.api.post(made["address"], headers=own).status_code == 405
    assert stand.api.post(made["address"], headers={"Origin": "https://evil.example"}).status_code == 403
    editor = stand.page(path=f"/desk/briefings/{briefing}/links")
    editor.get_by_role("button", name="End the link for Noor").click()
    editor.wait_for_url("**told=link_ended")
    assert stand.api.get(made["address"]).status_code == 410
    assert stand.api.get(made["address"][:-1] + ("E" if made["address"].endswith("A") else "A")).status_code == 410
