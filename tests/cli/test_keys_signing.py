"""`briefcast keys signing`, and credentials that are made by themselves."""

from __future__ import annotations

import subprocess
from datetime import UTC, datetime, timedelta
from stat import S_IMODE

import pytest

from briefing.errors import SigningMisconfigured
from tests.support.command import briefcast
from tests.support.credentials import SAID, make_mp3, signer_in
from tests.support.newsroom import ARTICLE
from tests.support.processes import BIN, running, wait_for
from worker.credentials.inspection import inspect
from worker.credentials.provenance import manifest
from worker.credentials.signing_keys import development_files, ensure_chain, make_chain, renew
from worker.sign import sign


def test_it_makes_a_chain_that_openssl_accepts_and_only_its_owner_may_read(tmp_path):
    done = briefcast("keys", "signing")
    assert done.returncode == 0
    files = development_files(tmp_path / "var")
    assert str(files.certificate) in done.stdout
    assert S_IMODE(files.folder.stat().st_mode) == 0o700
    assert [S_IMODE(path.stat().st_mode) for path in (files.key, files.root_key)] == [0o600, 0o600]
    command = ["openssl", "verify", "-CAfile", files.root, "-purpose", "smimesign", files.certificate]
    said = subprocess.run(command, capture_output=True, text=True, check=False)
    assert said.returncode == 0, said.stderr
    assert "PRIVATE" not in done.stdout + done.stderr
    # And it is the chain that signs from now on
    assert signer_in(tmp_path / "var").certificates[0].fingerprint
    again = briefcast("keys", "signing")
    assert (again.returncode, "in use" in again.stderr) == (2, True)


def test_it_makes_one_elsewhere(tmp_path):
    assert briefcast("keys", "signing", "--out", "mine").returncode == 0
    assert {path.name for path in (tmp_path / "mine").iterdir()} == {
        "certificate.pem",
        "key.pem",
        "root.pem",
        "root-key.pem",
    }
    assert not (tmp_path / "var" / "signing").exists()


def test_a_renewed_key_signs_below_the_same_root(tmp_path):
    path = make_mp3(tmp_path / "a.mp3")
    before = signer_in(tmp_path / "var")
    sign(path, manifest(SAID), before)
    assert briefcast("keys", "signing", "--renew").returncode == 0
    after = signer_in(tmp_path / "var")
    assert after.fingerprint != before.fingerprint
    root = development_files(tmp_path / "var").root.read_text()
    assert (inspect(path, root).state, inspect(path, root).trust) == ("valid", "own")
    assert S_IMODE(development_files(tmp_path / "var").key.stat().st_mode) == 0o600


def test_development_credentials_renew_themselves_before_they_expire(tmp_path):
    now = datetime.now(UTC)
    files = development_files(tmp_path)
    make_chain(files, now - timedelta(days=720))
    old = files.certificate.read_bytes()
    ensure_chain(files, now)
    assert files.certificate.read_bytes() != old
    kept = files.certificate.read_bytes()
    ensure_chain(files, now)
    assert files.certificate.read_bytes() == kept


def test_two_processes_at_once_agree_on_one_chain(tmp_path):
    files = development_files(tmp_path)
    make_chain(files, datetime.now(UTC))
    first = files.certificate.read_bytes()
    make_chain(files, datetime.now(UTC))  # as by one that looked before the other was done
    assert files.certificate.read_bytes() == first
    assert [path.name for path in tmp_path.iterdir()] == ["signing"]


def test_a_broken_chain_is_told(tmp_path):
    files = development_files(tmp_path)
    make_chain(files, datetime.now(UTC))
    files.root_key.write_text("nothing")
    with pytest.raises(SigningMisconfigured, match="cannot be read"):
        renew(files, datetime.now(UTC))
    files.certificate.write_text("nothing")
    with pytest.raises(SigningMisconfigured, match="cannot be read"):
        signer_in(tmp_path)


def test_a_first_narration_makes_them_and_no_output_holds_a_key(tmp_path, monkeypatch):
    monkeypatch.setenv("BRIEFCAST_LOG_LEVEL", "WARNING")
    (tmp_path / "ferry.md").write_text(ARTICLE)
    done = briefcast("narrate", "ferry.md", "-o", "out.mp3", "--voice", "silence")
    assert done.returncode == 0
    assert "development credentials made" in done.stderr
    assert "credentials" not in done.stdout, "its output is the summary alone"
    secret = development_files(tmp_path / "var").key.read_text().splitlines()[1]
    assert secret not in done.stderr + done.stdout
    assert secret.encode() not in (tmp_path / "out.mp3").read_bytes()
    assert secret.encode() not in (tmp_path / "var" / "briefcast.db").read_bytes()


@pytest.mark.parametrize("command", [["work"], ["serve", "--port", "0"]])
def test_a_server_does_not_start_with_a_certificate_that_cannot_sign(tmp_path, command):
    (tmp_path / "empty.pem").write_text("")
    extra = {"BRIEFCAST_SIGNING_CERTIFICATE": "empty.pem", "BRIEFCAST_SIGNING_KEY": "empty.pem"}
    log = tmp_path / "log"
    with running([BIN / "briefcast", *command], log, **extra) as process:
        wait_for(lambda: process.poll() is not None, "the command to end")
    assert process.returncode == 3
    assert "[signing_invalid]" in log.read_text()
