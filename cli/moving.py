"""`briefcast import` and `briefcast export`: podcasts from other hosts, and back to them."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from briefing.settings import FetchSettings
from briefing.sql.schema import migrate
from worker.moving.move import Bounds
from worker.moving.moving_in import take_over
from worker.moving.moving_out import take_out
from worker.moving.redirects import as_csv, as_nginx
from worker.workplace import Workplace

if TYPE_CHECKING:
    from briefing.podcasts.show import Show


@click.group("import")
def moving_in() -> None:
    """Take over what was published elsewhere."""


@moving_in.command("feed")
@click.argument("address")
@click.option("--show", "slug", help="The show that takes it over, made where there is none; by default of its title.")
@click.option("--redirects", type=click.Choice(["nginx", "csv"]), default="nginx", show_default=True)
@click.option("--most-mb", default=500.0, show_default=True, type=click.FloatRange(0.1), help="Bound on one MP3.")
@click.option("--hidden", is_flag=True, help="Take over what the feed asks directories not to list (itunes:block).")
def import_feed(address: str, slug: str | None, redirects: str, most_mb: float, *, hidden: bool) -> None:
    """Take over the podcast whose feed is at ADDRESS: guids, dates, MP3s, pictures.

    Safe to repeat: run it until nothing is left, and once more after the switch. The redirects for the old host are
    printed, everything else is told on standard error.
    """
    place = Workplace()
    migrate(place.database)
    bounds = Bounds(FetchSettings(), audio_mb=most_mb, hidden=hidden)
    done = take_over(place, address, slug, bounds, datetime.now(UTC), lambda line: click.echo(line, err=True))
    click.echo(as_csv(done.redirects) if redirects == "csv" else as_nginx(done.redirects), nl=False)
    for warning in done.warnings:
        click.echo(f"note: {warning}", err=True)
    feed = place.files.feed_address(done.show.slug)
    click.echo(
        f"{done.taken} episodes taken over, {done.there} were there, {len(done.refused)} were not taken over\n"
        f"the feed: {feed}\n"
        f"in the old feed, until its redirect is there: <itunes:new-feed-url>{feed}</itunes:new-feed-url>\n"
        f"for briefcast.toml, unless it is there:\n\n{_table(done.show)}",
        err=True,
    )
    if done.refused:
        raise SystemExit(1)


def _table(show: Show) -> str:
    """Return the show as it is written in a settings file."""
    told = show.model_dump(mode="json", exclude_defaults=True)
    if "categories" in told:
        told.pop("category", None)
    lines = [f"{name} = {_toml(value)}" for name, value in told.items() if not isinstance(value, dict)]
    return "\n".join(["[[shows]]", *lines])


def _toml(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return f"[{', '.join(map(_toml, value))}]"
    if not isinstance(value, str):
        return str(value)
    escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\t", "\\t")
    return '"' + "".join(letter if letter.isprintable() else f"\\u{ord(letter):04x}" for letter in escaped) + '"'


@click.group("export")
def moving_out() -> None:
    """Take what was published here elsewhere."""


@moving_out.command("show")
@click.argument("slug")
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@click.option("--address", help="Where FOLDER will be served; by default the addresses stay as they are.")
def export_show(slug: str, folder: Path, address: str | None) -> None:
    """Write the show SLUG into FOLDER: feed, MP3s, pictures, transcripts, and the redirects to --address.

    Changes nothing here. When the new feed is up, set `new_feed` of the show to its address, apply, and put the
    redirects before Briefcast.
    """
    done = take_out(Workplace(), slug, folder, address)
    click.echo(f"{done.episodes} episodes, {done.bytes:,} bytes of audio\nthe feed is to be at {done.feed_address}")
    if done.members:
        click.echo(
            f"{done.members} episodes are for members: not taken out, but for previews that the feed lists", err=True
        )
    for title in done.lost:
        click.echo(f"its audio is lost here: {title}; see `briefcast doctor`", err=True)
    if done.lost:
        raise SystemExit(1)
