"""What the broker is like: whether it is there, takes messages, and is set up to keep them.

Losing messages is harmless, since what nobody took is rung again; but each one lost waits a minute, and a Redis that
throws messages away does so for all of them. So it is told, at start and whenever it changes.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from briefing.states import Queue
from worker.celery import app, ensure_connected

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True)
class Broker:
    """How Redis is."""

    full: bool
    """Whether it refuses messages for want of memory."""
    warnings: tuple[str, ...]
    """What is wrong with its settings."""
    empty: frozenset[Queue] = frozenset()
    """Queues in which no message waits for a worker."""


def ask() -> Broker:
    """Ask Redis. Raises what its transport raises when it does not answer."""
    with app.connection_for_write() as connection:
        ensure_connected(connection)
        client = connection.default_channel.client
        empty = frozenset(queue for queue in Queue if not client.llen(queue.value))
        return replace(judge(client.info("everything")), empty=empty)


def judge(info: Mapping[str, Any]) -> Broker:
    """Return what an answer to INFO tells; it is asked in place of CONFIG, which is often forbidden, and rightly."""
    warnings = []
    policy = info.get("maxmemory_policy", "noeviction")
    if policy != "noeviction":
        warnings.append(
            f"maxmemory-policy is {policy}: Redis throws messages away when memory runs short; set it to noeviction"
        )
    if not int(info.get("aof_enabled", 1)):
        warnings.append("appendonly is off: a restart of Redis forgets all messages; set it to yes")
    limit = int(info.get("maxmemory", 0))
    full = policy == "noeviction" and 0 < limit <= int(info.get("used_memory", 0))
    return Broker(full, tuple(warnings))
