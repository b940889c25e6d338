"""Our command in this process, for tests in which the process is not the point: starting one costs over a second.

Arguments, environment, folder, streams and exit code are those of the real one; what a process of its own shows (streams
that break or hold no UTF-8, signals, start-up, memory) is tested with `tests.support.processes.briefcast`.
"""

from __future__ import annotations

import contextlib
import io
import sys
from contextlib import redirect_stderr, redirect_stdout
from functools import partial
from types import SimpleNamespace
from unittest import mock

import structlog

from cli.main import main


def briefcast(*arguments, text="", data=None, cwd="."):
    """Run our command with `text` or the bytes `data` as its input and return what came of it, as text."""
    given = _stream(text.encode() if data is None else data)
    out, err = _stream(), _stream()
    err.reconfigure(errors="backslashreplace")
    with (
        contextlib.chdir(cwd),
        redirect_stdout(out),
        redirect_stderr(err),
        mock.patch.object(sys, "stdin", given),
        # Loggers that remembered this run's standard error would write to it in the next.
        mock.patch("structlog.configure", partial(_configure, structlog.configure)),
    ):
        code = _exit_code([str(argument) for argument in arguments])
    structlog.reset_defaults()
    out.flush()
    err.flush()
    return SimpleNamespace(
        returncode=code, stdout=out.buffer.getvalue().decode(), stderr=err.buffer.getvalue().decode()
    )


def _stream(content=b""):
    return io.TextIOWrapper(io.BytesIO(content), encoding="utf-8")


def _configure(configure, **options):
    configure(**options | {"cache_logger_on_first_use": False})


def _exit_code(arguments):
    try:
        main(arguments, prog_name="briefcast")
    except SystemExit as stop:
        return stop.code or 0
    return 0
