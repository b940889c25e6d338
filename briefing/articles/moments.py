"""Moments as others state them, with those left out that can be no article's and would break what counts with them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import AfterValidator

#: Beyond them a zone's hours or a minute less lead out of the calendar, and no database keeps what is there.
_YEARS = range(1000, 9999)


def usable(moment: datetime | None) -> datetime | None:
    """Return the moment, None for one of no year that anything was published in."""
    return moment if moment is not None and moment.year in _YEARS else None


#: A moment from outside: None where it is out of all bounds, rather than a fault.
Stated = Annotated[datetime | None, AfterValidator(usable)]
