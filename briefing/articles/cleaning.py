"""How a newsroom has articles cleaned: what every process that reads one is told. Cleans nothing itself, and loads
neither a parser nor the database: the process that parses a page begins with it (`worker.clean.child`).
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from briefing.values import Value


def _phrase(text: str) -> str:
    if not any(character.isalnum() for character in text):
        message = f"{text!r} is no phrase: it has neither letters nor digits"
        raise ValueError(message)
    return text


class Cleaning(Value):
    """How one source's articles are cleaned, beyond what holds for all."""

    prune_xpath: tuple[str, ...] = ()
    """XPath 1.0 expressions; the elements they select are never read. Compiled by `briefcast apply`, since the domain
    knows no parser."""
    drop_phrases: tuple[Annotated[str, AfterValidator(_phrase)], ...] = ()
    """A block that contains one is not read; a phrase of fewer than 12 letters must be the whole block. Case, spaces
    and punctuation do not count. No patterns: editors write what they see."""
    speak_class: str = Field(default="briefcast-speak", pattern=r"^[A-Za-z_][\w-]*$")
    """Elements of this CSS class are read whatever else would drop them. (`no-audio` does the opposite, always.)"""
    tables: Literal["drop", "mention"] = "drop"
    """Whether a line of ours says that there is a table; its cells are never read."""
    least_words: int | None = Field(default=None, ge=1, le=1000)
    """An article of which fewer are left is refused. None: 8 of a web page, 1 of a text that a CMS or a file gives as
    the article. Low, since two sentences may be news; teasers have signs of their own."""
