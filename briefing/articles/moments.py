"""Moments as others state them, with those left out that can be no article's and would break what counts with them."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import AfterValidator

#: Beyond them a zone's hours or a minute less lead out of the calendar, and no database keeps what is there.
_YEARS = range(1000, 9999)


def usable(moment: datetime | None) -> datetime | None:
    """Return the moment, None for one of no year that anything was published in."""
    return moment if moment is not None and moment.year in _YEARS else None


#: A moment from outside: None where it is out of all bounds, rather than a fault.
Stated = Annotated[datetime | None, AfterValidator(usable)]


def day_stated(moment: datetime, zone: str | None) -> date:
    """Return the day by which an article of `moment` is dated, in a show's time zone.

    As it stands where the show has none, and at midnight or without a zone: that is a day stated without an hour, which
    no zone makes another.
    """
    if zone is None or moment.tzinfo is None or moment.time() == time():
        return moment.date()
    return moment.astimezone(ZoneInfo(zone)).date()
