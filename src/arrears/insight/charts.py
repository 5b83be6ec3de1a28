"""Geometry of charts drawn on the server: plain numbers for SVG attributes. No script, no style, a table beside each.

Pure: the pages put words to it. All shares are integers per mille, so nothing here rounds money.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

#: Plot area inside a 660 x 268 view box; the right margin holds the direct labels.
LEFT, RIGHT, TOP, BOTTOM = 40, 560, 22, 226
_LABEL_GAP = 30
_LABEL_FOOT = 18  # the second line of the lowest label stays above the axis


@dataclass(frozen=True, slots=True)
class Tick:
    """A grid line or axis label at ``at`` (pixels of the view box)."""

    at: int
    label: str


@dataclass(frozen=True, slots=True)
class Line:
    """One series: ``points`` for a polyline, the last point's place and value, and where its direct label stands."""

    name: str
    number: int  # 1..4: dash, colour and end marker
    points: str
    end_x: int
    end_y: int
    label_y: int
    last_permille: int


@dataclass(frozen=True, slots=True)
class LineChart:
    """Lines of shares over time, with grid. ``top_permille`` is the value of the top grid line."""

    lines: tuple[Line, ...]
    grid: tuple[Tick, ...]
    axis: tuple[Tick, ...]
    top_permille: int


def _top(values: Sequence[int]) -> int:
    """The smallest of 10, 20, 40, 60, 80 and 100 percent that holds every value, per mille."""
    most = max(values, default=0)
    return next((t for t in (100, 200, 400, 600, 800, 1000) if most <= t), 1000)


def spread(wanted: Sequence[int], gap: int, low: int, high: int) -> list[int]:
    """Places for labels near ``wanted``, at least ``gap`` apart and inside ``low..high``; order is kept.

    >>> spread([10, 12, 80], 20, 0, 100)
    [10, 30, 80]
    """
    order = sorted(range(len(wanted)), key=lambda i: wanted[i])
    placed: list[int] = []
    for i in order:
        placed.append(max(wanted[i], placed[-1] + gap if placed else low))
    for back in range(len(placed) - 1, -1, -1):
        limit = high if back == len(placed) - 1 else placed[back + 1] - gap
        placed[back] = min(placed[back], limit)
    result = [0] * len(wanted)
    for place, i in enumerate(order):
        result[i] = placed[place]
    return result


def line_chart(names: Sequence[str], series: Sequence[Sequence[int | None]], labels: Sequence[str]) -> LineChart:
    """Lines for at most four series of shares (per mille); ``None`` is a gap and is left out of the line."""
    top = _top([v for one in series for v in one if v is not None])
    steps = max(len(labels) - 1, 1)

    def x(place: int) -> int:
        return LEFT + (RIGHT - LEFT) * place // steps

    def y(permille: int) -> int:
        return BOTTOM - (BOTTOM - TOP) * permille // top

    drawn = []
    for number, (name, values) in enumerate(zip(names, series, strict=True), start=1):
        known = [(place, v) for place, v in enumerate(values) if v is not None]
        if known:
            drawn.append((name, number, known))
    places = spread([y(known[-1][1]) for _, _, known in drawn], _LABEL_GAP, TOP, BOTTOM - _LABEL_FOOT)
    lines = tuple(
        Line(
            name=name, number=number, points=" ".join(f"{x(p)},{y(v)}" for p, v in known), end_x=x(known[-1][0]),
            end_y=y(known[-1][1]), label_y=label_y, last_permille=known[-1][1],
        )
        for (name, number, known), label_y in zip(drawn, places, strict=True)
    )  # fmt: skip
    grid = tuple(Tick(y(top * n // 4), f"{top * n // 40}") for n in range(5))
    axis = tuple(Tick(x(place), label) for place, label in enumerate(labels))
    return LineChart(lines, grid, axis, top)


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a stacked bar: start and length per mille of the bar; ``kind`` names its look."""

    kind: str
    count: int
    start_permille: int
    length_permille: int

    @property
    def x(self) -> str:
        return f"{self.start_permille / 10:g}%"

    @property
    def width(self) -> str:
        return f"{self.length_permille / 10:g}%"

    @property
    def middle(self) -> str:
        return f"{(self.start_permille + self.length_permille / 2) / 10:g}%"

    @property
    def is_labelled(self) -> bool:
        """Whether the part is long enough to hold its own label."""
        return self.length_permille >= 90

    @property
    def is_short(self) -> bool:
        """Whether a narrow screen has no room for the label."""
        return self.length_permille < 200


def stacked(counts: Sequence[tuple[str, int]]) -> list[Part]:
    """A bar cut in parts whose lengths sum to the whole; empty parts are left out.

    >>> [p.length_permille for p in stacked([("better", 1), ("same", 0), ("worse", 2)])]
    [333, 667]
    """
    whole = sum(count for _, count in counts)
    parts, seen = [], 0
    for kind, count in counts:
        if not count:
            continue
        start = 1000 * seen // whole
        seen += count
        parts.append(Part(kind, count, start, 1000 * seen // whole - start))
    return parts
