"""Named points of the work at which a test has this process fail: raise, be killed, hang. Nothing fails by itself.

Armed only by the environment variable `BRIEFCAST_FAILPOINTS`, which names a folder and is for tests alone; without it,
or where the folder is not there, reaching a point does nothing. The folder holds one file for each failure that is
still to come, `<point>@<number>@<action>`: whoever reaches the point takes the first away, so that "once" is once
among all processes, and tests arm and disarm while they run. A file may hold words such as `briefing=5f2b kind=speak`:
then it waits for a step that has these in its log context.
"""

from __future__ import annotations

import os
import signal
import time
from enum import StrEnum
from pathlib import Path

import structlog

#: Names the folder of what is armed.
VARIABLE = "BRIEFCAST_FAILPOINTS"

#: Seconds between two looks whether a hanging process is let go.
_LOOK_S = 0.05


class Failpoint(StrEnum):
    """All points there are. "Before commit" is inside the transaction, after everything it changes."""

    STEP_RECORDED = "step.recorded"
    """The move is made, its transaction not committed; so for all of these."""
    STEP_CLAIMED = "step.claimed"
    STEP_RENEWED = "step.renewed"
    STEP_FINISHED = "step.finished"
    STEP_POSTPONED = "step.postponed"
    STEP_RETRIED = "step.retried"
    STEP_GIVEN_UP = "step.given_up"
    STEP_GIVEN_BACK = "step.given_back"
    STEP_WAITS_AGAIN = "step.waits_again"
    STEP_COMES_AGAIN = "step.comes_again"
    STEP_RELEASED = "step.released"
    STEP_BURIED = "step.buried"
    STEP_HASTENED = "step.hastened"
    STEP_PUT_BACK = "step.put_back"
    STEP_PROMOTED = "step.promoted"
    STEP_CANCELLED = "step.cancelled"
    STEP_READIED = "step.readied"
    PERFORM_CLAIMED = "perform.claimed"
    """The claim is committed, the work not begun."""
    PREPARE_FETCHED = "prepare.fetched"
    """The articles are here, their versions not stored."""
    PREPARE_BEFORE_COMMIT = "prepare.before_commit"
    PREPARE_AFTER_COMMIT = "prepare.after_commit"
    RECAST_BEFORE_COMMIT = "recast.before_commit"
    SPEAK_BEFORE = "speak.before"
    """The engine is about to be called."""
    SPEAK_STORED = "speak.stored"
    """The take's file is stored, the take not saved."""
    SPEAK_BEFORE_COMMIT = "speak.before_commit"
    SPEAK_AFTER_COMMIT = "speak.after_commit"
    STREAM_WRITTEN = "stream.written"
    """The new segments are there, the playlist does not name them."""
    STREAM_BEFORE_COMMIT = "stream.before_commit"
    ASSEMBLE_BEFORE = "assemble.before"
    """The takes are checked, nothing is encoded."""
    ASSEMBLE_ENCODING = "assemble.encoding"
    """A block of the programme has been encoded."""
    ASSEMBLE_SIGNED = "assemble.signed"
    """The file is signed, not stored."""
    ASSEMBLE_STORED = "assemble.stored"
    """The file is stored, the master not saved."""
    ASSEMBLE_BEFORE_COMMIT = "assemble.before_commit"
    ASSEMBLE_AFTER_COMMIT = "assemble.after_commit"
    PUBLISH_BEFORE = "publish.before"
    """No public file is written."""
    PUBLISH_AUDIO = "publish.audio"
    """The MP3 is public."""
    PUBLISH_COMPANIONS = "publish.companions"
    """Transcripts and chapters are public too."""
    PUBLISH_ALIAS = "publish.alias"
    """The article's alias leads to the new MP3, its JSON still to the old."""
    PUBLISH_ARTICLE = "publish.article"
    """The article's JSON names the new MP3, the feed still the old."""
    PUBLISH_BEFORE_COMMIT = "publish.before_commit"
    """All files are written."""
    PUBLISH_AFTER_COMMIT = "publish.after_commit"
    PLACE_BEFORE_COMMIT = "place.before_commit"
    """Files are moved, the pointer is not yet."""
    PREVIEW_BEFORE_COMMIT = "preview.before_commit"
    VERIFY_BEFORE = "verify.before"
    VERIFY_BEFORE_COMMIT = "verify.before_commit"
    JINGLE_STORED = "jingle.stored"
    """The upload is conformed and stored, not settled."""
    JINGLE_BEFORE_COMMIT = "jingle.before_commit"
    SWEEP_BEFORE_COMMIT = "sweep.before_commit"
    SWEEP_AFTER_COMMIT = "sweep.after_commit"
    GATE_TAKEN = "gate.taken"
    """A step has been let through, and is not claimed yet."""
    GATE_SETTLED = "gate.settled"
    ESTIMATE_RECORDED = "estimate.recorded"
    ESTIMATE_ADDED = "estimate.added"
    ESTIMATE_FAILED = "estimate.failed"
    RESPEAK_RECORDED = "respeak.recorded"
    """A briefing is to be made again for a pronunciation, not committed."""
    WITHDRAW_BURIED = "withdraw.buried"
    """Tombstones are there, and so is what they are of."""
    WITHDRAW_REMOVED = "withdraw.removed"
    """The public files are gone, the feed still names them."""
    WITHDRAW_BEFORE_COMMIT = "withdraw.before_commit"
    WITHDRAW_AFTER_COMMIT = "withdraw.after_commit"
    NOTIFY_TOLD = "notify.told"
    """The hub has been told, the step is not finished."""
    DIGEST_ASKED = "digest.asked"
    """The issue is asked for, its digest does not wait for its next time yet."""
    DIGEST_ARMED = "digest.armed"
    """It does, not committed; so for these."""
    DIGEST_REVIEWED = "digest.reviewed"
    DIGEST_REMADE = "digest.remade"
    """An issue that was withdrawn for a story's sake is asked for anew."""
    SUMMARY_RECORDED = "summary.recorded"
    SUMMARY_ANSWERED = "summary.answered"
    """The model has answered, nothing is written down."""
    SUMMARY_BEFORE_COMMIT = "summary.before_commit"
    CORRECT_ASKED = "correct.asked"
    """Another edition is to be corrected, not committed."""
    LIST_WRITTEN = "list.written"
    """Feeds are written, who lists the article is not committed."""
    NOTICE_RECORDED = "notice.recorded"
    """A message is to be sent, not committed."""
    NOTICE_LINKED = "notice.linked"
    """Its links are there, it is not sent."""
    NOTICE_TOLD = "notice.told"
    """It is sent, the step is not finished."""
    POLL_NOTICED = "poll.noticed"
    """What follows from a change in a source is recorded, not committed."""
    RETENTION_LET_GO = "retention.let_go"
    """A revision's public files are gone, its row is as it was."""
    RETENTION_DELETED = "retention.deleted"
    """Rows that nothing needs are deleted and condemn their bytes, not committed."""
    RETENTION_ERASED = "retention.erased"
    """Bytes are gone, the row that condemned them is not."""
    AUDIENCE_NOTED = "audience.noted"
    """What listeners did is written down, not committed; so for these."""
    AUDIENCE_FOLDED = "audience.folded"
    AUDIENCE_LET_GO = "audience.let_go"
    DISPATCHER_RUNG = "dispatcher.rung"
    """Redis has the messages, the table does not say so."""
    API_ASKED = "api.asked"
    """What was asked for is committed, the answer not sent; so for these."""
    API_REGENERATED = "api.regenerated"
    API_PUBLISHED = "api.published"
    API_RETRACTED = "api.retracted"


class Action(StrEnum):
    """What happens at a point."""

    RAISE = "raise"
    """An error that nobody foresees."""
    KILL = "kill"
    """SIGKILL, as by the kernel that is out of memory."""
    HANG = "hang"
    """Nothing more, until a test removes the file `<point>@<number>@hang.<process ID>`."""
    PASS = "pass"  # noqa: S105  no password
    """Nothing at all: the next file is for the next who comes."""


class FailpointReached(Exception):
    """Raised by `Action.RAISE`: no BriefcastError, so nothing foresees it."""


def reach(point: Failpoint) -> None:
    """Fail here if a test wants that. Raises FailpointReached, or ValueError for a point that is not in the list."""
    if folder := os.environ.get(VARIABLE):
        _fail(Path(folder), Failpoint(point))


def _fail(folder: Path, point: Failpoint) -> None:
    for armed in sorted(folder.glob(f"{point}@*@*")):
        action = armed.name.rpartition("@")[2]
        if action not in tuple(Action) or not _is_meant(armed):
            continue
        taken = armed.with_name(f"{armed.name}.{os.getpid()}")
        try:
            armed.rename(taken)
        except FileNotFoundError:
            continue  # another process took this one
        _act(Action(action), point, taken)
        return


def _is_meant(armed: Path) -> bool:
    """Tell whether the step at hand is one that the file waits for."""
    try:
        wanted = dict(word.split("=", 1) for word in armed.read_text().split())
    except FileNotFoundError:
        return False
    bound = structlog.contextvars.get_contextvars()
    return all(str(bound.get(name)) == value for name, value in wanted.items())


def _act(action: Action, point: Failpoint, taken: Path) -> None:
    match action:
        case Action.RAISE:
            raise FailpointReached(point.value)
        case Action.KILL:
            os.kill(os.getpid(), signal.SIGKILL)
        case Action.HANG:
            while taken.exists():
                time.sleep(_LOOK_S)
        case Action.PASS:
            pass
