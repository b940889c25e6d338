"""`briefcast apply`: a newsroom's shows, digests, sources and pronunciations from its settings file."""

from __future__ import annotations

from pathlib import Path

import click

from briefing.podcasts.newsroom import load_newsroom
from briefing.sql.schema import migrate
from worker.installation.newsroom import apply as apply_newsroom
from worker.workplace import Workplace


@click.command()
@click.argument("file", default="briefcast.toml", metavar="[FILE]")
def apply(file: str) -> None:
    """Record the shows, digests, sources and pronunciations of FILE (default briefcast.toml). Safe to repeat; removes
    nothing but pronunciations that an older FILE recorded.
    """
    newsroom = load_newsroom(Path(file))
    place = Workplace()
    migrate(place.database)
    applied = apply_newsroom(newsroom, place)
    for kind, names, changed in (
        ("show", [show.slug for show in newsroom.shows], applied.shows),
        ("source", [source.name for source in newsroom.sources], applied.sources),
        ("digest", [digest.slug for digest in newsroom.digests], applied.digests),
    ):
        for name in names:
            click.echo(f"{kind} {name}: {'recorded' if name in changed else 'unchanged'}")
    for name in applied.lexicons:
        click.echo(f"lexicon{' of ' + name if name else ''}: recorded")
