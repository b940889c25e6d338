"""Who changed what is told to administrators: filtered, page by page, as JSON and as CSV, by the API and the command."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, datetime, timedelta

import pytest

from briefing.accounts import audit
from briefing.accounts.audit import Action, Question
from briefing.accounts.keys import Caller, Scope
from briefing.models import AuditRow, BriefingRow
from tests.support.client import make_key
from tests.support.command import briefcast

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
CMS, DESK = (
    Caller(f"0000000{number}", name, frozenset({Scope.GENERATE})) for number, name in ((1, "cms"), (2, "desk"))
)


@pytest.fixture
def written(place):
    """Twelve changes, a minute apart, two of them in one moment."""
    with place.database.writing() as session:
        for number, articles in enumerate((["desk:ferry"], ["desk:ferry_2", "desk:tram"], ["desk:ferry", "desk:tram"])):
            session.add(
                BriefingRow(
                    id=f"b{number}", identity=f"{number}", show="daily", kind="story", articles=articles, created_at=NOON
                )
            )  # fmt: skip
        session.flush()
        minute = timedelta(minutes=1)
        for number in range(6):
            audit.record(session, NOON + number * minute, Action.SAVE, CMS, briefing="b0", revision=number + 1)
        audit.record(session, NOON + 6 * minute, Action.ASK, DESK, briefing="b1", revision=1)
        audit.record(session, NOON + 6 * minute, Action.ASK, DESK, briefing="b2", revision=1)
        audit.record(session, NOON + 7 * minute, Action.RETRACT, DESK, briefing="b0", revision=6)
        audit.record(session, NOON + 8 * minute, Action.JINGLE_UPLOAD, DESK, detail="=morning/intro")
        audit.record(session, NOON + 9 * minute, Action.KEY_CREATE, None, detail="0000000a radio: read")
        audit.record(session, NOON + 10 * minute, Action.KEY_REVOKE, None, detail="0000000a")
    return place


def test_a_providers_issuer_may_be_longer_than_the_column(client, place):
    issuer = f"https://id.example/{'realm/' * 40}"
    with place.database.writing() as session:
        audit.record(session, NOON, Action.USER_ADD, None, detail="ann viewer", by=issuer)
    # PostgreSQL refuses what is longer, and the sign-in with it
    assert [entry["by"] for entry in asked(client)] == [issuer[: AuditRow.__table__.c.by.type.length]]


def asked(client, **query):
    answer = client.get("/v1/audit", params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()["entries"]


def test_changes_are_found_by_whom_what_and_when(client, written):
    assert len(asked(client)) == 12
    assert [entry["action"] for entry in asked(client, limit=3)] == ["key_revoke", "key_create", "jingle_upload"]
    assert len(asked(client, who="cms")) == len(asked(client, who=CMS.key_id)) == 6
    assert {entry["by"] for entry in asked(client, who="command line")} == {asked(client)[0]["by"]}
    assert [entry["briefing"] for entry in asked(client, action="ask")] == ["b2", "b1"]
    assert len(asked(client, subject="b0")) == 7
    # An article is every briefing that has it, and none whose article is called alike
    assert {entry["briefing"] for entry in asked(client, subject="desk:ferry")} == {"b0", "b2"}
    assert {entry["briefing"] for entry in asked(client, subject="desk:ferry_2")} == {"b1"}
    assert asked(client, subject="desk:ferryx2") == []
    assert len(asked(client, subject="=morning")) == len(asked(client, subject="=morning/intro")) == 1
    assert len(asked(client, subject="0000000a")) == 2
    assert len(asked(client, since="2026-05-01T12:05:00Z", until="2026-05-01T14:08:00+02:00")) == 4
    assert len(asked(client, since="2026-05-01", until="2026-05-02")) == 12
    told = asked(client, action="retract")[0]
    assert told == {
        "at": "2026-05-01T12:07:00Z", "key_id": DESK.key_id, "by": "desk", "action": "retract", "briefing": "b0",
        "revision": 6, "detail": "",
    }  # fmt: skip


def test_pages_follow_one_another_whatever_comes_meanwhile(client, written):
    seen, after = [], None
    while True:
        answer = client.get("/v1/audit", params={"limit": 5} | ({"after": after} if after else {})).json()
        seen += [(entry["at"], entry["briefing"], entry["detail"]) for entry in answer["entries"]]
        after = answer["next"]
        if after is None:
            break
        with written.database.writing() as session:
            audit.record(session, datetime.now(UTC), Action.ASK, DESK, briefing="b0", revision=9)
    with written.database.reading() as session:
        old = list(audit.entries(session, Question(until=NOON + timedelta(hours=1), limit=2)))
    assert [entry[0] for entry in seen] == [entry.at.isoformat().replace("+00:00", "Z") for entry in old]
    assert len(set(seen)) == len(seen) == 12


def test_a_page_of_csv_names_the_next_and_begins_no_formula(client, written):
    rows, url, query = [], "/v1/audit", {"format": "csv", "limit": 7, "who": "desk"}
    while url:
        answer = client.get(url, params=query)
        assert answer.headers["content-type"].startswith("text/csv")
        assert "audit.csv" in answer.headers["content-disposition"]
        rows += csv.DictReader(io.StringIO(answer.text))
        url, query = answer.links.get("next", {}).get("url"), None
    assert [row["action"] for row in rows] == ["jingle_upload", "retract", "ask", "ask"]
    assert rows[0]["detail"] == "'=morning/intro"
    assert (rows[0]["briefing"], rows[0]["at"]) == ("", "2026-05-01T12:08:00+00:00")


@pytest.mark.parametrize(
    "query",
    [{"who": "a\x00b"}, {"action": "dance"}, {"after": "1"}, {"after": "9" * 18 + "-1"}, {"since": "soon"}, {"limit": 0},
     {"since": "0001-01-01T00:00:00+12:00"}],
)  # fmt: skip
def test_what_cannot_be_asked_is_refused(client, query):
    answer = client.get("/v1/audit", params=query)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")


def test_none_but_administrators_see_it(client, place):
    for scopes in (("read",), ("read", "generate", "publish", "audience")):
        answer = client.get("/v1/audit", headers={"Authorization": f"Bearer {make_key(place, *scopes)}"})
        assert (answer.status_code, answer.json()["code"]) == (403, "scope_missing")


def test_the_command_tells_the_same(written):
    lines = briefcast("audit").stdout.splitlines()
    assert len(lines) == 12
    assert lines[3] == "2026-05-01 12:07:00  retract         desk (00000002)  b0/6"
    assert lines[2].endswith("=morning/intro")
    assert len(briefcast("audit", "--limit", 2).stdout.splitlines()) == 2
    told = [json.loads(line) for line in briefcast("audit", "--json", "--subject", "desk:tram").stdout.splitlines()]
    assert [entry["briefing"] for entry in told] == ["b2", "b1"]
    done = briefcast("audit", "--csv", "--who", "command line", "--since", "2026-05-01T12:10", "--until", "2026-05-02")
    (row,) = csv.DictReader(io.StringIO(done.stdout))
    assert (row["action"], row["detail"], row["key_id"]) == ("key_revoke", "0000000a", "")
    assert briefcast("audit", "--action", "dance").returncode == 2
    assert briefcast("audit", "--csv", "--json").returncode == 2, "one of the two would be left out unsaid"


def test_years_of_it_come_page_by_page(written):
    with written.database.writing() as session:
        for _ in range(2500):
            audit.record(session, NOON, Action.SAVE, CMS, briefing="b0")
    done = briefcast("audit", "--csv")
    assert len(list(csv.DictReader(io.StringIO(done.stdout)))) == 2512


def test_every_database_pages_and_filters_alike(any_database):
    with any_database.writing() as session:
        for number in range(5):
            audit.record(session, NOON + timedelta(microseconds=number % 2), Action.SAVE, CMS, detail=str(number))
    with any_database.reading() as session:
        told = [entry.detail for entry in audit.entries(session, Question(limit=2))]
        assert told == ["3", "1", "4", "2", "0"]
        assert list(audit.entries(session, Question(subject="desk:ferry"))) == []
