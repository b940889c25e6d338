"""Brings a database to the newest schema, by Alembic. Finds the migrations as a package, wherever it is installed."""

from __future__ import annotations

from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import text
from sqlalchemy.exc import DatabaseError

from briefing.errors import Misconfigured
from briefing.observing.logs import get_logger
from briefing.sql.outages import reporting
from briefing.storage import make_folder

if TYPE_CHECKING:
    from collections.abc import Iterator

    from alembic.config import Config
    from sqlalchemy import Connection

    from briefing.database import Database


_log = get_logger("schema")

#: Our number among PostgreSQL's advisory locks: the first bytes of sha256("briefcast").
_ADVISORY_LOCK = 0x1453_A303

#: The table that tells of migrations: a database without it is nobody's.
VERSION_TABLE = "alembic_version"


def _folder() -> Path:
    spec = find_spec("migrations")
    if spec is None or spec.origin is None:
        message = "the package `migrations` is not installed"
        raise Misconfigured(message)
    return Path(spec.origin).parent


def _config() -> Config:
    from alembic.config import Config  # noqa: PLC0415  Alembic costs 0.1 s, and most calls find nothing to do

    config = Config()
    config.set_main_option("script_location", str(_folder()))
    config.set_main_option("path_separator", "os")
    return config


def newest() -> str:
    """Return the ID of the newest migration: files are named by it, in order."""
    return max(path.name.partition("_")[0] for path in (_folder() / "versions").glob("[0-9]*.py"))


def current(database: Database) -> str | None:
    """Return the ID of the migration the database is at, None for an empty one."""
    if database.engine.dialect.name == "sqlite" and not Path(str(database.engine.url.database)).exists():
        return None
    try:
        with database.engine.connect() as connection:
            return connection.execute(text(f"SELECT version_num FROM {VERSION_TABLE}")).scalar()  # noqa: S608  a name of ours
    except DatabaseError:
        return None


def is_newer(version: str | None) -> bool:
    """Tell whether a migration's ID is one of a version to come: they are numbers, in order."""
    return version is not None and version.isdecimal() and version > newest()


def migrate(database: Database, revision: str = "head") -> None:
    """Upgrade the database to `revision`, or downgrade it there when it is ahead. Creates what is missing.

    A newer version's database is left as it is: migrations only add until nobody needs what was there before, so that
    old and new hosts work side by side.

    Raises DatabaseUnavailable, StorageUnavailable, or Misconfigured for a migration that is not known and for a
    database that does not hold every text.
    """
    found = current(database) if revision == "head" else None
    if found == newest():
        return
    if is_newer(found):
        _log.warning("the database is a newer version's; it is used as it is", found=found, newest_known=newest())
        return
    from alembic import command  # noqa: PLC0415  as above
    from alembic.script.revision import RevisionError  # noqa: PLC0415  as above
    from alembic.util import CommandError  # noqa: PLC0415  as above

    refuse_newer(database)
    config = _config()
    folder = database.engine.url.database
    if database.engine.dialect.name == "sqlite" and folder:
        make_folder(Path(folder).parent)
    try:
        with reporting(), _migrating(database) as connection:
            config.attributes["connection"] = connection
            if revision != "head" and _is_ahead(config, connection, revision):
                command.downgrade(config, revision)
            else:
                command.upgrade(config, revision)
    except (CommandError, RevisionError) as error:
        message = f"the database cannot be brought to {revision!r}: {error}"
        hint = "It may have been used by a newer Briefcast; `briefcast migrate --to` takes the ID of a migration."
        raise Misconfigured(message, hint=hint) from error


@contextmanager
def _migrating(database: Database) -> Iterator[Connection]:
    """A connection in one transaction, alone among those that migrate: who comes second finds nothing left to do."""
    with database.engine.execution_options(writing=True).connect() as connection:
        if database.engine.dialect.name == "sqlite":
            with _unbound(connection), connection.begin():
                yield connection
                _check_references(connection)
        else:
            with patiently(connection):
                _check_encoding(connection)
                _lock(connection)
                yield connection


def _check_encoding(connection: Connection) -> None:
    """Refuse a PostgreSQL database that does not hold every text. Raises Misconfigured."""
    encoding = connection.execute(text("SHOW server_encoding")).scalar()
    if encoding != "UTF8":
        message = f"the database's encoding is {encoding}, and stories are in every script"
        raise Misconfigured(message, hint="Make it anew: CREATE DATABASE … ENCODING 'UTF8' TEMPLATE template0.")


@contextmanager
def _unbound(connection: Connection) -> Iterator[None]:
    """Have SQLite not look at references: a migration copies a table and drops the old one, which others refer to."""
    # Not by SQLAlchemy, which would begin a transaction first, in which this does nothing.
    driver: Any = connection.connection.dbapi_connection
    driver.execute("PRAGMA foreign_keys=OFF")
    try:
        yield
    finally:
        driver.execute("PRAGMA foreign_keys=ON")


@contextmanager
def patiently(connection: Connection) -> Iterator[None]:
    """A transaction in which the driver waits for as long as a migration, or a copy of all rows, takes, its commit
    included (`briefing.sql.patience`).
    """
    transaction = connection.begin()
    # Only now: where the connection had been cut, it is another one.
    driver: Any = connection.connection.dbapi_connection
    patience_s = getattr(driver, "patience_s", None)
    driver.patience_s = None
    try:
        with transaction:
            yield
    finally:
        driver.patience_s = patience_s


def _check_references(connection: Connection) -> None:
    broken = connection.exec_driver_sql("PRAGMA foreign_key_check").all()
    if broken:
        message = f"rows would refer to nothing after this migration: {sorted({row[0] for row in broken})}"
        raise Misconfigured(message, hint="Nothing has been changed. Was a row changed by hand?")


def _lock(connection: Connection) -> None:
    if connection.dialect.name == "postgresql":
        # Copying a large table takes its time. What a migration waits for, all others wait for behind it: not for long.
        connection.execute(text("SET LOCAL statement_timeout = 0"))
        connection.execute(text("SET LOCAL lock_timeout = 0"))
        connection.execute(text("SELECT pg_advisory_xact_lock(:name)"), {"name": _ADVISORY_LOCK})
        connection.execute(text("SET LOCAL lock_timeout = '20s'"))


def refuse_newer(database: Database) -> None:
    """Raise Misconfigured for a database that a newer Briefcast has migrated: migrations are numbered."""
    now = current(database)
    if is_newer(now):
        message = f"the database is at migration {now}, and this Briefcast knows none after {newest()}"
        hint = (
            "A newer Briefcast has migrated it, and nothing has been changed. Install that one, or take it back there."
        )
        raise Misconfigured(message, hint=hint)


def _is_ahead(config: Config, connection: Connection, revision: str) -> bool:
    from alembic.runtime.migration import MigrationContext  # noqa: PLC0415  as above
    from alembic.script import ScriptDirectory  # noqa: PLC0415  as above

    now = MigrationContext.configure(connection).get_current_revision()
    if now is None:
        return False
    scripts = ScriptDirectory.from_config(config)
    return revision == "base" or now not in {script.revision for script in scripts.iterate_revisions(revision, "base")}
