"""The self-signed development chain: a root and a certificate below it that may sign content credentials.

For installations that name no certificate of their own, so that nothing is published unmarked. The private keys lie in
the data folder, readable by their owner alone; they are in no database, log or backup of ours. Signs no audio.
"""

from __future__ import annotations

import os
import secrets
import shutil
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from briefing.errors import SigningMisconfigured
from briefing.observing.logs import get_logger
from briefing.storage import reporting

if TYPE_CHECKING:
    from pathlib import Path

#: How long a development certificate and its root are valid. The certificate is made anew, below the same root, when
#: less than the margin is left.
_LEAF_DAYS = 730
_ROOT_DAYS = 7300
_MARGIN_DAYS = 30

#: Certificates are valid from a little before they were made: clocks differ.
_BEFORE = timedelta(hours=1)

ORGANISATION = "Briefcast development credentials"

_PEM = serialization.Encoding.PEM
_log = get_logger("signing")


@dataclass(frozen=True)
class KeyFiles:
    """Where a chain lies."""

    folder: Path

    @property
    def certificate(self) -> Path:
        """The certificate that signs."""
        return self.folder / "certificate.pem"

    @property
    def key(self) -> Path:
        """Its private key."""
        return self.folder / "key.pem"

    @property
    def root(self) -> Path:
        """The root's certificate, which `briefcast inspect` trusts."""
        return self.folder / "root.pem"

    @property
    def root_key(self) -> Path:
        """The root's private key, for the next certificate."""
        return self.folder / "root-key.pem"


def development_files(data: Path) -> KeyFiles:
    """Return where the development chain of a data folder lies."""
    return KeyFiles(data / "signing")


def ensure_chain(files: KeyFiles, now: datetime) -> KeyFiles:
    """Return the chain in `files`, made first where there is none, and its certificate renewed before it expires.

    Raises StorageUnavailable, or SigningMisconfigured for files that are no chain.
    """
    if not files.certificate.exists():
        make_chain(files, now)
        _log.warning("development credentials made; published audio is signed by them", folder=str(files.folder))
    elif _expires(files.certificate) < now + timedelta(days=_MARGIN_DAYS):
        renew(files, now)
        _log.warning("development certificate renewed", folder=str(files.folder))
    return files


def make_chain(files: KeyFiles, now: datetime) -> None:
    """Make a root and a certificate. Whoever makes one at the same moment in the same place: one of the two counts.

    Raises StorageUnavailable.
    """
    root_key, leaf_key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    # A name of its own for each installation: one root says nothing about another.
    root_name = _name(f"root {secrets.token_hex(4)}")
    root = (
        _started(root_name, root_name, root_key.public_key(), now, _ROOT_DAYS)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs_certificates=True), critical=True)
        .sign(root_key, hashes.SHA256())
    )
    leaf = _leaf(root, root_key, leaf_key, now)
    with reporting(files.folder):
        files.folder.parent.mkdir(parents=True, exist_ok=True)
        making = KeyFiles(files.folder.with_name(f".{files.folder.name}.{secrets.token_hex(4)}"))
        making.folder.mkdir(mode=0o700)
        try:
            _write_secret(making.root_key, _pem(root_key))
            _write_secret(making.key, _pem(leaf_key))
            making.root.write_bytes(root.public_bytes(_PEM))
            making.certificate.write_bytes(leaf.public_bytes(_PEM))
            making.folder.rename(files.folder)
        except OSError:
            if not files.certificate.exists():
                raise
        finally:
            shutil.rmtree(making.folder, ignore_errors=True)


def renew(files: KeyFiles, now: datetime) -> None:
    """Make another key and certificate below the same root, which keeps what was signed before trusted.

    Raises StorageUnavailable, or SigningMisconfigured when the root cannot be read.
    """
    try:
        root = x509.load_pem_x509_certificate(files.root.read_bytes())
        root_key = serialization.load_pem_private_key(files.root_key.read_bytes(), password=None)
    except (OSError, ValueError) as error:
        message = f"the development root in {files.folder} cannot be read"
        raise SigningMisconfigured(message, hint="Move the folder away; another chain is made.") from error
    if not isinstance(root_key, ec.EllipticCurvePrivateKey):
        message = f"{files.root_key} is no key that we made"
        raise SigningMisconfigured(message, hint="Move the folder away; another chain is made.")
    leaf_key = ec.generate_private_key(ec.SECP256R1())
    certificate = _leaf(root, root_key, leaf_key, now).public_bytes(_PEM)
    with reporting(files.folder):
        # One file holds both until the second is in place: whoever reads between the two finds a key that does not fit
        # and says so, and the next try fits.
        for path, content in ((files.key, _pem(leaf_key)), (files.certificate, certificate)):
            temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
            _write_secret(temporary, content)
            temporary.replace(path)


def _expires(certificate: Path) -> datetime:
    try:
        return x509.load_pem_x509_certificate(certificate.read_bytes()).not_valid_after_utc
    except (OSError, ValueError) as error:
        message = f"{certificate} cannot be read"
        raise SigningMisconfigured(message, hint="Move its folder away; another chain is made.") from error


def _leaf(
    root: x509.Certificate, root_key: ec.EllipticCurvePrivateKey, leaf_key: ec.EllipticCurvePrivateKey, now: datetime
) -> x509.Certificate:
    """Return a certificate of the profile that C2PA asks of claim signers (technical specification, section 14.5)."""
    return (
        _started(_name("claim signer"), root.subject, leaf_key.public_key(), now, _LEAF_DAYS)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION]), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(root_key.public_key()), critical=False)
        .sign(root_key, hashes.SHA256())
    )


def _started(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, now: datetime, days: int
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now.astimezone(UTC) - _BEFORE)
        .not_valid_after(now.astimezone(UTC) + timedelta(days=days))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )


def _name(common: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, ORGANISATION),
            x509.NameAttribute(NameOID.COMMON_NAME, f"Briefcast {common}"),
        ]
    )


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(_PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())


def _write_secret(path: Path, content: bytes) -> None:
    """Write a file that only its owner may read, from its first byte on."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
