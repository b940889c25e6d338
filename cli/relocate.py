"""`briefcast relocate`."""

from __future__ import annotations

from pathlib import Path

import click

from briefing.database import Database
from worker.installation.relocate import check, copy_rows, held
from worker.installation.relocate_files import copy_files
from worker.installation.relocate_kept import keep, unopened
from worker.workplace import Workplace


@click.command()
@click.argument("folder", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option("--database", "address", help="The old database where it is elsewhere: sqlite:////srv/old/briefcast.db.")
@click.option("--rows-only", is_flag=True, help="Copy no audio and no public files: the storage has them.")
def relocate(folder: Path, address: str | None, rows_only: bool) -> None:
    """Copy the stopped SQLite installation in FOLDER (its BRIEFCAST_DATA) into the PostgreSQL database and the storage
    that the settings name.

    FOLDER stays as it is. Files first, which an interrupted run need not copy again; then all rows in one transaction.
    Sealing keys, development credentials and pictures that were taken over come along in any case.
    """
    place = Workplace()
    source = Database(address or f"sqlite:///{folder.resolve() / 'briefcast.db'}")
    try:
        check(source, place.database)
        with held(source) as rows:
            kept = keep(place, folder)
            files = None if rows_only else copy_files(place, folder, rows)
            copied = copy_rows(rows, place.database)
        closed = unopened(place.database)
    finally:
        source.dispose()
        place.database.dispose()
    for said in kept:
        click.echo(said)
    if files is not None:
        click.echo(f"{files.blobs} stored files and {files.public} public ones, {files.copied} of them copied now")
    click.echo(f"{copied.rows} rows of {copied.tables} tables, {copied.compared} of them compared one by one")
    click.echo("next: `briefcast doctor`, then start the processes; the old ones are not to be started again")
    for sha256 in files.missing if files else ():
        click.echo(f"missing or damaged in {folder}: {sha256}; see `briefcast doctor`", err=True)
    for said in closed:
        click.echo(f"{said}: add it there, or `briefcast connect` anew", err=True)
    if closed or (files and files.missing):
        raise SystemExit(1)
