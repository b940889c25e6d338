"""Editors at once, with one another and with what is being made: nothing of theirs is lost."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

from briefing.editing import overrides
from briefing.editing.overrides import Override
from briefing.errors import OverrideRefused
from briefing.states import Queue
from tests.support.asking import again, ask
from tests.support.newsroom import ARTICLE, PLAIN, make_place, work_off
from tests.support.overriding import (
    BOTH,
    CREWS,
    FERRY,
    heard,
    listed,
    live,
    name_of,
    newest,
    put,
    refused,
)
from worker.running.perform import perform_next
from worker.tasks import prepare as prepare_task
from worker.workplace import Workplace


def stamp(place, briefing):
    with place.database.reading() as session:
        return overrides.listed(session, briefing)[name_of(CREWS)].stamp


def test_an_editor_who_saw_another_state_is_told(place, briefing):
    put(place, briefing, spoken="First.", seen="")
    first = stamp(place, briefing)
    put(place, briefing, spoken="Second.", seen=first)
    assert refused(put, place, briefing, spoken="Third.", seen=first) == "override_changed"
    assert refused(put, place, briefing, spoken="Third.", seen="") == "override_changed"
    assert listed(place, briefing) == {CREWS: Override(spoken="Second.")}
    put(place, briefing, spoken="Third.")
    assert listed(place, briefing) == {CREWS: Override(spoken="Third.")}


def test_an_override_put_while_a_revision_is_made_is_not_lost(place, article, briefing, monkeypatch):
    # Given a revision whose overrides have been read / When another editor puts one
    real, done = prepare_task.write_script, []

    def meanwhile(*given):
        if not done:
            done.append(put(place, briefing, BOTH, spoken="They meet on the twentieth."))
        return real(*given)

    monkeypatch.setattr(prepare_task, "write_script", meanwhile)
    put(place, briefing, spoken="The crews were out.")
    work_off(place)
    # Then what is live in the end has both
    assert {"The crews were out.", "They meet on the twentieth."} < set(heard(live(place, briefing)))
    # And so it is for one put between its chunks, and when it is about to be published
    for state, spoken in (("speaking", "Out they went."), ("publishing", "Out they were.")):
        put(place, briefing, spoken=f"Not yet {state}.")
        while newest(place, briefing).state != state:
            assert perform_next(place, tuple(Queue))
        put(place, briefing, spoken=spoken)
        work_off(place)
        assert spoken in heard(live(place, briefing))


def test_an_edit_of_the_article_that_an_override_overtakes_is_looked_at_afterwards(place, article, briefing):
    article.write_text(ARTICLE.replace("Both sides", "All sides"))
    again(place, briefing)
    put(place, briefing, spoken="The crews were out.")
    work_off(place)
    assert {"The crews were out.", "All sides are to meet again on November twentieth."} < set(
        heard(live(place, briefing))
    )


def _tried(place, briefing, spoken, seen):
    try:
        put(place, briefing, spoken=spoken, seen=seen)
    except OverrideRefused as error:
        return error.code
    return ""


def test_editors_of_many_hosts_at_once_lose_nothing(cluster, tmp_path, monkeypatch):
    # Given PostgreSQL, where writers run side by side
    monkeypatch.setenv("BRIEFCAST_DATABASE_URL", cluster.new_database())
    place = make_place(tmp_path, PLAIN)
    (tmp_path / "articles" / "ferry.md").write_text(ARTICLE)
    briefing, _, _ = ask(place, "ferry")
    work_off(place)
    over = threading.Event()

    def work():
        mine = Workplace()
        while not over.is_set():
            work_off(mine)
        mine.database.dispose()

    worker = threading.Thread(target=work)
    worker.start()
    # When four editors change three segments at once while it is being made
    try:
        with ThreadPoolExecutor(4) as pool:
            texts = [(number, (FERRY, CREWS, BOTH)[number % 3]) for number in range(12)]
            made = list(pool.map(lambda one: put(place, briefing, one[1], spoken=f"Edit {one[0]}."), texts))
            # And two of them see the same state of one
            seen = stamp(place, briefing)
            codes = list(pool.map(lambda n: _tried(place, briefing, f"Race {n}.", seen), range(2)))
    finally:
        over.set()
        worker.join()
    work_off(place)
    # Then each has a revision of its own, one of the two is told, and what is heard is what is written down
    assert len(set(made)) == 12
    assert sorted(codes) == ["", "override_changed"]
    row, kept = live(place, briefing), listed(place, briefing)
    assert len(kept) == 3
    assert {override.spoken for override in kept.values()} < set(heard(row))
    assert row.number == newest(place, briefing).number
    place.database.dispose()
