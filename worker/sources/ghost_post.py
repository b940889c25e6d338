"""A post of Ghost as its API gives it: for whom it is, what it is filed under, which of its parts are for everybody.

Fetches nothing.
"""

from __future__ import annotations

import re
from typing import Literal

from pydantic import AwareDatetime, ConfigDict, Field

from briefing.articles.labels import Labels
from briefing.following.sightings import Corrected
from briefing.values import Value

#: Ghost's own.
ID = re.compile(r"[0-9a-f]{24}")

#: Internal tags by which editors say of a post whether it is narrated.
WANTED, UNWANTED = "#audio", "#no-audio"

#: The one by which they say that it corrects what was said before. Ghost has no field for a note.
CORRECTION = "#correction"

#: A part of a post that is not for everybody, as Ghost 6 marks it in the HTML.
_GATED = re.compile(r"<!--\s*kg-gated-block:begin\s+([^\n]*?)\s*-->(.*?)<!--\s*kg-gated-block:end\s*-->", re.DOTALL)


class Named(Value):
    """A tag or an author."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    name: str = ""
    visibility: str = "public"


class Post(Value):
    """What is read of a post. Other fields are ignored: there are a hundred."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    id: str = Field(pattern=f"^{ID.pattern}$")
    slug: str = ""
    title: str = ""
    html: str | None = None
    status: str = "published"
    """The Content API has none: what it gives is published."""
    visibility: str = "public"
    access: bool = True
    """Only the Content API says: whether the text is all there."""
    created_at: AwareDatetime | None = None
    updated_at: AwareDatetime | None = None
    published_at: AwareDatetime | None = None
    url: str | None = None
    authors: tuple[Named, ...] = ()
    tags: tuple[Named, ...] = ()

    @property
    def members(self) -> bool:
        """Whether it is for members, some or all."""
        return self.visibility != "public"

    def wanted(self) -> bool | None:
        """Return what its internal tags say of narrating it."""
        names = self._names()
        return False if UNWANTED in names else True if WANTED in names else None

    def correction(self) -> Corrected | Literal[False]:
        """Return what its internal tags say of a correction; False for nothing."""
        return Corrected() if CORRECTION in self._names() else False

    def _names(self) -> set[str]:
        return {tag.name.casefold() for tag in self.tags}


def labels_of(post: Post) -> Labels:
    """Return what a post is filed under: its first tag is its section, as on its site. Internal tags are nobody's."""
    tags = tuple(tag.name for tag in post.tags if tag.visibility == "public" and not tag.name.startswith("#"))
    return Labels(sections=tags[:1], authors=tuple(author.name for author in post.authors), tags=tags)


def without_gated(html: str, visibility: str) -> str:
    """Return a post's HTML without the blocks that not all of its audience may read."""

    def kept(match: re.Match[str]) -> str:
        rules, inside = match.group(1), match.group(2)
        if visibility == "public":
            return inside if re.search(r"nonMember:\s*true", rules) else ""
        free, paid = "status:free" in rules, "status:-free" in rules
        return inside if paid and (free or visibility in {"paid", "tiers"}) else ""

    return _GATED.sub(kept, html)
