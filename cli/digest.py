"""`briefcast digest`: when a show's briefing of the day is made, and one now."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from briefing.accounts import audit
from briefing.accounts.audit import Action
from briefing.digesting import digests
from briefing.digesting.digest import Due
from briefing.models import DigestRow
from briefing.revisions import Asker
from briefing.settings import SpeechSettings
from cli.place import open_place

if TYPE_CHECKING:
    from briefing.digesting.digest import Digest


@click.command()
@click.argument("slug")
@click.option("--now", "at_once", is_flag=True, help="Have today's made, or made again. Workers make it.")
def digest(slug: str, *, at_once: bool) -> None:
    """Say when the digest SLUG is due and what came of it last; or have it made."""
    place = open_place()
    now = datetime.now(UTC)
    if not at_once:
        with place.database.reading() as session:
            found, _ = digests.find_digest(session, slug)
            _tell(session.get_one(DigestRow, slug), found)
        return
    with place.database.writing() as session:
        found, show = digests.find_digest(session, slug)
        due = Due(now, found.issue_of(now))
        voice = SpeechSettings().voice
        revision, _ = digests.request(session, found, show, due, voice, Asker(audit.COMMAND_LINE), now)
        briefing, number = revision.briefing_id, revision.number
        audit.record(session, now, Action.ASK, None, briefing=briefing, revision=number, detail=f"{slug} {due.issue}")
    click.echo(f"{slug} of {due.issue}: briefing {briefing}, revision {number}, is being made")


def _tell(row: DigestRow, found: Digest) -> None:
    for what, moment in (("due", row.due_at), ("made", row.made_at), ("skipped", row.skipped_at)):
        said = found.local(moment).isoformat(sep=" ", timespec="minutes") if moment is not None else "-"
        why = f"  {row.skipped_why}" if what == "skipped" and row.skipped_why else ""
        click.echo(f"{what:<8} {said}{why}")
