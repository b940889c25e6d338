"""Stable hashes: chunk keys, content hashes and identities. Contains no business logic.

A key covers the name and version of its recipe as well as the values, so that a changed recipe never
meets old results. The same values give the same key on every machine and in every process.
"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

Hashable: TypeAlias = "bool | int | float | str | Sequence[Hashable] | Mapping[str, Hashable] | None"

#: One read of a file being hashed, in bytes: large enough that the system call does not count.
_BLOCK = 1 << 20


def stable_hash(recipe: str, *values: Hashable) -> str:
    """Return the sha256 (64 hex digits) of `values` under a `recipe` such as "chunk/1".

    Values are written as JSON with sorted keys and without spaces; floats by Python's shortest repr.
    """
    text = json.dumps([recipe, *values], sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()


def file_sha256(path: Path) -> str:
    """Return the sha256 (64 hex digits) of a file's bytes. Raises OSError as `open` does."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()
