"""Reads a page's own "by" line: names, date, reading time. Pure; English month names.

Understands a line only when nothing of it is left over, so that "By Tuesday evening the water had gone" stays text.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH = (
    r"(?P<month>jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|"
    r"oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\.?"
)
_TIME = r"(?:[\s,]*(?:at\s+)?(?P<hour>\d{1,2})[:.](?P<minute>\d{2})(?:\s*(?P<half>[ap])\.?m\.?)?)?"
_DATES = tuple(
    re.compile(rf"(?:published|updated|posted)?[\s:]*(?:on\s+)?{form}{_TIME}", re.IGNORECASE)
    for form in (
        rf"{_MONTH}\s+(?P<day>\d{{1,2}})(?:st|nd|rd|th)?,?\s+(?P<year>\d{{4}})",
        rf"(?P<day>\d{{1,2}})(?:st|nd|rd|th)?\s+{_MONTH},?\s+(?P<year>\d{{4}})",
        r"(?P<year>\d{4})-(?P<month_number>\d{2})-(?P<day>\d{2})T?",
    )
)
#: A line of more letters names no authors; looking for dates in all of a page's text takes seconds.
_MOST_LETTERS = 400

_NAME = r"[^\W\d_a-z][\w.’'-]*(?:\s+(?:de|van|von|der|den|la|le|del|di|da|bin|al|el))?"
_NAMES = re.compile(
    rf"^[Bb]y[:\s]+(?P<names>{_NAME}(?:\s+{_NAME}){{0,4}}(?:(?:,\s*|\s+and\s+|,\s+and\s+|\s*&\s*){_NAME}(?:\s+{_NAME}){{0,4}}){{0,4}})"
    r"(?P<rest>.*)$"
)
_CALENDAR = re.compile(
    r"\b(?:monday|tuesday|wednesday|thursday|friday|saturday|sunday|january|february|march|april|june|july|august|"
    r"september|october|november|december)\b",
    re.IGNORECASE,
)
#: "/ The Courier" after a name.
_AFFILIATION = re.compile(r"^\s*[/|]\s*(?:for )?[A-Z][\w.’'&-]*(?:\s+[A-Z&][\w.’'&-]*){0,4}\s*(?=$|\|)")
_LEFTOVER = re.compile(
    r"\b\d{1,3}[- ]min(?:ute)?s?(?: read)?\b|\b(?:in|from)\s+[A-Z][\w-]+\b|[\s,.;|·•–—-]+", re.IGNORECASE
)


@dataclass(frozen=True)
class Byline:
    """Who wrote it and when, as far as the line says."""

    names: str | None
    published_at: datetime | None


def read_byline(line: str) -> Byline | None:
    """Return what a "by" line says, or None when the line is something else."""
    if len(line) > _MOST_LETTERS:
        return None
    date, rest = _take_date(line)
    match = _NAMES.match(rest.strip())
    if match is None or _CALENDAR.search(match["names"]) or _LEFTOVER.sub("", _AFFILIATION.sub("", match["rest"])):
        return None
    return Byline(match["names"].strip(" ,"), date)


def read_date_line(line: str) -> datetime | None:
    """Return the date of a line that holds nothing else."""
    if len(line) > _MOST_LETTERS:
        return None
    date, rest = _take_date(line)
    return date if date is not None and not _LEFTOVER.sub("", rest) else None


def _take_date(line: str) -> tuple[datetime | None, str]:
    for pattern in _DATES:
        if match := pattern.search(line):
            parts = match.groupdict()
            try:
                date = datetime(int(parts["year"]), _month(parts), int(parts["day"]), *_clock(parts))  # noqa: DTZ001  the page names no zone
            except ValueError:
                return None, line
            return date, f"{line[: match.start()]} | {line[match.end() :]}"
    return None, line


def _month(parts: dict[str, str]) -> int:
    if number := parts.get("month_number"):
        return int(number)
    return _MONTHS.index(parts["month"][:3].lower()) + 1


def _clock(parts: dict[str, str]) -> tuple[int, int]:
    if not parts.get("hour"):
        return 0, 0
    hour = int(parts["hour"])
    if half := (parts.get("half") or "").lower():
        hour = hour % 12 + (12 if half == "p" else 0)
    return hour, int(parts["minute"])
