"""What is asked for once more by one Idempotency-Key, where it is no briefing: respeaks, lists, estimates, listeners."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest

from briefing.models import EstimateRow, RespeakRow
from tests.support.stories import desk_of, published_stories

MAKIIVKA = {"written": "Makiivka", "language": "en", "spoken": "Makee-yivka", "confirm_cost": True}
LIST = {"content": "written,spoken\nMakiivka,Makee-yivka\nboard,bored\n", "language": "en", "confirm_cost": True}
KEY = {"Idempotency-Key": "once"}


@pytest.fixture(scope="module")
def published(tmp_path_factory):
    with published_stories(tmp_path_factory) as published:
        yield published


@pytest.fixture
def desk(published, tmp_path):
    with desk_of(published, tmp_path) as desk:
        yield desk


def entries(desk):
    return {
        entry["written"]: entry["value"] for entry in desk.get("/v1/lexicon/entries").json() if entry["show"] is None
    }


def rows(desk, kind):
    with desk.place.database.reading() as session:
        return session.query(kind).count()


@pytest.mark.parametrize(
    ("path", "body"), [("/v1/lexicon/respeaks", MAKIIVKA), ("/v1/lexicon/imports/respeaks", LIST)], ids=["word", "list"]
)
@pytest.mark.parametrize("headers", [KEY, {}], ids=["by its key", "while it is under way"])
def test_a_respeak_sent_twice_is_one_and_is_taken_back_as_one(desk, path, body, headers):
    before = entries(desk)
    first, second = (desk.post(path, json=body, headers=headers).raise_for_status() for _ in range(2))
    assert second.json()["id"] == first.json()["id"]
    assert (second.json()["total"], second.headers["location"]) == (first.json()["total"], first.headers["location"])
    assert rows(desk, RespeakRow) == 1
    # And whichever answer is followed, what it did is taken back
    assert desk.post(f"/v1/lexicon/respeaks/{second.json()['id']}/undo").status_code == 202
    assert entries(desk) == before


def test_a_key_of_a_respeak_is_for_no_other(desk):
    desk.post("/v1/lexicon/respeaks", json=MAKIIVKA, headers=KEY).raise_for_status()
    for path, body in (
        ("/v1/lexicon/respeaks", MAKIIVKA | {"spoken": "Makee"}),
        ("/v1/lexicon/imports/respeaks", LIST),
        ("/v1/estimates", {"article_ids": ["desk:ferry"]}),
        ("/v1/briefings", {"article_ids": ["desk:ferry"]}),
        ("/v1/shows/daily/listeners", {"name": "Ann"}),
    ):
        answer = desk.post(path, json=body, headers=KEY)
        assert (answer.status_code, answer.json()["code"]) == (422, "idempotency_key_reused"), path


def test_an_estimate_sent_twice_is_measured_once(desk):
    answers = [desk.post("/v1/estimates", json={"article_ids": ["desk:ferry"]}, headers=KEY) for _ in range(2)]
    assert {answer.status_code for answer in answers} == {202}
    assert (len({answer.json()["id"] for answer in answers}), rows(desk, EstimateRow)) == (1, 1)


def test_a_listener_sent_twice_is_one_whose_last_address_counts(desk):
    answers = [desk.post("/v1/shows/daily/listeners", json={"name": "Ann"}, headers=KEY) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert desk.get("/v1/shows/daily/listeners").json()["total"] == 1
    lost, kept = (urlsplit(answer.json()["feed"]).path for answer in answers)
    assert desk.get(lost).status_code == 404
    assert desk.get(kept).status_code != 404
    # And of one who was revoked since, no address is given anew
    desk.delete(f"/v1/shows/daily/listeners/{answers[0].json()['id']}").raise_for_status()
    answer = desk.post("/v1/shows/daily/listeners", json={"name": "Ann"}, headers=KEY)
    assert (answer.status_code, answer.json()["code"]) == (404, "unknown_listener")
