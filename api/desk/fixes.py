"""What stands in the way of a briefing, in words, and the one button that does something about it. Pure.

What is known beside the revision, such as an embargo or where the article is edited, is found by `api.desk.standings`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from api.desk.words import moment
from api.problems import FAILURES, PROBLEMS
from briefing.accounts.people import is_same
from briefing.going_live.obstacles import FORBIDS
from briefing.states import RevisionState

if TYPE_CHECKING:
    from collections.abc import Collection

    from briefing.going_live.obstacles import Obstacle, Reason
    from briefing.observing.worklist import Work


@dataclass(frozen=True)
class Fix:
    """The one thing to do about a briefing."""

    words: str
    """On the button."""
    action: str = ""
    """Last part of the address it posts to; empty for a link."""
    to: str = ""
    """Where a link leads: a place on the briefing's page (it begins with `#`), another page of the desk, or the CMS."""
    grave: bool = False
    """Whether a page asks first."""
    releases: bool = False
    """Whether it releases a colleague's hold."""

    @property
    def vouches(self) -> bool:
        """Whether whoever presses it says that what they heard may go live: it counts for that revision alone."""
        return self.action in {"publish", "approve"}


@dataclass(frozen=True)
class Standing:
    """What is known of a briefing beside its revision."""

    obstacles: tuple[Obstacle, ...] = ()
    """What it waits for, where it is held."""
    article: str = ""
    """Where its article is edited, or read where that is not known: a web address, or nothing."""
    segment: str = ""
    """ID of a segment which alone by what is said for it holds a name that must not be spoken."""
    may_approve: bool = True
    """Whether the user had no hand in it, and may give the second person's word."""
    unread: bool = False
    """Whether its show has names that must not be spoken and its words were not looked through for them now: in lists,
    which read no script."""


PUBLISH = Fix("Publish", "publish")
APPROVE = Fix("Approve", "approve")
LOOK = Fix("Look at it", to="#script")
SETTLE = Fix("Settle the conflict", to="#conflicts")
EMBARGO = Fix("Change the embargo", to="#embargo")
WORDS = Fix("Look at the words", to="#script")
EDIT = Fix("Edit the paragraph")
OPEN = Fix("Open the article")
CONNECT = Fix("See how to connect it", to="/desk/shows#connect")
RETRY = Fix("Try again", "regenerate")
AFTER = Fix("Make again once the article is changed", "regenerate")
MENDED = Fix("Try again once that is mended", "regenerate")
WITHDRAW = Fix("Withdraw", "retract", grave=True)

#: Code of a revision that is held because an editor's change no longer fits its text.
CONFLICT = "override_conflict"

#: What mends a failure by its code; all others may have gone away, and are tried again.
_FIXES: dict[str, Fix | None] = {
    # The article itself is at fault: trying again finds the same words.
    **dict.fromkeys(
        (
            "article_empty",
            "article_too_short",
            "article_too_long",
            "article_protected",
            "article_refused",
            "media_type_refused",
            "never_speak",
        ),
        OPEN,
    ),
    # The way to the article is at fault.
    **dict.fromkeys(
        (
            "article_behind_paywall",
            "cms_key_refused",
            "feed_unreadable",
            "page_too_large",
            "page_too_deep",
            "page_unreadable",
            "address_refused",
            "secret_unreadable",
        ),
        CONNECT,
    ),
    # Whoever runs the machines or the settings file comes first.
    **dict.fromkeys(
        (
            "invalid_settings",
            "engine_not_installed",
            "master_rejected",
            "signing_invalid",
            "signing_failed",
            "watermark_not_installed",
            "watermark_missing",
            "unknown_voice",
            "unknown_show",
            "unknown_source",
            "lexicon_invalid",
        ),
        MENDED,
    ),
    "take_rejected": WORDS,
    CONFLICT: SETTLE,
    "superseded": None,
}

#: Codes of what is held that are among what it waits for, as long as they count.
_SAID_OTHERWISE = frozenset({CONFLICT, "never_speak"})

#: Failures that an article's having gone explains: where something is live, that is what wants attention.
_GONE = frozenset({"article_not_found"})


def fix_of(work: Work, name: str, standing: Standing) -> Fix | None:
    """Return what the user of that name may do about a briefing; None where there is nothing in the way."""
    if work.withdrawn:
        return None
    if work.state is RevisionState.HELD:
        return _held_fix(work, name, standing)
    if work.state is RevisionState.FAILED:
        if work.error_code in _GONE and work.heard:
            return WITHDRAW
        fix = _FIXES.get(work.error_code or "", RETRY)
        return _opened(standing, AFTER) if fix is OPEN else fix
    return None


def _held_fix(work: Work, name: str, standing: Standing) -> Fix | None:
    reasons = {one.reason for one in standing.obstacles}
    if reasons & FORBIDS:
        return _forbidden_fix(reasons, standing)
    if standing.unread:
        return LOOK
    holder = colleague_of(work, name)
    return Fix(f"Publish, though {holder} holds it", PUBLISH.action, releases=True) if holder else PUBLISH


def _forbidden_fix(reasons: Collection[Reason], standing: Standing) -> Fix | None:
    """Return what helps where no editor's word lets it go live."""
    if "conflict" in reasons:
        return SETTLE
    if "never_speak" in reasons:
        if standing.segment:
            return replace(EDIT, to=f"#s-{standing.segment}")
        return WORDS if standing.unread else _opened(standing, WORDS)
    # Before what ends by itself: it may be given now.
    if "sign_off" in reasons and standing.may_approve:
        return APPROVE
    if "unpublished" in reasons:
        # Nothing at the desk publishes an article: without its address there is no button that would.
        return _opened(standing, None)
    return EMBARGO if "embargo" in reasons else None


def _opened(standing: Standing, other: Fix | None) -> Fix | None:
    return replace(OPEN, to=standing.article) if standing.article else other


def colleague_of(work: Work, name: str) -> str | None:
    """Return who holds a briefing, if that is somebody other than the user of that name."""
    return None if work.held_by is None or is_same(work.held_by, name) else work.held_by


def reason_of(work: Work, standing: Standing) -> str:
    """Return why a briefing is where it is, in words; empty where that needs none."""
    if work.withdrawn:
        return "It was withdrawn: saving the article brings nothing of it back; making it again does."
    if work.state is RevisionState.FAILED:
        known = meaning_of(work.error_code or "")
        said = work.error_message or known or "It failed"
        return f"{known}: {said}" if known and said != known else said
    if work.state is RevisionState.HELD:
        return _why_held(work, standing)
    return ""


def meaning_of(code: str) -> str:
    """Return what a failed revision's code means, in words; empty for one that is not known."""
    return FAILURES.get(code) or PROBLEMS.get(code, (0, ""))[1]


def _why_held(work: Work, standing: Standing) -> str:
    if any(one.reason == "conflict" for one in standing.obstacles):
        said = work.error_message or PROBLEMS[CONFLICT][1]
        return f"{said[:1].upper()}{said[1:]}."
    found = [words for one in standing.obstacles if (words := _waits_for(one, standing))]
    if not found and work.error_message and work.error_code not in _SAID_OTHERWISE:
        return f"It is finished and could not be published: {work.error_message}. That is tried again by itself."
    first, *others = found or ["waits for an editor"]
    return " ".join([f"It is finished and {first}.", *(f"It {words}." for words in others)])


def _waits_for(obstacle: Obstacle, standing: Standing) -> str:
    """Return what follows "It" of an obstacle; nothing of a show that holds all: that is told where nothing else is."""
    until = moment(obstacle.until) if obstacle.until else ""
    another = "" if standing.may_approve else ": somebody else has to give it, since you had a hand in this edition"
    held = "held" if standing.unread else "holds"
    when = " when it was last looked through" if standing.unread else ""
    return {
        "never_speak": f"{held} a name that must not be spoken{when}: change the words, or the list if it is wrong",
        "sign_off": f"waits for a second person's word{another}",
        "embargo": f"is under embargo until {until}: nothing of it goes live before",
        "unpublished": "waits for the CMS, which has its article scheduled or as a draft: it goes live by itself when "
        "that is published",
        "schedule": f"goes live at {until}",
        "editor": f"is held by {obstacle.by}" if obstacle.by else "is held by an editor",
    }.get(obstacle.reason, "")
