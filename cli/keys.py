"""`briefcast keys`: API keys made, listed, revoked."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import click
from sqlalchemy import select

from briefing import keys as api_keys
from briefing.keys import Scope
from briefing.models import KeyRow
from cli.place import open_place


@click.group()
def keys() -> None:
    """Make, list and revoke API keys."""


@keys.command()
@click.option("--name", required=True, help="Who or what uses it.")
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    type=click.Choice([scope.value for scope in Scope]),
    default=("read", "generate"),
    show_default=True,
    help="What it may do; repeat for several.",
)
@click.option("--days", type=click.IntRange(1, 3650), help="Days until it expires; by default never.")
def create(name: str, scopes: tuple[str, ...], days: int | None) -> None:
    """Make a key and print it. It cannot be shown again: only its hash is kept."""
    now = datetime.now(UTC)
    with open_place().database.writing() as session:
        key = api_keys.create(session, name, map(Scope, scopes), now, now + timedelta(days=days) if days else None)
    click.echo(key)


@keys.command(name="list")
def list_keys() -> None:
    """List the keys by ID, with scopes and last use."""
    with open_place().database.reading() as session:
        for row in session.scalars(select(KeyRow).order_by(KeyRow.created_at)):
            state = "revoked" if row.revoked_at else f"expires {row.expires_at:%Y-%m-%d}" if row.expires_at else "valid"
            used = f"used {row.last_used_at:%Y-%m-%d %H:%M}" if row.last_used_at else "never used"
            click.echo(f"{row.id}  {row.name}  {','.join(row.scopes)}  {state}  {used}")


@keys.command()
@click.argument("key_id")
def revoke(key_id: str) -> None:
    """Revoke the key of that ID (the eight digits after bc_)."""
    with open_place().database.writing() as session:
        found = api_keys.revoke(session, key_id, datetime.now(UTC))
    if not found:
        message = f"there is no key {key_id!r}"
        raise click.BadParameter(message)
    click.echo(f"revoked {key_id}")
