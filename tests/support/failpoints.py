"""Arms the failpoints of processes that run with `BRIEFCAST_FAILPOINTS` set to a folder (see briefing/failpoints.py)."""

from __future__ import annotations

from itertools import count

from briefing.failpoints import VARIABLE, Action, Failpoint


class Failpoints:
    """A folder of armed failures. Give `environment` to the processes that are to fail."""

    def __init__(self, folder):
        folder.mkdir(parents=True, exist_ok=True)
        self.folder, self._numbers = folder, count()

    @property
    def environment(self):
        return {VARIABLE: str(self.folder)}

    def arm(self, point, action, times=1, **context):
        """Have the next `times` who reach `point` fail, later ones not; only steps with this log `context`, if any:
        `briefing="5f2b…"`, `kind="speak"`. What is armed first comes first.
        """
        for _ in range(times):
            name = f"{Failpoint(point)}@{next(self._numbers):06}@{Action(action)}"
            written = self.folder / f".{name}"
            written.write_text(" ".join(f"{key}={value}" for key, value in context.items()))
            written.rename(self.folder / name)

    def waiting(self, point="*"):
        """What is armed and has not happened, as (point, action)."""
        return sorted(self._parts(path) for path in self.folder.glob(f"{point}@*@*") if not path.suffix[1:].isdigit())

    def happened(self):
        """What has happened, as (point, action, process ID), in the order in which it was armed."""
        taken = sorted(path for path in self.folder.glob("*@*@*") if path.suffix[1:].isdigit())
        return [(*self._parts(path.with_suffix("")), int(path.suffix[1:])) for path in taken]

    def disarm(self):
        """Let nothing more fail, and whatever hangs go on."""
        for path in self.folder.glob("*@*@*"):
            path.unlink(missing_ok=True)

    let_go = disarm

    def let_go_at(self, point):
        """Let whatever hangs at a point go on, and nothing more hang there; return the process IDs."""
        found = list(self.folder.glob(f"{Failpoint(point)}@*@{Action.HANG}*"))
        for path in found:
            path.unlink(missing_ok=True)
        return [int(path.suffix[1:]) for path in found if path.suffix[1:].isdigit()]

    @staticmethod
    def _parts(path):
        point, _, action = path.name.split("@")
        return Failpoint(point), Action(action)
