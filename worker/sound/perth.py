"""The watermark of resemble-perth: its published network and weights, run by numpy in blocks.

The package carries its weights but asks for torch (gigabytes) to run them, and takes a programme whole. The encoder is
seven convolutions on the part of a magnitude spectrogram below 2 kHz, so it is run here by matrix products, a block of
seconds at a time with as much around it as the convolutions see. Only the difference that the network makes is added to
the sound, at its own rate, so nothing above 2 kHz is touched. Needs the package's files, never imports it.
"""

from __future__ import annotations

import pickle
import zipfile
from collections import OrderedDict
from dataclasses import dataclass
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from briefing.audio import MASTER_RATE
from worker.watermark import not_installed

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from numpy.typing import NDArray

    from worker.sound import Block

Spectrum: TypeAlias = "NDArray[np.float32]"

_PACKAGE = "resemble-perth"
_WEIGHTS = "perth/perth_net/pretrained/implicit/perth_net_250000.pth.tar"

#: The network's own format (hparams.yaml beside its weights): Hertz, window and hop in samples, bins below 2 kHz.
_RATE = 32_000
_WINDOW = 2048
_HOP = 320
_BINS = 128

#: Its levels: dB from the floor to 15 dB above full scale are 0 to 1.
_FLOOR_DB = -180.0
_RANGE_DB = 195.0

#: Frames count as sound from this share of the loudest frame on.
_SOUND = 0.05

#: A hop is 441 samples of the master, so blocks of whole hops have whole lengths at both rates.
_HOP_OF_MASTER = 441

#: Frames marked at a time, and frames of sound around them that the network sees: 5 × 3 by its convolutions, 4 by the
#: window, and some for the resampling to settle.
_BLOCK_FRAMES = 1000
_AROUND = 40

#: Frames over which one judgement is made, 10 s; the programme's is the middle one of them.
_JUDGED_FRAMES = 1000

#: Speeds at which the decoder looks, as the mark survives some change of speed.
_SPEEDS = {"slow": 1.25, "normal": 1.0, "fast": 0.75}


@dataclass(frozen=True)
class _Layers:
    """Convolutions over time, each followed by a leaky ramp but the last."""

    weights: tuple[tuple[Spectrum, Spectrum], ...]
    """Matrix [kernel × in, out] and bias [out] of each."""

    def __call__(self, frames: Spectrum) -> Spectrum:
        """Return [frames, out] for [frames, in]."""
        for number, (matrix, bias) in enumerate(self.weights):
            kernel = len(matrix) // frames.shape[1]
            frames = _surrounded(frames, kernel) @ matrix + bias
            if number + 1 < len(self.weights):
                frames = np.maximum(frames, np.float32(0.01) * frames)
        return frames


def _surrounded(frames: Spectrum, kernel: int) -> Spectrum:
    """Return each frame with its neighbours, [frames, kernel × in], zeros beyond the ends."""
    if kernel == 1:
        return frames
    padded = np.pad(frames, ((kernel // 2, kernel // 2), (0, 0)))
    return np.concatenate([padded[shift : shift + len(frames)] for shift in range(kernel)], axis=1)


class PerthWatermark:
    """See `worker.watermark.Watermark`. Raises WatermarkNotInstalled where the package is missing."""

    name = "perth"

    def __init__(self) -> None:
        path = _weights_path()
        self.version = f"{distribution(_PACKAGE).version}/1"
        self._encoder, self._decoders = _network(path)

    def apply(self, blocks: Iterable[Block]) -> Iterator[Block]:
        """See `Watermark`. Runs `_AROUND` frames behind what it is given."""
        around, core = _AROUND * _HOP_OF_MASTER, _BLOCK_FRAMES * _HOP_OF_MASTER
        for window, offset, length in _windows(blocks, core, around):
            marked = window + self._difference(window)
            yield marked[offset : offset + length]

    def detect(self, blocks: Iterable[Block]) -> float:
        """See `Watermark`: the middle judgement over stretches of ten seconds."""
        size = _JUDGED_FRAMES * _HOP_OF_MASTER
        scores = [
            score
            for window, _, length in _windows(blocks, size, 0)
            if length >= size // 5 and (score := self._score(window)) is not None
        ]
        return float(np.median(scores)) if scores else 0.0

    def _difference(self, window: Block) -> Block:
        """Return what the mark adds to a stretch of sound."""
        if not np.any(window):
            return np.zeros_like(window)
        sound = _resampled(window, MASTER_RATE, _RATE)
        spectrum = _spectrum(sound)
        levels = _levels(spectrum)
        low = levels[:, :_BINS]
        change = self._encoder(low) * _mask(levels)[:, None]
        # The same phase at another level: the difference is the spectrum times (gain - 1), in the low bins alone.
        gain = 10.0 ** (change * np.float32(_RANGE_DB / 20))
        added = np.zeros_like(spectrum)
        added[:, :_BINS] = spectrum[:, :_BINS] * (gain - 1)
        difference = _resampled(_sound(added, len(sound)), _RATE, MASTER_RATE)
        return difference[: len(window)]

    def _score(self, window: Block) -> float | None:
        """Return the decoder's confidence over a stretch, None for silence."""
        if not np.any(window):
            return None
        levels = _levels(_spectrum(_resampled(window, MASTER_RATE, _RATE)))
        mask = _mask(levels)
        answers, attention = [], []
        for name, speed in _SPEEDS.items():
            frames = int(len(levels) * speed)
            seen = self._decoders[name](_stretched(levels[:, :_BINS], frames))
            weight = mask[np.arange(frames) * len(mask) // frames][:, None]
            mean = (seen * weight).sum(axis=0) / weight.sum()
            attention.append(mean[0])
            answers.append(mean[1])
        shares = np.exp(np.array(attention) - max(attention))
        return float(np.clip(np.dot(shares / shares.sum(), answers), 0.0, 1.0))


def _windows(blocks: Iterable[Block], core: int, around: int) -> Iterator[tuple[Block, int, int]]:
    """Yield stretches of whole hops that overlap by `around` on both sides, each with where its core lies in it."""
    held = np.zeros(around, dtype=np.float32)
    total = done = 0
    for block in blocks:
        held = np.concatenate([held, block])
        total += len(block)
        while len(held) >= core + 2 * around:
            yield held[: core + 2 * around], around, core
            held = held[core:]
            done += core
    while done < total:
        length = min(core, total - done)
        padded = np.pad(held, (0, max(0, core + 2 * around - len(held))))[: core + 2 * around]
        # No more silence at the end than the last hop needs.
        hops = -(-(length + 2 * around) // _HOP_OF_MASTER)
        yield padded[: hops * _HOP_OF_MASTER], around, length
        held = held[core:]
        done += length


def _resampled(sound: Block, rate: int, to_rate: int) -> Block:
    """Return a stretch of whole hops at another rate, by its Fourier transform; its ends are blurred."""
    length = len(sound) * to_rate // rate
    bins = np.fft.rfft(sound)[: length // 2 + 1]
    whole = np.fft.irfft(np.pad(bins, (0, length // 2 + 1 - len(bins))), length)
    return np.asarray(whole * (length / len(sound)), dtype=np.float32)


@lru_cache(maxsize=1)
def _hann() -> Spectrum:
    return np.asarray(0.5 - 0.5 * np.cos(2 * np.pi * np.arange(_WINDOW) / _WINDOW), dtype=np.float32)


def _spectrum(sound: Block) -> NDArray[np.complex64]:
    """Return [frames, bins], a frame centred on each hop, mirrored at the ends."""
    padded = np.pad(sound, _WINDOW // 2, mode="reflect")
    frames = np.lib.stride_tricks.sliding_window_view(padded, _WINDOW)[::_HOP]
    return np.asarray(np.fft.rfft(frames * _hann(), axis=1), dtype=np.complex64)


def _sound(spectrum: NDArray[np.complex64], length: int) -> Block:
    """Return the sound of a spectrum, overlapped and added."""
    frames = np.fft.irfft(spectrum, _WINDOW, axis=1).astype(np.float32) * _hann()
    whole = np.zeros(_WINDOW + _HOP * (len(frames) - 1), dtype=np.float32)
    weight = np.zeros_like(whole)
    for number, frame in enumerate(frames):
        start = number * _HOP
        whole[start : start + _WINDOW] += frame
        weight[start : start + _WINDOW] += _hann() ** 2
    middle = slice(_WINDOW // 2, _WINDOW // 2 + length)
    return np.asarray(whole[middle] / np.maximum(weight[middle], np.float32(1e-8)), dtype=np.float32)


def _levels(spectrum: NDArray[np.complex64]) -> Spectrum:
    level_db = 20 * np.log10(np.maximum(np.abs(spectrum), np.float32(10 ** (_FLOOR_DB / 20))))
    return np.asarray((level_db - _FLOOR_DB) / _RANGE_DB, dtype=np.float32)


def _mask(levels: Spectrum) -> Spectrum:
    sums = levels.sum(axis=1)
    return np.asarray(sums > sums.max() * _SOUND, dtype=np.float32)


def _stretched(frames: Spectrum, length: int) -> Spectrum:
    """Return [length, bins]: linear between frames, first on first and last on last."""
    at = np.linspace(0, len(frames) - 1, length)
    low = np.minimum(at.astype(int), len(frames) - 2)
    share = (at - low).astype(np.float32)[:, None]
    return np.asarray(frames[low] * (1 - share) + frames[low + 1] * share, dtype=np.float32)


def _weights_path() -> Path:
    try:
        path = Path(str(distribution(_PACKAGE).locate_file(_WEIGHTS)))
    except PackageNotFoundError:
        raise not_installed("perth", _PACKAGE) from None
    if not path.is_file():
        raise not_installed("perth", _PACKAGE)
    return path


@lru_cache(maxsize=1)
def _network(path: Path) -> tuple[_Layers, dict[str, _Layers]]:
    """Return the encoder and the decoders by speed."""
    tensors = read_tensors(path)["model"]
    decoders = {name: _layers(tensors, f"decoder.{name}_layers") for name in _SPEEDS}
    return _layers(tensors, "encoder.layers"), decoders


def _layers(tensors: dict[str, Spectrum], prefix: str) -> _Layers:
    count = sum(name.startswith(f"{prefix}.") and name.endswith(".weight") for name in tensors)
    weights = []
    for number in range(count):
        kernel = tensors[f"{prefix}.{number}.conv.weight"]  # [out, in, kernel]
        matrix = np.ascontiguousarray(kernel.transpose(2, 1, 0).reshape(-1, kernel.shape[0]))
        weights.append((matrix, tensors[f"{prefix}.{number}.conv.bias"]))
    return _Layers(tuple(weights))


def read_tensors(path: Path) -> dict[str, Any]:
    """Return what a checkpoint that torch saved as a zip holds, its tensors as arrays.

    Only the calls that such a file needs are allowed: a checkpoint is a pickle, and a pickle may be a program. Raises
    pickle.UnpicklingError for anything else.
    """
    with zipfile.ZipFile(path) as archive:
        root = archive.namelist()[0].split("/", maxsplit=1)[0]
        with archive.open(f"{root}/data.pkl") as file:
            found: dict[str, Any] = _Checkpoint(file, archive, root).load()
    return found


class _Checkpoint(pickle.Unpickler):
    """Reads tensors and nothing that runs."""

    def __init__(self, file: Any, archive: zipfile.ZipFile, root: str) -> None:  # noqa: ANN401  a file in an archive
        super().__init__(file)
        self._archive, self._root = archive, root

    def find_class(self, module: str, name: str) -> Any:  # noqa: ANN401  pickle's interface
        """Return what stands in for the few names that a checkpoint uses."""
        if (module, name) == ("collections", "OrderedDict"):
            return OrderedDict
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            return _tensor
        if (module, name) == ("torch", "FloatStorage"):
            return np.float32
        message = f"a checkpoint has no use for {module}.{name}"
        raise pickle.UnpicklingError(message)

    def persistent_load(self, pid: Any) -> Spectrum:  # noqa: ANN401  pickle's interface
        """Return the numbers of a storage."""
        kind, dtype, key, _, count = pid
        if kind != "storage" or not str(key).isdecimal():
            message = "a checkpoint's storage has another form"
            raise pickle.UnpicklingError(message)
        content = self._archive.read(f"{self._root}/data/{key}")
        return np.frombuffer(content, dtype=dtype, count=count)


def _tensor(storage: Spectrum, offset: int, shape: Sequence[int], stride: Sequence[int], *_: object) -> Spectrum:
    size = int(np.prod(shape))
    if len(shape) > 1 and tuple(stride) != tuple(int(np.prod(shape[axis + 1 :])) for axis in range(len(shape))):
        message = "a checkpoint's tensor is not stored row by row"
        raise pickle.UnpicklingError(message)
    return storage[offset : offset + size].reshape(shape)
