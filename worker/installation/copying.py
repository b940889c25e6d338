"""Copies a file that is none of the storage's, as a whole or not at all. Looks at no hash and at no row."""

from __future__ import annotations

import filecmp
import secrets
import shutil
from typing import TYPE_CHECKING

from briefing.storage import reporting

if TYPE_CHECKING:
    from pathlib import Path


def copy_unless_equal(source: Path, target: Path) -> bool:
    """Put a copy of `source` at `target` unless it is there; tell whether it was copied.

    Raises StorageUnavailable, also where `source` cannot be read.
    """
    with reporting(target):
        if target.is_file() and filecmp.cmp(source, target, shallow=False):
            return False
        target.parent.mkdir(parents=True, exist_ok=True)
        making = target.with_name(f".{target.name}.{secrets.token_hex(4)}")
        try:
            shutil.copy2(source, making)
            making.replace(target)
        finally:
            making.unlink(missing_ok=True)
    return True
