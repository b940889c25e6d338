"""`briefcast health`: the probe of a container or a unit, for processes that answer no HTTP. Exit code 1: not well."""

from __future__ import annotations

import sys
import time
import urllib.error
import urllib.request

import click

from briefing.settings import WorkSettings
from worker.running.vitals import trouble

#: Seconds for an API to answer; it asks nobody else for that.
_ANSWER_S = 3.0


@click.command()
@click.argument("role", type=click.Choice(["api", "worker", "dispatcher", "runner"]))
@click.option("--port", default=8000, show_default=True, help="Where the API of this container listens.")
def health(role: str, port: int) -> None:
    """Tell whether this container's processes of a ROLE are alive: by their heartbeat files, or the API's `/livez`."""
    wrong = _api_trouble(port) if role == "api" else trouble(WorkSettings().run_folder, role, time.time())
    click.echo(wrong or f"{role}: alive", err=wrong is not None)
    sys.exit(1 if wrong else 0)


def _api_trouble(port: int) -> str | None:
    address = f"http://127.0.0.1:{port}/livez"
    # Without the proxies of the environment: they lead out of the container.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(address, timeout=_ANSWER_S):
            return None
    except (urllib.error.URLError, OSError) as error:
        return f"{address} does not answer: {error}"
