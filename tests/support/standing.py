"""A clock that stands, for what counts how often somebody asks: a busy machine takes longer for a few requests than a bound
gives before it lets another in.
"""

from __future__ import annotations

import time
from types import SimpleNamespace


def stand_still(monkeypatch, module):
    """Have no time pass by the monotonic clock of a module of ours, named as it is imported."""
    now = time.monotonic()
    monkeypatch.setattr(f"{module}.time", SimpleNamespace(monotonic=lambda: now))
