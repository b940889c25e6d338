"""What is let go, and above all what is not: the live file of no interleaving of makers and collectors goes (F27)."""

from __future__ import annotations

import os
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, update

from briefing.accounts import audit
from briefing.audience.records import day_of
from briefing.database import Database
from briefing.models import (
    ArticleVersionRow,
    AuditRow,
    BriefingRow,
    CondemnedRow,
    HealthRow,
    IdempotencyRow,
    MasterRow,
    RevisionRow,
    SaltRow,
    StepRow,
    TakeRow,
    WorkerRow,
)
from briefing.public_names import audio_name, briefing_folder
from briefing.states import Queue
from briefing.storage.interfaces import YOUNG_S
from tests.support.asking import NOW, again, ask, briefing_row, revision_row
from tests.support.newsroom import ARTICLE, work_off
from worker.running import heartbeat
from worker.running.perform import perform_next
from worker.upkeep import retention, sweep
from worker.upkeep.condemned import GRACE_S, condemn
from worker.upkeep.cutoffs import Gone

DAY = timedelta(days=1)


@pytest.fixture
def article(tmp_path):
    path = tmp_path / "articles" / "ferry.md"
    path.write_text(ARTICLE)
    return path


def aged(place, days):
    """Make everything there is older."""
    by = timedelta(days=days)
    with place.database.writing() as session:
        for kind, column in (
            (RevisionRow, "finished_at"),
            (TakeRow, "created_at"),
            (MasterRow, "created_at"),
            (ArticleVersionRow, "fetched_at"),
        ):
            for row in session.scalars(select(kind)):
                if getattr(row, column) is not None:
                    setattr(row, column, getattr(row, column) - by)
        session.execute(update(StepRow).values(ready_at=StepRow.ready_at - days * 86_400))
        session.execute(update(CondemnedRow).values(since=CondemnedRow.since - days * 86_400))
    for blob in place.storage.stored():
        moment = blob.modified - days * 86_400
        os.utime(place.storage.path(blob.sha256), (moment, moment))


def pass_over(place, now=None):
    """A whole pass of retention; what it let go."""
    now = now or datetime.now(UTC)
    gone, cursors = retention.collect(place, now, {})
    while cursors:
        more, cursors = retention.collect(place, now, cursors)
        gone += more
    return gone


def made(place, article, text=None):
    """Have the article's audio made again after an edit; its revision."""
    if text is not None:
        article.write_text(text)
    briefing, revision, _ = ask(place, "ferry", now=datetime.now(UTC))
    work_off(place)
    return briefing, revision


def mp3s(place):
    return {file.name for file in place.files.storage.files("audio")}


def test_replaced_audio_goes_after_its_days_and_what_is_live_stays(place, article):
    # Given audio that was replaced by an edit of one paragraph
    briefing, first = made(place, article)
    old = mp3s(place)
    _, second = made(place, article, ARTICLE.replace("four days", "no fewer than fourteen days"))
    (new,) = mp3s(place) - old
    (edited,) = set(keys(place, first)) - set(keys(place, second))
    # When its days are not over / Then nothing goes
    assert pass_over(place) == Gone()
    aged(place, 89)
    assert pass_over(place).revisions == 0
    # When they are / Then its MP3, its companions and the take that it alone had go, in the end their bytes too
    aged(place, 2)
    assert retention.foreseen(place, datetime.now(UTC)).revisions == 1
    assert pass_over(place).revisions == 1
    assert mp3s(place) == {new}
    assert not list(place.files.storage.files(briefing_folder(briefing, 1)))
    assert list(place.files.storage.files(briefing_folder(briefing, 2)))
    row = revision_row(place, first)
    assert (row.state, row.master_key, row.chunks) == ("superseded", None, None)
    pass_over(place)
    with place.database.reading() as session:
        assert {row.key for row in session.scalars(select(TakeRow))} == set(keys(place, second))
        assert session.get(TakeRow, edited) is None
        assert session.scalars(select(MasterRow)).one().key == revision_row(place, second).master_key
    stored = {blob.sha256 for blob in place.storage.stored()}
    aged(place, 1)
    assert pass_over(place).blobs == 3, "the take, the MP3 and its transcript"
    assert len(stored - {blob.sha256 for blob in place.storage.stored()}) == 3
    # And what is live plays, and is made again from what is left without speaking
    assert briefing_row(place, briefing).live_revision == second
    assert place.files.storage.look(new)
    revision, _ = again(place, briefing, now=datetime.now(UTC))
    work_off(place)
    assert revision_row(place, revision).chunks_reused == len(set(keys(place, second)))


def keys(place, revision):
    return [chunk["key"] for chunk in revision_row(place, revision).chunks]


def test_an_mp3_that_the_live_revision_has_too_stays(place, article):
    # Given a regeneration that came out the same, so that both revisions have one MP3
    briefing, first = made(place, article)
    second, _ = again(place, briefing, now=datetime.now(UTC))
    work_off(place)
    assert revision_row(place, first).master_key == revision_row(place, second).master_key
    # When the first is let go / Then the MP3 stays
    aged(place, 200)
    assert pass_over(place).revisions == 1
    pass_over(place)
    assert briefing_row(place, briefing).live_revision == second
    with place.database.reading() as session:
        sha256 = session.scalars(select(MasterRow.sha256)).one()
    assert place.files.storage.look(audio_name(sha256))
    assert place.storage.intact(sha256)


def test_what_a_held_revision_and_one_under_way_use_stays(place, article):
    made(place, article)
    with place.database.writing() as session:
        for row in session.scalars(select(RevisionRow)):
            row.state = "held"
    ask(place, "ferry", show="held", now=datetime.now(UTC))
    for _ in range(2):
        perform_next(place, tuple(Queue))
    aged(place, 400)
    with place.database.reading() as session:
        before = set(session.scalars(select(TakeRow.key)))
    pass_over(place)
    with place.database.reading() as session:
        assert set(session.scalars(select(TakeRow.key))) == before


def test_old_steps_answers_and_versions_go_and_the_rest_stays(place, article):
    briefing, _ = made(place, article)
    for number in range(3):
        made(place, article, ARTICLE.replace("four days", f"{number} days"))
    with place.database.writing() as session:
        for name, age in (("old", 8), ("new", 6)):
            session.add(
                IdempotencyRow(
                    key_id="k", idempotency_key=name, fingerprint="f", answered_id=briefing, status=202,
                    created_at=datetime.now(UTC) - age * DAY,
                )
            )  # fmt: skip
    assert pass_over(place).answers == 1
    aged(place, 500)
    pass_over(place)
    gone = pass_over(place)
    with place.database.reading() as session:
        assert session.scalars(select(IdempotencyRow.idempotency_key)).all() == ["new"]
        versions = session.scalars(select(ArticleVersionRow.id).order_by(ArticleVersionRow.id)).all()
        assert versions == [1, 4], "the first, by which the audio is dated, and the newest"
        # The look from outside is still to be had, and its step stays.
        assert {(row.kind, row.state) for row in session.scalars(select(StepRow))} == {("verify", "ready")}
    assert gone == Gone()


def test_a_row_that_comes_back_keeps_its_bytes(place, article):
    # Given a take whose row has gone, its bytes condemned
    made(place, article)
    with place.database.writing() as session:
        row = session.scalars(select(TakeRow)).first()
        values = {column.key: getattr(row, column.key) for column in TakeRow.__table__.columns}
        condemn(session, [row.sha256], datetime.now(UTC).timestamp())
        session.delete(row)
    aged(place, 3)
    # When a worker that had found it writes it again / Then its bytes stay, though their hour is over
    with place.database.writing() as session:
        session.add(TakeRow(**values))
    pass_over(place)
    assert place.storage.intact(values["sha256"])
    with place.database.reading() as session:
        assert session.scalars(select(CondemnedRow)).all() == []


def test_bytes_stored_again_while_they_are_removed_stay(place, tmp_path):
    def stored():
        path = place.storage.temporary(".x")
        path.write_bytes(b"sound")
        return place.storage.put(path)

    sha256 = stored()
    now = datetime.now(UTC).timestamp()
    assert not place.storage.remove_older(sha256, now - YOUNG_S)
    assert place.storage.intact(sha256)
    assert place.storage.remove_older(sha256, now + 60)
    assert not place.storage.remove_older(sha256, now + 60)
    assert place.storage.path(sha256) is None


def test_the_sweep_does_it_by_and_by_and_rests_for_an_hour(place, article):
    made(place, article)
    made(place, article, ARTICLE.replace("four", "five"))
    aged(place, 200)
    for _ in range(10):
        sweep.sweep(place)
    with place.database.reading() as session:
        row = session.get(HealthRow, "retention")
        assert (row.state, row.detail) == ("resting", "{}")
    assert len(mp3s(place)) == 1
    with place.database.writing() as session:
        session.get(HealthRow, "retention").reported_at -= 3601
    sweep.sweep(place)
    with place.database.reading() as session:
        assert session.get(HealthRow, "retention").state == "resting"


def test_more_revisions_than_are_noted_at_once_keep_no_take_from_going(place):
    # Given 250 finished revisions and 50 takes past their date
    old = datetime.now(UTC) - 400 * DAY
    with place.database.writing() as session:
        session.add(BriefingRow(id="a", identity="a", show="daily", kind="story", articles=["desk:x"], created_at=old))
        session.flush()
        for number in range(250):
            session.add(
                RevisionRow(
                    briefing_id="a", number=number + 1, state="superseded", queue="bulk", voice="silence", voices={},
                    fallbacks=[], request={}, show={}, requested_by="t", created_at=old,
                )
            )  # fmt: skip
        for number in range(50):
            session.add(
                TakeRow(
                    key=f"{number:064x}", sha256=f"{number:064x}", rate=1, samples=1, words=[], timing="estimated",
                    created_at=old,
                )
            )  # fmt: skip
    # When the sweep comes round a few times / Then they are gone
    for _ in range(4):
        retention.tend(place)
    with place.database.reading() as session:
        assert session.scalars(select(TakeRow.key)).all() == []
    # And walks that were under way go on where they were, when there is more to note once more
    with place.database.writing() as session:
        session.execute(update(RevisionRow).values(uses_noted=False))
    cursors = {"takes": "3", "masters": "5"}
    _, following = retention.collect(place, datetime.now(UTC), cursors)
    assert following.items() >= cursors.items()


def test_two_collectors_at_once_do_no_harm(cluster, tmp_path):
    from briefing.observing import workers

    # Given two processes at one PostgreSQL, and ones that ended
    database = Database(cluster.new_database())
    names = [f"{number:064x}" for number in range(20)]
    with database.writing() as session:
        for number in range(4):
            told = workers.Report(f"w{number}", "worker", "h", 1, "1", {"briefcast_leases_expired|": 1.0}, stopped=True)
            workers.report(session, told)
    barrier = threading.Barrier(2, timeout=60)

    def condemning(_):
        with database.writing() as session:
            session.execute(select(1))
            barrier.wait()
            condemn(session, names, 1.0)

    def retiring(name):
        with database.writing() as session:
            # Each has one that ended, as `skip_locked` shares them out; both find no sum yet.
            session.execute(select(WorkerRow).where(WorkerRow.name == name).with_for_update())
            barrier.wait()
            workers.retire(session)

    # When both condemn the same bytes, and both write down the first sum / Then neither fails
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(condemning, range(2)))
        list(pool.map(retiring, ("w0", "w3")))
    with database.writing() as session:
        workers.retire(session)
    with database.reading() as session:
        assert len(session.scalars(select(CondemnedRow.sha256)).all()) == 20
        counts = [row.measures for row in session.scalars(select(WorkerRow))]
    assert workers.added(counts) == {"briefcast_leases_expired|": 4.0}
    database.dispose()


def test_a_fault_beside_it_keeps_no_lost_step_from_being_freed(place, article, monkeypatch):
    from briefing import steps
    from briefing.errors import DatabaseUnavailable

    def faulty(_):
        raise error

    # Given a step whose worker has gone, and faults in what is done beside
    ask(place, "ferry", now=datetime.now(UTC))
    with place.database.writing() as session:
        assert steps.claim(session, holder="gone", lease_s=-1, queues=tuple(Queue))
    faulty.__name__ = "faulty"
    monkeypatch.setattr(sweep, "fall_back_where_open", faulty)
    monkeypatch.setattr(retention, "tend", faulty)
    # When it is swept / Then the step is freed, and nobody dies
    error = KeyError("unforeseen")
    assert [lost.holder for lost in sweep.sweep(place)] == ["gone"]
    error = DatabaseUnavailable("away")
    with pytest.raises(DatabaseUnavailable):
        sweep.sweep(place)


def test_the_heart_beats_on_after_an_unforeseen_error(place, monkeypatch):
    from tests.support.processes import wait_for

    beats, beat = [], heartbeat.Heartbeat(place, "worker")

    def report(**_):
        beats.append(1)
        if len(beats) == 1:
            raise KeyError("unforeseen")

    object.__setattr__(place.work, "heartbeat_s", 0.02)
    monkeypatch.setattr(beat, "_report", report)
    beat.start()
    wait_for(lambda: len(beats) > 2, "the next beats")
    beat.stop()


def test_counts_of_processes_that_ended_stay(place):
    from briefing.observing import workers

    with place.database.writing() as session:
        for name, stopped in (("a", True), ("b", False)):
            counts = {"briefcast_leases_expired|": 2.0}
            workers.report(session, workers.Report(name, "worker", "h", 1, "1", counts, stopped=stopped))
    for _ in range(2):
        pass_over(place)
    with place.database.reading() as session:
        rows = {row.name: row.measures for row in session.scalars(select(WorkerRow))}
    assert rows.keys() == {"b", workers.RETIRED}
    assert workers.added(rows.values()) == {"briefcast_leases_expired|": 4.0}
    assert GRACE_S > 1800
    assert datetime.now(UTC) > NOW


def test_a_host_whose_clock_is_wrong_lets_nothing_go_before_its_time(monkeypatch, place):
    # Given a host, and its clock: two years ahead of the database's
    from worker.upkeep import audience

    class Ahead(datetime):
        @classmethod
        def now(cls, tz=None):
            return datetime.now(tz) + 800 * DAY

    with place.database.writing() as session:
        audit.record(session, datetime.now(UTC), audit.Action.ASK, None)
        session.add(SaltRow(day=day_of(datetime.now(UTC).timestamp()), salt="5a"))
    for module in (retention, audience):
        # Ours alone: libraries compare with their own.
        monkeypatch.setattr(module, "datetime", Ahead, raising=False)
    # When it sweeps
    retention.tend(place)
    audience.tend(place)
    # Then what is to be kept is there
    with place.database.reading() as session:
        assert session.scalars(select(AuditRow.action)).all() == ["ask"]
        assert len(session.scalars(select(SaltRow.day)).all()) == 1


def test_retention_that_rests_by_a_clock_since_set_back_goes_on(place):
    # Given a rest that began, by a clock that was ahead, next year
    with place.database.writing() as session:
        ahead = (datetime.now(UTC) + 365 * DAY).timestamp()
        session.add(HealthRow(name="retention", state="resting", detail="{}", reported_at=ahead))
        audit.record(session, datetime.now(UTC) - 800 * DAY, audit.Action.ASK, None)
    # When the clock is right again, and the sweep comes round / Then what is due goes
    retention.tend(place)
    with place.database.reading() as session:
        assert session.scalars(select(AuditRow.action)).all() == []
