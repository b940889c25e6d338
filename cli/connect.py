"""`briefcast connect`: a newsroom's CMS is connected, its webhooks made, tried and explained."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click
from sqlalchemy import select

from briefing.accounts import audit
from briefing.accounts.audit import Action
from briefing.errors import BriefcastError, UnknownReference
from briefing.following import connections
from briefing.models import ConnectionRow
from briefing.podcasts.shows import home_show, listed_shows, listed_sources
from briefing.sql.schema import migrate
from cli.cost import priced
from cli.place import open_place
from worker.sources import connecting, poll_s
from worker.sources.connecting import Obstacle, Wanted
from worker.workplace import Workplace

if TYPE_CHECKING:
    from briefing.podcasts.newsroom import SourceSettings
    from worker.sources.ghost_api import GhostApi

#: Newest posts that are narrated when a CMS is connected first, unless somebody says how many.
_RECENT = 10

#: What a theme needs, once: the player stands above the text of posts that have audio.
_SNIPPET = '<script async src="{public}/embed.js" data-into=".gh-content, .post-content, article"></script>'


@click.group()
def connect() -> None:
    """Connect a CMS, list what is connected, make secrets for webhooks."""


@connect.command()
@click.argument("address")
@click.argument("admin_key")
@click.option("--name", default="ghost", show_default=True, help="What the source is called.")
@click.option("--show", help="Slug of the show that its posts are at home in; by default the first.")
@click.option(
    "--recent",
    type=click.IntRange(0, 1000),
    help="Narrate so many of the newest posts too; 0 for none. By default 10 when connected first, if they are free.",
)
@click.option("--private", is_flag=True, help="Ghost is on a private network.")
def ghost(address: str, admin_key: str, name: str, show: str | None, recent: int | None, *, private: bool) -> None:
    """Connect the Ghost at ADDRESS by an ADMIN_KEY of a custom integration ("-" asks for it). Safe to repeat.

    What is published or changed from now on is narrated; what was published before is not, but for --recent, whose
    cost is shown. Where the voices cost money nothing is narrated unless you say how many.
    """
    key = click.prompt("Admin API key", hide_input=True) if admin_key == "-" else admin_key
    place, now = Workplace(), datetime.now(UTC)
    migrate(place.database)
    _check_show(place, show)
    with place.database.reading() as session:
        known = connecting.known_source(session, name)
        first = not connecting.is_connected(session, name)
    wanted = Wanted(name, address, key.strip(), show, private)
    site = connecting.check_site(connecting.api_of(wanted.settings(known)))
    settings = wanted.settings(known, site.language)
    click.echo(f"Ghost {site.version} {site.title!r}: the key is good")
    secret = connecting.record(place, settings, now)
    click.echo(f"source {name}: recorded, polled every {poll_s(settings)} s")
    public = place.public.public_url.rstrip("/")
    obstacle = _connect_hooks(place, wanted, connecting.api_of(settings), public, secret)
    if obstacle is None:
        click.echo("webhooks: registered, and one came")
    else:
        click.echo(f"webhooks: {obstacle.reason} [{obstacle.code}]\n  {obstacle.remedy}")
        click.echo(f"  Until then, changes are found by polling, within {poll_s(settings)} s.")
    _narrate_recent(place, settings, recent, now, first=first)
    click.echo("\nFor the theme (Ghost: Settings, Code injection, Site footer), once:\n")
    click.echo(_SNIPPET.format(public=public))


def _narrate_recent(
    place: Workplace, settings: SourceSettings, asked: int | None, now: datetime, *, first: bool
) -> None:
    """Show what the newest posts cost, and have them narrated: as many as are asked for, else a few at first."""
    number = (_RECENT if first else 0) if asked is None else asked
    posts = connecting.recent(settings, number) if number else []
    if not posts:
        click.echo("recent posts: none are narrated")
        return
    opened = open_place()
    with place.database.reading() as session:
        slug = home_show(session, settings.name) or ""
    click.echo(f"recent posts, for the show {slug!r}:")
    total, ready = priced(opened, settings, opened.show(slug), None, posts)
    if asked is None and total.money:
        click.echo(f"recent posts: none are narrated, as that costs money; --recent {number} does")
        return
    connecting.narrate(place, settings.name, [seen for seen, _ in ready], now)
    click.echo(f"recent posts: {len(ready)} are narrated as bulk work (--recent 0: none)")


def _check_show(place: Workplace, slug: str | None) -> None:
    with place.database.reading() as session:
        shows = listed_shows(session)
    if not shows or (slug is not None and slug not in shows):
        known = ", ".join(shows) or "none; run `briefcast apply`"
        message = f"there is no show {slug!r}" if slug else "there is no show"
        raise UnknownReference(message, code="unknown_show", hint=f"Known shows: {known}.")


def _connect_hooks(place: Workplace, wanted: Wanted, api: GhostApi, public: str, secret: str) -> Obstacle | None:
    try:
        return connecting.register(api, public, wanted.name, secret) or connecting.try_out(
            place, api, wanted.name, public
        )
    except BriefcastError as error:
        return connecting.explained(error)


@connect.command()
@click.argument("source")
@click.option("--at-once", is_flag=True, help="End the secrets of before now, as when one was stolen.")
def webhooks(source: str, *, at_once: bool) -> None:
    """Make a secret for the Standard Webhooks of SOURCE and print it, once. Those of before hold for a week more."""
    place, now = Workplace(), datetime.now(UTC)
    migrate(place.database)
    with place.database.writing() as session:
        if source not in listed_sources(session):
            message = f"there is no source {source!r}"
            raise UnknownReference(message, code="unknown_source", hint="Name it in briefcast.toml, and apply that.")
        secret = connections.rotate_secret(session, source, now, at_once=at_once)
        audit.record(session, now, Action.CONNECT, None, detail=f"{source} webhooks")
    click.echo(f"address  {connecting.hook_address(place.public.public_url.rstrip('/'), source)}")
    click.echo(f"secret   {secret}")


@connect.command(name="list")
def list_them() -> None:
    """List the sources: their kind, how polling goes, and when a webhook came last."""
    place = Workplace()
    migrate(place.database)
    with place.database.reading() as session:
        rows = {row.source: row for row in session.scalars(select(ConnectionRow))}
        for name, settings in listed_sources(session).items():
            row = rows.get(name)
            polled = f"polled every {poll_s(settings)} s" if poll_s(settings) else "not polled"
            heard = f"webhook {row.heard_at:%Y-%m-%d %H:%M}" if row and row.heard_at else "no webhook yet"
            fault = f"  failing: {row.error} [{row.error_code}]" if row and row.error else ""
            click.echo(f"{name}  {settings.kind}  {polled}  {heard}{fault}")
