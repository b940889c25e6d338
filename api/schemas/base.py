"""What all requests have in common."""

from __future__ import annotations

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


#: True or false: what stands for one elsewhere ("no", 0) is refused, as it might be taken for the opposite.
Flag = Annotated[bool, Field(strict=True)]


class Request(BaseModel):
    """Base of all request bodies: unknown fields are refused, so that a typing mistake is not silently ignored."""

    model_config = ConfigDict(extra="forbid")


Visibility = Literal["public", "members"]
