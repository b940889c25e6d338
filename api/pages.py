"""Lists that come in pages: which one follows, as a `Link` (RFC 8288), so that nobody takes a part for the whole."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, TypeVar
from urllib.parse import urlencode

from fastapi import Depends, Request, Response

from api.context import Here

if TYPE_CHECKING:
    from collections.abc import Sequence

_One = TypeVar("_One")


@dataclass
class _Pages:
    """The request that a page answers, and its answer."""

    request: Request
    response: Response
    context: Here

    def cut(self, found: Sequence[_One], offset: int, limit: int) -> tuple[list[_One], int | None]:
        """Return a page of what was looked for with a limit of one more, and where the next one begins; None on the
        last. The answer names it.
        """
        following = offset + limit if len(found) > limit else None
        if following is not None:
            given = [(name, value) for name, value in self.request.query_params.multi_items() if name != "offset"]
            query = urlencode([*given, ("offset", following)])
            self.response.headers["Link"] = f'<{self.context.address}{self.request.url.path}?{query}>; rel="next"'
        return list(found[:limit]), following

    @property
    def headers(self) -> dict[str, str]:
        """The same for an answer of its own making."""
        return {name: value for name, value in self.response.headers.items() if name == "link"}


Pages = Annotated[_Pages, Depends()]
