"""What every test would work out anew, worked out once a process: statements, whom TLS trusts, where engines are, MP3s;
and what none reads (tracebacks in colours), left out.

The product does all of it once in a process's life; tests make an engine, an app and a client each, by the thousand.
"""

from __future__ import annotations

import os
import sys
from collections import OrderedDict
from functools import lru_cache
from importlib.metadata import entry_points
from pathlib import Path
from typing import TYPE_CHECKING

import structlog
from alembic import util
from httpx._transports import default
from sqlalchemy.engine.default import DefaultDialect
from sqlalchemy.util import LRUCache

from briefing import database, failpoints
from voices import registry
from worker import assemble, encode, master, stitch

if TYPE_CHECKING:
    from collections.abc import Callable

    import pytest

    from briefing.audio import Take
    from worker.assemble import Timed
    from worker.programme import Programme
    from worker.sound.loudness import Loudness

#: Statements that are kept: all that a file's tests use, and little of a process's memory.
_STATEMENTS = 1000

#: MP3s that are kept: of a few files' tests, some 100 kB each.
_MASTERS = 200


def share_statements(patch: pytest.MonkeyPatch) -> None:
    """Have all engines of a kind use what one of them has worded: wording a statement costs more than its execution.

    SQLAlchemy keeps them by dialect, of which each engine has an object of its own, alike in all that words a statement.
    """
    worded = LRUCache(_STATEMENTS)
    create = database.create_engine
    patch.setattr(DefaultDialect, "__eq__", lambda self, other: type(self) is type(other))
    patch.setattr(DefaultDialect, "__hash__", lambda self: hash(type(self)))
    patch.setattr(
        database, "create_engine", lambda url, **how: create(url, execution_options={"compiled_cache": worded}, **how)
    )


def trust_once(patch: pytest.MonkeyPatch) -> None:
    """Have clients that trust whom everybody trusts share one context: each would read 140 certificates for itself."""
    make = default.create_ssl_context
    shared = lru_cache(maxsize=4)(lambda *_: make())

    def trusted(verify: object = True, cert: object = None, trust_env: bool = True) -> object:  # noqa: FBT002  httpx's own
        if verify is not True or cert is not None:
            return make(verify=verify, cert=cert, trust_env=trust_env)
        return shared(*(trust_env and os.environ.get(name) for name in ("SSL_CERT_FILE", "SSL_CERT_DIR")))

    patch.setattr(default, "create_ssl_context", trusted)


def find_engines_once(patch: pytest.MonkeyPatch) -> None:
    """Have what is installed looked through once for each path that modules come from: it is hundreds of files."""
    look = lru_cache(maxsize=64)(lambda group, name, *_: entry_points(group=group, name=name))
    patch.setattr(registry, "entry_points", lambda group, name: look(group, name, *sys.path))


def trace_plainly(patch: pytest.MonkeyPatch) -> None:
    """Have tracebacks in the log be Python's own. Where nothing configures the log, structlog would lay each out in colours
    with all variables, which takes longer than most tests; processes of ours log JSON.
    """
    (console,) = (one for one in structlog.get_config()["processors"] if isinstance(one, structlog.dev.ConsoleRenderer))
    patch.setattr(console, "exception_formatter", structlog.dev.plain_traceback)


def read_migrations_once(patch: pytest.MonkeyPatch) -> None:
    """Have each migration's file be read once: Alembic reads all of them twice for a step, and a test takes sixty steps."""
    load = util.load_python_file
    read = lru_cache(maxsize=None)(load)
    # What runs the migrations is to run each time.
    patch.setattr(util, "load_python_file", lambda folder, name: (load if name == "env.py" else read)(folder, name))


def render_once(patch: pytest.MonkeyPatch) -> None:
    """Have equal sound be rendered, encoded and heard once: most tests have the same few stories made, and their MP3s are
    half of what those cost. Not where a test has put something else in the place of a part of it, or has it fail.
    """
    patch.setattr(assemble, "_render", _rendered)


def _is_to_fail() -> bool:
    """Whether a test has armed a point of the rendering."""
    armed = os.environ.get(failpoints.VARIABLE)
    return armed is not None and any(Path(armed).glob(f"{failpoints.Failpoint.ASSEMBLE_ENCODING}@*"))


_render = assemble._render
_parts = (encode.encode, master.mastered, stitch.sound)
_kept: OrderedDict[tuple[object, ...], tuple[Loudness, bytes]] = OrderedDict()


def _rendered(planned: Programme, path_of: Callable[[Take], Path], path: Path, timed: Timed) -> Loudness:
    as_it_is = _parts == (encode.encode, master.mastered, stitch.sound)
    if planned.mark is not None or not as_it_is or _is_to_fail():
        return _render(planned, path_of, path, timed)
    takes = [(part.take.sha256, part.start, part.length) for part in planned.mix.placed]
    music = [(span.kind, span.sha256, span.start, span.end) for span in planned.mix.music]
    key = (*takes, *planned.mix.gains_db, *music, planned.mix.samples, planned.target_lufs)
    if key not in _kept:
        measured = _render(planned, path_of, path, timed)
        _kept[key] = measured, path.read_bytes()
        if len(_kept) > _MASTERS:
            _kept.popitem(last=False)
    measured, content = _kept[key]
    path.write_bytes(content)
    return measured
