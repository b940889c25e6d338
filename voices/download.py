"""Fetches the files that an operator asks for, bounded, and checks each against the sha256 it must have.

Addresses come from an operator's command line, never from an article: private networks are theirs to name. A file whose
checksum nobody has stated is not taken.
"""

from __future__ import annotations

import hashlib
import time
from typing import TYPE_CHECKING

import httpx

from voices.errors import ChecksumMismatch, InstallFailed

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator
    from pathlib import Path

#: Seconds to connect and between two reads; and for one file in all, at 200 kB/s for the largest.
_TIMEOUT = httpx.Timeout(30.0, connect=10.0)
_WHOLE_S = 1800.0

_MOST_REDIRECTS = 5
_BLOCK = 1 << 20


def fetch(source: str, target: Path, most_bytes: int, accepted: Collection[str]) -> str:
    """Write what is at `source`, an http(s) address or a path, to `target`, and return its sha256.

    Raises InstallFailed when it cannot be had or is larger than `most_bytes`; ChecksumMismatch when its sha256 is none
    of `accepted`.
    """
    hint = "If you know this file to be right, add --sha256 with that value."
    if "://" in source:
        return copy(_answer(source), target, most_bytes, accepted, source, hint)
    try:
        with open(source, "rb") as file:  # noqa: PTH123  a path as the operator wrote it
            return copy(iter(lambda: file.read(_BLOCK), b""), target, most_bytes, accepted, source, hint)
    except OSError as error:
        message = f"{source} cannot be read: {error.strerror}"
        raise InstallFailed(message) from error


def copy(
    blocks: Iterable[bytes], target: Path, most_bytes: int, accepted: Collection[str], name: str, hint: str = ""
) -> str:
    """Write `blocks` to `target`, bounded and checked as `fetch` does; errors call them `name`, and add `hint`."""
    digest, size = hashlib.sha256(), 0
    with target.open("wb") as file:
        for block in blocks:
            size += len(block)
            if size > most_bytes:
                message = f"{name} is larger than {most_bytes / 1e6:.0f} MB"
                raise InstallFailed(message, hint="Check that it is the file you mean.")
            digest.update(block)
            file.write(block)
    found = digest.hexdigest()
    if found not in accepted:
        message = f"{name} has the sha256 {found}, which is not what it must be"
        raise ChecksumMismatch(message, hint=hint)
    return found


def _answer(address: str) -> Iterator[bytes]:
    deadline = time.monotonic() + _WHOLE_S
    try:
        with (
            httpx.Client(timeout=_TIMEOUT, follow_redirects=True, max_redirects=_MOST_REDIRECTS) as client,
            client.stream("GET", address) as response,
        ):
            if response.status_code != httpx.codes.OK:
                message = f"{address} answered {response.status_code}"
                raise InstallFailed(message, hint="Open the address in a browser.")
            for block in response.iter_bytes(_BLOCK):
                if time.monotonic() > deadline:
                    message = f"{address} took longer than {_WHOLE_S / 60:.0f} minutes"
                    raise InstallFailed(message)
                yield block
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        message = f"{address} cannot be fetched: {type(error).__name__}"
        raise InstallFailed(message, hint="Check the address and this machine's network.") from error
