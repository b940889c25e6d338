"""`briefcast retention`: lets go of what nothing needs any more, as the sweep does by and by, or shows what would."""

from __future__ import annotations

from dataclasses import fields

import click

from briefing.database import clock
from worker.upkeep.cutoffs import Gone
from worker.upkeep.retention import BATCH, collect, foreseen
from worker.workplace import Workplace


@click.command()
@click.option("--dry-run", is_flag=True, help="Show what would go; change nothing.")
def retention(*, dry_run: bool) -> None:
    """Let go of what nothing needs any more: see BRIEFCAST_KEEP_… in docs/settings.md."""
    place = Workplace()
    with place.database.reading() as session:
        now = clock(session)
    if dry_run:
        gone = foreseen(place, now)
    else:
        gone, cursors = collect(place, now, {}, BATCH)
        while cursors:
            more, cursors = collect(place, now, cursors, BATCH)
            gone += more
    for field in fields(Gone):
        click.echo(f"{field.name}: {getattr(gone, field.name)}")
