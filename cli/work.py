"""`briefcast work`, `dispatch` and `migrate`: the processes behind the API, one command each."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

import click

from briefing.database import BUSY_S
from briefing.observing.logs import configure
from briefing.settings import WorkSettings
from briefing.sql.schema import current, is_newer, newest
from briefing.sql.schema import migrate as migrate_database
from cli.place import warn_of_root
from worker.workplace import Workplace

if TYPE_CHECKING:
    from collections.abc import Callable


def on_stop(stop: Callable[[], None]) -> None:
    """Have `stop` called when this process is told to end."""
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: stop())


@click.command()
@click.option("--parent", type=int, hidden=True, help="Process to end with, even when it is killed.")
def work(parent: int | None) -> None:
    """Run the embedded workers: no broker, one machine. `briefcast serve` starts them by itself."""
    from worker.runner import Runner, die_with_parent  # noqa: PLC0415  each command loads only its own

    if parent is not None:
        die_with_parent(parent)
    configure()
    settings = WorkSettings()
    # No longer than a lease: where nothing can be written, a child that hangs may be why.
    place = Workplace(work=settings, busy_s=min(BUSY_S, settings.lease_s))
    _ = place.signer  # opened now: a certificate or key that cannot sign is told before work starts
    runner = Runner(place)
    on_stop(runner.stop)
    runner.run()


@click.command()
def dispatch() -> None:
    """Run the dispatcher, which rings Celery's workers. One per installation."""
    from worker.dispatcher import Dispatcher  # noqa: PLC0415  each command loads only its own

    configure()
    warn_of_root()
    dispatcher = Dispatcher(Workplace())
    on_stop(dispatcher.stop)
    dispatcher.run()


@click.command()
@click.option("--to", "revision", default="head", show_default=True, help="A migration's ID, head or base.")
def migrate(revision: str) -> None:
    """Bring the database to the newest schema."""
    place = Workplace()
    try:
        migrate_database(place.database, revision)
        found = current(place.database)
    finally:
        place.database.dispose()
    newer = "; the database is a newer version's and is used as it is" if is_newer(found) else ""
    click.echo(f"{found or 'empty'} (newest: {newest()}){newer}")
