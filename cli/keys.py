"""`briefcast keys`: API keys made, listed, revoked; the keys that sign audio, and those that seal secrets."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click
from sqlalchemy import select

from briefing.accounts import audit
from briefing.accounts import keys as api_keys
from briefing.accounts.audit import Action
from briefing.accounts.keys import Scope
from briefing.limits import KeyLimits, limits_of
from briefing.models import KeyRow
from briefing.requesting import spending
from briefing.secrets import sealing as sealing_keys
from briefing.secrets.sealed import secrets_kept
from briefing.settings import DataSettings, QuotaSettings, SealingSettings
from cli.place import open_place
from worker.credentials.signing_keys import KeyFiles, development_files, make_chain, renew
from worker.installation.sealing_rows import seal_anew

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from cli.place import Place


@click.group()
def keys() -> None:
    """Make, list and revoke API keys; make the keys that sign audio and those that seal secrets."""


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
@click.option("--per-minute", type=click.IntRange(0), help="Requests a minute; here and below, 0 is no bound.")
@click.option("--characters-a-day", type=click.IntRange(0), help="Characters to be spoken in a day (UTC).")
@click.option("--briefings-a-day", type=click.IntRange(0), help="Briefings asked for in a day (UTC).")
@click.option("--bulk-open", type=click.IntRange(0), help="Bulk briefings being made at a time.")
def create(name: str, scopes: tuple[str, ...], days: int | None, **limits: int | None) -> None:
    """Make a key and print it. It cannot be shown again: only its hash is kept.

    Limits that are not given are those of BRIEFCAST_LIMIT_….
    """
    if not name.strip():
        message = "say who or what uses the key: its name stands for it in the audit"
        raise click.BadParameter(message, param_hint="--name")
    now = datetime.now(UTC)
    until = now + timedelta(days=days) if days else None
    with open_place().database.writing() as session:
        key = api_keys.create(session, name, map(Scope, scopes), now, until, KeyLimits(**limits))
        detail = f"{key.split('_')[1]} {name}: {', '.join(scopes)}"
        audit.record(session, now, Action.KEY_CREATE, None, detail=detail[:512])
    click.echo(key)


@keys.command(name="list")
def list_keys() -> None:
    """List the keys by ID, with scopes, last use and limits."""
    with open_place().database.reading() as session:
        for row in session.scalars(select(KeyRow).order_by(KeyRow.created_at)):
            state = "revoked" if row.revoked_at else f"expires {row.expires_at:%Y-%m-%d}" if row.expires_at else "valid"
            used = f"used {row.last_used_at:%Y-%m-%d %H:%M}" if row.last_used_at else "never used"
            click.echo(f"{row.id}  {row.name}  {','.join(row.scopes)}  {state}  {used}  {_limits(session, row)}")


def _limits(session: Session, row: KeyRow) -> str:
    """Return a key's limits in words, and what it has used of them today."""
    limits, now = limits_of(row.limits, QuotaSettings()), datetime.now(UTC)
    today = spending.spent(session, spending.KEY, row.id, spending.day_of(now))

    def of(bound: int | None) -> str:
        return f"of {bound:,}" if bound else "of any number"

    return (
        f"{limits.per_minute or 'any number of'} requests a minute, today {today.characters:,} "
        f"{of(limits.characters_a_day)} characters and {today.briefings:,} {of(limits.briefings_a_day)} briefings, "
        f"{limits.bulk_open or 'any number of'} in bulk at a time"
    )


@keys.command()
@click.argument("key_id")
def revoke(key_id: str) -> None:
    """Revoke the key of that ID (the eight digits after bc_)."""
    now = datetime.now(UTC)
    with open_place().database.writing() as session:
        found = api_keys.revoke(session, key_id, now)
        if found:
            audit.record(session, now, Action.KEY_REVOKE, None, detail=key_id)
    if not found:
        message = f"there is no key {key_id!r}"
        raise click.BadParameter(message)
    click.echo(f"revoked {key_id}")


@keys.command()
@click.option(
    "--new", "fresh", is_flag=True, help="Make a key, which seals from now on; those there open what they sealed."
)
@click.option("--again", is_flag=True, help="Seal everything anew by the newest key.")
def sealing(*, fresh: bool, again: bool) -> None:
    """Tell which keys seal the keys of CMSs and the secrets of webhooks in the database; make another.

    The first is made by itself. Keep them apart from backups: without them nothing sealed opens. See docs/backup.md.
    """
    place, now = open_place(), datetime.now(UTC)
    if fresh and (SealingSettings().sealing_keys.get_secret_value() or not sealing_keys.is_ready()):
        click.echo(sealing_keys.new_key())
        click.echo("Put it first in BRIEFCAST_SEALING_KEYS of every process, start them again, then --again.", err=True)
        return
    if fresh:
        sealing_keys.add_key()
    changed = seal_anew(place.database) if again else 0
    if fresh or again:
        newest = next(iter(sealing_keys.ring().ids), "none")
        with place.database.writing() as session:
            audit.record(session, now, Action.SEALING_KEY, None, detail=f"{newest}: {changed} sealed anew")
    _tell_sealing(place)


def _tell_sealing(place: Place) -> None:
    known = sealing_keys.ring()
    with place.database.reading() as session:
        by = Counter(kept.key for kept in secrets_kept(session))
    click.echo(f"keys in {known.where}")
    for key in known.ids:
        click.echo(f"{key}  seals {by.pop(key, 0)}")
    for lost, number in sorted(by.items(), key=str):
        click.echo(f"in the clear: {number}" if lost is None else f"{lost}  is missing, and sealed {number}")


@keys.command()
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), help="Folder; by default the one in use.")
@click.option("--renew", "again", is_flag=True, help="Make another key below the root that is there.")
def signing(out: Path | None, *, again: bool) -> None:
    """Make self-signed development credentials: a root, and a certificate below it that signs audio.

    What names no certificate makes them by itself at first use. They prove that a file is unchanged since this
    newsroom made it, to whoever trusts the root; others see an unknown signer. See docs/credentials.md.
    """
    files = KeyFiles(out) if out else development_files(DataSettings().data)
    now = datetime.now(UTC)
    if files.folder.exists() and any(files.folder.iterdir()) and not again:
        message = f"{files.folder} is in use; --renew makes another key below its root"
        raise click.UsageError(message)
    (renew if again else make_chain)(files, now)
    click.echo(f"certificate  {files.certificate}")
    click.echo(f"key          {files.key}   (only you can read it; keep it so)")
    click.echo(f"root         {files.root}   (give this to whoever is to trust your files)")
