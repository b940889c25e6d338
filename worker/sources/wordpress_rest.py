"""WordPress's REST interface: where a site has it, and a post as it gives it.

Decides nothing about what may be heard.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from briefing.articles.addresses import followed
from briefing.articles.labels import Labels
from briefing.errors import AddressRefused, PageRefused
from briefing.following.sightings import Corrected
from briefing.values import MOST_NOTE
from worker.words.text import clean_characters, one_line, unescaped

if TYPE_CHECKING:
    from collections.abc import Mapping

    from worker.asking.answers import Answer, Asker

_API_LINK = re.compile(r"<([^<>]{1,2000})>\s*;\s*rel=[\"']?https://api\.w\.org/[\"']?")
_TAG = re.compile(r"<[^<>]{0,2000}>")

#: Tags that are said to Briefcast alone: narrate this one whatever its age, or never.
WANTED = {"#audio": True, "#no-audio": False}

#: A tag that is said to Briefcast alone too: this corrects what was said before. Our plugin has a box for it.
CORRECTION = "#correction"

#: Where each site's interface was found in this process, so that it is looked for once.
_FOUND: dict[str, str] = {}
_MOST_FOUND = 1000


@dataclass(frozen=True)
class Rest:
    """The interface of the site whose front page is `home`, asked with `secret` headers."""

    home: str
    asker: Asker
    secret: Mapping[str, str] = field(default_factory=dict, repr=False)

    def ask(self, path: str, query: str, also: set[int]) -> Answer:
        """Return what the interface answers, statuses in `also` included. Where it is not at its usual address, the
        front page says where. Raises as Asker.ask.
        """
        root = _FOUND.get(self.home)
        if root is not None:
            return self._asked(root, path, query, also)
        usual = f"{self.home}wp-json/"
        answer = self._asked(usual, path, query, also | {404})
        if answer.is_json:
            _remember(self.home, usual)
            return answer
        # Plain permalinks: the web server knows no such path, or shows the front page for it.
        links = self.asker.ask(self.home).headers.get_list("link")
        told = next((found[1] for link in links if (found := _API_LINK.search(link))), None)
        if told is None:
            message = f"{self.home} does not say where its REST interface is"
            raise PageRefused(message, code="article_refused", hint="Is it a WordPress, and is the interface shut off?")
        root = followed(self.home, told)
        if self.secret and not root.startswith("https://"):
            message = f"the REST interface of {self.home} is not under https, where no password is sent"
            raise AddressRefused(message, hint="Give the site's address a certificate in WordPress's own settings.")
        answer = self._asked(root, path, query, also)
        if answer.is_json:
            _remember(self.home, root)
        return answer

    def _asked(self, root: str, path: str, query: str, also: set[int]) -> Answer:
        joint = "&" if "?" in root else "?"
        return self.asker.ask(f"{root}wp/v2/{path}{joint}{query}", secret=self.secret, also=also)


def _remember(home: str, root: str) -> None:
    if len(_FOUND) >= _MOST_FOUND:
        _FOUND.clear()
    _FOUND[home] = root


class _Lenient(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class _Rendered(_Lenient):
    rendered: str = ""
    protected: bool = False


class Post(_Lenient):
    """A post as the interface gives it; lists leave out its texts."""

    id: int
    status: str = "publish"
    link: str = ""
    slug: str = ""
    date_gmt: datetime | None = None
    modified_gmt: datetime | None = None
    title: _Rendered = _Rendered()
    content: _Rendered = _Rendered()
    lang: Any = None
    """Of Polylang."""
    briefcast_correction: Any = None
    """Of our plugin: nothing, or an object, with a `note` where editors wrote one."""
    embedded: dict[str, Any] = Field(default={}, alias="_embedded")

    @field_validator("date_gmt", "modified_gmt", mode="before")
    @classmethod
    def _never(cls, stated: object) -> object:
        """A draft that never had a date has zeros or nothing."""
        return None if not stated or str(stated).startswith("0000") else stated

    @field_validator("embedded", mode="before")
    @classmethod
    def _nothing(cls, stated: object) -> object:
        """PHP writes an empty object as a list."""
        return stated if isinstance(stated, dict) else {}

    def names(self, taxonomy: str) -> tuple[str, ...]:
        """Return what it is filed under in a taxonomy."""
        terms = [term for group in self._list("wp:term") if isinstance(group, list) for term in group]
        return tuple(
            text_of(term["name"])
            for term in terms
            if isinstance(term, dict)
            and term.get("taxonomy") == taxonomy
            and isinstance(term.get("name"), str)
            and term.get("slug") != "uncategorized"
        )

    @property
    def tags(self) -> tuple[str, ...]:
        """Those for readers."""
        return tuple(tag for tag in self.names("post_tag") if tag.casefold() not in {*WANTED, CORRECTION})

    @property
    def wanted(self) -> bool | None:
        """What its editors say of its audio."""
        said = [WANTED[tag.casefold()] for tag in self.names("post_tag") if tag.casefold() in WANTED]
        return min(said, default=None)  # who says both says no

    @property
    def correction(self) -> Corrected | Literal[False]:
        """What its editors say of a correction, by the plugin's box or by a tag; False for nothing."""
        box = self.briefcast_correction
        if isinstance(box, dict):
            note = box.get("note")
            return Corrected(note=text_of(note)[:MOST_NOTE] or None if isinstance(note, str) else None)
        # PHP writes an empty object as a list, where it is not told otherwise.
        by_tag = CORRECTION in {tag.casefold() for tag in self.names("post_tag")}
        return Corrected() if box == [] or by_tag else False

    @property
    def authors(self) -> tuple[str, ...]:
        """Their names."""
        # An author who may not be seen is an error in place of a person.
        people = [person for person in self._list("author") if isinstance(person, dict)]
        return tuple(
            text_of(person["name"]) for person in people if isinstance(person.get("name"), str) and person["name"]
        )

    @property
    def labels(self) -> Labels:
        """All of it."""
        return Labels(sections=self.names("category"), authors=self.authors, tags=self.tags)

    def _list(self, name: str) -> list[Any]:
        found = self.embedded.get(name)
        return found if isinstance(found, list) else []


def text_of(markup: str) -> str:
    """Return a title or a name without its markup and entities."""
    return one_line(clean_characters(unescaped(_TAG.sub("", markup[:10_000]))))


def moment_of(stated: datetime | None) -> datetime | None:
    """Return a moment in UTC, which WordPress states without saying so."""
    return stated if stated is None or stated.tzinfo else stated.replace(tzinfo=UTC)
