"""A connection to PostgreSQL that does not wait for ever: a server that is frozen answers nothing, and cuts off nobody.

Its kernel goes on acknowledging for it, so that neither keepalives nor TCP's own time-out see it, and its
statement_timeout stands still with it. Whoever has waited for longer than the server would have let a statement take
closes the connection, and is told that the database is away. Knows no statements.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import psycopg
from psycopg import errors
from psycopg.pq import TransactionStatus

if TYPE_CHECKING:
    from collections.abc import Callable

#: Seconds for a transaction to begin on a connection that was kept: whether it still works.
LOOK_S = 5.0

#: Seconds that an answer may be late: the server's own time-out comes first, and is told by its name.
_LATE_S = 2.0

_TIMED_OUT: type[psycopg.Error] = getattr(errors, "_WaitTimeout", psycopg.errors.ConnectionTimeout)


class PatientConnection(psycopg.Connection[Any]):
    """Waits `patience_s` seconds for an answer, None: for ever."""

    patience_s: float | None = None
    _kept = False
    """Whether a transaction has begun on it. A new one answers, but a pooler may have it wait for its turn."""

    def wait(self, gen: Any, interval: float = 0.1, timeout: float | None = None) -> Any:  # noqa: ANN401  as psycopg has it
        """Wait for what the generator waits for. Raises OperationalError, the connection closed."""
        # Whether it still works is seen when a transaction begins, which waits for no lock.
        begins = self.pgconn.transaction_status == TransactionStatus.IDLE
        self._kept = self._kept or not begins
        most = LOOK_S if begins and self._kept and self.patience_s is not None else self.patience_s
        try:
            return super().wait(gen, interval, timeout if timeout is not None else most)
        except _TIMED_OUT as error:
            self.pgconn.finish()
            message = f"the server has not answered for {most:g} s"
            raise psycopg.OperationalError(message) from error


def connecting(statement_s: float) -> Callable[..., PatientConnection]:
    """Return what connects, for SQLAlchemy's event `do_connect`, to a server that ends statements after `statement_s`
    seconds.
    """

    def connect(_dialect: object, _record: object, given: list[Any], named: dict[str, Any]) -> PatientConnection:
        connection = PatientConnection.connect(*given, **named)
        connection.patience_s = statement_s + _LATE_S
        return connection

    return connect
