"""Two writings of the same words made equal, for comparing blocks. Never for what is read."""

from __future__ import annotations

from worker.text import one_line


def folded(text: str) -> str:
    """Return `text` reduced to what two writings of the same words share: letters and digits in lower case."""
    return "".join(character for character in one_line(text).casefold() if character.isalnum())
