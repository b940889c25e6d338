"""A newsroom to measure with: one show in a voice that takes next to no time to speak, articles of so many chunks."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from briefing.models import RevisionRow, StepRow
from briefing.podcasts.newsroom import load_newsroom
from briefing.requesting import asking
from briefing.speech import Casting
from briefing.sql.schema import migrate
from briefing.states import ACTIVE, Queue, RevisionState, StepState
from briefing.values import ArticleRef
from worker.installation.newsroom import apply

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from worker.workplace import Workplace

#: No jingles: what is measured is everything but sound.
_NEWSROOM = """
[[shows]]
slug = "bench"
title = "Bench"
voice = "hush"
intro = "none"
outro = "none"

[[sources]]
name = "desk"
kind = "files"
folder = "articles"
"""

#: The silence engine at a fifteenth of a newsreader's length: 0.4 s for a paragraph.
_VOICES = """
[[voices]]
id = "hush"
name = "Hush"
language = "mul"
engine = "silence"
licence = "GPL-3.0-or-later"
attribution = "Silence to measure with"
ms_per_character = 4
"""

#: Chunks that every article has beside its paragraphs: headline and disclosure.
_HEAD_CHUNKS = 2


def settings(folder: Path) -> dict[str, str]:
    """The environment of a measurement in `folder`, but for its public address and its database."""
    voices = folder / "voices.toml"
    voices.write_text(_VOICES)
    return {
        "BRIEFCAST_LIMIT_BRIEFINGS_A_DAY": "0",
        "BRIEFCAST_LIMIT_CHARACTERS_A_DAY": "0",
        "BRIEFCAST_LIMIT_REQUESTS_A_MINUTE": "0",
        "BRIEFCAST_DATA": str(folder / "var"),
        "BRIEFCAST_VOICES": str(voices),
        "BRIEFCAST_LOG_LEVEL": "INFO",
    }


def furnish(place: Workplace, folder: Path, articles: int, chunks: int) -> None:
    """Set up the newsroom and write its articles, each of paragraphs that no other has."""
    (folder / "articles").mkdir()
    for number in range(articles):
        paragraphs = [
            f"Paragraph {part} of story {number} says that the harbour was quiet on Tuesday, and nobody complained."
            for part in range(chunks - _HEAD_CHUNKS)
        ]
        (folder / "articles" / f"story-{number}.txt").write_text(
            "\n\n".join([f"Story number {number} told", *paragraphs])
        )
    (folder / "briefcast.toml").write_text(_NEWSROOM)
    migrate(place.database)
    apply(load_newsroom(folder / "briefcast.toml"), place)


def ask(place: Workplace, numbers: Iterable[int]) -> None:
    """Record a request for each of these articles, as the API does."""
    now = datetime.now(UTC)
    for number in numbers:
        wanted = asking.Wanted(
            show="bench",
            kind="story",
            articles=(ArticleRef(source="desk", id=f"story-{number}"),),
            casting=Casting(body="hush"),
            queue=Queue.BULK,
            requested_by="bench",
        )
        with place.database.writing() as session:
            asking.request(session, wanted, now)


def unsettled(place: Workplace) -> int:
    """How many steps are not done. Fails when one was given up or a revision has ended otherwise than live."""
    with place.database.reading() as session:
        found = session.execute(select(StepRow.state, func.count()).group_by(StepRow.state)).all()
        steps = {row[0]: row[1] for row in found}
        revisions = set(session.scalars(select(RevisionRow.state).distinct()))
    assert StepState.DEAD.value not in steps, steps
    assert revisions <= {state.value for state in (*ACTIVE, RevisionState.LIVE)}, revisions
    return sum(number for state, number in steps.items() if state != StepState.DONE.value)
