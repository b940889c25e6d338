"""The `extract` step: a digest's script from what is live of its stories, cut, and steps for what is not spoken yet.

Fetches nothing: what readers hear of a story is what the digest says of it, in its editors' spelling and readings.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sqlalchemy import select

from briefing import revisions, steps
from briefing.audio import MASTER_RATE, Take
from briefing.digesting import summaries
from briefing.digesting.choosing import story_of
from briefing.digesting.issues import issue_of
from briefing.digesting.summary_sources import source_of
from briefing.errors import NothingToDigest
from briefing.failpoints import Failpoint, reach
from briefing.models import BriefingRow, RevisionRow, ShowRow, VariationRow
from briefing.podcasts.jingles import jingle_files
from briefing.podcasts.show import Show
from briefing.pronunciations.lexicons import lexicon_for
from briefing.script import OUR_WORDS, Role, Script
from briefing.takes import find_takes
from briefing.values import ArticleRef
from worker import spending, stitch
from worker.digests import digest
from worker.prepare import cut, spoken
from worker.programme import sounds_for
from worker.takes.casting import engage
from worker.takes.judge import expected_s
from worker.tasks.common import finish_idle, load_active
from worker.tasks.prepared import check_names, is_unchanged, save_prepared
from worker.words.overriding import own_voices
from worker.words.unknown import find_unknown

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from sqlalchemy.orm import Session

    from briefing.digesting.digest import Digest
    from briefing.podcasts.show import JinglePart
    from briefing.pronunciations.lexicon import Lexicon
    from briefing.speech import Chunk
    from briefing.steps import Lease
    from worker.prepare import Prepared
    from worker.takes.casting import Engaged
    from worker.workplace import Workplace


@dataclass(frozen=True)
class _Read:
    """What a digest is made from."""

    settings: Digest
    moment: datetime
    stories: tuple[digest.Story, ...]
    versions: dict[str, int]
    """Of the articles, as they are live."""
    variations: dict[str, int]
    """Other readings by segment: those that are live, and the digest's own."""
    lexicon: Lexicon
    jingles: Mapping[tuple[str, JinglePart], Path]


def extract_revision(lease: Lease, place: Workplace) -> None:
    """Write the digest's script, cut it into chunks, and record a step for each that has no take."""
    revision = load_active(place, lease)
    if revision is None:
        finish_idle(place, lease)
        return
    show = Show.stored(revision.show)
    with place.database.reading() as session:
        spending.may_begin(session, revision, datetime.now(UTC))
        read = _read(session, place, revision)
    drafted = _drafted(read, show)
    transitions = any(part.role is Role.TRANSITION for story in drafted.stories for part in story.lead)
    casting = revisions.casting_of(revision)
    engaged = engage(
        casting,
        place.speakers,
        [],
        allowed=show.fallback,
        own=own_voices(digest.script(drafted)),
        transitions=transitions,
    )
    written = digest.fit(drafted, _lengths(place, drafted, engaged, read, show), read.settings.minutes * 60)
    unknown = find_unknown(written.segments, written.language, read.lexicon)
    written = written.model_copy(update={"unknown_words": unknown})
    check_names(place, revision, written)
    if is_unchanged(place, lease, written):
        return
    prepared = _cut(place, written, engaged, read)
    versions = [read.versions[article.ref] for article in written.articles]
    with place.database.writing() as session:
        row = revisions.locked_in_briefing(session, revision.id)
        if steps.finish(session, lease):
            # Those there was no time for are not in it.
            briefing = session.get_one(BriefingRow, row.briefing_id)
            briefing.articles = [article.ref for article in written.articles]
            save_prepared(session, place, row, prepared, engaged, digest.card(written, show), versions)
            reach(Failpoint.PREPARE_BEFORE_COMMIT)
    reach(Failpoint.PREPARE_AFTER_COMMIT)


def _read(session: Session, place: Workplace, revision: RevisionRow) -> _Read:
    """Return what is live of the stories, in order, those left out that are withdrawn or not for those who hear this.

    Raises NothingToDigest.
    """
    briefing = session.get_one(BriefingRow, revision.briefing_id)
    issue, settings = issue_of(session, briefing.id)
    show = Show.stored(session.get_one(ShowRow, briefing.show).settings)
    stories: list[digest.Story] = []
    versions: dict[str, int] = {}
    variations: dict[str, int] = {}
    for text in briefing.articles:
        found = story_of(session, ArticleRef.parse(text), show)
        live = session.get(RevisionRow, found.heard) if found is not None else None
        if live is None or not live.versions:
            continue
        written = Script.stored(live.script)
        summary = _summary(session, live) if settings.summaries else None
        stories.append(digest.Story(written.articles[0], written.language, written.heard, summary))
        versions[text] = int(live.versions[0])
        variations |= {chunk["segment"]: int(chunk.get("variation", 0)) for chunk in live.chunks or ()}
    if not stories:
        message = f"no story of the digest {settings.slug!r} is live any more"
        raise NothingToDigest(message)
    own = session.scalars(select(VariationRow).where(VariationRow.briefing_id == briefing.id))
    for row in own:
        variations[row.segment_id] = max(row.number, variations.get(row.segment_id, 0))
    lexicon, jingles = lexicon_for(session, show.slug), jingle_files(session, place.storage)
    return _Read(settings, issue.moment, tuple(stories), versions, variations, lexicon, jingles)


def _summary(session: Session, live: RevisionRow) -> str | None:
    """Return what an editor approved as a summary of this very text, if anybody did."""
    source = source_of(live)
    return summaries.approved(session, live.briefing_id, source) if source is not None else None


def _drafted(read: _Read, show: Show) -> digest.Draft:
    """Return all that may be said, our own words as they are spoken; the stories' are already."""
    drafted = digest.draft(read.stories, read.settings, show, read.moment)
    if not drafted.stories:
        message = f"nothing of its stories is to be read in the digest {read.settings.slug!r}"
        raise NothingToDigest(message)
    ours = replace(
        drafted,
        opening=tuple(spoken(part, drafted.language, read.lexicon) for part in drafted.opening),
        closing=tuple(spoken(part, drafted.language, read.lexicon) for part in drafted.closing),
    )
    told = [
        replace(
            story,
            lead=tuple(
                spoken(part, drafted.language, read.lexicon) if part.role is Role.TRANSITION else part
                for part in story.lead
            ),
            pieces=tuple(
                tuple(
                    spoken(part, drafted.language, read.lexicon) if part.role in OUR_WORDS else part for part in piece
                )
                for piece in story.pieces
            ),
        )
        for story in ours.stories
    ]
    return replace(ours, stories=tuple(told))


def _cut(place: Workplace, written: Script, engaged: Engaged, read: _Read) -> Prepared:
    return cut(written, engaged.cast, engaged.engines, read.variations, place.limits)


def _lengths(
    place: Workplace, drafted: digest.Draft, engaged: Engaged, read: _Read, show: Show
) -> Callable[[Script], float]:
    """Return what tells how long a part of the draft lasts, music and pauses included: by the takes that are there, of
    what is still to be spoken by the voices' pace.
    """
    chunks = {chunk.key: chunk for chunk in _cut(place, digest.script(drafted), engaged, read).chunks}
    with place.database.reading() as session:
        there = find_takes(session, set(chunks))
    takes = {key: there.get(key) or _guessed(place, chunk) for key, chunk in chunks.items()}
    sounds = sounds_for(show, read.jingles, place.speakers.catalogue)

    def seconds(written: Script) -> float:
        found = _cut(place, written, engaged, read).chunks
        return stitch.plan(written, found, takes, show, sounds).samples / MASTER_RATE

    return seconds


def _guessed(place: Workplace, chunk: Chunk) -> Take:
    """Return a take as long as the voice's pace lets expect."""
    samples = round(expected_s(chunk.spoken, place.speakers.catalogue.get(chunk.voice).pace) * MASTER_RATE)
    return Take(
        key=chunk.key, sha256="", rate=MASTER_RATE, samples=samples, loudness_lufs=None, words=(), timing="estimated"
    )
