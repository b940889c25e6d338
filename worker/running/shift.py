"""A worker's shift: steps one after another, each but the first claimed by the transaction that finishes another.

So a chunk costs one transaction instead of three, and one wait for the disk instead of two. Decides nothing of what may
be claimed: the worker is asked each time, since it may have been told to stop. Where the transaction does not come
through, nothing has been claimed either.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeAlias

from briefing import steps
from briefing.errors import DatabaseUnavailable
from briefing.observing.faults import going_on
from briefing.states import StepKind
from briefing.steps import Lease

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from sqlalchemy.orm import Session

    from briefing.states import Queue
    from worker.workplace import Workplace

#: What is claimed while another step is finished: what there is most of, and no step of which much depends on that no
#: claim is spent in vain, as one is where the process is killed in between.
_AT_ONCE = (StepKind.SPEAK,)


@dataclass(frozen=True)
class Wanted:
    """What a worker would claim."""

    queues: Sequence[Queue]
    """In the order in which they are tried."""
    kinds: tuple[StepKind, ...]
    """What is known here: the next of them all is the one whose turn it is."""
    only: tuple[StepKind, ...] = tuple(StepKind)
    """Of what kinds it has to be; where it is of another, nothing is claimed."""
    bulk: bool = True
    """Whether what only a back catalogue wants is among it."""


#: Asked while a step is finished, which is told: what may follow it at once; None for nothing.
Following: TypeAlias = "Callable[[Lease], Wanted | None]"


#: Asked before a step begins, since its claim may have waited long for a database that did not answer.
InTime: TypeAlias = "Callable[[Lease], bool]"


@dataclass(frozen=True, kw_only=True)
class Assignment(Lease):
    """A lease, and the shift in which its step is done."""

    shift: Shift


class Shift:
    """The steps of one worker, one at a time. Without `following` each is claimed by itself."""

    def __init__(self, place: Workplace, following: Following | None = None, in_time: InTime | None = None) -> None:
        self._place, self._following, self._in_time = place, following, in_time
        self._next: Assignment | None = None
        self._doubtful: Assignment | None = None

    @property
    def goes_on(self) -> bool:
        """Whether the next step has been claimed."""
        return self._next is not None

    def claim(self, session: Session, wanted: Wanted, *, at_gates: bool = True) -> Assignment | None:
        """Claim a step for this shift. Needs a writing session, and of its own if it may look `at_gates`."""
        lease = steps.claim(
            session,
            holder=self._place.holder,
            lease_s=self._place.work.lease_s,
            queues=wanted.queues,
            kinds=wanted.kinds,
            only=wanted.only,
            bulk=wanted.bulk,
            at_gates=at_gates,
        )
        return Assignment(**vars(lease), shift=self) if lease is not None else None

    def following(self, session: Session, lease: Lease) -> Assignment | None:
        """Claim what follows a step that this transaction finishes, if anything may; `keep` it after the commit."""
        wanted = self._following(lease) if self._following is not None else None
        if wanted is None:
            return None
        only = tuple(kind for kind in wanted.only if kind in _AT_ONCE)
        return self.claim(session, replace(wanted, only=only), at_gates=False) if only else None

    def keep(self, following: Assignment | None) -> None:
        """Have what was claimed done next."""
        self._next = following

    def doubt(self, following: Assignment | None) -> None:
        """Remember what was claimed by a transaction of which nobody knows whether it came through."""
        self._doubtful = following or self._doubtful

    def _settle_doubts(self) -> None:
        """Give back what may have been claimed without our knowing. By holder as well: where it was not, another's
        claim of the same step has the same fence.
        """
        doubtful = self._doubtful
        if doubtful is not None:
            with (
                going_on("giving back what may be claimed", step=doubtful.step_id),
                self._place.database.writing() as session,
            ):
                steps.give_back(session, doubtful, holder=self._place.holder)
                self._doubtful = None

    def take(self) -> Assignment | None:
        """Return the step that is to be done next, if one has been claimed."""
        self._settle_doubts()
        following, self._next = self._next, None
        return following

    def begins(self, lease: Lease) -> bool:
        """Tell whether there is still time for a step that has been claimed; give it back where there is not."""
        if self._in_time is None or self._in_time(lease):
            return True
        self._give_back(lease)
        return False

    def end(self) -> None:
        """Give back what has been claimed and will not be done."""
        following = self.take()
        if following is not None:
            self._give_back(following)

    def _give_back(self, lease: Lease) -> None:
        """Give a step back, its claim unspent. Where the database is away, it comes free when its lease runs out."""
        with going_on("giving a step back", step=lease.step_id), self._place.database.writing() as session:
            steps.give_back(session, lease)


@contextmanager
def finishing(lease: Lease, place: Workplace) -> Iterator[Session]:
    """A transaction that finishes a step, and claims the next one of the worker's shift. Raises DatabaseUnavailable."""
    shift = lease.shift if isinstance(lease, Assignment) else None
    following = None
    try:
        with place.database.writing() as session:
            yield session
            following = shift.following(session, lease) if shift is not None else None
    except DatabaseUnavailable:
        if shift is not None:
            shift.doubt(following)
        raise
    if shift is not None:
        shift.keep(following)
