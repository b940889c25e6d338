"""What a publication replaces is locked before its steps and shows: who waits for it keeps nobody else waiting."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, text

from briefing.models import RevisionRow, ShowRow, StepRow
from briefing.states import Queue, StepKind
from tests.support.asking import again, ask, briefing_row, step_rows
from tests.support.newsroom import ARTICLE, make_place, work_off
from tests.support.processes import wait_for
from worker.running.perform import perform_next
from worker.workplace import Workplace

#: Of those who wait for a row in this database.
WAITING = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"


@pytest.fixture
def place(cluster, tmp_path, monkeypatch):
    monkeypatch.setenv("BRIEFCAST_DATABASE_URL", cluster.new_database())
    place = make_place(tmp_path)
    (tmp_path / "articles" / "ferry.md").write_text(ARTICLE)
    yield place
    place.database.dispose()


def waiting(place):
    with place.database.reading() as session:
        return session.scalar(text(WAITING))


def test_a_publication_that_waits_for_what_it_replaces_holds_no_show_and_no_step(place, tmp_path):
    # Given live audio, and a correction of which only publishing is left
    briefing, first, _ = ask(place, "ferry")
    work_off(place)
    (tmp_path / "articles" / "ferry.md").write_text(ARTICLE.replace("four days", "five days"))
    second, _ = again(place, briefing, now=datetime.now(UTC) + timedelta(minutes=1))
    while (step := next(row for row in step_rows(place, second) if row.state == "ready")).kind != StepKind.PUBLISH:
        assert perform_next(place, tuple(Queue), step.id)
    worker = Workplace()
    with ThreadPoolExecutor(1) as pool:
        # When somebody holds what is live, as the look after publishing does for a moment
        with place.database.writing() as session:
            session.get_one(RevisionRow, first, with_for_update=True)
            publishing = pool.submit(perform_next, worker, tuple(Queue), step.id)
            wait_for(lambda: waiting(place) == 1, "the publication to wait")
            # Then nobody else waits for the publication
            with place.database.writing() as other:
                mine = select(StepRow.id).where(StepRow.id == step.id).with_for_update(nowait=True)
                assert other.scalars(mine).all() == [step.id]
                assert other.scalars(select(ShowRow.slug).with_for_update(nowait=True)).all()
        assert publishing.result(60) is not None
    worker.database.dispose()
    # And it is carried out
    assert briefing_row(place, briefing).live_revision == second
