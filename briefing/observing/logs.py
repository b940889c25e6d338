"""Structured logs: one JSON object a line on standard error, bound to the request, briefing and step at hand.

What libraries log (uvicorn, Celery) comes in the same form. Does not decide what is worth logging. Secrets are masked
here as the last line of defence.
"""

from __future__ import annotations

import logging
import re
import sys
from typing import TYPE_CHECKING, Any

import structlog

from briefing.settings import LogSettings

if TYPE_CHECKING:
    from collections.abc import MutableMapping

#: What opens something, by its form. No repetition is without end where a match may begin at each of its characters: a
#: word of a hundred thousand letters would take minutes.
_SECRETS = (
    (re.compile(r"\bbc_([0-9a-f]{8})_[A-Za-z0-9_-]+"), r"bc_\1_***"),
    # From the first colon to the last @, since passwords hold colons, slashes and @; a port is none.
    (re.compile(r"(\b\w{1,32}://[^:/@\s\"']{0,256}):(?!\d{1,5}[/?])[^\s\"']{1,512}@"), r"\1:***@"),
    # What opens members' audio, in addresses.
    (re.compile(r"(/members/[0-9a-f]{8}\.[0-9]{1,12}\.\w{1,16}\.)[A-Za-z0-9_-]{43}"), r"\1***"),
    (re.compile(r"(/listeners/[0-9a-f]{16}/)[A-Za-z0-9_-]{43}"), r"\1***"),
    (re.compile(r"(/desk/(?:act|welcome)/)[A-Za-z0-9_-]{43}"), r"\1***"),
    # What webhooks are signed by.
    (re.compile(r"\b(whsec_)[A-Za-z0-9+/=_-]+"), r"\1***"),
    (re.compile(r"(?i)\b((?:Bearer|Basic) )[A-Za-z0-9._~+/=-]{8,}"), r"\1***"),
    (
        re.compile(r"(?i)((?:password|passwd|secret|token|api_?key|signature|credential)[\w-]{0,64}=)[^&\s\"',)]+"),
        r"\1***",
    ),
)

#: Without any of these there is no secret of the above: most of what is logged is a word, and logged for every step.
_SIGNS = ("bc_", "://", "=", " ", "/desk/", "/members/", "/listeners/", "whsec_")


def masked(text: str) -> str:
    """Return `text` with API keys, passwords in addresses and what opens something replaced by asterisks."""
    if not any(sign in text for sign in _SIGNS):
        return text
    for pattern, replacement in _SECRETS:
        text = pattern.sub(replacement, text)
    return text


def _mask(value: object) -> object:
    if isinstance(value, str):
        return masked(value)
    if isinstance(value, dict):
        return {_mask(name): _mask(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_mask(inner) for inner in value]
    # What is no text is written as its `repr`, secrets included.
    return value if isinstance(value, int | float | None) else masked(repr(value))


def _mask_values(_: object, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    for name, value in event.items():
        event[name] = _mask(value)
    return event


_SHARED: list[structlog.typing.Processor] = [
    structlog.contextvars.merge_contextvars,
    structlog.processors.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.format_exc_info,
]


def configure() -> None:
    """Send our logs and those of libraries to standard error as JSON lines, at BRIEFCAST_LOG_LEVEL and above."""
    level = logging.getLevelNamesMapping()[LogSettings().log_level]
    structlog.configure(
        processors=[*_SHARED, _mask_values, structlog.processors.JSONRenderer(default=str)],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=True,
    )
    _configure_libraries(level)


def _configure_libraries(level: int) -> None:
    """Have what goes through Python's own logging come out alike; libraries' chatter below a warning stays away."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*_SHARED, structlog.stdlib.ExtraAdder(), _named],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                _mask_values,
                structlog.processors.JSONRenderer(default=str),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(max(level, logging.WARNING))


def _named(_: object, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    record = event.get("_record")
    if record is not None:
        event["component"] = record.name
    return event


def get_logger(name: str) -> structlog.typing.FilteringBoundLogger:
    """Return a logger whose lines carry `name` as component and whatever `structlog.contextvars` has bound."""
    logger: structlog.typing.FilteringBoundLogger = structlog.get_logger(component=name)
    return logger
