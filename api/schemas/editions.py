"""What is asked and answered of editions: when something goes live, what it waits for, what it corrects."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, AwareDatetime, BaseModel, BeforeValidator, Field

from api.schemas.base import Flag, Request, Text
from briefing.going_live.obstacles import Reason
from briefing.values import MOST_NOTE


def _written(given: Any) -> Any:  # noqa: ANN401  whatever is validated
    """Refuse numbers, which pydantic takes for seconds since the epoch."""
    if given is not None and not isinstance(given, str | datetime):
        message = "write it as RFC 3339 has it, with its zone"
        raise ValueError(message)
    return given


def _within_the_calendar(moment: datetime) -> datetime:
    """Refuse what lies before the first year or after the last one by our clock, though not by its own."""
    try:
        moment.astimezone(UTC)
    except OverflowError:
        message = "lies beyond the calendar in UTC"
        raise ValueError(message) from None
    return moment


#: A moment with its zone, such as 2026-11-28T06:00:00+02:00.
Moment = Annotated[AwareDatetime, BeforeValidator(_written), AfterValidator(_within_the_calendar)]


def _day(given: Any) -> Any:  # noqa: ANN401  whatever is validated
    """Refuse what pydantic takes for a day too: numbers, and moments at midnight of some zone."""
    if given is not None and type(given) is not date and not (isinstance(given, str) and _DAY.fullmatch(given)):
        message = "write the day as YYYY-MM-DD"
        raise ValueError(message)
    return given


#: A day such as 2026-11-28.
Day = Annotated[date, BeforeValidator(_day)]

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)

Replaces = Literal["update", "correction"]


#: Of a field of requests that have something go live.
RELEASE_HOLD = (
    "Whether it goes live though a colleague holds it: their hold is released, and the audit says by whom. Without it "
    "such a request is refused (`held_by_colleague`)."
)


class CorrectionRequest(Request):
    """What is corrected."""

    at: Day | None = Field(
        None, description="Day of the correction; left out: today, by the show's `zone`.", examples=["2026-11-28"]
    )
    note: Text | None = Field(
        None,
        max_length=MOST_NOTE,
        description="Said and shown verbatim after the line that says that it was corrected.",
        examples=["An earlier version misnamed the harbour board."],
    )


#: Of a field of requests that are a word on what somebody has listened to.
LISTENED = (
    "Number of the revision that you looked at or listened to (`revision.number` of the briefing). If another has "
    "taken its place since, the answer is a 409 (`revision_changed`). Without it whatever is held counts."
)

#: A revision's number.
RevisionNumber = Annotated[int, Field(strict=True, ge=1, le=2**31 - 1, examples=[3])]


class ScheduleRequest(Request):
    """When what is finished, or being made, goes live."""

    at: Moment = Field(description="Within a year; what has passed is at once.", examples=["2026-11-28T06:00:00+02:00"])
    release_hold: Flag = Field(default=False, description=RELEASE_HOLD)


class PublishRequest(Request):
    """On whose word what is held goes live."""

    release_hold: Flag = Field(default=False, description=RELEASE_HOLD)
    revision: RevisionNumber | None = Field(None, description=LISTENED)


class ApproveRequest(Request):
    """What a second person gives their word for."""

    revision: RevisionNumber | None = Field(None, description=LISTENED)


class Obstacle(BaseModel):
    """What keeps a revision from going live."""

    reason: Reason = Field(
        description="`editor`: somebody holds it; `schedule`: a time is set; `show`: its show holds all; `sign_off`: "
        "a second person has to approve it; `embargo`: nothing may be public yet; `unpublished`: its article is not "
        "public in its CMS; `never_speak`: it holds a name that "
        "must not be spoken."
    )
    until: datetime | None = Field(None, description="When that is over by itself; null where somebody has to act.")
    by: str | None = Field(None, description="Who said so.")


#: Of the fields of requests that have something made again.
REPLACES = (
    "How it takes the place of what is live. Of an `update` the old MP3 stays for its days; of a `correction` its "
    "address leads to the new one at once, and what lay beside it goes. By default an update, with `correction` a "
    "correction."
)
CORRECTION = "What was corrected: a correction it is, and its show says whether that is spoken or shown."
EMBARGO = (
    "Nothing of it is public before, whatever anybody says; null ends an embargo. Within a year. Noted of the article, "
    "of several articles of their briefing."
)
