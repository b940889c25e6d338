"""Prepared + takes -> Master: calls stitch, master, encode and tag in order, and checks the file that came out.

The transcript is stored beside the MP3: both come from the same plan.

An equal programme is encoded once: its master is found by a key over all that goes into it. Used by the `assemble`
step and by `briefcast narrate`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from briefing.audio import MASTER_RATE, Master
from briefing.errors import MasterRejected, StorageUnavailable, TakeCorrupt
from briefing.hashing import stable_hash
from briefing.values import Role
from worker import encode, jingle, master, stitch
from worker.cues import transcribe
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
    from briefing.transcript import Transcript
    from briefing.values import Script
    from worker.prepare import Prepared
    from worker.sound import Block

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
    transcript: Transcript
    key: str


def programme(
    prepared: Prepared,
    takes: Mapping[str, Take],
    show: Show,
    tags: Tags,
    artwork: bytes,
    names: Mapping[str, str],
) -> Programme:
    """Return the plan of a programme, without touching a sample of speech. `names` are those of its voices, by ID.

    Raises Misconfigured for its jingles.
    """
    intro, outro = jingle.find(show.intro, "intro"), jingle.find(show.outro, "outro")
    mix = stitch.plan(
        prepared.script,
        prepared.chunks,
        takes,
        show,
        jingle.load(intro) if intro else None,
        jingle.load(outro) if outro else None,
    )
    transcript = transcribe(prepared.script, prepared.chunks, mix.placed, mix.samples, names, show.disclosure)
    key = stable_hash(
        "master/3",
        [[part.take.sha256, part.start, part.length] for part in mix.placed],
        [part.sha256 if part else "" for part in (mix.intro, mix.outro)],
        mix.samples,
        show.loudness_lufs,
        tags.model_dump(mode="json"),
        [cue.model_dump(mode="json") for cue in mix.cues],
        stable_hash("artwork/1", artwork.hex()),
        hashlib.sha256(transcript.model_dump_json().encode()).hexdigest(),
        stitch.VERSION,
        master.VERSION,
        encode.VERSION,
    )
    return Programme(mix, tags, artwork, show.loudness_lufs, transcript, key)


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
        engine=f"{prepared.narrator.engine} {prepared.narrator.engine_version}".strip(),
        model=prepared.narrator.model_digest,
        addresses=tuple(article.address for article in articles if article.address),
        articles=tuple(f"{article.ref} {_text_sha256(prepared.script, article.ref)}" for article in articles),
    )


def _text_sha256(script: Script, article: str) -> str:
    """Return the sha256 of what is read of an article, as written, a segment a line; our disclosure is none of it.

    Not that of the page: it changes with menus that nobody hears, and would make the same audio another file.
    """
    lines = [part.written for part in script.segments if part.article == article and part.role is not Role.DISCLOSURE]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def complete(master: Master | None, storage: BlobStorage) -> Master | None:
    """Return a stored master if its MP3 and its transcript are there and whole, else None."""
    wanted = (master.sha256, master.transcript) if master else ()
    return master if all(storage.intact(sha256) for sha256 in wanted if sha256) else None


def check_takes(takes: Mapping[str, Take], storage: BlobStorage) -> None:
    """Raise TakeCorrupt for takes whose files are gone or no longer match their hashes."""
    broken = tuple(take.key for take in takes.values() if not storage.intact(take.sha256))
    if broken:
        message = f"{len(broken)} of {len(takes)} stored takes are missing or damaged"
        raise TakeCorrupt(message, keys=broken)


def produce(planned: Programme, storage: BlobStorage, timed: Timed = lambda _: nullcontext()) -> Master:
    """Return the master, made and stored.

    Raises MasterRejected when the file misses its loudness, peak or length, StorageUnavailable, TakeCorrupt.
    """

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
        size = path.stat().st_size
        transcript = _stored(planned.transcript, storage)
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


def _render(planned: Programme, stream: Callable[[], Iterator[Block]], path: Path, timed: Timed) -> Loudness:
    with timed("master"):
        levels = master.choose_levels(stream, stitch.MIX_LUFS, planned.target_lufs)
    for _ in range(_TRIES):
        path.unlink(missing_ok=True)
        with timed("encode"):
            encode.encode(master.mastered(stream(), levels), path)
        with timed("check"):
            measured, samples = _measured(path)
        if samples != planned.mix.samples:
            message = f"the MP3 decodes to {samples} samples where {planned.mix.samples} were planned"
            raise MasterRejected(message)
        quieter_lu, over_db = _misses(measured, planned.target_lufs)
        if abs(quieter_lu) <= _TOLERANCE_LU and over_db <= 0:
            return measured
        levels = levels.corrected(quieter_lu, over_db + _PEAK_MARGIN_DB if over_db > 0 else 0.0)
    message = (
        f"the MP3 has {measured.integrated_lufs} LUFS and {measured.true_peak_dbtp} dBTP; "
        f"wanted are {planned.target_lufs} LUFS and at most {_TRUE_PEAK_DBTP} dBTP"
    )
    raise MasterRejected(message, hint="Check the jingles' and takes' levels, or the show's loudness target.")


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
