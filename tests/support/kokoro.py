"""Kokoro for tests, installed once from its packages into `var/` of the repository, and reused by later runs."""

from __future__ import annotations

import fcntl
import functools

from tests.support.processes import ROOT


@functools.cache
def kokoro_folder():
    """The folder of a real installation. Fails, with what to install, where it cannot be made."""
    from voices.kokoro.install import Wish, install

    folder = ROOT / "var" / "tests" / "kokoro"
    folder.parent.mkdir(parents=True, exist_ok=True)
    # Tests run in two processes: the second waits for the first, and finds it installed.
    with (folder.parent / "kokoro.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        install(folder, Wish(), print)
    return folder
