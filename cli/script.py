"""`briefcast script`: what would be read of an article, and what would not."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from briefing.errors import ArticleEmpty
from briefing.podcasts.show import Show
from cli.articles import cleanings_of, needs_place, read_source
from cli.lexicons import lexicon_here, unknown_line
from cli.place import open_place
from worker.prepare import write_script

if TYPE_CHECKING:
    from collections.abc import Sequence

    from briefing.script import Script


@click.command()
@click.argument("source")
@click.option("--json", "as_json", is_flag=True, help="As JSON, with spans and the ledger of what is dropped.")
@click.option("--show", "slug", help="Word it for this show.")
def script(source: str, slug: str | None, *, as_json: bool) -> None:
    """Print the script of SOURCE (a file, an address, source:id) without speaking it."""
    place = open_place() if slug or needs_place(source) else None
    show = place.show(slug) if place and slug else Show(slug="briefcast", title="Briefcast")
    lexicon = place.lexicon(slug) if place else lexicon_here()
    try:
        written = write_script([read_source(source, place)], show, cleanings_of([source], place), lexicon)
    except ArticleEmpty as empty:
        _print_dropped(empty.dropped)
        raise
    for warning in written.warnings:
        click.echo(f"{click.style('warning', fg='yellow')} [{warning.code}] {warning.message}", err=True)
    if as_json:
        click.echo(json.dumps(_as_json(written), indent=2, ensure_ascii=False))
    else:
        _print(written)


def _as_json(script: Script) -> dict[str, object]:
    return {"title": script.title, "words": script.words, **script.model_dump(mode="json", exclude={"title"})}


def _print(script: Script) -> None:
    for segment in script.segments:
        click.echo(f"{click.style(segment.role.value.rjust(10), dim=True)}  {segment.written}")
        if segment.spoken != segment.written:
            click.echo(f"{'':10}  {click.style(segment.spoken, fg='cyan')}")
    if line := unknown_line([unknown.model_dump() for unknown in script.unknown_words]):
        click.echo(f"\n{line}", err=True)
    _print_dropped([(entry.rule, entry.text) for entry in script.dropped])


def _print_dropped(dropped: Sequence[tuple[str, str]]) -> None:
    if dropped:
        click.echo(f"\n{len(dropped)} blocks are not read:", err=True)
    for rule, text in dropped:
        click.echo(f"{click.style(rule.rjust(20), dim=True)}  {text[:100]}", err=True)
