"""Values that nobody means, and that some databases or calendars do not take: refused by name, never a 500."""

from __future__ import annotations

import pytest

from tests.support.newsroom import work_off


def code(answer):
    return answer.status_code, answer.json()["code"]


@pytest.mark.parametrize("moment", ["9999-12-31T23:59:59-12:00", "0001-01-01T00:00:00+12:00"])
def test_a_moment_beyond_the_calendar_is_refused(client, place, moment):
    briefing = client.post("/v1/briefings", json={"article_ids": ["desk:ferry"]}).json()["id"]
    for method, path, body in (
        ("POST", f"/v1/briefings/{briefing}/schedule", {"at": moment}),
        ("POST", "/v1/briefings", {"article_ids": ["desk:ferry"], "embargo_until": moment}),
        ("PUT", "/v1/articles/desk/ferry/audio", {"embargo_until": moment}),
    ):
        assert code(client.request(method, path, json=body)) == (422, "invalid_request"), path


def test_a_name_with_a_control_is_refused(client, place):
    briefing = client.post("/v1/briefings", json={"article_ids": ["desk:ferry"]}).json()["id"]
    for path, body in (
        ("/v1/shows/daily/listeners", {"name": "a\0b"}),
        (f"/v1/briefings/{briefing}/links", {"action": "listen", "recipient": "a\nb"}),
    ):
        assert code(client.post(path, json=body)) == (422, "invalid_request"), path


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PUT", "/v1/articles/desk/ferry/audio", {"confirm_cost": "yes"}),
        ("POST", "/v1/lexicon/respeaks", {"written": "ferry", "spoken": "x", "confirm_cost": "yes"}),
        ("POST", "/v1/lexicon/imports/respeaks", {"content": "written,spoken\na,b\n", "confirm_cost": 1}),
        ("POST", "/v1/lexicon/radius", {"written": "ferry", "spoken": "x", "remove": "no"}),
        ("PUT", "/v1/lexicon/entries", {"written": "ferry", "spoken": "x", "case_sensitive": "no"}),
    ],
)
def test_what_is_yes_or_no_is_true_or_false_everywhere(client, method, path, body):
    assert code(client.request(method, path, json=body)) == (422, "invalid_request")


def test_a_script_that_is_not_written_is_told_alike_and_a_take_is_not_sent_twice(client, place):
    briefing = client.post("/v1/briefings", json={"article_ids": ["desk:ferry"]}).json()["id"]
    told = {code(client.get(f"/v1/briefings/{briefing}/{what}")) for what in ("script", "segments")}
    assert told == {(404, "unknown_revision")}
    work_off(place)
    segments = client.get(f"/v1/briefings/{briefing}/segments").json()["segments"]
    address = next(take["url"] if isinstance(take, dict) else take for one in segments for take in one["takes"])
    first = client.get(address).raise_for_status()
    again = client.get(address, headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
