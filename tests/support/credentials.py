"""What tests of signing need: a small tagged MP3, a signer, a time-stamping authority by OpenSSL, a signing program."""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from briefing.settings import SigningSettings
from briefing.speech import Narrator
from tests.support.audio import blocks_of, voice_like
from tests.support.threads import serving
from worker import encode, tag
from worker.credentials import provenance
from worker.credentials.signer import open_signer
from worker.credentials.signing_keys import _usage as usage

DISCLOSURE = "This audio is created with AI assistance."
NARRATOR = Narrator(voice="joe", engine="piper", engine_version="1", model_digest="ab" * 32, language="en")
SAID = provenance.Provenance(
    title="Ferry runs again",
    show="The Test Ledger",
    language="en",
    disclosure=DISCLOSURE,
    source_type="compositeSynthetic",
    voices=(NARRATOR,),
    articles=(
        provenance.Origin(
            id="desk:ferry",
            address="https://x.example/ferry",
            title="Ferry runs again",
            content_sha256="11" * 32,
            text_sha256="22" * 32,
        ),
    ),
    samples=88_200,
    spans=(
        provenance.Timespan(kind="music", start=0, end=22_050),
        provenance.Timespan(kind="synthetic", start=22_050, end=88_200, voice="joe"),
    ),
)


def make_mp3(path, seconds=2.0):
    """A tagged MP3 that nobody has signed."""
    encode.encode(blocks_of(voice_like(seconds, 44_100)), path)
    tags = tag.Tags(
        title="Ferry runs again",
        artist="Ann Lee",
        album="The Test Ledger",
        date="2026-05-01",
        language="en",
        disclosure=DISCLOSURE,
        voice="Joe (piper)",
    )
    tag.tag(path, tags, (), b"\xff\xd8\xff" + bytes(2000))
    return path


def signer_in(folder, now=None, **settings):
    """Who signs in an installation whose data folder this is."""
    return open_signer(SigningSettings(**settings), folder, now or datetime.now(UTC))


def signing_program(path, key, *, raw=False):
    """Write a program that signs what it is given with the key file, by OpenSSL: DER, or r and s side by side."""
    script = f"""#!{sys.executable}
import subprocess, sys
der = subprocess.run(["openssl", "dgst", "-sha256", "-sign", {str(key)!r}], input=sys.stdin.buffer.read(),
                     capture_output=True, check=True).stdout
if {raw!r}:
    from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
    der = b"".join(number.to_bytes(32, "big") for number in decode_dss_signature(der))
sys.stdout.buffer.write(der)
"""
    path.write_text(script)
    path.chmod(0o700)
    return path


_OPENSSL_CONFIG = """[tsa]
default_tsa = ours
[ours]
serial = {folder}/serial
crypto_device = builtin
signer_cert = {folder}/tsa.pem
certs = {folder}/root.pem
signer_key = {folder}/key.pem
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256, sha384, sha512
accuracy = secs:1
ess_cert_id_alg = sha256
"""


def _make_authority(folder):
    now = datetime.now(UTC)
    root_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())

    def started(name, public, *, ca):
        subject, issuer = (x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, part)]) for part in (name, "TSA root"))
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(issuer)
            .public_key(public)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + timedelta(days=30))
            .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
            .add_extension(usage(signs_certificates=ca), critical=True)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(root_key.public_key()), critical=False)
        )

    purpose = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING])
    root = started("TSA root", root_key.public_key(), ca=True).sign(root_key, hashes.SHA256())
    leaf = started("TSA", key.public_key(), ca=False).add_extension(purpose, critical=True)
    pem = serialization.Encoding.PEM
    folder.mkdir()
    (folder / "root.pem").write_bytes(root.public_bytes(pem))
    (folder / "tsa.pem").write_bytes(leaf.sign(root_key, hashes.SHA256()).public_bytes(pem))
    secret = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (folder / "key.pem").write_bytes(secret)
    (folder / "serial").write_text("01\n")
    (folder / "openssl.cnf").write_text(_OPENSSL_CONFIG.format(folder=folder))


class _Authority(BaseHTTPRequestHandler):
    def log_message(self, *_):
        pass

    def do_POST(self):
        query = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.asked += 1
        if self.server.fault == "busy":
            self.send_error(503)
            return
        if self.server.fault == "drop":
            time.sleep(0.1)
            return
        folder = self.server.folder
        (folder / "query").write_bytes(query)
        command = ["openssl", "ts", "-reply", "-queryfile", "query", "-config", "openssl.cnf", "-out", "reply"]
        subprocess.run(command, cwd=folder, check=True, capture_output=True)
        reply = (folder / "reply").read_bytes()
        if self.server.fault == "garbage":
            reply = reply[: len(reply) // 2]
        self.send_response(200)
        self.send_header("Content-Type", "application/timestamp-reply")
        self.send_header("Content-Length", str(len(reply)))
        self.end_headers()
        self.wfile.write(reply)


@contextmanager
def authority(folder):
    """A time-stamping authority (RFC 3161 over HTTP) whose replies OpenSSL makes. `.fault` has it fail."""
    assert shutil.which("openssl"), "openssl is missing: apt-get install openssl (or ./run.sh test, which does)"
    _make_authority(folder)
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Authority)
    server.folder, server.fault, server.asked = folder, None, 0
    server.address = f"http://127.0.0.1:{server.server_address[1]}/tsa"
    with serving(server):
        yield server
