"""`briefcast link`: a link that lets somebody do one thing to a briefing without signing in."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import click

from briefing.accounts import action_links, audit
from briefing.accounts.action_links import LASTS, LONGEST, MOST_RECIPIENT, LinkAction
from briefing.accounts.audit import COMMAND_LINE, Action
from briefing.errors import UnknownReference
from briefing.models import BriefingRow
from briefing.settings import PublicSettings
from cli.place import open_place


@click.command()
@click.argument("briefing")
@click.option(
    "--action",
    type=click.Choice([action.value for action in LinkAction]),
    default=LinkAction.LISTEN.value,
    show_default=True,
    help="The one thing it is for; all let listen.",
)
@click.option("--for", "recipient", required=True, help="Who gets it: what they do is written down by this name.")
@click.option(
    "--hours",
    type=click.IntRange(1, int(LONGEST.total_seconds() // 3600)),
    default=int(LASTS.total_seconds() // 3600),
    show_default=True,
    help="How long it holds.",
)
def link(briefing: str, action: str, recipient: str, hours: int) -> None:
    """Print a link to send somebody, for the briefing of that ID.

    Opening it does nothing; a button on its page does. A link to withdraw works once.
    """
    now, name = datetime.now(UTC), recipient.strip()[:MOST_RECIPIENT]
    with open_place().database.writing() as session:
        if session.get(BriefingRow, briefing) is None:
            message = f"there is no briefing {briefing!r}"
            raise UnknownReference(message, code="unknown_briefing")
        made, secret = action_links.make(
            session, briefing, LinkAction(action), name, COMMAND_LINE, now, timedelta(hours=hours)
        )
        detail = f"{made.id} {action} for {name}"
        audit.record(session, now, Action.LINK_MAKE, None, briefing=briefing, detail=detail)
    click.echo(f"{PublicSettings().public_url.rstrip('/')}/{action_links.path_of(secret)}")
