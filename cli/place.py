"""This installation's database, storage and settings, opened for a command."""

from __future__ import annotations

import os
import pwd
from dataclasses import dataclass
from typing import TYPE_CHECKING

from briefing.database import Database
from briefing.errors import BadInput, UnknownReference
from briefing.observing.logs import get_logger
from briefing.podcasts.shows import listed_shows, listed_sources
from briefing.pronunciations.lexicons import lexicon_for
from briefing.settings import DataSettings, StorageSettings
from briefing.sql.schema import migrate
from briefing.storage import make_folder, open_storages

if TYPE_CHECKING:
    from briefing.podcasts.newsroom import SourceSettings
    from briefing.podcasts.show import Show
    from briefing.pronunciations.lexicon import Lexicon
    from briefing.storage import BlobStorage


@dataclass(frozen=True)
class Place:
    """Where everything is kept."""

    settings: DataSettings
    database: Database
    storage: BlobStorage

    def show(self, slug: str) -> Show:
        """Return the show of that slug. Raises UnknownReference."""
        with self.database.reading() as session:
            shows = listed_shows(session)
        if slug not in shows:
            message = f"there is no show {slug!r}"
            raise UnknownReference(
                message, code="unknown_show", hint=f"Known shows: {', '.join(shows) or 'none; run `briefcast apply`'}."
            )
        return shows[slug]

    def lexicon(self, slug: str | None) -> Lexicon:
        """Return the pronunciations that count for a show's articles, for no show the newsroom's."""
        with self.database.reading() as session:
            return lexicon_for(session, slug)

    def sources(self) -> dict[str, SourceSettings]:
        """Return the sources by name."""
        with self.database.reading() as session:
            return listed_sources(session)


def warn_of_root() -> None:
    """Log a warning where a process that stays runs as root: what gets hold of it then has the whole machine."""
    if os.geteuid() == 0:
        get_logger("place").warning("running as root; give Briefcast a user of its own (docs/security.md)")


def refuse_root() -> None:
    """Raise BadInput (wrong_user) where root is about to work in the data folder of another user: what it made there
    (keys, the database, its journal) would be root's, and lock that user's processes out.
    """
    if os.geteuid() != 0:
        return
    folder = DataSettings().data
    try:
        owner = folder.stat().st_uid
    except OSError:
        return
    if owner:
        message = f"root would work in {folder.resolve()}, which belongs to {_name_of(owner)}"
        raise BadInput(
            message,
            code="wrong_user",
            hint=f"Run it as that user, with the same settings: sudo -u {_name_of(owner)} … (docs/install.md).",
        )


def _name_of(user: int) -> str:
    try:
        return pwd.getpwuid(user).pw_name
    except KeyError:
        return f"'#{user}'"  # as sudo takes it


def open_place() -> Place:
    """Open the place that the settings name, at the newest schema."""
    settings = DataSettings()
    make_folder(settings.data)
    database = Database(settings.database_address)
    migrate(database)
    return Place(settings, database, open_storages(StorageSettings(), settings.data).blobs)
