"""Rows as CSV (RFC 4180) for spreadsheets, in which no text of ours is taken for a formula."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


def as_csv(header: Iterable[str] | None, rows: Iterable[Iterable[object]]) -> str:
    """Return rows below a header, or without one; what is None is empty."""
    out = io.StringIO()
    writer = csv.writer(out)
    if header is not None:
        writer.writerow(header)
    writer.writerows([plain(value) if isinstance(value, str) else value for value in row] for row in rows)
    return out.getvalue()


def plain(text: str) -> str:
    """Return text that no spreadsheet takes for a formula."""
    return f"'{text}" if text and text[0] in "=+-@\t\r" else text
