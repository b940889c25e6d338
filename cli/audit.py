"""`briefcast audit`: who changed what, from this installation's database."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import islice
from typing import TYPE_CHECKING

import click

from briefing.accounts import audit as changes
from briefing.accounts.audit import COMMAND_LINE, MOST_ENTRIES, Action, Question
from cli.place import open_place

if TYPE_CHECKING:
    from collections.abc import Iterable

    from briefing.accounts.audit import AuditEntry

_MOMENT = click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"])

#: Entries that people read at a time.
_SHOWN = 50


@click.command()
@click.option("--who", help=f"A key's ID or name, or '{COMMAND_LINE}'.")
@click.option("--action", type=click.Choice([action.value for action in Action]))
@click.option("--subject", help="A briefing's ID, an article as source:id, a jingle's name, a key's ID.")
@click.option("--since", type=_MOMENT, help="First moment (UTC).")
@click.option("--until", type=_MOMENT, help="First moment after them (UTC).")
@click.option("--limit", type=click.IntRange(1), help=f"How many; by default {_SHOWN}, with --csv and --json all.")
@click.option("--csv", "as_csv", is_flag=True, help="As CSV.")
@click.option("--json", "as_json", is_flag=True, help="As JSON, an object a line.")
def audit(  # noqa: PLR0913  an option each
    *,
    who: str | None,
    action: str | None,
    subject: str | None,
    since: datetime | None,
    until: datetime | None,
    limit: int | None,
    as_csv: bool,
    as_json: bool,
) -> None:
    """Say who changed what, newest first: everything that was asked for, published, withdrawn, uploaded or revoked."""
    if as_csv and as_json:
        message = "choose one of --csv and --json"
        raise click.UsageError(message)
    first, end = (moment.replace(tzinfo=UTC) if moment else None for moment in (since, until))
    most = limit or (None if as_csv or as_json else _SHOWN)
    question = Question(who, action, subject, first, end, limit=min(most or MOST_ENTRIES, MOST_ENTRIES))
    with open_place().database.reading() as session:
        found = islice(changes.entries(session, question), most)
        if as_csv:
            _write_csv(found)
        else:
            for entry in found:
                click.echo(entry.model_dump_json() if as_json else _line(entry))


def _write_csv(found: Iterable[AuditEntry]) -> None:
    """Write a few at a time: years of them need not fit into memory."""
    click.echo(changes.table([]), nl=False)
    rows = iter(found)
    while part := list(islice(rows, MOST_ENTRIES)):
        click.echo(changes.table(part, header=False), nl=False)


def _line(entry: AuditEntry) -> str:
    revision = f"/{entry.revision}" if entry.revision else ""
    about = f"{entry.briefing}{revision}" if entry.briefing else ""
    by = f"{entry.by} ({entry.key_id})" if entry.key_id else entry.by
    return f"{entry.at:%Y-%m-%d %H:%M:%S}  {entry.action:<14}  {by}  {about or entry.detail}".rstrip()
