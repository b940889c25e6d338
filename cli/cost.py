"""`briefcast cost`: what articles would cost, before they are asked for. Fetches and measures; speaks nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from briefing.errors import BriefcastError, UnknownReference
from briefing.podcasts.show import Show
from briefing.settings import LimitSettings, SpeechSettings, WorkSettings
from briefing.values import ArticleRef
from cli.articles import cleanings_of, read_source
from cli.place import open_place
from worker.estimate import Estimating, measured
from worker.fetch import fetch
from worker.sources import connect
from worker.takes.speakers import Speakers

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from briefing.articles.cleaning import Cleaning
    from briefing.following.sightings import Seen
    from briefing.podcasts.newsroom import SourceSettings
    from briefing.requesting.cost import Cost
    from briefing.values import Article
    from cli.place import Place

_GB = 1_000_000_000


@click.command()
@click.argument("sources", nargs=-1, metavar="SOURCE...")
@click.option("--all", "whole", metavar="NAME", help="All articles of a source that can list them (a folder).")
@click.option("--show", "slug", help="With the voices and wording of this show; by default the first one's.")
@click.option("--voice", help="This voice speaks everything.")
def cost(sources: tuple[str, ...], whole: str | None, slug: str | None, voice: str | None) -> None:
    """Say what SOURCE (files, http(s) addresses, source:id) would cost: characters, takes that exist, minutes, money,
    storage, time.
    """
    place = open_place()
    if whole is not None:
        sources = (*sources, *_listed(place, whole))
    if not sources:
        message = "name articles, or a source by --all"
        raise click.UsageError(message)
    show = place.show(slug) if slug else Show(slug="briefcast", title="Briefcast")
    total, failed = _measured(
        _estimating(place, show, slug, voice, cleanings_of(sources, place)), _read(place, sources)
    )
    if failed and not total.articles:
        click.get_current_context().exit(1)


def _estimating(
    place: Place, show: Show, slug: str | None, voice: str | None, cleanings: Mapping[str, Cleaning]
) -> Estimating:
    """Return what measures with a show's voices, or one, and the pronunciations of the show `slug` or of all."""
    speech = SpeechSettings()
    casting = show.casting(speech.voice, sole=voice)
    return Estimating(place.database, Speakers(speech), LimitSettings(), show, casting, cleanings, place.lexicon(slug))


def _measured(
    estimating: Estimating, articles: Iterator[tuple[str, Article | BriefcastError]]
) -> tuple[Cost, set[str]]:
    """Print what articles cost, and which cannot be read; return both."""
    total, failed = measured(estimating, articles)
    for ref, code in failed:
        click.echo(f"{ref}: cannot be read [{code}]", err=True)
    print_cost(total)
    return total, {ref for ref, _ in failed}


def _listed(place: Place, name: str) -> list[str]:
    known = place.sources()
    if name not in known:
        message = f"there is no source {name!r}"
        raise UnknownReference(message, code="unknown_source", hint=f"Known sources: {', '.join(known) or 'none'}.")
    listed = getattr(connect(known[name]), "listed", None)
    if listed is None:
        message = f"the source {name!r} cannot list its articles; name them"
        raise click.UsageError(message)
    return [f"{name}:{article}" for article in listed()]


def _read(place: Place, sources: Sequence[str]) -> Iterator[tuple[str, Article | BriefcastError]]:
    for source in sources:
        try:
            yield source, read_source(source, place)
        except BriefcastError as error:
            yield source, error


def priced(
    place: Place, settings: SourceSettings, show: Show, voice: str | None, found: Sequence[Seen]
) -> tuple[Cost, list[tuple[Seen, ArticleRef]]]:
    """Fetch and measure articles of a source, print what they cost; return it, and those that can be read."""
    refs = {f"{settings.name}:{seen.id}": (seen, ArticleRef(source=settings.name, id=seen.id)) for seen in found}
    estimating = _estimating(place, show, show.slug, voice, {settings.name: settings.cleaning})
    total, left = _measured(estimating, _fetched(settings, refs))
    return total, [pair for ref, pair in refs.items() if ref not in left]


def _fetched(
    settings: SourceSettings, refs: dict[str, tuple[Seen, ArticleRef]]
) -> Iterator[tuple[str, Article | BriefcastError]]:
    for name, (seen, ref) in refs.items():
        try:
            yield name, fetch(ref, seen.address, {settings.name: settings})
        except BriefcastError as error:
            yield name, error


def print_cost(total: Cost) -> None:
    """Print what articles cost together, a line each."""
    workers = WorkSettings().workers
    minutes, to_speak, cpu = total.audio_s / 60, total.audio_to_speak_s / 60, total.cpu_s / 60
    lacks = ", without a voice that nobody measured" if total.cpu_unmeasured else ""
    click.echo(f"articles     {total.articles:,}")
    click.echo(f"characters   {total.characters:,}, of which {total.characters_to_speak:,} are to be spoken")
    click.echo(f"takes        {total.takes_existing:,} of {total.chunks:,} exist already")
    click.echo(f"audio        about {minutes:,.1f} min, {to_speak:,.1f} of them to be spoken")
    click.echo(f"money        {total.money:,.2f}, by the voices' prices")
    click.echo(f"storage      about {total.storage_bytes / _GB:,.3f} GB")
    click.echo(f"CPU          about {cpu:,.1f} min{lacks}; {cpu / workers:,.1f} min with {workers} workers")
