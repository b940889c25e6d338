"""How steps are claimed, renewed and rung, and the bounds on one briefing."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from pydantic import Field, field_validator

from briefing.settings.addresses import check_broker
from briefing.settings.base import SECRET, Settings, config


class WorkSettings(Settings):
    """How steps are claimed, renewed and rung."""

    model_config = config("BRIEFCAST_")

    workers: int = Field(default_factory=lambda: os.cpu_count() or 1, ge=1)
    """Worker processes of the embedded runner."""
    workers_reserved: int = Field(default=0, ge=0)
    """Worker processes that do no bulk work, of the embedded runner; one is left for it always."""
    worker_memory_mb: int = Field(default=4096, ge=0)
    """Megabytes a worker process may hold: above it is replaced after its step, half above that at once; 0: none.
    At least twice what a loaded model takes."""
    lease_s: float = Field(default=60.0, gt=0, le=3600)
    """Seconds a claim lasts unless renewed; a dead worker's step is free again after that."""
    tick_s: float = Field(default=5.0, gt=0, le=20)
    """Seconds between two rounds of the dispatcher."""
    step_s: float = Field(default=1800.0, gt=0, le=1800)
    """Seconds that a step may take at most, whatever its kind; kinds with a shorter deadline keep it."""
    ring_again_s: float = Field(default=60.0, gt=0, le=3600)
    """Seconds after which a ready step is rung again."""
    narrator_wait_s: float = Field(default=60.0, gt=0, le=3600)
    """Seconds a revision waits for workers with the engine and model it pinned; then it is cut anew for those there."""
    deadline_days: float = Field(default=7.0, ge=0, le=3660)
    """Days after which an interactive revision that is not made yet fails as `overdue`; 0: never."""
    deadline_bulk_days: float = Field(default=366.0, ge=0, le=3660)
    """The same for bulk work, whose turn may be weeks away."""
    heartbeat_s: float = Field(default=10.0, gt=0, le=20)
    """Seconds between two reports of a process about itself."""
    run: str = ""
    """Folder for heartbeat files, on this host alone; empty means one in the temporary folder."""
    broker_url: str = Field(
        default="redis://127.0.0.1:6379/0",
        pattern=r"^(rediss?|redis\+socket|sentinel)://",
        repr=False,
        json_schema_extra=SECRET,
    )
    """Celery's Redis; used by the dispatcher and the workers, never by the API."""

    @field_validator("broker_url")
    @classmethod
    def _is_checked(cls, address: str) -> str:
        check_broker(address)
        # What the transport does not know it takes for "none".
        odd = set(parse_qs(urlsplit(address).query).get("ssl_cert_reqs", ())) - {"required", "optional", "none"}
        if odd:
            message = "ssl_cert_reqs is required, optional or none"
            raise ValueError(message)
        return address

    @property
    def run_folder(self) -> Path:
        """`run` with the default filled in."""
        return Path(self.run) if self.run else Path(tempfile.gettempdir()) / f"briefcast-{os.getuid()}"


class LimitSettings(Settings):
    """Bounds on one briefing."""

    model_config = config("BRIEFCAST_LIMIT_")

    characters: int = Field(default=100_000, ge=1)
    """Spoken characters."""
    chunks: int = Field(default=500, ge=1)
    """Chunks, that is engine calls."""
    articles: int = Field(default=50, ge=1)
    """Articles."""
