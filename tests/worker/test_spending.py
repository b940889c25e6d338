"""Quotas and budgets: known before anything is spoken, never half a briefing, and who waits is told."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from api.waiting import waiting
from briefing.accounts import keys
from briefing.accounts.keys import Scope
from briefing.limits import KeyLimits
from briefing.models import RevisionRow, StepRow
from briefing.podcasts.newsroom import load_newsroom
from briefing.requesting import spending
from briefing.states import Queue
from tests.support.asking import ask as ask_anonymously
from tests.support.asking import revision_row, step_rows, wanted
from tests.support.newsroom import ARTICLE, PLAIN, make_place, work_off
from worker.installation.newsroom import apply

pytestmark = pytest.mark.usefixtures("one_day")


@pytest.fixture
def place(tmp_path):
    place = make_place(tmp_path, PLAIN)
    yield place
    place.database.dispose()


CRANE = """# Crane leaves the harbour

The old crane was taken apart on Tuesday and will stand in a museum from the spring.

It had lifted grain, coal and lately containers for ninety-one years, the museum said.

Schools may visit it free of charge.
"""


@pytest.fixture
def article(tmp_path):
    (tmp_path / "articles" / "ferry.md").write_text(ARTICLE)
    (tmp_path / "articles" / "crane.md").write_text(CRANE)


def budgeted(place, tmp_path, **budget):
    table = ", ".join(f"{name} = {value}" for name, value in budget.items())
    (tmp_path / "briefcast.toml").write_text(PLAIN.replace('slug = "daily"', f'slug = "daily"\nbudget = {{{table}}}'))
    apply(load_newsroom(tmp_path / "briefcast.toml"), place)


def ask(place, name="ferry", queue=Queue.BULK, key=None):
    from dataclasses import replace

    from briefing.requesting import asking

    with place.database.writing() as session:
        wish = replace(wanted(name, queue=queue), requester=key)
        return asking.request(session, wish, datetime.now(UTC))[0].id


def make_key(place, **limits):
    with place.database.writing() as session:
        key = keys.create(session, "cms", [Scope.GENERATE], datetime.now(UTC), limits=KeyLimits(**limits))
    return key.split("_")[1]


def seen(place, revision):
    with place.database.reading() as session:
        return waiting(session, session.get_one(RevisionRow, revision))


def spent(place, owner, name):
    with place.database.reading() as session:
        return spending.spent(session, owner, name, spending.day_of(datetime.now(UTC)))


def tomorrow(place):
    """Let what waits begin, as if its time had come."""
    with place.database.writing() as session:
        session.query(StepRow).update({"not_before": None})
        session.query(spending.SpentRow).delete()
    return work_off(place)


def test_what_is_spoken_and_what_is_reused_is_counted_by_show_and_key(place, article):
    key = make_key(place)
    first = ask(place, key=key)
    work_off(place)
    row = revision_row(place, first)
    characters = sum({chunk["key"]: len(chunk["spoken"]) for chunk in row.chunks}.values())
    assert spent(place, "key", key).characters == spent(place, "show", "daily").characters == characters
    # When it is made again / Then nothing is spoken, and that is counted too
    with place.database.writing() as session:
        from briefing.models import BriefingRow
        from briefing.requesting import regenerating

        again = regenerating.Again(None, refetch=True, segments=(), requested_by="t", requester=key)
        regenerating.regenerate(session, session.get_one(BriefingRow, row.briefing_id), again, datetime.now(UTC))
    work_off(place)
    after = spent(place, "show", "daily")
    assert (after.characters, after.reused_characters) == (characters, characters)


@pytest.mark.parametrize("bound", ["characters_a_day", "characters_a_month"])
def test_bulk_work_beyond_a_budget_waits_whole_and_says_until_when(place, article, tmp_path, bound):
    # Given a budget for one of two articles (223 characters, and about as many) / When both are asked for
    budgeted(place, tmp_path, **{bound: 300})
    first, second = ask(place), ask(place, "crane")
    work_off(place)
    # Then one is live, and of the other nothing is spoken
    assert revision_row(place, first).state == "live"
    assert revision_row(place, second).state == "preparing"
    (step,) = step_rows(place, second)
    assert (step.state, step.attempts, step.postponed, step.error_code) == ("ready", 0, 0, "budget_spent")
    waits = seen(place, second)
    now = datetime.now(UTC)
    end = spending.next_day(now) if bound == "characters_a_day" else spending.next_month(now)
    assert waits["code"] == "budget_spent"
    assert abs((waits["until"] - end).total_seconds()) < 60
    assert work_off(place) == 0, "a busy loop"
    # And the next day it goes on by itself.
    assert tomorrow(place) > 3
    assert revision_row(place, second).state == "live"
    assert seen(place, second) is None


def test_a_breaking_story_goes_whatever_the_budget_and_is_counted(place, article, tmp_path):
    budgeted(place, tmp_path, characters_a_day=0)
    revision = ask(place, queue=Queue.INTERACTIVE)
    work_off(place)
    assert revision_row(place, revision).state == "live"
    assert spent(place, "show", "daily").characters > 200


def test_a_raised_budget_counts_for_what_waits_already(place, article, tmp_path):
    budgeted(place, tmp_path, characters_a_day=300)
    ask(place)
    revision = ask(place, "crane")
    work_off(place)
    assert seen(place, revision)["code"] == "budget_spent"
    budgeted(place, tmp_path, characters_a_day=300)
    assert seen(place, revision)["code"] == "budget_spent", "nothing was changed"
    budgeted(place, tmp_path, characters_a_day=10_000)
    work_off(place)
    assert revision_row(place, revision).state == "live"


def test_who_waits_is_told_that_the_keys_quota_is_spent_and_bulk_work_waits(place, article):
    key = make_key(place, characters_a_day=300)
    ask(place, key=key)
    work_off(place)
    bulk, interactive = ask(place, "crane", key=key), None
    work_off(place)
    assert seen(place, bulk)["code"] == "quota_exceeded"
    with place.database.writing() as session:
        session.query(RevisionRow).filter_by(id=bulk).update({"state": "superseded"})
    interactive = ask(place, "crane", queue=Queue.INTERACTIVE, key=key)
    work_off(place)
    row = revision_row(place, interactive)
    assert (row.state, row.error_code) == ("failed", "quota_exceeded")
    assert "whole again at" in row.error_hint
    assert not row.chunks, "nothing of it was begun"
    # And others are not held up.
    other = ask(place, "crane", queue=Queue.INTERACTIVE, key=make_key(place))
    work_off(place)
    assert revision_row(place, other).state == "live"


def test_what_no_day_has_room_for_does_not_wait_for_ever(place, article):
    revision = ask(place, key=make_key(place, characters_a_day=20))
    work_off(place)
    assert revision_row(place, revision).error_code == "quota_exceeded"


@pytest.mark.parametrize("bound", ["characters_a_day", "characters_a_month"])
def test_what_no_budget_has_room_for_does_not_wait_for_ever(place, article, tmp_path, bound):
    budgeted(place, tmp_path, **{bound: 100})
    revision = ask(place)
    work_off(place)
    row = revision_row(place, revision)
    assert (row.state, row.error_code) == ("failed", "budget_too_small")
    assert "budget of 100 characters" in row.error_message
    assert not row.chunks, "nothing of it was begun"
    # And who waits is not refused.
    revision = ask(place, queue=Queue.INTERACTIVE)
    work_off(place)
    assert revision_row(place, revision).state == "live"


def test_two_that_prepare_at_once_do_not_both_spend_the_last_of_it(place, article, tmp_path):
    from concurrent.futures import ThreadPoolExecutor

    from worker.running.perform import perform_next

    budgeted(place, tmp_path, characters_a_day=300)
    revisions = [ask(place), ask(place, "crane")]
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda _: perform_next(place, (Queue.BULK,)), range(2)))
    assert sorted(revision_row(place, revision).state for revision in revisions) == ["preparing", "speaking"]


def test_work_of_nobody_is_counted_for_its_show_alone(place, article):
    ask_anonymously(place, "ferry")
    work_off(place)
    assert spent(place, "show", "daily").characters > 200


def test_bulk_work_that_somebody_now_waits_for_is_promoted_out_of_the_back_catalogue(place, article, tmp_path):
    # Given a back catalogue whose second article is put off for the budget
    budgeted(place, tmp_path, characters_a_day=300)
    catalogue, editors = make_key(place), make_key(place)
    ask(place, key=catalogue)
    waits = ask(place, "crane", key=catalogue)
    work_off(place)
    assert seen(place, waits)["code"] == "budget_spent"
    # When bulk work asks for it again / Then it waits as before
    assert ask(place, "crane", key=catalogue) == waits
    assert seen(place, waits)["code"] == "budget_spent"
    # When somebody waits for it / Then that revision is made at once, as theirs
    assert ask(place, "crane", Queue.INTERACTIVE, editors) == waits
    (step,) = step_rows(place, waits)
    assert (step.queue, step.not_before, step.error_code, step.rung_at) == ("interactive", None, None, None)
    work_off(place)
    row = revision_row(place, waits)
    assert (row.state, row.queue, row.requester) == ("live", "interactive", editors)
    assert spent(place, "key", editors).characters > 100


@pytest.mark.parametrize("way", ["request", "edited", "regenerate"])
def test_every_way_to_ask_promotes_all_that_is_open(place, article, way):
    # Given bulk work under way: one step at hand, the others ready or waiting
    from briefing import steps
    from briefing.models import BriefingRow
    from briefing.podcasts.show import Quiet
    from briefing.requesting import asking, regenerating
    from worker.running.perform import perform_next

    revision = ask(place)
    if way != "regenerate":
        perform_next(place, (Queue.BULK,))
        with place.database.writing() as session:
            lease = steps.claim(session, holder="t", lease_s=60, queues=(Queue.BULK,))
    # When it is asked for by one who waits
    with place.database.writing() as session:
        now = datetime.now(UTC)
        if way == "request":
            found, own = asking.request(session, wanted("ferry"), now)
        elif way == "edited":
            found, own = asking.edited(session, wanted("ferry"), Quiet(), now)
        else:
            again = regenerating.Again(None, refetch=True, segments=(), requested_by="t")
            row = session.get_one(RevisionRow, revision)
            found, own = regenerating.regenerate(session, session.get_one(BriefingRow, row.briefing_id), again, now)
        assert (found.id, own) == (revision, True)
    # Then all its open steps are interactive, and the one at hand is not put off for a budget that is not asked any more
    assert {step.queue for step in step_rows(place, revision) if step.state != "done"} == {"interactive"}
    if way != "regenerate":
        with place.database.writing() as session:
            assert steps.postpone(session, lease, 9999.0, "budget_spent", failed=False)
        assert all(step.not_before is None for step in step_rows(place, revision))
    work_off(place)
    assert revision_row(place, revision).state == "live"
