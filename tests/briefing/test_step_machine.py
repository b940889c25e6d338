"""The step table under every order of moves that Hypothesis thinks of: what must hold, holds after each of them.

The moves are those of the product, on a real database whose clock the test turns; what a step makes is left out. The
transactions are those of worker/tasks, less the sound.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from sqlalchemy import event, select

from briefing import revisions, speaking, steps
from briefing.backoff import MAX_POSTPONED
from briefing.database import Database
from briefing.errors import ArticleEmpty, BriefcastError
from briefing.going_live import editions, holds
from briefing.models import Base, BriefingRow, RevisionRow, ShowRow, StepRow
from briefing.requesting import asking, regenerating
from briefing.requesting.asking import Wanted
from briefing.speech import Casting, Chunk
from briefing.states import ACTIVE, FINAL, Queue, RevisionState, StepKind, StepState
from briefing.values import ArticleRef
from worker import pipeline
from worker.tasks.common import record

LEASE_S = 60.0
ARTICLES = ("ferry", "harbour")
NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
#: What is done of a revision that is over.
AFTERWARDS = {StepKind.VERIFY, StepKind.WITHDRAW}
UNFINISHED = {StepState.WAITING.value, StepState.READY.value, StepState.LEASED.value}


class StepTable(RuleBasedStateMachine):
    """Workers `0` to `2`, two articles, one show that publishes and one that holds."""

    def __init__(self):
        super().__init__()
        self.seconds = 0.0
        self.leases = []
        self.stale = []
        self.versions = dict.fromkeys(ARTICLES, 0)
        self.takes = set()
        self.spoken = []
        self.fences, self.ended, self.numbers = {}, {}, {}
        self.withdrawn = set()
        self.database = Database("sqlite://")

        @event.listens_for(self.database.engine, "connect")
        def _clock(connection, _):
            connection.create_function("julianday", 1, lambda _: 2440587.5 + self.seconds / 86400)

        Base.metadata.create_all(self.database.engine)

    @initialize()
    def shows(self):
        with self.database.writing() as session:
            for slug, publish in (("daily", "auto"), ("held", "hold")):
                shown = {"slug": slug, "title": slug, "publish": publish, "voice": "silence"}
                session.add(ShowRow(slug=slug, position=0, settings=shown, podcast_guid=slug))

    def teardown(self):
        """Without faults, all that is left comes to an end."""
        self.leases.clear()
        for _ in range(400):
            self.seconds += 2 * LEASE_S
            self._sweep()
            if not (lease := self._claim("last")):
                break
            self._do(lease)
        with self.database.reading() as session:
            left = session.scalars(select(RevisionRow).where(RevisionRow.state.in_([state.value for state in ACTIVE])))
            assert not [(row.id, row.state) for row in left]
        self.sound()
        self.database.dispose()

    @property
    def now(self):
        return NOW + timedelta(seconds=self.seconds)

    # What people do

    @rule(article=st.sampled_from(ARTICLES), show=st.sampled_from(["daily", "held"]), voice=st.sampled_from(["a", "b"]))
    def ask(self, article, show, voice):
        refs = (ArticleRef(source="desk", id=article),)
        wanted = Wanted(show, "story", refs, Casting(body=voice), Queue.INTERACTIVE, "test")
        with self.database.writing() as session:
            asking.request(session, wanted, self.now)

    @rule(article=st.sampled_from(ARTICLES))
    def edit(self, article):
        self.versions[article] += 1

    @rule(number=st.integers(0, 5), refetch=st.booleans())
    def regenerate(self, number, refetch):
        with self.database.writing() as session:
            found = session.scalars(select(BriefingRow).order_by(BriefingRow.identity)).all()
            if found:
                briefing = found[number % len(found)]
                regenerating.regenerate(session, briefing, regenerating.Again(None, refetch, (), "test"), self.now)

    @rule()
    def publish_held(self):
        with self.database.writing() as session:
            for briefing in session.scalars(select(BriefingRow).order_by(BriefingRow.identity)):
                held = revisions.held_revision(session, briefing.id)
                if held is not None:
                    revisions.move(held, RevisionState.PUBLISHING, self.now)
                    steps.record(session, StepKind.PUBLISH, Queue.INTERACTIVE, revision_id=held.id)
                    return

    @rule(number=st.integers(0, 5))
    def withdraw(self, number):
        """An editor, or the story's CMS, takes a briefing back, whatever becomes of it just then; twice is as once."""
        with self.database.writing() as session:
            found = session.scalars(select(BriefingRow).order_by(BriefingRow.identity)).all()
            if found:
                briefing = found[number % len(found)].id
                asking.retract(session, briefing, self.now)
                self.withdrawn.add(briefing)

    @rule(number=st.integers(0, 5), what=st.sampled_from(["hold", "unhold", "unschedule", -60, 30, 600]))
    def decide(self, number, what):
        """An editor holds an edition, sets a time for it, or takes that back."""
        with self.database.writing() as session:
            found = session.scalars(select(BriefingRow).order_by(BriefingRow.identity)).all()
            if not found:
                return
            briefing = found[number % len(found)].id
            if what == "hold":
                editions.hold(session, briefing, "test", self.now)
            elif what == "unhold":
                editions.unhold(session, briefing, self.now)
            elif what == "unschedule":
                editions.unschedule(session, briefing, "test", self.now)
            else:
                at = datetime.fromtimestamp(self.seconds + what, UTC)
                editions.schedule(session, briefing, at, "test", self.now)

    # What workers do

    @rule(worker=st.integers(0, 2))
    def claim(self, worker):
        if lease := self._claim(str(worker)):
            self.leases.append(lease)

    @precondition(lambda self: self.leases)
    @rule(number=st.integers(0, 9))
    def renew(self, number):
        lease = self.leases[number % len(self.leases)]
        with self.database.writing() as session:
            self._keep(lease, steps.renew(session, lease, LEASE_S))

    @precondition(lambda self: self.leases)
    @rule(number=st.integers(0, 9))
    def finish(self, number):
        self._do(self._taken(number))

    @precondition(lambda self: self.leases)
    @rule(number=st.integers(0, 9))
    def postpone(self, number):
        lease = self._taken(number)
        if lease.postponed < MAX_POSTPONED:
            with self.database.writing() as session:
                steps.postpone(session, lease, 5.0, "source_unavailable")
        else:
            self._give_up(lease, BriefcastError("away", code="source_unavailable"))
        self.stale.append(lease)

    @precondition(lambda self: self.leases)
    @rule(number=st.integers(0, 9))
    def retry(self, number):
        lease = self._taken(number)
        if lease.attempts < steps.MAX_ATTEMPTS:
            with self.database.writing() as session:
                steps.retry(session, lease, "internal_error")
        else:
            self._give_up(lease, BriefcastError("three times over"))
        self.stale.append(lease)

    @precondition(lambda self: self.leases)
    @rule(number=st.integers(0, 9))
    def give_back(self, number):
        lease = self._taken(number)
        with self.database.writing() as session:
            steps.give_back(session, lease)
        self.stale.append(lease)

    @precondition(lambda self: self.leases)
    @rule(number=st.integers(0, 9))
    def fail(self, number):
        lease = self._taken(number)
        self._give_up(lease, ArticleEmpty("nothing to read"))
        self.stale.append(lease)

    @precondition(lambda self: self.leases)
    @rule(worker=st.integers(0, 2))
    def crash(self, worker):
        """A supervisor sees its child dead; what it held is another's."""
        with self.database.writing() as session:
            self._settle(session, steps.release_held_by(session, str(worker)))

    @rule(times=st.integers(1, 4))
    def poison(self, times):
        """A step that kills whoever takes it, one after another."""
        for _ in range(times):
            self._claim("poisoned")
            with self.database.writing() as session:
                self._settle(session, steps.release_held_by(session, "poisoned"))
            self.sound()

    @rule(seconds=st.sampled_from([1.0, 10.0, LEASE_S + 1]))
    def time_passes(self, seconds):
        self.seconds += seconds

    @rule()
    def expire(self):
        self._sweep()

    @invariant()
    def stale_workers_change_nothing(self):
        before = self._rows()
        with self.database.writing() as session:
            for lease in self.stale:
                assert not steps.finish(session, lease)
                assert not steps.renew(session, lease, LEASE_S)
                assert not steps.give_up(session, lease, "x")
        assert self._rows() == before

    # What must hold

    @invariant()
    def sound(self):
        with self.database.reading() as session:
            found = session.scalars(select(StepRow)).all()
            for step in found:
                self._check_step(step)
            for revision in session.scalars(select(RevisionRow)):
                self._check_revision(revision, [step for step in found if step.revision_id == revision.id])
            for briefing in session.scalars(select(BriefingRow).order_by(BriefingRow.identity)):
                self._check_pointer(session, briefing)
                self._check_withdrawn(session, briefing)
        assert len(self.spoken) == len(set(self.spoken)), "a finished chunk was spoken again"

    def _check_step(self, step):
        assert 0 <= step.attempts <= steps.MAX_ATTEMPTS
        assert 0 <= step.postponed <= MAX_POSTPONED
        leased = step.state == StepState.LEASED.value
        assert leased == (step.holder is not None) == (step.lease_until is not None)
        assert step.fence >= self.fences.get(step.id, 0)
        self.fences[step.id] = step.fence
        if step.state in {StepState.DONE.value, StepState.DEAD.value}:
            assert self.ended.setdefault(step.id, step.state) == step.state, "an end is an end"
            assert step.state == StepState.DONE.value or step.error_code
        else:
            assert step.id not in self.ended, "an end is an end"

    def _check_revision(self, revision, own):
        state = RevisionState(revision.state)
        unfinished = [step for step in own if step.state in UNFINISHED]
        if state in ACTIVE:
            assert any(step.state != StepState.WAITING.value for step in unfinished), "nothing will move it"
        else:
            # What was live is still looked at, what is held may wait for its time.
            waits = {StepKind.LAUNCH.value} if state is RevisionState.HELD else set()
            waits |= {StepKind.WITHDRAW.value} if state in FINAL else set()
            assert {step.kind for step in unfinished} <= {StepKind.VERIFY.value} | waits, "work that nobody wants"
        speaking = [step for step in unfinished if step.kind == StepKind.SPEAK.value]
        if state is RevisionState.SPEAKING:
            assert revision.chunks_left == len(speaking)
        assert (state is RevisionState.FAILED) == (revision.error_code is not None)

    def _check_pointer(self, session, briefing):
        live = session.scalars(
            select(RevisionRow).where(
                RevisionRow.briefing_id == briefing.id, RevisionRow.state == RevisionState.LIVE.value
            )
        ).all()
        assert [row.id for row in live] == ([briefing.live_revision] if briefing.live_revision else [])
        if live:
            self.withdrawn.discard(briefing.id)
            assert live[0].number >= self.numbers.get(briefing.id, 0), "what is live went back"
            self.numbers[briefing.id] = live[0].number
        else:
            assert briefing.id not in self.numbers or briefing.id in self.withdrawn, "what was live is heard no more"

    def _check_withdrawn(self, session, briefing):
        """What was there when a briefing was withdrawn is over, whoever still works on it, and is taken away."""
        if briefing.withdrawn_number is None:
            assert briefing.id not in self.withdrawn
            return
        there = session.scalars(
            select(RevisionRow).where(
                RevisionRow.briefing_id == briefing.id, RevisionRow.number <= briefing.withdrawn_number
            )
        ).all()
        assert {RevisionState(row.state) for row in there} <= FINAL, "what was withdrawn came back"
        taken = select(StepRow).where(
            StepRow.revision_id.in_([row.id for row in there]), StepRow.kind == StepKind.WITHDRAW.value
        )
        assert session.scalars(taken).first() is not None, "nothing takes its files away"

    # How

    def _claim(self, holder):
        with self.database.writing() as session:
            return steps.claim(session, holder=holder, lease_s=LEASE_S, queues=tuple(Queue))

    def _taken(self, number):
        return self.leases.pop(number % len(self.leases))

    def _keep(self, lease, held):
        if not held:
            self.leases.remove(lease)
            self.stale.append(lease)

    def _rows(self):
        with self.database.reading() as session:
            return session.execute(select(StepRow.id, StepRow.state, StepRow.fence, StepRow.lease_until)).all()

    def _sweep(self):
        with self.database.writing() as session:
            self._settle(session, steps.release_expired(session))

    def _settle(self, session, lost):
        for step in lost:
            if step.dead and steps.bury(session, step) and step.revision_id is not None:
                revisions.fail(session, step.revision_id, BriefcastError("lost", code=steps.WORKER_LOST), self.now)
            elif step.kind == StepKind.SPEAK:
                steps.stand_back(session, step.revision_id)

    def _give_up(self, lease, error):
        with self.database.writing() as session:
            if steps.give_up(session, lease, error.code) and lease.revision_id is not None:
                revisions.fail(session, lease.revision_id, error, self.now)

    def _do(self, lease):
        """What the task of the lease's kind does in its last transaction."""
        with self.database.writing() as session:
            row = session.get_one(RevisionRow, lease.revision_id)
            wanted = ACTIVE | ({RevisionState.HELD} if lease.kind is StepKind.LAUNCH else set())
            if lease.kind not in AFTERWARDS and RevisionState(row.state) not in wanted:
                steps.finish(session, lease)
            elif lease.kind is StepKind.SPEAK:
                self._speak(session, lease, row)
            elif steps.finish(session, lease):
                getattr(self, f"_{lease.kind.value}")(session, row)
        self.stale.append(lease)

    def _prepare(self, session, row):
        article = session.get_one(BriefingRow, row.briefing_id).articles[0].split(":")[1]
        version = self.versions[article] if row.request.get("refetch", True) else 0
        counterpart = revisions.counterpart(session, row)
        if counterpart is not None and counterpart.script == {"version": version}:
            revisions.conclude(session, row, RevisionState.UNCHANGED, self.now)
            return
        # The first chunk is the article's name: every version has it, so its take is used again.
        chunks = [
            Chunk(key=f"{row.voice}-{article}-{part}", segment="s", spoken="x", voice=row.voice)
            for part in ("name", f"{version}a", f"{version}b")
        ]
        revisions.supersede_unfinished(session, row.briefing_id, row.number, self.now)
        state, following = pipeline.after_prepare(chunks, self.takes, Queue(row.queue), online={})
        row.script, row.prepared_at = {"version": version}, self.now
        row.chunks_left = sum(step.kind is StepKind.SPEAK for step in following)
        revisions.move(row, state, self.now)
        record(session, row, following)

    def _speak(self, session, lease, row):
        key = lease.payload["chunk"]["key"]
        if key not in self.takes:
            self.spoken.append(key)
        self.takes.add(key)
        if not steps.finish(session, lease):
            return
        if lease.attempts > 1:
            steps.let_go(session, row.id)
        if speaking.count_spoken(session, row.id, 1, 1.0) == 0:
            steps.ready_waiting(session, row.id, StepKind.ASSEMBLE)
            row = session.get_one(RevisionRow, row.id, populate_existing=True)
            revisions.move(row, RevisionState.ASSEMBLING, self.now)

    def _assemble(self, session, row):
        kind = editions.finished(session, row, self.now)
        if kind is not None:
            state, following = pipeline.after_assemble(Queue(row.queue), kind)
            revisions.move(row, state, self.now)
            record(session, row, following)

    def _launch(self, session, row):
        self._publish(session, row)

    def _publish(self, session, row):
        if not editions.admitted(session, row, self.now):
            return
        briefing = session.get_one(BriefingRow, row.briefing_id)
        live = session.get(RevisionRow, briefing.live_revision) if briefing.live_revision else None
        if live is not None and live.number > row.number:
            revisions.move(row, RevisionState.SUPERSEDED, self.now)
            return
        if live is not None and live.id != row.id:
            revisions.move(live, RevisionState.SUPERSEDED, self.now)
        briefing.live_revision = row.id
        holds.forget(briefing)
        revisions.conclude(session, row, RevisionState.LIVE, self.now)
        record(session, row, pipeline.after_publish(RevisionState.LIVE, Queue(row.queue)))

    def _verify(self, session, row):
        """Changes nothing here."""

    def _withdraw(self, session, row):
        """Takes files away, which are none here."""


TestStepTable = StepTable.TestCase
TestStepTable.settings = settings(
    max_examples=18,
    stateful_step_count=30,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
