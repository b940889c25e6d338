"""What stands in the way of a briefing, in words, and the one button that does something about it. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from api.problems import FAILURES
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


PUBLISH = Fix("Publish", "publish")
RETRY = Fix("Try again", "regenerate")
WITHDRAW = Fix("Withdraw", "retract", grave=True)


def fix_of(work: Work) -> Fix | None:
    """Return what to do about a briefing; None where there is nothing in the way."""
    if work.state is RevisionState.HELD:
        return PUBLISH
    if work.state is RevisionState.FAILED:
        return WITHDRAW if work.error_code in _GONE and work.heard else RETRY
    return None


def reason_of(work: Work) -> str:
    """Return why a briefing is where it is, in a sentence; empty where that needs no words."""
    if work.state is RevisionState.FAILED:
        known = FAILURES.get(work.error_code or "", "")
        said = work.error_message or known or "It failed"
        return f"{known}: {said}" if known and said != known else said
    if work.state is RevisionState.HELD:
        return "It is finished and waits for an editor."
    return ""
