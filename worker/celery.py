"""The Celery app: Redis rings, the database is the record. No results, no chords, no chains; JSON only.

A message is a step's ID and losing or repeating it is harmless: workers claim the step from the table, and the
dispatcher rings again for what nobody took. Settings are those that measured safe; docs/decisions.md says why for each.
"""

from __future__ import annotations

import ssl
import time
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from celery import Celery, bootsteps
from celery.signals import setup_logging, worker_process_init, worker_process_shutdown, worker_ready
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from briefing.observing.logs import configure, get_logger, masked
from briefing.observing.measures import counted
from briefing.settings import WorkSettings
from briefing.states import Queue
from worker.running import memory
from worker.running.heartbeat import Heartbeat
from worker.workplace import Workplace

if TYPE_CHECKING:
    from collections.abc import Iterable

    from celery import Task
    from kombu.connection import Connection

#: Name of the one task.
PERFORM = "briefcast.perform"

#: Seconds for which a ring has steps done one after another: a message for each costs more than a silent chunk does,
#: and next to nothing beside one of Piper's. As long again waits whoever wants to stop, or rang in another queue.
SHIFT_S = 2.0

#: Seconds between the soft limit, an exception in Python, and the hard one, SIGKILL: all that a native loop feels.
_HARD_AFTER_S = 30

#: Seconds after which Redis hands an unacknowledged message to another worker. Longer than the longest step, or a
#: long step would be run again and again; recovery does not wait for it, the dispatcher sees to that.
_VISIBILITY_S = 2400

#: Seconds until an unresponsive Redis is given up: the transport's own default waits for ever.
_SOCKET_S = 15
_CONNECT_S = 3

#: Seconds before a worker connects anew: a full Redis lets it, and then refuses to note who listens, at once.
_ANEW_S = 1.0

#: What the transport raises when Redis is away or refuses.
BROKER_TROUBLE = (OperationalError, RedisError, OSError)

_log = get_logger("celery")

_ADDRESS = WorkSettings().broker_url

app = Celery("briefcast", broker=_ADDRESS)
app.conf.update(
    # The transport takes any certificate where the address of a `rediss://` says nothing of it, and tells the password.
    broker_use_ssl={"ssl_cert_reqs": ssl.CERT_REQUIRED} if _ADDRESS.startswith("rediss://") else None,
    task_acks_late=True,
    # Requeueing on a lost worker loops for ever over a step that kills its process; leases bring it back instead.
    task_reject_on_worker_lost=False,
    task_ignore_result=True,
    result_backend=None,
    worker_prefetch_multiplier=1,
    # A child that loads a model takes longer than the default 4 s to report; it would be killed and replaced for ever.
    worker_proc_alive_timeout=120,
    # True lost the running task in five of five trials when Redis came back.
    worker_cancel_long_running_tasks_on_connection_loss=False,
    worker_soft_shutdown_timeout=25,
    broker_connection_retry_on_startup=True,
    broker_connection_max_retries=None,
    # A full Redis refuses the note that a message has been taken: that message is lost, and its step rung again. Else
    # the worker ends, and what keeps processes may end all others with it, as honcho does.
    broker_channel_error_retry=True,
    broker_transport_options={
        "visibility_timeout": _VISIBILITY_S,
        "unacked_restore_interval": 5,
        "unacked_restore_throttle": 1,
        "socket_timeout": _SOCKET_S,
        "socket_connect_timeout": _CONNECT_S,
        "socket_keepalive": True,
        "health_check_interval": 25,
        "global_keyprefix": "briefcast:",
    },
    visibility_timeout=_VISIBILITY_S,
    task_serializer="json",
    accept_content=["json"],
    worker_max_tasks_per_child=500,
    # KiB; Celery looks between tasks, `_watch` inside them.
    worker_max_memory_per_child=WorkSettings().worker_memory_mb * 1000 or None,
    worker_hijack_root_logger=False,
    task_default_queue=Queue.INTERACTIVE.value,
)


class _Pause(bootsteps.StartStopStep):  # type: ignore[misc]
    """What a worker does between two connections, but not when it ends: nothing."""

    def stop(self, parent: Any) -> None:  # noqa: ANN401  Celery's consumer
        if parent.blueprint.state == bootsteps.RUN:
            time.sleep(_ANEW_S)


app.steps["consumer"].add(_Pause)


@lru_cache(maxsize=1)
def _place() -> Workplace:
    """This process's workplace; made in the pool's child, after the fork."""
    return Workplace()


@setup_logging.connect  # type: ignore[untyped-decorator]
def _configure_logs(**_: Any) -> None:  # noqa: ANN401
    configure()


@lru_cache(maxsize=1)
def _heartbeat() -> Heartbeat:
    """This process's heartbeat; made in the pool's child, after the fork."""
    return Heartbeat(_place(), "worker")


@worker_process_init.connect  # type: ignore[untyped-decorator]
def _begin(**_: Any) -> None:  # noqa: ANN401
    counted.clear()
    memory.watch_self(WorkSettings().worker_memory_mb)
    _heartbeat().start()


@worker_process_shutdown.connect  # type: ignore[untyped-decorator]
def _end(**_: Any) -> None:  # noqa: ANN401
    _heartbeat().stop()


@app.task(name=PERFORM, bind=True)  # type: ignore[untyped-decorator]
def perform(task: Task, step_id: int) -> None:
    """Perform a step of that one's queue and kind: the one whose turn it is; and then what follows in that queue, for
    `SHIFT_S`. While the database is away the message is kept: nobody would ring for the step again before
    `BRIEFCAST_RING_AGAIN_S`.
    """
    from worker.running.ringing import answer  # noqa: PLC0415  loads the sound libraries in the child, not in the parent

    # What rang says how long it may take, and may be of another version.
    _, limit_s = task.request.timelimit or (None, None)
    answer(_place(), step_id, float(limit_s or 0))


@worker_ready.connect  # type: ignore[untyped-decorator]
def _warn(**_: Any) -> None:  # noqa: ANN401
    """Tell of a Redis that is not set up to keep its messages; the dispatcher goes on looking afterwards."""
    from worker.running.broker import ask  # noqa: PLC0415  it imports this module

    try:
        warnings = ask().warnings
    except BROKER_TROUBLE as error:
        warnings = (f"{type(error).__name__}: {masked(str(error))}",)
    for warning in warnings:
        _log.warning("broker", detail=warning)


def ensure_connected(connection: Connection) -> None:
    """Connect to Redis once. Raises kombu's OperationalError when it does not answer."""
    connection.ensure_connection(max_retries=1, timeout=_CONNECT_S)  # type: ignore[no-untyped-call]


def ring(step_id: int, queue: str, deadline_s: float) -> None:
    """Tell the workers of `queue` about a step. Raises kombu's OperationalError when Redis does not take it."""
    limit_s = int(deadline_s + SHIFT_S)
    app.send_task(
        PERFORM, args=[step_id], queue=queue, soft_time_limit=limit_s, time_limit=limit_s + _HARD_AFTER_S, retry=False
    )


def waiting(queues: Iterable[str]) -> dict[str, int]:
    """Return how many messages of each queue wait for a worker. Raises what its transport raises when Redis does not
    answer.
    """
    with app.pool.acquire(block=True) as connection:
        ensure_connected(connection)
        client = connection.default_channel.client
        return {queue: int(client.llen(queue)) for queue in queues}
