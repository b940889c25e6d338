"""`briefcast spoken`: each line of standard input as it would be spoken."""

from __future__ import annotations

import io
import sys

import click

from worker.normalise import normalise
from worker.text import clean_characters


@click.command()
@click.option("--language", default="en", show_default=True, help="BCP 47 tag of the text.")
def spoken(language: str) -> None:
    """Read lines from standard input and write each, one line for one, as it would be spoken."""
    for stream in (sys.stdin, sys.stdout):
        if isinstance(stream, io.TextIOWrapper):
            # Whatever the locale says; a byte that is no UTF-8 must not end the run in the middle.
            stream.reconfigure(encoding="utf-8", errors="replace")
    for line in sys.stdin:
        said, _ = normalise(clean_characters(line.rstrip("\r\n")), language)
        sys.stdout.write(said.replace("\n", " ") + "\n")
        sys.stdout.flush()
