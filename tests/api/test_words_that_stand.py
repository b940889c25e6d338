"""A hold or a time whose edition never came: it stands for the next, is told of, and can be taken back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tests.support.desk import add_user, seat_at
from tests.support.newsroom import ARTICLE, work_off


@pytest.fixture
def seat(client, place):
    add_user(place, "ed", "editor")
    with seat_at(str(client.base_url)) as seat:
        seat.get("/desk/sign-in")
        seat.sign_in("ed")
        yield seat


def told(client, briefing):
    """What is said of the next edition: reasons, and when."""
    shown = client.get(f"/v1/briefings/{briefing}").json()
    return [one["reason"] for one in shown["held_by"]], shown["scheduled_at"]


def ask(client, place, show, **fields):
    body = {"article_ids": ["desk:ferry"], "show": show}
    asked = client.post("/v1/briefings", json=body).raise_for_status().json()["id"]
    for what, sent in fields.items():
        client.post(f"/v1/briefings/{asked}/{what}", json=sent).raise_for_status()
    work_off(place)
    return asked


def state(client, briefing):
    return client.get(f"/v1/briefings/{briefing}").json()["state"]


def test_a_time_outlives_what_failed_in_sight_and_can_be_taken_back(client, place, tmp_path, seat):
    # Given a show that holds everything, and a time that was set for a story which failed before it
    article = tmp_path / "articles" / "ferry.md"
    article.write_text("")
    at = datetime.now(UTC).replace(microsecond=0) + timedelta(days=1)
    briefing = ask(client, place, "held", schedule={"at": at.isoformat()})
    here = f"/v1/briefings/{briefing}"
    # Then it is told by the API and at the desk
    assert state(client, briefing) == "failed"
    reasons, when = told(client, briefing)
    assert (reasons, datetime.fromisoformat(when)) == (["schedule"], at)
    page = seat.get(f"/desk/briefings/{briefing}").text
    assert "whatever is made next of it goes live then" in page
    assert ">Take the time back</button>" in page
    # When it has passed / Then it still is, though there is nothing left to wait for
    client.post(f"{here}/schedule", json={"at": (at - timedelta(days=2)).isoformat()}).raise_for_status()
    assert told(client, briefing)[0] == []
    assert datetime.fromisoformat(told(client, briefing)[1]) == at - timedelta(days=2)
    # When it is taken back at the desk / Then whatever is made next waits for an editor, as is said there
    assert seat.post(f"/desk/briefings/{briefing}/unschedule").headers["location"].endswith("told=unscheduled")
    assert told(client, briefing) == (["editor"], None)
    assert "ed holds it: whatever is made next of it waits" in seat.get(f"/desk/briefings/{briefing}").text
    article.write_text(ARTICLE)
    client.put("/v1/articles/desk/ferry/audio", json={"show": "held"}).raise_for_status()
    work_off(place)
    assert state(client, briefing) == "held"


def test_a_hold_outlives_what_brought_nothing_new_in_sight_and_can_be_taken_back(client, place, tmp_path, seat):
    # Given a story that is live, and a hold of what turned out to say the same
    (tmp_path / "articles" / "ferry.md").write_text(ARTICLE)
    briefing = ask(client, place, "daily")
    assert told(client, briefing) == ([], None)
    assert ask(client, place, "daily", hold=None) == briefing
    assert state(client, briefing) == "live"
    # Then it is told by the API and at the desk
    assert told(client, briefing) == (["editor"], None)
    page = seat.get(f"/desk/briefings/{briefing}").text
    assert "tests holds it: whatever is made next of it waits" in page
    assert ">Hold it no longer</button>" in page
    # And it does what is said: the next edition waits
    (tmp_path / "articles" / "ferry.md").write_text(ARTICLE.replace("Monday", "Tuesday"))
    ask(client, place, "daily")
    assert state(client, briefing) == "held"


def test_a_hold_of_nothing_that_pends_is_taken_back(client, place, tmp_path, seat):
    (tmp_path / "articles" / "ferry.md").write_text(ARTICLE)
    briefing = ask(client, place, "daily")
    ask(client, place, "daily", hold=None)
    # When the hold is taken back at the desk / Then nothing is told any more, and the next edition goes live
    assert seat.post(f"/desk/briefings/{briefing}/unhold").headers["location"].endswith("told=unheld")
    assert told(client, briefing) == ([], None)
    assert "whatever is made next" not in seat.get(f"/desk/briefings/{briefing}").text
    assert client.delete(f"/v1/briefings/{briefing}/hold").json()["code"] == "not_held"
    assert client.post(f"/v1/briefings/{briefing}/hold").json()["code"] == "nothing_to_hold"
    (tmp_path / "articles" / "ferry.md").write_text(ARTICLE.replace("Monday", "Tuesday"))
    ask(client, place, "daily")
    shown = client.get(f"/v1/briefings/{briefing}").json()
    assert (shown["state"], shown["live"]["revision"]) == ("live", 3)
