"""`briefcast demo`: the product with its sample newsroom, from an article's ID to an MP3, through the API."""

from __future__ import annotations

import json
import os
import socket
import threading
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import httpx
import uvicorn

from briefing.accounts import keys
from briefing.accounts.keys import Scope
from briefing.errors import BadInput, Misconfigured, Unavailable
from briefing.podcasts.newsroom import load_newsroom
from briefing.sql.schema import migrate
from briefing.states import ACTIVE, RevisionState
from cli.progress import progress_bar
from cli.serve import embedded_workers
from worker.installation.newsroom import apply
from worker.workplace import Workplace

if TYPE_CHECKING:
    from cli.serve import Workers
    from worker.credentials.signer import Signer

#: The sample article that the demo asks for.
_ARTICLE = "harbour-bridge"

#: Seconds after which the demo gives up: a slow laptop speaks the sample in one minute.
_PATIENCE_S = 600.0

#: Times the workers may end by themselves before the demo gives up.
_MOST_DEATHS = 3

#: Seconds between two looks at the progress.
_LOOK_S = 0.2

_SAMPLES = Path(__file__).parent.parent / "samples"


@dataclass(frozen=True)
class _Asked:
    address: str
    key: str
    article: str
    started: float
    """Monotonic seconds."""


@dataclass(frozen=True)
class _Result:
    briefing: dict[str, Any]
    took_s: float


@click.command()
@click.option("--once", is_flag=True, help="Stop after the first MP3 and print one line of JSON last.")
@click.option("--port", default=8000, show_default=True, type=click.IntRange(0, 65535), help="0 takes a free one.")
@click.option("--article", default=_ARTICLE, show_default=True, help="Which sample article to narrate.")
@click.option("--workers", type=click.IntRange(1, 64), help="Worker processes; by default one per core.")
def demo(port: int, article: str, workers: int | None, *, once: bool) -> None:
    """Start the product with the sample newsroom and narrate one of its articles."""
    started = time.monotonic()
    port = _free_port(port)
    address = f"http://127.0.0.1:{port}"
    os.environ["BRIEFCAST_PUBLIC_URL"] = address
    os.environ.setdefault("BRIEFCAST_LOG_LEVEL", "WARNING")
    if workers:
        os.environ["BRIEFCAST_WORKERS"] = str(workers)
    place = Workplace()
    migrate(place.database)
    apply(load_newsroom(_SAMPLES / "briefcast.toml"), place)
    now = datetime.now(UTC)
    with place.database.writing() as session:
        key = keys.create(session, "demo", (Scope.READ, Scope.GENERATE), now, now + timedelta(days=1))
    click.echo(f"Briefcast is starting on {address} …", err=True)
    with embedded_workers() as workers_beside, _api(port):
        result = _narrate(_Asked(address, key, article, started), workers_beside)
        mp3 = place.storage.path(result.briefing["live"]["url"].rpartition("/")[2].removesuffix(".mp3"))
        assert mp3 is not None
        _tell(result, address, key, mp3.resolve(), place.signer)
        if once:
            click.echo(json.dumps(_summary(result, mp3.resolve())))
        else:
            click.echo("\nServing until Ctrl-C.")
            _wait_for_stop()


def _free_port(port: int) -> int:
    """Return `port` if it can be had, a free one for 0. Raises Misconfigured."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            message = f"port {port} is taken"
            raise Misconfigured(
                message, hint="Stop what listens there, or choose another: ./run.sh demo --port 8001"
            ) from error
        return int(probe.getsockname()[1])


class _api:  # noqa: N801  used as a context manager
    """The API in a thread of this process, so that Ctrl-C reaches one place."""

    def __init__(self, port: int) -> None:
        config = uvicorn.Config(
            "api.app:create_app", factory=True, host="127.0.0.1", port=port, log_level="warning", server_header=False
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, name="api")

    def __enter__(self) -> None:
        self._thread.start()
        while not self._server.started and self._thread.is_alive():
            time.sleep(0.05)

    def __exit__(self, *_: object) -> None:
        self._server.should_exit = True
        self._thread.join(10)


def _narrate(asked: _Asked, workers: Workers) -> _Result:
    """Ask the API for the article's briefing and follow it. Raises BriefcastError when it fails."""
    headers = {"Authorization": f"Bearer {asked.key}"}
    with httpx.Client(base_url=asked.address, headers=headers, timeout=30, trust_env=False) as client:
        answer = client.post("/v1/briefings", json={"article_ids": [f"samples:{asked.article}"]})
        if answer.is_error:
            problem = answer.json()
            raise BadInput(problem["detail"], code=problem["code"], hint=problem["hint"])
        briefing = _followed(client, answer.json()["links"]["self"], asked, workers)
    if briefing["live"] is None or briefing["state"] == RevisionState.FAILED.value:
        failure = briefing["revision"]["error"] or {"code": "not_live", "message": "there is no audio", "hint": ""}
        raise BadInput(failure["message"], code=failure["code"], hint=failure["hint"])
    return _Result(briefing, time.monotonic() - asked.started)


def _followed(client: httpx.Client, link: str, asked: _Asked, workers: Workers) -> dict[str, Any]:
    """Return the briefing once its newest revision is finished, drawing a bar meanwhile. Raises Unavailable."""
    with progress_bar(f"Narrating samples:{asked.article}") as show:
        while time.monotonic() - asked.started < _PATIENCE_S:
            briefing: dict[str, Any] = client.get(link).raise_for_status().json()
            progress = briefing["revision"]["progress"]
            if progress["steps_total"]:
                show(progress["steps_done"], progress["steps_total"], progress["audio_s"])
            if RevisionState(briefing["state"]) not in ACTIVE:
                return briefing
            if workers.deaths >= _MOST_DEATHS:
                message = f"the workers ended {workers.deaths} times"
                raise Unavailable(message, hint="Their last words are above.")
            time.sleep(_LOOK_S)
    message = f"the article is still being narrated after {_PATIENCE_S:.0f} s"
    raise Unavailable(message, hint="It goes on where it was when you start the demo again.")


def _tell(result: _Result, address: str, key: str, mp3: Path, signer: Signer) -> None:
    links = result.briefing["links"]
    signed_by = "signed by development credentials" if signer.development else "signed by your certificate"
    click.echo(
        f"\n  MP3          {mp3}   ({signed_by})\n"
        f"  Player page  {links['embed']}\n"
        f"  Feed         {links['feed']}\n"
        f"  API docs     {address}/docs\n"
        f"  API key      {key}   (for one day)\n\n"
        "  Your own article, no server needed:\n"
        "    .venv/bin/briefcast narrate my-article.html -o my-article.mp3\n"
        "  What would be read of it, and what not:\n"
        "    .venv/bin/briefcast script my-article.html\n"
        "  Who made the MP3, and is it unchanged?\n"
        f"    .venv/bin/briefcast inspect {mp3}"
    )


def _summary(result: _Result, mp3: Path) -> dict[str, object]:
    live = result.briefing["live"]
    return {
        "mp3": str(mp3),
        "url": live["url"],
        "duration_s": live["duration_s"],
        "words": result.briefing["revision"]["words"],
        "took_s": round(result.took_s, 2),
    }


def _wait_for_stop() -> None:
    try:
        threading.Event().wait()
    except KeyboardInterrupt:
        click.echo("\nStopping …", err=True)
