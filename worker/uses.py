"""Which revisions are made of which takes and article versions, as rows, so that what nothing uses can be told.

Written before anything is let go, not when revisions are prepared: that keeps preparing fast, and covers revisions of
workers that knew nothing of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, func, insert, select

from briefing.models import RevisionRow, UseRow
from briefing.states import ACTIVE

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy.orm import Session

TAKE = "take"
VERSION = "version"

#: SQLite takes at most 32,766 parameters in one statement.
_MOST_NAMES = 10_000

_ACTIVE = [state.value for state in ACTIVE]

#: With more revisions under way than this, what they use is not looked through; nothing is let go until it is quieter.
MOST_ACTIVE = 1000


def note_finished(session: Session, limit: int) -> int:
    """Note the uses of finished revisions that have none yet; return how many revisions. Needs a writing session."""
    rows = session.scalars(
        select(RevisionRow)
        .where(RevisionRow.uses_noted.is_(False), RevisionRow.state.not_in(_ACTIVE))
        .order_by(RevisionRow.id)
        .limit(limit)
    ).all()
    for row in rows:
        _note(session, row)
        row.uses_noted = True
    session.flush()
    return len(rows)


def note_active(session: Session) -> bool:
    """Note what revisions under way use, as they are now; False where they are too many. Needs a writing session."""
    condition = RevisionRow.state.in_(_ACTIVE)
    if (session.scalar(select(func.count()).select_from(RevisionRow).where(condition)) or 0) > MOST_ACTIVE:
        return False
    for row in session.scalars(select(RevisionRow).where(condition)):
        _note(session, row)
    session.flush()
    return True


def forget(session: Session, revision_id: int) -> None:
    """Remove a revision's uses. Needs a writing session."""
    session.execute(delete(UseRow).where(UseRow.revision_id == revision_id))


def used(session: Session, kind: str, names: Iterable[str]) -> set[str]:
    """Return those of `names` that a revision uses, as far as has been noted."""
    wanted, found = list(names), set[str]()
    for start in range(0, len(wanted), _MOST_NAMES):
        part = wanted[start : start + _MOST_NAMES]
        found.update(session.scalars(select(UseRow.name).where(UseRow.kind == kind, UseRow.name.in_(part))))
    return found


def _note(session: Session, row: RevisionRow) -> None:
    wanted = {(TAKE, str(chunk["key"])) for chunk in row.chunks or ()}
    wanted |= {(VERSION, str(version)) for version in row.versions or ()}
    noted = session.execute(select(UseRow.kind, UseRow.name).where(UseRow.revision_id == row.id))
    there = {(kind, name) for kind, name in noted}
    missing: list[dict[str, Any]] = [
        {"revision_id": row.id, "kind": kind, "name": name} for kind, name in sorted(wanted - there)
    ]
    if missing:
        session.execute(insert(UseRow), missing)
