"""Brings a database to the newest schema, by Alembic. Finds the migrations as a package, wherever it is installed."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import text
from sqlalchemy.exc import DatabaseError

from briefing.errors import Misconfigured
from briefing.outages import reporting
from briefing.storage import make_folder

if TYPE_CHECKING:
    from alembic.config import Config
    from sqlalchemy import Connection

    from briefing.database import Database


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
            return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    except DatabaseError:
        return None


def migrate(database: Database, revision: str = "head") -> None:
    """Upgrade the database to `revision`, or downgrade it there when it is ahead. Creates what is missing.

    Raises DatabaseUnavailable, StorageUnavailable, or Misconfigured for a migration that is not known.
    """
    if revision == "head" and current(database) == newest():
        return
    from alembic import command  # noqa: PLC0415  as above
    from alembic.util import CommandError  # noqa: PLC0415  as above

    config = _config()
    folder = database.engine.url.database
    if database.engine.dialect.name == "sqlite" and folder:
        make_folder(Path(folder).parent)
    try:
        with reporting(), database.engine.execution_options(writing=True).begin() as connection:
            config.attributes["connection"] = connection
            if revision != "head" and _is_ahead(config, connection, revision):
                command.downgrade(config, revision)
            else:
                command.upgrade(config, revision)
    except CommandError as error:
        message = f"the database cannot be brought to {revision!r}: {error}"
        hint = "It may have been used by a newer Briefcast; `briefcast migrate --to` takes the ID of a migration."
        raise Misconfigured(message, hint=hint) from error


def _is_ahead(config: Config, connection: Connection, revision: str) -> bool:
    from alembic.runtime.migration import MigrationContext  # noqa: PLC0415  as above
    from alembic.script import ScriptDirectory  # noqa: PLC0415  as above

    now = MigrationContext.configure(connection).get_current_revision()
    if now is None:
        return False
    scripts = ScriptDirectory.from_config(config)
    return revision == "base" or now not in {script.revision for script in scripts.iterate_revisions(revision, "base")}
