"""Transcript -> a page to be read: headings, paragraphs, lists and quotations as written, each sentence with its times.

Whole in itself: its style is inside, it has no script, and a policy in it forbids everything else, so any file server
may serve it. Text is escaped by the template.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

from briefing.audio import MASTER_RATE
from briefing.script import Role
from worker.public.pages import policy, style, templates

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from jinja2 import Template

    from briefing.audio import Cue
    from briefing.transcript import Passage, Transcript

_HERE = Path(__file__).parent
_STYLE = style(_HERE / "page.css")

#: What the page may load: its own style, known by its hash, and the audio from where it is served.
_POLICY = policy(_STYLE, "media-src 'self'")

_LISTED = frozenset({Role.KEY_POINT, Role.LIST_ITEM})


@dataclass(frozen=True)
class Around:
    """What the page shows beside the text."""

    show: str
    """Title of the show."""
    audio: str = ""
    """Where the MP3 is, seen from the page; empty for none."""
    chapters: tuple[Cue, ...] = field(default=())
    correction: str = ""
    """What is told of a correction; empty for none."""


@dataclass(frozen=True)
class _Sentence:
    text: str
    start: str
    end: str
    """Seconds."""


@dataclass(frozen=True)
class _Block:
    """A passage as the template shows it."""

    kind: str
    sentences: tuple[_Sentence, ...]
    seconds: str
    clock: str
    anchor: str
    article: str
    speaker: str
    """Named where it becomes another."""


def render(transcript: Transcript, around: Around) -> str:
    """Return the page."""
    blocks = list(_blocks(transcript))
    head = blocks[0] if blocks and blocks[0].kind == "headline" and not _several(transcript) else None
    return _template().render(
        transcript=transcript,
        around=around,
        style=_STYLE,
        policy=_POLICY,
        headline=head,
        groups=[(kind, list(group)) for kind, group in groupby(blocks[1:] if head else blocks, key=_group)],
        chapters=_contents(transcript, around.chapters) if len(around.chapters) > 1 else [],
        links={cue.ref: cue.link for cue in around.chapters if cue.link},
        article=transcript.passages[0].article if transcript.passages and not _several(transcript) else "",
        level=3 if _several(transcript) else 2,
        disclosed=any(block.kind == "disclosure" for block in blocks),
        correction="" if any(block.kind == "correction" for block in blocks) else around.correction,
        duration=_seconds(transcript.samples),
        length=clock(transcript.samples),
    )


def clock(samples: int) -> str:
    """Return m:ss, or h:mm:ss from an hour on."""
    hours, rest = divmod(samples // MASTER_RATE, 3600)
    minutes, seconds = divmod(rest, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"


@cache
def _template() -> Template:
    return templates(_HERE).get_template("page.html")


def _several(transcript: Transcript) -> bool:
    return len({passage.article for passage in transcript.passages}) > 1


def _group(block: _Block) -> str:
    """Return what neighbouring blocks must have in common to stand in one list."""
    return "list" if block.kind in _LISTED else block.kind


def _blocks(transcript: Transcript) -> Iterator[_Block]:
    named = len(transcript.speakers) > 1
    before = ""
    for passage in transcript.passages:
        yield _Block(
            kind=passage.role.value,
            sentences=tuple(_sentences(passage)),
            seconds=_seconds(passage.first),
            clock=clock(passage.first),
            anchor=f"s-{passage.segment}",
            article=passage.article,
            speaker=passage.speaker if named and passage.speaker != before else "",
        )
        before = passage.speaker


def _sentences(passage: Passage) -> Iterator[_Sentence]:
    if not passage.words:
        yield _Sentence(passage.text, _seconds(passage.first), _seconds(passage.last))
        return
    for words in passage.sentence_words():
        yield _Sentence(passage.says(words), _seconds(words[0].first), _seconds(words[-1].last))


def _contents(transcript: Transcript, chapters: Sequence[Cue]) -> list[tuple[str, str, str]]:
    """Return (title, anchor, clock) of each chapter; it begins at the first passage that is heard in it."""
    contents = []
    for cue in chapters:
        first = next((passage for passage in transcript.passages if passage.first >= cue.start), None)
        if first is not None:
            contents.append((cue.title, f"s-{first.segment}", clock(cue.start)))
    return contents


def _seconds(samples: int) -> str:
    return f"{samples / MASTER_RATE:.3f}"
