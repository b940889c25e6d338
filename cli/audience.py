"""`briefcast audience`: who listened to what, from this installation's database."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import click

from briefing.audience import figures
from briefing.audience.figures import MOST_ROWS, By, Figures, Question
from cli.place import open_place

_DAY = click.DateTime(["%Y-%m-%d"])


@click.command()
@click.option("--since", type=_DAY, help="First day (UTC); by default thirty days back.")
@click.option("--until", type=_DAY, help="Last day (UTC); by default today.")
@click.option("--show", "slug", help="Of this show alone.")
@click.option("--article", help="Of this article alone, as source:id.")
@click.option("--by", type=click.Choice([by.value for by in By]), default="article", show_default=True)
@click.option("--csv", "as_csv", is_flag=True, help="As CSV, all rows, for a spreadsheet.")
def audience(
    since: datetime | None, until: datetime | None, slug: str | None, article: str | None, by: str, *, as_csv: bool
) -> None:
    """Say what was listened to: plays, listening time by quarter of the audio, completion, downloads."""
    last = until.date() if until else datetime.now(UTC).date()
    first = since.date() if since else last - timedelta(days=29)
    place = open_place()
    rows: list[Figures] = []
    with place.database.reading() as session:
        asked = Question(first, last, slug, article, By(by), 0, MOST_ROWS)
        total = figures.totals(session, asked)
        while found := figures.rows(session, asked):
            rows += found
            if len(found) < MOST_ROWS or not as_csv:
                break
            asked = Question(first, last, slug, article, By(by), asked.offset + MOST_ROWS, MOST_ROWS)
    if as_csv:
        click.echo(figures.as_csv(rows), nl=False)
    else:
        _print(rows, total, first, last)


def _print(rows: list[Figures], total: Figures, first: date, last: date) -> None:
    click.echo(f"{first} to {last}")
    click.echo(f"{'plays':>8} {'complete':>8} {'hours':>8} {'by quarter, %':>20} {'downloads':>9}")
    for row in [*rows, total]:
        named = " ".join(part for part in (row.day, row.show, row.article) if part) or "in all"
        complete = "" if row.completion is None else f"{row.completion:.0%}"
        shares = [f"{quarter / row.listened_s:.0%}" if row.listened_s else "" for quarter in row.quarters_s]
        hours = row.listened_s / 3600
        click.echo(f"{row.plays:>8,} {complete:>8} {hours:>8,.1f} {' '.join(shares):>20} {row.downloads:>9,}  {named}")
