"""Plots as numbers for SVG: where each bar and line stands. Pure; the templates draw, in the page's own colours."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

#: Units of a plot's drawing; the page scales it.
WIDTH, HEIGHT = 600, 180
_LEFT, _RIGHT, _TOP, _BOTTOM = 72, 8, 24, 28

#: Of bars that lie: a row with its label, the room of that above the bar, and the room for what is told at its end.
_ROW, _ABOVE, _TOLD = 56, 28, 110

#: Letters of a label.
_LONGEST = 44


@dataclass(frozen=True)
class Bar:
    """A bar of a plot, with what stands below and above it."""

    x: float
    y: float
    width: float
    height: float
    label: str
    told: str


@dataclass(frozen=True)
class Row:
    """A bar that lies beside what it is of, with what stands above it and at its end."""

    y: float
    width: float
    label: str
    told: str
    at: float
    """Where what is told begins."""


@dataclass(frozen=True)
class Rows:
    """Bars below each other, and how high their drawing is."""

    rows: tuple[Row, ...]
    height: float


@dataclass(frozen=True)
class Curve:
    """A line over the length of some audio, the area below it, and the marks of its axes."""

    line: str
    area: str
    below: tuple[tuple[float, str], ...]
    """Marks of time: place and words."""
    beside: tuple[tuple[float, str], ...]
    """Marks of shares."""


def bars(values: Sequence[float], labels: Sequence[str], told: Sequence[str]) -> list[Bar]:
    """Return a bar for each value, the highest as high as the plot."""
    highest, room = max([*values, 0.0]) or 1.0, (WIDTH - _LEFT - _RIGHT) / max(1, len(values))
    full = HEIGHT - _TOP - _BOTTOM
    return [
        Bar(
            round(_LEFT + number * room + room * 0.1, 1),
            round(_TOP + full * (1 - value / highest), 1),
            round(room * 0.8, 1),
            round(full * value / highest, 1),
            label,
            words,
        )
        for number, (value, label, words) in enumerate(zip(values, labels, told, strict=True))
    ]


def rows(values: Sequence[float], labels: Sequence[str], told: Sequence[str]) -> Rows:
    """Return a lying bar for each value, the longest as long as leaves room for what is told; 0 has none."""
    highest, full = max([*values, 0.0]) or 1.0, WIDTH - _TOLD
    widths = [round(full * value / highest, 1) for value in values]
    found = tuple(
        Row(round(number * _ROW + _ABOVE, 1), width, _shortened(label), words, round(width + 6, 1))
        for number, (width, label, words) in enumerate(zip(widths, labels, told, strict=True))
    )
    return Rows(found, len(found) * _ROW)


def _shortened(label: str) -> str:
    """Return a label that fits on a line at the size of letters that a phone has."""
    return label if len(label) <= _LONGEST else f"{label[: _LONGEST - 1].rstrip()}…"


def curve(shares: Sequence[float], marks: Sequence[tuple[float, str]]) -> Curve:
    """Return the line of shares, 0 to 1, in equal parts of the audio; `marks` are places in it, 0 to 1, with words."""
    full, wide = HEIGHT - _TOP - _BOTTOM, WIDTH - _LEFT - _RIGHT
    step = wide / max(1, len(shares))
    points = [
        f"{_LEFT + (number + 0.5) * step:.1f},{_TOP + full * (1 - min(1.0, share)):.1f}"
        for number, share in enumerate(shares)
    ]
    ground = f"{_TOP + full:.1f}"
    area = [f"{_LEFT + 0.5 * step:.1f},{ground}", *points, f"{_LEFT + (len(shares) - 0.5) * step:.1f},{ground}"]
    beside = tuple((round(_TOP + full * (1 - share), 1), f"{share:.0%}") for share in (0.0, 0.5, 1.0))
    below = tuple((round(_LEFT + wide * place, 1), words) for place, words in marks)
    return Curve(" ".join(points), " ".join(area), below, beside)
