"""Who signs: the certificate and key that the settings name, or the development chain. Checked before work starts.

Gives raw signatures, by a key file or by a signing command, so that a key may stay in a hardware module or a key
service. Knows nothing of manifests or audio; worker/sign.py does.
"""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.x509.oid import ExtendedKeyUsageOID

from briefing.errors import SigningMisconfigured
from briefing.hashing import stable_hash
from worker.credentials import signatures
from worker.credentials.signatures import PrivateKey, PublicKey
from worker.credentials.signing_keys import development_files, ensure_chain

if TYPE_CHECKING:
    from datetime import datetime

    from briefing.settings import SigningSettings

#: Purposes of which a signer's certificate must name one (C2PA 2.2, 14.5.1.1): e-mail protection, document signing
#: (RFC 9336), or C2PA's own claim signing.
_PURPOSES = frozenset(
    {
        ExtendedKeyUsageOID.EMAIL_PROTECTION,
        x509.ObjectIdentifier("1.3.6.1.5.5.7.3.36"),
        x509.ObjectIdentifier("1.3.6.1.4.1.62558.2.1"),
    }
)


@dataclass(frozen=True)
class Signer:
    """A certificate and the way to its key."""

    certificates: tuple[x509.Certificate, ...]
    """The one that signs, then those between it and its root."""
    key: PrivateKey | None
    command: tuple[str, ...]
    """Program and arguments; used where there is no key."""
    timestamp_url: str
    development: bool
    """Whether these are the self-made development credentials."""

    @property
    def fingerprint(self) -> str:
        """sha256 of the certificate that signs, in 64 hex digits."""
        return self.certificates[0].fingerprint(hashes.SHA256()).hex()

    @property
    def identity(self) -> str:
        """What of the signing goes into a master's key: another certificate or time stamp makes another file."""
        return stable_hash("signer/1", self.fingerprint, self.timestamp_url)

    @property
    def chain(self) -> str:
        """All certificates as PEM."""
        return b"".join(part.public_bytes(serialization.Encoding.PEM) for part in self.certificates).decode()

    @property
    def algorithm(self) -> str:
        """COSE's name of the signature algorithm, as c2pa spells it."""
        return signatures.algorithm(_public_key(self.certificates[0]))

    def check(self, now: datetime) -> None:
        """Raise SigningMisconfigured where the certificate is not valid at `now`."""
        for certificate in self.certificates:
            if now > certificate.not_valid_after_utc:
                message = f"the signing certificate expired on {certificate.not_valid_after_utc:%Y-%m-%d}"
                raise SigningMisconfigured(message, hint="Name a renewed one; see docs/credentials.md.")
            if now < certificate.not_valid_before_utc:
                message = f"the signing certificate is not valid before {certificate.not_valid_before_utc:%Y-%m-%d}"
                raise SigningMisconfigured(message)

    def signature(self, content: bytes) -> bytes:
        """Return the raw signature, for elliptic curves as r and s side by side (IEEE P1363).

        Raises SigningUnavailable when the command gives none, SigningMisconfigured when what it gives is not the
        certificate's.
        """
        given = (
            signatures.signed(self.key, content) if self.key is not None else signatures.asked(self.command, content)
        )
        public = _public_key(self.certificates[0])
        der = signatures.as_der(public, given)
        try:
            signatures.verify(public, der, content)
        except (InvalidSignature, ValueError) as error:
            message = "the signing command's signature does not fit the signing certificate"
            raise SigningMisconfigured(message) from error
        return signatures.as_raw(public, der)


def open_signer(settings: SigningSettings, data: Path, now: datetime) -> Signer:
    """Return who signs. Makes development credentials in the data folder where the settings name no certificate.

    Raises SigningMisconfigured for a certificate that is expired, not made for signing or not the key's.
    """
    if not settings.signing_certificate:
        if settings.signing_key or settings.signing_command:
            message = "BRIEFCAST_SIGNING_KEY or _COMMAND is set, but no BRIEFCAST_SIGNING_CERTIFICATE"
            raise SigningMisconfigured(message)
        files = ensure_chain(development_files(data), now)
        signer = Signer(_certificates(files.certificate), _key(files.key), (), settings.timestamp_url, development=True)
    else:
        if bool(settings.signing_key) == bool(settings.signing_command):
            message = "set either BRIEFCAST_SIGNING_KEY or BRIEFCAST_SIGNING_COMMAND beside the certificate"
            raise SigningMisconfigured(message)
        signer = Signer(
            _certificates(Path(settings.signing_certificate)),
            _key(Path(settings.signing_key)) if settings.signing_key else None,
            tuple(_split(settings.signing_command)),
            settings.timestamp_url,
            development=False,
        )
    signer.check(now)
    _check_purpose(signer.certificates[0])
    if signer.key is not None and signer.key.public_key() != _public_key(signer.certificates[0]):
        message = "the signing key is not the signing certificate's"
        raise SigningMisconfigured(message)
    if signer.timestamp_url and not signer.timestamp_url.startswith(("http://", "https://")):
        message = "BRIEFCAST_TIMESTAMP_URL is not an http(s) address"
        raise SigningMisconfigured(message)
    return signer


def own_roots(settings: SigningSettings, data: Path) -> tuple[str, str]:
    """Return as PEM the development root of this installation, and the roots that the settings name; empty for none.

    Raises SigningMisconfigured for files that cannot be read.
    """
    root = development_files(data).root
    named = _read(Path(settings.trust_anchors)) if settings.trust_anchors else b""
    return (_read(root) if root.exists() else b"").decode(), named.decode()


def _split(command: str) -> list[str]:
    try:
        return shlex.split(command)
    except ValueError as error:
        message = f"BRIEFCAST_SIGNING_COMMAND cannot be read: {error}"
        raise SigningMisconfigured(message) from error


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        message = f"{path} cannot be read: {error.strerror}"
        raise SigningMisconfigured(message) from error


def _certificates(path: Path) -> tuple[x509.Certificate, ...]:
    try:
        found = tuple(x509.load_pem_x509_certificates(_read(path)))
    except ValueError as error:
        message = f"{path} holds no PEM certificate"
        raise SigningMisconfigured(message) from error
    # The root is not part of what is sent: whoever trusts it has it, and to others it proves nothing.
    chain = tuple(part for part in found if part.subject != part.issuer)
    if not chain:
        message = f"the certificate in {path} is its own issuer; C2PA asks for one below a root"
        raise SigningMisconfigured(message, hint="`briefcast keys signing` makes a root and a certificate below it.")
    return chain


def _key(path: Path) -> PrivateKey:
    try:
        key = serialization.load_pem_private_key(_read(path), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        # Nothing of the file's content goes into the message.
        message = f"{path} is no PEM private key without a password"
        raise SigningMisconfigured(message) from error
    if not isinstance(key, PrivateKey):
        message = f"{path} is a key of a kind that C2PA does not sign with"
        raise SigningMisconfigured(message)
    return key


def _public_key(certificate: x509.Certificate) -> PublicKey:
    key = certificate.public_key()
    if not isinstance(key, PublicKey):
        message = "the signing certificate's key is of a kind that C2PA does not sign with"
        raise SigningMisconfigured(message)
    return key


def _check_purpose(certificate: x509.Certificate) -> None:
    """Raise SigningMisconfigured where a certificate may not sign claims."""
    try:
        signs = certificate.extensions.get_extension_for_class(x509.KeyUsage).value.digital_signature
        purposes = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except x509.ExtensionNotFound as error:
        message = "the signing certificate does not say what it is for (key usage, extended key usage)"
        raise SigningMisconfigured(message) from error
    if not signs or not _PURPOSES.intersection(purposes):
        message = "the signing certificate is not for signing documents, e-mail or C2PA claims"
        raise SigningMisconfigured(message)
    signatures.algorithm(_public_key(certificate))
