"""The `sample` step: a voice says a phrase as a pronunciation has it, before that counts for anything."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from briefing import gates, steps
from briefing.errors import ArticleEmpty, ArticleTooLong
from briefing.models import SampleRow
from briefing.pronunciations import samples
from briefing.pronunciations.lexicon import Lexicon, LexiconEntry
from briefing.pronunciations.lexicons import lexicon_for
from briefing.script import Role, Script, Segment
from briefing.settings import LimitSettings
from briefing.speech import Cast
from briefing.states import Queue, StepKind
from briefing.takes import find_take, save_take
from worker.chunk import split
from worker.normalise import normalise
from worker.running.engine_gates import bounds_of, outcome_noted
from worker.speak import speak
from worker.takes.speakers import voice_errors

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from briefing.speech import Chunk
    from briefing.steps import Lease
    from worker.speak import Speaker
    from worker.workplace import Workplace


@dataclass(frozen=True)
class _Wanted:
    chunk: Chunk
    speaker: Speaker


def speak_sample(lease: Lease, place: Workplace) -> None:
    """Speak a sample, unless an equal take is there. What a service outside speaks waits at its gate first."""
    with place.database.reading() as session:
        row = session.get(SampleRow, lease.payload["sample"])
        lexicon = _lexicon(session, row) if row is not None else Lexicon()
    if row is None:  # let go: nobody has asked for it for a day
        with place.database.writing() as session:
            steps.finish(session, lease)
        return
    wanted = _wanted(place, row, lexicon)
    with place.database.reading() as session:
        take = find_take(session, wanted.chunk.key)
    if take is None and wanted.speaker.engine.capabilities.online and not lease.engine:
        _to_the_gate(lease, place, wanted.speaker.voice.engine)
        return
    with outcome_noted(lease, place) as passage:
        if take is None:
            passage.asked = True
            with voice_errors():
                take = speak(wanted.chunk, wanted.speaker, place.storage)
        with place.database.writing() as session:
            take = save_take(session, take, datetime.now(UTC))
            if steps.finish(session, lease):
                samples.settle(session, row.id, take.key, wanted.chunk.spoken)


def _lexicon(session: Session, row: SampleRow) -> Lexicon:
    known = lexicon_for(session, row.show)
    return Lexicon([[LexiconEntry.stored(row.entry)], *known.layers]) if row.entry else known


def _wanted(place: Workplace, row: SampleRow, lexicon: Lexicon) -> _Wanted:
    """Return what is to be spoken, with the key it would have in a story. Raises ArticleEmpty or ArticleTooLong."""
    narrator, speaker = place.speakers.narrator(row.voice), place.speakers.get(row.voice)
    said, spans = normalise(row.phrase, row.language, lexicon)
    segment = Segment(id="sample", article="sample", role=Role.BODY, written=row.phrase, spoken=said, spans=spans)
    script = Script(language=row.language, title="", articles=(), segments=(segment,), dropped=())
    cast = Cast(body=narrator, headline=narrator, quotes=narrator, transitions=narrator)
    chunks = split(script, cast, {row.voice: speaker.engine.capabilities}, {}, LimitSettings())
    if not chunks:
        message = "there is nothing to say in this phrase"
        raise ArticleEmpty(message)
    if len(chunks) > 1:
        message = "the phrase is longer than this voice says at once"
        raise ArticleTooLong(message)
    return _Wanted(chunks[0], speaker)


def _to_the_gate(lease: Lease, place: Workplace, engine: str) -> None:
    """Have the step done again by whoever passes the engine's gate."""
    with place.database.writing() as session:
        if steps.finish(session, lease):
            gates.ensure(session, engine, bounds_of(engine))
            steps.record(session, StepKind.SAMPLE, Queue.ONLINE, payload=lease.payload, engine=engine)
