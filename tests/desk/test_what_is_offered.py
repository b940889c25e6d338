"""What the desk offers for what is held is what the API then does: nothing is offered that would be refused."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest

from briefing.podcasts.newsroom import load_newsroom
from briefing.states import StepKind
from tests.support.desk import add_user
from tests.support.newsroom import ARTICLE, PLAIN, work_off
from worker.installation.newsroom import apply
from worker.tasks import TASKS


@pytest.fixture
def seat(place, desk, tmp_path):
    """An editor's, with two articles to be narrated."""
    for name in ("ferry", "tram"):
        (tmp_path / "articles" / f"{name}.md").write_text(ARTICLE.replace("Ferry", name.title()))
    add_user(place, "ed", "editor")
    desk.sign_in("ed")
    return desk


def configure(place, tmp_path, line):
    """Apply the newsroom with one more setting of its first show."""
    (tmp_path / "briefcast.toml").write_text(PLAIN.replace('slug = "daily"\n', f'slug = "daily"\n{line}\n', 1))
    apply(load_newsroom(tmp_path / "briefcast.toml"), place)


def ask(seat, place, *articles):
    asked = seat.api.post("/v1/briefings", json={"article_ids": list(articles)}).raise_for_status()
    work_off(place)
    return asked.json()["id"]


def in_days(days):
    return datetime.now(UTC).replace(microsecond=0) + timedelta(days=days)


def shown(seat, path):
    """The page's own part, without its markup."""
    main = seat.get(path).text.partition("<main")[2]
    return " ".join(re.sub(r"<[^>]*>", " ", main).split())


def offers(seat, path):
    """The one button of each briefing on a page."""
    return [words.strip() for words in re.findall(r'id="fix-[^>]*>([^<]*)<', seat.get(path).text)]


def test_an_embargo_of_one_article_of_several_is_not_said_to_be_over(seat, place):
    # Given a briefing of two articles, one of which is under an embargo of its own
    until = in_days(30)
    seat.api.put("/v1/articles/desk/tram/audio", json={"embargo_until": until.isoformat()}).raise_for_status()
    briefing = ask(seat, place, "desk:ferry", "desk:tram")
    here = f"/desk/briefings/{briefing}"
    # When an editor looks / Then no button would end it, and she is led to the article that it is of
    page = shown(seat, here)
    assert "Its article desk:tram is under an embargo of its own" in page
    assert "End the embargo" not in page
    # And whoever ends it all the same, or names an earlier time, is told whose it is, and that nothing has changed
    for fields in ({"end": "yes"}, {"until": in_days(3).isoformat()}):
        answer = seat.post(f"{here}/embargo", **fields)
        assert answer.status_code == 409, answer.headers.get("location")
        assert "its article desk:tram is under an embargo of its own until" in answer.text
    told = seat.api.get(f"/v1/briefings/{briefing}").json()
    assert (datetime.fromisoformat(told["embargo_until"]), told["state"]) == (until, "held")
    # And a later one may be set, and taken back to the article's
    later = in_days(40)
    for wanted in (later, until):
        assert seat.post(f"{here}/embargo", until=wanted.isoformat()).headers["location"].endswith("told=embargoed")
        told = seat.api.get(f"/v1/briefings/{briefing}").json()
        assert datetime.fromisoformat(told["embargo_until"]) == wanted
    # And on the page of the article's own story it is ended
    story = ask(seat, place, "desk:tram")
    assert seat.post(f"/desk/briefings/{story}/embargo", end="yes").headers["location"].endswith("told=embargo_ended")
    assert seat.api.get(f"/v1/briefings/{story}").json()["embargo_until"] is None


def test_whoever_made_it_is_told_that_another_must_approve(seat, place, tmp_path):
    # Given a story of a show where a second person approves, which an editor has had made
    configure(place, tmp_path, "sign_off = true")
    asked = seat.post("/desk/ask", article="desk:ferry").headers["location"]
    briefing = asked.partition("/desk/briefings/")[2][:16]
    work_off(place)
    # When she looks, in the lists and on its page / Then no button is offered that would be refused
    for path in ("/desk", f"/desk/briefings/{briefing}", "/desk?q=desk:ferry"):
        page = shown(seat, path)
        assert offers(seat, path) == [], path
        assert "somebody else has to give it, since you had a hand in this edition" in page, path
    assert seat.post(f"/desk/briefings/{briefing}/approve").status_code == 403
    # When a colleague looks / Then one is offered, and does it
    add_user(place, "boris", "editor")
    seat.client.cookies.clear()
    seat.get("/desk/sign-in")
    seat.sign_in("boris")
    for path in ("/desk", f"/desk/briefings/{briefing}", "/desk?q=desk:ferry"):
        assert offers(seat, path) == ["Approve"], path
        assert "a hand in" not in shown(seat, path), path
    assert seat.post(f"/desk/briefings/{briefing}/approve").headers["location"].endswith("told=approved")


def test_lists_offer_what_the_list_of_names_lets_do_now(seat, place, tmp_path):
    # Given a finished story that an editor holds, and one that only waits to be published
    kept = seat.api.post("/v1/briefings", json={"article_ids": ["desk:ferry"]}).json()["id"]
    seat.api.post(f"/v1/briefings/{kept}/hold").raise_for_status()
    work_off(place)
    publish = TASKS.pop(StepKind.PUBLISH)
    try:
        stopped = ask(seat, place, "desk:tram")
    finally:
        TASKS[StepKind.PUBLISH] = publish
    assert offers(seat, "/desk") == ["Publish, though tests holds it"]
    # When a name in them is forbidden / Then the lists offer no publishing that would be refused: they lead to the words
    configure(place, tmp_path, 'never_speak = ["harbour board"]')
    work_off(place)
    assert offers(seat, "/desk") == ["Look at it", "Look at the words"]
    for briefing in (kept, stopped):
        assert seat.post(f"/desk/briefings/{briefing}/publish").status_code == 409
        assert "holds a name that must not be spoken" in shown(seat, f"/desk/briefings/{briefing}")
    # When it may be spoken again, and another may not / Then what was found then is told as that
    configure(place, tmp_path, 'never_speak = ["Nobody Else"]')
    assert offers(seat, "/desk") == ["Look at it", "Look at the words"]
    assert "held a name that must not be spoken when it was last looked through" in shown(seat, "/desk")
    assert offers(seat, f"/desk/briefings/{kept}") == ["Publish, though tests holds it"]
    assert offers(seat, f"/desk/briefings/{stopped}") == ["Publish"]
    # And with no list at all the lists offer what the pages do
    configure(place, tmp_path, "")
    assert offers(seat, "/desk") == ["Publish, though tests holds it", "Publish"]
    assert seat.post(f"/desk/briefings/{stopped}/publish").status_code == 303
