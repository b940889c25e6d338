"""A newsroom with a Ghost, from a save in it to what is heard: by webhooks, by polling, by both and in any order."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from sqlalchemy import func, select, update

from briefing.errors import PageRefused
from briefing.failpoints import Action, Failpoint, FailpointReached
from briefing.following import connections
from briefing.models import (
    ArticleRow,
    AuditRow,
    BriefingRow,
    ConnectionRow,
    LookRow,
    RevisionRow,
    SourceRow,
    StepRow,
)
from briefing.podcasts.newsroom import load_newsroom
from briefing.states import Queue, StepKind
from tests.support import lock_order
from tests.support.client import client_of
from tests.support.dying import work_until_killed
from tests.support.failpoints import Failpoints
from tests.support.ghost import CONTENT_KEY, ghost, signature
from tests.support.newsroom import make_place, work_off
from tests.support.paper import EVENTS, Paper, connected, newsroom, open_paper
from tests.support.processes import wait_for
from worker.installation.newsroom import apply
from worker.running.perform import perform_next
from worker.sources import looking_after, polling
from worker.sources.ghost import GhostSource


@pytest.fixture
def paper(tmp_path):
    with open_paper(tmp_path) as paper:
        yield paper


def replay(paper, at):
    """Send a webhook once more, as it was."""
    _, body, headers, target = paper.site.events[at]
    return httpx.post(target, content=body, headers=headers, trust_env=False, timeout=60)


def test_a_story_published_in_ghost_is_heard_edited_and_withdrawn_by_its_webhooks(paper):
    paper.begin()
    paper.hook()
    identity = paper.site.add()
    work_off(paper.place)
    assert paper.audio(identity).json()["title"] == "Ferry runs again"
    assert [entry.title for entry in paper.entries()] == ["Ferry runs again"]
    assert paper.entries()[0].link == f"{paper.site.at}/post-1/"
    takes, revisions = paper.made()
    # When a sentence is corrected, one is spoken
    text = paper.site.posts[identity]["html"].replace("four days", "fourteen days")
    paper.site.edit(identity, html=text)
    work_off(paper.place)
    assert paper.made() == (takes + 1, revisions + 1)
    # When it is unpublished, nothing of it is left
    mp3 = paper.audio(identity).json()["url"].removeprefix(str(paper.client.base_url))
    paper.site.edit(identity, status="draft")
    work_off(paper.place)
    assert paper.audio(identity).status_code == 410
    assert paper.get(mp3).status_code == 410
    assert paper.entries() == []
    # When it is published again, it is heard again
    paper.site.edit(identity, status="published")
    work_off(paper.place)
    assert paper.audio(identity).status_code == 200
    # When it is deleted, it is gone for good
    paper.site.delete(identity)
    work_off(paper.place)
    assert paper.audio(identity).status_code == 410
    assert len(paper.site.webhooks) == len(EVENTS), "and none was answered 410"
    by = paper.one(select(AuditRow.by).where(AuditRow.action == "retract"))
    assert by == "source paper"


def test_what_webhooks_lose_a_poll_finds(paper):
    paper.begin()
    paper.hook()
    paper.site.deaf = True
    first, second = paper.site.add("One"), paper.site.add("Two")
    assert paper.poll() > 5
    assert {entry.title for entry in paper.entries()} == {"One", "Two"}
    takes, revisions = paper.made()
    assert paper.poll() == 1, "where nothing has changed, nothing is done"
    text = paper.site.posts[first]["html"].replace("four days", "fourteen days")
    paper.site.edit(first, html=text)
    paper.poll()
    assert paper.made() == (takes + 1, revisions + 1)
    paper.site.edit(first, status="draft")
    paper.site.delete(second)
    paper.poll()
    assert [paper.audio(identity).status_code for identity in (first, second)] == [410, 410]
    assert paper.entries() == []


def test_of_older_posts_a_lost_deletion_is_found_by_the_next_poll(paper, monkeypatch):
    monkeypatch.setattr(looking_after, "_AT_ONCE", 2)
    paper.begin()
    paper.site.deaf = True
    identity = paper.site.add("Older")
    paper.poll()
    # Given more that were saved since, and might have audio, than a poll looks at closely
    long_ago = (datetime.now(UTC) - timedelta(days=400)).strftime("%Y-%m-%dT%H:%M:%S.000Z")
    newer = [paper.site.add(f"Number {number}", created=long_ago) for number in range(3)]
    paper.poll()
    with paper.place.database.writing() as session:
        session.add_all(ArticleRow(source="paper", id=one) for one in newer)
    assert paper.audio(identity).status_code == 200
    # When the older one is deleted, all having been looked at just now / Then the next poll withdraws it
    paper.site.delete(identity)
    paper.poll(rested=False)
    assert paper.audio(identity).status_code == 410


def test_a_look_that_is_refused_keeps_nothing_that_has_changed_from_being_seen(paper, monkeypatch):
    paper.begin()
    paper.site.deaf = True
    look = GhostSource.look

    def refusing(source, ids):
        if "odd" in ids:
            raise PageRefused("no")
        return look(source, ids)

    # Given an article that was told of and that its CMS refuses to tell of, and one that is published
    monkeypatch.setattr(GhostSource, "look", refusing)
    with paper.place.database.writing() as session:
        connections.look_at(session, "paper", "odd")
    identity = paper.site.add()
    # When it is polled / Then what is published is heard, nothing fails, and the odd one comes again
    paper.poll()
    assert paper.audio(identity).status_code == 200
    assert paper.one(select(ConnectionRow.failures)) == 0
    assert paper.one(select(LookRow.article_id)) == "odd"
    # Of a source that was not polled besides, nobody knows whether it answers: it fails
    with paper.place.database.writing() as session:
        session.execute(update(LookRow).values(due_at=0.0))
        connections.rouse(session, "paper")
    work_off(paper.place)
    assert paper.one(select(ConnectionRow.failures)) == 1


def test_where_turns_have_got_to_is_kept_for_whoever_polls_next(paper):
    paper.begin()
    with paper.place.database.writing() as session:
        session.add_all(ArticleRow(source="paper", id=name) for name in ("a", "b"))
    paper.poll()
    assert paper.one(select(StepRow.payload).where(StepRow.kind == StepKind.POLL.value))["turn"]["unseen"] == "b"


def test_a_webhook_ten_times_out_of_order_and_ten_minutes_later_is_one_generation(paper, monkeypatch):
    paper.begin()
    paper.hook("post.published", "post.published.edited")
    identity = paper.site.add()
    work_off(paper.place)
    paper.site.deaf = True
    for number in range(3):
        paper.site.edit(identity, html=f"<p>The ferry carried {number} hundred people on Monday, it was said.</p>")
    takes, revisions = paper.made()
    asked = len(paper.site.asked)
    answers = [replay(paper, at).status_code for at in (3, 1, 2, *[0, 3] * 5, 2, 1)]
    assert set(answers) == {202}
    assert len(paper.site.asked) == asked, "it is answered before the CMS is asked for anything"
    assert paper.one(select(func.count()).select_from(LookRow)) == 1
    work_off(paper.place)
    assert paper.made()[1] == revisions + 1, "one generation"
    assert paper.made()[0] == takes + 1
    assert "2 hundred" in paper.get(f"{transcript(paper, identity)}").text
    # When the last comes again ten minutes later, it is refused, and so is another's, and a changed one
    later = time.time() + 600
    with monkeypatch.context() as patch:
        patch.setattr("api.hooks.time.time", lambda: later)
        assert replay(paper, 3).status_code == 401
    _, body, headers, target = paper.site.events[3]
    assert httpx.post(target, content=body + b" ", headers=headers, trust_env=False, timeout=60).status_code == 401
    other = headers | {"x-ghost-signature": signature("whsec_other", body, str(int(time.time() * 1000)))}
    refused = httpx.post(target, content=body, headers=other, trust_env=False, timeout=60)
    assert (refused.status_code, refused.json()["code"]) == (401, "hook_refused")
    assert work_off(paper.place) == 0


def transcript(paper, identity):
    told = paper.audio(identity).json()["transcripts"]
    page = next(one["url"] for one in told if one["type"] == "text/html")
    return page.removeprefix(str(paper.client.base_url))


def test_a_change_of_visibility_moves_within_one_poll_and_speaks_nothing(paper):
    paper.begin()
    paper.site.deaf = True
    identity = paper.site.add()
    paper.poll()
    mp3 = paper.audio(identity).json()["url"].removeprefix(str(paper.client.base_url))
    takes, revisions = paper.made()
    for visibility in ("members", "paid"):
        paper.site.edit(identity, visibility=visibility)
        paper.poll()
        assert paper.get(mp3).status_code in {404, 410}
        assert paper.audio(identity).json()["access"] == "preview"
        assert paper.entries() == []
    paper.site.edit(identity, visibility="public")
    paper.poll()
    assert paper.get(mp3).status_code == 200
    assert len(paper.entries()) == 1
    # And tags alone are no news either
    paper.site.edit(identity, tags=["Weather"])
    paper.poll()
    assert paper.made() == (takes, revisions)


def test_a_members_post_is_never_public(paper):
    paper.begin()
    paper.hook()
    secret = "the treasurer resigned over it"
    html = f"<p>The harbour board met on Monday and said so.</p><p>What is more, {secret} in the end.</p>"
    identity = paper.site.add("Board", visibility="paid", html=html)
    work_off(paper.place)
    assert paper.states() == ["live"]
    assert paper.audio(identity).json()["access"] == "preview"
    assert paper.entries() == []
    root = paper.place.files.storage.root
    assert not [path for path in root.rglob("*") if path.is_file() and secret.encode() in path.read_bytes()]


def test_a_post_that_becomes_members_while_it_is_fetched_is_not_published(paper, monkeypatch):
    paper.begin()
    paper.site.deaf = True
    identity = paper.site.add()
    paper.wake()
    # When it is noticed, and not fetched yet
    perform_next(paper.place, tuple(Queue))
    assert paper.one(select(func.count()).where(RevisionRow.state == "preparing")) == 1
    paper.site.edit(identity, visibility="members")
    work_off(paper.place)
    assert paper.audio(identity).json()["access"] == "preview"
    assert paper.entries() == []


def test_what_was_published_before_is_back_catalogue(paper):
    old = (datetime.now(UTC) - timedelta(days=400)).strftime("%Y-%m-%dT%H:%M:%S.000Z")
    silent, wanted = paper.site.add("Old", created=old), paper.site.add("Wanted", created=old)
    paper.begin()
    assert paper.states() == []
    # When somebody corrects its spelling, it is still not narrated; when it is tagged, it is
    paper.site.edit(silent, title="Olde")
    paper.site.edit(wanted, tags=["#audio"])
    paper.poll()
    assert [entry.title for entry in paper.entries()] == ["Wanted"]
    # And an editor may say of a story that it is not to be heard
    paper.site.edit(wanted, tags=["#no-audio"])
    paper.poll()
    assert paper.audio(wanted).status_code == 410


def test_a_scheduled_post_is_narrated_beforehand_and_live_when_ghost_publishes_it(paper):
    paper.begin()
    paper.hook()
    # Tomorrow at noon: an hour later is the same day, and so the same spoken date.
    soon = (datetime.now(UTC) + timedelta(days=1)).replace(hour=12, minute=0, second=0, microsecond=0)
    identity = paper.site.add(status="draft", tags=["#audio"])
    paper.poll()
    assert paper.states() == ["held"]
    paper.site.edit(identity, status="scheduled", published_at=soon.strftime("%Y-%m-%dT%H:%M:%S.000Z"))
    work_off(paper.place)
    takes, _ = paper.made()
    assert set(paper.states()) <= {"held", "superseded", "unchanged"}
    assert paper.audio(identity).status_code == 404
    root = paper.place.files.storage.root
    assert not [path for path in root.rglob("*") if path.is_file() and b"harbour board" in path.read_bytes()]
    # When it is put off, nothing is spoken anew
    paper.site.edit(identity, published_at=(soon + timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%S.000Z"))
    paper.poll()
    due = paper.one(select(LookRow.due_at))
    assert abs(due - soon.timestamp()) < 4000
    assert paper.audio(identity).status_code == 404
    # When its moment comes, it is looked at, webhook or not, and is live
    paper.site.deaf = True
    paper.site.edit(identity, status="published")
    with paper.place.database.writing() as session:
        session.execute(update(LookRow).values(due_at=time.time()))
        connections.rouse(session, "paper")
    work_off(paper.place)
    assert paper.audio(identity).status_code == 200
    assert paper.entries()[0].link == f"{paper.site.at}/post-1/"
    assert paper.made()[0] == takes
    assert paper.one(select(func.count()).select_from(LookRow)) == 0


def test_a_scheduled_post_that_somebody_asks_for_is_held_too(paper):
    soon = (datetime.now(UTC) + timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%S.000Z")
    identity = paper.site.add(status="scheduled", published_at=soon)
    paper.client.put(f"/v1/articles/paper/{identity}/audio").raise_for_status()
    perform_next(paper.place, tuple(Queue))
    # And when it is said, meanwhile, for whom it is
    for visibility in ("members", "public"):
        said = {"visibility": visibility}
        paper.client.put(f"/v1/articles/paper/{identity}/audio", json=said).raise_for_status()
    work_off(paper.place)
    assert set(paper.states()) <= {"held", "superseded", "unchanged"}
    assert paper.audio(identity).status_code == 404
    briefing = paper.one(select(BriefingRow.id))
    early = paper.client.post(f"/v1/briefings/{briefing}/publish")
    assert (early.status_code, early.json()["code"]) == (409, "unpublished"), "no editor is sooner than the story"
    paper.begin()
    paper.site.edit(identity, status="published")
    paper.poll()
    assert paper.audio(identity).status_code == 200


def told_ago(paper, identity, seconds):
    """Have a save be so long ago by Ghost's clock; return its moment."""
    moment = datetime.now(UTC).replace(microsecond=0) - timedelta(seconds=seconds)
    paper.site.posts[identity]["updated_at"] = moment.strftime("%Y-%m-%dT%H:%M:%S.000Z")
    return moment.timestamp()


def test_the_quiet_period_is_counted_from_the_save_however_late_a_poll_finds_it(tmp_path):
    # Given a show with the quiet period of 30 s that it has by itself, and a Ghost whose webhooks are all lost
    with ghost() as site:
        place = make_place(tmp_path, newsroom(site).replace("quiet = {seconds = 0}\n", ""))
        connected(place)
        with client_of(place) as client:
            paper = Paper(place, site, client)
            paper.begin()
            paper.hook()
            site.deaf = True
            identity = site.add()
            paper.poll()
            html, (takes, revisions) = site.posts[identity]["html"], paper.made()
            first = paper.audio(identity).json()["url"]
            # When a poll finds a save of half a minute ago / Then it is heard at once: nothing waits twice
            site.edit(identity, html=html.replace("four", "fourteen"))
            told_ago(paper, identity, 30)
            paper.poll()
            assert paper.made() == (takes + 1, revisions + 1)
            assert paper.audio(identity).json()["url"] != first
            # When it finds one of ten seconds ago / Then that waits for the rest
            site.edit(identity, html=html.replace("four", "fifteen"))
            saved = told_ago(paper, identity, 10)
            paper.poll()
            waits = select(StepRow.not_before).where(StepRow.kind == StepKind.PREPARE, StepRow.state == "ready")
            assert paper.one(waits) == pytest.approx(saved + 30, abs=0.01)
            # And a clock that is ahead has nothing wait longer than one that is right
            before = time.time()
            site.edit(identity, html=html.replace("four", "sixteen"))
            told_ago(paper, identity, -3600)
            paper.poll()
            assert before + 30 <= paper.one(waits) <= time.time() + 30
        place.database.dispose()


def test_an_editors_withdrawal_is_not_undone_by_the_next_save(paper):
    paper.begin()
    paper.hook()
    identity = paper.site.add()
    work_off(paper.place)
    briefing = paper.one(select(BriefingRow.id))
    paper.client.post(f"/v1/briefings/{briefing}/retract").raise_for_status()
    work_off(paper.place)
    for change in ({"title": "Ferry runs"}, {"status": "draft"}, {"status": "published"}):
        paper.site.edit(identity, **change)
        work_off(paper.place)
        assert paper.audio(identity).status_code == 410


def test_a_ghost_in_trouble_is_left_alone_longer_and_longer_and_told_of(paper):
    paper.begin()
    paper.site.fault = 500
    for _ in range(3):
        paper.poll()
    row = paper.one(select(ConnectionRow))
    assert (row.failures, row.error_code) == (3, "source_unavailable")
    step = paper.one(select(StepRow).where(StepRow.kind == StepKind.POLL))
    assert 200 < step.not_before - time.time() < 250
    wait_for(lambda: paper.client.get("/readyz").json()["sources"] == "failing: paper", "a fresh look")
    metrics = paper.client.get("/metrics").text
    assert 'briefcast_source_failures{source="paper"} 3.0' in metrics
    paper.site.fault = None
    identity = paper.site.add()
    paper.poll()
    assert paper.one(select(ConnectionRow)).failures == 0
    assert paper.audio(identity).status_code == 200
    # One look serves all probes of a second.
    wait_for(lambda: paper.client.get("/readyz").json()["sources"] == "ok", "a fresh look")


def test_with_the_content_key_alone_members_posts_fail_by_their_code(tmp_path):
    with ghost() as site:
        place = make_place(tmp_path, newsroom(site))
        connected(place, content_key=CONTENT_KEY)
        with client_of(place) as client:
            paper = Paper(place, site, client)
            paper.begin()
            site.add("Free")
            site.add("Paid", visibility="paid")
            paper.poll()
            assert [entry.title for entry in paper.entries()] == ["Free"]
            with place.database.reading() as session:
                codes = set(session.scalars(select(RevisionRow.error_code)))
            assert codes == {None, "article_behind_paywall"}
        place.database.dispose()


def test_ghost_5_says_what_happened_in_the_address(tmp_path):
    with ghost(5) as site:
        place = make_place(tmp_path, newsroom(site))
        connected(place)
        with client_of(place) as client:
            paper = Paper(place, site, client)
            paper.begin()
            paper.hook()
            identity = site.add()
            work_off(place)
            assert paper.audio(identity).status_code == 200
            assert all(b'"event"' not in body[:20] for _, body, *_ in site.events)
        place.database.dispose()


def test_there_is_one_step_for_each_source_and_none_for_what_is_not_listed(paper, tmp_path):
    for _ in range(3):
        polling.tend(paper.place)
        work_off(paper.place)
    polls = select(func.count()).where(StepRow.kind == StepKind.POLL.value, StepRow.state == "ready")
    assert paper.one(polls) == 1
    (tmp_path / "briefcast.toml").write_text(newsroom(paper.site, poll=0))
    apply(load_newsroom(tmp_path / "briefcast.toml"), paper.place)
    paper.poll()
    polling.tend(paper.place)
    assert paper.one(polls) == 0
    with paper.place.database.writing() as session:
        session.execute(update(SourceRow).where(SourceRow.name == "paper").values(listed=False))
        connections.rouse(session, "paper")
    work_off(paper.place)
    assert paper.one(polls) == 0


@pytest.mark.parametrize("action", [Action.RAISE, Action.KILL])
@pytest.mark.parametrize("point", [Failpoint.POLL_NOTICED, Failpoint.STEP_COMES_AGAIN])
def test_whoever_dies_over_a_change_leaves_it_to_the_next(paper, tmp_path, monkeypatch, point, action):
    paper.begin()
    paper.site.deaf = True
    identity = paper.site.add()
    paper.wake()
    failing = Failpoints(tmp_path / "failing")
    for name, value in failing.environment.items():
        monkeypatch.setenv(name, value)
    if action is Action.KILL:
        work_until_killed(paper.place, failing, point)
    else:
        failing.arm(point, action)
        with pytest.raises(FailpointReached):
            work_off(paper.place)
    assert failing.waiting() == []
    work_off(paper.place)
    assert paper.audio(identity).status_code == 200
    assert paper.states() == ["live"]


def test_webhooks_that_come_at_once_while_it_is_polled_lose_nothing_and_lock_in_order(tmp_path, cluster, monkeypatch):
    monkeypatch.setenv("BRIEFCAST_DATABASE_URL", cluster.new_database())
    with ghost() as site, lock_order.recorded() as order:
        place = make_place(tmp_path, newsroom(site))
        connected(place)
        with client_of(place) as client, ThreadPoolExecutor(8) as threads:
            paper = Paper(place, site, client)
            paper.begin()
            paper.hook()
            site.deaf = True
            known = [site.add(f"Number {number}") for number in range(4)]
            working = threads.submit(lambda: [work_off(place) for _ in range(3)])
            sent = [threads.submit(replay, paper, at % len(site.events)) for at in range(24)]
            assert {one.result().status_code for one in sent} == {202}
            working.result()
            work_off(place)
            assert sorted(entry.title for entry in paper.entries()) == [f"Number {number}" for number in range(4)]
            assert paper.states() == ["live"] * len(known)
            assert paper.one(select(func.count()).select_from(LookRow)) == 0
        place.database.dispose()
    assert order.broken == {}
