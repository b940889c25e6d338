"""Seals what an earlier release kept in the clear, and all of it anew after a new key. Opens no CMS.

Part of the sweep. While workers of another release are about, which could not read it, what is in the clear stays; so
it does where there is no key, and none may be made.
"""

from __future__ import annotations

from importlib.metadata import version
from typing import TYPE_CHECKING

from sqlalchemy import select, text

from briefing.database import database_clock
from briefing.models import WorkerRow
from briefing.observing.logs import get_logger
from briefing.observing.workers import SILENT_S
from briefing.secrets import sealed, sealing

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from briefing.database import Database
    from worker.workplace import Workplace

_log = get_logger("sealing")


def tend(place: Workplace) -> None:
    """Seal what is in the clear. Doing it twice at once does no harm. Raises StorageUnavailable, Misconfigured."""
    with place.database.reading() as session:
        plain = {kept.source for kept in sealed.secrets_kept(session) if kept.key is None}
        if not plain or _has_others(session) or not sealing.is_ready():
            return
    _seal(place.database, plain)


def seal_anew(database: Database) -> int:
    """Seal everything by the newest key; return how many secrets changed. Those that cannot be read stay."""
    with database.reading() as session:
        found = {kept.source for kept in sealed.secrets_kept(session)}
    return _seal(database, found)


def _seal(database: Database, sources: set[str]) -> int:
    newest = next(iter(sealing.ring().ids), None)
    changed = 0
    for source in sorted(sources):
        with database.writing() as session:
            if database.engine.dialect.name == "sqlite":
                # Else what was in the clear stays in the file, and in every copy of it.
                session.execute(text("PRAGMA secure_delete=ON"))
            changed += sealed.seal_source(session, source, newest)
    if changed:
        _log.info("secrets sealed", number=changed)
    return changed


def _has_others(session: Session) -> bool:
    """Tell whether a worker of another release has reported just now."""
    others = select(WorkerRow.name).where(
        WorkerRow.version.not_in(["", version("briefcast")]),
        WorkerRow.stopped.is_(False),
        WorkerRow.reported_at > database_clock() - SILENT_S,
    )
    return session.scalar(others.limit(1)) is not None
