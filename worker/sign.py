"""MP3 file -> the same file with content credentials (C2PA). The last thing that touches its bytes.

The manifest goes into a GEOB frame of the ID3 tag and covers every other byte of the file: whatever edits a tag or a
sample afterwards breaks it. Signing twice gives different bytes, so the caller stores the first and keeps it.
"""

from __future__ import annotations

import errno
import json
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import c2pa
from c2pa import Builder, C2paError, Context

from briefing.errors import BriefcastError, SigningFailed, SigningUnavailable
from briefing.storage import has_room

if TYPE_CHECKING:
    from worker.credentials.signer import Signer

#: Part of every master key: rises with whatever changes how a file is signed.
VERSION = 1

MEDIA_TYPE = "audio/mpeg"

#: No thumbnail of the artwork, which is in the tag already; each new file is read back and checked at once. All our
#: assertions are the signer's own statements, not gathered ones.
_SETTINGS: dict[str, Any] = {
    "builder": {
        "thumbnail": {"enabled": False},
        "created_assertion_labels": ["c2pa.actions", "org.briefcast.narration", "org.briefcast.timeline"],
    },
    "verify": {"verify_after_sign": True},
    # Beyond this it works on the disk: three hours of MP3 take 130 MB of memory, not 250.
    "core": {"backing_store_memory_threshold_in_mb": 1},
}


def sign(path: Path, manifest: dict[str, Any], signer: Signer) -> None:
    """Sign the MP3 at `path` in place.

    Raises SigningUnavailable when the signing command or the time-stamping authority does not answer, SigningFailed or
    SigningMisconfigured when they or the certificate are at fault, OSError.
    """
    signed = path.with_name(f"{path.stem}-signed{path.suffix}")
    refused: list[BriefcastError] = []

    def signature(content: bytes) -> bytes:
        # An error cannot pass through native code; it is kept, and an empty signature stops the signing.
        try:
            return signer.signature(content)
        except BriefcastError as error:
            refused.append(error)
            return b""

    try:
        with path.open("rb") as source, signed.open("w+b") as target:
            _sign(source, target, manifest, signer, signature)
        signed.replace(path)
    except C2paError as error:
        if refused:
            raise refused[0] from error
        signed.unlink(missing_ok=True)
        if not all(has_room(folder, path.stat().st_size) for folder in (path.parent, Path(tempfile.gettempdir()))):
            # What c2pa says of a full disk is nothing that could be relied on.
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)) from error
        raise _failure(error, signer) from error
    finally:
        signed.unlink(missing_ok=True)


def _sign(source: Any, target: Any, manifest: dict[str, Any], signer: Signer, signature: Any) -> None:  # noqa: ANN401  c2pa's own types
    algorithm = getattr(c2pa.C2paSigningAlg, signer.algorithm.upper())
    with (
        c2pa.Signer.from_callback(signature, algorithm, signer.chain, signer.timestamp_url or None) as native,
        Builder(json.dumps(manifest), Context.from_dict(_SETTINGS)) as builder,
    ):
        builder.sign(native, MEDIA_TYPE, source, target)


def _failure(error: C2paError, signer: Signer) -> BriefcastError:
    """Sort c2pa's errors, which carry their reason in words only. Certificate and key have been checked before, so with
    a time-stamping authority a signature that fails is the authority's fault: unreachable, refusing or garbled.
    """
    said = str(error)
    if signer.timestamp_url and isinstance(error, C2paError.Signature):
        message = f"the time-stamping authority {signer.timestamp_url} does not answer as it should: {said}"
        return SigningUnavailable(message)
    message = f"the MP3 cannot be signed: {said}"
    return SigningFailed(message)
