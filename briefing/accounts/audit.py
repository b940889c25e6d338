"""Who changed what, when: one row for each request that changes something, written in the transaction of the change.

Rows are only ever added here, and read; retention lets them go when their years are over. Decides nothing about who may
do what (`briefing.accounts.keys`).
"""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from sqlalchemy import String, cast, or_, select

from briefing.models import AuditRow, BriefingRow
from briefing.spreadsheet import as_csv
from briefing.values import Value

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sqlalchemy import ColumnElement
    from sqlalchemy.orm import Session

    from briefing.accounts.keys import Caller

#: Characters of whoever did it, as the column has it.
MOST_BY = 128

#: Entries of one page at most.
MOST_ENTRIES = 1000

#: What a cursor looks like: the moment in microseconds since the epoch, and the row.
CURSOR = r"[0-9]{1,17}-[0-9]{1,18}"

#: Who the command line is, whichever user ran it.
COMMAND_LINE = "command line"

_EPOCH = datetime.fromtimestamp(0, UTC)


class Action(StrEnum):
    """What was done."""

    ASK = "ask"
    SAVE = "save"
    """A CMS said that a story was saved."""
    REGENERATE = "regenerate"
    PUBLISH = "publish"
    RETRACT = "retract"
    OVERRIDE = "override"
    """An editor changed by hand what is heard of a segment, or took that back."""
    SETTLE = "settle"
    """An editor settled a conflict of such a change with a new text."""
    ROLL_BACK = "roll_back"
    HOLD = "hold"
    UNHOLD = "unhold"
    SCHEDULE = "schedule"
    UNSCHEDULE = "unschedule"
    APPROVE = "approve"
    SUMMARY_ASK = "summary_ask"
    """Summaries of a digest's stories were asked for."""
    SUMMARY_APPROVE = "summary_approve"
    SUMMARY_EDIT = "summary_edit"
    """An editor worded a summary otherwise, and approved that."""
    SUMMARY_DECLINE = "summary_decline"
    PICK = "pick"
    """An editor had a show list an article."""
    UNPICK = "unpick"
    JINGLE_UPLOAD = "jingle_upload"
    JINGLE_REMOVE = "jingle_remove"
    LEXICON_PUT = "lexicon_put"
    LEXICON_REMOVE = "lexicon_remove"
    LEXICON_IMPORT = "lexicon_import"
    RESPEAK = "respeak"
    """A pronunciation changed, and what says its word made again."""
    RESPEAK_UNDO = "respeak_undo"
    REPORT_CLOSE = "report_close"
    VISIBILITY = "visibility"
    LISTENER_ADD = "listener_add"
    LISTENER_REVOKE = "listener_revoke"
    ADDRESS_KEY = "address_key"
    CONNECT = "connect"
    """A CMS was connected, or a secret of its webhooks made."""
    SEALING_KEY = "sealing_key"
    """A key that secrets are sealed by was made, or all of them sealed anew."""
    KEY_CREATE = "key_create"
    KEY_REVOKE = "key_revoke"
    SIGN_IN = "sign_in"
    SIGN_IN_REFUSED = "sign_in_refused"
    """The provider knows them; the desk did not let them in."""
    USER_LINK = "user_link"
    """An admin said whose an identity at the provider is."""
    USER_UNLINK = "user_unlink"
    USER_ADD = "user_add"
    USER_ROLE = "user_role"
    USER_REMOVE = "user_remove"
    USER_RESET = "user_reset"
    PASSWORD = "password"  # noqa: S105  an action's name
    """A user chose one."""
    LINK_MAKE = "link_make"
    """A link that lets its recipient do one thing without signing in."""
    LINK_END = "link_end"


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


@dataclass(frozen=True)
class Question:
    """Which entries are asked for; all of them by default."""

    who: str | None = None
    """A key's ID or name, or `COMMAND_LINE`."""
    action: str | None = None
    subject: str | None = None
    """A briefing's ID, an article as source:id, a jingle as name or name/part, a key's ID."""
    since: datetime | None = None
    until: datetime | None = None
    """The first moment after them."""
    after: str | None = None
    """The cursor of the page before."""
    limit: int = MOST_ENTRIES


def record(  # noqa: PLR0913  a row's fields
    session: Session,
    now: datetime,
    action: Action,
    caller: Caller | None,
    *,
    briefing: str | None = None,
    revision: int | None = None,
    detail: str = "",
    by: str | None = None,
) -> None:
    """Note a change in the transaction that makes it. `caller` is None for the command line, and for what is named by
    `by`: a source whose CMS changed. Needs writing.
    """
    session.add(
        AuditRow(
            at=now,
            key_id=caller.key_id if caller else None,
            # A provider's issuer may be longer than a name.
            by=(caller.name if caller else by or f"{COMMAND_LINE}, user {os.getuid()}")[:MOST_BY],
            action=action.value,
            briefing_id=briefing,
            revision=revision,
            detail=detail,
        )
    )


def page(session: Session, question: Question) -> tuple[list[AuditEntry], str | None]:
    """Return the entries that are asked for, newest first, and the cursor of the next page; None where there is none.

    Entries that come meanwhile neither shift a page nor are missed by the next one: pages go on after a row.
    """
    statement = select(AuditRow).where(*_conditions(question)).order_by(AuditRow.at.desc(), AuditRow.id.desc())
    rows = session.scalars(statement.limit(question.limit + 1)).all()
    found, more = rows[: question.limit], len(rows) > question.limit
    return [_entry(row) for row in found], _cursor(found[-1]) if more else None


def entries(session: Session, question: Question) -> Iterator[AuditEntry]:
    """Yield all entries that are asked for, newest first, whatever page they are on."""
    after: str | None = question.after
    while True:
        found, after = page(session, replace(question, after=after))
        yield from found
        if after is None:
            return


def table(found: Iterable[AuditEntry], *, header: bool = True) -> str:
    """Return entries as CSV."""
    rows = [[getattr(entry, name) for name in AuditEntry.model_fields] for entry in found]
    told = [[value.isoformat() if isinstance(value, datetime) else value for value in row] for row in rows]
    return as_csv(AuditEntry.model_fields if header else None, told)


def _conditions(question: Question) -> list[ColumnElement[bool]]:
    wanted: list[ColumnElement[bool]] = []
    if question.who == COMMAND_LINE:
        wanted.append(AuditRow.key_id.is_(None))
    elif question.who is not None:
        wanted.append(or_(AuditRow.key_id == question.who, AuditRow.by == question.who))
    if question.action is not None:
        wanted.append(AuditRow.action == question.action)
    if question.subject is not None:
        wanted.append(_about(question.subject))
    if question.since is not None:
        wanted.append(AuditRow.at >= question.since)
    if question.until is not None:
        wanted.append(AuditRow.at < question.until)
    if question.after is not None:
        micros, row_id = map(int, question.after.split("-"))
        moment = _EPOCH + timedelta(microseconds=micros)
        wanted.append(or_(AuditRow.at < moment, (AuditRow.at == moment) & (AuditRow.id < row_id)))
    return wanted


def _about(subject: str) -> ColumnElement[bool]:
    """Return the condition of an entry's being about a briefing, an article, a jingle or a key."""
    if ":" in subject:
        # As the list is written in the database; every briefing that has the article, collections too.
        named = cast(BriefingRow.articles, String).contains(f'"{subject}"', autoescape=True)
        return AuditRow.briefing_id.in_(select(BriefingRow.id).where(named))
    begins = [AuditRow.detail.startswith(f"{subject}{end}", autoescape=True) for end in "/ "]
    return or_(AuditRow.briefing_id == subject, AuditRow.detail == subject, *begins)


def _cursor(row: AuditRow) -> str:
    return f"{(row.at - _EPOCH) // timedelta(microseconds=1)}-{row.id}"


def _entry(row: AuditRow) -> AuditEntry:
    return AuditEntry(
        at=row.at,
        key_id=row.key_id,
        by=row.by,
        action=row.action,
        briefing=row.briefing_id,
        revision=row.revision,
        detail=row.detail,
    )
