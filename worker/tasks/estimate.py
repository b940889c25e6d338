"""The `estimate` step: a few articles are fetched and measured, so that their cost is known beforehand."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from briefing import steps
from briefing.errors import BriefcastError
from briefing.models import EstimateRow, ShowRow
from briefing.podcasts.show import Show
from briefing.podcasts.shows import listed_sources
from briefing.pronunciations.lexicons import lexicon_for
from briefing.requesting import estimates
from briefing.settings import SpeechSettings
from briefing.values import ArticleRef
from worker.estimate import Estimating, measured
from worker.fetch import fetch

if TYPE_CHECKING:
    from collections.abc import Iterator

    from briefing.podcasts.newsroom import SourceSettings
    from briefing.steps import Lease
    from briefing.values import Article
    from worker.workplace import Workplace


def measure_articles(lease: Lease, place: Workplace) -> None:
    """Measure the articles of one part and add them to their estimate."""
    with place.database.reading() as session:
        row = session.get_one(EstimateRow, lease.payload["estimate"])
        show = Show.stored(session.get_one(ShowRow, row.show).settings)
        sources = listed_sources(session)
        lexicon = lexicon_for(session, show.slug)
    estimating = Estimating(
        place.database,
        place.speakers,
        place.limits,
        show,
        show.casting(SpeechSettings().voice, sole=row.voice),
        {name: source.cleaning for name, source in sources.items()},
        lexicon,
    )
    cost, failed = measured(estimating, _fetched(lease.payload["articles"], sources))
    with place.database.writing() as session:
        if steps.finish(session, lease):
            estimates.add_part(session, row.id, cost, failed, datetime.now(UTC))


def _fetched(
    articles: list[list[str | None]], sources: dict[str, SourceSettings]
) -> Iterator[tuple[str, Article | BriefcastError]]:
    """Give each article, or why it could not be fetched; its text is not kept."""
    for ref, address in articles:
        assert ref is not None
        try:
            yield ref, fetch(ArticleRef.parse(ref), address, sources)
        except BriefcastError as error:
            yield ref, error
