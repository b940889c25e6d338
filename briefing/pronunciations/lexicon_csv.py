"""Pronunciations as a table: how newsrooms keep theirs. The first line names the columns; all faults are told, by line.

`written` and one of `spoken`, `ipa`, `say` (letters, word); `language`, `note`, `case_sensitive` where there are any.
Columns of other names are passed over. Separated by commas, semicolons or tabs. Reads no file.
"""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

from briefing.errors import LexiconInvalid
from briefing.pronunciations.lexicon import LexiconEntry, make_entry

if TYPE_CHECKING:
    from collections.abc import Mapping

_MOST_BYTES = 4_000_000
_MOST_ROWS = 20_000

#: Faults that are told of one file.
MOST_FAULTS = 50

#: Names that others give these columns.
_NAMES = {
    "written": ("written", "word", "grapheme", "term"),
    "spoken": ("spoken", "alias", "respelling", "pronunciation"),
    "ipa": ("ipa", "phoneme", "phonemes"),
    "say": ("say", "say_as"),
    "language": ("language", "lang"),
    "note": ("note", "notes", "comment", "source"),
    "case_sensitive": ("case_sensitive", "case"),
}
_YES, _NO = frozenset({"yes", "true", "1"}), frozenset({"no", "false", "0"})


def read_csv(content: bytes, language: str | None = None) -> tuple[tuple[LexiconEntry, ...], tuple[str, ...]]:
    """Return the entries of a table, for texts in `language` where a line names none, and what is wrong with the lines
    that make no entry. Of two lines for one word the later counts. Raises LexiconInvalid for what is no such table.
    """
    if len(content) > _MOST_BYTES:
        message = f"the file has {len(content):,} bytes; the limit is {_MOST_BYTES:,}"
        raise LexiconInvalid(message)
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        message = f"the file is not UTF-8 (byte {error.start})"
        raise LexiconInvalid(message, hint="Save it as UTF-8.") from error
    first = text.partition("\n")[0]
    delimiter = max(",;\t", key=first.count)
    rows = csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    entries: dict[tuple[str, str], LexiconEntry] = {}
    faults: list[str] = []
    try:
        columns = _columns([name or "" for name in rows.fieldnames or []])
        for number, row in enumerate(rows):
            if number >= _MOST_ROWS:
                message = f"the file has more than {_MOST_ROWS:,} lines"
                raise LexiconInvalid(message)
            fields = {ours: (row.get(theirs) or "").strip() for ours, theirs in columns.items()}
            if not any(fields.values()):
                continue
            try:
                entry = _entry(fields, language)
                entries[entry.written, entry.language] = entry
            except LexiconInvalid as error:
                faults.append(f"line {rows.line_num}: {error.message}")
    except csv.Error as error:
        message = f"line {rows.line_num}: {error}"
        raise LexiconInvalid(message) from error
    return tuple(entries.values()), tuple(faults[:MOST_FAULTS])


def _columns(names: list[str]) -> dict[str, str]:
    """Return our columns' names in the file. Raises LexiconInvalid."""
    folded = {name.strip().casefold(): name for name in names}
    found = {
        ours: folded[theirs]
        for ours, known in _NAMES.items()
        if (theirs := next((name for name in known if name in folded), None)) is not None
    }
    if "written" not in found or not found.keys() & {"spoken", "ipa", "say"}:
        message = "the first line has to name the columns: written, and spoken, ipa or say"
        raise LexiconInvalid(message)
    return found


def _entry(fields: Mapping[str, str], language: str | None) -> LexiconEntry:
    say, ipa, spoken = (fields.get(name, "") for name in ("say", "ipa", "spoken"))
    if say not in {"", "letters", "word"}:
        message = f"say is letters or word, not {say!r}"
        raise LexiconInvalid(message)
    if sum(map(bool, (say, ipa or spoken))) != 1:
        message = f"{fields['written']!r}: say how: spoken, ipa or say"
        raise LexiconInvalid(message)
    case = fields.get("case_sensitive", "").casefold()
    if case not in {"", *_YES, *_NO}:
        message = f"case_sensitive is yes or no, not {case!r}"
        raise LexiconInvalid(message)
    return make_entry(
        {
            "written": fields["written"],
            "language": fields.get("language") or language or "",
            "kind": say or ("ipa" if ipa else "alias"),
            "value": "" if say else ipa or spoken,
            "alias": spoken if ipa else "",
            "case_sensitive": case in _YES if case else None,
            "note": fields.get("note", ""),
        }
    )
