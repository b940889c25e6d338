"""`python -m tests.audit [LOCK…]`: looks the locked packages up among known vulnerabilities, by pip-audit.

Says one of three things: "clean", what was found, or "not run" with the reason. It is "not run", never "clean", when
the service cannot be reached, does not answer in time, or does not know a package. Found ones fail it, but for those that
`docs/vulnerabilities.toml` accepts, each with a reason and a date until which it is accepted. Installs nothing and reads
no code of the packages.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import tomllib
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

import httpx
from pip_audit._service.osv import OsvService

ROOT = Path(__file__).parent.parent
LOCKS = (ROOT / "requirements.lock", ROOT / "requirements-dev.lock")
ACCEPTED = ROOT / "docs" / "vulnerabilities.toml"

#: Seconds for the service to answer at all, and for everything. A check that hangs is a check that gets turned off.
_REACH_S = 5
_ALL_S = 120


class NotRun(Exception):
    """Raised when it cannot be told whether there are vulnerabilities."""


@dataclass(frozen=True)
class Found:
    """A known vulnerability of a locked package."""

    package: str
    version: str
    names: tuple[str, ...]
    """Its ID and its aliases."""


def reach(service: str) -> None:
    """Raise NotRun unless the service answers, whatever it says."""
    told: list[object] = []

    def ask() -> None:
        try:
            told.append(httpx.head(service, timeout=_REACH_S, follow_redirects=False))
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
            told.append(type(error).__name__)

    # A thread, since a name server may take longer than any time-out of ours.
    asking = threading.Thread(target=ask, daemon=True)
    asking.start()
    asking.join(_REACH_S)
    if not told or isinstance(told[0], str):
        reason = told[0] if told else f"no answer in {_REACH_S} s"
        message = f"the vulnerability service cannot be reached ({reason})"
        raise NotRun(message)


def look_up(locks: list[Path], service: str, all_s: float = _ALL_S) -> tuple[int, list[Found]]:
    """Return how many packages were looked up, and what is known of them. Raises NotRun."""
    command = [sys.executable, "-m", "pip_audit", "--disable-pip", "--require-hashes", "--format", "json"]
    command += ["--vulnerability-service", "osv", "--osv-url", service, "--timeout", str(_REACH_S)]
    command += ["--progress-spinner", "off", *(part for lock in locks for part in ("--requirement", str(lock)))]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=all_s, check=False)
        packages = json.loads(done.stdout)["dependencies"]
    except subprocess.TimeoutExpired:
        message = f"the vulnerability service took more than {all_s:g} s"
        raise NotRun(message) from None
    except (ValueError, KeyError):
        last = (done.stderr.strip().splitlines() or ["no words"])[-1]
        message = f"pip-audit failed: {last[:300]}"
        raise NotRun(message) from None
    skipped = sorted(package["name"] for package in packages if "skip_reason" in package)
    if skipped or not packages:
        message = f"the service knows nothing of {', '.join(skipped) or 'any package'}"
        raise NotRun(message)
    found = [
        Found(package["name"], package["version"], (vulnerability["id"], *vulnerability["aliases"]))
        for package in packages
        for vulnerability in package["vulns"]
    ]
    return len(packages), found


def accepted(path: Path, today: date) -> set[str]:
    """Return the IDs that `path` accepts today. Raises SystemExit for an entry without reason or date."""
    entries = tomllib.loads(path.read_text()).get("accepted", [])
    for entry in entries:
        if not (entry.get("id") and entry.get("reason") and isinstance(entry.get("until"), date)):
            sys.exit(f"{path.name}: every entry needs id, reason and until (a date): {entry}")
    return {entry["id"] for entry in entries if entry["until"] >= today}


def main(locks: list[Path], service: str, accepting: Path, today: date) -> int:
    """Say what was found, and return the exit status: 1 for vulnerabilities that nobody accepted."""
    known = accepted(accepting, today)
    try:
        reach(service)
        count, found = look_up(locks, service)
    except NotRun as reason:
        print(f"dependency audit: not run: {reason}")
        return 0
    open_ = [one for one in found if not known.intersection(one.names)]
    for one in open_:
        print(f"{one.package} {one.version}: {', '.join(one.names)}")
    if open_:
        print(f"dependency audit: {len(open_)} known vulnerabilities; update, or accept them in docs/{accepting.name}")
        return 1
    print(f"dependency audit: clean: {count} packages, {len(found)} accepted vulnerabilities")
    return 0


if __name__ == "__main__":
    sys.exit(
        main(
            [Path(name) for name in sys.argv[1:]] or list(LOCKS),
            os.environ.get("AUDIT_SERVICE", OsvService.DEFAULT_OSV_URL),
            ACCEPTED,
            datetime.now(UTC).date(),
        )
    )
