"""The `stream` step: what is spoken so far can be heard. Done again whenever a chunk more is there.

Whatever goes wrong with it ends the stream and nothing else: the revision is made all the same.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from briefing import revisions, steps
from briefing.access import for_members
from briefing.errors import BriefcastError, DatabaseUnavailable, TakeCorrupt
from briefing.failpoints import Failpoint, reach
from briefing.jingles import jingle_files
from briefing.logs import get_logger
from briefing.models import RevisionRow
from briefing.public_names import PLAYLIST_NAME
from briefing.show import Show
from briefing.speech import Chunk
from briefing.states import ACTIVE, RevisionState, StepKind
from briefing.takes import find_takes
from briefing.values import Script
from worker import stitch
from worker.encode import FRAME_SAMPLES
from worker.heard import own_article
from worker.programme import sounds_for
from worker.sound.files import UnreadableSound
from worker.stream.pieces import Stream, parts
from worker.stream.playlist import packed, playlist, segment_name
from worker.stream.render import render
from worker.stream.telling import making_audio
from worker.tasks.common import finish_idle

if TYPE_CHECKING:
    from pathlib import Path

    from briefing.audio import Take
    from briefing.steps import Lease
    from worker.workplace import Workplace

_log = get_logger("stream")


def stream_revision(lease: Lease, place: Workplace) -> None:
    """Make what the takes allow audible; wait for the next one, or finish with the last."""
    try:
        _stream(lease, place)
    except DatabaseUnavailable:
        raise
    except (BriefcastError, UnreadableSound, OSError) as error:
        _log.warning("the stream ends here", reason=str(error))
        finish_idle(place, lease)


def _stream(lease: Lease, place: Workplace) -> None:
    with place.database.reading() as session:
        revision = session.get_one(RevisionRow, lease.revision_id)
        session.expunge(revision)
        uploaded = jingle_files(session, place.storage)
        chunks = [Chunk.stored(chunk) for chunk in revision.chunks or ()]
        takes = find_takes(session, {chunk.key for chunk in chunks})
    before = Stream.stored(revision.stream) if revision.stream else Stream()
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
        _write_segments(place, revision, before.frames, render(mix, path_of, before.frames, end, show.loudness_lufs))
    reach(Failpoint.STREAM_WRITTEN)
    _note(lease, place, before.grown(end, ended=ended), len(takes))


def _write_segments(place: Workplace, revision: RevisionRow, start: int, frames: list[bytes]) -> None:
    for first, behind in parts(start, start + len(frames)):
        content = packed(b"".join(frames[first - start : behind - start]), first)
        place.files.put_stream(revision.briefing_id, revision.number, segment_name(first), content)


def _note(lease: Lease, place: Workplace, stream: Stream, takes: int) -> None:
    """List what is there, and finish or wait for another take."""
    with place.database.writing() as session:
        row = revisions.locked_in_briefing(session, lease.revision_id)
        briefing = revisions.lock_briefing(session, row.briefing_id)
        is_being_made = RevisionState(row.state) in ACTIVE and not for_members(session, briefing)
        goes_on = (is_being_made or briefing.live_revision == row.id) and not stream.ended
        if not (steps.wait_again(session, lease) if goes_on else steps.finish(session, lease)):
            return
        if goes_on and takes < len(find_takes(session, {chunk["key"] for chunk in row.chunks or ()})):
            # One has come meanwhile, and found nobody waiting.
            steps.ready_waiting(session, row.id, StepKind.STREAM)
        if not is_being_made and briefing.live_revision != row.id:
            return
        row.stream = stream.model_dump(mode="json")
        if stream.frames:
            place.files.put_stream(briefing.id, row.number, PLAYLIST_NAME, playlist(stream))
        ref = own_article(session, briefing)
        if stream.frames and briefing.live_revision is None and ref is not None:
            place.files.put_making(ref, making_audio(briefing, row, place.files))
        reach(Failpoint.STREAM_BEFORE_COMMIT)
