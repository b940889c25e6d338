from __future__ import annotations

import random

from hypothesis import given
from hypothesis import strategies as st

from briefing.backoff import BACKOFF_S, MAX_POSTPONED, compute_backoff


@given(st.integers(0, 10_000), st.integers(), st.one_of(st.none(), st.floats(0, 1e6)))
def test_backoff_stays_within_its_bounds(postponed, seed, wish):
    low, high = BACKOFF_S
    delay = compute_backoff(postponed, random.Random(seed), wish)
    assert low / 2 <= delay <= high
    if wish is not None:
        assert delay >= min(wish, high)


def test_backoff_grows_to_its_longest_over_the_tries_there_are():
    delays = [compute_backoff(postponed, random.Random(1)) for postponed in range(MAX_POSTPONED)]
    assert delays == sorted(delays)
    assert 3 * 60 < sum(delays) < 8 * 60
