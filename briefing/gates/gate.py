"""A gate before an online engine: so many requests a second, so many at once, none while the service refuses. Pure.

A token bucket that may go into debt: a step takes as many tokens as it makes requests, and the next one waits until
they are worked off. A breaker: after `FAILURES` of the last `WINDOW` steps it opens; after a while, which doubles with
each failure, one step is let through as a probe, and what becomes of it decides. A step bears the gate's `epoch` with
it: what began before the breaker opened last says nothing of how the service is since.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from enum import StrEnum

#: The breaker opens when so many of the last so many steps failed (guarantees F17).
FAILURES = 3
WINDOW = 5

#: Seconds from opening to the first probe, and at most: each probe that fails doubles them.
OPEN_S = (60.0, 1800.0)

#: Seconds after which a probe that said nothing is taken for lost; longer than a step may take.
PROBE_S = 300.0

#: Tokens are fractions, and what is refilled in two parts may miss the whole by a rounding.
_ENOUGH = 1 - 1e-6


class GateState(StrEnum):
    """Whether an engine is used. `closed`, as of a circuit: all is well."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"


@dataclass(frozen=True)
class Bounds:
    """How much an engine may be asked; 0 is no bound."""

    per_second: float = 0.0
    """Requests, over all workers."""
    most_at_once: int = 0
    """Steps, over all workers."""
    request_characters: int = 0
    """Characters that one request takes; 0: a step is one request."""


@dataclass(frozen=True)
class Gate:
    """Where a gate stands. Moments are seconds since the epoch."""

    bounds: Bounds
    tokens: float
    filled_at: float
    state: GateState = GateState.CLOSED
    outcomes: tuple[bool, ...] = ()
    opened_at: float | None = None
    """When it opened last; stays when it closes, and tells steps that began before from those after."""
    open_s: float = OPEN_S[0]
    probe_until: float | None = None
    reason: str = ""

    @property
    def epoch(self) -> float | None:
        """What a step that is let through now bears: its outcome counts as long as this is the gate's."""
        return self.opened_at

    def lets_through(self, now: float, at_once: int) -> bool:
        """Tell whether a step may be claimed while `at_once` are under way."""
        if self.bounds.most_at_once and at_once >= self.bounds.most_at_once:
            return False
        return self.opens_again_s(now) <= 0 and self._filled(now) >= _ENOUGH

    def opens_again_s(self, now: float) -> float:
        """Return the seconds until a probe may be made; 0 where nothing is in the way."""
        match self.state:
            case GateState.OPEN:
                return max(0.0, (now if self.opened_at is None else self.opened_at) + self.open_s - now)
            case GateState.HALF_OPEN:
                return max(0.0, (now if self.probe_until is None else self.probe_until) - now)
            case GateState.CLOSED:
                return 0.0

    def taken(self, now: float, characters: int) -> Gate:
        """Return the gate after a step of so many characters was let through."""
        size = self.bounds.request_characters
        requests = max(1, math.ceil(characters / size)) if size else 1
        left = self._filled(now) - (requests if self.bounds.per_second else 0)
        passed = replace(self, tokens=left, filled_at=now)
        if self.state is GateState.CLOSED:
            return passed
        return replace(passed, state=GateState.HALF_OPEN, probe_until=now + PROBE_S)

    def after(self, now: float, *, epoch: float | None, well: bool | None, reason: str = "") -> Gate:
        """Return the gate after a step of an `epoch` ended; `well` is None where that says nothing of the engine."""
        return self._after(now, well, reason) if epoch == self.epoch else self  # begun before it opened

    def _after(self, now: float, well: bool | None, reason: str) -> Gate:
        match self.state, well:
            case GateState.HALF_OPEN, True:
                return replace(self, state=GateState.CLOSED, outcomes=(), open_s=OPEN_S[0], reason="")
            case GateState.HALF_OPEN, False:
                longer = min(2 * self.open_s, OPEN_S[1])
                return replace(self, state=GateState.OPEN, opened_at=now, open_s=longer, reason=reason)
            case GateState.HALF_OPEN, None:
                return replace(self, state=GateState.OPEN)  # its time has come already: the next one may probe
            case (GateState.OPEN, _) | (_, None):
                return self  # a probe that was taken for lost, or nothing learnt
        outcomes = (*self.outcomes, bool(well))[-WINDOW:]
        if outcomes.count(False) < FAILURES:
            return replace(self, outcomes=outcomes)
        return replace(self, state=GateState.OPEN, outcomes=outcomes, opened_at=now, open_s=OPEN_S[0], reason=reason)

    def _filled(self, now: float) -> float:
        rate = self.bounds.per_second
        if not rate:
            return 1.0
        # A clock that was set back adds nothing.
        return min(max(1.0, rate), self.tokens + max(0.0, now - self.filled_at) * rate)
