"""The `stream` step: what is spoken so far can be heard. Done again whenever a chunk more is there.

Whatever goes wrong with it ends the stream and nothing else: the revision is made all the same.
"""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from briefing import revisions, steps
from briefing.errors import BriefcastError, DatabaseUnavailable, TakeCorrupt
from briefing.failpoints import Failpoint, reach
from briefing.models import BriefingRow, RevisionRow
from briefing.observing.logs import get_logger
from briefing.podcasts.jingles import jingle_files
from briefing.podcasts.show import Show
from briefing.public_names import PLAYLIST_NAME
from briefing.script import Script
from briefing.speech import Chunk
from briefing.states import ACTIVE, RevisionState, StepKind
from briefing.takes import find_takes
from worker import stitch
from worker.encode import FRAME_SAMPLES
from worker.programme import sounds_for
from worker.public.heard import own_article
from worker.sound.files import UnreadableSound
from worker.stream.clearing import clear_stream, was_cleared
from worker.stream.pieces import Stream, parts
from worker.stream.playlist import packed, playlist, segment_name
from worker.stream.render import render
from worker.stream.telling import hidden, making_audio
from worker.tasks.common import finish_idle

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sqlalchemy.orm import Session

    from briefing.audio import Take
    from briefing.steps import Lease
    from worker.workplace import Workplace

#: What may go wrong with a stream, mistakes of ours included, and must not end a worker.
_FAULTS = (BriefcastError, UnreadableSound, OSError, ValueError, LookupError, TypeError, ArithmeticError)

_log = get_logger("stream")


def stream_revision(lease: Lease, place: Workplace) -> None:
    """Make what the takes allow audible; wait for the next one, or finish with the last."""
    try:
        _stream(lease, place)
    except DatabaseUnavailable:
        raise
    except _FAULTS as error:
        _log.warning("the stream ends here", reason=repr(error))
        finish_idle(place, lease)


def _stream(lease: Lease, place: Workplace) -> None:
    with place.database.reading() as session:
        revision = session.get_one(RevisionRow, lease.revision_id)
        session.expunge(revision)
        may_be_heard = _may_be_heard(session, revision)
        uploaded = jingle_files(session, place.storage)
        chunks = [Chunk.stored(chunk) for chunk in revision.chunks or ()]
        takes = find_takes(session, {chunk.key for chunk in chunks})
    before = Stream.stored(revision.stream) if revision.stream else Stream()
    # Noted before anything is public, so that whoever clears knows where to look.
    if not may_be_heard or (revision.stream is None and not _note(lease, place, before)):
        finish_idle(place, lease)
        if revision.stream is not None:
            _clear(lease, place, revision)
        return
    script, show = Script.stored(revision.script), Show.stored(revision.show)
    sounds = sounds_for(show, uploaded, place.speakers.catalogue)
    ended = all(chunk.key in takes for chunk in chunks)
    if ended:
        mix = stitch.plan(script, chunks, takes, show, sounds)
        end = -(-mix.samples // FRAME_SAMPLES)
    else:
        mix, sure = stitch.begun(script, chunks, takes, show, sounds)
        end = sure // FRAME_SAMPLES

    def path_of(take: Take) -> Path:
        path = place.storage.path(take.sha256)
        if path is None:
            message = "a take is missing"  # the assembling has it spoken again
            raise TakeCorrupt(message, keys=(take.key,))
        return path

    if end > before.frames:
        frames = render(mix, path_of, before.frames, end, show.loudness_lufs)
        _write_segments(place, revision, before.frames, end, frames)
    reach(Failpoint.STREAM_WRITTEN)
    stream = before.grown(end, ended=ended)
    listed = playlist(stream)
    if stream.frames and not before.frames:
        # Nobody knows of it yet; whoever is told finds it there.
        place.files.put_stream(revision.briefing_id, revision.number, PLAYLIST_NAME, listed)
    if _note(lease, place, stream) and before.frames and stream != before:
        # Outside the transaction: a slow bucket must not keep those waiting who speak.
        place.files.put_stream(revision.briefing_id, revision.number, PLAYLIST_NAME, listed)
    _go_on(lease, place, stream, len(takes))
    # What was written while it was hidden, or cleared, is not seen by whoever did so.
    _clear(lease, place, revision)


def _write_segments(place: Workplace, revision: RevisionRow, start: int, end: int, frames: Iterator[bytes]) -> None:
    for first, behind in parts(start, end):
        content = packed(b"".join(islice(frames, behind - first)), first)
        place.files.put_stream(revision.briefing_id, revision.number, segment_name(first, behind), content)


def _may_be_heard(session: Session, revision: RevisionRow) -> bool:
    briefing = session.get_one(BriefingRow, revision.briefing_id)
    is_there = RevisionState(revision.state) in ACTIVE or briefing.live_revision == revision.id
    return is_there and not hidden(session, briefing)


def _clear(lease: Lease, place: Workplace, revision: RevisionRow) -> None:
    """Take the stream away if it is not to be heard any more, or was taken away meanwhile."""
    with place.database.reading() as session:
        row = session.get_one(RevisionRow, revision.id)
        is_over = not _may_be_heard(session, row) or was_cleared(session, lease.step_id)
    if is_over:
        clear_stream(place, revision.id, revision.briefing_id, revision.number)


def _note(lease: Lease, place: Workplace, stream: Stream) -> bool:
    """Note how far the stream has come, and tell players of it where they know of nothing else; False where it is not
    ours any more, or not to be heard.
    """
    with place.database.writing() as session:
        row = revisions.locked_in_briefing(session, lease.revision_id)
        briefing = revisions.lock_briefing(session, row.briefing_id)
        if not _may_be_heard(session, row) or not steps.renew(session, lease, place.work.lease_s):
            return False
        is_news = stream.frames and not (row.stream or {}).get("pieces")
        row.stream = stream.model_dump(mode="json")
        ref = own_article(session, briefing)
        if is_news and briefing.heard is None and ref is not None:
            place.files.put_making(ref, making_audio(briefing, row, place.files))
        reach(Failpoint.STREAM_BEFORE_COMMIT)
    return True


def _go_on(lease: Lease, place: Workplace, stream: Stream, takes: int) -> None:
    """Finish, or wait for another take."""
    with place.database.writing() as session:
        row = revisions.locked_in_briefing(session, lease.revision_id)
        if stream.ended or not _may_be_heard(session, row):
            steps.finish(session, lease)
        elif steps.wait_again(session, lease) and takes < len(
            find_takes(session, {chunk["key"] for chunk in row.chunks or ()})
        ):
            # One has come meanwhile, and found nobody waiting.
            steps.ready_waiting(session, row.id, StepKind.STREAM)
