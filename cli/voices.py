"""`briefcast voices`: the catalogue."""

from __future__ import annotations

import json
from pathlib import Path

import click

from briefing.settings import SpeechSettings
from voices.catalogue import load_catalogue
from worker.speakers import voice_errors


@click.command()
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def voices(*, as_json: bool) -> None:
    """List the voices with language, engine and licence."""
    extra = SpeechSettings().voices
    with voice_errors():
        catalogue = load_catalogue(Path(extra) if extra else None)
    rows = [
        {name: getattr(voice, name) for name in ("id", "name", "language", "engine", "licence", "attribution")}
        for voice in catalogue
    ]
    if as_json:
        click.echo(json.dumps(rows, indent=2, ensure_ascii=False))
        return
    shown = ("id", "language", "engine", "licence", "attribution")
    widths = [max(len(name), *(len(row[name]) for row in rows)) for name in shown]
    for row in [dict(zip(shown, shown, strict=True)), *rows]:
        click.echo("  ".join(row[name].ljust(width) for name, width in zip(shown, widths, strict=True)).rstrip())
