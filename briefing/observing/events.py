"""What happened to a row, said in the log once it is true: after the transaction that did it.

Said before, a line would tell of things that a rollback undoes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from briefing.observing.logs import get_logger

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

_NOTED = "events"
_log = get_logger("record")


def note(session: Session, event: str, **values: Any) -> None:  # noqa: ANN401  a log line's values
    """Have `event` logged when the session's transaction has been committed."""
    session.info.setdefault(_NOTED, []).append((event, values))


def say(session: Session) -> None:
    """Log what was noted; called after the commit."""
    for event, values in session.info.pop(_NOTED, ()):
        _log.info(event, **values)
