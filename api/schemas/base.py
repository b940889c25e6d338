"""What all requests have in common."""

from __future__ import annotations

import unicodedata
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field


def _whole(text: str) -> str:
    """Refuse half a surrogate pair, which JSON can carry and no database or file can."""
    try:
        text.encode()
    except UnicodeEncodeError:
        message = "holds half of a character"
        raise ValueError(message) from None
    return text


Text = Annotated[str, AfterValidator(_whole)]


def _on_a_line(text: str) -> str:
    """Refuse controls, of which some databases take none and no list shows any."""
    if any(unicodedata.category(character) == "Cc" for character in text):
        message = "holds a control character, such as a line's end"
        raise ValueError(message)
    return text


#: A name: no lines, no tabs.
Line = Annotated[Text, AfterValidator(_on_a_line)]


#: True or false: what stands for one elsewhere ("no", 0) is refused, as it might be taken for the opposite.
Flag = Annotated[bool, Field(strict=True)]


class Request(BaseModel):
    """Base of all request bodies: unknown fields are refused, so that a typing mistake is not silently ignored."""

    model_config = ConfigDict(extra="forbid")


Visibility = Literal["public", "members"]
