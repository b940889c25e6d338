"""Answers about briefings that are kept as long as nothing they tell of has changed. In memory, per process, bounded.

Whoever polls asks mostly for what has not changed. One narrow statement reads what may change of a briefing and its
newest revision, and neither script nor chunks; only where that differs is the answer put together anew. What is waited
for (a quiet period, a quota, an engine) is not among it: answers that tell of it are not kept.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from threading import Lock
from typing import TYPE_CHECKING, Any

from sqlalchemy import JSON, Text, bindparam, cast, select

from briefing.models import BriefingRow, RevisionRow
from briefing.states import RevisionState

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.orm import Session

#: Answers kept; each has some three kilobytes.
_MOST = 2000

#: Seconds after which one is put together anew all the same: its links follow the newsroom's settings, which are not
#: looked at.
_LONGEST_S = 5.0

#: Columns that hold kilobytes and change only together with others.
_LARGE = frozenset({"script", "chunks", "card", "cast", "show", "versions", "request", "conflicts"})

_BRIEFINGS, _REVISIONS = BriefingRow.table(), RevisionRow.table()

_NEWEST = (
    select(_REVISIONS.c.id)
    .where(_REVISIONS.c.briefing_id == bindparam("briefing"), _REVISIONS.c.state != RevisionState.UNCHANGED.value)
    .order_by(_REVISIONS.c.number.desc())
    .limit(1)
    .scalar_subquery()
)

_MARK = (
    select(
        _BRIEFINGS.c.live_revision,
        _BRIEFINGS.c.members_revision,
        _BRIEFINGS.c.visibility,
        _BRIEFINGS.c.held_at,
        _BRIEFINGS.c.scheduled_at,
        _BRIEFINGS.c.embargo_until,
        _BRIEFINGS.c.corrects_from,
        _BRIEFINGS.c.withdrawn_number,
        *(
            cast(column, Text) if isinstance(column.type, JSON) else column
            for column in _REVISIONS.c
            if column.name not in _LARGE
        ),
    )
    .select_from(_BRIEFINGS.join(_REVISIONS, _REVISIONS.c.id == _NEWEST))
    .where(_BRIEFINGS.c.id == bindparam("briefing"))
)


class Shown:
    """Answers by briefing, each under the mark of the state it tells of. Threads may share it."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._kept: OrderedDict[str, tuple[tuple[Any, ...], float, bytes]] = OrderedDict()
        self._lock = Lock()

    def get(self, session: Session, briefing_id: str, make: Callable[[], tuple[bytes, bool]]) -> bytes:
        """Return the answer about a briefing as it is in `session`, kept or made by `make`: it and whether it may be
        kept.
        """
        row = session.execute(_MARK, {"briefing": briefing_id}).first()
        if row is None:
            return make()[0]
        mark, now = tuple(row), self._clock()
        kept = self._kept.get(briefing_id)
        if kept is not None and kept[0] == mark and now - kept[1] < _LONGEST_S:
            return kept[2]
        made, lasts = make()
        if not lasts:
            return made
        with self._lock:
            self._kept[briefing_id] = (mark, now, made)
            self._kept.move_to_end(briefing_id)
            while len(self._kept) > _MOST:
                self._kept.popitem(last=False)
        return made
