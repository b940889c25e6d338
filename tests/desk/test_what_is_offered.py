"""What the desk offers for what is held is what the API then does: nothing is offered that would be refused."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest

from tests.support.desk import add_user
from tests.support.newsroom import ARTICLE, work_off


@pytest.fixture
def seat(place, desk, tmp_path):
    """An editor's, with two articles to be narrated."""
    for name in ("ferry", "tram"):
        (tmp_path / "articles" / f"{name}.md").write_text(ARTICLE.replace("Ferry", name.title()))
    add_user(place, "ed", "editor")
    desk.sign_in("ed")
    return desk


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
