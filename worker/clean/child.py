"""The process that parses untrusted markup: one page on standard input as JSON, its draft on standard output.

Runs under limits on memory and CPU that it sets before reading anything, so that a hostile page costs this process
and no other (guarantees S5). Touches no file and no network.
"""

from __future__ import annotations

import json
import resource
import sys

from briefing.articles.cleaning import Cleaning
from briefing.errors import Misconfigured, PageRefused

#: Address space in bytes: libraries take 400 MB of it, a 10 MB page about as much again.
_MEMORY = 1_500_000_000

#: Seconds of CPU; honest pages take one or two, a live blog of 15,000 paragraphs fourteen.
_CPU_S = 20


def main() -> None:
    """Read {"form", "markup", "cleaning"}, write {"draft"} or {"error", "message", "hint"}."""
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (_CPU_S, _CPU_S))
    from worker.clean.depth import check_depth  # noqa: PLC0415  after the limits
    from worker.clean.html import read_fragment, read_page  # noqa: PLC0415  after the limits

    page = json.load(sys.stdin)
    read = read_page if page["form"] == "page" else read_fragment
    try:
        check_depth(page["markup"])
        draft = read(page["markup"], Cleaning.model_validate(page["cleaning"]))
        answer: dict[str, object] = {"draft": draft.model_dump(mode="json")}
    except (PageRefused, Misconfigured) as error:
        answer = {"error": error.code, "message": error.message, "hint": error.hint}
    json.dump(answer, sys.stdout)


if __name__ == "__main__":
    main()
