"""What comes next: which steps follow a finished one. Pure; the caller writes it down."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from briefing.states import Queue, RevisionState, StepKind, StepState

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from briefing.speech import Chunk


#: Seconds a step of each kind may take before its lease is no longer renewed: a hung engine must not hold it for
#: ever behind a live heartbeat. Celery's time limits follow from these.
DEADLINE_S = {
    StepKind.PREPARE: 120.0,
    StepKind.REVISE: 120.0,
    StepKind.DIGEST: 60.0,
    StepKind.EXTRACT: 120.0,
    StepKind.SPEAK: 150.0,
    StepKind.RECAST: 120.0,
    StepKind.STREAM: 120.0,
    StepKind.ASSEMBLE: 1800.0,
    StepKind.PUBLISH: 60.0,
    StepKind.WITHDRAW: 120.0,
    StepKind.RECALL: 120.0,
    StepKind.RELEASE: 60.0,
    StepKind.LAUNCH: 60.0,
    StepKind.PLACE: 120.0,
    StepKind.PREVIEW: 600.0,
    StepKind.JINGLE: 60.0,
    StepKind.ESTIMATE: 300.0,
    StepKind.RESPEAK: 120.0,
    StepKind.NOTICE: 120.0,
    StepKind.SAMPLE: 120.0,
    StepKind.SUMMARISE: 150.0,
    StepKind.NOTIFY: 60.0,
    StepKind.CORRECT: 60.0,
    StepKind.LIST: 60.0,
    StepKind.POLL: 300.0,
    StepKind.VERIFY: 600.0,
}


@dataclass(frozen=True)
class Next:
    """A step to record."""

    kind: StepKind
    queue: Queue
    state: StepState
    seq: int = 0
    chunk: Chunk | None = None
    engine: str = ""
    """Whose gate it has to pass; empty for none."""


def after_prepare(
    chunks: Sequence[Chunk],
    spoken: Collection[str],
    queue: Queue,
    *,
    online: Mapping[str, str],
    streams: bool = False,
) -> tuple[RevisionState, list[Next]]:
    """Return the state and the steps after preparing: a `speak` for each distinct chunk without a take in `spoken`,
    and an `assemble` that waits for them; before them a `stream` where what is there `streams`.

    Online engines are slow and rationed, so the chunks of their voices (`online`: voice -> engine) go to a queue of
    their own, behind the engine's gate.
    """
    missing: dict[str, tuple[int, Chunk]] = {}
    for seq, chunk in enumerate(chunks):
        if chunk.key not in spoken:
            missing.setdefault(chunk.key, (seq, chunk))
    speaking = [
        Next(
            StepKind.SPEAK,
            Queue.ONLINE if chunk.voice in online else queue,
            StepState.READY,
            seq,
            chunk,
            online.get(chunk.voice, ""),
        )
        for seq, chunk in missing.values()
    ]
    waits = StepState.WAITING if speaking else StepState.READY
    state = RevisionState.SPEAKING if speaking else RevisionState.ASSEMBLING
    streaming = [Next(StepKind.STREAM, queue, StepState.READY)] if streams and speaking else []
    return state, [*streaming, *speaking, Next(StepKind.ASSEMBLE, queue, waits)]


def after_assemble(queue: Queue, kind: StepKind) -> tuple[RevisionState, list[Next]]:
    """Return the state and the steps after assembling what is to go live by itself, by a step of that kind."""
    return RevisionState.PUBLISHING, [Next(kind, queue, StepState.READY)]


def after_publish(state: RevisionState, queue: Queue, *, members: bool = False) -> list[Next]:
    """Return the steps after publishing: a look from outside at what is live now, or, where that is for members, making
    what others hear of it.
    """
    if state is not RevisionState.LIVE:
        return []
    return [Next(StepKind.PREVIEW if members else StepKind.VERIFY, queue, StepState.READY)]
