"""A button of a page that stands open acts on what that page showed, and on nothing that took its place since."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from briefing.accounts import keys
from briefing.accounts.keys import Scope
from briefing.models import BriefingRow, RevisionRow
from briefing.podcasts.newsroom import load_newsroom
from tests.support.desk import add_user
from tests.support.newsroom import PLAIN, work_off
from worker.installation.newsroom import apply

TEXT = "# Ferry runs again\n\nThe harbour board {words} four ferries today.\n\nIt ends with this paragraph.\n"


@pytest.fixture
def seat(place, desk, tmp_path):
    """An editor's, in a newsroom whose show holds everything or asks for a second person, as the test says."""
    add_user(place, "bob", "editor")
    desk.sign_in("bob")
    desk.file = tmp_path / "articles" / "ferry.md"
    return desk


def configure(place, tmp_path, line):
    (tmp_path / "briefcast.toml").write_text(PLAIN.replace('slug = "daily"\n', f'slug = "daily"\n{line}\n', 1))
    apply(load_newsroom(tmp_path / "briefcast.toml"), place)


def save(seat, place, words):
    """As the CMS does: the article, then whatever has it read."""
    seat.file.write_text(TEXT.format(words=words))
    seat.api.post("/v1/briefings", json={"article_ids": ["desk:ferry"]}).raise_for_status()
    work_off(place)


def press(seat, page, words):
    """Send the form of an open page whose button says so."""
    forms = re.findall(r'<form [^>]*action="([^"]*)"[^>]*>(.*?)</form>', page, re.DOTALL)
    action, form = next((action, form) for action, form in forms if f">{words}</button>" in form)
    fields = dict(re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)"', form))
    return seat.post(action, **fields)


def briefing_of(place):
    with place.database.reading() as session:
        return session.scalars(select(BriefingRow.id)).one()


def script(place):
    """Of what is live, empty where nothing is."""
    with place.database.reading() as session:
        live = session.scalars(select(BriefingRow)).one().heard
        return session.get_one(RevisionRow, live).script if live else {"segments": []}


def heard(place):
    """The written words that are live."""
    return " ".join(one["written"] for one in script(place)["segments"])


@pytest.mark.parametrize(("line", "words"), [("sign_off = true", "Approve"), ('publish = "hold"', "Publish")])
@pytest.mark.parametrize("whence", ["/desk", "/desk/briefings/{briefing}"])
def test_a_word_for_what_was_heard_is_none_for_what_took_its_place(seat, place, tmp_path, line, words, whence):
    # Given a finished story, which an editor hears on a page that stands open
    configure(place, tmp_path, line)
    save(seat, place, "spoke of")
    briefing = briefing_of(place)
    page = seat.get(whence.format(briefing=briefing)).text
    # When the CMS saves other words meanwhile, and the open page's button is pressed
    save(seat, place, "stole")
    answer = press(seat, page, words)
    # Then nothing goes live, and what waits now is shown with the reason
    work_off(place)
    assert heard(place) == ""
    assert answer.headers["location"] == f"/desk/briefings/{briefing}?told=revision_changed"
    shown = seat.get(answer.headers["location"]).text
    assert "another revision took its place meanwhile" in shown
    assert "stole" in shown
    # And a word for that one counts
    assert press(seat, shown, words).headers["location"].startswith(f"/desk/briefings/{briefing}?told=")
    work_off(place)
    assert "stole" in heard(place)


def test_a_page_asks_for_a_word_on_what_it_lets_hear_alone(seat, place, tmp_path):
    # Given a held story, another revision of which waits while the page shows the first
    configure(place, tmp_path, 'publish = "hold"')
    save(seat, place, "spoke of")
    briefing = briefing_of(place)
    here = f"/desk/briefings/{briefing}"
    save(seat, place, "stole")
    # When the page asks where it stands, or shows the first again / Then it leads to the newest, and has no button
    for path in (f"{here}/standing?seen=before&shown=1", f"{here}?revision=1"):
        page = seat.get(path).text
        assert ">Publish</button>" not in page, path
        assert f'<a href="{here}">Show it</a>' in page, path
    # And where the newest is shown, it has
    for path in (f"{here}/standing?seen=before&shown=2", here):
        assert ">Publish</button>" in seat.get(path).text, path


@pytest.mark.parametrize(("line", "what"), [("sign_off = true", "approve"), ('publish = "hold"', "publish")])
def test_by_the_api_a_word_may_name_the_revision(seat, place, tmp_path, line, what):
    # Given a held story in its second revision, and somebody who had no hand in it
    configure(place, tmp_path, line)
    save(seat, place, "spoke of")
    save(seat, place, "stole")
    with place.database.writing() as session:
        colleague = {"Authorization": f"Bearer {keys.create(session, 'eve', [Scope.PUBLISH], datetime.now(UTC))}"}
    # When they give their word for the first / Then it is refused, with the number of what is held
    there = f"/v1/briefings/{briefing_of(place)}/{what}"
    refused = seat.api.post(there, json={"revision": 1}, headers=colleague)
    assert (refused.status_code, refused.json()["code"]) == (409, "revision_changed")
    assert "revision 2 is held now" in refused.json()["detail"]
    # And for the second it counts
    assert seat.api.post(there, json={"revision": 2}, headers=colleague).status_code == 202
    work_off(place)
    assert "stole" in heard(place)


@pytest.mark.parametrize("words", ["Keep the change", "Say what is written now"])
def test_a_conflict_is_settled_for_the_words_that_were_shown(seat, place, words):
    # Given a paragraph that an editor changed, and the CMS's other words for it on a page that stands open
    save(seat, place, "spoke of")
    here = f"/desk/briefings/{briefing_of(place)}"
    segment = next(one["id"] for one in script(place)["segments"] if "spoke of" in one["written"])
    seat.post(f"{here}/segments/{segment}", spoken="They spoke of many ferries.", shown="", seen="")
    work_off(place)
    save(seat, place, "spoke at length of")
    page = seat.get(here).text
    assert "spoke at length of" in page
    # When it saves yet others, and the open page's button is pressed
    save(seat, place, "never spoke of")
    answer = press(seat, page, words)
    # Then nothing is settled, and the new words are shown with the reason
    assert answer.headers["location"] == f"{here}?told=override_changed"
    shown = seat.get(answer.headers["location"]).text
    assert "the article was saved meanwhile" in shown
    assert "never spoke of" in shown
    # And for those the button counts
    assert press(seat, shown, words).headers["location"].endswith("told=settled")
    work_off(place)
    assert "never spoke of" in heard(place)


@pytest.mark.parametrize("words", ["Make again from the article", "Correct the audio"])
def test_a_page_of_before_brings_nothing_back_that_was_withdrawn_since(seat, place, words):
    # Given a live story on a page that stands open, which a colleague withdraws
    save(seat, place, "spoke of")
    here = f"/desk/briefings/{briefing_of(place)}"
    page = seat.get(here).text
    segment = script(place)["segments"][0]["id"]
    seat.post(f"{here}/retract")
    # When the open page's buttons are pressed / Then nothing is made, and why is said
    pressed = press(seat, page, words)
    for answer in (pressed, seat.post(f"{here}/segments/{segment}/anew")):
        assert answer.headers["location"] == f"{here}?told=withdrawn_meanwhile"
    work_off(place)
    assert heard(place) == ""
    # And the page as it is now brings it back
    shown = seat.get(pressed.headers["location"]).text
    assert "it was withdrawn meanwhile" in shown
    press(seat, shown, "Make again from the article")
    work_off(place)
    assert "spoke of" in heard(place)


@pytest.mark.parametrize("what", [("schedule", "at"), ("embargo", "until")])
def test_a_time_that_is_over_is_a_slip_and_publishes_nothing(seat, place, tmp_path, what):
    configure(place, tmp_path, 'publish = "hold"')
    save(seat, place, "spoke of")
    seat.get(here := f"/desk/briefings/{briefing_of(place)}")
    path, field = f"{here}/{what[0]}", what[1]
    now = datetime.now(UTC)
    refused = seat.post(path, **{field: now.replace(year=now.year - 1, day=1).isoformat()})
    assert (refused.status_code, "is over. Nothing was done." in refused.text) == (422, True)
    work_off(place)
    assert heard(place) == ""
    assert seat.post(path, **{field: now.isoformat()}).status_code == 303, "what is typed for now takes a while"
