"""What listeners do, gathered in memory and written down beside the requests that tell of it.

Whoever listens waits for none of this: a request puts a word into a bounded buffer, and one thread writes what is there
every second. Where the database is away, what has come is kept up to the buffer's bound, as hashes without addresses;
what does not fit is dropped and counted.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from prometheus_client import Counter

from briefing.audience import clients, records
from briefing.audience.records import Asked, day_before, day_of
from briefing.errors import DatabaseUnavailable
from briefing.limits import Buckets
from briefing.observing.logs import get_logger

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from prometheus_client import CollectorRegistry

    from briefing.audience.events import Heard
    from briefing.database import Database
    from briefing.settings import AudienceSettings

#: Events and requests held at a time: minutes of a busy site, some megabytes.
MOST_HELD = 20_000

#: Written in one transaction.
_BATCH = 500

#: Seconds between two writes, and after one that failed.
_EVERY_S, _AGAIN_S = 1.0, 5.0

_log = get_logger("audience")


@dataclass(frozen=True)
class _Request:
    """An enclosure's request as it came, for the second until it is hashed."""

    sha256: str
    show: str
    spans: tuple[tuple[int, int], ...] | None
    address: str
    agent: str
    at: float


@dataclass
class _Held:
    """What waits to be written."""

    heard: deque[tuple[Heard, float]] = field(default_factory=deque)
    requests: deque[_Request] = field(default_factory=deque)
    asked: deque[Asked] = field(default_factory=deque)

    def __len__(self) -> int:
        return len(self.heard) + len(self.requests) + len(self.asked)


class Counting:
    """The buffer of one API process, and its thread, which starts with the first thing to count."""

    def __init__(
        self,
        settings: AudienceSettings,
        database: Database,
        registry: CollectorRegistry,
        clock: Callable[[], float] = time.time,
        most: int = MOST_HELD,
    ) -> None:
        """Raises Misconfigured for a list of bots that cannot be used."""
        self._programs = clients.bots(settings.bots)
        self._per_minute, self._asked_per_minute = settings.reports_a_minute, settings.requests_a_minute
        self._database, self._clock, self._most = database, clock, most
        self._events = Counter(
            "briefcast_audience_events",
            "What players reported and podcast apps asked for, by what became of it.",
            ["kind", "outcome"],
            registry=registry,
        )
        self._buckets, self._askers = Buckets(), Buckets()
        self._held = _Held()
        self._salts: dict[str, bytes] = {}
        self._lock, self._writing = threading.Lock(), threading.Lock()
        self._wake, self._over = threading.Event(), threading.Event()
        self._thread: threading.Thread | None = None

    def may_report(self, address: str, number: int = 1) -> bool:
        """Tell whether so many events of this address are taken, and count them."""
        cost = min(number, self._per_minute)
        granted = self._buckets.take(clients.network(address), self._per_minute, time.monotonic(), cost).wait_s <= 0
        if not granted:
            self._events.labels("play", "too_many").inc()
        return granted

    def plays(self, heard: list[Heard], nonsense: int, headers: Mapping[str, str]) -> None:
        """Take a player's report."""
        if nonsense:
            self._events.labels("play", "nonsense").inc(nonsense)
        if not clients.is_person(headers.get("user-agent", ""), self._programs):
            self._events.labels("play", "bot").inc(len(heard))
            return
        at = self._clock()
        self._hold("play", len(heard), lambda: self._held.heard.extend((one, at) for one in heard))

    def request(
        self,
        sha256: str,
        show: str,
        spans: tuple[tuple[int, int], ...] | None,
        address: str,
        headers: Mapping[str, str],
    ) -> None:
        """Take a podcast app's request for an enclosure; `spans` are the bytes it asks for, None for all."""
        agent = headers.get("user-agent", "")
        if not clients.is_person(agent, self._programs):
            self._events.labels("download", "bot").inc()
        elif clients.is_ahead(headers):
            self._events.labels("download", "prefetch").inc()
        elif not self._may_ask(address):
            # Whoever asks hears it all the same.
            self._events.labels("download", "too_many").inc()
        else:
            one = _Request(sha256, show, spans, address, agent, self._clock())
            self._hold("download", 1, lambda: self._held.requests.append(one))

    def _may_ask(self, address: str) -> bool:
        """Tell whether another request of this address is counted: its user agent is whatever it says, and each makes
        another client.
        """
        standing = self._askers.take(clients.network(address), self._asked_per_minute, time.monotonic())
        return standing.wait_s <= 0

    def _hold(self, kind: str, number: int, hold: Callable[[], None]) -> None:
        with self._lock:
            fits = len(self._held) + number <= self._most
            if fits:
                hold()
            if self._thread is None and number:
                self._thread = threading.Thread(target=self._keep_writing, name="audience", daemon=True)
                self._thread.start()
        if not fits:
            self._events.labels(kind, "no_room").inc(number)

    def flush(self) -> bool:
        """Write what is held; tell whether all of it is. Nothing is lost by a database that is away."""
        while len(self._held):
            try:
                with self._writing:
                    self._write()
            except DatabaseUnavailable as error:
                _log.warning("what listeners do is held, not written", held=len(self._held), message=error.message)
                return False
        return True

    def close(self) -> None:
        """Write what is held, once, and stop."""
        self._over.set()
        self._wake.set()
        if self._thread is not None:
            self._thread.join()
        self.flush()

    def _keep_writing(self) -> None:
        wait_s = _EVERY_S
        while not self._over.is_set():
            self._wake.wait(wait_s)
            try:
                wait_s = _EVERY_S if self.flush() else _AGAIN_S
            except Exception:  # noqa: BLE001
                # Nothing of what is counted is worth more than going on counting.
                _log.exception("what listeners did could not be written and is dropped")
                with self._lock:
                    self._held = _Held()

    def _write(self) -> None:
        """Write a batch. Raises DatabaseUnavailable; then all of it is held still, requests as hashes."""
        self._hash_requests()
        with self._lock:
            heard = [self._held.heard[number] for number in range(min(_BATCH, len(self._held.heard)))]
            asked = [self._held.asked[number] for number in range(min(_BATCH, len(self._held.asked)))]
        with self._database.writing() as session:
            strange_heard = records.note_plays(session, heard)
            strange_asked = records.note_requests(session, asked)
        with self._lock:
            # Only this thread takes from the front.
            for held, number in ((self._held.heard, len(heard)), (self._held.asked, len(asked))):
                for _ in range(number):
                    held.popleft()
        for kind, number, strange in (("play", len(heard), strange_heard), ("download", len(asked), strange_asked)):
            self._events.labels(kind, "nonsense").inc(strange)
            self._events.labels(kind, "written").inc(number - strange)

    def _hash_requests(self) -> None:
        """Put hashes in the place of addresses, by salts at hand or from the database; without either, drop them: an
        address is never kept for longer than a write takes.
        """
        with self._lock:
            requests, self._held.requests = self._held.requests, deque()
        if not requests:
            return
        days = sorted({day for one in requests for day in (day_before(day_of(one.at)), day_of(one.at))})
        try:
            self._learn_salts(days)
        except DatabaseUnavailable:
            if not all(day in self._salts for day in days):
                self._events.labels("download", "no_salt").inc(len(requests))
                return
        hashed = [Asked(one.sha256, one.show, self._clients(one), one.spans, one.at) for one in requests]
        with self._lock:
            self._held.asked.extend(hashed)

    def _learn_salts(self, days: list[str]) -> None:
        if all(day in self._salts for day in days):
            return
        with self._database.writing() as session:
            found = {day: records.salt_of(session, day) for day in days}
        # Older ones are forgotten here too.
        self._salts = found

    def _clients(self, one: _Request) -> tuple[str, ...]:
        day = day_of(one.at)
        return tuple(clients.client(self._salts[name], one.address, one.agent) for name in (day, day_before(day)))
