"""Progress of a narration on standard error: a bar on a terminal, a line now and then elsewhere."""

from __future__ import annotations

import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

#: Seconds between two lines where no bar can be drawn, so that a log is not flooded.
_LINE_EVERY_S = 3.0


@contextmanager
def progress_bar(label: str) -> Iterator[Callable[[int, int, float], None]]:
    """Yield a function that takes (steps done, steps in all, seconds of audio so far) and shows them."""
    if not sys.stderr.isatty():
        yield _lines(label)
        return
    with click.progressbar(  # type: ignore[var-annotated]
        length=1,
        label=label,
        file=sys.stderr,
        show_pos=True,
        item_show_func=lambda audio_s: f"{audio_s or 0:.0f} s of audio",
    ) as bar:

        def show(done: int, total: int, audio_s: float) -> None:
            bar.length = total
            bar.update(done - bar.pos, audio_s)

        yield show


def _lines(label: str) -> Callable[[int, int, float], None]:
    shown_at = time.monotonic()

    def show(done: int, total: int, audio_s: float) -> None:
        nonlocal shown_at
        if done == total or time.monotonic() - shown_at >= _LINE_EVERY_S:
            shown_at = time.monotonic()
            click.echo(f"{label}: {done}/{total} steps, {audio_s:.0f} s of audio", err=True)

    return show
