"""Whether the settings name an installation that is there. Looks, and makes nothing: no folder, no database.

For commands that look an installation over or copy it. A shell seldom has the settings that its processes are given,
and the defaults name a folder of where one happens to be: what is found there is all well, and nobody's.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import inspect

from briefing.errors import BadInput
from briefing.sql.outages import reporting
from briefing.sql.schema import VERSION_TABLE

if TYPE_CHECKING:
    from briefing.database import Database
    from worker.workplace import Workplace


def check_there(place: Workplace) -> None:
    """Raise BadInput (no_installation) where there is no database, or one that nothing has migrated.

    Raises DatabaseUnavailable where it does not answer.
    """
    if not _is_there(place.database):
        message = f"there is no installation in {place.data.data.resolve()}, or in the database that the settings name"
        raise BadInput(
            message,
            code="no_installation",
            hint='Run it with the settings that its processes are given (docs/install.md, "Commands"); '
            "a new one begins with `briefcast migrate`.",
        )


def _is_there(database: Database) -> bool:
    # Connecting would make the file.
    if database.engine.dialect.name == "sqlite" and not Path(str(database.engine.url.database)).exists():
        return False
    with reporting():
        return inspect(database.engine).has_table(VERSION_TABLE)
