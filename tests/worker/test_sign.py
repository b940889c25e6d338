"""Content credentials by the real c2pa: what they say, that they hold, and that every change afterwards shows."""

from __future__ import annotations

import json
import os
import shutil
import time
from datetime import UTC, datetime, timedelta

import av
import c2pa
import numpy as np
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from mutagen.id3 import ID3, TIT2
from mutagen.id3 import delete as delete_tags

from briefing.errors import SigningMisconfigured, SigningUnavailable
from briefing.models import MasterRow
from briefing.states import Queue
from tests.support.asking import ask, revision_row
from tests.support.audio import joined
from tests.support.credentials import SAID, authority, make_mp3, signer_in, signing_program
from tests.support.newsroom import ARTICLE, NEWSROOM, make_place, work_off
from worker.credentials import signatures
from worker.credentials.inspection import inspect
from worker.credentials.provenance import manifest
from worker.credentials.signing_keys import _usage as usage
from worker.credentials.signing_keys import development_files, make_chain
from worker.running.perform import perform_next
from worker.sign import sign
from worker.sound.files import decoded
from worker.tasks import assemble as assemble_task

PEM = serialization.Encoding.PEM


@pytest.fixture
def mp3(tmp_path):
    return make_mp3(tmp_path / "a.mp3")


@pytest.fixture
def signed(mp3, tmp_path):
    sign(mp3, manifest(SAID), signer_in(tmp_path / "data"))
    return mp3


def root_of(tmp_path):
    return development_files(tmp_path / "data").root.read_text()


def assertions(path):
    found = json.loads(c2pa.Reader(str(path)).json())
    return {entry["label"]: entry["data"] for entry in found["manifests"][found["active_manifest"]]["assertions"]}


def test_the_credentials_say_what_it_is_and_hold(signed, tmp_path):
    found = inspect(signed, root_of(tmp_path))
    assert (found.state, found.trust, found.reasons) == ("valid", "own", ())
    assert (found.source_type, found.title) == ("compositeSynthetic", "Ferry runs again")
    assert found.signer == "Briefcast claim signer, Briefcast development credentials"
    said = assertions(signed)
    (created,) = said["c2pa.actions.v2"]["actions"]
    assert (created["action"], created["softwareAgent"]["name"]) == ("c2pa.created", "Briefcast")
    assert [
        (part["description"], part["region"][0]["time"]["start"], part["region"][0]["time"]["end"])
        for part in created["changes"]
    ] == [("music", "0.000", "0.500"), ("synthetic speech", "0.500", "2.000")]
    narration = said["org.briefcast.narration"]
    assert narration["disclosure"] == SAID.disclosure
    assert narration["voices"] == [SAID.voices[0].model_dump()]
    assert narration["articles"] == [SAID.articles[0].model_dump()]
    assert said["org.briefcast.timeline"] == {
        "rate": 44_100,
        "samples": 88_200,
        "spans": [
            {"kind": "music", "start": 0, "end": 22_050},
            {"kind": "synthetic", "start": 22_050, "end": 88_200, "voice": "joe"},
        ],
    }


def test_signing_leaves_tags_and_every_sample_as_they_are(mp3, tmp_path):
    before = joined(decoded(mp3, 44_100))
    frames = {key: str(frame) for key, frame in ID3(mp3).items()}
    sign(mp3, manifest(SAID), signer_in(tmp_path / "data"))
    assert np.array_equal(joined(decoded(mp3, 44_100)), before)
    after = {key: str(frame) for key, frame in ID3(mp3).items() if not key.startswith("GEOB")}
    assert after == frames
    assert ID3(mp3).getall("GEOB")[0].mime == "application/c2pa"
    assert not list(tmp_path.glob("*-signed*"))


def test_a_signer_is_unknown_to_who_does_not_trust_the_root(signed, tmp_path):
    assert inspect(signed).trust == "unknown"
    assert inspect(signed, "", root_of(tmp_path)).trust == "listed"
    make_chain(development_files(tmp_path / "other"), datetime.now(UTC))
    other = development_files(tmp_path / "other").root.read_text()
    assert (inspect(signed, other).state, inspect(signed, other).trust) == ("valid", "unknown")


def flip_a_sample(path):
    content = bytearray(path.read_bytes())
    content[-3000] ^= 1
    path.write_bytes(content)


def edit_a_tag(path):
    tags = ID3(path)
    tags.add(TIT2(encoding=3, text="Something else"))
    tags.save(path)


def cut_the_end(path):
    path.write_bytes(path.read_bytes()[:-2000])


def delete_all_tags(path):
    delete_tags(path)


def delete_the_manifest(path):
    tags = ID3(path)
    tags.delall("GEOB")
    tags.save(path)


def remux(path):
    copy = path.with_name("copy.mp3")
    with av.open(str(path)) as source, av.open(str(copy), "w") as target:
        stream = source.streams.audio[0]
        out = target.add_stream_from_template(stream)
        target.metadata.update(source.metadata)
        for packet in source.demux(stream):
            if packet.dts is not None:
                packet.stream = out
                target.mux(packet)
    shutil.move(copy, path)


def encode_again(path):
    sound = joined(decoded(path, 44_100))
    path.unlink()
    make_mp3(path, len(sound) / 44_100)


@pytest.mark.parametrize(
    ("change", "state", "reason"),
    [
        (flip_a_sample, "tampered", "assertion.dataHash.mismatch"),
        (edit_a_tag, "tampered", "assertion.dataHash.mismatch"),
        (cut_the_end, "tampered", "assertion.dataHash.mismatch"),
        (delete_all_tags, "unsigned", None),
        (delete_the_manifest, "unsigned", None),
        (remux, "unsigned", None),
        (encode_again, "unsigned", None),
    ],
)
def test_every_change_afterwards_shows(signed, tmp_path, change, state, reason):
    change(signed)
    found = inspect(signed, root_of(tmp_path))
    assert found.state == state
    assert found.reasons == ((reason,) if reason else ())


def test_a_statement_changed_in_the_manifest_shows(signed, tmp_path):
    content = signed.read_bytes()
    assert content.count(b"AI assistance") > 1
    signed.write_bytes(content.replace(b"with AI assistance", b"by nobody, at all!"))
    assert inspect(signed, root_of(tmp_path)).state == "tampered"


def test_a_manifest_that_is_rubbish_is_broken_not_a_crash(signed):
    content = signed.read_bytes()
    start = content.index(b"jumb")
    signed.write_bytes(content[: start + 40] + os.urandom(600) + content[start + 640 :])
    assert inspect(signed).state in {"broken", "tampered"}


# Keys


def chain_for(folder, key, *, purposes=(ExtendedKeyUsageOID.EMAIL_PROTECTION,), days=30, began=1):
    """Write a certificate below a root of its own, and its key; return the settings that name them."""
    folder.mkdir(exist_ok=True)
    root_key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)

    def started(name, public, *, ca):
        names = [
            x509.Name(
                [
                    x509.NameAttribute(NameOID.ORGANIZATION_NAME, "The Ledger"),
                    x509.NameAttribute(NameOID.COMMON_NAME, part),
                ]
            )
            for part in (name, "root")
        ]
        return (
            x509.CertificateBuilder()
            .subject_name(names[0])
            .issuer_name(names[1])
            .public_key(public)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=began))
            .not_valid_after(now + timedelta(days=days))
            .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
            .add_extension(usage(signs_certificates=ca), critical=True)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(root_key.public_key()), critical=False)
        )

    root = started("root", root_key.public_key(), ca=True).sign(root_key, hashes.SHA256())
    leaf = started("signer", key.public_key(), ca=False)
    if purposes:
        leaf = leaf.add_extension(x509.ExtendedKeyUsage(list(purposes)), critical=False)
    (folder / "root.pem").write_bytes(root.public_bytes(PEM))
    # As authorities hand chains out: with the root at the end.
    chain = leaf.sign(root_key, hashes.SHA256()).public_bytes(PEM) + root.public_bytes(PEM)
    (folder / "chain.pem").write_bytes(chain)
    secret = key.private_bytes(PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (folder / "key.pem").write_bytes(secret)
    return {"signing_certificate": str(folder / "chain.pem"), "signing_key": str(folder / "key.pem")}


@pytest.mark.parametrize(
    ("key", "algorithm"),
    [
        (ec.generate_private_key(ec.SECP256R1()), "es256"),
        (ec.generate_private_key(ec.SECP384R1()), "es384"),
        (ed25519.Ed25519PrivateKey.generate(), "ed25519"),
        (rsa.generate_private_key(65537, 2048), "ps256"),
    ],
    ids=["P-256", "P-384", "Ed25519", "RSA"],
)
def test_a_newsrooms_own_certificate_signs(mp3, tmp_path, key, algorithm):
    signer = signer_in(tmp_path / "data", **chain_for(tmp_path / "keys", key))
    assert (signer.algorithm, signer.development) == (algorithm, False)
    sign(mp3, manifest(SAID), signer)
    found = inspect(mp3, "", (tmp_path / "keys" / "root.pem").read_text())
    assert (found.state, found.trust, found.signer) == ("valid", "listed", "signer, The Ledger")
    assert not (tmp_path / "data").exists(), "no development credentials beside it"


@pytest.mark.parametrize("raw", [False, True], ids=["DER", "P1363"])
def test_a_signing_command_signs_and_the_key_stays_where_it_is(mp3, tmp_path, raw):
    settings = chain_for(tmp_path / "keys", ec.generate_private_key(ec.SECP256R1()))
    program = signing_program(tmp_path / "my kms", tmp_path / "keys" / "key.pem", raw=raw)
    settings = {"signing_certificate": settings["signing_certificate"], "signing_command": f"'{program}' --slot 1"}
    sign(mp3, manifest(SAID), signer_in(tmp_path / "data", **settings))
    assert inspect(mp3, "", (tmp_path / "keys" / "root.pem").read_text()).trust == "listed"


@pytest.mark.parametrize(
    ("program", "error", "words"),
    [
        ("exit 3", SigningUnavailable, "status 3"),
        ("sleep 60 & wait", SigningUnavailable, "no signature within"),
        ("head -c 64 /dev/urandom", SigningMisconfigured, "does not fit"),
        ("cat /dev/zero", SigningUnavailable, "no signature"),
    ],
)
def test_a_signing_command_that_fails_is_told_and_bounded(mp3, tmp_path, monkeypatch, program, error, words):
    # Patched to wait no half minute for a command that hangs; one that ends may take its time.
    if words == "no signature within":
        monkeypatch.setattr(signatures, "_COMMAND_S", 1.0)
    settings = chain_for(tmp_path / "keys", ec.generate_private_key(ec.SECP256R1()))
    script = tmp_path / "kms"
    script.write_text(f"#!/bin/sh\n{program}\n")
    script.chmod(0o700)
    signer = signer_in(
        tmp_path / "data", signing_certificate=settings["signing_certificate"], signing_command=str(script)
    )
    before, began = mp3.read_bytes(), time.monotonic()
    with pytest.raises(error, match=words):
        sign(mp3, manifest(SAID), signer)
    assert time.monotonic() - began < 30, "what it started in the background is not waited for"
    assert mp3.read_bytes() == before


def test_a_command_that_is_not_there_is_told(mp3, tmp_path):
    settings = chain_for(tmp_path / "keys", ec.generate_private_key(ec.SECP256R1()))
    signer = signer_in(
        tmp_path / "data", signing_certificate=settings["signing_certificate"], signing_command="/no/such/program"
    )
    with pytest.raises(SigningMisconfigured, match="cannot be started"):
        sign(mp3, manifest(SAID), signer)


@pytest.mark.parametrize(
    ("made", "words"),
    [
        ({"days": 0, "began": 9}, "expired"),
        ({"began": -2}, "not valid before"),
        ({"purposes": ()}, "what it is for"),
        ({"purposes": (ExtendedKeyUsageOID.SERVER_AUTH,)}, "not for signing"),
    ],
)
def test_a_certificate_that_cannot_sign_is_told_before_work_starts(tmp_path, made, words):
    settings = chain_for(tmp_path / "keys", ec.generate_private_key(ec.SECP256R1()), **made)
    with pytest.raises(SigningMisconfigured, match=words):
        signer_in(tmp_path / "data", **settings)


def test_a_key_of_another_certificate_is_told_and_not_shown(tmp_path):
    one = chain_for(tmp_path / "one", ec.generate_private_key(ec.SECP256R1()))
    two = chain_for(tmp_path / "two", ec.generate_private_key(ec.SECP256R1()))
    with pytest.raises(SigningMisconfigured, match="not the signing certificate's"):
        signer_in(tmp_path / "data", **(one | {"signing_key": two["signing_key"]}))
    secret = tmp_path / "one" / "key.pem"
    secret.write_text(secret.read_text().replace("PRIVATE", "SECRET"))
    with pytest.raises(SigningMisconfigured) as caught:
        signer_in(tmp_path / "data", **one)
    assert secret.read_text().splitlines()[1] not in caught.value.message
    with pytest.raises(SigningMisconfigured, match="no BRIEFCAST_SIGNING_CERTIFICATE"):
        signer_in(tmp_path / "data", signing_key=one["signing_key"])
    with pytest.raises(SigningMisconfigured, match="either"):
        signer_in(tmp_path / "data", signing_certificate=one["signing_certificate"])


def test_a_root_of_its_own_cannot_sign(tmp_path):
    files = development_files(tmp_path)
    make_chain(files, datetime.now(UTC))
    with pytest.raises(SigningMisconfigured, match="its own issuer"):
        signer_in(tmp_path, signing_certificate=str(files.root), signing_key=str(files.root_key))


# Time stamps


def test_a_time_stamp_says_when(mp3, tmp_path):
    with authority(tmp_path / "tsa") as server:
        before = datetime.now(UTC).replace(microsecond=0)
        sign(mp3, manifest(SAID), signer_in(tmp_path / "data", timestamp_url=server.address))
        assert server.asked == 1
    found = inspect(mp3, root_of(tmp_path))
    assert (found.state, found.trust) == ("valid", "own")
    assert before <= datetime.fromisoformat(found.signed_at) <= datetime.now(UTC)


@pytest.mark.parametrize("fault", ["busy", "drop", "garbage"])
def test_an_authority_that_fails_puts_signing_off(mp3, tmp_path, fault):
    before = mp3.read_bytes()
    with authority(tmp_path / "tsa") as server:
        server.fault = fault
        with pytest.raises(SigningUnavailable, match="time-stamping"):
            sign(mp3, manifest(SAID), signer_in(tmp_path / "data", timestamp_url=server.address))
    assert mp3.read_bytes() == before


def test_an_authority_that_is_away_puts_the_step_off_and_then_it_goes_live(place, tmp_path, monkeypatch):
    (tmp_path / "articles" / "ferry.md").write_text(ARTICLE)
    with authority(tmp_path / "tsa") as server:
        monkeypatch.setenv("BRIEFCAST_TIMESTAMP_URL", server.address)
        server.fault = "busy"
        _, revision, _ = ask(place, "ferry")
        work_off(place)
        assert revision_row(place, revision).state == "assembling"
        server.fault = None
        with place.database.writing() as session:
            session.execute(_due_now())
        work_off(place)
    assert revision_row(place, revision).state == "live"


def _due_now():
    from sqlalchemy import update

    from briefing.models import StepRow

    return update(StepRow).where(StepRow.kind == "assemble").values(not_before=None)


# In the pipeline


def test_a_crash_between_signing_and_saving_leaves_one_whole_published_file(place, tmp_path, monkeypatch):
    # Given a worker that dies when the signed file is stored, but not yet recorded
    (tmp_path / "articles" / "ferry.md").write_text(ARTICLE)
    _, revision, _ = ask(place, "ferry")
    real, calls = assemble_task.save_master, []

    def dying(session, master, now):
        calls.append(master.sha256)
        if len(calls) == 1:
            raise SystemExit  # as Celery's soft shutdown does; the claim is given back
        return real(session, master, now)

    monkeypatch.setattr(assemble_task, "save_master", dying)  # there is no other way into that very moment
    with pytest.raises(SystemExit):
        work_off(place)
    assert revision_row(place, revision).state == "assembling"
    # When it is done again / Then one file is public, whole, and what the database says
    work_off(place)
    assert revision_row(place, revision).state == "live"
    assert len(calls) == 2
    assert calls[0] != calls[1], "signed twice: other bytes"
    assert [path.stem for path in (place.files.storage.root / "audio").iterdir()] == [calls[1]]
    # And from then on the stored one is found again
    with place.database.reading() as session:
        assert [row.sha256 for row in session.query(MasterRow)] == [calls[1]]


def test_a_signers_identity_is_its_certificate_and_time_stamp(tmp_path):
    first = signer_in(tmp_path / "one")
    assert signer_in(tmp_path / "one").identity == first.identity
    assert signer_in(tmp_path / "two").identity != first.identity
    assert signer_in(tmp_path / "one", timestamp_url="http://x.example/tsa").identity != first.identity


def test_a_certificate_that_expires_while_working_fails_with_its_code_and_the_audio_stays(place, tmp_path):
    article = tmp_path / "articles" / "ferry.md"
    article.write_text(ARTICLE)
    _, first, _ = ask(place, "ferry")
    work_off(place)
    article.write_text(ARTICLE.replace("four days", "five days"))
    settings = chain_for(tmp_path / "keys", ec.generate_private_key(ec.SECP256R1()), days=0, began=9)
    expired = signer_in(tmp_path / "keys", now=datetime.now(UTC) - timedelta(days=2), **settings)
    place.__dict__["signer"] = expired
    _, second, _ = ask(place, "ferry")
    while perform_next(place, (Queue.INTERACTIVE,)):
        pass
    assert (revision_row(place, second).state, revision_row(place, second).error_code) == ("failed", "signing_invalid")
    assert revision_row(place, first).state == "live"


def test_the_silent_engine_is_no_learnt_voice(place, tmp_path):
    make_place(tmp_path, NEWSROOM)  # a show with music
    (tmp_path / "articles" / "ferry.md").write_text(ARTICLE)
    ask(place, "ferry")
    work_off(place)
    (mp3,) = (place.files.storage.root / "audio").iterdir()
    found = inspect(mp3, development_files(place.data.data).root.read_text())
    assert (found.state, found.trust, found.source_type) == ("valid", "own", "composite")
    assert [span["kind"] for span in found.timeline["spans"]] == ["music", "synthetic", "music"]
    assert found.narration["articles"][0]["id"] == "desk:ferry"
