"""Stands in for `torch` where a peer only asks it which devices there are."""

from __future__ import annotations

from types import SimpleNamespace

_NONE = SimpleNamespace(is_available=lambda: False)
backends = SimpleNamespace(mps=_NONE)
cuda = _NONE
