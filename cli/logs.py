"""`briefcast logs`: of all processes' log lines on standard input, those that tell of one briefing or request."""

from __future__ import annotations

import json
import sys

import click


@click.command()
@click.argument("name")
def logs(name: str) -> None:
    """Print the lines of standard input that belong to a briefing's or a request's ID, such as
    `journalctl -o cat -u 'briefcast-*' | briefcast logs 5f2b8c1e9a7d4036`.

    Lines of the revisions, steps and requests that a line of the briefing's has named belong to it too.
    """
    known: dict[str, set[object]] = {field: set() for field in ("request_id", "revision", "step")}
    known["request_id"].add(name)
    for line in sys.stdin:
        # Compose and kubectl write before each line who wrote it.
        _, brace, rest = line.partition("{")
        line = brace + rest.rstrip("\n")  # noqa: PLW2901  the line is what is left of it
        try:
            found = json.loads(line)
        except ValueError:
            continue
        if not isinstance(found, dict):
            continue
        if found.get("briefing") == name or any(found.get(field) in values for field, values in known.items()):
            for field, values in known.items():
                if found.get(field) is not None:
                    values.add(found[field])
            click.echo(line)
