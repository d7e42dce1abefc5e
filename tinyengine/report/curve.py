"""Draw a curve of bytes against instructions as a self-contained SVG image."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from tinyengine.importers.names import readable
from tinyengine.render import environment

_LEFT, _TOP, _WIDTH, _HEIGHT = 90, 50, 440, 300
"""The plot's place in the image, in pixels; the legend stands to the right of it."""

_LABEL_WIDTH, _LABEL_HEIGHT = 16, 12
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
class Mark:
    """Where a point, a tick or a label is drawn, in pixels, and what is written there."""

    x: float
    y: float
    text: str
    filled: bool = True


def render_curve(title: str, points: Sequence[Point]) -> str:
    """Give an SVG of `points`, which stand by ascending bytes; any text may be in them."""
    name, unit = _unit(max((point.instructions for point in points), default=0))
    across = Axis.over([point.nbytes / 1024 for point in points], _LEFT, _LEFT + _WIDTH)
    up = Axis.over([point.instructions / unit for point in points], _TOP + _HEIGHT, _TOP)
    dots = [
        Mark(
            x=across.at(point.nbytes / 1024),
            y=up.at(point.instructions / unit),
            text=f"{point.nbytes:,} bytes",
            filled=point.fits,
        )
        for point in points
    ]
    image = environment().get_template("pareto.svg.j2")
    return image.render(
        title=_safe(title),
        width=_LEFT + _WIDTH + 330,
        height=max(_TOP + _HEIGHT + 60, _TOP + _LINE * (len(points) + 2)),
        plot=(_LEFT, _TOP, _LEFT + _WIDTH, _TOP + _HEIGHT),
        x_axis="arena, KiB",
        y_axis=f"{name} instructions per inference, estimated".strip(),
        x_ticks=[Mark(x=at, y=_TOP + _HEIGHT, text=text) for at, text in across.ticks()],
        y_ticks=[Mark(x=_LEFT, y=at, text=text) for at, text in up.ticks()],
        path=_stairs(dots),
        dots=dots,
        labels=_labels(dots),
        legend=[_safe(line) for line in _legend(points)],
        legend_x=_LEFT + _WIDTH + 25,
        line_height=_LINE,
    )


def _unit(largest: int) -> tuple[str, int]:
    """Give the unit in which `largest` has few digits: its name and its size."""
    return max((unit for unit in _UNITS if unit[1] <= max(largest, 1)), key=lambda unit: unit[1])


def _legend(points: Sequence[Point]) -> list[str]:
    lines = [
        f"{number}: {point.nbytes:,} bytes, {point.instructions:,}, {point.remark}"
        for number, point in enumerate(points, 1)
    ]
    room = [] if all(point.fits for point in points) else ["hollow: does not fit the board"]
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


def _labels(dots: Sequence[Mark]) -> list[Mark]:
    """Give every point's number a place beside it where nothing else stands."""
    taken = [(dot.x, dot.y) for dot in dots]
    labels = []
    for number, dot in enumerate(dots, 1):
        places = (
            (dot.x + distance * math.cos(angle), dot.y - distance * math.sin(angle))
            for distance in range(13, 200, 6)
            for angle in (math.pi / 4, math.pi / 2, 0, -math.pi * 3 / 4)
        )
        free = (place for place in places if not any(_clash(place, other) for other in taken))
        x, y = next(free, (dot.x, dot.y))
        taken.append((x, y))
        labels.append(Mark(x=x, y=y, text=f"{number}"))
    return labels


def _clash(a: tuple[float, float], b: tuple[float, float]) -> bool:
    return abs(a[0] - b[0]) < _LABEL_WIDTH * 0.75 and abs(a[1] - b[1]) < _LABEL_HEIGHT * 0.75


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
