"""A plain text as its lines: what each looks like, before anything is known of where it stands."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from worker.clean.byline import read_byline
from worker.words.text import one_line

if TYPE_CHECKING:
    from briefing.values import BlockKind

_BULLET = re.compile(r"^\s*(?:[•◦▪‣·●–*-]|\d{1,2}[.)])\s+(?=\S)")
_CLOSERS = "\"'”’)]»"
_TERMINAL = ".!?…:;"
_SENTENCE_ENDS = ".!?…"

#: Line lengths that text wrapped by hand or by a mail program has.
_WRAPPED = range(45, 101)


@dataclass(frozen=True)
class Line:
    """One line or paragraph of a text, and its fate as far as it is known."""

    text: str
    bullet: bool = False
    rule: str | None = None
    """Why it is dropped, once known."""
    head: bool = False
    """The headline or the "by" line, which are read from the head."""
    kind: BlockKind | None = None
    """Known from where it stands, against what its punctuation says."""

    @property
    def words(self) -> int:
        """The number of words."""
        return len(self.text.split())

    @property
    def punctuated(self) -> bool:
        """Whether it ends as a sentence, or a part of one, does."""
        bare = self.text.rstrip(_CLOSERS)
        return bool(bare) and bare[-1] in _TERMINAL

    @property
    def sentence(self) -> bool:
        """Whether it is read and ends as a sentence does."""
        bare = self.text.rstrip(_CLOSERS)
        return self.rule is None and not self.bullet and bool(bare) and bare[-1] in _SENTENCE_ENDS

    @property
    def substance(self) -> bool:
        """Whether it is of the story by its looks: punctuated text, no item and no headline."""
        return self.rule is None and not self.head and self.punctuated and not self.bullet


def read_lines(text: str) -> list[Line]:
    """Return the lines of a text that hold anything, paragraphs wrapped to a column joined."""
    lines = []
    for group in re.split(r"\n\s*\n", text):
        rows = [row for row in group.split("\n") if one_line(row)]
        for row in _unwrapped(rows):
            bullet = bool(_BULLET.match(row))
            lines.append(Line(one_line(_BULLET.sub("", row) if bullet else row), bullet))
    return lines


def _unwrapped(rows: list[str]) -> list[str]:
    """Join the rows of a paragraph that was wrapped to a column; leave pages with a paragraph a line alone."""
    broken = [row for row in rows[:-1] if len(row) in _WRAPPED and one_line(row)[-1] not in _TERMINAL + _CLOSERS]
    if len(rows) < 2 or len(broken) * 2 < len(rows) - 1 or any(_BULLET.match(row) or read_byline(row) for row in rows):  # noqa: PLR2004
        return rows
    return [" ".join(rows)]
