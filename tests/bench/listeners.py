"""200 listeners on one API process: each plays at 128 kbit/s, and seeks to a random place every few seconds.

`./run.sh bench listeners [LISTENERS] [SECONDS]`. An error is an answer that is not the very bytes that were asked for; a
stall is a stretch that came later than the one before it had been played.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import random
import sys
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.support.client import free_port
from tests.support.processes import BIN, running, wait_for

#: Bytes a second of 128 kbit/s.
RATE = 16_000

#: Seconds of sound that a player fetches at a time.
STRETCH_S = 2.0

#: An hour at that rate.
SIZE = 3600 * RATE


@dataclass
class Heard:
    """What came of it."""

    stretches: int = 0
    errors: int = 0
    stalls: int = 0
    slowest_s: float = 0.0


def write_audio(public, size=SIZE):
    """Write made-up audio as if it were published; return its name and bytes."""
    content = random.Random(1).randbytes(1 << 20) * (size // (1 << 20) + 1)
    content = content[:size]
    name = f"audio/{hashlib.sha256(content).hexdigest()}.mp3"
    (public / "audio").mkdir(parents=True, exist_ok=True)
    (public / name).write_bytes(content)
    return name, content


@contextmanager
def serving(folder, **settings):
    """Serve the public files of the data folder `folder`/var by `briefcast serve`, alone; yield the port and process."""
    port = free_port()
    given = {"DATA": folder / "var", "PUBLIC_URL": f"http://127.0.0.1:{port}", "LOG_LEVEL": "ERROR"} | settings
    extra = {f"BRIEFCAST_{name}": str(value) for name, value in given.items()}
    command = [BIN / "briefcast", "serve", "--port", str(port), "--no-workers"]
    with running(command, folder / "serve.log", **extra) as process:
        wait_for(lambda: _listens(port), f"the API; see {folder}/serve.log")
        yield port, process


def _listens(port):
    import socket

    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


async def _listen(port, name, content, until, chance, heard):
    await asyncio.sleep(chance.uniform(0, STRETCH_S))
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    length = int(RATE * STRETCH_S)
    try:
        while time.perf_counter() < until:
            start = chance.randrange(len(content) - length)
            asked = time.perf_counter()
            writer.write(
                f"GET /{name} HTTP/1.1\r\nHost: 127.0.0.1\r\nRange: bytes={start}-{start + length - 1}\r\n\r\n".encode()
            )
            head = await reader.readuntil(b"\r\n\r\n")
            body = await reader.readexactly(length) if head.startswith(b"HTTP/1.1 206") else b""
            took = time.perf_counter() - asked
            heard.stretches += 1
            heard.errors += body != content[start : start + length]
            heard.stalls += took > STRETCH_S
            heard.slowest_s = max(heard.slowest_s, took)
            if not body:
                return
            await asyncio.sleep(max(0.0, STRETCH_S - took))
    except (ConnectionError, asyncio.IncompleteReadError):
        heard.errors += 1
    finally:
        writer.close()


async def listen(port, name, content, listeners, seconds):
    """Have so many listen for so long."""
    heard = Heard()
    until = time.perf_counter() + seconds
    chances = [random.Random(number) for number in range(listeners)]
    await asyncio.gather(*(_listen(port, name, content, until, chance, heard) for chance in chances))
    return heard


def cpu_s(pid):
    """CPU seconds that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def run(listeners="200", seconds="30"):
    """Measure, and say so."""
    with tempfile.TemporaryDirectory() as path:
        folder = Path(path)
        name, content = write_audio(folder / "var" / "public")
        with serving(folder) as (port, process):
            before = cpu_s(process.pid)
            heard = asyncio.run(listen(port, name, content, int(listeners), float(seconds)))
            used = cpu_s(process.pid) - before
    json.dump({"listeners": int(listeners), "cpu_share": round(used / float(seconds), 3), **vars(heard)}, sys.stdout)
    sys.stdout.write("\n")
