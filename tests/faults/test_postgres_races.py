"""Many hosts on one PostgreSQL at the same moment: requests, workers, sweeps and publishing in each other's way."""

from __future__ import annotations

import random
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime

import httpx
import pytest
from sqlalchemy import select, text, update

from api.app import create_app
from briefing import revisions, steps
from briefing.audio import Master
from briefing.editing import overrides, rollback
from briefing.editing.overrides import Override
from briefing.errors import OverrideRefused, RollbackRefused, UnknownReference
from briefing.models import BriefingRow, EpisodeRow, IdempotencyRow, MasterRow, RevisionRow, StepRow
from briefing.podcasts.show import Quiet
from briefing.pronunciations import samples
from briefing.requesting import asking
from briefing.revisions import Asker
from briefing.states import ACTIVE, Queue, RevisionState, StepKind
from tests.support.asking import again, ask, wanted
from tests.support.client import free_port, make_key, served
from tests.support.lock_order import locked_by, recorded
from tests.support.newsroom import ARTICLE, make_place, work_off
from tests.support.processes import wait_for
from worker.running.perform import perform_next
from worker.running.shift import Shift, Wanted
from worker.tasks import TASKS
from worker.tasks import assemble as assemble_task
from worker.upkeep import sweep
from worker.workplace import Workplace


@pytest.fixture
def place(cluster, tmp_path, monkeypatch):
    monkeypatch.setenv("BRIEFCAST_DATABASE_URL", cluster.new_database())
    place = make_place(tmp_path)
    yield place
    place.database.dispose()


@pytest.fixture
def patient(monkeypatch):
    """API processes that wait for one another for as long as a machine with much to do makes them."""
    monkeypatch.setattr("api.context._BUSY_S", 60.0)


def waiting(place):
    """How many wait for a row at this moment."""
    asked = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
    with place.database.reading() as session:
        return session.scalar(text(asked))


def deadlocks(cluster, place):
    """How often the server had to part transactions that waited for each other."""
    name = place.database.engine.url.database
    place.database.dispose()  # a connection reports its counts when it ends
    time.sleep(0.1)
    return cluster.sql(f"SELECT deadlocks FROM pg_stat_database WHERE datname = '{name}'")[0][0]


@pytest.mark.parametrize("key", [None, "the-same-key"])
def test_two_api_processes_make_one_briefing_of_equal_requests(place, patient, monkeypatch, key):
    # Given two API servers, each with connections of its own
    (place.data.data.parent / "articles" / "ferry.md").write_text(ARTICLE)
    apps = []
    for _ in range(2):
        monkeypatch.setenv("BRIEFCAST_PUBLIC_URL", f"http://127.0.0.1:{free_port()}")
        apps.append(create_app())
    headers = {"Authorization": f"Bearer {make_key(place)}"} | ({"Idempotency-Key": key} if key else {})
    with served(apps[0]) as one, served(apps[1]) as two, httpx.Client(trust_env=False, timeout=60) as client:
        for address in (one, two):
            client.get(f"{address}/v1/voices", headers=headers).raise_for_status()

        # When both are asked for briefings that do not exist, many times at the same moment
        def post(number):
            article = f"desk:story{number // 8}"
            return client.post(
                f"{(one, two)[number % 2]}/v1/briefings", json={"article_ids": [article]}, headers=headers
            )

        with ThreadPoolExecutor(20) as pool:
            answers = list(pool.map(post, [0, 1] * 8 if key else range(40)))
    # Then each has one briefing with one revision, and nobody was told of an error
    assert {answer.status_code for answer in answers} <= {200, 202}
    stories = {tuple(answer.json()["articles"]): answer.json()["id"] for answer in answers}
    assert {(tuple(a.json()["articles"]), a.json()["id"], a.json()["revision"]["number"]) for a in answers} == {
        (articles, made, 1) for articles, made in stories.items()
    }
    with place.database.reading() as session:
        assert session.query(BriefingRow).count() == session.query(RevisionRow).count() == len(stories)
        assert session.query(StepRow).count() == len(stories)
        assert session.query(IdempotencyRow).count() == (1 if key else 0)
    for app in apps:
        app.state.context.database.dispose()


def test_two_bodies_under_one_key_at_once_are_told_apart(place, patient):
    app = create_app()
    headers = {"Authorization": f"Bearer {make_key(place)}", "Idempotency-Key": "k"}
    with served(app) as address, httpx.Client(trust_env=False, timeout=60) as client, ThreadPoolExecutor(8) as pool:

        def post(number):
            body = {"article_ids": [f"desk:story{number % 2}"]}
            return client.post(f"{address}/v1/briefings", json=body, headers=headers).status_code

        codes = list(pool.map(post, range(16)))
    assert set(codes) <= {200, 202, 422}
    assert codes.count(422) == 8
    with place.database.reading() as session:
        assert session.query(BriefingRow).count() == 1, "what was refused recorded nothing"
    app.state.context.database.dispose()


def test_a_sample_that_two_ask_for_at_once_is_spoken_once(place):
    def ask_for_it():
        with place.database.writing() as session:
            return samples.ask(session, "silence", "Odesa", "en", None, None, "key", datetime.now(UTC))[1]

    # Given somebody who has asked for a sample, and is not done with it / When somebody else asks for the same
    with ThreadPoolExecutor(1) as pool:
        with place.database.writing() as session:
            _, new = samples.ask(session, "silence", "Odesa", "en", None, None, "key", datetime.now(UTC))
            assert new
            second = pool.submit(ask_for_it)
            wait_for(lambda: waiting(place) == 1, "the second to wait for the first")
        # Then they get the first one's
        assert second.result(60) is False
    with place.database.reading() as session:
        assert session.query(StepRow).count() == 1


def test_collections_of_the_same_articles_in_any_order_do_not_wait_for_each_other(place, cluster):
    names = [f"story{number}" for number in range(12)]

    def collect(number):
        order = names[:]
        random.Random(number).shuffle(order)
        ask(place, *order)

    with ThreadPoolExecutor(12) as pool:
        list(pool.map(collect, range(24)))
    assert deadlocks(cluster, place) == 0


class Newsroom:
    """Threads that ask, speak, publish and sweep as several hosts would, for some seconds and until `enough` has come
    about; what any of them raises is kept.
    """

    def __init__(self, place, seconds, enough):
        self.place, self.failed, self.seen_live = place, [], {}
        self._until, self._enough = time.monotonic() + seconds, enough
        self._threads = []

    @property
    def over(self):
        now = time.monotonic()
        return bool(self.failed) or (now > self._until and (self._enough() or now > self._until + 60))

    def start(self, work, seed):
        def run():
            mine, chance = Workplace(), random.Random(seed)
            while not self.over:
                try:
                    work(mine, chance)
                except Exception as error:  # noqa: BLE001  told by the test
                    self.failed.append(error)
            mine.database.dispose()

        thread = threading.Thread(target=run)
        thread.start()
        self._threads.append(thread)

    def join(self):
        for thread in self._threads:
            thread.join()
        assert self.failed == []


def speak(mine, chance):
    """One step by itself, or a shift of a few, each claimed while the one before is finished."""
    most = chance.randrange(4)
    finished = []

    def following(lease):
        finished.append(lease)
        return Wanted(tuple(Queue), tuple(TASKS)) if len(finished) <= most else None

    shift = Shift(mine, following)
    if not perform_next(mine, tuple(Queue), shift=shift):
        time.sleep(0.01)
    while shift.goes_on:
        perform_next(mine, (), shift=shift)


def editors(briefings):
    def edit(mine, chance):
        briefing = chance.choice(briefings)
        if chance.random() < 0.5:
            again(mine, briefing, refetch=chance.random() < 0.5, now=datetime.now(UTC))
        else:
            with mine.database.reading() as session:
                row = session.get_one(BriefingRow, briefing)
                name, show = row.articles[0].partition(":")[2], row.show
            ask(mine, name, show=show, now=datetime.now(UTC))
        time.sleep(chance.random() * 0.1)

    return edit


def saver(names):
    """Save stories as a CMS does, as bulk work that somebody may come to wait for."""

    def save(mine, chance):
        wish = replace(
            wanted(chance.choice(names), queue=chance.choice([Queue.BULK, Queue.INTERACTIVE])), voice_named=False
        )
        with mine.database.writing() as session:
            asking.edited(session, wish, Quiet(seconds=1, longest_s=2), datetime.now(UTC))
        time.sleep(0.1)

    return save


def approver(briefings):
    def approve(mine, chance):
        with mine.database.writing() as session:
            row = revisions.lock_briefing(session, chance.choice(briefings))
            if held := revisions.held_revision(session, row.id):
                revisions.move(held, RevisionState.PUBLISHING, datetime.now(UTC))
                steps.record(session, StepKind.PUBLISH, Queue.INTERACTIVE, revision_id=held.id)
        time.sleep(0.05)

    return approve


def changer(briefings):
    """Change segments by hand, take that back, and go back to what was heard before."""

    def change(mine, chance):
        briefing, now, editor = chance.choice(briefings), datetime.now(UTC), Asker("mira")
        with suppress(OverrideRefused, RollbackRefused, UnknownReference), mine.database.writing() as session:
            if chance.random() < 0.2:
                rollback.roll_back(session, briefing, chance.randrange(1, 9), editor, now)
                return
            segment = chance.choice(overrides.newest_script(session, briefing).segments).id
            if chance.random() < 0.3:
                overrides.drop(session, briefing, segment, editor, now)
            else:
                spoken = chance.choice(["Once more.", "And again.", None])
                changed = Override(spoken=spoken, omitted=spoken is None)
                overrides.put(session, briefing, segment, changed, editor, now)
        time.sleep(chance.random() * 0.1)

    return change


def reaper(mine, chance):
    """Take some worker for lost: its steps are freed, or given up with their revisions, while it still works on them."""
    with mine.database.reading() as session:
        leases = session.execute(select(StepRow.id, StepRow.attempts).where(StepRow.state == "leased")).all()
    if leases:
        with mine.database.writing() as session:
            row = session.get_one(StepRow, chance.choice(leases).id, with_for_update=True)
            if row.state == "leased":
                row.lease_until = 0.0
    sweep.free_expired(mine)
    time.sleep(0.02)


def ringer(mine, _):
    """Ring as a dispatcher does."""
    with mine.database.reading() as session:
        due = [(step.id, step.fence) for step in steps.due_to_ring(session, 0.05, 500)]
    with mine.database.writing() as session:
        steps.mark_rung(session, due)
    time.sleep(0.02)


def met(order):
    """Whether both ways through the order have been gone: a chunk's, and a revision's end."""
    wanted = {("takes", "revisions", "steps"), ("briefings", "revisions", "steps")}
    return wanted <= {found[:3] for found in order.seen.copy()}


def watcher(newsroom):
    def watch(mine, _):
        with mine.database.reading() as session:
            for row in session.scalars(select(BriefingRow).where(BriefingRow.live_revision.is_not(None))):
                live = session.get_one(RevisionRow, row.live_revision)
                assert live.state == "live", "one state, and a consistent one"
                assert live.number >= newsroom.seen_live.get(row.id, 0), "what is live never goes back"
                newsroom.seen_live[row.id] = live.number
        time.sleep(0.02)

    return watch


def test_an_order_that_goes_back_is_seen(place):
    # Given a briefing / When a transaction takes its revision before itself / Then the record shows it
    (place.data.data.parent / "articles" / "ferry.md").write_text(ARTICLE)
    briefing, revision, _ = ask(place, "ferry")
    with recorded() as order:
        with place.database.writing() as session:
            revisions.locked_in_briefing(session, revision)
        assert order.seen >= {("briefings", "revisions")}
        assert order.broken == {}
        with place.database.writing() as session:
            session.get_one(RevisionRow, revision, with_for_update=True)
            revisions.lock_briefing(session, briefing)
        assert set(order.broken) == {("revisions", "briefings")}
    # And what skips what is locked waits for nobody
    assert locked_by("SELECT steps.id FROM steps WHERE x FOR UPDATE SKIP LOCKED") == (["steps"], False)
    assert locked_by("UPDATE steps SET a=1 WHERE id = (SELECT id FROM steps FOR UPDATE SKIP LOCKED)") == (
        ["steps"],
        False,
    )


def _settle(place):
    """Work off all there is, also what was saved in the last second and waits for its quiet period, or comes of it."""
    done = 1
    while done:
        with place.database.writing() as session:
            session.execute(update(StepRow).values(not_before=None))
        done = work_off(place)


def test_workers_editors_sweeps_and_publishing_at_once_never_wait_for_each_other(place, cluster, monkeypatch):
    # Given a finished MP3 that every assembling comes to, as encoding and signing are not the point
    folder = place.data.data.parent / "articles"
    names = [f"story{number}" for number in range(3)]
    for name in names:
        (folder / f"{name}.md").write_text(ARTICLE.replace("Ferry", name))
    ask(place, names[0])
    work_off(place)
    with place.database.reading() as session:
        master = Master.model_validate(session.query(MasterRow).one().content)
    produced = lambda planned, _: master.model_copy(update={"key": planned.key})  # noqa: E731
    monkeypatch.setattr(assemble_task, "produce", produced)
    monkeypatch.setitem(TASKS, StepKind.VERIFY, lambda lease, mine: None)
    TASKS.pop(StepKind.VERIFY)
    briefings = [ask(place, name, show=show)[0] for name in names for show in ("daily", "held")]

    # When everybody is at it
    with recorded() as order:
        newsroom = Newsroom(place, 12, lambda: met(order) and len(newsroom.seen_live) >= len(names))
        for seed in range(6):
            newsroom.start(speak, seed)
        for seed in range(3):
            newsroom.start(editors(briefings), seed)
        for seed in range(2):
            newsroom.start(changer(briefings), seed)
        newsroom.start(saver(names), 1)
        newsroom.start(approver(briefings), 1)
        newsroom.start(reaper, 2)
        newsroom.start(reaper, 3)
        newsroom.start(ringer, 4)
        newsroom.start(watcher(newsroom), 5)
        newsroom.join()
        _settle(place)
        # And a story is withdrawn, and what is over is let go of
        with place.database.writing() as session:
            asking.retract(session, briefings[0], datetime.now(UTC))
        work_off(place)
        sweep.sweep(place)

    # Then no transaction has gone back in the order of locks, of those that there are
    assert order.broken == {}
    assert met(order)
    assert any("overrides" in found for found in order.seen)
    # And no two ever waited for each other, and all that was asked for has come to its end
    with place.database.reading() as session:
        rows = list(session.scalars(select(RevisionRow)))
        assert len(rows) > len(briefings)
        assert [row for row in rows if RevisionState(row.state) in ACTIVE] == []
        assert {row.state for row in rows} <= {"live", "held", "superseded", "unchanged", "failed", "retracted"}
        assert all(row.chunks_left == 0 for row in rows if row.state in {"live", "held"})
        for briefing in session.scalars(select(BriefingRow)):
            live = [row.id for row in rows if row.briefing_id == briefing.id and row.state == "live"]
            assert live == ([briefing.live_revision] if briefing.live_revision else [])
        left = session.scalars(select(StepRow).where(StepRow.kind != "verify", StepRow.state.not_in(["done", "dead"])))
        assert left.all() == []
        assert all(step.attempts <= steps.MAX_ATTEMPTS for step in session.scalars(select(StepRow)))
        heard = {row.id for row in session.scalars(select(BriefingRow)) if row.live_revision is not None}
        assert {row.briefing_id for row in session.scalars(select(EpisodeRow))} == heard | {briefings[0]}
    assert deadlocks(cluster, place) == 0


def test_a_ring_used_up_while_its_step_is_being_marked_is_rung_anew(place):
    # Given two steps / When a ring that names the second comes while the dispatcher is marking that one as rung
    for name in ("first", "second"):
        (place.data.data.parent / "articles" / f"{name}.md").write_text(ARTICLE.replace("Ferry", name))
        ask(place, name)
    with place.database.reading() as session:
        first, second = session.scalars(select(StepRow).order_by(StepRow.id)).all()
    dispatcher = Workplace()
    with ThreadPoolExecutor(1) as worker:
        with dispatcher.database.writing() as session:
            steps.mark_rung(session, [(second.id, second.fence)])
            performing = worker.submit(perform_next, place, (), second.id)
            wait_for(lambda: step(place, first.id).state == "leased", "the first step's turn")
        assert performing.result(60) is not None
    # Then the first was done, whose turn it was, and the second does not wait a minute for its next ring
    assert (step(place, first.id).state, step(place, second.id).rung_at) == ("done", None)
    dispatcher.database.dispose()


def test_a_ring_that_finds_its_only_step_being_marked_is_rung_anew(place):
    # Given one step / When its ring comes while the dispatcher holds its row to mark it, so that nobody can claim it
    (place.data.data.parent / "articles" / "only.md").write_text(ARTICLE)
    ask(place, "only")
    with place.database.reading() as session:
        only = session.scalars(select(StepRow)).one()
    dispatcher = Workplace()
    with ThreadPoolExecutor(1) as worker:
        with dispatcher.database.writing() as session:
            steps.mark_rung(session, [(only.id, only.fence)])
            performing = worker.submit(perform_next, place, (), only.id)
            wait_for(lambda: waiting(place), "it to have looked, and to wait for the row")
        # Then the ring had nothing done, and the step does not bear the mark of a ring that is gone
        assert performing.result(60) is None
    assert (step(place, only.id).state, step(place, only.id).rung_at) == ("ready", None)
    dispatcher.database.dispose()


def step(place, step_id):
    with place.database.reading() as session:
        return session.get_one(StepRow, step_id)
