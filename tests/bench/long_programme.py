"""One programme of many hours made of the takes of a narrated sample, from stitching to tagging: python -m
tests.bench.long_programme DATA SECONDS prints what came of it as JSON. A process of its own, so that its memory can be told.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from contextlib import contextmanager
from datetime import date
from math import ceil
from pathlib import Path

from briefing.audio import MASTER_RATE
from briefing.database import Database
from briefing.podcasts.show import Show
from briefing.settings import DataSettings, LimitSettings, SpeechSettings
from briefing.speech import Casting
from briefing.storage import FolderStorage
from briefing.takes import find_takes
from briefing.values import ArticleRef
from tests.bench.main_job import SAMPLE
from tests.support.credentials import signer_in
from worker import assemble
from worker.feeds.artwork import artwork_of
from worker.narrate import Stopwatch
from worker.prepare import Prepared, cut, write_script
from worker.programme import Fittings, programme, sounds_for, tags_for
from worker.sources.files import read_article
from worker.takes.casting import engage
from worker.takes.speakers import Speakers


def main(data, seconds):
    """Make the programme and print its figures."""
    settings = DataSettings(data=data)
    storage, database = FolderStorage(data), Database(settings.database_address)
    show = Show(slug="bench", title="Bench")
    speakers = Speakers(SpeechSettings())
    script = write_script([read_article(SAMPLE, ArticleRef(source="bench", id="sample"))], show)
    engaged = engage(Casting(body="joe"), speakers, (), allowed=False)
    prepared = cut(script, engaged.cast, engaged.engines, {}, LimitSettings())
    with database.reading() as session:
        takes = find_takes(session, {chunk.key for chunk in prepared.chunks})
    database.dispose()
    spoken_s = sum(takes[chunk.key].seconds for chunk in prepared.chunks)
    many = _repeated(prepared, ceil(seconds / spoken_s))
    timed = Peaks()
    started, cpu = time.perf_counter(), time.process_time()
    plan = programme(
        many,
        takes,
        show,
        tags_for(many, show, "Joe", date(2026, 5, 1)),
        Fittings(artwork_of(show).jpeg, sounds_for(show, {}, speakers.catalogue), {}, signer_in(storage.root)),
    )
    assemble.LONGEST_S = 100 * 3600  # what is measured is longer than what anybody may ask for
    master = assemble.produce(plan, storage, timed)
    print(
        json.dumps(
            {
                "audio_s": master.samples / MASTER_RATE,
                "cpu_s": time.process_time() - cpu,
                "wall_s": time.perf_counter() - started,
                "loudness_lufs": master.loudness_lufs,
                "true_peak_dbtp": master.true_peak_dbtp,
                "peaks_mb": timed.peaks_mb,
                "stages": timed.stages,
            }
        )
    )


class Peaks(Stopwatch):
    """A stopwatch that notes the largest resident set so far when a stage ends."""

    @contextmanager
    def __call__(self, stage):
        self.peaks_mb = getattr(self, "peaks_mb", {})
        with super().__call__(stage):
            yield
        self.peaks_mb[stage] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _repeated(prepared, times):
    """The same article so many times over, each with a name of its own."""
    segments, chunks, heads = [], [], []
    (head,) = prepared.script.articles
    for number in range(times):
        ref = f"bench:{number}"
        heads.append(head.model_copy(update={"ref": ref}))
        named = {segment.id: f"{segment.id}-{number}" for segment in prepared.script.segments}
        segments += [
            segment.model_copy(update={"id": named[segment.id], "article": ref}) for segment in prepared.script.segments
        ]
        chunks += [chunk.model_copy(update={"segment": named[chunk.segment]}) for chunk in prepared.chunks]
    script = prepared.script.model_copy(update={"segments": tuple(segments), "articles": tuple(heads)})
    return Prepared(script, prepared.cast, tuple(chunks))


if __name__ == "__main__":
    main(Path(sys.argv[1]), float(sys.argv[2]))
