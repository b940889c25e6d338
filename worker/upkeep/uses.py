"""Which revisions are made of which takes and article versions, as rows, so that what nothing uses can be told.

Written before anything is let go, not when revisions are prepared: that keeps preparing fast, and covers revisions of
workers that knew nothing of it. What comes into use after the look, while the collector deletes, is not seen: a take
that went so is spoken again when it is missed at assembling, and the version used last is never let go.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, exists, func, or_, select, update

from briefing.models import MasterRow, RevisionRow, UseRow
from briefing.sql.rows import add_all_unless_there
from briefing.states import ACTIVE

if TYPE_CHECKING:
    from collections.abc import Container, Iterable

    from sqlalchemy import ColumnElement, Row
    from sqlalchemy.orm import Session

    from briefing.database import Database

TAKE = "take"
VERSION = "version"

#: SQLite takes at most 32,766 parameters in one statement.
_MOST_NAMES = 10_000

_ACTIVE = [state.value for state in ACTIVE]

#: With more revisions under way than this, what they use is not looked through; nothing is let go until it is quieter.
MOST_ACTIVE = 1000


#: What is read of a revision: scripts and requests are long, and not needed.
_READ = (RevisionRow.id, RevisionRow.chunks, RevisionRow.versions)


def of_master() -> ColumnElement[bool]:
    """Return the condition that a revision is heard by the master at hand, whole or as its preview."""
    return or_(
        exists().where(RevisionRow.master_key == MasterRow.key),
        exists().where(RevisionRow.preview_key == MasterRow.key),
    )


def note_finished(database: Database, limit: int) -> int:
    """Note the uses of finished revisions that have none yet; return how many revisions. Raises DatabaseUnavailable.

    Read outside the writing transaction, so that SQLite's one write lock is held for the inserts alone.
    """
    with database.reading() as session:
        rows = session.execute(
            select(*_READ)
            .where(RevisionRow.uses_noted.is_(False), RevisionRow.state.not_in(_ACTIVE))
            .order_by(RevisionRow.id)
            .limit(limit)
        ).all()
    if rows:
        with database.writing() as session:
            ids = [row.id for row in rows]
            session.execute(update(RevisionRow).where(RevisionRow.id.in_(ids)).values(uses_noted=True))
            # What was let go since the look uses nothing any more.
            gone = set(
                session.scalars(
                    select(RevisionRow.id).where(RevisionRow.id.in_(ids), RevisionRow.let_go_at.is_not(None))
                )
            )
            _note(session, [row for row in rows if row.id not in gone])
    return len(rows)


def note_active(database: Database) -> bool:
    """Note what revisions under way use, as they are now; False where they are too many. Raises DatabaseUnavailable."""
    condition = RevisionRow.state.in_(_ACTIVE)
    with database.reading() as session:
        if (session.scalar(select(func.count()).select_from(RevisionRow).where(condition)) or 0) > MOST_ACTIVE:
            return False
        rows = session.execute(select(*_READ).where(condition).order_by(RevisionRow.id)).all()
        noted = {
            (use.revision_id, use.kind, use.name)
            for use in session.execute(
                select(UseRow.revision_id, UseRow.kind, UseRow.name)
                .join(RevisionRow, RevisionRow.id == UseRow.revision_id)
                .where(condition)
            )
        }
    if any(use not in noted for row in rows for use in _uses(row)):
        with database.writing() as session:
            _note(session, rows, noted)
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


def _uses(row: Row[Any]) -> set[tuple[int, str, str]]:
    used = {(row.id, TAKE, str(chunk["key"])) for chunk in row.chunks or ()}
    return used | {(row.id, VERSION, str(version)) for version in row.versions or ()}


def _note(session: Session, rows: Iterable[Row[Any]], noted: Container[tuple[int, str, str]] = ()) -> None:
    wanted = sorted({use for row in rows for use in _uses(row)})
    missing = [{"revision_id": use[0], "kind": use[1], "name": use[2]} for use in wanted if use not in noted]
    # Another collector may note the same at this moment.
    add_all_unless_there(session, UseRow, missing)
