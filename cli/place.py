"""This installation's database, storage and settings, opened for a command."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select

from briefing.database import Database
from briefing.errors import UnknownReference
from briefing.models import ShowRow, SourceRow
from briefing.newsroom import Show, SourceSettings
from briefing.schema import migrate
from briefing.settings import DataSettings
from briefing.storage import FolderStorage, make_folder


@dataclass(frozen=True)
class Place:
    """Where everything is kept."""

    settings: DataSettings
    database: Database
    storage: FolderStorage

    def show(self, slug: str | None) -> Show:
        """Return the show of that slug. Raises UnknownReference."""
        with self.database.reading() as session:
            row = session.get(ShowRow, slug)
            known = list(session.scalars(select(ShowRow.slug).order_by(ShowRow.position)))
        if row is None:
            message = f"there is no show {slug!r}"
            raise UnknownReference(
                message, code="unknown_show", hint=f"Known shows: {', '.join(known) or 'none; run `briefcast apply`'}."
            )
        return Show.model_validate(row.settings)

    def sources(self) -> dict[str, SourceSettings]:
        """Return the sources by name."""
        with self.database.reading() as session:
            return {row.name: SourceSettings.model_validate(row.settings) for row in session.scalars(select(SourceRow))}


def open_place() -> Place:
    """Open the place that the settings name, at the newest schema."""
    settings = DataSettings()
    make_folder(settings.data)
    database = Database(settings.database_address)
    migrate(database)
    return Place(settings, database, FolderStorage(settings.data))
