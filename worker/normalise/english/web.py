"""Web and e-mail addresses, handles, hashtags."""

from __future__ import annotations

import re

from worker.normalise.edits import Rule, by_pattern
from worker.normalise.english.initialisms import said_as_word
from worker.normalise.english.words import grouped, letters, spelled

#: Endings by which words with points between them are an address even without "www".
_ENDINGS = (
    "com|org|net|info|gov|edu|mil|int|news|media|press|app|dev|io|ai|co|me|tv|fm|example|test|"
    "uk|us|ua|eu|de|fr|es|it|pl|nl|be|at|ch|se|no|dk|fi|ie|pt|cz|lt|lv|ee|ge|md|ro|gr|tr|il|ru|by|ca|au|nz|in|jp|cn|br|mx|za"
)
_HOST = r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*"
_PATH = r"(?:/[\w.~%/?#=&+@:-]*[\w/])?"
_ADDRESS = re.compile(
    rf"(?<![\w@./-])(?:(?:https?://)?www\.(?P<named>{_HOST})|https?://(?P<linked>{_HOST})"
    rf"|(?P<bare>{_HOST}\.(?:{_ENDINGS})))(?::\d+)?(?P<path>{_PATH})/?(?![\w@])",
    re.IGNORECASE,
)
_ENDING_ALONE = re.compile(r"(?<![\w.])\.(?P<ending>com|gov|org|edu|net|mil|info)\b(?!\.\w)")
_EMAIL = re.compile(
    r"(?<![\w.+-])(?P<user>[\w][\w.+&-]{0,63})@(?P<host>[\w-]+(?:\.[\w-]+)+)(?P<path>/[\w./-]*\w)?(?![\w@])"
)
_HANDLE = re.compile(r"(?<![\w@.])@(?P<name>[A-Za-z]\w{1,30})\b(?!\.\w)")
_HASHTAG = re.compile(r"(?<![\w#&])#(?P<name>[A-Za-z]\w{1,60})\b")
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|(?<=[A-Za-z])(?=\d)")

#: A longer path cannot be heard and typed; the host says where to look.
_PATH_LENGTH = 24

#: Initialisms that addresses are made of.
_LETTERED = frozenset(
    "IRS FBI CIA NHS BBC CNN NPR PBS CDC FDA EPA MIT UCLA NYU USC IMF ILO NBC CBS ABC MSNBC GOP".split()
)

#: Endings of two letters that are said as words.
_ENDING_WORDS = frozenset({"co", "me", "us", "be", "it", "no", "by", "at", "in", "my", "so"}) - {
    "us",
    "it",
    "no",
    "by",
    "at",
    "in",
}


def _label(text: str) -> str:
    """Return a part of an address, letter by letter where it is an initialism: "irs-refunds"."""
    parts = text.replace(".", " . ").replace("-", " - ").split()
    return " ".join(letters(part) if part.upper() in _LETTERED else spelled(part) for part in parts)


def _host(text: str) -> str:
    first, _, ending = text.rpartition(".")
    end = letters(ending) if len(ending) == 2 and ending.lower() not in _ENDING_WORDS else ending  # noqa: PLR2004
    return f"{_label(first)} dot {end}" if first else _label(ending)


def _address(match: re.Match[str]) -> str | None:
    bare = match["bare"]
    if bare and bare[0].isupper() and not match["path"] and bare.count(".") == 1 and len(bare.rpartition(".")[2]) == 2:  # noqa: PLR2004
        return None  # a full stop without its space, as in "said.It"
    path = match["path"].strip("/")
    tail = f" slash {spelled(path)}" if path and len(path) <= _PATH_LENGTH and re.fullmatch(r"[\w./-]+", path) else ""
    return _host(match["named"] or match["linked"] or bare) + tail


def _email(match: re.Match[str]) -> str:
    tail = f" {spelled(match['path'])}" if match["path"] else ""
    return f"{spelled(match['user'])} at {_host(match['host'])}{tail}"


def _name(text: str) -> str:
    parts = _CAMEL.sub(" ", text.replace("_", " underscore ")).split()
    return " ".join(_word(part) for part in parts)


def _word(part: str) -> str:
    if part.isdecimal():
        return grouped(part)
    return letters(part) if part.isupper() and len(part) > 1 and not said_as_word(part) else part


RULES: tuple[Rule, ...] = (
    by_pattern("web-ending", _ENDING_ALONE, lambda match: f"dot {match['ending']}"),
    by_pattern("e-mail", _EMAIL, _email),
    by_pattern("web-address", _ADDRESS, _address),
    by_pattern("handle", _HANDLE, lambda match: f"at {_name(match['name'])}"),
    by_pattern("hashtag", _HASHTAG, lambda match: f"hashtag {_name(match['name'])}"),
)
