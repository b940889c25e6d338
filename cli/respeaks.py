"""What a list of pronunciations changes of what is published: said, spoken anew, followed, taken back."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click
from sqlalchemy import select

from briefing.accounts import audit
from briefing.accounts.audit import COMMAND_LINE, Action
from briefing.errors import UnknownReference
from briefing.models import RespeakRow
from briefing.pronunciations import respeaks as respoken
from briefing.pronunciations.foreseeing import as_of_now, foresee
from briefing.pronunciations.radius import Rate, cost
from briefing.pronunciations.word_lists import differences
from briefing.revisions import Asker
from briefing.settings import SpeechSettings, WorkSettings
from cli.place import open_place
from voices.catalogue import load_catalogue
from worker.takes.speakers import voice_errors

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.orm import Session

    from briefing.pronunciations.changes import Change
    from briefing.pronunciations.lexicon import LexiconEntry
    from briefing.pronunciations.radius import Radius
    from cli.place import Place

#: Briefings that are named, and respeaks that are listed.
_NAMED = 10
_LISTED = 20


def print_radius(found: Radius) -> None:
    """Print which published briefings say any of the words, and what speaking them anew costs at most."""
    if not found.briefings:
        click.echo("no published briefing that it would change says any of these words")
        return
    total = cost(found.parts, _rates())
    lacks = ", without a voice that nobody measured" if total.cpu_unmeasured else ""
    click.echo(f"published    {found.briefings:,} briefings that it would change; of them at most")
    click.echo(f"takes        {total.chunks:,}, {total.audio_to_speak_s / 60:,.1f} min of {total.audio_s / 60:,.1f}")
    click.echo(f"money        {total.money:,.2f}, by the voices' prices")
    click.echo(f"CPU          about {total.cpu_s / 60:,.1f} min{lacks}, by {WorkSettings().workers} workers")
    for one in found.first[:_NAMED]:
        click.echo(f"{one.plays:>8,} plays  {one.briefing}  {one.title or one.article}")
    if found.briefings > _NAMED:
        click.echo(f"and {found.briefings - _NAMED:,} more")


def begin_respeak(place: Place, show: str | None, entries: Sequence[LexiconEntry], shown: int) -> None:
    """Record a list and its respeak, if it is no more than was shown."""
    now = datetime.now(UTC)

    def heard(session: Session) -> Sequence[Change]:
        return differences(session, show, entries).heard

    with place.database.reading() as session:
        before = foresee(session, heard, now)
    with place.database.writing() as session:
        what = as_of_now(session, before, heard, now)
        changes, named = what.changes, what.briefings
        if len(named) > shown:
            message = f"{len(named)} briefings say it by now, {shown} were shown; nothing is recorded"
            raise click.ClickException(message)
        row = respoken.begin(session, changes, Asker(COMMAND_LINE, None), now, named)
        detail = f"{show or 'newsroom'}: {len(changes)} words {row.id}, {row.total} briefings"
        audit.record(session, now, Action.RESPEAK, None, detail=detail)
        name, total = row.id, row.total
    click.echo(f"respeak {name}: {total} briefings; `briefcast serve` or a worker makes them")


@click.command()
def respeaks() -> None:
    """List what was spoken anew for pronunciations, and how far it is, the newest first."""
    with open_place().database.reading() as session:
        for row in session.scalars(select(RespeakRow).order_by(RespeakRow.created_at.desc()).limit(_LISTED)):
            its = respoken.progress(session, row)
            what = row.written if row.words == 1 else f"{row.words} words"
            counts = (
                f"{its.done} of {row.total} done, {its.making} being made, {its.waiting} waiting, {its.failed} failed"
            )
            click.echo(f"{row.id}  {row.created_at:%Y-%m-%d %H:%M}  {what}  {row.state}  {counts}")


@click.command()
@click.argument("respeak")
def undo(respeak: str) -> None:
    """Take RESPEAK back: the words are said as before, by the takes that are there."""
    now = datetime.now(UTC)
    with open_place().database.writing() as session:
        row = respoken.locked(session, respeak)
        if row is None:
            message = f"there is no respeak {respeak!r}"
            raise UnknownReference(message, code="unknown_respeak", hint="`briefcast lexicon respeaks` lists them.")
        back = respoken.undo(session, row, Asker(COMMAND_LINE, None), now)
        what = row.written if row.words == 1 else f"{row.words} words"
        audit.record(session, now, Action.RESPEAK_UNDO, None, detail=f"{what} {respeak}")
        name, total = back.id, back.total
    click.echo(f"respeak {name} takes it back: {total} briefings")


def _rates() -> dict[str, Rate]:
    extra = SpeechSettings().voices
    with voice_errors():
        catalogue = load_catalogue(Path(extra) if extra else None)
    return {voice.id: Rate(voice.price_per_million_characters, voice.cpu_per_second) for voice in catalogue}
