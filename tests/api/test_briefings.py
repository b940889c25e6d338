from __future__ import annotations

import json
import re
import sqlite3
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest

from briefing.accounts import keys
from briefing.accounts.keys import Scope
from briefing.models import RevisionRow
from briefing.pronunciations.lexicon import make_entry
from briefing.pronunciations.lexicons import put_entry
from tests.support.client import client_of, make_key
from tests.support.newsroom import ARTICLE, work_off


def ask(client, *ids, headers=None, **fields):
    return client.post("/v1/briefings", json={"article_ids": list(ids) or ["desk:ferry"], **fields}, headers=headers)


def test_a_request_is_recorded_and_answered_at_once(client):
    answer = ask(client)
    assert answer.status_code == 202
    body = answer.json()
    assert (body["state"], body["kind"], body["show"], body["articles"]) == (
        "preparing",
        "story",
        "daily",
        ["desk:ferry"],
    )
    assert body["revision"]["progress"] == {"steps_done": 0, "steps_total": None, "audio_s": 0.0}
    assert body["live"] is None
    assert answer.headers["location"] == body["links"]["self"]
    assert client.get(answer.headers["location"]).json() == body


def test_an_id_alone_needs_one_source(client):
    problem = ask(client, "ferry").json()
    assert problem["code"] == "ambiguous_article_id"


def test_progress_and_result(client, place):
    link = ask(client).json()["links"]["self"]
    work_off(place)
    body = client.get(link).json()
    assert body["state"] == "live"
    assert body["revision"]["progress"]["steps_done"] == body["revision"]["progress"]["steps_total"] == 8
    assert body["revision"]["words"] > 30
    assert body["live"]["duration_s"] > body["revision"]["progress"]["audio_s"] > 0
    assert client.get(body["live"]["url"]).status_code == 200
    # When it is asked for again and nothing has changed / Then what is live counts
    assert ask(client).status_code == 202
    work_off(place)
    assert client.get(link).json() == body


def test_words_that_the_engine_guesses_are_listed(client, place, tmp_path):
    (tmp_path / "articles" / "ferry.md").write_text(
        ARTICLE.replace("Crews", "Vlenk’s crews").replace("harbour", "Vlenk")
    )
    link = ask(client).json()["links"]["self"]
    assert client.get(link).json()["revision"]["unknown_words"] is None, "not known before the script is"
    work_off(place)
    (found,) = client.get(link).json()["revision"]["unknown_words"]
    script = {segment["id"]: segment["written"] for segment in client.get(f"{link}/script").json()["segments"]}
    assert (found["word"], found["count"]) == ("Vlenk", 2)
    assert all("Vlenk" in script[segment] for segment in found["segments"])
    # When an editor says how it is said / Then regenerating speaks what it is in, and nothing is left to check
    with place.database.writing() as session:
        put_entry(session, None, make_entry({"written": "Vlenk", "kind": "alias", "value": "Flenk"}), datetime.now(UTC))
    assert client.post(f"{link}/regenerate", json={}).status_code == 202
    work_off(place)
    revision = client.get(link).json()["revision"]
    assert (revision["unknown_words"], revision["takes_reused"]) == ([], 3)
    spoken = client.get(f"{link}/script").json()["segments"]
    assert sum(segment["spoken"].count("Flenk") for segment in spoken) == 2


def test_the_script_lists_every_segment_with_its_place(client, place):
    link = ask(client).json()["links"]["self"]
    assert client.get(f"{link}/script").status_code == 404
    work_off(place)
    script = client.get(f"{link}/script").json()
    assert [segment["role"] for segment in script["segments"]] == ["headline", "disclosure", "body", "body", "body"]
    assert script["segments"][-1]["spoken"].endswith("November twentieth.")
    times = [time for segment in script["segments"] for time in (segment["start_s"], segment["end_s"])]
    assert times == sorted(times)
    assert times[-1] < script["duration_s"]


def test_events_follow_to_the_end(client, place):
    link = ask(client).json()["links"]["events"]
    with ThreadPoolExecutor(1) as pool:
        working = pool.submit(work_off, place)
        with client.stream("GET", link) as stream:
            assert stream.headers["content-type"].startswith("text/event-stream")
            events = [json.loads(line[6:]) for line in stream.iter_lines() if line.startswith("data: ")]
        working.result()
    assert events[-1]["state"] == "live"
    done = [event["revision"]["progress"]["steps_done"] for event in events]
    assert done == sorted(done)


def test_twenty_equal_requests_at_once_make_one_revision(client, place):
    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(lambda _: ask(client), range(20)))
    assert len({(answer.json()["id"], answer.json()["revision"]["number"]) for answer in answers}) == 1
    assert sorted(answer.status_code for answer in answers) == [200] * 19 + [202]
    with place.database.reading() as session:
        assert session.query(RevisionRow).count() == 1


def test_regenerate_speaks_only_what_changed(client, place, tmp_path):
    link = ask(client).json()["links"]["self"]
    work_off(place)
    (tmp_path / "articles" / "ferry.md").write_text(ARTICLE.replace("four days", "five days"))
    answer = client.post(f"{link}/regenerate")
    assert answer.status_code == 202
    assert answer.json()["live"]["revision"] == 1, "the old audio plays meanwhile"
    work_off(place)
    body = client.get(link).json()
    assert (body["live"]["revision"], body["revision"]["takes_reused"]) == (2, 4)


def test_regenerate_knows_its_segments_and_voices(client, place):
    link = ask(client).json()["links"]["self"]
    work_off(place)
    assert client.post(f"{link}/regenerate", json={"segments": ["0" * 16]}).json()["code"] == "unknown_segment"
    assert client.post(f"{link}/regenerate", json={"voice": "nobody"}).json()["code"] == "unknown_voice"
    assert client.post("/v1/briefings/0000000000000000/regenerate", json={}).json()["code"] == "unknown_briefing"


def test_what_is_held_is_published_by_an_editor(client, place):
    link = ask(client, "slow:ferry").json()["links"]["self"]
    assert client.post(f"{link}/publish").json()["code"] == "not_held"
    work_off(place)
    assert client.get(link).json()["state"] == "held"
    assert client.get("/v1/articles/slow/ferry/audio").status_code == 404
    ask(client, "slow:ferry")
    assert client.post(f"{link}/publish").status_code == 202, "also while the article is being looked at again"
    work_off(place)
    assert client.get(link).json()["live"]["revision"] == 1
    assert client.get("/v1/articles/slow/ferry/audio").status_code == 200


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"article_ids": ["desk:ferry"], "voice": "nobody"}, 422, "unknown_voice"),
        ({"article_ids": ["desk:ferry"], "show": "nothing"}, 422, "unknown_show"),
        ({"article_ids": ["nowhere:ferry"]}, 422, "unknown_source"),
        ({"article_ids": ["desk:../etc"]}, 422, "bad_article_id"),
        ({"article_ids": ["a b"]}, 422, "bad_article_id"),
        ({"article_ids": ["https://other.example/a"]}, 422, "address_refused"),
        ({"article_ids": ["https://user:pw@news.example/a"]}, 422, "address_refused"),
        ({"article_ids": ["desk:ferry"] * 51}, 422, "too_many_articles"),
        ({"article_ids": []}, 422, "invalid_request"),
        ({"article_ids": ["desk:ferry", "desk:other"], "kind": "story"}, 422, "invalid_request"),
        ({"article_ids": ["desk:ferry"], "colour": "red"}, 422, "invalid_request"),
        ({}, 422, "invalid_request"),
        ({"article_ids": ["desk:ferry"], "show": "\ud800"}, 422, "invalid_request"),
        ({"article_ids": ["https://news.example/\ud83d"]}, 422, "invalid_request"),
        ({"article_ids": ["https://news.example/" + "a" * 3000]}, 422, "address_refused"),
    ],
)
def test_faulty_requests_are_problems_at_once(client, body, status, code):
    content = json.dumps(body)  # httpx would not send half a surrogate pair, others do
    answer = client.post("/v1/briefings", content=content, headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.headers["content-type"] == "application/problem+json"
    assert {"type", "title", "status", "detail", "code", "hint"} == set(answer.json())


def test_an_address_of_an_allowed_host_names_an_article(client):
    first = ask(client, "https://www.news.example/a?utm_source=x").json()
    assert first["articles"][0].startswith("site:")
    assert ask(client, "https://WWW.news.example/a#top").json()["id"] == first["id"]


@pytest.mark.parametrize(
    ("content", "code"),
    [(None, "article_not_found"), ("# Only a title\n", "article_empty"), ("word " * 30_000, "article_too_long")],
)
def test_faulty_articles_show_as_the_failed_revisions_error(client, place, tmp_path, content, code):
    path = tmp_path / "articles" / "bad.md"
    if content is not None:
        path.write_text(content)
    link = ask(client, "desk:bad").json()["links"]["self"]
    work_off(place)
    body = client.get(link).json()
    assert (body["state"], body["revision"]["error"]["code"]) == ("failed", code)
    assert body["revision"]["error"]["hint"]


def test_an_idempotency_key_repeats_the_answer(client, place):
    headers = {"Idempotency-Key": "one"}
    first = ask(client, headers=headers)
    work_off(place)
    again = ask(client, headers=headers)
    assert (first.status_code, again.status_code) == (202, 202)
    assert again.json()["id"] == first.json()["id"]
    other = ask(client, headers=headers, voice="joe")
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
    with place.database.reading() as session:
        assert session.query(RevisionRow).count() == 1


@pytest.mark.parametrize(
    ("method", "path", "scope"),
    [
        ("POST", "/v1/briefings", "generate"),
        ("POST", "/v1/briefings/{id}/regenerate", "generate"),
        ("POST", "/v1/briefings/{id}/publish", "publish"),
        ("GET", "/v1/briefings/{id}", "read"),
        ("GET", "/v1/briefings/{id}/script", "read"),
        ("GET", "/v1/briefings/{id}/events", "read"),
        ("GET", "/v1/voices", "read"),
    ],
)
def test_every_route_demands_its_scope(client, place, method, path, scope):
    path = path.format(id=ask(client).json()["id"])
    body = {"article_ids": ["desk:ferry"]} if path == "/v1/briefings" else {}
    work_off(place)

    def code(headers):
        answer = client.request(method, path, json=body if method == "POST" else None, headers=headers)
        return answer.json()["code"] if answer.status_code in {401, 403} else "let in"

    client.headers.pop("Authorization")
    assert code({}) == "missing_key"
    assert code({"Authorization": "Bearer bc_00000000_nonsense"}) == "bad_key"
    for other in Scope:
        allowed = other.value in {scope, "admin"}
        assert code({"Authorization": f"Bearer {make_key(place, other)}"}) == ("let in" if allowed else "scope_missing")


def test_an_expired_key_is_refused(client, place):
    with place.database.writing() as session:
        key = keys.create(session, "old", [Scope.ADMIN], datetime.now(UTC), datetime(2020, 1, 1, tzinfo=UTC))
    assert client.get("/v1/voices", headers={"Authorization": f"Bearer {key}"}).json()["code"] == "bad_key"


def test_a_database_that_is_away_is_a_503_with_a_date(client, place):
    # Given a folder where the database was / When something is asked / Then the answer says to come again
    file = place.data.data / "briefcast.db"
    for path in place.data.data.glob("briefcast.db*"):
        path.rename(path.with_name(f"gone-{path.name}"))
    file.mkdir()
    client.app.state.context.database.dispose()
    answer = client.get("/v1/briefings/0000000000000000")
    assert (answer.status_code, answer.json()["code"]) == (503, "database_unavailable")
    assert int(answer.headers["retry-after"]) > 0
    assert client.get("/readyz").json()["database"] == "unavailable"
    # When it is back / Then so are we
    file.rmdir()
    for path in place.data.data.glob("gone-*"):
        path.rename(path.with_name(path.name.removeprefix("gone-")))
    assert client.get("/v1/briefings/0000000000000000").json()["code"] == "unknown_briefing"


def test_a_bug_is_a_problem_without_a_trace(client, monkeypatch):
    monkeypatch.setattr("api.views.briefing", lambda *_: 1 / 0)
    answer = ask(client)
    assert (answer.status_code, answer.json()["code"]) == (500, "internal_error")
    assert "ZeroDivision" not in answer.text


def test_bodies_are_bounded(client):
    answer = client.post("/v1/briefings", content=b"x" * 1_000_001, headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["code"]) == (413, "request_too_large")

    def endless():
        for _ in range(200):
            yield b"x" * 10_000

    assert client.post("/v1/briefings", content=endless()).status_code == 413


def test_the_docs_work_without_the_outside_world(client):
    page = client.get("/docs")
    assert "http" not in page.text.replace("https://", "http://").split("<noscript>")[0].split("<body>")[1]
    assert client.get("/docs/assets/swagger-ui-bundle.js").status_code == 200
    described = client.get("/openapi.json").json()
    assert described["paths"]["/v1/briefings"]["post"]["responses"].keys() >= {"200", "202", "401", "403", "422"}
    assert described["components"]["schemas"]["BriefingRequest"]["properties"]["article_ids"]["examples"]


def test_the_description_holds_together_and_promises_problems(client):
    described = client.get("/openapi.json").json()
    schemas = described["components"]["schemas"]
    named = set(re.findall(r'"#/components/schemas/(\w+)"', json.dumps(described)))
    assert named <= set(schemas)
    assert "HTTPValidationError" not in schemas
    for path in described["paths"].values():
        for operation in path.values():
            for status, answer in operation["responses"].items():
                if status == "default" or int(status) >= 400:
                    assert set(answer.get("content", {"application/problem+json": {}})) == {"application/problem+json"}


def test_an_article_is_addressed_by_its_home_show_alone(client, place):
    assert "embed" in ask(client).json()["links"]
    assert "embed" not in ask(client, show="held").json()["links"]


@pytest.fixture
def patient(monkeypatch):
    """An API that waits for the database for longer than any client of these tests waits for the API."""
    monkeypatch.setattr("api.context._BUSY_S", 90.0)


def test_a_busy_database_keeps_no_reader_waiting(patient, client, place):
    # Given a writer that holds the database's lock, and more requests than there are threads
    ask(client)
    work_off(place)
    audio = client.get("/v1/articles/desk/ferry/audio").json()["url"]
    waiting = sqlite3.connect(place.data.data / "briefcast.db", isolation_level=None)
    waiting.execute("BEGIN IMMEDIATE")
    with ThreadPoolExecutor(60) as pool:
        asked = [pool.submit(client.get, "/readyz", timeout=120) for _ in range(60)]
        time.sleep(0.5)
        # Then what readers fetch, and the sign of life, are answered while the others wait
        assert client.get("/livez").status_code == 200
        assert client.get(audio, headers={"Range": "bytes=0-99"}).status_code == 206
        assert client.get("/shows/daily/feed.xml").status_code == 200
        assert not all(answer.done() for answer in asked)
        waiting.execute("ROLLBACK")
        waiting.close()
        assert {answer.result().status_code for answer in asked} <= {200, 503}


def test_reading_does_not_need_writing(client, place):
    # Given a key that is used for the first time while nothing can be written / Then what it reads is there
    link = ask(client).json()["links"]["self"]
    key = make_key(place, "read")
    waiting = sqlite3.connect(place.data.data / "briefcast.db", isolation_level=None)
    waiting.execute("BEGIN IMMEDIATE")
    assert client.get(link, headers={"Authorization": f"Bearer {key}"}).status_code == 200
    waiting.close()


def test_only_read_scope_sees_unpublished_briefings(place, tmp_path):
    (tmp_path / "articles" / "ferry.md").write_text(ARTICLE)
    with client_of(place, "generate") as client:
        link = ask(client).json()["links"]["self"]
        assert client.get(link).json()["code"] == "scope_missing"
