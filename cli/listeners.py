"""`briefcast listeners`: who has a private feed of a show."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import click

from briefing.accounts import audit
from briefing.accounts import listeners as people
from briefing.accounts.audit import Action
from briefing.secrets import address_keys
from briefing.settings import MembersSettings, PublicSettings
from cli.place import open_place


@click.group()
def listeners() -> None:
    """Give listeners private feeds, list and revoke them; change the key that addresses are signed with."""


@listeners.command()
@click.option("--show", required=True, help="Slug of the show.")
@click.option("--name", required=True, help="What you know them by, such as a membership's number.")
def add(show: str, name: str) -> None:
    """Give a listener a private feed and print its address. It cannot be shown again: only its hash is kept."""
    now, place = datetime.now(UTC), open_place()
    slug = place.show(show).slug
    with place.database.writing() as session:
        listener, secret = people.add(session, slug, name, now)
        audit.record(session, now, Action.LISTENER_ADD, None, detail=f"{listener.id} of {slug}")
    click.echo(f"{PublicSettings().public_url.rstrip('/')}/{people.feed_path(listener.id, secret)}")


@listeners.command(name="list")
@click.option("--show", help="Slug of a show; by default all.")
def list_them(show: str | None) -> None:
    """List listeners by ID, the oldest first."""
    with open_place().database.reading() as session:
        for one in people.listed(session, show):
            state = f"revoked {one.revoked_at:%Y-%m-%d %H:%M}" if one.revoked_at else "listening"
            click.echo(f"{one.id}  {one.show}  {one.created_at:%Y-%m-%d}  {state}  {one.name}")


@listeners.command()
@click.argument("listener")
def revoke(listener: str) -> None:
    """Revoke the listener of that ID: their feed and every address in it answer 410 from now on."""
    now = datetime.now(UTC)
    with open_place().database.writing() as session:
        found = people.revoke(session, listener, now)
        if found:
            audit.record(session, now, Action.LISTENER_REVOKE, None, detail=listener)
    if not found:
        message = f"there is no listener {listener!r}"
        raise click.BadParameter(message)
    click.echo(f"revoked {listener}")


@listeners.command(name="new-key")
@click.option("--at-once", is_flag=True, help="End what is signed with the keys of before, as when one was stolen.")
def new_key(*, at_once: bool) -> None:
    """Have addresses signed with a new key; those of before open until they would have ended anyway."""
    now = datetime.now(UTC)
    # As long as what was signed last holds: an address in a feed.
    grace = timedelta() if at_once else timedelta(days=MembersSettings().feed_days + 31)
    with open_place().database.writing() as session:
        key = address_keys.rotate(session, now, grace=grace)
        audit.record(session, now, Action.ADDRESS_KEY, None, detail=key)
    click.echo(f"addresses are signed with {key} in 10 seconds' time at most")
