"""Audience figures where somebody would have them otherwise: forged listeners, odd proxies, ends that nobody sees."""

from __future__ import annotations

import csv
import io

import pytest

from briefing.audience import clients
from briefing.models import AudienceRow
from tests.support.listening import EVENING, published, unheard


@pytest.fixture(scope="module")
def story(tmp_path_factory):
    bounds = {"AUDIENCE_REPORTS_A_MINUTE": 200, "AUDIENCE_REQUESTS_A_MINUTE": 20}
    with published(tmp_path_factory.mktemp("bounds"), **bounds) as found:
        yield found


@pytest.fixture
def listening(story, monkeypatch):
    return unheard(*story, monkeypatch)


def test_a_download_the_day_after_leaves_the_curve_as_it_was(listening):
    for view in range(10):
        listening.hear(f"view-{view:05}", (0, 60))
    listening.figures()

    def curve():
        asked = {"since": "2026-05-01", "until": "2026-05-31"}
        (found,) = listening.client.get("/v1/audience/desk/ferry", params=asked).json()["curves"]
        return found["duration_s"], found["heard"]

    before = curve()
    assert (before[0], before[1][0], before[1][50]) == (600.0, 1.0, 0.0)
    listening.now = EVENING + 86_400
    listening.fetch("203.0.113.1")
    listening.figures()
    assert curve() == before
    with listening.place.database.reading() as session:
        assert {row.duration_ms for row in session.query(AudienceRow)} == {600_000}


def test_forged_listeners_of_one_address_are_counted_up_to_a_bound_and_all_answered(listening):
    # Given one address that says to be another app each time
    answers = {listening.fetch("203.0.113.9", agent=f"Overcast/3.{number}").status_code for number in range(60)}
    # Then each is led to the MP3, and few are counted; another address still is
    listening.fetch("203.0.113.10", agent="Overcast/3.0")
    assert answers == {302}
    assert 2 <= listening.figures()["totals"]["downloads"] <= 25
    told = listening.context.counting._events.labels("download", "too_many")._value.get()
    assert told >= 30


def test_a_report_counts_as_many_as_it_tells_of(listening):
    # Given reports of fifty page views each
    statuses = []
    for report in range(8):
        events = [{"article": "desk:ferry", "revision": listening.sha256, "session": f"forged{report}-{view:05}",
                   "event": "progress", "from_s": 0, "to_s": 600} for view in range(50)]  # fmt: skip
        headers = {"User-Agent": "Mozilla/5.0 Firefox/140.0", "X-Forwarded-For": "203.0.113.77"}
        statuses.append(listening.client.post("/v1/plays", json={"events": events}, headers=headers).status_code)
    assert (statuses[0], statuses[-1]) == (204, 429)
    assert listening.figures()["totals"]["plays"] <= 250


@pytest.mark.parametrize("address", ["203.0.113.12:{}", "[2001:db8::1]:{}"])
def test_a_proxy_that_tells_ports_makes_no_client_of_each_connection(listening, address):
    for port in range(5000, 5005):
        listening.fetch(address.format(port), agent="Overcast/3.0")
    assert listening.figures()["totals"]["downloads"] == 1
    assert clients.network("203.0.113.9:1") == clients.network("203.0.113.9")
    assert clients.network("[2001:db8::1]:443") == clients.network("2001:db8::2")


def test_telephones_and_apps_whose_names_hold_a_bots_are_people():
    programs = clients.bots()
    people = (
        "Mozilla/5.0 (Linux; Android 10; CUBOT NOTE 20) AppleWebKit/537.36 Chrome/88.0 Mobile Safari/537.36",
        "Mozilla/5.0 (Linux; Android 9; CUBOT)",
        "ru.yandex.music/24023621",
        "Mozilla/5.0 (Linux; Android 12) AppleWebKit/537.36 YaBrowser/23.1 Yandex",
        "Mozilla/5.0 (Linux; U; Android 10; SM-A505) baiduboxapp/13.0",
    )
    assert [agent for agent in people if not clients.is_person(agent, programs)] == []
    robots = (
        "Mozilla/5.0 (compatible; YandexBot/3.0; +http://yandex.com/bots)",
        "Mozilla/5.0 (compatible; YandexImages/3.0; +http://yandex.com/bots)",
        "Mozilla/5.0 (compatible; Baiduspider/2.0; +http://www.baidu.com/search/spider.html)",
        "Mozilla/5.0 (compatible; Googlebot/2.1)",
        "SomeBot",
    )
    assert [agent for agent in robots if clients.is_person(agent, programs)] == []


def test_a_list_that_goes_on_says_so(listening):
    with listening.place.database.writing() as session:
        for number in range(25):
            counts = dict.fromkeys(("completed", "downloads", *(f"quarter_{one}_ms" for one in range(1, 5))), 0)
            session.add(AudienceRow(
                day="2026-05-02", show="daily", sha256=f"{number:064x}", briefing_id="0" * 16, revision=1,
                article=f"desk:a{number:02}", duration_ms=1, plays=1, heard_ms=[0] * 100, **counts,
            ))  # fmt: skip
    read, following = [], "/v1/audience?since=2026-05-01&until=2026-05-31&format=csv&limit=10"
    while following:
        answer = listening.client.get(following).raise_for_status()
        read += [row["article"] for row in csv.DictReader(io.StringIO(answer.text))]
        following = answer.links.get("next", {}).get("url")
    assert read == [f"desk:a{number:02}" for number in range(25)]
    page = listening.client.get("/v1/audience?since=2026-05-01&until=2026-05-31&limit=20").json()
    last = listening.client.get("/v1/audience?since=2026-05-01&until=2026-05-31&limit=20&offset=20").json()
    assert (page["next"], last["next"], len(last["rows"])) == (20, None, 5)
    many = listening.client.get("/v1/audience?since=2026-05-01&until=2026-05-31&limit=10000").json()
    assert (many["next"], len(many["rows"])) == (None, 25)


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("since=2026-05-03&until=2026-05-01", "invalid_request"),
        ("show=nobody", "unknown_show"),
        ("from=2026-05-03", "invalid_request"),
    ],
)
def test_a_question_that_can_have_no_answer_is_refused(listening, query, code):
    answer = listening.client.get(f"/v1/audience?{query}")
    assert (answer.status_code, answer.json()["code"]) == (422, code)
