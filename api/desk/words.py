"""States, moments and lengths as pages say them. Pure."""

from __future__ import annotations

from datetime import UTC, datetime

from briefing.states import RevisionState

#: A revision's state, for people.
STATES: dict[str, str] = {
    RevisionState.PREPARING: "reading the article",
    RevisionState.SPEAKING: "being spoken",
    RevisionState.ASSEMBLING: "being put together",
    RevisionState.PUBLISHING: "being published",
    RevisionState.HELD: "held",
    RevisionState.LIVE: "live",
    RevisionState.SUPERSEDED: "replaced",
    RevisionState.RETRACTED: "withdrawn",
    RevisionState.UNCHANGED: "unchanged",
    RevisionState.FAILED: "failed",
}

#: A segment's role, for people.
ROLES: dict[str, str] = {
    "headline": "headline",
    "byline": "byline",
    "disclosure": "disclosure",
    "lead_in": "lead-in",
    "key_point": "key point",
    "heading": "heading",
    "body": "paragraph",
    "list_item": "list item",
    "quote": "quotation",
    "table": "table",
    "summary": "summary by AI",
}


def state_words(state: str) -> str:
    """Return a state in words."""
    return STATES.get(state, state)


def role_words(role: str) -> str:
    """Return a role in words."""
    return ROLES.get(role, role.replace("_", " "))


#: How two revisions differ in a segment, for people.
CHANGES: dict[str, str] = {
    "added": "added",
    "removed": "removed",
    "text": "worded otherwise",
    "sound": "sounds otherwise",
}


def change_words(change: str) -> str:
    """Return how two revisions differ in a segment, in words."""
    return CHANGES.get(change, change.replace("_", " "))


def moment(at: datetime) -> str:
    """Return a moment as it reads without a script; with one it is told in the reader's own time."""
    return f"{at.astimezone(UTC):%-d %b %Y, %H:%M} UTC"


def length(seconds: float | None) -> str:
    """Return a length as minutes and seconds, with hours where there are any."""
    if seconds is None:
        return ""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
