"""`briefcast backup` and `briefcast restore`."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime
from pathlib import Path

import click

from briefing.observing.faults import going_on
from briefing.observing.logs import configure, get_logger
from cli.work import on_stop
from worker.installation.backup import back_up
from worker.installation.presence import check_there
from worker.installation.restore import restore as restore_backup
from worker.workplace import Workplace

#: Code of what `--every` logs where bytes are missing or damaged where they come from.
INCOMPLETE = "backup_incomplete"

_log = get_logger("backup")
_FOLDER = click.Path(path_type=Path, file_okay=False)


@click.command()
@click.argument("folder", type=_FOLDER)
@click.option("--keep", default=288, show_default=True, type=click.IntRange(1), help="Copies of the database to keep.")
@click.option("--let-go", is_flag=True, help="Let go of stored bytes in FOLDER that none of its copies names any more.")
@click.option(
    "--every",
    "every_s",
    default=0,
    type=click.IntRange(0, 86_400),
    help="Seconds from the beginning of one backup to that of the next, until told to end. 0: one backup alone.",
)
def backup(folder: Path, keep: int, let_go: bool, every_s: int) -> None:
    """Back this installation up into FOLDER, on another disk: what is there already is not copied again.

    Run it every five minutes (deploy/systemd/briefcast-backup.timer, or --every 300). Work may go on meanwhile.
    """
    if not every_s:
        if not _back_up(folder, keep, let_go=let_go):
            raise SystemExit(1)
        return
    configure()
    over = threading.Event()
    on_stop(over.set)
    while not over.is_set():
        began = time.monotonic()
        # A database that is away, or a disk that is full, is told; the next one may go well.
        with going_on("backing up"):
            if not _back_up(folder, keep, let_go=let_go):
                _log.error("backup incomplete", code=INCOMPLETE, folder=str(folder), hint="Run `briefcast doctor`.")
        over.wait(max(0.0, began + every_s - time.monotonic()))


def _back_up(folder: Path, keep: int, *, let_go: bool) -> bool:
    """Make a backup and tell of it; False where something is missing or damaged where it comes from."""
    place = Workplace()
    check_there(place)
    made = back_up(place, folder, datetime.now(UTC), keep, let_go=let_go)
    click.echo(f"{made.database}: {made.blobs} stored files, {made.copied} of them new")
    if made.let_go:
        click.echo(f"let go: {made.let_go} stored files that no copy names any more")
    for name in made.elsewhere:
        click.echo(f"not in the backup: {name}")
    for sha256 in made.missing:
        click.echo(f"missing or damaged: {sha256}; see `briefcast doctor`", err=True)
    return not made.missing


@click.command()
@click.argument("folder", type=_FOLDER)
@click.option(
    "--at", "stamp", help="Which copy of the database, as it is called without its ending; by default the newest."
)
def restore(folder: Path, stamp: str | None) -> None:
    """Restore the backup in FOLDER into this installation, which must be empty."""
    place = Workplace()
    made = restore_backup(place, folder, stamp)
    click.echo(f"as of {made.taken_at}: {made.blobs} stored files, {made.briefings} briefings are live")
    if made.public_url != place.public.public_url:
        click.echo(
            f"the public address was {made.public_url}: apps take {place.public.public_url} for another podcast",
            err=True,
        )
    for name, what in (("damaged in the backup", made.damaged), ("lost, regenerate it", made.lost)):
        for subject in what:
            click.echo(f"{name}: {subject}", err=True)
    if made.damaged or made.lost:
        raise SystemExit(1)
