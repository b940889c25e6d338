"""What routes need: the database, the published files, the catalogue, who is calling. One per app."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from anyio import CapacityLimiter
from fastapi import Depends, Request, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from api.problems import Problem
from api.shown import Shown
from briefing import keys
from briefing.database import Database
from briefing.errors import DatabaseUnavailable, Misconfigured
from briefing.keys import Caller, Scope
from briefing.settings import DataSettings, LimitSettings, PublicSettings, SpeechSettings
from voices.catalogue import Catalogue, load_catalogue
from voices.errors import CatalogueInvalid

if TYPE_CHECKING:
    from collections.abc import Callable


#: Threads that look at the database for listeners of events.
_LOOKERS = 4

#: Seconds a request waits for another writer: work is recorded in milliseconds, and a caller can come again.
_BUSY_S = 5.0


@dataclass(frozen=True)
class Context:
    """The app's surroundings."""

    database: Database
    data: DataSettings
    public: PublicSettings
    limits: LimitSettings
    speech: SpeechSettings
    catalogue: Catalogue

    @cached_property
    def lookers(self) -> CapacityLimiter:
        """A few threads for all listeners of events together, so that many of them leave the others to everybody else.

        Made in the event loop.
        """
        return CapacityLimiter(_LOOKERS)

    @cached_property
    def shown(self) -> Shown:
        """Answers about briefings that still hold."""
        return Shown()

    @property
    def files(self) -> Path:
        """The folder of published files."""
        return self.data.data / "public"

    @property
    def address(self) -> str:
        """Our public address, without a trailing slash."""
        return self.public.public_url.rstrip("/")


def from_settings() -> Context:
    """Return the context that the environment describes. Raises Misconfigured."""
    data, speech = DataSettings(), SpeechSettings()
    try:
        catalogue = load_catalogue(Path(speech.voices) if speech.voices else None)
    except CatalogueInvalid as error:
        raise Misconfigured(error.message) from error
    return Context(
        database=Database(data.database_address, busy_s=_BUSY_S),
        data=data,
        public=PublicSettings(),
        limits=LimitSettings(),
        speech=speech,
        catalogue=catalogue,
    )


def _context(request: Request) -> Context:
    context: Context = request.app.state.context
    return context


Here = Annotated[Context, Depends(_context)]

_bearer = HTTPBearer(
    auto_error=False,
    scheme_name="API key",
    description="`Authorization: Bearer bc_…`; make one with `briefcast keys create`.",
)


def caller_with(scope: Scope) -> Callable[..., Caller]:
    """Return the dependency that finds the caller and demands `scope`; answers `missing_key`, `bad_key` or
    `scope_missing` otherwise.
    """

    def caller(context: Here, credentials: Annotated[HTTPAuthorizationCredentials | None, Security(_bearer)]) -> Caller:
        if credentials is None:
            raise Problem(
                "missing_key", "no API key was sent", "Send it as `Authorization: Bearer bc_…`.",
                {"WWW-Authenticate": "Bearer"},
            )  # fmt: skip
        now = datetime.now(UTC)
        with context.database.reading() as session:
            found = keys.check(session, credentials.credentials, now)
            due = found is not None and keys.use_is_due(session, found.key_id, now)
        if found is None:
            raise Problem(
                "bad_key", "the API key is unknown, expired or revoked", headers={"WWW-Authenticate": "Bearer"}
            )
        if not found.may(scope):
            detail = f"the key {found.name!r} lacks the scope {scope.value!r}"
            raise Problem("scope_missing", detail, "Make one that has it with `briefcast keys create`.")
        if due:
            # What is only read must be there to read when nothing can be written.
            with suppress(DatabaseUnavailable), context.database.writing() as session:
                keys.note_use(session, found.key_id, now)
        return found

    return caller


Reader = Annotated[Caller, Depends(caller_with(Scope.READ))]
Generator = Annotated[Caller, Depends(caller_with(Scope.GENERATE))]
Publisher = Annotated[Caller, Depends(caller_with(Scope.PUBLISH))]
