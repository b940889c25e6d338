"""What a process that works needs: database, storage, speakers, settings. Made once per process, after any fork."""

from __future__ import annotations

import os
import socket
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from briefing.database import BUSY_S, Database
from briefing.observing.logs import get_logger
from briefing.settings import (
    AudienceSettings,
    DataSettings,
    LimitSettings,
    PublicSettings,
    RetentionSettings,
    SigningSettings,
    SpeechSettings,
    StorageSettings,
    WorkSettings,
)
from briefing.storage import open_storages
from worker.credentials.signer import open_signer
from worker.public.public_files import PublicFiles
from worker.running.heartbeat import AtHand
from worker.running.leases import Leases
from worker.takes.speakers import Speakers

if TYPE_CHECKING:
    from briefing.storage import BlobStorage, Storages
    from worker.credentials.signer import Signer


_log = get_logger("workplace")


@dataclass(frozen=True)
class Workplace:
    """The things at hand; those that take time to make are made when first used."""

    data: DataSettings = field(default_factory=DataSettings)
    kept: StorageSettings = field(default_factory=StorageSettings)
    public: PublicSettings = field(default_factory=PublicSettings)
    work: WorkSettings = field(default_factory=WorkSettings)
    limits: LimitSettings = field(default_factory=LimitSettings)
    keep: RetentionSettings = field(default_factory=RetentionSettings)
    audience: AudienceSettings = field(default_factory=AudienceSettings)
    busy_s: float = BUSY_S
    """Seconds to wait for another writer."""

    @cached_property
    def database(self) -> Database:
        """The record of all work."""
        return Database(self.data.database_address, busy_s=self.busy_s, connections=self.data.database_connections)

    @cached_property
    def storages(self) -> Storages:
        """Where bytes are kept. Raises Misconfigured."""
        return open_storages(self.kept, self.data.data)

    @cached_property
    def storage(self) -> BlobStorage:
        """Takes and masters."""
        return self.storages.blobs

    @cached_property
    def files(self) -> PublicFiles:
        """What readers fetch."""
        return PublicFiles(
            storage=self.storages.public,
            address=self.public.public_url.rstrip("/"),
            audio_at=self.kept.public_files_url.rstrip("/"),
            audience=self.audience,
            purge_command=self.public.purge_command,
            hubs=tuple(self.public.websub_hubs.split()),
            members=self.storages.members,
        )

    @cached_property
    def speakers(self) -> Speakers:
        """Voices and engines."""
        return Speakers(SpeechSettings())

    @cached_property
    def signer(self) -> Signer:
        """Who signs what is published. Raises SigningMisconfigured."""
        signer = open_signer(SigningSettings(), self.data.data, datetime.now(UTC))
        if signer.development and self.kept.in_bucket:
            _log.warning(
                "each host signs with development credentials of its own",
                hint="Name one certificate on all hosts, or give them the same signing/ folder: docs/credentials.md.",
            )
        return signer

    @cached_property
    def at_hand(self) -> AtHand:
        """The step being performed."""
        return AtHand()

    @cached_property
    def leases(self) -> Leases:
        """What keeps the leases of the steps at hand."""
        return Leases(self.database, self.work.lease_s)

    @cached_property
    def holder(self) -> str:
        """The name under which this process leases steps."""
        return holder_name(os.getpid())


def holder_name(pid: int) -> str:
    """Return the name under which process `pid` of this host leases steps.

    With the moment it started (in ticks, Linux), since containers and restarts use the same numbers over and over: an
    old lease of process 8 is none of today's process 8.
    """
    try:
        started = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19]
    except OSError:
        started = "0"
    return f"{socket.gethostname()}:{pid}:{started}"
