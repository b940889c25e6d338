"""A child of the embedded runner as a process: `python -m worker.child PARENT [reserved]`.

Loads what a worker needs in one go; what a worker does is the runner's to say.
"""

from __future__ import annotations

import gc
import sys


def main() -> None:
    """Work until told to stop."""
    # What is imported stays: looking through it for garbage again and again is a sixth of a worker's start.
    gc.disable()
    try:
        from worker import tasks  # noqa: F401, PLC0415  what is to be left out of the search for garbage
        from worker.runner import run_child  # noqa: PLC0415
        from worker.running import perform  # noqa: F401, PLC0415
    finally:
        gc.freeze()
        gc.enable()
    run_child(int(sys.argv[1]), reserved="reserved" in sys.argv[2:])


if __name__ == "__main__":
    main()
