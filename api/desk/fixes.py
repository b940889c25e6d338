"""What stands in the way of a briefing, in words, and the one button that does something about it. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from api.desk.words import moment
from api.problems import FAILURES
from briefing.people import is_same
from briefing.states import RevisionState

if TYPE_CHECKING:
    from briefing.worklist import Work

#: Failures that an article's having gone explains: where something is live, that is what wants attention.
_GONE = frozenset({"article_not_found"})


@dataclass(frozen=True)
class Fix:
    """The one thing to do about a briefing."""

    words: str
    """On the button."""
    action: str
    """Last part of the address it posts to; empty for a link to the briefing."""
    grave: bool = False
    """Whether a page asks first."""
    releases: bool = False
    """Whether it releases a colleague's hold."""


PUBLISH = Fix("Publish", "publish")
APPROVE = Fix("Approve", "approve")
SETTLE = Fix("Settle the conflict", "")
RETRY = Fix("Try again", "regenerate")
WITHDRAW = Fix("Withdraw", "retract", grave=True)

#: Code of a revision that is held because an editor's change no longer fits its text.
CONFLICT = "override_conflict"


def fix_of(work: Work, name: str, *, sign_off: bool = False) -> Fix | None:
    """Return what the user of that name may do about a briefing; None where there is nothing in the way. `sign_off`:
    whether its show wants a second person's word.
    """
    if work.withdrawn:
        return None
    if work.state is RevisionState.HELD:
        return _held_fix(work, name, sign_off=sign_off)
    if work.state is RevisionState.FAILED:
        return WITHDRAW if work.error_code in _GONE and work.heard else RETRY
    return None


def _held_fix(work: Work, name: str, *, sign_off: bool) -> Fix:
    if work.error_code == CONFLICT:
        return SETTLE
    if sign_off and not work.approved:
        return APPROVE
    holder = colleague_of(work, name)
    return Fix(f"Publish, though {holder} holds it", PUBLISH.action, releases=True) if holder else PUBLISH


def colleague_of(work: Work, name: str) -> str | None:
    """Return who holds a briefing, if that is somebody other than the user of that name."""
    return None if work.held_by is None or is_same(work.held_by, name) else work.held_by


def reason_of(work: Work, *, sign_off: bool = False) -> str:
    """Return why a briefing is where it is, in a sentence; empty where that needs no words."""
    if work.withdrawn:
        return "It was withdrawn: saving the article brings nothing of it back; making it again does."
    if work.state is RevisionState.FAILED:
        known = FAILURES.get(work.error_code or "", "")
        said = work.error_message or known or "It failed"
        return f"{known}: {said}" if known and said != known else said
    if work.state is RevisionState.HELD:
        return _why_held(work, sign_off=sign_off)
    return ""


def _why_held(work: Work, *, sign_off: bool) -> str:
    if work.error_code == CONFLICT:
        return f"{work.error_message[:1].upper()}{work.error_message[1:]}."
    if sign_off and not work.approved:
        return "It is finished and waits for a second person's word."
    if work.scheduled_at is not None:
        return f"It is finished and goes live at {moment(work.scheduled_at)}."
    if work.held_by is not None:
        return f"It is finished; {work.held_by} holds it."
    return "It is finished and waits for an editor."
