"""What waits: held by an editor, set for a time, under an embargo, for a second person's word. Nothing is spoken twice."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import feedparser
import httpx
import pytest
from sqlalchemy import func, select, update

from briefing.accounts.keys import Caller
from briefing.going_live.signing_off import may_approve
from briefing.models import AuditRow, BriefingRow, RevisionRow, StepRow, TakeRow
from briefing.podcasts.newsroom import load_newsroom
from briefing.podcasts.show import Show
from briefing.requesting import asking
from briefing.states import Queue, StepKind
from tests.support.asking import wanted
from tests.support.client import client_of, make_key
from tests.support.lock_order import recorded
from tests.support.newsroom import ARTICLE, PLAIN, make_place, work_off
from tests.support.processes import wait_for
from worker.installation.newsroom import apply
from worker.running.perform import perform_next
from worker.tasks import TASKS
from worker.upkeep.sweep import sweep

STRANGER = {"Authorization": ""}


@pytest.fixture
def made(client):
    """A story that is being made."""
    return client.post("/v1/briefings", json={"article_ids": ["desk:ferry"]}).json()["id"]


def do(client, briefing, what, method="POST", **sent):
    return client.request(method, f"/v1/briefings/{briefing}/{what}", **sent)


def see(client, briefing):
    return client.get(f"/v1/briefings/{briefing}").json()


def reasons(client, briefing):
    return [one["reason"] for one in see(client, briefing)["held_by"]]


def nothing_is_public(client, place):
    assert client.get("/articles/desk/ferry.mp3", headers=STRANGER).status_code == 404
    assert feedparser.parse(client.get("/shows/daily/feed.xml").content).entries == []
    names = [file.name for file in place.files.storage.files()]
    assert not [name for name in names if name.startswith(("audio/", "articles/", "briefings/", "v1/"))]


def takes(place):
    with place.database.reading() as session:
        return session.scalar(select(func.count()).select_from(TakeRow))


def settings(place, tmp_path, **changes):
    """Apply the newsroom with other settings of its first show."""
    said = "".join(f"{name} = {value}\n" for name, value in changes.items())
    (tmp_path / "briefcast.toml").write_text(PLAIN.replace('slug = "daily"\n', f'slug = "daily"\n{said}', 1))
    apply(load_newsroom(tmp_path / "briefcast.toml"), place)


def in_s(seconds):
    return (datetime.now(UTC) + timedelta(seconds=seconds)).isoformat()


def work_until_live(client, place, briefing):
    def worked():
        work_off(place)
        return see(client, briefing)["state"] == "live"

    wait_for(worked, "its moment")


def edit(tmp_path, text):
    (tmp_path / "articles" / "ferry.md").write_text(ARTICLE.replace("four days", text))


def test_what_is_being_made_or_finished_is_held_until_somebody_publishes_it(client, place, made, tmp_path):
    # Given a story that is held while it is being made / When it is finished
    held = do(client, made, "hold")
    assert held.status_code == 202
    assert held.json()["held_by"] == [{"reason": "editor", "until": None, "by": "tests"}]
    work_off(place)
    assert see(client, made)["state"] == "held"
    nothing_is_public(client, place)
    # And saved once more: what is made instead waits too
    edit(tmp_path, "five days")
    client.put("/v1/articles/desk/ferry/audio")
    work_off(place)
    assert (see(client, made)["state"], see(client, made)["revision"]["number"]) == ("held", 2)
    nothing_is_public(client, place)
    # When it is published / Then it is live, and what comes after it is held by nobody
    assert do(client, made, "publish").status_code == 202
    work_off(place)
    assert (see(client, made)["state"], see(client, made)["held_by"]) == ("live", [])
    edit(tmp_path, "six days")
    do(client, made, "regenerate")
    work_off(place)
    assert (see(client, made)["state"], see(client, made)["live"]["revision"]) == ("live", 3)
    # And there is nothing to hold
    assert do(client, made, "hold").json()["code"] == "nothing_to_hold"
    assert do(client, made, "hold", "DELETE").json()["code"] == "not_held"


def test_a_hold_stops_what_is_being_published_and_is_taken_back(client, place, made):
    # Given a story of which only the publishing is left, which a worker has begun
    publish = TASKS.pop(StepKind.PUBLISH)
    try:
        work_off(place)
    finally:
        TASKS[StepKind.PUBLISH] = publish
    with place.database.writing() as session:
        step = session.scalars(select(StepRow).where(StepRow.kind == "publish")).one()
        step.state, step.fence = "leased", 3
        named = step.id
    assert see(client, made)["state"] == "publishing"
    # When it is held / Then that worker finds its fence outdated
    assert do(client, made, "hold").json()["state"] == "held"
    with place.database.reading() as session:
        step = session.get_one(StepRow, named)
        assert (step.state, step.fence, step.error_code) == ("dead", 4, "rescheduled")
    work_off(place)
    nothing_is_public(client, place)
    # And when the hold is taken back, it goes live by itself
    assert do(client, made, "hold", "DELETE").status_code == 202
    work_off(place)
    assert see(client, made)["state"] == "live"


def test_a_story_goes_live_at_the_second_it_was_set_for_and_moving_that_speaks_nothing(client, place, made):
    work_off_after = do(client, made, "schedule", json={"at": in_s(3600)})
    assert work_off_after.status_code == 202
    work_off(place)
    spoken = takes(place)
    assert (see(client, made)["state"], reasons(client, made)) == ("held", ["schedule"])
    # When workers look before / Then nothing happens
    nothing_is_public(client, place)
    # Given another time, none, and another once more
    do(client, made, "schedule", json={"at": in_s(1800)})
    answer = do(client, made, "schedule", "DELETE").json()
    assert (answer["scheduled_at"], [one["reason"] for one in answer["held_by"]]) == (None, ["editor"])
    assert do(client, made, "schedule", "DELETE").json()["code"] == "not_scheduled"
    at = datetime.now(UTC) + timedelta(hours=1)
    shown = do(client, made, "schedule", json={"at": at.isoformat()}).json()
    assert datetime.fromisoformat(shown["scheduled_at"]) == at
    with place.database.reading() as session:
        launch = session.scalars(select(StepRow).where(StepRow.kind == "launch").order_by(StepRow.id.desc())).first()
        assert launch.not_before == pytest.approx(at.timestamp(), abs=0.001), "to the second"
    # Given a moment that is near, or over by the time that a busy machine takes it in
    at = datetime.now(UTC) + timedelta(seconds=0.5)
    do(client, made, "schedule", json={"at": at.isoformat()})
    # When that has come / Then it is live, and was not before
    work_until_live(client, place, made)
    with place.database.reading() as session:
        assert session.scalars(select(RevisionRow.live_at)).one() >= at
    assert client.get("/articles/desk/ferry.mp3", headers=STRANGER).status_code == 302
    assert takes(place) == spoken
    assert (see(client, made)["scheduled_at"], see(client, made)["held_by"]) == (None, [])
    with place.database.reading() as session:
        rows = session.execute(select(AuditRow.action, AuditRow.detail).order_by(AuditRow.id)).all()
    assert [row.action for row in rows][1:] == ["schedule", "schedule", "unschedule", "schedule", "schedule"]
    assert rows[-1].detail == at.isoformat()


def test_a_time_is_an_editors_word_also_for_a_show_that_holds_and_what_has_passed_is_at_once(client, place):
    held = client.post("/v1/briefings", json={"article_ids": ["slow:ferry"]}).json()["id"]
    work_off(place)
    assert reasons(client, held) == ["show"]
    assert do(client, held, "schedule", json={"at": in_s(-60)}).json()["state"] == "publishing"
    work_off(place)
    assert see(client, held)["state"] == "live"
    # And that was for this edition alone
    do(client, held, "regenerate")
    work_off(place)
    assert (see(client, held)["state"], reasons(client, held)) == ("held", ["show"])


@pytest.mark.parametrize("at", ["2026-11-28T06:00:00", "tomorrow", 1_800_000_000, None, "2031-01-01T00:00:00Z"])
def test_a_time_has_its_zone_and_is_within_a_year(client, made, at):
    assert do(client, made, "schedule", json={"at": at}).json()["code"] == "invalid_request"
    assert client.put("/v1/articles/desk/ferry/audio", json={"embargo_until": at}).status_code == (
        422 if at is not None else 200
    )


def test_the_same_request_twice_is_one_and_its_key_is_for_it_alone(client, made):
    key = {"Idempotency-Key": "k"}
    for _ in range(2):
        assert do(client, made, "schedule", json={"at": "2026-12-24T18:00:00Z"}, headers=key).status_code == 202
    again = do(client, made, "schedule", json={"at": "2026-12-24T19:00:00Z"}, headers=key)
    assert again.json()["code"] == "idempotency_key_reused"


def test_nothing_is_public_before_an_embargo_is_over_and_then_it_is_by_itself(client, place):
    until = datetime.now(UTC) + timedelta(hours=1)
    asked = client.post("/v1/briefings", json={"article_ids": ["desk:ferry"], "embargo_until": until.isoformat()})
    briefing = asked.json()["id"]
    assert datetime.fromisoformat(asked.json()["embargo_until"]) == until
    work_off(place)
    assert (see(client, briefing)["state"], reasons(client, briefing)) == ("held", ["embargo"])
    nothing_is_public(client, place)
    # When an editor publishes it, or sets an earlier time / Then it is not
    assert (do(client, briefing, "publish").status_code, do(client, briefing, "publish").json()["code"]) == (
        409,
        "embargoed",
    )
    do(client, briefing, "schedule", json={"at": in_s(-1)})
    work_off(place)
    assert reasons(client, briefing) == ["embargo"]
    nothing_is_public(client, place)
    # When the CMS has it end sooner, and it is over / Then it is live
    until = datetime.now(UTC) + timedelta(seconds=0.5)
    client.put("/v1/articles/desk/ferry/audio", json={"embargo_until": until.isoformat()}).raise_for_status()
    work_until_live(client, place, briefing)
    with place.database.reading() as session:
        assert min(session.scalars(select(RevisionRow.live_at).where(RevisionRow.live_at.is_not(None)))) >= until


def test_an_embargo_that_comes_late_stops_the_publishing_and_its_end_lets_all_go(client, place, made, tmp_path):
    # Given a story and another show's reading of it, both about to be published
    other = client.post("/v1/briefings", json={"article_ids": ["desk:ferry"], "show": "held"}).json()["id"]
    publish = TASKS.pop(StepKind.PUBLISH)
    work_off(place)
    do(client, other, "publish")
    TASKS[StepKind.PUBLISH] = publish
    # When the CMS says that nothing of it may be public yet / Then neither is
    client.put("/v1/articles/desk/ferry/audio", json={"embargo_until": in_s(3600)})
    work_off(place)
    assert (see(client, made)["state"], see(client, other)["state"]) == ("held", "held")
    nothing_is_public(client, place)
    assert feedparser.parse(client.get("/shows/held/feed.xml").content).entries == []
    # When it ends the embargo / Then what publishes itself is live
    client.put("/v1/articles/desk/ferry/audio", json={"embargo_until": None})
    work_off(place)
    assert see(client, made)["state"] == "live"
    assert reasons(client, other) == ["show"]


def colleague(place, name, *scopes):
    """A key of somebody else's."""
    from briefing.accounts import keys
    from briefing.accounts.keys import Scope

    with place.database.writing() as session:
        key = keys.create(session, name, [Scope(scope) for scope in scopes or ("admin",)], datetime.now(UTC))
    return {"Authorization": f"Bearer {key}"}


def test_what_one_made_another_approves(client, place, tmp_path):
    settings(place, tmp_path, sign_off="true")
    anna, boris = colleague(place, "anna"), colleague(place, "boris")
    briefing = client.post("/v1/briefings", json={"article_ids": ["desk:ferry"]}, headers=anna).json()["id"]
    assert do(client, briefing, "approve", headers=boris).json()["code"] == "not_held", "nothing to hear yet"
    work_off(place)
    assert (see(client, briefing)["state"], reasons(client, briefing)) == ("held", ["sign_off"])
    # Given whoever asked for it, by the same key or by a new one of the same name / Then it is refused
    for same in (anna, colleague(place, "anna")):
        answer = do(client, briefing, "approve", headers=same)
        assert (answer.status_code, answer.json()["code"]) == (403, "own_work")
    assert do(client, briefing, "publish", headers=boris).json()["code"] == "sign_off_needed"
    assert do(client, briefing, "schedule", json={"at": in_s(-9)}, headers=boris).json()["state"] == "held"
    nothing_is_public(client, place)
    # When another approves it / Then it is live
    answer = do(client, briefing, "approve", headers=boris)
    assert (answer.status_code, answer.json()["revision"]["approved_by"]) == (202, "boris")
    work_off(place)
    assert see(client, briefing)["state"] == "live"
    # And given a correction that boris makes and anna's CMS had a hand in: each new revision needs a new word
    edit(tmp_path, "five days")
    do(client, briefing, "regenerate", headers=boris, json={"replaces": "correction"})
    work_off(place)
    edit(tmp_path, "six days")
    do(client, briefing, "regenerate", headers=anna)
    work_off(place)
    for one in (anna, boris):
        assert do(client, briefing, "approve", headers=one).json()["code"] == "own_work"
    # And a withdrawal needs nobody's
    assert do(client, briefing, "retract", headers=anna).json()["live"] is None
    work_off(place)
    assert client.get("/articles/desk/ferry.mp3", headers=STRANGER).status_code == 410


@pytest.mark.parametrize(
    "same",
    [
        "Mira Vos",
        "\uff4d\uff49\uff52\uff41 \uff36\uff4f\uff53",  # full-width
        "mir\u0430 v\u043es",  # with Cyrillic letters
        "mira\u200b\u00a0 vos",  # with what cannot be seen
    ],
)
def test_the_second_person_is_another_however_the_first_one_writes_their_name(place, same):
    with place.database.writing() as session:
        revision, _ = asking.request(session, replace(wanted("ferry"), requested_by="mira vos"), datetime.now(UTC))
        briefing = session.get_one(BriefingRow, revision.briefing_id)
        assert not may_approve(session, briefing, revision, Caller("another", same, frozenset()))
        assert may_approve(session, briefing, revision, Caller("another", "mira voss", frozenset()))


@pytest.mark.parametrize("way", ["publish", "schedule", "rollback"])
def test_what_a_colleague_holds_goes_live_only_where_the_hold_is_released(client, place, made, way):
    anna, boris = colleague(place, "anna"), colleague(place, "boris")
    work_off(place)
    # Given a story that was changed, and is being changed once more, which Anna holds
    segment = client.get(f"/v1/briefings/{made}/segments").json()["segments"][-1]["id"]
    for said in ("Something else.", "Something else again."):
        do(client, made, f"segments/{segment}", "PUT", json={"spoken": said})
        if said.endswith("again."):
            do(client, made, "hold", headers=anna)
        work_off(place)
    body = {"publish": {}, "schedule": {"at": in_s(-1)}, "rollback": {"revision": 1}}[way]
    # When Boris has something of it go live / Then he is told who holds it; and a hold of his own is no way past hers
    do(client, made, "hold", headers=boris)
    answer = do(client, made, way, json=body, headers=boris)
    assert (answer.status_code, answer.json()["code"]) == (409, "held_by_colleague")
    assert answer.json()["detail"] == "anna holds it"
    assert see(client, made)["held_by"] == [{"reason": "editor", "until": None, "by": "anna"}]
    # When he says that he releases it / Then it goes live, and the audit says whose hold that was
    answer = do(client, made, way, json={**body, "release_hold": True}, headers=boris)
    assert (answer.status_code, answer.json()["state"]) == (202, "publishing")
    with place.database.reading() as session:
        rows = session.execute(select(AuditRow.action, AuditRow.by, AuditRow.detail).order_by(AuditRow.id)).all()
    assert rows[-2] == ("unhold", "boris", "which anna had held")
    # And what she holds herself needs no more than her word
    do(client, made, "hold", headers=anna)
    assert do(client, made, "publish", headers=anna).status_code == 202
    work_off(place)
    assert see(client, made)["live"]["revision"] == (4 if way == "rollback" else 3)


@pytest.mark.parametrize(
    ("what", "method", "body"),
    [
        ("publish", "POST", {"release_hold": "no"}),
        ("publish", "POST", {"release_hold": 0}),
        ("schedule", "POST", {"at": "2026-01-01T00:00:00Z", "release_hold": "false"}),
        ("rollback", "POST", {"revision": True}),
        ("rollback", "POST", {"revision": 1, "release_hold": 1}),
        ("regenerate", "POST", {"refetch": "off"}),
        (f"segments/{'0' * 16}", "PUT", {"omitted": "yes"}),
    ],
)
def test_a_flag_is_true_or_false_and_nothing_that_could_be_meant_otherwise(client, made, what, method, body):
    assert do(client, made, what, method, json=body).json()["code"] == "invalid_request"


def test_nobody_approves_what_they_changed_by_a_link(client, place, tmp_path):
    settings(place, tmp_path, sign_off="true")
    anna, boris, vera = (colleague(place, name) for name in ("anna", "boris", "vera"))
    briefing = client.post("/v1/briefings", json={"article_ids": ["desk:ferry"]}, headers=anna).json()["id"]
    work_off(place)
    # Given a link by boris for Vera, by which one paragraph is spoken anew
    wish = {"action": "respeak", "recipient": " Vera"}
    link = client.post(f"/v1/briefings/{briefing}/links", json=wish, headers=boris).json()["address"]
    segment = client.get(f"/v1/briefings/{briefing}/segments").json()["segments"][0]["id"]
    own = {"Origin": str(client.base_url).rstrip("/"), "Sec-Fetch-Site": "same-origin"}
    path = link.removeprefix(link.split("/desk/")[0])
    assert client.post(path, data={"segment": segment}, headers=own).status_code == 200
    work_off(place)
    # Then neither approves it, and whoever only made one to listen does
    for one in (boris, vera):
        assert do(client, briefing, "approve", headers=one).json()["code"] == "own_work"
    clara = colleague(place, "clara")
    client.post(f"/v1/briefings/{briefing}/links", json={"action": "listen", "recipient": "x"}, headers=clara)
    assert do(client, briefing, "approve", headers=clara).status_code == 202


def test_an_approved_story_still_waits_for_its_time(client, place, made, tmp_path):
    settings(place, tmp_path, sign_off="true")
    work_off(place)
    do(client, made, "schedule", json={"at": in_s(3600)})
    do(client, made, "approve", headers=colleague(place, "boris"))
    work_off(place)
    assert reasons(client, made) == ["schedule"]
    key = {"Authorization": f"Bearer {make_key(place, 'generate')}"}
    assert do(client, made, "approve", headers=key).json()["code"] == "scope_missing"


def test_workers_of_before_hold_what_they_would_publish(client, place, made, tmp_path):
    # Given a story under a hold, and one of a show with sign-off, as a worker reads them that knows of neither
    do(client, made, "hold")
    settings(place, tmp_path, sign_off="true")
    other = client.post("/v1/briefings", json={"article_ids": ["desk:harbour"]}).json()["id"]
    with place.database.reading() as session:
        for briefing in (made, other):
            show = session.scalars(select(RevisionRow.show).where(RevisionRow.briefing_id == briefing)).one()
            assert show["publish"] == "hold"
            assert Show.stored(show).publish == "auto"
    # And what they would do otherwise is done by a kind of step that they leave alone
    launch = TASKS.pop(StepKind.LAUNCH)
    try:
        work_off(place)
        do(client, made, "approve", headers=colleague(place, "boris"))
        do(client, made, "hold", "DELETE")
        work_off(place)
        nothing_is_public(client, place)
    finally:
        TASKS[StepKind.LAUNCH] = launch
    work_off(place)
    assert see(client, made)["state"] == "live"


def test_a_withdrawal_forgets_what_was_set(client, place, made):
    do(client, made, "schedule", json={"at": in_s(3600)})
    work_off(place)
    do(client, made, "retract")
    with place.database.reading() as session:
        row = session.get_one(BriefingRow, made)
        assert (row.scheduled_at, row.held_at, row.corrects_from) == (None, None, None)
        assert session.scalars(select(StepRow).where(StepRow.kind == "launch", StepRow.state == "ready")).all() == []
    assert see(client, made)["state"] == "superseded"


def test_a_held_story_is_not_heard_while_it_is_being_made(client, place, tmp_path):
    settings(place, tmp_path, stream="true")
    briefing = client.post("/v1/briefings", json={"article_ids": ["desk:ferry"]}).json()["id"]
    # Given a story of which something can be heard already

    for _ in range(4):
        perform_next(place, tuple(Queue))
    told = client.get("/v1/articles/desk/ferry/audio", headers=STRANGER).json()
    assert told["state"] == "making"
    # When it is held / Then it is not any more
    do(client, briefing, "hold")
    sweep(place)
    assert client.get("/v1/articles/desk/ferry/audio", headers=STRANGER).status_code == 404
    assert httpx.get(told["hls"], trust_env=False, timeout=60).status_code == 404
    work_off(place)
    nothing_is_public(client, place)


def test_two_editors_at_once_leave_one_time(client, place, made):
    work_off(place)
    with place.database.writing() as session:
        session.execute(update(BriefingRow).values(live_revision=None))
        session.execute(update(RevisionRow).values(state="held"))
    for seconds in (600, 900, 300):
        do(client, made, "schedule", json={"at": in_s(seconds)})
    with place.database.reading() as session:
        [step] = session.scalars(select(StepRow).where(StepRow.kind == "launch", StepRow.state == "ready"))
        assert step.not_before == pytest.approx(time.time() + 300, abs=30)


def test_on_postgresql_all_of_it_locks_in_the_order_of_all_others(cluster, tmp_path, monkeypatch):
    monkeypatch.setenv("BRIEFCAST_DATABASE_URL", cluster.new_database())
    place = make_place(tmp_path)
    (tmp_path / "articles" / "ferry.md").write_text(ARTICLE)
    with client_of(place) as client, recorded() as order:
        asked = {"article_ids": ["desk:ferry"], "embargo_until": in_s(1)}
        briefing = client.post("/v1/briefings", json=asked).json()["id"]
        do(client, briefing, "schedule", json={"at": in_s(600)})
        work_off(place)
        do(client, briefing, "hold")
        client.put("/v1/articles/desk/ferry/audio", json={"embargo_until": None})
        do(client, briefing, "approve", headers=colleague(place, "boris"))
        do(client, briefing, "schedule", json={"at": in_s(0.5)})
        work_until_live(client, place, briefing)
        edit(tmp_path, "five days")
        do(client, briefing, "regenerate", json={"correction": {"at": "2026-11-28"}})
        work_off(place)
        assert see(client, briefing)["revision"]["replaces"] == "correction"
        do(client, briefing, "retract")
        work_off(place)
    assert order.seen
    assert order.broken == {}
    place.database.dispose()
