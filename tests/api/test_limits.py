"""What a caller may ask for: requests a minute, briefings and characters a day, bulk work at a time, cost known first."""

from __future__ import annotations

from datetime import UTC, datetime

import httpx
import pytest

from briefing.accounts import keys
from briefing.accounts.keys import Scope
from briefing.limits import KeyLimits
from briefing.requesting import spending
from briefing.requesting.spending import Spoken
from tests.support.client import client_of
from tests.support.newsroom import ARTICLE, work_off
from tests.support.standing import stand_still


@pytest.fixture
def keyed(client, place):
    """A client whose key has limits of its own."""
    opened = []

    def with_limits(**limits):
        with place.database.writing() as session:
            key = keys.create(session, "cms", [Scope.ADMIN], datetime.now(UTC), limits=KeyLimits(**limits))
        headers = {"Authorization": f"Bearer {key}"}
        opened.append(httpx.Client(base_url=client.base_url, headers=headers, trust_env=False, timeout=60))
        opened[-1].key_id = key.split("_")[1]
        return opened[-1]

    yield with_limits
    for one in opened:
        one.close()


@pytest.fixture
def stopped(monkeypatch):
    """Have no time pass for whoever counts requests."""
    stand_still(monkeypatch, "api.rates")


def ask(client, name="ferry", **fields):
    return client.post("/v1/briefings", json={"article_ids": [f"desk:{name}"], **fields})


def problem(answer):
    return answer.status_code, answer.json()["code"]


def test_a_key_that_asks_too_often_is_told_when_to_come_again(stopped, keyed):
    cms, other = keyed(per_minute=3), keyed(per_minute=3)
    answers = [cms.get("/v1/voices") for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert problem(answers[3]) == (429, "rate_limited")
    assert 1 <= int(answers[3].headers["Retry-After"]) <= 20
    assert answers[0].headers["RateLimit-Policy"] == '"key";q=3;w=60'
    assert answers[1].headers["RateLimit"].startswith('"key";r=1;t=')
    assert answers[3].headers["RateLimit"].startswith('"key";r=0;t=')
    assert other.get("/v1/voices").status_code == 200


def test_a_key_without_a_bound_of_its_own_has_that_of_the_settings(stopped, place, monkeypatch):
    monkeypatch.setenv("BRIEFCAST_LIMIT_REQUESTS_A_MINUTE", "2")
    with client_of(place) as client:
        assert [client.get("/v1/voices").status_code for _ in range(3)] == [200, 200, 429]


def test_no_key_and_bad_keys_are_slowed_down_by_address_and_good_keys_are_not(stopped, place, monkeypatch):
    monkeypatch.setenv("BRIEFCAST_LIMIT_ANONYMOUS_A_MINUTE", "3")
    monkeypatch.setenv("BRIEFCAST_LIMIT_FAILED_KEYS", "2")
    with client_of(place) as client:
        good = client.headers.pop("Authorization")
        seen = [client.get("/v1/voices") for _ in range(4)]
        assert [answer.status_code for answer in seen] == [401, 401, 401, 429]
        assert client.get("/v1/voices", headers={"Authorization": good}).status_code == 200
        bad = {"Authorization": f"Bearer bc_00000000_{'x' * 43}"}
        seen = [client.get("/v1/voices", headers=bad) for _ in range(4)]
        assert [answer.status_code for answer in seen] == [401, 401, 429, 429]
        assert int(seen[3].headers["Retry-After"]) == 1
        assert client.get("/v1/voices", headers={"Authorization": good}).status_code == 200
        # And readers are never counted.
        assert {client.get("/v1/articles/desk/ferry/audio").status_code for _ in range(8)} == {404}


@pytest.mark.parametrize(("trusted", "statuses"), [("", {429}), ("10.9.9.9", {429}), ("127.0.0.0/8", {401})])
def test_a_proxys_word_about_addresses_counts_only_where_it_is_trusted(stopped, place, monkeypatch, trusted, statuses):
    monkeypatch.setenv("BRIEFCAST_LIMIT_ANONYMOUS_A_MINUTE", "1")
    monkeypatch.setenv("BRIEFCAST_TRUSTED_PROXIES", trusted)
    with client_of(place) as client:
        client.headers.pop("Authorization")
        client.get("/v1/voices", headers={"X-Forwarded-For": "198.51.100.1"})
        told = [f"203.0.113.7, 198.51.100.{number}" for number in range(2, 5)]
        assert {client.get("/v1/voices", headers={"X-Forwarded-For": text}).status_code for text in told} == statuses
        # What a client claims in front of its own address is not believed.
        answers = [
            client.get("/v1/voices", headers={"X-Forwarded-For": f"203.0.113.{number}, 198.51.100.1"}).status_code
            for number in range(3)
        ]
        assert set(answers) == {429}


def test_all_addresses_of_one_ipv6_network_are_counted_as_one(stopped, place, monkeypatch):
    monkeypatch.setenv("BRIEFCAST_LIMIT_ANONYMOUS_A_MINUTE", "3")
    monkeypatch.setenv("BRIEFCAST_LIMIT_FAILED_KEYS", "2")
    monkeypatch.setenv("BRIEFCAST_TRUSTED_PROXIES", "127.0.0.0/8")
    bad = f"Bearer bc_00000000_{'x' * 43}"
    with client_of(place) as client:
        client.headers.pop("Authorization")

        def statuses(network, **headers):
            told = [{"X-Forwarded-For": f"2001:db8:1:{network}::{number:x}"} | headers for number in range(1, 6)]
            return [client.get("/v1/voices", headers=one).status_code for one in told]

        assert statuses(1) == [401, 401, 401, 429, 429]
        assert statuses(1, Authorization=bad) == [401, 401, 429, 429, 429]
        # The network beside it is another one's
        assert statuses(2) == [401, 401, 401, 429, 429]


def test_a_key_has_so_many_briefings_a_day(keyed, tmp_path):
    (tmp_path / "articles" / "crane.md").write_text(ARTICLE)
    cms = keyed(briefings_a_day=1)
    assert ask(cms).status_code == 202
    assert ask(cms).status_code == 200, "what is shared costs nothing"
    refused = ask(cms, "crane")
    assert problem(refused) == (429, "quota_exceeded")
    assert 0 < int(refused.headers["Retry-After"]) <= 86_400
    assert "UTC" in refused.json()["hint"]
    assert problem(cms.put("/v1/articles/desk/crane/audio")) == (429, "quota_exceeded")
    # And nothing of it is recorded.
    assert ask(keyed(), "crane").status_code == 202


@pytest.mark.usefixtures("one_day")
def test_a_key_whose_characters_are_spent_is_refused_at_once(keyed, place):
    cms = keyed(characters_a_day=1000)
    with place.database.writing() as session:
        spending.charge(session, spending.KEY, cms.key_id, [Spoken("silence", 1000, 0, 0.0)], datetime.now(UTC))
    assert problem(ask(cms)) == (429, "quota_exceeded")


def test_a_key_has_so_much_bulk_work_at_a_time(keyed, place, tmp_path):
    for name in ("crane", "strike"):
        (tmp_path / "articles" / f"{name}.md").write_text(ARTICLE.replace("ferry", name))
    cms = keyed(bulk_open=1)
    assert ask(cms, priority="bulk").status_code == 202
    refused = ask(cms, "crane", priority="bulk")
    assert problem(refused) == (429, "too_many_open")
    assert int(refused.headers["Retry-After"]) > 0
    assert ask(cms, "crane").status_code == 202, "interactive work is not bulk"
    work_off(place)
    assert ask(cms, "strike", priority="bulk").status_code == 202


def test_bulk_work_beyond_a_number_needs_its_cost_known(place, monkeypatch, tmp_path):
    monkeypatch.setenv("BRIEFCAST_LIMIT_UNCONFIRMED_ARTICLES", "1")
    for name in ("ferry", "crane", "strike"):
        (tmp_path / "articles" / f"{name}.md").write_text(ARTICLE.replace("ferry", name))
    with client_of(place) as client:
        assert ask(client, priority="bulk").status_code == 202
        assert problem(ask(client, "crane", priority="bulk")) == (409, "cost_not_confirmed")
        assert ask(client, "crane").status_code == 202, "an editor's own article is no back catalogue"
        # When an estimate has been asked for / Then it does not count before it is there, nor for other articles
        estimate = client.post("/v1/estimates", json={"article_ids": ["desk:strike", "desk:nowhere"]})
        assert estimate.status_code == 202
        known = {"estimate": estimate.json()["id"], "priority": "bulk"}
        assert problem(ask(client, "strike", **known)) == (409, "cost_not_confirmed")
        work_off(place)
        seen = client.get(estimate.headers["Location"]).json()
        assert (seen["state"], seen["articles"]) == ("ready", 1)
        assert seen["failed"] == [{"article": "desk:nowhere", "code": "article_not_found"}]
        for other in ({"show": "held"}, {"voice": "silence"}):
            assert problem(ask(client, "strike", **known, **other)) == (409, "cost_not_confirmed")
        assert ask(client, "strike", **known).status_code == 202
        (tmp_path / "articles" / "quay.md").write_text(ARTICLE)
        assert problem(ask(client, "quay", **known)) == (409, "cost_not_confirmed")
        saved = "/v1/articles/desk/quay/audio"
        assert problem(client.put(saved, json=known)) == (409, "cost_not_confirmed")
        assert client.put(saved, json={"priority": "bulk", "confirm_cost": True}).status_code == 202
        (tmp_path / "articles" / "mole.md").write_text(ARTICLE)
        assert ask(client, "mole", priority="bulk", confirm_cost=True).status_code == 202


def test_an_estimate_says_what_is_to_be_spoken_and_records_no_briefing(client, place, tmp_path):
    (tmp_path / "articles" / "strike.md").write_text(ARTICLE + "\nOne more paragraph, which nobody has read out.\n")
    first = client.post("/v1/estimates", json={"article_ids": ["desk:ferry"]}).json()
    assert (first["state"], first["characters"], first["articles_asked"]) == ("measuring", 0, 1)
    work_off(place)
    before = client.get(first["links"]["self"]).json()
    assert before["characters_to_speak"] == before["characters"] > 200
    assert (before["chunks"], before["takes_existing"], before["money"]) == (5, 0, 0)
    assert before["audio_s"] > 5
    # When it has been made / Then only what is new would be spoken
    made = ask(client).json()
    work_off(place)
    spoken = client.get(made["links"]["self"]).json()
    assert spoken["state"] == "live"
    again = client.post("/v1/estimates", json={"article_ids": ["desk:ferry", "desk:strike"]}).json()
    work_off(place)
    after = client.get(again["links"]["self"]).json()
    assert after["takes_existing"] == 10
    assert after["characters_to_speak"] == len("One more paragraph, which nobody has read out.")
    assert 0.5 < before["audio_s"] / spoken["live"]["duration_s"] < 1.1
    assert set(after["guessed"]) <= set(after)
    assert client.get("/v1/estimates/0123456789abcdef").json()["code"] == "unknown_estimate"


@pytest.mark.usefixtures("one_day")
def test_a_paid_voice_costs_what_it_says(place, monkeypatch, tmp_path):
    voice = 'id = "paid"\nname = "Paid"\nlanguage = "en"\nengine = "silence"\nlicence = "x"\nattribution = "x"\n'
    (tmp_path / "voices.toml").write_text(f"[[voices]]\n{voice}price_per_million_characters = 15\n")
    (tmp_path / "articles" / "ferry.md").write_text(ARTICLE)
    monkeypatch.setenv("BRIEFCAST_VOICES", str(tmp_path / "voices.toml"))
    with client_of(place) as client:
        body = {"article_ids": ["desk:ferry"], "voice": "paid"}
        asked = client.post("/v1/estimates", json=body).json()
        work_off(place)
        seen = client.get(asked["links"]["self"]).json()
        assert seen["money"] == pytest.approx(seen["characters_to_speak"] * 15 / 1_000_000)
        client.post("/v1/briefings", json=body)
        work_off(place)
        with place.database.reading() as session:
            spent = spending.spent(session, spending.SHOW, "daily", spending.day_of(datetime.now(UTC)))
        assert spent.characters == seen["characters_to_speak"]
        assert spent.money == pytest.approx(seen["money"], abs=2e-6)
