"""A newsroom's shows, digests, sources and pronunciations, as written in `briefcast.toml` and kept as rows by
`briefcast apply`.

Reads and validates; stores nothing. Paths in the file are relative to the file.
"""

from __future__ import annotations

import re
import tomllib
from typing import TYPE_CHECKING, Any

from pydantic import Field, SecretStr, ValidationError, model_validator

from briefing.articles.cleaning import Cleaning
from briefing.digesting.digest import Digest
from briefing.errors import Misconfigured
from briefing.podcasts.categories import fault
from briefing.podcasts.named_files import PATH_FIELDS, is_path
from briefing.podcasts.rules import EVERY_SHOW
from briefing.podcasts.show import MOST_NEVER_SPOKEN, Name, NeverSpoken, Show
from briefing.pronunciations.lexicon import LexiconEntry
from briefing.secrets.sealed import sealed_options, unsealed_options, whose_option
from briefing.secrets.sealing import seal, unseal
from briefing.values import Value

if TYPE_CHECKING:
    from pathlib import Path


class SourceSettings(Value):
    """Where articles come from: a name, the kind that knows how to fetch, and that kind's own options."""

    name: Name
    kind: str
    show: Name | None = None
    """Home show of this source's articles; None takes the first show."""
    options: dict[str, Any] = Field(default_factory=dict)
    cleaning: Cleaning = Cleaning()
    poll: int | None = Field(default=None, ge=0, le=86_400)
    """Seconds between two looks at what has changed, where its kind can tell; 0 for never. None: 30 of a CMS."""
    secrets: dict[str, SecretStr] = Field(default_factory=dict, exclude=True, repr=False)
    """Options that are kept apart, with the connection: keys of its CMS. In no settings file, dump or log."""

    def revealed(self) -> dict[str, Any]:
        """Return the options as its kind takes them, with the secrets, unsealed. Raises SecretUnreadable."""
        kept = {name: secret.get_secret_value() for name, secret in self.secrets.items()}
        return unsealed_options(self.name, self.options | kept)

    def recorded(self) -> dict[str, Any]:
        """Return what a row keeps of it: what of its options opens something is sealed. Raises StorageUnavailable."""
        return self.model_dump(mode="json") | {"options": sealed_options(self.name, self.options)}

    def sealed_secrets(self) -> dict[str, str]:
        """Return the secrets as a connection keeps them. Raises StorageUnavailable."""
        kept = {name: secret.get_secret_value() for name, secret in self.secrets.items()}
        return {
            name: seal(unseal(text, whose), whose)
            for name, text in kept.items()
            for whose in [whose_option(self.name, name)]
        }


class Newsroom(Value):
    """All that one `briefcast.toml` says."""

    shows: tuple[Show, ...] = ()
    sources: tuple[SourceSettings, ...] = ()
    digests: tuple[Digest, ...] = ()
    lexicon: tuple[LexiconEntry, ...] = ()
    """Pronunciations for all shows."""
    never_speak: tuple[NeverSpoken, ...] = Field(default=(), max_length=MOST_NEVER_SPOKEN)
    """Names that no show may speak, beside those of its own."""
    show_lexicons: dict[str, tuple[LexiconEntry, ...]] = Field(default_factory=dict)
    """Pronunciations of one show, by its slug; kept beside the show, since they change without it."""

    @model_validator(mode="after")
    def _holds_together(self) -> Newsroom:
        slugs = [show.slug for show in self.shows]
        names = [source.name for source in self.sources]
        digests = [digest.slug for digest in self.digests]
        for kind, values in (("show", slugs), ("source", names), ("digest", digests)):
            if repeated := {value for value in values if values.count(value) > 1}:
                message = f"{kind} named twice: {', '.join(sorted(repeated))}"
                raise ValueError(message)
        for where, entries in (("lexicon", self.lexicon), *self.show_lexicons.items()):
            words = [(entry.written, entry.language) for entry in entries]
            if repeated_words := {word for word, language in words if words.count((word, language)) > 1}:
                message = f"{where}: pronounced twice: {', '.join(sorted(repeated_words))}"
                raise ValueError(message)
        if self.sources and not self.shows:
            message = "define at least one [[shows]]"
            raise ValueError(message)
        return self

    @model_validator(mode="after")
    def _categories_are_apples(self) -> Newsroom:
        faults = [
            f"show {show.slug!r}: {told}" for show in self.shows for one in show.filed_under if (told := fault(one))
        ]
        if faults:
            raise ValueError("; ".join(faults))
        return self

    @model_validator(mode="after")
    def _shows_are_there(self) -> Newsroom:
        slugs = [show.slug for show in self.shows]
        for source in self.sources:
            if source.show is not None and source.show not in slugs:
                message = f"source {source.name!r} names the show {source.show!r}, which is not defined"
                raise ValueError(message)
        for show in self.shows:
            named = set(show.rules.shows if show.rules else ()) - {EVERY_SHOW}
            if unknown := sorted(named - set(slugs)):
                message = f"show {show.slug!r} lists episodes of shows that are not defined: {', '.join(unknown)}"
                raise ValueError(message)
        for digest in self.digests:
            named = {digest.show, *digest.rules.shows} - {EVERY_SHOW}
            if unknown := sorted(named - set(slugs)):
                message = f"digest {digest.slug!r} names shows that are not defined: {', '.join(unknown)}"
                raise ValueError(message)
        return self


#: Options that hold a path, resolved against the settings file's folder.
PATH_OPTIONS = ("folder", "ca_file")


def _absolute(text: str, base: Path) -> str:
    return str((base / text).resolve())


def _read_source(table: dict[str, Any], base: Path) -> dict[str, Any]:
    own = {"name", "kind", "show", "cleaning", "poll"}
    options = {key: value for key, value in table.items() if key not in own}
    for key in PATH_OPTIONS:
        if isinstance(options.get(key), str):
            options[key] = _absolute(options[key], base)
    return {key: value for key, value in table.items() if key in own} | {"options": options}


def _read_show(table: dict[str, Any], base: Path) -> dict[str, Any]:
    read = {key: value for key, value in table.items() if key != "lexicon"}
    for key in PATH_FIELDS:
        value = read.get(key)
        if value is False or value == "none":
            read[key] = None
        elif isinstance(value, str) and is_path(value):
            read[key] = _absolute(value, base)
    return read


def load_newsroom(path: Path) -> Newsroom:
    """Read `briefcast.toml` at `path`. Raises Misconfigured, naming the file and every fault in it."""
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        message = f"{path} cannot be read: {error.strerror}"
        raise Misconfigured(message) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        message = f"{path} is not valid TOML: {error}"
        raise Misconfigured(message) from error
    base = path.resolve().parent
    names, zone = tables.pop("never_speak", []), tables.pop("zone", None)
    # What shows and digests have that name none.
    common = {} if zone is None else {"zone": zone}
    if unknown := set(tables) - {"shows", "sources", "digests", "lexicon"}:
        known = "[[shows]], [[sources]], [[digests]] and [[lexicon]]"
        message = f"{path}: unknown tables {', '.join(sorted(unknown))}; write {known}"
        raise Misconfigured(message)
    if not all(isinstance(rows, list) and all(isinstance(row, dict) for row in rows) for rows in tables.values()):
        message = f"{path}: write shows, sources, digests and lexicon as tables like [[shows]]"
        raise Misconfigured(message)
    if unprintable := _unprintable({"never_speak": names, "zone": zone} | tables):
        message = f"{path}: control characters stand in {', '.join(unprintable)}; leave them out"
        raise Misconfigured(message)
    try:
        return Newsroom.model_validate(
            {
                "shows": [common | _read_show(table, base) for table in tables.get("shows", [])],
                "sources": [_read_source(table, base) for table in tables.get("sources", [])],
                "digests": [common | table for table in tables.get("digests", [])],
                "lexicon": tables.get("lexicon", []),
                "never_speak": names,
                "show_lexicons": {
                    str(table.get("slug")): table["lexicon"] for table in tables.get("shows", []) if "lexicon" in table
                },
            }
        )
    except ValidationError as error:
        message = f"{path}: {_faults(error)}"
        raise Misconfigured(message) from error


#: Nobody writes them on purpose, feeds cannot hold them, and PostgreSQL reads no JSON that has a NUL.
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


def _unprintable(found: Any, where: str = "") -> list[str]:  # noqa: ANN401  whatever TOML has
    """Return where control characters other than tabs and line breaks stand, such as `shows.0.disclosure`."""
    if isinstance(found, str):
        return [where] if _UNPRINTABLE.search(found) else []
    if isinstance(found, list):
        return [place for index, row in enumerate(found) for place in _unprintable(row, f"{where}.{index}")]
    if not isinstance(found, dict):
        return []
    named = [repr(key) for key in found if _UNPRINTABLE.search(key)]
    return named + [place for key, row in found.items() for place in _unprintable(row, f"{where}.{key}".lstrip("."))]


def _faults(error: ValidationError) -> str:
    return "; ".join(
        ".".join(str(part) for part in fault["loc"])
        + (": " if fault["loc"] else "")
        + fault["msg"].removeprefix("Value error, ")
        for fault in error.errors()
    )
