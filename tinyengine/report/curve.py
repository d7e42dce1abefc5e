"""Draw a curve of bytes against instructions as a self-contained SVG image."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from tinyengine.importers.names import readable
from tinyengine.render import environment

_LEFT, _TOP, _WIDTH, _HEIGHT = 90, 50, 440, 300
"""The plot's place in the image, in pixels; the legend stands to the right of it."""

_LABEL_WIDTH, _LABEL_HEIGHT = 16, 12
"""What two letters take across, and a line up, in pixels."""

_FAR = 1.5
"""A bound of so many times the largest arena is told of, not drawn: it would squeeze the rest."""

_LINE = 17
_TICKS = 5

_UNITS = (("", 1), ("thousand", 1_000), ("million", 1_000_000))


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """One schedule: arena bytes, instructions, whether the board has room, and a remark."""

    nbytes: int
    instructions: int
    fits: bool
    remark: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Bound:
    """The most bytes that an arena may have, and whose word that is."""

    nbytes: int
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """Where a point, a tick or a label is drawn, in pixels, and what is written there."""

    x: float
    y: float
    text: str
    filled: bool = True


def render_curve(
    title: str, points: Sequence[Point], layers: Point | None = None, bound: Bound | None = None
) -> str:
    """Give an SVG of `points`, which stand by ascending bytes; any text may be in them.

    `layers` is the schedule that streams nothing, for comparison. Instructions are drawn from
    zero; bytes are not, and the axis says so.
    """
    every = [*points, *([layers] if layers else [])]
    name, unit = _unit(max((point.instructions for point in every), default=0))
    most = max((point.nbytes for point in every), default=0)
    near = bound is not None and bound.nbytes <= _FAR * most
    sizes = [point.nbytes / 1024 for point in every]
    if bound is not None and near:
        sizes.append(bound.nbytes / 1024)
    across = Axis.over(sizes, _LEFT, _LEFT + _WIDTH)
    up = Axis.over([0.0, *(point.instructions / unit for point in every)], _TOP + _HEIGHT, _TOP)

    def mark(point: Point, text: str) -> Mark:
        """Give a mark with its text at `point`."""
        x, y = across.at(point.nbytes / 1024), up.at(point.instructions / unit)
        return Mark(x=x, y=y, text=text, filled=point.fits)

    dots = [mark(point, f"{point.nbytes:,} bytes") for point in points]
    diamond = mark(layers, "layers") if layers else None
    legend = [_safe(line) for line in _legend(points, layers, bound, near=near)]
    image = environment().get_template("pareto.svg.j2")
    return image.render(
        title=_safe(title),
        width=max(_LEFT + _WIDTH + 40 + _letters(legend), _LEFT + 20 + 11 * len(title)),
        height=max(_TOP + _HEIGHT + 60, _TOP + _LINE * (len(legend) + 2)),
        plot=(_LEFT, _TOP, _LEFT + _WIDTH, _TOP + _HEIGHT),
        x_axis="arena, KiB" + (f", from {across.least:g} on" if across.least else ""),
        y_axis=f"{name} instructions per inference, estimated".strip(),
        x_ticks=[Mark(x=at, y=_TOP + _HEIGHT, text=text) for at, text in across.ticks()],
        y_ticks=[Mark(x=_LEFT, y=at, text=text) for at, text in up.ticks()],
        path=_stairs(dots),
        dots=dots,
        labels=_labels(dots, diamond),
        diamond=diamond,
        bound=Mark(x=across.at(bound.nbytes / 1024), y=_TOP, text=_safe(bound.name))
        if bound is not None and near
        else None,
        legend=legend,
        legend_x=_LEFT + _WIDTH + 25,
        line_height=_LINE,
    )


def _unit(largest: int) -> tuple[str, int]:
    """Give the unit in which `largest` has few digits: its name and its size."""
    return max((unit for unit in _UNITS if unit[1] <= max(largest, 1)), key=lambda unit: unit[1])


def _letters(lines: Sequence[str]) -> int:
    """Give the most pixels that the longest of `lines` takes."""
    return math.ceil(_LABEL_WIDTH * max(map(len, lines), default=0) / 2)


def _legend(
    points: Sequence[Point], layers: Point | None, bound: Bound | None, *, near: bool
) -> list[str]:
    lines = [
        f"{number}: {point.nbytes:,} bytes, {point.instructions:,}, {point.remark}"
        for number, point in enumerate(points, 1)
    ]
    if layers is not None:
        lines.append(f"layers: {layers.nbytes:,} bytes, {layers.instructions:,}, {layers.remark}")
    if bound is not None:
        where = "" if near else ", right of the picture"
        lines.append(f"{bound.name}: {bound.nbytes:,} bytes{where}")
    every = [*points, *([layers] if layers else [])]
    room = [] if all(point.fits for point in every) else ["hollow: does not fit"]
    return [*lines, *room]


def _safe(text: str) -> str:
    """Give `text` without what XML forbids; the template escapes the rest."""
    return readable(text.encode("utf-8", errors="replace"))


def _stairs(dots: Sequence[Mark]) -> str:
    """Give the path of the curve: between two schedules the smaller one is what fits."""
    words = []
    for index, dot in enumerate(dots):
        words.append(f"H{dot.x:.1f} V{dot.y:.1f}" if index else f"M{dot.x:.1f} {dot.y:.1f}")
    return " ".join(words)


def _labels(dots: Sequence[Mark], diamond: Mark | None) -> list[Mark]:
    """Give every point's number, and the diamond's name, a place where nothing else stands."""
    marks = [*enumerate(dots, 1), *([("layers", diamond)] if diamond else [])]
    taken = [Mark(x=mark.x, y=mark.y, text="") for _, mark in marks]
    labels: list[Mark] = []
    for name, mark in marks:
        places = [
            Mark(
                x=mark.x + (distance + _LABEL_WIDTH / 4 * len(f"{name}")) * math.cos(angle),
                y=mark.y - distance * math.sin(angle),
                text=f"{name}",
            )
            for distance in range(13, 400, 6)
            for angle in (math.pi / 4, math.pi / 2, 0, -math.pi / 2, -math.pi * 3 / 4, math.pi)
        ]
        free = (place for place in places if _inside(place) and not _clashes(place, taken))
        label = next(free, places[0])
        taken.append(label)
        labels.append(label)
    return labels


def _inside(place: Mark) -> bool:
    half = _LABEL_WIDTH / 4 * len(place.text)
    across = place.x - half > _LEFT + 4 and place.x + half < _LEFT + _WIDTH + 16
    return across and _TOP + _LABEL_HEIGHT < place.y < _TOP + _HEIGHT - _LABEL_HEIGHT


def _clashes(place: Mark, taken: Sequence[Mark]) -> bool:
    return any(
        abs(place.x - other.x) < _LABEL_WIDTH / 4 * (len(place.text) + len(other.text)) + 5
        and abs(place.y - other.y) < _LABEL_HEIGHT + 1
        for other in taken
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Axis:
    """Values from `least` to `greatest`, drawn from pixel `start` to pixel `end`."""

    least: float
    greatest: float
    step: float
    start: float
    end: float

    @classmethod
    def over(cls, values: Sequence[float], start: float, end: float) -> "Axis":
        """Give an axis whose ends are round numbers around `values`."""
        low, high = min(values, default=0.0), max(values, default=0.0)
        span = max(high - low, abs(high) / 50, 1e-3)
        low = max(min(low, (low + high - span) / 2), 0.0)
        high = low + span
        power = 10.0 ** math.floor(math.log10(span / _TICKS))
        step = next(power * m for m in (1, 2, 5, 10) if power * m * _TICKS >= span)
        least = math.floor(low / step) * step
        greatest = max(math.ceil(high / step) * step, least + step)
        return cls(least=least, greatest=greatest, step=step, start=start, end=end)

    def at(self, value: float) -> float:
        """Give the pixel of `value`."""
        share = (value - self.least) / (self.greatest - self.least)
        return self.start + share * (self.end - self.start)

    def ticks(self) -> list[tuple[float, str]]:
        """Give the pixels and texts of the round numbers."""
        digits = max(0, -math.floor(math.log10(self.step)))
        count = round((self.greatest - self.least) / self.step)
        values = [self.least + index * self.step for index in range(count + 1)]
        return [(self.at(value), f"{value:,.{digits}f}") for value in values]
