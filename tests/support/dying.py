"""A worker that is killed at a failpoint, forked from this process so that nothing is loaded anew. What it held is freed
afterwards as its supervisor frees it; what it had not committed is the database's to undo.
"""

from __future__ import annotations

import os
import signal
import traceback

from sqlalchemy import select

from briefing.failpoints import Action
from briefing.models import StepRow
from tests.support.newsroom import work_off
from worker.upkeep import sweep


def work_until_killed(place, failing, point, work=work_off):
    """Have a child do `work` and be killed at `point`, which is armed in the folder of `failing`, where this process and
    its children look; free what the child held.
    """
    failing.arm(point, Action.KILL)
    if (child := os.fork()) == 0:
        try:
            work(place)
        except BaseException:  # noqa: BLE001  a child must never return into its parent's code
            traceback.print_exc()
        finally:
            os._exit(1)
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status), f"{point} was not reached"
    assert os.WTERMSIG(status) == signal.SIGKILL
    with place.database.reading() as session:
        holders = set(session.scalars(select(StepRow.holder).where(StepRow.state == "leased")))
    for holder in holders:
        sweep.free_held_by(place, holder)
