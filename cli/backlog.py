"""`briefcast backlog`: a source's back catalogue, by date and section: listed, then priced, then asked for in bulk."""

from __future__ import annotations

from datetime import UTC, datetime, time
from itertools import islice
from typing import TYPE_CHECKING

import click

from briefing.accounts import audit
from briefing.accounts.audit import Action
from briefing.articles.labels import fold
from briefing.errors import UnknownReference
from briefing.following.sightings import Seen
from briefing.podcasts.shows import home_show
from briefing.requesting import asking
from briefing.settings import SpeechSettings
from briefing.states import Queue
from briefing.values import ArticleRef
from cli.cost import priced
from cli.place import open_place
from worker.sources import Polled, connect

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from briefing.podcasts.newsroom import SourceSettings
    from briefing.podcasts.show import Show
    from cli.place import Place

_DAY = click.DateTime(formats=["%Y-%m-%d"])


@click.command()
@click.argument("source")
@click.option("--since", type=_DAY, help="Published on this day or later (UTC).")
@click.option("--until", type=_DAY, help="Published on this day or earlier.")
@click.option("--section", "sections", multiple=True, help="In this section (of a sitemap: a folder of the address).")
@click.option("--limit", default=100, show_default=True, type=click.IntRange(1, 10_000), help="At most so many.")
@click.option("--show", "slug", help="For this show; by default the source's home show.")
@click.option("--voice", help="This voice speaks everything.")
@click.option("--list", "only_list", is_flag=True, help="Only list them: nothing is fetched or priced.")
@click.option("--ask", is_flag=True, help="Ask for their audio, in bulk, once you have seen the cost and said yes.")
@click.option("--yes", is_flag=True, help="Say yes beforehand, for scripts.")
def backlog(  # noqa: PLR0913  a command's options
    source: str,
    since: datetime | None,
    until: datetime | None,
    sections: tuple[str, ...],
    limit: int,
    slug: str | None,
    voice: str | None,
    *,
    only_list: bool,
    ask: bool,
    yes: bool,
) -> None:
    """List the articles of SOURCE, newest first where it can tell, say what their audio would cost, and with --ask have
    it made.

    Bulk work gives way to what somebody waits for, and keeps to its show's budget. What has audio already is left out.
    """
    place = open_place()
    settings = _settings(place, source)
    show = place.show(slug or _home(place, source))
    span = (since and since.replace(tzinfo=UTC), until and datetime.combine(until.date(), time.max, UTC))
    found = list(islice(_without_audio(place, show, source, _chosen(settings, span, sections)), limit))
    for seen in found:
        at = f"{seen.published_at:%Y-%m-%d}" if seen.published_at else "          "
        click.echo(f"{at}  {source}:{seen.id}  {seen.address or ''}".rstrip())
    if not found:
        click.echo("no article without audio is there by that")
    if only_list or not found:
        return
    ready = priced(place, settings, show, voice, found)[1]
    if not ask:
        click.echo("nothing has been asked for; --ask does")
    elif ready and (yes or click.confirm(f"have {len(ready)} articles spoken for the show {show.slug!r}, in bulk?")):
        _ask(place, show, voice, ready)


def _settings(place: Place, source: str) -> SourceSettings:
    known = place.sources()
    if source not in known:
        message = f"there is no source {source!r}"
        raise UnknownReference(message, code="unknown_source", hint=f"Known sources: {', '.join(known) or 'none'}.")
    return known[source]


def _home(place: Place, source: str) -> str:
    with place.database.reading() as session:
        return home_show(session, source) or ""


def _chosen(
    settings: SourceSettings, span: tuple[datetime | None, datetime | None], sections: Sequence[str]
) -> Iterator[Seen]:
    """Give what the source has of that span and those sections. What has no date is of no span."""
    since, until = span
    wanted = {fold(section) for section in sections}
    for seen in _all(settings, since):
        at = seen.published_at
        dated = (since is None or (at is not None and at >= since)) and (
            until is None or (at is not None and at <= until)
        )
        if seen.state != "published" or seen.wanted is False or not dated:
            continue
        if not wanted or wanted & set(map(fold, seen.labels.sections or ())):
            yield seen


def _all(settings: SourceSettings, since: datetime | None) -> Iterator[Seen]:
    """Give all that a source has, as far as it can be told to leave out what did not change since then."""
    source = connect(settings)
    catalogue, listed = getattr(source, "catalogue", None), getattr(source, "listed", None)
    if catalogue is not None:
        yield from catalogue(since)
    elif isinstance(source, Polled):
        yield from source.seen(since)
    elif listed is not None:
        yield from (Seen(id=name) for name in listed())
    else:
        message = f"the source {settings.name!r} cannot list its articles"
        raise click.UsageError(message)


def _without_audio(place: Place, show: Show, source: str, found: Iterator[Seen]) -> Iterator[Seen]:
    """Leave out what the show has asked for before, whatever became of it."""
    for seen in found:
        identity = asking.identity(show.slug, "story", [ArticleRef(source=source, id=seen.id)])
        with place.database.reading() as session:
            if not asking.is_known(session, identity):
                yield seen


def _ask(place: Place, show: Show, voice: str | None, ready: Sequence[tuple[Seen, ArticleRef]]) -> None:
    """Record the work, each article in a transaction of its own: a thousand in one would hold everybody up."""
    made = 0
    for seen, ref in ready:
        now = datetime.now(UTC)
        wanted = asking.Wanted(
            show=show.slug,
            kind="story",
            articles=(ref,),
            casting=show.casting(SpeechSettings().voice, sole=voice),
            queue=Queue.BULK,
            requested_by="backlog",
            voice_named=voice is not None,
            addresses={str(ref): seen.address} if seen.address else {},
            visibility=seen.visibility,
        )
        with place.database.writing() as session:
            revision, new = asking.request(session, wanted, now)
            if new:
                made += 1
                audit.record(
                    session,
                    now,
                    Action.ASK,
                    None,
                    briefing=revision.briefing_id,
                    revision=revision.number,
                    detail="bulk",
                )
    click.echo(f"{made} briefings are asked for; `briefcast serve` or a worker makes them")
