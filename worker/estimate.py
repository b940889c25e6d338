"""Articles -> what they would cost with a show's voices, considering takes that exist. Speaks and records nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from briefing.errors import BriefcastError, DatabaseUnavailable
from briefing.requesting.cost import ASSEMBLY_CPU, MP3_BYTES, PREPARE_CPU, TAKE_BYTES, Cost
from briefing.takes import find_takes
from worker.clean import many_pages
from worker.prepare import cut, write_script
from worker.takes.casting import engage
from worker.takes.judge import expected_s

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from briefing.articles.cleaning import Cleaning
    from briefing.database import Database
    from briefing.podcasts.show import Show
    from briefing.pronunciations.lexicon import Lexicon
    from briefing.settings import LimitSettings
    from briefing.speech import Casting
    from briefing.values import Article
    from worker.prepare import Prepared
    from worker.takes.speakers import Speakers


@dataclass(frozen=True)
class Estimating:
    """What measuring needs of this process."""

    database: Database
    speakers: Speakers
    limits: LimitSettings
    show: Show
    casting: Casting
    cleanings: Mapping[str, Cleaning]
    lexicon: Lexicon

    def cost_of(self, article: Article) -> Cost:
        """Return what an article costs. Raises what preparing it raises."""
        script = write_script([article], self.show, self.cleanings, self.lexicon, limits=self.limits)
        engaged = engage(self.casting, self.speakers, [], allowed=self.show.fallback)
        prepared = cut(script, engaged.cast, engaged.engines, {}, self.limits)
        with self.database.reading() as session:
            existing = set(find_takes(session, {chunk.key for chunk in prepared.chunks}))
        return self._priced(prepared, existing, local=set(engaged.engines) - set(engaged.online))

    def _priced(self, prepared: Prepared, existing: set[str], local: set[str]) -> Cost:
        chunks = {chunk.key: chunk for chunk in prepared.chunks}.values()
        total = Cost(articles=1, cpu_s=PREPARE_CPU)
        for chunk in chunks:
            voice = self.speakers.catalogue.get(chunk.voice or prepared.cast.body.voice)
            seconds, there = expected_s(chunk.spoken, voice.pace), chunk.key in existing
            spoken = 0 if there else chunk.characters
            cpu_s = 0.0 if there or voice.id not in local else seconds * voice.cpu_per_second
            total = total.plus(
                Cost(
                    characters=chunk.characters,
                    characters_to_speak=spoken,
                    chunks=1,
                    takes_existing=int(there),
                    audio_s=seconds,
                    audio_to_speak_s=0.0 if there else seconds,
                    cpu_s=cpu_s + seconds * ASSEMBLY_CPU,
                    cpu_unmeasured=bool(spoken) and voice.id in local and not voice.cpu_per_second,
                    money=spoken * voice.price_per_million_characters / 1_000_000,
                    storage_bytes=round(seconds * (MP3_BYTES + (0 if there else TAKE_BYTES))),
                )
            )
        return total


def measured(
    estimating: Estimating, articles: Iterable[tuple[str, Article | BriefcastError]]
) -> tuple[Cost, list[tuple[str, str]]]:
    """Return what articles cost together, and [reference, error code] of those that cannot be read.

    Raises DatabaseUnavailable.
    """
    total, failed = Cost(), []
    with many_pages():
        for ref, article in articles:
            try:
                if isinstance(article, BriefcastError):
                    raise article
                total = total.plus(estimating.cost_of(article))
            except DatabaseUnavailable:
                raise
            except BriefcastError as error:
                failed.append((ref, error.code))
    return total, failed
