"""Raw signatures: by a key in memory, or by a signing command; their forms and their check.

Knows which keys C2PA signs with; nothing of certificates, manifests or audio.
"""

from __future__ import annotations

import os
import signal
import subprocess
import threading
from contextlib import suppress
from typing import TypeAlias

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature

from briefing.errors import SigningMisconfigured, SigningUnavailable

PrivateKey: TypeAlias = ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey | rsa.RSAPrivateKey
PublicKey: TypeAlias = ec.EllipticCurvePublicKey | ed25519.Ed25519PublicKey | rsa.RSAPublicKey

#: Seconds a signing command gets, and the most that a signature may be: RSA with 4,096 bits gives 512 bytes.
_COMMAND_S = 30.0
_MOST_BYTES = 4096

#: Smallest RSA key that C2PA allows.
_LEAST_RSA_BITS = 2048

#: Curve -> name of the algorithm, bytes of each half of a signature, hash.
_CURVES: dict[str, tuple[str, int, hashes.HashAlgorithm]] = {
    "secp256r1": ("es256", 32, hashes.SHA256()),
    "secp384r1": ("es384", 48, hashes.SHA384()),
    "secp521r1": ("es512", 66, hashes.SHA512()),
}


def algorithm(public: PublicKey) -> str:
    """Return COSE's name of the algorithm that a key signs by. Raises SigningMisconfigured for a key C2PA refuses."""
    if isinstance(public, ec.EllipticCurvePublicKey):
        if public.curve.name not in _CURVES:
            message = f"C2PA does not sign with the curve {public.curve.name}"
            raise SigningMisconfigured(message)
        return _CURVES[public.curve.name][0]
    if isinstance(public, rsa.RSAPublicKey):
        if public.key_size < _LEAST_RSA_BITS:
            message = f"C2PA asks for RSA keys of {_LEAST_RSA_BITS} bits and more"
            raise SigningMisconfigured(message)
        return "ps256"
    return "ed25519"


def _pss() -> padding.PSS:
    return padding.PSS(padding.MGF1(hashes.SHA256()), padding.PSS.DIGEST_LENGTH)


def signed(key: PrivateKey, content: bytes) -> bytes:
    """Return a key's signature, for elliptic curves in DER."""
    if isinstance(key, ec.EllipticCurvePrivateKey):
        return key.sign(content, ec.ECDSA(_CURVES[key.curve.name][2]))
    if isinstance(key, rsa.RSAPrivateKey):
        return key.sign(content, _pss(), hashes.SHA256())
    return key.sign(content)


def verify(public: PublicKey, signature: bytes, content: bytes) -> None:
    """Raise cryptography's InvalidSignature, or ValueError, where `signature` (in DER) is not the key's."""
    if isinstance(public, ec.EllipticCurvePublicKey):
        public.verify(signature, content, ec.ECDSA(_CURVES[public.curve.name][2]))
    elif isinstance(public, rsa.RSAPublicKey):
        public.verify(signature, content, _pss(), hashes.SHA256())
    else:
        public.verify(signature, content)


def as_der(public: PublicKey, signature: bytes) -> bytes:
    """Return an elliptic signature in DER, whichever form a command gave; others as they are."""
    if isinstance(public, ec.EllipticCurvePublicKey):
        half = _CURVES[public.curve.name][1]
        if len(signature) == 2 * half:
            return encode_dss_signature(int.from_bytes(signature[:half]), int.from_bytes(signature[half:]))
    return signature


def as_raw(public: PublicKey, signature: bytes) -> bytes:
    """Return a signature as C2PA writes it: of an elliptic curve r and s side by side (IEEE P1363)."""
    if isinstance(public, ec.EllipticCurvePublicKey):
        half = _CURVES[public.curve.name][1]
        return b"".join(number.to_bytes(half) for number in decode_dss_signature(signature))
    return signature


def asked(command: tuple[str, ...], content: bytes) -> bytes:
    """Return what a signing command answers: no shell, a time limit, a bounded answer.

    Raises SigningUnavailable or SigningMisconfigured.
    """
    try:
        process = subprocess.Popen(  # noqa: S603  named by whoever runs this installation; no shell
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            # What it needs of the environment it has; our settings, with their keys, are none of its business.
            env={name: value for name, value in os.environ.items() if not name.startswith("BRIEFCAST_")},
        )
    except OSError as error:
        message = f"the signing command cannot be started: {error.strerror}"
        raise SigningMisconfigured(message) from error
    assert process.stdin is not None
    assert process.stdout is not None
    over = threading.Timer(_COMMAND_S, _end, (process,))
    over.start()
    try:
        with process:
            with suppress(BrokenPipeError):  # it may answer without reading, wrongly: the signature is checked
                process.stdin.write(content)
                process.stdin.close()
            given = process.stdout.read(_MOST_BYTES + 1)
            if len(given) > _MOST_BYTES:
                _end(process)
    finally:
        over.cancel()
    if process.returncode or not given:
        message = f"the signing command gave no signature within {_COMMAND_S:g} s (status {process.returncode})"
        raise SigningUnavailable(message)
    return given


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a command with all that it started, which would hold its output open."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
