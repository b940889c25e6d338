"""What is asked and answered of editions: when something goes live, what it waits for, what it corrects."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, BaseModel, BeforeValidator, Field

from api.schemas.base import Request, Text
from briefing.editions import Reason
from briefing.values import MOST_NOTE


def _written(given: Any) -> Any:  # noqa: ANN401  whatever is validated
    """Refuse numbers, which pydantic takes for seconds since the epoch."""
    if given is not None and not isinstance(given, str | datetime):
        message = "write it as RFC 3339 has it, with its zone"
        raise ValueError(message)
    return given


#: A moment with its zone, such as 2026-11-28T06:00:00+02:00.
Moment = Annotated[AwareDatetime, BeforeValidator(_written)]

Replaces = Literal["update", "correction"]


class CorrectionRequest(Request):
    """What is corrected."""

    at: date = Field(description="Day of the correction.", examples=["2026-11-28"])
    note: Text | None = Field(
        None,
        max_length=MOST_NOTE,
        description="Said and shown verbatim after the line that says that it was corrected.",
        examples=["An earlier version misnamed the harbour board."],
    )


class ScheduleRequest(Request):
    """When what is finished, or being made, goes live."""

    at: Moment = Field(description="Within a year; what has passed is at once.", examples=["2026-11-28T06:00:00+02:00"])


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
