"""Secrets as the database keeps them: sealed by a key that is not in it, so that a copy of it opens no CMS.

A sealed text reads `bcs1.<key>.<ciphertext>`: the ID of the key, and AES-SIV over the secret, bound to whose it is, so
that it opens nowhere else. The same secret in the same place is sealed alike by the same key, so that rows can be
compared. The newest key seals; all that are known open. Knows nothing of rows.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import os
import re
import secrets
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

from briefing.errors import Misconfigured, SecretUnreadable
from briefing.observing.logs import get_logger
from briefing.settings import DataSettings, SealingSettings, StorageSettings
from briefing.settings.sealing import KEY_BYTES, read_keys
from briefing.storage.atomic import reporting

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_PREFIX = "bcs1."
_SEALED = re.compile(r"bcs1\.(?P<key>[0-9a-f]{8})\.(?P<text>[A-Za-z0-9_-]+)")

_SET_ONE = (
    "Set BRIEFCAST_SEALING_KEYS for every process; `briefcast keys sealing --new` shows one. "
    "Keep it apart from backups: docs/cms.md."
)
_PUT_BACK = "Put the file back that was there, readable for Briefcast's user."

_log = get_logger("sealing")


@dataclass(frozen=True, repr=False)
class Ring:
    """The keys at hand, the newest first."""

    keys: tuple[bytes, ...]
    where: str
    """Where they are, in words."""

    @property
    def ids(self) -> tuple[str, ...]:
        """What tells the keys apart; says nothing of them."""
        return tuple(map(_id_of, self.keys))


def key_file() -> Path:
    """Return where the keys are that no setting names: in the data folder, and in no backup of ours."""
    return DataSettings().data / "sealing" / "keys"


def ring() -> Ring:
    """Return the keys at hand; none where none were made yet. Raises Misconfigured for what cannot be read."""
    given = read_keys(SealingSettings().sealing_keys.get_secret_value())
    if given:
        return Ring(given, "BRIEFCAST_SEALING_KEYS")
    return read_file(key_file()) or Ring((), str(key_file()))


def read_file(path: Path) -> Ring | None:
    """Return the keys in a file, ours or another installation's; None where there is none. Raises Misconfigured."""
    try:
        found = read_keys(path.read_text("ascii"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        message = f"the sealing keys in {path} cannot be read: {error}"
        raise Misconfigured(message, hint=_PUT_BACK) from error
    if not found:
        message = f"there are no sealing keys in {path}, which is empty"
        raise Misconfigured(message, hint=_PUT_BACK)
    return Ring(found, str(path))


def is_sealed(text: str) -> bool:
    """Tell whether a text is sealed; what an earlier release kept is not."""
    return text.startswith(_PREFIX)


def key_of(sealed: str) -> str | None:
    """Return the ID of the key that something was sealed by, None for what is not sealed."""
    found = _SEALED.fullmatch(sealed)
    return found["key"] if found else None


def seal(secret: str, whose: str) -> str:
    """Return a secret as it may be kept with `whose` it is. Makes the first key where there is none.

    Raises StorageUnavailable where that cannot be written, Misconfigured, also where it may not be made here.
    """
    known = ring()
    key = (known.keys or _first_key())[0]
    sealed = base64.urlsafe_b64encode(AESSIV(key).encrypt(secret.encode(), [whose.encode()])).rstrip(b"=").decode()
    return f"{_PREFIX}{_id_of(key)}.{sealed}"


def unseal(text: str, whose: str) -> str:
    """Return the secret that was sealed for `whose` it is; what is not sealed, as it is.

    Raises SecretUnreadable where its key is not at hand, or it is not as it was sealed; Misconfigured.
    """
    if not is_sealed(text):
        return text
    found, known = _SEALED.fullmatch(text), ring()
    key = next((key for key in known.keys if found and _id_of(key) == found["key"]), None)
    if found is not None and key is None:
        message = f"the secret of {whose} was sealed by the key {found['key']}, which is not in {known.where}"
        raise SecretUnreadable(message)
    try:
        given = found["text"] if found else ""
        return AESSIV(key or b"").decrypt(_decoded(given), [whose.encode()]).decode()
    except (InvalidTag, ValueError) as error:
        message = f"the secret of {whose} is not as it was sealed"
        raise SecretUnreadable(message, hint="Give it anew: `briefcast connect`, or `briefcast apply`.") from error


def is_ready() -> bool:
    """Tell whether something can be sealed: a key is there, or may be made here. Raises Misconfigured."""
    return bool(ring().keys) or not StorageSettings().in_bucket


def new_key() -> str:
    """Return a key as settings and files have it."""
    return base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode()


def add_key() -> Ring:
    """Put a new key before those in the data folder; return all. Raises StorageUnavailable, and Misconfigured where
    the keys are in the environment, which is not ours to change.
    """
    known = ring()
    if known.where != str(key_file()):
        message = f"the keys are in {known.where}"
        raise Misconfigured(message, hint="Put a new one first there, for every process, and start them again.")
    if not known.keys:
        _first_key()
        return ring()
    _write([new_key(), *(base64.b64encode(key).decode() for key in known.keys)], replace=True)
    return ring()


def add_known(keys: Sequence[bytes]) -> int:
    """Put another installation's keys after those in the data folder, so that they open what they sealed; return how
    many were not there yet. Raises StorageUnavailable, Misconfigured where those there cannot be read.
    """
    there = read_file(key_file())
    known = there.keys if there else ()
    new = [key for key in dict.fromkeys(keys) if key not in known]
    if new:
        _write([base64.b64encode(key).decode() for key in (*known, *new)], replace=True)
    return len(new)


def _first_key() -> tuple[bytes, ...]:
    """Make the first key, unless another process is faster; return what is there then."""
    if StorageSettings().in_bucket:
        # There a data folder is a host's or a pod's own, and may be gone tomorrow with all that its key has sealed.
        message = "secrets are sealed before the database keeps them, and there is no key"
        raise Misconfigured(message, code="no_sealing_key", hint=_SET_ONE)
    if DataSettings().database_url.startswith("postgresql"):
        _log.warning(
            "secrets are sealed by a key of this host's data folder",
            hint="Other hosts need it too: set BRIEFCAST_SEALING_KEYS on all, see docs/cms.md.",
        )
    _write([new_key()], replace=False)
    return ring().keys


def _write(lines: list[str], *, replace: bool) -> None:
    """Write the file whole or not at all, for its owner alone; unless told to `replace` it, one that is there stays."""
    path = key_file()
    with reporting(path):
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        making = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
        try:
            handle = os.open(making, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(handle, "w", encoding="ascii") as file:
                file.write("".join(f"{line}\n" for line in lines))
                file.flush()
                os.fsync(file.fileno())
            if replace:
                making.replace(path)
                return
            with suppress(FileExistsError):  # another process was faster
                os.link(making, path)
        finally:
            making.unlink(missing_ok=True)


def _id_of(key: bytes) -> str:
    return hashlib.sha256(b"briefcast-sealing/1\n" + key).hexdigest()[:8]


def _decoded(text: str) -> bytes:
    try:
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except binascii.Error as error:
        raise ValueError from error
