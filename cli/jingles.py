"""`briefcast jingles`: editors' own jingles added, listed, removed."""

from __future__ import annotations

import json
import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from briefing.errors import JingleRefused
from briefing.podcasts import jingles as stored
from briefing.storage import reporting
from cli.place import open_place

if TYPE_CHECKING:
    from briefing.podcasts.show import JinglePart

_part = click.option("--part", type=click.Choice(stored.PARTS), required=True, help="What it is for.")


@click.group()
def jingles() -> None:
    """A newsroom's own jingles, which shows name in briefcast.toml: add, list, remove."""


@jingles.command()
@click.argument("name")
@click.argument("file")
@_part
def add(name: str, file: str, part: JinglePart) -> None:
    """Add FILE, a sound file in any common format, as the jingle NAME. Takes the place of what was there."""
    from worker.sound.conform import conform  # noqa: PLC0415  `list` need not wait for the sound libraries

    stored.check_name(name)
    source = Path(file)
    try:
        size = source.stat().st_size
    except OSError as error:
        message = f"{file} cannot be read: {error.strerror}"
        raise JingleRefused(message) from error
    if size > stored.MOST_BYTES:
        message = f"{file} has {size:,} bytes; the limit is {stored.MOST_BYTES:,}"
        raise JingleRefused(message, hint="A jingle of half a minute is smaller: cut it, or give it as MP3 or FLAC.")
    place = open_place()
    conformed = conform(source, part, place.storage)
    copy = place.storage.temporary(".upload")
    try:
        with reporting(copy):
            shutil.copyfile(source, copy)
        upload = place.storage.put(copy)
    finally:
        copy.unlink(missing_ok=True)
    with place.database.writing() as session:
        stored.put_jingle(session, name, part, upload, conformed, datetime.now(UTC))
    click.echo(f"{name} {part}: {conformed.seconds:.1f} s, {conformed.loudness_lufs:.1f} LUFS at its loudest")


@jingles.command(name="list")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def list_jingles(*, as_json: bool) -> None:
    """List the newsroom's own jingles, one a line; those that ship are called house."""
    with open_place().database.reading() as session:
        found = stored.list_jingles(session)
    if as_json:
        click.echo(json.dumps([jingle.model_dump(mode="json") for jingle in found], indent=2))
        return
    for jingle in found:
        length = f"{jingle.seconds:.1f} s" if jingle.seconds is not None else "-"
        reason = f"{jingle.error_message} [{jingle.error_code}]" if jingle.error_code else ""
        click.echo("  ".join(filter(None, (jingle.name, jingle.part, jingle.state, length, reason))))


@jingles.command()
@click.argument("name")
@_part
def remove(name: str, part: JinglePart) -> None:
    """Remove the jingle NAME. Refused while a show names it; audio made with it stays."""
    with open_place().database.writing() as session:
        stored.remove_jingle(session, name, part)
    click.echo(f"removed {name} {part}")
