"""What routes need: the database, the published files, the catalogue, who is calling. One per app."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

from anyio import CapacityLimiter
from fastapi import Depends, Request, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from api.counting import Counting
from api.http_measures import HttpMeasures
from api.probes import Probe
from api.problems import Problem
from api.provider import Provider
from api.rates import Rates
from api.reporting import Reporting
from api.shown import Shown
from api.signing import Signing
from api.small_files import SmallFiles
from api.streams import OpenStreams
from briefing.accounts import keys
from briefing.accounts.keys import Caller, Scope
from briefing.database import Database
from briefing.errors import Misconfigured
from briefing.observing.faults import going_on
from briefing.settings import (
    AudienceSettings,
    DataSettings,
    LimitSettings,
    MembersSettings,
    MetricsSettings,
    ProviderSettings,
    PublicSettings,
    QuotaSettings,
    SpeechSettings,
    StorageSettings,
    SummarySettings,
)
from briefing.storage import PublicStorage, Storages, open_storages
from voices.catalogue import Catalogue, load_catalogue
from voices.errors import CatalogueInvalid

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.orm import Session


Seen = TypeVar("Seen")

#: Seconds for which one look serves all probes, and all scrapes.
_FRESH_S = 1.0
_SCRAPE_FRESH_S = 3.0

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
    quotas: QuotaSettings
    rates: Rates
    storages: Storages
    audio_at: str
    """Where readers get MP3s, without a trailing slash."""
    storing: StorageSettings = field(default_factory=StorageSettings)
    metrics: MetricsSettings = field(default_factory=MetricsSettings)
    members: MembersSettings = field(default_factory=MembersSettings)
    audience: AudienceSettings = field(default_factory=AudienceSettings)
    sign_in: ProviderSettings = field(default_factory=ProviderSettings)
    summary: SummarySettings = field(default_factory=SummarySettings)
    http_measures: HttpMeasures = field(default_factory=HttpMeasures)
    _probes: dict[str, Probe[Any]] = field(default_factory=dict)

    @cached_property
    def counting(self) -> Counting:
        """What listeners do, on its way to the database."""
        return Counting(self.audience, self.database, self.http_measures.registry)

    @cached_property
    def reporting(self) -> Reporting:
        """How often listeners may report a word."""
        return Reporting(self.audience.word_reports_a_minute)

    @cached_property
    def lookers(self) -> CapacityLimiter:
        """A few threads for all listeners of events together, so that many of them leave the others to everybody else.

        Made in the event loop.
        """
        return CapacityLimiter(_LOOKERS)

    @cached_property
    def streams(self) -> OpenStreams:
        """The streams of events that are open."""
        return OpenStreams()

    @cached_property
    def small(self) -> SmallFiles:
        """Small published files that are at hand."""
        return SmallFiles(self.files)

    @cached_property
    def members_small(self) -> SmallFiles:
        """The same of members' files, as they were written: their addresses open nothing yet."""
        return SmallFiles(self.storages.members)

    @cached_property
    def signing(self) -> Signing:
        """What opens members' files."""
        return Signing(self.database, self.members.feed_days)

    @cached_property
    def shown(self) -> Shown:
        """Answers about briefings that still hold."""
        return Shown()

    @cached_property
    def provider(self) -> Provider | None:
        """The provider at which one may sign in, None where none is set."""
        return Provider(self.sign_in, self.address) if self.sign_in.on else None

    def readiness(self, look: Callable[[Context], Seen]) -> Probe[Seen]:
        """The look for `/readyz`, shared by all probes of a second."""
        return self._probe("readiness", look, _FRESH_S)

    def scrape(self, look: Callable[[Context], Seen]) -> Probe[Seen]:
        """The look at the database for `/metrics`, shared by scrapes that come close upon one another."""
        return self._probe("scrape", look, _SCRAPE_FRESH_S)

    def _probe(self, name: str, look: Callable[[Context], Seen], fresh_s: float) -> Probe[Seen]:
        return self._probes.setdefault(name, Probe(lambda: look(self), fresh_s))

    @property
    def files(self) -> PublicStorage:
        """The published files."""
        return self.storages.public

    @property
    def address(self) -> str:
        """Our public address, without a trailing slash."""
        return self.public.public_url.rstrip("/")


def from_settings() -> Context:
    """Return the context that the environment describes. Raises Misconfigured."""
    data, speech, public, kept = DataSettings(), SpeechSettings(), PublicSettings(), StorageSettings()
    try:
        catalogue = load_catalogue(Path(speech.voices) if speech.voices else None)
    except CatalogueInvalid as error:
        raise Misconfigured(error.message) from error
    public, quotas = PublicSettings(), QuotaSettings()
    return Context(
        database=Database(data.database_address, busy_s=_BUSY_S, connections=data.database_connections),
        data=data,
        public=public,
        limits=LimitSettings(),
        speech=speech,
        catalogue=catalogue,
        storages=open_storages(kept, data.data),
        storing=kept,
        audio_at=(kept.public_files_url or public.public_url).rstrip("/"),
        quotas=quotas,
        rates=Rates(quotas, public.trusted_proxies),
    )


async def _context(request: Request) -> Context:
    context: Context = request.app.state.context
    return context


Here = Annotated[Context, Depends(_context)]

_bearer = HTTPBearer(
    auto_error=False,
    scheme_name="API key",
    description="`Authorization: Bearer bc_…`; make one with `briefcast keys create`.",
)

Credentials = Annotated[HTTPAuthorizationCredentials | None, Security(_bearer)]


@dataclass(frozen=True)
class ScopeDemand:
    """The dependency that finds the caller and demands `scope`; answers `missing_key`, `bad_key`, `scope_missing` or
    `rate_limited` otherwise. A class, so that `api.guard` sees which routes have one.
    """

    scope: Scope

    def __call__(
        self,
        request: Request,
        context: Here,
        credentials: Credentials,
    ) -> Caller:
        """Return the caller."""
        return self.admitted(request, context, credentials, _nothing_more)[0]

    def admitted(
        self,
        request: Request,
        context: Context,
        credentials: HTTPAuthorizationCredentials | None,
        work: Callable[[Session], Seen],
    ) -> tuple[Caller, Seen]:
        """Return the caller, and what `work` reads for it in the session in which the key was looked up."""
        if credentials is None:
            context.rates.without_key(request)
            raise Problem(
                "missing_key", "no API key was sent", "Send it as `Authorization: Bearer bc_…`.",
                {"WWW-Authenticate": "Bearer"},
            )  # fmt: skip
        context.rates.before_key(request, credentials.credentials)
        now = datetime.now(UTC)
        with context.database.reading() as session:
            found = keys.check(session, credentials.credentials, now, context.quotas)
            context.rates.after_key(request, credentials.credentials, good=found is not None)
            caller = self._let_in(request, context, found)
            done = work(session)
        if caller.use_is_due:
            # What is only read must be there to read when nothing can be written.
            with going_on("noting a key's use"), context.database.writing() as session:
                keys.note_use(session, caller.key_id, now)
        return caller, done

    def _let_in(self, request: Request, context: Context, found: Caller | None) -> Caller:
        """Return whoever was found if it may come in. Raises Problem."""
        if found is None:
            raise Problem(
                "bad_key", "the API key is unknown, expired or revoked", headers={"WWW-Authenticate": "Bearer"}
            )
        context.rates.with_key(request, found.key_id, found.limits.per_minute or 0)
        if not found.may(self.scope):
            detail = f"the key {found.name!r} lacks the scope {self.scope.value!r}"
            raise Problem("scope_missing", detail, "Make one that has it with `briefcast keys create`.")
        return found


def _nothing_more(_: Session) -> None:
    """Read nothing beside the key."""


Reader = Annotated[Caller, Depends(ScopeDemand(Scope.READ))]
Generator = Annotated[Caller, Depends(ScopeDemand(Scope.GENERATE))]
Publisher = Annotated[Caller, Depends(ScopeDemand(Scope.PUBLISH))]
Analyst = Annotated[Caller, Depends(ScopeDemand(Scope.AUDIENCE))]
Administrator = Annotated[Caller, Depends(ScopeDemand(Scope.ADMIN))]
