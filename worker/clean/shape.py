"""The rules every format shares: phrases, key points with their lead-in, repeats, headings without text. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from briefing.values import Block, BlockKind, Dropped
from worker.clean.phrases import noise_rule
from worker.text import one_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_Entry = Block | Dropped


def shape(blocks: Iterable[Block], title: str | None) -> tuple[tuple[Block, ...], tuple[Dropped, ...]]:
    """Return the blocks to read in order, and those dropped, each with its rule."""
    entries: list[_Entry] = [_by_phrase(block) for block in blocks]
    entries = _without_repeats(entries, title)
    entries = _with_key_points(entries)
    entries = _without_empty_headings(entries)
    kept = tuple(entry for entry in entries if isinstance(entry, Block))
    return kept, tuple(entry for entry in entries if isinstance(entry, Dropped))


def folded(text: str) -> str:
    """Return `text` reduced to what two writings of the same words share: letters and digits in lower case."""
    return "".join(character for character in one_line(text).casefold() if character.isalnum())


def _by_phrase(block: Block) -> _Entry:
    text = one_line(block.text)
    rule = noise_rule(text)
    if rule == "menu" and block.kind is BlockKind.HEADING and " " not in text:
        rule = None  # "Next" or "Search" may head a part of the story; "Most read" may not
    return Dropped(text=text, rule=rule) if rule else block.model_copy(update={"text": text})


def _without_repeats(entries: list[_Entry], title: str | None) -> list[_Entry]:
    """Drop the headline repeated in the body, pull-quotes that repeat a paragraph, and doubled paragraphs."""
    paragraphs = [folded(entry.text) for entry in entries if _is(entry, BlockKind.PARAGRAPH)]
    headline = folded(title or "")
    seen: set[str] = set()
    kept: list[_Entry] = []
    for entry in entries:
        words = folded(entry.text)
        if isinstance(entry, Dropped):
            kept.append(entry)
        elif headline and words == headline:
            kept.append(Dropped(text=entry.text, rule="repeats-headline"))
        elif entry.kind is BlockKind.QUOTE and any(words in paragraph for paragraph in paragraphs):
            kept.append(Dropped(text=entry.text, rule="pull-quote"))
        elif entry.kind is BlockKind.PARAGRAPH and len(words) > 60 and words in seen:  # noqa: PLR2004  short lines may recur
            kept.append(Dropped(text=entry.text, rule="repeats-paragraph"))
        else:
            kept.append(entry)
            seen.add(words)
    return kept


def _is(entry: _Entry, kind: BlockKind) -> bool:
    return isinstance(entry, Block) and entry.kind is kind


def _with_key_points(entries: list[_Entry]) -> list[_Entry]:
    """Mark a list that stands before the first paragraph as key points, and the line above it as their lead-in."""
    shaped = list(entries)
    lead: int | None = None
    for index, entry in enumerate(entries):
        if isinstance(entry, Dropped):
            continue
        if entry.kind is BlockKind.LIST_ITEM:
            shaped[index] = entry.model_copy(update={"kind": BlockKind.KEY_POINT})
            if lead is not None:
                shaped[lead] = Block(kind=BlockKind.LEAD_IN, text=entries[lead].text)
                lead = None
        elif entry.kind is BlockKind.HEADING or entry.text.endswith(":"):
            lead = index
        else:
            break
    return shaped


def _without_empty_headings(entries: Sequence[_Entry]) -> list[_Entry]:
    """Drop headings at the end, which head nothing that is read."""
    shaped = list(entries)
    for index in range(len(shaped) - 1, -1, -1):
        entry = shaped[index]
        if isinstance(entry, Block):
            if entry.kind is not BlockKind.HEADING:
                break
            shaped[index] = Dropped(text=entry.text, rule="heading-without-text")
    return shaped
