"""`briefcast lexicon`: pronunciations listed, made, removed, exchanged as PLS."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from briefing.errors import LexiconInvalid
from briefing.pronunciations.lexicon import NO_LANGUAGE, Kind, LexiconEntry, is_language, make_entry, starter
from briefing.pronunciations.lexicon_csv import read_csv
from briefing.pronunciations.lexicons import (
    Origin,
    lexicon_for,
    listed_entries,
    own_entries,
    own_lexicon,
    put_entries,
    remove_entry,
)
from briefing.pronunciations.pls import read_pls, write_pls
from briefing.pronunciations.radius import radius
from briefing.pronunciations.word_lists import differences
from briefing.storage import reporting, write_atomically
from cli.place import open_place
from cli.respeaks import begin_respeak, print_radius, respeaks, undo

if TYPE_CHECKING:
    from cli.place import Place

_show = click.option("--show", "slug", help="Of this show; without it the newsroom's own, for all shows.")


def _language(_context: click.Context, _option: click.Parameter, tag: str | None) -> str | None:
    """Return a language as given. Raises BadParameter for what is none."""
    if tag and not is_language(tag):
        message = f"{tag!r} {NO_LANGUAGE}"
        raise click.BadParameter(message)
    return tag


def _place(slug: str | None) -> Place:
    """Open the place, and make sure that the show is there. Raises UnknownReference."""
    place = open_place()
    if slug is not None:
        place.show(slug)
    return place


@click.group()
def lexicon() -> None:
    """Pronunciations: list, make, remove, exchange as PLS. Audio changes when it is made again."""


@lexicon.command(name="list")
@_show
@click.option("--language", callback=_language, help="Those for text in this language.")
@click.option("--shipped", is_flag=True, help="Those that ship with Briefcast, too.")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def list_entries(slug: str | None, language: str | None, *, shipped: bool, as_json: bool) -> None:
    """List pronunciations, one a line."""
    with _place(slug).database.reading() as session:
        found = [(entry, origin.value) for entry, origin in listed_entries(session, slug)]
    if shipped:
        found += [(entry, "shipped") for entry in starter()]
    found = [(entry, origin) for entry, origin in found if language is None or entry.speaks(language)]
    if as_json:
        rows = [{**entry.model_dump(mode="json"), "origin": origin} for entry, origin in found]
        click.echo(json.dumps(rows, indent=2, ensure_ascii=False))
        return
    for entry, origin in found:
        said = " ".join(filter(None, (entry.kind.value, entry.value, f"or {entry.alias}" if entry.alias else "")))
        parts = (entry.written, entry.language or "any", said, origin, entry.note)
        click.echo("  ".join(filter(None, parts)))


@lexicon.command()
@click.argument("written")
@_show
@click.option("--alias", help="Say it as this is said: another spelling, other words.")
@click.option("--ipa", help="Its sounds in IPA; then --alias is for engines that take none.")
@click.option("--letters", is_flag=True, help="Say it letter by letter.")
@click.option("--word", is_flag=True, help="Say it as a word, not letter by letter.")
@click.option("--language", default="", help="Of the text, such as en; by default any.")
@click.option("--case/--any-case", "case", default=None, help="Whether only this very case counts.")
@click.option("--note", default="", help="Why, and from which source.")
def add(  # noqa: PLR0913  one argument each, as click has it
    written: str,
    *,
    slug: str | None,
    alias: str | None,
    ipa: str | None,
    letters: bool,
    word: bool,
    language: str,
    case: bool | None,
    note: str,
) -> None:
    """Say WRITTEN in one way: --alias, --ipa, --letters or --word. Takes the place of what was added before."""
    if sum((bool(alias) or bool(ipa), letters, word)) != 1:
        message = "say how: --alias TEXT, --ipa IPA, --letters or --word"
        raise click.UsageError(message)
    kind = Kind.LETTERS if letters else Kind.WORD if word else Kind.IPA if ipa else Kind.ALIAS
    fields = {"value": ipa, "alias": alias or ""} if ipa else {"value": alias or ""}
    entry = make_entry(
        {"written": written, "language": language, "kind": kind, "case_sensitive": case, "note": note, **fields}
    )
    _record(slug, [entry])


@lexicon.command()
@click.argument("written")
@_show
@click.option("--language", help="Only the entry for this language.")
def remove(written: str, slug: str | None, language: str | None) -> None:
    """Remove what was added for WRITTEN. What the settings file has is removed there."""
    with _place(slug).database.writing() as session:
        gone = remove_entry(session, slug, written, language)
        in_file = any(entry.written == written for entry in own_entries(session, slug, Origin.FILE))
    if not gone:
        message = f"nothing was added for {written!r}" + ("; it is in the settings file" if in_file else "")
        raise click.BadParameter(message)
    click.echo(f"removed {written}" + ("; the settings file still has it" if in_file else ""))


@lexicon.command(name="import")
@click.argument("file")
@_show
@click.option("--language", callback=_language, help="Of the texts; by default the file's own, regions aside.")
@click.option("--look", is_flag=True, help="Only say what it changes: nothing is recorded.")
@click.option(
    "--respeak", is_flag=True, help="Have what is published spoken anew, once you have seen how much and said yes."
)
@click.option("--yes", is_flag=True, help="Say yes beforehand, for scripts.")
def import_list(file: str, slug: str | None, language: str | None, *, look: bool, respeak: bool, yes: bool) -> None:
    """Add the entries of FILE, a PLS 1.0 document or (named .csv) a table; all of them or none."""
    entries, place = _read(file, language), _place(slug)
    if respeak and not entries:
        message = f"{file} has no word"
        raise LexiconInvalid(message)
    with place.database.reading() as session:
        found = differences(session, slug, entries)
        concerned = radius(session, found.heard, datetime.now(UTC))
    if look or respeak:
        click.echo(f"{len(found.new)} new, {len(found.replaced)} replaced, {len(found.unchanged)} as they are")
    if not respeak:
        if not look:
            _record(slug, entries)
        if look or concerned.briefings:
            print_radius(concerned)
        if concerned.briefings and not look:
            click.echo("they say it as before; --respeak has them spoken anew")
        return
    print_radius(concerned)
    if yes or click.confirm(f"record it, and have {concerned.briefings} briefings spoken anew?"):
        begin_respeak(place, slug, entries, concerned.briefings)


def _read(file: str, language: str | None) -> list[LexiconEntry]:
    """Return the entries of a file. Raises LexiconInvalid."""
    try:
        content = Path(file).read_bytes()
    except OSError as error:
        message = f"{file} cannot be read: {error.strerror}"
        raise LexiconInvalid(message, hint="Give a PLS 1.0 file, or a table named .csv.") from error
    if Path(file).suffix.lower() != ".csv":
        return list(read_pls(content, language))
    entries, faults = read_csv(content, language)
    if faults:
        raise LexiconInvalid("; ".join(faults))
    return list(entries)


@lexicon.command()
@_show
@click.option(
    "--language", default="en", show_default=True, callback=_language, help="A PLS document is for one language."
)
@click.option("--all", "everything", is_flag=True, help="All that counts: the newsroom's and what ships, too.")
@click.option("-o", "--output", metavar="FILE", help="Write to FILE instead of standard output.")
def export(slug: str | None, language: str, output: str | None, *, everything: bool) -> None:
    """Write the pronunciations that count for texts in a language as a PLS 1.0 document."""
    if not language:
        message = f"'' {NO_LANGUAGE}"
        raise click.BadParameter(message)
    # A folder that is not there is a slip of the pen; narrate and its like make theirs.
    if output is not None and not (folder := Path(output).parent).exists():
        message = f"the folder {folder} does not exist"
        raise click.BadParameter(message)
    place = _place(slug)
    with place.database.reading() as session:
        ours = lexicon_for(session, slug) if everything else own_lexicon(session, slug)
    document = write_pls(ours.counting(language), language)
    if output is None:
        sys.stdout.buffer.write(document)
    else:
        with reporting(Path(output)):
            write_atomically(Path(output), document)
    if left := ours.regional(language):
        entries = "1 entry" if left == 1 else f"{left} entries"
        click.echo(f"left out: {entries} for regions of {language}; export each with its --language", err=True)


def _record(slug: str | None, entries: list[LexiconEntry]) -> None:
    now = datetime.now(UTC)
    with _place(slug).database.writing() as session:
        changed = put_entries(session, slug, entries, now)
    click.echo(f"{changed} recorded, {len(entries) - changed} unchanged")


lexicon.add_command(respeaks)
lexicon.add_command(undo)
