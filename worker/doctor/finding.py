"""What the doctor finds."""

from __future__ import annotations

from briefing.values import Value


class Finding(Value):
    """Something that is not as it should be."""

    code: str
    """Stable; docs/operations.md lists them."""
    subject: str
    """What it is about: a take's key, a file's name, a revision."""
    detail: str
    hint: str = ""
    """What to do about it."""
    mended: str = ""
    """What was done about it; empty when nothing was."""
