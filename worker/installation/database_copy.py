"""A copy of the database as it is at one moment, in one file: SQLite's by its own copying, PostgreSQL's by `pg_dump`.

No copy tells who listened. Restores nothing.
"""

from __future__ import annotations

import os
import secrets
import sqlite3
import subprocess
from contextlib import closing
from typing import TYPE_CHECKING

from sqlalchemy import make_url

from briefing.errors import DatabaseUnavailable
from briefing.models import DownloadRow, SaltRow
from briefing.storage import make_folder, sync_file, sync_folder

if TYPE_CHECKING:
    from pathlib import Path

    from briefing.database import Database

#: Seconds for `pg_dump`; an installation whose database takes longer has PostgreSQL's own ways.
_DUMP_S = 3600

#: Tables that no backup holds: what a client's hash is made of is to be gone when its day is.
_OF_CLIENTS = (SaltRow.__tablename__, DownloadRow.__tablename__)


def copy_database(database: Database, folder: Path, stamp: str) -> Path:
    """Copy the database into `folder` while others go on writing to it; return the copy. Raises DatabaseUnavailable or
    StorageUnavailable.
    """
    make_folder(folder)
    if database.engine.dialect.name != "sqlite":
        return _dumped(database, folder / f"{stamp}.pgdump")
    path = folder / f"{stamp}.sqlite"
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        with (
            closing(sqlite3.connect(f"file:{database.engine.url.database}?mode=ro", uri=True, timeout=30)) as source,
            closing(sqlite3.connect(temporary)) as target,
        ):
            source.backup(target)
            _forget_clients(target)
            # A copy of its own journal mode would need two more files beside it.
            target.execute("PRAGMA journal_mode = DELETE")
        sync_file(temporary)
        temporary.replace(path)
        sync_folder(folder)
    except sqlite3.Error as error:
        message = f"the database cannot be copied: {error}"
        raise DatabaseUnavailable(message) from error
    finally:
        temporary.unlink(missing_ok=True)
    return path


#: Parameters of an address whose variable is not called after them as the others are: `sslmode` is PGSSLMODE,
#: `target_session_attrs` PGTARGETSESSIONATTRS. By libpq's documentation.
_VARIABLES = {"connect_timeout": "PGCONNECT_TIMEOUT", "application_name": "PGAPPNAME", "dbname": "PGDATABASE"}


def postgresql_environment(address: str) -> dict[str, str]:
    """Return what PostgreSQL's programs are told of a database: by the environment, which other users cannot see.

    All that the address says, TLS above all: a server that wants it would refuse them, and one that is not verified
    might be another. What libpq knows no variable for (keepalives) they do without.
    """
    url = make_url(address)
    told = {
        _VARIABLES.get(name, f"PG{name.upper().replace('_', '')}"): value if isinstance(value, str) else ",".join(value)
        for name, value in url.query.items()
    }
    itself = {
        "PGHOST": url.host,
        "PGPORT": str(url.port or ""),
        "PGUSER": url.username,
        "PGPASSWORD": url.password,
        "PGDATABASE": url.database,
    }
    told |= {name: value for name, value in itself.items() if value}
    return os.environ | told


def _forget_clients(copy: sqlite3.Connection) -> None:
    """Have a copy tell nothing of who listened: the salts of two days would outlive them in it."""
    copy.execute("PRAGMA secure_delete = ON")
    for table in _OF_CLIENTS:
        if copy.execute("SELECT 1 FROM sqlite_master WHERE name = ?", (table,)).fetchone():
            copy.execute(f"DELETE FROM {table}")  # noqa: S608  names of ours
    copy.commit()


def _dumped(database: Database, path: Path) -> Path:
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    without = [f"--exclude-table-data={table}" for table in _OF_CLIENTS]
    command = ["pg_dump", "--format=custom", "--no-owner", *without, "--file", str(temporary)]
    try:
        subprocess.run(  # noqa: S603  PostgreSQL's own program
            command, env=postgresql_environment(database.address), check=True, capture_output=True, timeout=_DUMP_S
        )
        sync_file(temporary)
        temporary.replace(path)
        sync_folder(path.parent)
    except FileNotFoundError as error:
        message = "pg_dump is not on this machine"
        raise DatabaseUnavailable(message, hint="Install postgresql-client of the server's version.") from error
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
        said = (error.stderr or b"").decode(errors="replace").strip()[-300:]
        message = f"pg_dump gave no copy: {said or type(error).__name__}"
        raise DatabaseUnavailable(message) from error
    finally:
        temporary.unlink(missing_ok=True)
    return path
