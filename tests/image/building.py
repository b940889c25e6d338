"""`deploy/Dockerfile` -> an image, by buildah, which needs neither a daemon nor a registry of images: what the Dockerfile
begins with is made here of Debian's packages and given the name that it asks for.

Starts nothing (`tests.image.containers`).
"""

from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from tests.support.processes import ROOT

_DOCKERFILE = ROOT / "deploy" / "Dockerfile"

#: What of this machine's pip holds inside a build too. Folders of this machine are not there.
_OF_PIP = ("index-url", "extra-index-url", "trusted-host", "proxy", "default-timeout", "timeout", "retries")

#: What this machine trusts, for whoever reaches the registries from within.
CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")

#: The official image has its Python under /usr/local.
_BASE = """FROM scratch
ADD base.tar /
RUN ln -s /usr/bin/python3.11 /usr/local/bin/python3.11 \\
    && ln -s /usr/local/bin/python3.11 /usr/local/bin/python3 && ln -s /usr/local/bin/python3.11 /usr/local/bin/python
"""


@dataclass(frozen=True)
class Buildah:
    """buildah with a storage of its own."""

    folder: Path

    def command(self, *arguments):
        """Return a command line of buildah's."""
        places = ["--root", self.folder / "storage", "--runroot", self.folder / "run", "--storage-driver", "vfs"]
        return ["buildah", *map(str, places), *map(str, arguments)]

    def __call__(self, *arguments):
        """Run it; return what it said, or fail with what it said last."""
        done = subprocess.run(self.command(*arguments), cwd=ROOT, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            sys.exit(f"buildah {arguments[0]} failed:\n{done.stdout[-2000:]}{done.stderr[-4000:]}")
        return done.stdout.strip()


def make_base(buildah, kept):
    """Make the image that the Dockerfile begins with. `kept` is a folder where Debian's part stays for the next time."""
    (begins,) = set(re.findall(r"^FROM (\S+)", _DOCKERFILE.read_text(), re.MULTILINE))
    tar = kept / "base.tar"
    if not tar.exists():
        making = kept / "base.part.tar"
        packages = "--include=python3.11,python3-venv,ca-certificates"
        subprocess.run(["mmdebstrap", "--quiet", "--variant=apt", packages, "bookworm", making], check=True)
        making.rename(tar)
    (kept / "Dockerfile").write_text(_BASE)
    name = f"docker.io/library/{begins}"
    buildah("bud", "--isolation", "chroot", "--tag", name, "--file", kept / "Dockerfile", kept)


def build(buildah, secret):
    """Build the Dockerfile as it is; return the image's name. What pip needs on this machine lies in the folder `secret`
    meanwhile and is seen by the build alone.
    """
    volumes = ["--volume", f"{pip_conf(secret)}:/etc/pip.conf:ro"]
    if CERTIFICATES.exists():
        volumes += ["--volume", f"{CERTIFICATES}:{CERTIFICATES}:ro"]
    buildah(
        *("bud", "--isolation", "chroot", "--pull-never", "--format", "docker", *volumes),
        *("--tag", "briefcast", "--file", _DOCKERFILE, ROOT),
    )
    return "localhost/briefcast"


def pip_conf(folder):
    """Write down how this machine's pip reaches the registries."""
    command = [sys.executable, "-m", "pip", "config", "list"]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    found = dict(re.findall(r"^(?:global|install|:env:)\.([a-z-]+)='(.*)'$", told, re.MULTILINE))
    lines = [f"{name} = {value}" for name, value in found.items() if name in _OF_PIP and "file:" not in value]
    if CERTIFICATES.exists():
        lines.append(f"cert = {CERTIFICATES}")
    path = folder / "pip.conf"
    path.touch(0o600)
    path.write_text("\n".join(["[global]", *lines, ""]))
    return path
