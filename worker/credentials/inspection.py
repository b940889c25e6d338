"""An audio file -> what its content credentials and tags say, and whether they hold.

For `briefcast inspect` and the check after publishing. Reads one local file; asks nothing of the network, whatever the
file refers to. Judges no text: who wants to compare articles has their hashes here.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Literal

from c2pa import C2paError, Context, Reader
from mutagen import MutagenError
from mutagen.id3 import ID3
from mutagen.mp3 import MP3
from pydantic import Field

from briefing.values import Value
from worker.credentials.provenance import NARRATION, TIMELINE

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

State = Literal["valid", "tampered", "unsigned", "broken"]
Trust = Literal["own", "listed", "unknown"]

#: What makes a file tampered with: bytes, statements or signature are not those that were signed.
_TAMPERED = frozenset({"assertion.dataHash.mismatch", "assertion.hashedURI.mismatch", "claimSignature.mismatch"})

#: An unknown signer is no fault of the file.
_UNTRUSTED = "signingCredential.untrusted"

#: Nothing is fetched: a file may name any address for its manifest or its certificate's state.
_OFFLINE = {"verify": {"remote_manifest_fetch": False, "ocsp_fetch": False}, "core": {"allowed_network_hosts": []}}


class Tagged(Value):
    """What the ID3 tag says, where there is one."""

    title: str = ""
    artist: str = ""
    album: str = ""
    disclosure: str = ""
    voice: str = ""
    chapters: int = 0
    duration_s: float | None = None
    """By the file's own header; None for what is no MP3."""


class Inspection(Value):
    """What was found."""

    state: State
    reasons: tuple[str, ...] = ()
    """C2PA's codes of what does not hold; c2pa's words where it has no code."""
    trust: Trust = "unknown"
    """Whether the signer is below this installation's own root, one that the settings name, or neither."""
    signer: str = ""
    """Names of the certificate: common name and organisation."""
    serial: str = ""
    """Serial number of the certificate, decimal."""
    signed_at: str = ""
    """Moment of the time stamp, ISO 8601; empty without one."""
    source_type: str = ""
    """IPTC's digital source type."""
    generator: str = ""
    title: str = ""
    narration: dict[str, Any] = Field(default_factory=dict)
    """Our assertion: show, language, disclosure, voices, articles."""
    timeline: dict[str, Any] = Field(default_factory=dict)
    """Our assertion: rate, samples, spans."""
    tags: Tagged = Tagged()


def inspect(path: Path, own_root: str = "", listed_roots: str = "") -> Inspection:
    """Return what is found in the file at `path`. The roots are PEM certificates. Raises OSError."""
    tags = _tagged(path)
    try:
        found = _read(path, "")
    except C2paError as error:
        if _is_missing(error):
            return Inspection(state="unsigned", tags=tags)
        return Inspection(state="broken", reasons=(str(error),), tags=tags)
    trust: Trust = "unknown"
    for name, roots in (("own", own_root), ("listed", listed_roots)):
        if roots and _UNTRUSTED not in _failures(_read(path, roots)):
            trust = "own" if name == "own" else "listed"
            break
    faults = tuple(code for code in _failures(found) if code != _UNTRUSTED)
    state: State = "valid" if not faults else "tampered" if _TAMPERED.intersection(faults) else "broken"
    return _described(found).model_copy(update={"state": state, "reasons": faults, "trust": trust, "tags": tags})


def _read(path: Path, roots: str) -> dict[str, Any]:
    settings = {**_OFFLINE, "trust": {"user_anchors": roots}} if roots else _OFFLINE
    with path.open("rb") as file, Reader("audio/mpeg", file, context=Context.from_dict(settings)) as reader:
        found: dict[str, Any] = json.loads(reader.json())
    return found


def _is_missing(error: C2paError) -> bool:
    return isinstance(error, C2paError.ManifestNotFound) or "ManifestNotFound" in str(error)


def _failures(found: dict[str, Any]) -> list[str]:
    results = found.get("validation_results", {}).get("activeManifest", {})
    return sorted({str(entry.get("code")) for entry in results.get("failure", [])})


def _described(found: dict[str, Any]) -> Inspection:
    active = found.get("manifests", {}).get(found.get("active_manifest"), {})
    assertions = {entry.get("label"): entry.get("data", {}) for entry in active.get("assertions", [])}
    actions = assertions.get("c2pa.actions.v2", assertions.get("c2pa.actions", {})).get("actions", [])
    sources = [str(action["digitalSourceType"]) for action in actions if "digitalSourceType" in action]
    signature = active.get("signature_info", {})
    generators = active.get("claim_generator_info", [])
    return Inspection(
        state="valid",
        signer=", ".join(_texts(signature.get("common_name"), signature.get("issuer"))),
        serial=str(signature.get("cert_serial_number", "")),
        signed_at=str(signature.get("time", "")),
        source_type=sources[0].rpartition("/")[2] if sources else "",
        generator=" ".join(_texts(*(generators[0].get(key) for key in ("name", "version")))) if generators else "",
        title=str(active.get("title", "")),
        narration=_table(assertions.get(NARRATION)),
        timeline=_table(assertions.get(TIMELINE)),
    )


def _texts(*values: object) -> Iterable[str]:
    return (str(value) for value in values if value)


def _table(value: object) -> dict[str, Any]:
    """Return what another program may have written under our label, if it is a table at all."""
    return value if isinstance(value, dict) else {}


def _tagged(path: Path) -> Tagged:
    try:
        id3 = ID3(path)
    except MutagenError:
        id3 = ID3()
    try:
        info = MP3(path).info
    except MutagenError:
        info = None
    comments = [str(frame) for frame in id3.getall("COMM")]
    return Tagged(
        title=str(id3.get("TIT2", "")),
        artist=str(id3.get("TPE1", "")),
        album=str(id3.get("TALB", "")),
        disclosure=str(id3.get("TXXX:AI_DISCLOSURE", comments[0] if comments else "")),
        voice=str(id3.get("TXXX:SYNTHETIC_VOICE", "")),
        chapters=len(id3.getall("CHAP")),
        duration_s=round(info.length, 3) if info is not None else None,
    )
