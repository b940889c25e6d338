"""The same request sent twice by one Idempotency-Key is one request, even when the server dies before it answers (F22)."""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from urllib.parse import urlsplit

import httpx
import pytest
from sqlalchemy import text

from briefing.accounts import audit
from briefing.accounts.audit import Question
from briefing.models import AuditRow, RevisionRow
from tests.support.client import make_key
from tests.support.newsroom import ARTICLE, work_off
from tests.support.processes import ROOT, alive, running, wait_for


def ask(client, key, article="desk:ferry"):
    return client.post("/v1/briefings", json={"article_ids": [article]}, headers={"Idempotency-Key": key})


def revisions(place):
    with place.database.reading() as session:
        return session.query(RevisionRow).count()


def test_regenerating_and_publishing_are_repeated_safely_too(client, place):
    briefing = ask(client, "1", "slow:ferry").json()["id"]
    work_off(place)
    # Given what is held, published twice by one key / Then it is published once, and the second is told the same
    path = f"/v1/briefings/{briefing}"
    published = [client.post(f"{path}/publish", headers={"Idempotency-Key": "2"}) for _ in range(2)]
    assert [answer.status_code for answer in published] == [202, 202]
    assert published[1].json()["revision"]["number"] == 1
    work_off(place)
    # And regenerated twice by one key, be it hours apart / Then it is made once
    first = client.post(f"{path}/regenerate", headers={"Idempotency-Key": "3"}, json={"refetch": False})
    work_off(place)
    second = client.post(f"{path}/regenerate", headers={"Idempotency-Key": "3"}, json={"refetch": False})
    assert (first.status_code, second.status_code) == (202, 202)
    assert second.json()["revision"]["number"] == 2
    assert revisions(place) == 2


def test_processes_of_before_find_what_this_one_answered_and_the_other_way_round(client, place):
    # Given answers by two keys / Then the row has them in the column that the last release reads and writes
    first, second = (
        ask(client, key, article).json()["id"] for key, article in (("1", "desk:ferry"), ("2", "slow:ferry"))
    )
    with place.database.writing() as session:
        found = dict(session.execute(text("SELECT idempotency_key, briefing_id FROM idempotency")).all())
        assert found == {"1": first, "2": second}
        # And what such a process wrote there is answered here
        session.execute(text("UPDATE idempotency SET briefing_id = :it WHERE idempotency_key = '2'"), {"it": first})
    assert ask(client, "2", "slow:ferry").json()["id"] == first


def test_a_key_is_for_one_request(client):
    briefing = ask(client, "1").json()["id"]
    path = f"/v1/briefings/{briefing}"
    used = {"Idempotency-Key": "1"}
    for other in (
        ask(client, "1", "slow:ferry"),
        client.post(f"{path}/regenerate", headers=used),
        client.post(f"{path}/regenerate", headers=used, json={"refetch": False}),
    ):
        assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")


@pytest.mark.parametrize("key", ["", "a" * 256, "\xe9"])
def test_what_is_no_key_is_refused(client, key):
    answer = client.post(
        "/v1/briefings", json={"article_ids": ["desk:ferry"]}, headers={"Idempotency-Key": key.encode("latin-1")}
    )
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")


def test_the_same_at_the_same_time_is_one_and_none_is_told_to_wait(client, place):
    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(lambda _: ask(client, "1"), range(20)))
    assert {answer.status_code for answer in answers} == {202}
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert revisions(place) == 1


def test_every_change_is_written_down_once_with_whoever_made_it(client, place):
    briefing = ask(client, "1", "slow:ferry").json()["id"]
    ask(client, "1", "slow:ferry")
    work_off(place)
    client.post(f"/v1/briefings/{briefing}/publish")
    client.post(f"/v1/briefings/{briefing}/publish")  # nothing held any more
    client.post("/v1/briefings", json={"article_ids": ["desk:ferry"], "voice": "nobody"})
    client.get(f"/v1/briefings/{briefing}")
    client.post("/v1/jingles", params={"name": "morning", "part": "intro"}, content=b"RIFF")
    client.delete("/v1/jingles/morning/intro")
    key_id = client.headers["authorization"].split("_")[1]
    with place.database.reading() as session:
        told = [(row.action, row.briefing, row.revision, row.detail) for row in audit.page(session, Question())[0]]
        assert {(row.key_id, row.by) for row in audit.page(session, Question())[0]} == {(key_id, "tests")}
        assert session.query(AuditRow).count() == 4
    assert told == [
        ("jingle_remove", None, None, "morning/intro"),
        ("jingle_upload", None, None, "morning/intro"),
        ("publish", briefing, 1, ""),
        ("ask", briefing, 1, ""),
    ]


# --- a server that dies -------------------------------------------------------------------------------------------------


@contextmanager
def dying_server(place, tmp_path):
    """A server that dies at POSTs while the flag is there, and comes back; yields a client of it, and whether it answers."""
    address = place.public.public_url
    port = str(urlsplit(address).port)
    command = [sys.executable, "-m", "tests.support.dying_api", port, str(tmp_path / "flag")]
    headers = {"Authorization": f"Bearer {make_key(place)}"}
    with (
        running(command, tmp_path / "api.log", PYTHONPATH=str(ROOT)),
        httpx.Client(base_url=address, headers=headers, trust_env=False, timeout=60) as client,
    ):

        def answers():
            try:
                return client.get("/livez").status_code == 200
            except httpx.TransportError:
                return False

        wait_for(answers, "the API")
        yield client, answers


def test_killed_between_commit_and_answer_it_gives_the_retry_the_same_briefing(place, tmp_path):
    (tmp_path / "articles" / "ferry.md").write_text(ARTICLE)
    flag = tmp_path / "flag"
    key = {"Authorization": f"Bearer {make_key(place)}"}
    told = []
    with dying_server(place, tmp_path) as (client, answers):
        for what, body in (
            ("", {"article_ids": ["slow:ferry"]}),
            ("/publish", None),
            ("/regenerate", {"refetch": False}),
        ):
            sent = {"json": body, "headers": key | {"Idempotency-Key": f"once{what}"}}
            path = f"/v1/briefings/{told[0]['id']}{what}" if told else "/v1/briefings"
            before = revisions(place)
            # Given a server that dies after its commit / When a client's connection breaks
            flag.touch()
            with pytest.raises(httpx.TransportError):
                client.post(path, **sent)
            killed = int(flag.read_text())
            wait_for(lambda: not alive(killed), "it to be dead")  # noqa: B023  called in this round
            # Then the work is recorded
            recorded = revisions(place)
            assert recorded - before == (0 if path.endswith("publish") else 1)
            # And when the client sends the same again to the server that came back / Then it is told of that very work
            flag.unlink()
            wait_for(answers, "the API to be back")
            answer = client.post(path, **sent)
            assert answer.status_code == 202, answer.text
            if body is not None:
                changed = {name: ["desk:ferry"] if name == "article_ids" else True for name in body}
                assert client.post(path, json=changed, headers=sent["headers"]).status_code == 422
            told.append(answer.json())
            assert revisions(place) == recorded
            work_off(place)
    assert len({briefing["id"] for briefing in told}) == 1
    assert [briefing["revision"]["number"] for briefing in told] == [1, 1, 2]
