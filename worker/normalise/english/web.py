"""Web and e-mail addresses, handles, hashtags."""

from __future__ import annotations

import re

from worker.normalise.edits import Rule, by_pattern

_ADDRESS = re.compile(
    r"\b(?:https?://)?(?:www\.)?(?P<host>[a-z0-9][a-z0-9-]*(?:\.[a-z0-9-]+)*\.(?:com|org|net|info|gov|edu|io|news|co|uk|ua|eu|de|fr|es|ca|tv|me))(?P<path>(?:/[\w.~%/?#=&+-]*)?)(?<![.,?!;:])(?!\w|@)",
    re.IGNORECASE,
)
_EMAIL = re.compile(r"\b(?P<user>[\w.+-]+)@(?P<host>[\w-]+(?:\.[\w-]+)+)\b")
_HANDLE = re.compile(r"(?<![\w@])@(?P<name>[A-Za-z]\w{1,30})\b")
_HASHTAG = re.compile(r"(?<![\w#&])#(?P<name>[A-Za-z]\w{1,60})\b")
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")


def _dots(text: str) -> str:
    return text.replace(".", " dot ").replace("-", " dash ").replace("_", " underscore ")


def _address(match: re.Match[str]) -> str:
    path = match["path"].strip("/")
    # A long path cannot be heard and typed; the host says where to look.
    tail = " slash " + _dots(path) if path and len(path) <= 24 and re.fullmatch(r"[\w.-]+", path) else ""  # noqa: PLR2004
    return re.sub(r"\s+", " ", _dots(match["host"]) + tail)


def _email(match: re.Match[str]) -> str:
    return re.sub(r"\s+", " ", f"{_dots(match['user'])} at {_dots(match['host'])}")


RULES: tuple[Rule, ...] = (
    by_pattern("e-mail", _EMAIL, _email),
    by_pattern("web-address", _ADDRESS, _address),
    by_pattern("handle", _HANDLE, lambda match: f"at {_CAMEL.sub(' ', match['name'])}".replace("_", " underscore ")),
    by_pattern("hashtag", _HASHTAG, lambda match: f"hashtag {_CAMEL.sub(' ', match['name'])}".replace("_", " ")),
)
