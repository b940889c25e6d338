"""Forms as browsers send them without files: `application/x-www-form-urlencoded`. `BodyLimit` bounds the body."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import parse_qsl

from fastapi import Depends, Request

from api.problems import Problem

#: Fields of a form at most.
_MOST_FIELDS = 200

#: Digits of a number in a form at most.
_MOST_DIGITS = 6

_TYPE = "application/x-www-form-urlencoded"


async def read_form(request: Request) -> dict[str, str]:
    """Return a form's fields, the last of each name; none where something else was sent. Raises Problem."""
    if request.method in {"GET", "HEAD"} or not request.headers.get("content-type", "").startswith(_TYPE):
        return {}
    try:
        body = (await request.body()).decode("ascii")
        found = dict(parse_qsl(body, keep_blank_values=True, max_num_fields=_MOST_FIELDS, errors="strict"))
    except ValueError as error:
        raise Problem("bad_request", "the form cannot be read") from error
    if any("\x00" in text for text in found.values()):
        # PostgreSQL keeps no such text.
        raise Problem("bad_request", "the form holds a character that is in no text")
    return found


Form = Annotated[dict[str, str], Depends(read_form)]


def number_of(form: dict[str, str], name: str) -> int | None:
    """Return a number from 1 that a field names, such as a revision's; None where it is not sent. Raises Problem."""
    text = form.get(name, "")
    if not text:
        return None
    if not text.isdecimal() or len(text) > _MOST_DIGITS or int(text) < 1:
        raise Problem("invalid_request", f"{name}: name a number")
    return int(text)


def text_of(form: dict[str, str], name: str, most: int) -> str:
    """Return a field without white space around it, with line feeds alone at line ends. Raises Problem for one that is
    longer than `most` characters.
    """
    text = form.get(name, "").replace("\r\n", "\n").strip()
    if len(text) > most:
        raise Problem("invalid_request", f"{name}: at most {most:,} characters")
    return text
