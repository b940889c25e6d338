"""Entries -> `history` (a page) and `history.json`. Pure: the same entries give the same bytes.

The page is whole in itself: its style is inside, it has no script, and a policy in it forbids everything else, so any
file server may serve it. It speaks the story's language, where `wording` has it. Text is escaped by the template.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from briefing.public_names import HISTORY_JSON_NAME, HISTORY_NAME
from worker.history.wording import wording_for
from worker.public.pages import policy, style, templates

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jinja2 import Template

    from worker.history.entries import Entry

_HERE = Path(__file__).parent
_STYLE = style(_HERE / "history.css")

#: What the page may load: its own style, known by its hash.
_POLICY = policy(_STYLE)


@dataclass(frozen=True)
class Told:
    """What a history is of."""

    briefing: str
    title: str
    language: str
    """BCP 47; of the title and of all that is quoted."""
    show: str
    """Its title."""
    article: str = ""
    """Where the story can be read; empty for none."""
    transcript: str = ""
    """Address of the transcript of what is live, as a page; empty for none."""
    audio: str = ""
    """Address of what is live."""


def files_of(told: Told, entries: Sequence[Entry]) -> dict[str, bytes]:
    """Return the files of a history, by name."""
    return {HISTORY_NAME: _page(told, entries).encode(), HISTORY_JSON_NAME: _json(told, entries)}


def _json(told: Told, entries: Sequence[Entry]) -> bytes:
    said = {
        "briefing": told.briefing,
        "title": told.title,
        "language": told.language,
        "show_title": told.show,
        "links": {"article": told.article or None, "audio": told.audio, "transcript": told.transcript or None},
        "entries": [
            {
                "kind": entry.kind,
                "at": entry.at.isoformat(),
                "revision": entry.revision,
                "note": entry.note or None,
                "segments": entry.segments or None,
                "now_reads": list(entry.now_reads),
            }
            for entry in entries
        ],
    }
    return json.dumps(said, ensure_ascii=False, indent=1).encode()


def _page(told: Told, entries: Sequence[Entry]) -> str:
    return _template().render(
        told=told, entries=entries, words=wording_for(told.language), style=_STYLE, policy=_POLICY
    )


@cache
def _template() -> Template:
    return templates(_HERE).get_template("history.html")
