"""Programme -> Master: calls stitch, master, encode and tag and sign in order, and checks the file that came out.

The transcript is stored beside the MP3: both come from the same plan.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from datetime import UTC, datetime
from typing import TYPE_CHECKING, TypeAlias

from briefing.audio import MASTER_RATE, Master
from briefing.errors import ArticleTooLong, MasterRejected, TakeCorrupt, WatermarkMissing
from briefing.failpoints import Failpoint, reach
from briefing.storage import refused
from briefing.takes import find_master
from worker import encode, master, sign, stitch, watermark
from worker.credentials.provenance import manifest
from worker.sound.files import UnreadableSound, decoded
from worker.sound.level import MIX_LUFS
from worker.sound.listen import Listener, stated_samples
from worker.sound.threads import ahead
from worker.tag import tag

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from sqlalchemy.orm import Session

    from briefing.audio import Take
    from briefing.storage import BlobStorage
    from briefing.transcript import Transcript
    from worker.programme import Programme
    from worker.sound import Block
    from worker.sound.loudness import Loudness
    from worker.watermark import Watermark

#: Names the stage at hand for whoever measures; `nullcontext` for nobody.
Timed: TypeAlias = Callable[[str], AbstractContextManager[None]]

#: Seconds of a programme: more is a mistake, which would fill disks and hold a worker for as long (S6).
LONGEST_S = 3 * 3600

#: Apple's ceiling, measured in the finished MP3.
_TRUE_PEAK_DBTP = -1.0

#: How far the finished file may be from its target; the promise to the outside is 0.5 LU.
_TOLERANCE_LU = 0.3

#: Encodes before giving up; a second was needed for none of the samples, see decisions.md.
_TRIES = 4


def complete(master: Master | None, storage: BlobStorage) -> Master | None:
    """Return a stored master if its MP3 and its transcript are there and whole, else None."""
    wanted = (master.sha256, master.transcript) if master else ()
    return master if all(storage.intact(sha256) for sha256 in wanted if sha256) else None


def counting(session: Session, master: Master, storage: BlobStorage) -> Master:
    """Return the master that counts for its key: one that somebody else stored meanwhile and that is whole, else this.

    To replace that row would have what is live by it name an MP3 that is not public yet.
    """
    stored = find_master(session, master.key)
    return stored if stored is not None and stored != master and complete(stored, storage) else master


def check_takes(takes: Mapping[str, Take], storage: BlobStorage) -> None:
    """Raise TakeCorrupt for takes whose files are gone or no longer match their hashes."""
    broken = tuple(take.key for take in takes.values() if not storage.intact(take.sha256))
    if broken:
        message = f"{len(broken)} of {len(takes)} stored takes are missing or damaged"
        raise TakeCorrupt(message, keys=broken)


def produce(planned: Programme, storage: BlobStorage, timed: Timed = lambda _: nullcontext()) -> Master:
    """Return the master, made and stored.

    Raises ArticleTooLong for audio of more than three hours, MasterRejected when the file misses its loudness, peak or
    length, WatermarkMissing, StorageUnavailable, TakeCorrupt, and what `sign` raises.
    """
    if planned.mix.samples > LONGEST_S * MASTER_RATE:
        message = f"the audio would last {planned.mix.samples / MASTER_RATE / 3600:.1f} hours; the limit is three"
        raise ArticleTooLong(message, hint="Split the article, or ask for fewer at once.")
    planned.signer.check(datetime.now(UTC))

    def path_of(take: Take) -> Path:
        path = storage.path(take.sha256)
        if path is None:
            message = "a stored take is missing"
            raise TakeCorrupt(message, keys=(take.key,))
        return path

    path = storage.temporary(".mp3")
    try:
        measured = _render(planned, path_of, path, timed)
        with timed("tag"):
            tag(path, planned.tags, planned.mix.cues, planned.artwork)
        with timed("sign"):
            sign.sign(path, manifest(planned.provenance), planned.signer)
        reach(Failpoint.ASSEMBLE_SIGNED)
        size = path.stat().st_size
        transcript = _stored(planned.transcript, storage)
        sha256 = storage.put(path)
    except OSError as error:
        message = "cannot write the MP3"
        raise refused(message, error) from error
    finally:
        path.unlink(missing_ok=True)
    return Master(
        key=planned.key,
        sha256=sha256,
        bytes=size,
        samples=planned.mix.samples,
        loudness_lufs=measured.integrated_lufs,
        true_peak_dbtp=measured.true_peak_dbtp,
        cues=planned.mix.cues,
        transcript=transcript,
    )


def _stored(transcript: Transcript, storage: BlobStorage) -> str:
    """Store a transcript and return its sha256."""
    path = storage.temporary(".json")
    try:
        path.write_text(transcript.model_dump_json(), "utf-8")
        return storage.put(path)
    finally:
        path.unlink(missing_ok=True)


def _render(planned: Programme, path_of: Callable[[Take], Path], path: Path, timed: Timed) -> Loudness:
    def stream() -> Iterator[Block]:
        return stitch.sound(planned.mix, path_of)

    with timed("master"):
        parts = (stitch.excerpt(planned.mix, path_of), stream())
        levels = master.choose_levels(parts, MIX_LUFS, planned.target_lufs)
    tried: list[tuple[master.Levels, float, float]] = []
    for _ in range(_TRIES):
        path.unlink(missing_ok=True)
        mastered = master.mastered(stream(), levels)
        marked = planned.mark.apply(mastered) if planned.mark else mastered
        measured = _encoded(planned, ahead(marked), path, timed)
        quieter_lu, over_db = _misses(measured, planned.target_lufs)
        if abs(quieter_lu) <= _TOLERANCE_LU and over_db <= 0:
            if planned.mark is not None:
                with timed("watermark"):
                    _check_mark(planned.mark, path)
            return measured
        tried.append((levels, planned.target_lufs - quieter_lu, _TRUE_PEAK_DBTP + over_db))
        levels = master.better(tried, planned.target_lufs, _TRUE_PEAK_DBTP)
    message = (
        f"the MP3 has {measured.integrated_lufs} LUFS and {measured.true_peak_dbtp} dBTP; "
        f"wanted are {planned.target_lufs} LUFS and at most {_TRUE_PEAK_DBTP} dBTP"
    )
    raise MasterRejected(message, hint="Check the jingles' and takes' levels, or the show's loudness target.")


def _encoded(planned: Programme, blocks: Iterator[Block], path: Path, timed: Timed) -> Loudness:
    """Encode the programme and hear it meanwhile, as a listener's app will. Raises MasterRejected for a wrong
    length.
    """
    try:
        with Listener() as listener:
            with timed("encode"):
                encode.encode(blocks, path, _reaching(listener.feed))
            with timed("check"):
                measured, decoded = listener.heard()
                samples = stated_samples(path)
    except UnreadableSound as error:
        raise MasterRejected(str(error)) from error
    if samples != planned.mix.samples or decoded < samples:
        message = f"the MP3 decodes to {samples} samples where {planned.mix.samples} were planned"
        raise MasterRejected(message)
    return measured


def _reaching(heard: Callable[[bytes], None]) -> Callable[[bytes], None]:
    def fed(part: bytes) -> None:
        heard(part)
        reach(Failpoint.ASSEMBLE_ENCODING)

    return fed


def _check_mark(mark: Watermark, path: Path) -> None:
    """Raise WatermarkMissing where a listener's copy would not show the mark that was asked for."""
    found = mark.detect(decoded(path, MASTER_RATE))
    if found < watermark.PRESENT:
        message = f"the watermark {mark.name} is not found in the finished MP3 ({found:.2f} of 1)"
        raise WatermarkMissing(message)


def _misses(measured: Loudness, target_lufs: float) -> tuple[float, float]:
    """Return how many LU are missing and how many dB the peak is over its ceiling; silence misses nothing."""
    lufs, peak = measured.integrated_lufs, measured.true_peak_dbtp
    return (0.0 if lufs is None else target_lufs - lufs), (0.0 if peak is None else peak - _TRUE_PEAK_DBTP)
