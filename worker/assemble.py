"""Prepared + takes -> Master: calls stitch, master, encode, tag and sign in order, and checks the file that came out.

An equal programme is encoded once: its master is found by a key over all that goes into it. Used by the `assemble`
step and by `briefcast narrate`.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, TypeAlias

from briefing.audio import MASTER_RATE, Master
from briefing.errors import MasterRejected, StorageUnavailable, TakeCorrupt, WatermarkMissing
from briefing.hashing import stable_hash
from worker import encode, jingle, master, sign, stitch, watermark
from worker.provenance import Provenance, manifest, provenance
from worker.sound.files import UnreadableSound, decoded
from worker.sound.loudness import Loudness, Meter
from worker.tag import Tags, tag

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import date
    from pathlib import Path

    from briefing.audio import Take
    from briefing.show import Show
    from briefing.storage import BlobStorage
    from worker.prepare import Prepared
    from worker.signer import Signer
    from worker.sound import Block
    from worker.watermark import Watermark

#: Names the stage at hand for whoever measures; `nullcontext` for nobody.
Timed: TypeAlias = Callable[[str], AbstractContextManager[None]]

#: Apple's ceiling, measured in the finished MP3.
_TRUE_PEAK_DBTP = -1.0

#: How far the finished file may be from its target; the promise to the outside is 0.5 LU.
_TOLERANCE_LU = 0.3

#: How much below the ceiling a second try aims.
_PEAK_MARGIN_DB = 0.3

#: Encodes before giving up; the second was needed for none of the samples, see decisions.md.
_TRIES = 3


@dataclass(frozen=True)
class Programme:
    """A planned programme: what will be heard, and the key its master is stored under."""

    mix: stitch.Mix
    tags: Tags
    artwork: bytes
    target_lufs: float
    mark: Watermark | None
    provenance: Provenance
    signer: Signer
    key: str


def programme(
    prepared: Prepared, takes: Mapping[str, Take], show: Show, tags: Tags, artwork: bytes, signer: Signer
) -> Programme:
    """Return the plan of a programme, without touching a sample of speech.

    Raises Misconfigured for its jingles or its watermark, WatermarkNotInstalled.
    """
    mark = watermark.find(show.watermark)
    intro, outro = jingle.find(show.intro, "intro"), jingle.find(show.outro, "outro")
    mix = stitch.plan(
        prepared.script,
        prepared.chunks,
        takes,
        show,
        jingle.load(intro) if intro else None,
        jingle.load(outro) if outro else None,
    )
    said = provenance(prepared, show, mix, f"{mark.name} {mark.version}" if mark else "")
    key = stable_hash(
        "master/3",
        [[part.take.sha256, part.start, part.length] for part in mix.placed],
        [part.sha256 if part else "" for part in (mix.intro, mix.outro)],
        mix.samples,
        show.loudness_lufs,
        tags.model_dump(mode="json"),
        [cue.model_dump(mode="json") for cue in mix.cues],
        stable_hash("artwork/1", artwork.hex()),
        stitch.VERSION,
        master.VERSION,
        encode.VERSION,
        # What is signed and by whom, not the signature, which is another each time. A page that changed where nobody
        # hears it makes no other MP3; the one there is says truly which state of the page it was made from.
        said.model_dump(mode="json", exclude={"articles": {"__all__": {"content_sha256"}}}),
        signer.identity,
        sign.VERSION,
    )
    return Programme(mix, tags, artwork, show.loudness_lufs, mark, said, signer, key)


def tags_for(prepared: Prepared, show: Show, voice: str, undated: date) -> Tags:
    """Return a programme's tags. Its date is the newest article's, or `undated` where none has one: not today's, or
    the same audio would get another address every day.
    """
    articles = prepared.script.articles
    published = [article.published_at.date() for article in articles if article.published_at]
    bylines = {article.byline for article in articles if article.byline}
    return Tags(
        title=prepared.script.title,
        artist=bylines.pop() if len(bylines) == 1 else show.author or show.title,
        album=show.title,
        date=max(published, default=undated).isoformat(),
        language=prepared.script.language,
        disclosure=show.disclosure,
        voice=voice,
        addresses=tuple(article.address for article in articles if article.address),
    )


def check_takes(takes: Mapping[str, Take], storage: BlobStorage) -> None:
    """Raise TakeCorrupt for takes whose files are gone or no longer match their hashes."""
    broken = tuple(take.key for take in takes.values() if not storage.intact(take.sha256))
    if broken:
        message = f"{len(broken)} of {len(takes)} stored takes are missing or damaged"
        raise TakeCorrupt(message, keys=broken)


def produce(planned: Programme, storage: BlobStorage, timed: Timed = lambda _: nullcontext()) -> Master:
    """Return the master, made and stored.

    Raises MasterRejected when the file misses its loudness, peak or length, WatermarkMissing, StorageUnavailable,
    TakeCorrupt, and what `sign` raises.
    """
    planned.signer.check(datetime.now(UTC))

    def path_of(take: Take) -> Path:
        path = storage.path(take.sha256)
        if path is None:
            message = "a stored take is missing"
            raise TakeCorrupt(message, keys=(take.key,))
        return path

    path = storage.temporary(".mp3")
    try:
        measured = _render(planned, lambda: stitch.sound(planned.mix, path_of), path, timed)
        with timed("tag"):
            tag(path, planned.tags, planned.mix.cues, planned.artwork)
        with timed("sign"):
            sign.sign(path, manifest(planned.provenance), planned.signer)
        size = path.stat().st_size
        sha256 = storage.put(path)
    except OSError as error:
        message = f"cannot write the MP3: {error.strerror}"
        raise StorageUnavailable(message) from error
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
    )


def _render(planned: Programme, stream: Callable[[], Iterator[Block]], path: Path, timed: Timed) -> Loudness:
    with timed("master"):
        levels = master.choose_levels(stream, stitch.MIX_LUFS, planned.target_lufs)
    for _ in range(_TRIES):
        path.unlink(missing_ok=True)
        with timed("encode"):
            mastered = master.mastered(stream(), levels)
            encode.encode(planned.mark.apply(mastered) if planned.mark else mastered, path)
        with timed("check"):
            measured, samples = _measured(path)
        if samples != planned.mix.samples:
            message = f"the MP3 decodes to {samples} samples where {planned.mix.samples} were planned"
            raise MasterRejected(message)
        quieter_lu, over_db = _misses(measured, planned.target_lufs)
        if abs(quieter_lu) <= _TOLERANCE_LU and over_db <= 0:
            if planned.mark is not None:
                with timed("watermark"):
                    _check_mark(planned.mark, path)
            return measured
        levels = levels.corrected(quieter_lu, over_db + _PEAK_MARGIN_DB if over_db > 0 else 0.0)
    message = (
        f"the MP3 has {measured.integrated_lufs} LUFS and {measured.true_peak_dbtp} dBTP; "
        f"wanted are {planned.target_lufs} LUFS and at most {_TRUE_PEAK_DBTP} dBTP"
    )
    raise MasterRejected(message, hint="Check the jingles' and takes' levels, or the show's loudness target.")


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


def _measured(path: Path) -> tuple[Loudness, int]:
    """Decode the finished file, as a listener's app will, and measure it."""
    meter = Meter(MASTER_RATE, true_peak=True)
    samples = 0
    try:
        for block in decoded(path, MASTER_RATE):
            samples += len(block)
            meter.push(block)
    except UnreadableSound as error:
        message = f"the MP3 cannot be decoded: {error}"
        raise MasterRejected(message) from error
    return meter.result(), samples
