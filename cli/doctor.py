"""`briefcast doctor`: what is wrong with this installation, and what to do. Exit code 0: nothing, or all of it mended;
1: something is left.
"""

from __future__ import annotations

import json
import sys

import click

from briefing.observing.faults import going_on
from worker.doctor import Finding, examine
from worker.installation.presence import check_there
from worker.workplace import Workplace


@click.command()
@click.option("--fix", is_flag=True, help="Mend what can be mended without harm, and say what was done.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line instead of text.")
def doctor(*, fix: bool, as_json: bool) -> None:
    """Look through database, storage, published files, work, Redis and this machine for what is wrong."""
    place, found = Workplace(), []
    with going_on("looking whether there is an installation"):  # the first finding, then
        check_there(place)
    for finding in examine(place, fix=fix):
        found.append(finding)
        click.echo(finding.model_dump_json() if as_json else _line(finding))
    left = [finding for finding in found if not finding.mended]
    if as_json:
        click.echo(json.dumps({"findings": len(found), "left": len(left)}))
    else:
        click.echo(f"{len(found)} findings, {len(left)} left" if found else "all is well")
    sys.exit(1 if left else 0)


def _line(finding: Finding) -> str:
    after = f"  mended: {finding.mended}" if finding.mended else f"  {finding.hint}" if finding.hint else ""
    return f"{finding.code}  {finding.subject}: {finding.detail}" + (f"\n{after}" if after else "")
