"""`python -m tests.fuzz [SECONDS] [TARGET…]`: fuzzes each target for so long. What breaks one stays in `var/fuzz/`; put
it into the target's corpus with the mend.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.fuzz.targets import CORPUS, TARGETS

#: Megabytes and seconds that one input may take.
_MEMORY_MB, _INPUT_S = 2048, 20

seconds, *names = sys.argv[1:] or ["60"]
if unknown := set(names) - set(TARGETS):
    sys.exit(f"there is no target {', '.join(sorted(unknown))}; there are: {', '.join(TARGETS)}")
broken = []
for name in names or TARGETS:
    found = Path("var/fuzz") / name
    found.mkdir(parents=True, exist_ok=True)
    options = [
        f"-max_total_time={int(seconds)}",
        f"-artifact_prefix={found}/broken-",
        f"-rss_limit_mb={_MEMORY_MB}",
        f"-timeout={_INPUT_S}",
        "-seed=1",
        "-max_len=16384",
        "-print_final_stats=1",
    ]
    command = [sys.executable, "-m", "tests.fuzz.one", name, *options, str(found), str(CORPUS / name)]
    done = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False)
    runs = [line.split()[-1] for line in done.stderr.splitlines() if "number_of_executed_units" in line]
    print(f"{name}: {runs[0] if runs else 'no'} inputs, {'broken' if done.returncode else 'all well'}", flush=True)
    if done.returncode:
        broken.append(name)
        print(done.stdout + done.stderr[-6000:])
sys.exit(f"broken: {', '.join(broken)}" if broken else 0)
