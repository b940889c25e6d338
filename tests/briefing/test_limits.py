from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from briefing.limits import Buckets, Failures


@given(st.lists(st.floats(0, 30), min_size=1, max_size=200), st.integers(1, 120))
def test_a_caller_gets_a_minutes_worth_at_once_and_the_rate_from_then_on(pauses, per_minute):
    buckets, now, granted = Buckets(), 0.0, 0
    for pause in pauses:
        now += pause
        standing = buckets.take("key", per_minute, now)
        granted += standing.wait_s == 0
        assert 0 <= standing.left <= per_minute
    assert granted <= per_minute + now * per_minute / 60 + 1e-6


def test_who_waits_for_as_long_as_told_is_let_in():
    buckets = Buckets()
    while (standing := buckets.take("key", 30, 0.0)).wait_s == 0:
        assert standing.left < 30
    assert standing.wait_s == 2
    assert buckets.take("key", 30, 1.9).wait_s > 0
    assert buckets.take("key", 30, 2.1).wait_s == 0


def test_callers_do_not_share_and_memory_is_bounded():
    buckets = Buckets(most=3)
    for name in "abcd":
        assert buckets.take(name, 1, 0.0).wait_s == 0
    assert len(buckets._levels) == 3
    assert buckets.take("d", 1, 0.0).wait_s > 0


def test_bad_keys_of_an_address_wait_longer_and_longer_and_good_ones_pass():
    failures, now, waits = Failures(free=3), 0.0, []
    failures.was_good("bc_good")
    for _ in range(14):
        waits.append(failures.wait_s("10.0.0.1", "bc_bad", now))
        now += waits[-1]
        failures.was_bad("10.0.0.1", now)
    assert waits[:3] == [0, 0, 0]
    assert waits[3:8] == [1, 2, 4, 8, 16]
    assert max(waits) == 300
    assert failures.wait_s("10.0.0.1", "bc_good", now) == 0
    assert failures.wait_s("10.0.0.2", "bc_bad", now) == 0
    # When it has been quiet for a while / Then it is forgotten
    failures.was_bad("10.0.0.1", now + 1000)
    assert failures.wait_s("10.0.0.1", "bc_bad", now + 1000) == 0
