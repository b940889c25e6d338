"""The heartbeat files of this container's processes, read by its probe. Loads nothing heavy: probes come often."""

from __future__ import annotations

from pathlib import Path

#: Seconds after which a file that was not written any more tells of a process that hangs.
STALE_S = 60.0


def trouble(folder: Path, role: str, now: float) -> str | None:
    """Return what is wrong with this container's processes of `role` by their files; None where all is well.

    `now` in seconds since the epoch.
    """
    ages = {path.name: now - path.stat().st_mtime for path in sorted(folder.glob(f"{role}-*.json")) if _lives(path)}
    if not ages:
        return f"no {role} has a heartbeat in {folder}"
    stale = {name: age for name, age in ages.items() if age > STALE_S}
    if stale:
        return "; ".join(f"{name} was last written {age:.0f} s ago" for name, age in stale.items())
    return None


def _lives(path: Path) -> bool:
    """Tell whether the process of a file runs; what is killed leaves its file, and itself where nobody reaps it."""
    try:
        status = Path("/proc", path.stem.rpartition("-")[2], "stat").read_text()
    except OSError:
        return False
    return not status.rpartition(")")[2].lstrip().startswith("Z")
