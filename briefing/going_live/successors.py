"""What became of MP3s that readers were given at their addresses: which audio took their place, that it was withdrawn,
or that another briefing gives it too. What an editor only held was never given to anybody.

Goes by what revisions remember for good, long after the files have gone. Knows nothing of files, nor of HTTP.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import select
from sqlalchemy.orm import aliased

from briefing.going_live.withdrawals import withdrawn
from briefing.models import BriefingRow, MasterRow, RevisionRow

if TYPE_CHECKING:
    from collections.abc import Collection

    from sqlalchemy.orm import Session


@dataclass(frozen=True)
class Successor:
    """What is to be heard in place of an MP3."""

    sha256: str | None
    """Of the MP3 that is live now; None where it was withdrawn and nothing is to be heard."""


def published(session: Session, briefing_id: str) -> set[str]:
    """Return the sha256 of every MP3 that a briefing gave to readers, as far as that was written down."""
    given = select(RevisionRow.audio_sha256).where(RevisionRow.briefing_id == briefing_id)
    return {sha256 for sha256 in session.scalars(given) if sha256 is not None}


def replaced(session: Session, briefing_id: str) -> set[str]:
    """Return the sha256 of every MP3 that a briefing gave to readers and has not withdrawn, the live one included."""
    given = select(RevisionRow.audio_sha256).where(RevisionRow.briefing_id == briefing_id, ~withdrawn())
    return {sha256 for sha256 in session.scalars(given) if sha256 is not None}


def published_elsewhere(session: Session, briefing_id: str, audio: Collection[str]) -> set[str]:
    """Return those of the MP3s `audio` that another briefing gives to readers and has not withdrawn."""
    others = RevisionRow.briefing_id != briefing_id
    given = (
        select(RevisionRow.audio_sha256)
        .join(BriefingRow, BriefingRow.id == RevisionRow.briefing_id)
        # What one that is for members by now gave to everybody before, it gives no more.
        .where(others, BriefingRow.members_revision.is_(None), RevisionRow.audio_sha256.in_(audio), ~withdrawn())
    )
    # An older process does not write down what it publishes.
    live = (
        select(MasterRow.sha256)
        .join(RevisionRow, RevisionRow.master_key == MasterRow.key)
        .join(BriefingRow, BriefingRow.live_revision == RevisionRow.id)
        .where(others, MasterRow.sha256.in_(audio))
    )
    # What others hear of another's audio for members.
    preview = (
        select(MasterRow.sha256)
        .join(RevisionRow, RevisionRow.preview_key == MasterRow.key)
        .join(BriefingRow, BriefingRow.members_revision == RevisionRow.id)
        .where(others, MasterRow.sha256.in_(audio))
    )
    found = (*session.scalars(given), *session.scalars(live), *session.scalars(preview))
    return {sha256 for sha256 in found if sha256 is not None}


def given_elsewhere(session: Session, briefing_id: str, audio: Collection[str]) -> set[str]:
    """Return those of the MP3s `audio` that another briefing gives to members."""
    live = (
        select(MasterRow.sha256)
        .join(RevisionRow, RevisionRow.master_key == MasterRow.key)
        .join(BriefingRow, BriefingRow.members_revision == RevisionRow.id)
        .where(RevisionRow.briefing_id != briefing_id, MasterRow.sha256.in_(audio))
    )
    return set(session.scalars(live))


def successor(session: Session, sha256: str) -> Successor | None:
    """Return what took the place of an MP3 that was public once; None where none of that hash ever was, and where it
    is live itself, so that its file is only missing.
    """
    live = aliased(RevisionRow)
    found = session.execute(
        select(MasterRow.sha256, withdrawn())
        .select_from(RevisionRow)
        .join(BriefingRow, BriefingRow.id == RevisionRow.briefing_id)
        .outerjoin(live, live.id == BriefingRow.live_revision)
        .outerjoin(MasterRow, MasterRow.key == live.master_key)
        .where(RevisionRow.audio_sha256 == sha256)
        .order_by(RevisionRow.id.desc())
    ).all()
    now = [current for current, was_withdrawn in found if current is not None and not was_withdrawn]
    if now:
        return Successor(now[0]) if sha256 not in now else None
    return Successor(None) if any(was_withdrawn for _, was_withdrawn in found) else None
