"""Articles -> one MP3, in this process: the whole of the main job without a server, a step table or a broker.

Shares takes and masters with the server through the database and the storage. Speaks on all cores; writes nothing
outside the storage.
"""

from __future__ import annotations

import os
import resource
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Protocol

from briefing.errors import EngineUnavailable, TakeRejected
from briefing.podcasts.jingles import jingle_files
from briefing.takes import find_master, find_takes, forget_take, save_master, save_take
from worker.assemble import check_takes, complete, produce
from worker.prepare import Prepared, cut, write_script
from worker.programme import Programme, fittings_for, programme, tags_for
from worker.speak import speak
from worker.takes.casting import engage, stand_in
from worker.takes.speakers import voice_errors

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from briefing.articles.cleaning import Cleaning
    from briefing.audio import Master, Take
    from briefing.database import Database
    from briefing.errors import BriefcastError
    from briefing.podcasts.show import Show
    from briefing.pronunciations.lexicon import Lexicon
    from briefing.script import Script
    from briefing.settings import LimitSettings
    from briefing.speech import Casting, Chunk, Fallback
    from briefing.storage import BlobStorage
    from briefing.transcript import Transcript
    from briefing.values import Article
    from worker.credentials.signer import Signer
    from worker.takes.speakers import Speakers


class Progress(Protocol):
    """Told how the work goes on."""

    def __call__(self, done: int, total: int, audio_s: float, /) -> None:
        """Note that `done` of `total` steps are done and `audio_s` seconds of speech are ready."""
        ...


@dataclass
class Stopwatch:
    """Wall and CPU seconds by stage, child processes included."""

    stages: dict[str, dict[str, float]] = field(default_factory=dict)

    @contextmanager
    def __call__(self, stage: str) -> Iterator[None]:
        """Add what happens inside to `stage`."""
        wall, cpu = time.perf_counter(), _cpu_s()
        try:
            yield
        finally:
            spent = self.stages.setdefault(stage, {"wall_s": 0.0, "cpu_s": 0.0})
            spent["wall_s"] += time.perf_counter() - wall
            spent["cpu_s"] += _cpu_s() - cpu


def _cpu_s() -> float:
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime


@dataclass(frozen=True)
class Narration:
    """What came out."""

    prepared: Prepared
    master: Master
    transcript: Transcript
    reused: frozenset[str]
    """Keys of chunks whose takes were there before."""
    master_reused: bool
    stages: dict[str, dict[str, float]]
    fallbacks: tuple[Fallback, ...]
    """Voices that could not speak, and who does instead."""


class _CannotSpeak(Exception):
    """Raised when a voice gave no take of a chunk."""

    def __init__(self, voice: str, error: BriefcastError) -> None:
        super().__init__(voice)
        self.voice = voice
        self.error = error


@dataclass(frozen=True)
class Narrating:
    """What narrating needs of this process."""

    database: Database
    storage: BlobStorage
    speakers: Speakers
    limits: LimitSettings
    signer: Signer
    workers: int = field(default_factory=lambda: os.cpu_count() or 1)
    lexicon: Lexicon | None = None
    """None takes the entries that ship."""

    def narrate(
        self,
        articles: Sequence[Article],
        show: Show,
        casting: Casting,
        progress: Progress,
        timed: Stopwatch | None = None,
        cleanings: Mapping[str, Cleaning] | None = None,
    ) -> Narration:
        """Return the narration of `articles` as one programme; its MP3 lies in the storage.

        `cleanings` are by source; an article of another is cleaned as usual. Where a voice cannot speak and the show
        allows it, its fallback speaks all that it was to speak.

        Raises what the stages raise; what was spoken before an error stays for the next time.
        """
        timed = timed or Stopwatch()
        with timed("script"):
            script = write_script(articles, show, cleanings, self.lexicon, limits=self.limits)
        prepared, takes, reused, fallbacks = self._spoken(script, show, casting, progress, timed)
        with timed("plan"):
            credit = self.speakers.credit(prepared.narrators)
            tags = tags_for(prepared, show, credit, datetime.now(UTC).date())
            with self.database.reading() as session:
                uploaded = jingle_files(session, self.storage)
            fittings = fittings_for(show, prepared, self.speakers, uploaded, self.signer)
            planned = programme(prepared, takes, show, tags, fittings)
        master, master_reused = self._master(planned, timed)
        progress(len(takes) + 1, len(takes) + 1, _total_s(takes.values()))
        return Narration(prepared, master, planned.transcript, reused, master_reused, timed.stages, fallbacks)

    def _spoken(
        self, script: Script, show: Show, casting: Casting, progress: Progress, timed: Stopwatch
    ) -> tuple[Prepared, dict[str, Take], frozenset[str], tuple[Fallback, ...]]:
        """Return the takes of the first cast that can speak all of the script."""
        fallbacks: tuple[Fallback, ...] = ()
        while True:
            with timed("voice"):
                engaged = engage(casting, self.speakers, fallbacks, allowed=show.fallback)
            prepared = cut(script, engaged.cast, engaged.engines, {}, self.limits)
            try:
                takes, reused = self._takes(prepared, progress, timed)
            except _CannotSpeak as failed:
                catalogue = self.speakers.catalogue
                fallback = stand_in(failed.voice, failed.error, engaged.fallbacks, catalogue, allowed=show.fallback)
                if fallback is None:
                    raise failed.error from failed
                fallbacks = (*engaged.fallbacks, fallback)
            else:
                return prepared, takes, reused, engaged.fallbacks

    def _takes(
        self, prepared: Prepared, progress: Progress, timed: Stopwatch
    ) -> tuple[dict[str, Take], frozenset[str]]:
        chunks = {chunk.key: chunk for chunk in prepared.chunks}
        takes = self._sound_takes(chunks)
        reused = frozenset(takes)
        total = len(chunks) + 1
        progress(len(takes), total, _total_s(takes.values()))
        missing = [chunk for key, chunk in chunks.items() if key not in takes]
        with timed("speak"), ThreadPoolExecutor(self.workers) as pool:
            lock = threading.Lock()

            def work(chunk: Chunk) -> None:
                take = self._speak(chunk)
                with lock:
                    takes[chunk.key] = take
                    progress(len(takes), total, _total_s(takes.values()))

            # The longest first: a long one begun last would keep one core busy alone.
            futures = [pool.submit(work, chunk) for chunk in sorted(missing, key=lambda chunk: -chunk.characters)]
            try:
                for future in futures:
                    future.result()
            except BaseException:
                pool.shutdown(cancel_futures=True)
                raise
        return takes, reused

    def _sound_takes(self, chunks: dict[str, Chunk]) -> dict[str, Take]:
        """Return the stored takes whose files are whole; forget the others."""
        with self.database.reading() as session:
            found = find_takes(session, chunks)
        broken = [key for key, take in found.items() if not self.storage.intact(take.sha256)]
        if broken:
            with self.database.writing() as session:
                for key in broken:
                    forget_take(session, key)
                    del found[key]
        return found

    def _speak(self, chunk: Chunk) -> Take:
        try:
            with voice_errors():
                take = speak(chunk, self.speakers.get(chunk.voice), self.storage)
        except (TakeRejected, EngineUnavailable) as error:
            raise _CannotSpeak(chunk.voice, error) from error
        with self.database.writing() as session:
            return save_take(session, take, datetime.now(UTC))

    def _master(self, planned: Programme, timed: Stopwatch) -> tuple[Master, bool]:
        with self.database.reading() as session:
            found = complete(find_master(session, planned.key), self.storage)
        if found is not None:
            return found, True
        takes = {part.take.key: part.take for part in planned.mix.placed}
        check_takes(takes, self.storage)
        master = produce(planned, self.storage, timed)
        with self.database.writing() as session:
            save_master(session, master, datetime.now(UTC))
        return master, False


def _total_s(takes: Iterable[Take]) -> float:
    return sum(take.seconds for take in takes)
