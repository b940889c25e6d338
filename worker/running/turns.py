"""In which order a worker looks at the queues: who waits first, and nobody never. Pure: the clock is an argument.

An interactive step is claimed before any other, so that it waits for no more than the step at hand. Bulk work that has
not had a turn of this worker for `BULK_TURN_S` seconds gets one, so that a day of breaking news does not stop it.
"""

from __future__ import annotations

from dataclasses import dataclass

from briefing.states import Queue

#: Seconds of nothing but other work after which a worker does one bulk step: about 2 % of its time at Piper's pace.
BULK_TURN_S = 60.0

#: Steps of online engines come before local bulk ones: among them may be those of somebody who waits, and their gates
#: let few through.
_USUAL = (Queue.INTERACTIVE, Queue.ONLINE, Queue.BULK)
_BULK_FIRST = (Queue.BULK, Queue.INTERACTIVE, Queue.ONLINE)
_RESERVED = (Queue.INTERACTIVE, Queue.ONLINE)


@dataclass
class Turns:
    """What one worker did last. `reserved` workers do no bulk work at all; that of the online queue is kept from them
    by its rank, when they claim.
    """

    now: float
    reserved: bool = False

    def __post_init__(self) -> None:
        self._bulk_at = self.now

    def queues(self, now: float) -> tuple[Queue, ...]:
        """Return the queues in the order in which to look at them."""
        if self.reserved:
            return _RESERVED
        return _BULK_FIRST if now - self._bulk_at > BULK_TURN_S else _USUAL

    def had(self, queue: Queue | None, now: float) -> None:
        """Note from which queue a step was done; None for no step, when nobody had to wait."""
        if queue in {None, Queue.BULK}:
            self._bulk_at = now
