"""Who changed what, when: one row for each request that changes something, written in the transaction of the change.

Rows are only ever added here. Decides nothing about who may do what (`briefing.keys`).
"""

from __future__ import annotations

import os
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from sqlalchemy import select

from briefing.models import AuditRow
from briefing.values import Value

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from briefing.keys import Caller


class Action(StrEnum):
    """What was done."""

    ASK = "ask"
    SAVE = "save"
    """A CMS said that a story was saved."""
    REGENERATE = "regenerate"
    PUBLISH = "publish"
    RETRACT = "retract"
    JINGLE_UPLOAD = "jingle_upload"
    JINGLE_REMOVE = "jingle_remove"
    VISIBILITY = "visibility"
    LISTENER_ADD = "listener_add"
    LISTENER_REVOKE = "listener_revoke"
    ADDRESS_KEY = "address_key"
    KEY_CREATE = "key_create"
    KEY_REVOKE = "key_revoke"


class AuditEntry(Value):
    """One change, as it is told."""

    at: datetime
    key_id: str | None
    """The API key's; None for the command line."""
    by: str
    """The key's name, or the user ID that ran the command."""
    action: str
    briefing: str | None
    revision: int | None
    """The revision's number, where one was made or published."""
    detail: str


def record(  # noqa: PLR0913  a row's fields
    session: Session,
    now: datetime,
    action: Action,
    caller: Caller | None,
    *,
    briefing: str | None = None,
    revision: int | None = None,
    detail: str = "",
) -> None:
    """Note a change in the transaction that makes it. `caller` is None for the command line. Needs writing."""
    session.add(
        AuditRow(
            at=now,
            key_id=caller.key_id if caller else None,
            by=caller.name if caller else f"command line, user {os.getuid()}",
            action=action.value,
            briefing_id=briefing,
            revision=revision,
            detail=detail,
        )
    )


def newest(session: Session, most: int) -> list[AuditEntry]:
    """Return the newest entries, newest first."""
    rows = session.scalars(select(AuditRow).order_by(AuditRow.id.desc()).limit(most))
    return [
        AuditEntry(
            at=row.at,
            key_id=row.key_id,
            by=row.by,
            action=row.action,
            briefing=row.briefing_id,
            revision=row.revision,
            detail=row.detail,
        )
        for row in rows
    ]
