"""`briefcast spoken`: each line of standard input as it would be spoken."""

from __future__ import annotations

import io
import sys

import click

from cli.lexicons import lexicon_here
from worker.normalise import normalise
from worker.words.text import clean_characters


@click.command()
@click.option("--language", default="en", show_default=True, help="BCP 47 tag of the text.")
@click.option("--show", "slug", help="With this show's pronunciations too.")
def spoken(language: str, slug: str | None) -> None:
    """Read lines from standard input and write each, one line for one, as it would be spoken."""
    for stream in (sys.stdin, sys.stdout):
        if isinstance(stream, io.TextIOWrapper):
            # Whatever the locale says; a byte that is no UTF-8 must not end the run in the middle.
            stream.reconfigure(encoding="utf-8", errors="replace")
    lexicon = lexicon_here(slug)
    for line in sys.stdin:
        said, _ = normalise(clean_characters(line.rstrip("\r\n")), language, lexicon)
        sys.stdout.write(said.replace("\n", " ") + "\n")
        sys.stdout.flush()
