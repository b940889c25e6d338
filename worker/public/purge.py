"""Has caches drop what must not be served any more, by a program of the newsroom's that knows its CDN.

The program gets addresses on its standard input, one a line, and ends with 0 when all of them are purged. Decides
nothing about what is withdrawn.
"""

from __future__ import annotations

import shlex
import subprocess
from typing import TYPE_CHECKING

from briefing.observing.logs import get_logger

if TYPE_CHECKING:
    from collections.abc import Sequence

#: Seconds for one call; CDNs take a few.
_LONGEST_S = 30.0

_log = get_logger("purge")


def purge(command: str, addresses: Sequence[str]) -> bool:
    """Have the addresses purged, where there is a command; tell whether caches are known not to have them."""
    if not command or not addresses:
        return not addresses
    try:
        done = subprocess.run(  # noqa: S603  the operator's own program
            shlex.split(command),
            input="\n".join(addresses) + "\n",
            text=True,
            capture_output=True,
            timeout=_LONGEST_S,
            check=False,
        )
    except (OSError, ValueError, subprocess.TimeoutExpired) as error:
        _log.error("caches were not purged", number=len(addresses), message=type(error).__name__)
        return False
    if done.returncode:
        _log.error("caches were not purged", number=len(addresses), message=done.stderr[-200:])
    return done.returncode == 0
