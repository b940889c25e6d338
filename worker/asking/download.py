"""Downloads one large file through the safe `Fetcher` into a folder, and goes on where it was cut off, also by another
process later. Bounded in bytes; the whole file or nothing.

A part is gone on with only where the server says that it is of the same state (a strong ETag, by If-Range).
"""

from __future__ import annotations

import asyncio
import re
import time
from typing import TYPE_CHECKING

from briefing.errors import PageRefused, SourceUnavailable
from briefing.storage import reporting

if TYPE_CHECKING:
    from pathlib import Path

    import httpx

    from worker.asking.web import Fetcher

#: How often a download that is cut off is gone on with at once; what gets further each time is not counted.
_TRIES = 4

#: Seconds that a server's own wish to be asked later is waited for; what wishes for more is left for the next run.
_LONGEST_WAIT_S = 60.0

_SPAN = re.compile(r"bytes (\d+)-\d+/(\d+)")
_PART, _BEYOND = 206, 416


def download(fetcher: Fetcher, address: str, target: Path, most_bytes: int) -> tuple[str, ...]:
    """Have the file at `address` at `target`; what is there already is kept. `fetcher` bounds the seconds. Return the
    addresses that it was redirected to, the last of which is where it was found.

    Raises as `Fetcher.fetch` does; what has come so far stays beside `target` for the next time.
    """
    if target.exists():
        return ()
    part = target.with_suffix(".part")
    failed = 0
    while True:
        before = part.stat().st_size if part.exists() else 0
        tag = _tag_of(part).read_text() if before and _tag_of(part).exists() else ""
        try:
            behind = asyncio.run(_bounded(fetcher, address, part, most_bytes, tag, before if tag else 0))
        except (TimeoutError, SourceUnavailable) as error:
            if isinstance(error, _Again):
                # Also where nothing is there: some answer so to whoever asks for all of it.
                part.unlink(missing_ok=True)
            reached = part.stat().st_size if part.exists() else 0
            failed = 0 if reached > before else failed + 1
            wished = getattr(error, "retry_after_s", None) or 0.0
            if failed == _TRIES or isinstance(error, TimeoutError) or wished > _LONGEST_WAIT_S:
                message = f"{address} did not come in full: {reached:,} bytes are here"
                raise SourceUnavailable(message, hint="Run it again: it goes on from there.") from error
            time.sleep(wished)
        else:
            with reporting(target):
                part.replace(target)
            _tag_of(part).unlink(missing_ok=True)
            return behind


async def _bounded(
    fetcher: Fetcher, address: str, part: Path, most_bytes: int, tag: str, there: int
) -> tuple[str, ...]:
    async with asyncio.timeout(fetcher.bounds.seconds):
        return await _go_on(fetcher, address, part, most_bytes, tag, there)


async def _go_on(fetcher: Fetcher, address: str, part: Path, most_bytes: int, tag: str, there: int) -> tuple[str, ...]:
    wish = {"Range": f"bytes={there}-", "If-Range": tag} if there else {}
    # Identity: lengths and ranges are of the bytes themselves.
    async with fetcher.opened(address, {"Accept": "*/*", "Accept-Encoding": "identity"} | wish) as (response, behind):
        if response.headers.get("content-encoding", "identity").lower() != "identity":
            message = f"{address} is compressed, which was not asked for"
            raise PageRefused(message)
        begin, whole = _spans(response, there)
        if whole is not None and whole > most_bytes:
            message = f"{address} has {whole:,} bytes; the bound is {most_bytes:,}"
            raise PageRefused(message, code="page_too_large")
        _note(part, response.headers.get("etag", ""))
        size = await _append(response, part, begin, most_bytes)
    if whole is not None and size != whole:
        message = f"{address} broke off after {size:,} of {whole:,} bytes"
        raise SourceUnavailable(message)
    return behind


def _spans(response: httpx.Response, there: int) -> tuple[int, int | None]:
    """Return where the body begins in the file, and how long the file is, if that is told."""
    match = _SPAN.fullmatch(response.headers.get("content-range", "")) if response.status_code == _PART else None
    if match and int(match.group(1)) == there:
        return there, int(match.group(2))
    if response.status_code in {_PART, _BEYOND}:
        # All of it is here, or the server counts otherwise than we do: from the start.
        message = "the server gave another part than was asked for"
        raise _Again(message)
    length = response.headers.get("content-length", "")
    return 0, int(length) if length.isdecimal() else None


class _Again(SourceUnavailable):
    """Raised when a part cannot be gone on with."""


async def _append(response: httpx.Response, part: Path, begin: int, most_bytes: int) -> int:
    size = begin
    with part.open("r+b" if begin else "wb") as file:
        file.seek(begin)
        file.truncate()
        async for block in response.aiter_raw():
            size += len(block)
            if size > most_bytes:
                message = f"it has more than {most_bytes:,} bytes"
                raise PageRefused(message, code="page_too_large")
            file.write(block)
    return size


def _note(part: Path, tag: str) -> None:
    """Keep a strong ETag, by which the part can be gone on with; others say nothing of single bytes."""
    if tag.startswith('"'):
        _tag_of(part).write_text(tag)
    else:
        _tag_of(part).unlink(missing_ok=True)


def _tag_of(part: Path) -> Path:
    return part.with_suffix(".etag")
