"""Options that kinds of sources have in common."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator

from briefing.articles.addresses import canonical_address
from briefing.errors import AddressRefused


def _plain(address: str) -> str:
    try:
        return canonical_address(address)
    except AddressRefused as error:
        raise ValueError(error.message) from error


#: A web address in its canonical form.
Address = Annotated[str, AfterValidator(_plain)]
