"""`briefcast pick`: an editor has a show list an article, whatever the show's rules say."""

from __future__ import annotations

from datetime import UTC, datetime

import click

from briefing.accounts import audit
from briefing.accounts.audit import Action
from briefing.articles import picks
from briefing.values import ArticleRef
from cli.place import open_place


@click.command()
@click.argument("article", metavar="SOURCE:ID")
@click.option("--show", "slug", required=True, help="Slug of the show that is to list it.")
@click.option("--off", is_flag=True, help="Take the pick back: the show's rules decide again.")
def pick(article: str, slug: str, *, off: bool) -> None:
    """Have a show list an article's episode, whatever its rules and its daily cap say."""
    ref = ArticleRef.parse(article)
    place = open_place()
    place.show(slug)
    with place.database.writing() as session:
        shows = picks.pick(session, ref, slug, wanted=not off)
        action = Action.UNPICK if off else Action.PICK
        audit.record(session, datetime.now(UTC), action, None, detail=f"{ref} {slug}")
    click.echo(f"{ref}: picked for {', '.join(shows) if shows else 'no show'}")
