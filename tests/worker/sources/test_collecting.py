"""Makers and a collector at once, in whatever order: no live file goes, and no maker finds what it was given gone (F27).

The makers are the tasks' own moves on rows and files, without their sound; switches happen wherever a transaction or a
file operation ends, and once more in the middle of the collector's own.
"""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select

from briefing.audio import Master, Take
from briefing.models import (
    BriefingRow,
    CondemnedRow,
    HealthRow,
    MasterRow,
    RevisionRow,
    StepRow,
    TakeRow,
    UseRow,
)
from briefing.public_names import audio_name
from briefing.revisions import move
from briefing.states import RevisionState
from briefing.takes import find_master, find_takes, save_master, save_take
from worker.assemble import complete, counting
from worker.upkeep import retention

#: `BRIEFCAST_EXAMPLES` for a longer run; tests have no settings from outside, so it is read when this is loaded.
EXAMPLES = int(os.environ.get("BRIEFCAST_EXAMPLES", "25"))

KEYS = [f"{number:x}" * 64 for number in range(3)]
START = datetime(2026, 1, 1, tzinfo=UTC)


class World:
    """An installation with two briefings, its clock, and those at work in it."""

    def __init__(self, place):
        self.place, self.now, self.busy = place, START, 0
        with place.database.writing() as session:
            for kind in (UseRow, CondemnedRow, StepRow, HealthRow):
                session.execute(delete(kind))
            for row in session.scalars(select(BriefingRow)):
                row.live_revision = None
            session.flush()
            for kind in (RevisionRow, MasterRow, TakeRow, BriefingRow):
                session.execute(delete(kind))
            for name in ("a", "b"):
                session.add(
                    BriefingRow(
                        id=name, identity=name, show="daily", kind="story", articles=["desk:x"], created_at=START
                    )
                )
        for blob in list(place.storage.stored()):
            place.storage.remove(blob.sha256)
        for file in list(place.files.storage.files("audio")):
            place.files.storage.remove(file.name)

    def stored(self, content):
        path = self.place.storage.temporary(".x")
        path.write_bytes(content.encode())
        os.utime(path, (self.now.timestamp(),) * 2)
        return self.place.storage.put(path)

    def maker(self, briefing, keys):  # noqa: PLR0915  a task after the other
        """Make a revision of `keys`, as the tasks do."""
        database, storage = self.place.database, self.place.storage
        with database.writing() as session:
            number = len(session.scalars(select(RevisionRow.id).where(RevisionRow.briefing_id == briefing)).all()) + 1
            row = RevisionRow(
                briefing_id=briefing, number=number, state="preparing", queue="bulk", voice="silence", voices={},
                fallbacks=[], request={}, show={}, requested_by="t", created_at=self.now,
            )  # fmt: skip
            session.add(row)
            session.flush()
            revision = row.id
        yield
        with database.writing() as session:
            row = session.get_one(RevisionRow, revision)
            row.chunks, row.prepared_at = [{"key": key} for key in keys], self.now
            missing = set(keys) - find_takes(session, keys).keys()
            move(row, RevisionState.SPEAKING, self.now)
        yield
        for _ in range(4):
            for key in sorted(missing):
                yield from self.speak(key)
            with database.writing() as session:
                move(session.get_one(RevisionRow, revision), RevisionState.ASSEMBLING, self.now)
            yield
            # Assembling: what is found here is held on to until the row is written.
            self.busy += 1
            with database.reading() as session:
                takes = find_takes(session, keys)
                master = complete(find_master(session, "".join(keys)), storage)
            yield
            missing = {key for key in keys if key not in takes or not storage.intact(takes[key].sha256)}
            if master is not None or not missing:
                break
            with database.writing() as session:
                for key in missing:
                    session.execute(delete(TakeRow).where(TakeRow.key == key))
                move(session.get_one(RevisionRow, revision), RevisionState.SPEAKING, self.now)
            self.busy -= 1
        if master is None:
            sha256, transcript = self.stored(f"mp3 {keys} {revision}"), self.stored(f"text {keys}")
            yield
            master = Master(
                key="".join(keys), sha256=sha256, bytes=1, samples=1, loudness_lufs=None, true_peak_dbtp=None, cues=(),
                transcript=transcript,
            )  # fmt: skip
        with database.writing() as session:
            master = counting(session, master, storage)
            save_master(session, master, self.now)
            row = session.get_one(RevisionRow, revision)
            row.master_key = master.key
            move(row, RevisionState.PUBLISHING, self.now)
        self.busy -= 1
        yield
        with database.writing() as session:
            row, owner = session.get_one(RevisionRow, revision), session.get_one(BriefingRow, briefing)
            found = session.get_one(MasterRow, row.master_key)
            assert storage.intact(found.sha256), "an MP3 went before it was published"
            live = session.get(RevisionRow, owner.live_revision) if owner.live_revision else None
            if live is not None and live.number > row.number:
                move(row, RevisionState.SUPERSEDED, self.now)
                return
            self.place.files.put_audio(found.sha256)
            if live is not None:
                move(live, RevisionState.SUPERSEDED, self.now)
            owner.live_revision = revision
            move(row, RevisionState.LIVE, self.now)

    def speak(self, key):
        database = self.place.database
        self.busy += 1
        with database.reading() as session:
            take = find_takes(session, [key]).get(key)
        yield
        if take is None:
            sha256 = self.stored(f"sound {key}")
            yield
            take = Take(key=key, sha256=sha256, rate=1, samples=1, loudness_lufs=None, words=(), timing="estimated")
        with database.writing() as session:
            save_take(session, take, self.now)
        self.busy -= 1
        yield

    def collector(self):
        """A pass of retention, and what it put off."""
        cursors = {}
        while True:
            _, cursors = retention.collect(self.place, self.now, cursors)
            yield

    def pass_time(self, hours):
        # A step ends or is fenced off within half an hour: nobody holds on to what was found for longer.
        self.now += timedelta(minutes=1) if self.busy else timedelta(hours=hours)

    def check(self):
        with self.place.database.reading() as session:
            live = session.execute(
                select(MasterRow.sha256, RevisionRow.chunks)
                .select_from(BriefingRow)
                .join(RevisionRow, RevisionRow.id == BriefingRow.live_revision)
                .outerjoin(MasterRow, MasterRow.key == RevisionRow.master_key)
            ).all()
            for sha256, chunks in live:
                assert self.place.storage.intact(sha256 or "0" * 64), "a live MP3 is gone from the storage"
                assert self.place.files.storage.look(audio_name(sha256)), "a live MP3 is gone from its address"
                takes = find_takes(session, [chunk["key"] for chunk in chunks])
                assert len(takes) == len(chunks), "a take of what is live is gone"
                assert all(self.place.storage.intact(take.sha256) for take in takes.values())


moves = st.one_of(
    st.tuples(st.just("make"), st.sampled_from("ab"), st.sets(st.sampled_from(KEYS), min_size=1, max_size=2)),
    st.tuples(st.just("go on"), st.integers(0, 3), st.integers(1, 6)),
    st.tuples(st.just("collect"), st.integers(1, 3), st.booleans()),
    st.tuples(st.just("time"), st.sampled_from([2, 30, 24 * 100]), st.none()),
)


@pytest.fixture
def hooked(place, monkeypatch):
    """A place whose collector is interrupted between its last look and the removal."""
    inside = []
    original = type(place.storage).remove_older

    def remove_older(self, sha256, than):
        if inside:
            inside.pop()()
        return original(self, sha256, than)

    monkeypatch.setattr(type(place.storage), "remove_older", remove_older)
    return place, inside


@settings(
    max_examples=EXAMPLES, derandomize=True, database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)  # fmt: skip
@given(st.lists(moves, min_size=6, max_size=24))
def test_no_order_of_making_and_collecting_loses_a_live_file(hooked, done):
    place, inside = hooked
    world, makers = World(place), []
    inside.clear()
    collecting = world.collector()
    # Given audio that was live, replaced, and its time over / When it goes on as it comes
    for content in (["0" * 64, "1" * 64], ["0" * 64]):
        for _ in world.maker("a", content):
            pass
    world.now += timedelta(days=60)
    for kind, what, how in done:
        if kind == "make" and len(makers) < 4:
            makers.append(world.maker(what, sorted(how)))
        elif kind == "go on" and makers:
            for _ in range(how):
                next(makers[what % len(makers)], None)
        elif kind == "collect":
            if how:
                # A file is stored again in the middle of the collector's removal.
                inside.append(lambda: world.stored(f"sound {KEYS[0]}"))
            for _ in range(what):
                next(collecting)
        elif kind == "time":
            world.pass_time(what)
        # Then what is live is there at every moment
        world.check()
    # And who is at work gets to the end
    for maker in makers:
        for _ in maker:
            pass
    world.check()
    for _ in range(8):
        next(collecting)
    world.check()


def test_of_two_who_make_the_same_at_once_the_first_counts(place):
    # Given two that assemble the same plan, neither having found it made
    world = World(place)
    first, second = world.maker("a", ["0" * 64]), world.maker("b", ["0" * 64])
    for maker in (first, second):
        before = world.busy
        for _ in maker:
            with place.database.reading() as session:
                states = session.scalars(select(RevisionRow.state).order_by(RevisionRow.id)).all()
            if states[-1] == "assembling" and world.busy > before:
                break
    # When the first goes live and the second is done after it / Then what is live is at its address all the while
    for maker in (first, second):
        for _ in maker:
            world.check()
    with place.database.reading() as session:
        assert len(set(session.scalars(select(MasterRow.sha256)))) == 1
