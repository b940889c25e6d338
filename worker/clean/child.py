"""The process that parses untrusted markup: pages on standard input as JSON, a line each, drafts on standard output.

Each page is read by a fork of its own, under limits on memory, CPU and time that it sets before it looks into the
page, so that a hostile one costs that fork and nothing else (guarantees S5). Touches no file and no network.
"""

from __future__ import annotations

import json
import os
import resource
import signal
import sys

from briefing.articles.cleaning import Cleaning
from briefing.errors import Misconfigured, PageRefused
from worker.clean.depth import check_depth
from worker.clean.html import read_fragment, read_page

#: Address space in bytes: libraries take 400 MB of it, a 10 MB page about as much again.
_MEMORY = 1_500_000_000

#: Seconds of CPU; honest pages take one or two, a live blog of 15,000 paragraphs fourteen.
_CPU_S = 20


def main() -> None:
    """Read lines of {"form", "markup", "cleaning", "seconds"}; write of each {"draft"} or {"error", "message", "hint"}.

    What a page's fork did not live to answer is an empty line, or one that is cut off.
    """
    for number, line in enumerate(sys.stdin):
        if number == 1:
            # Who has a second page read has many, and each fork would load this anew.
            import trafilatura.metadata  # noqa: F401, PLC0415
        pid = os.fork()
        if pid == 0:
            try:
                _answer(line)
            finally:
                os._exit(0)
        os.waitpid(pid, 0)
        sys.stdout.write("\n")
        sys.stdout.flush()


def _answer(line: str) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (_CPU_S, _CPU_S))
    page = json.loads(line)
    signal.setitimer(signal.ITIMER_REAL, page["seconds"])
    read = read_page if page["form"] == "page" else read_fragment
    try:
        check_depth(page["markup"])
        draft = read(page["markup"], Cleaning.model_validate(page["cleaning"]))
        answer: dict[str, object] = {"draft": draft.model_dump(mode="json")}
    except (PageRefused, Misconfigured) as error:
        answer = {"error": error.code, "message": error.message, "hint": error.hint}
    sys.stdout.write(json.dumps(answer))
    sys.stdout.flush()


if __name__ == "__main__":
    main()
