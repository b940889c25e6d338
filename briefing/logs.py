"""Structured logs: one JSON object a line on standard error, bound to the briefing and step at hand.

Does not decide what is worth logging. Secrets are masked here as the last line of defence.
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

_SECRETS = (
    (re.compile(r"\bbc_([0-9a-f]{8})_[A-Za-z0-9_-]+"), r"bc_\1_***"),
    # From the first colon to the last @, since passwords hold colons, slashes and @; a port is none.
    (re.compile(r"(\w+://[^:/@\s\"']*):(?!\d{1,5}[/?])[^\s\"']+@"), r"\1:***@"),
    (re.compile(r"(?i)\b((?:Bearer|Basic) )[A-Za-z0-9._~+/=-]{8,}"), r"\1***"),
    (
        re.compile(r"(?i)([\w-]*(?:password|passwd|secret|token|api_?key|signature|credential)[\w-]*=)[^&\s\"',)]+"),
        r"\1***",
    ),
)


def masked(text: str) -> str:
    """Return `text` with API keys and passwords in addresses replaced by asterisks."""
    for pattern, replacement in _SECRETS:
        text = pattern.sub(replacement, text)
    return text


def _mask_values(_: object, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    for name, value in event.items():
        event[name] = _masked_within(value)
    return event


def _masked_within(value: object) -> object:
    if isinstance(value, str):
        return masked(value)
    if isinstance(value, dict):
        return {_masked_within(name): _masked_within(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_masked_within(inner) for inner in value]
    # What is no text is written as its `repr`, secrets included.
    return value if isinstance(value, int | float | None) else masked(repr(value))


def configure() -> None:
    """Send our logs to standard error as JSON lines, at BRIEFCAST_LOG_LEVEL and above."""
    level = LogSettings().log_level
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            _mask_values,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level]),
        logger_factory=structlog.PrintLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=True,
    )


def get_logger(name: str) -> structlog.typing.FilteringBoundLogger:
    """Return a logger whose lines carry `name` as component and whatever `structlog.contextvars` has bound."""
    logger: structlog.typing.FilteringBoundLogger = structlog.get_logger(component=name)
    return logger
