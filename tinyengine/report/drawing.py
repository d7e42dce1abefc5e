"""The drawing of an arena over the steps of a schedule: every place in pixels, nothing collides."""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate

from tinyengine.report.codec import Json
from tinyengine.report.curve import Axis
from tinyengine.report.report import model_number

LETTER, LINE = 7.0, 13.0
"""The most that a letter of a label takes, across and up, in pixels."""

_FAR = 1.35
"""A limit of so many times the arena's bytes is told of, not drawn: it would flatten the rest."""

_THIN = 0.5
"""The least width and height that can be seen, in pixels."""

KINDS = {
    "input": "an input of the model",
    "tensor": "a whole tensor",
    "ring": "some rows of a tensor, in a ring",
    "scratch": "scratch of a kernel",
    "state": "a state: it survives from run to run",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """A rectangle of a drawing, in pixels, and what is told of it where one points at it."""

    x: float
    y: float
    width: float
    height: float
    kind: str
    tooltip: str

    def meets(self, other: "Box") -> bool:
        """Tell whether the two have a part in common."""
        across = self.x < other.x + other.width and other.x < self.x + self.width
        return across and self.y < other.y + other.height and other.y < self.y + self.height


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """A text of a drawing around `x`, or from or up to it (`anchor`), with its foot at `y`."""

    x: float
    y: float
    text: str
    anchor: str = "middle"


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """A height of the arena that is marked by a line (none where it lies above the drawing)."""

    kind: str
    line: float | None
    label: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """The most bytes that the arena may have, and what says so."""

    nbytes: int
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """The size of a drawing and of its parts, in pixels; `name` is its class in the page."""

    name: str
    width: int
    height: int
    left: int
    right: int
    top: int = 44
    below: int = 46
    lane: int = 40

    def bottom(self, has_times: bool) -> int:
        """Give where the arena's first byte is drawn."""
        return self.height - self.below - (self.lane + 40 if has_times else 0)


WIDE = Frame(name="wide-map", width=1280, height=560, left=76, right=1268)
NARROW = Frame(name="narrow-map", width=332, height=520, left=62, right=326)
"""The drawing for a screen, and the one for a phone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawing:
    """All that the template prints of one drawing."""

    frame: Frame
    plot: tuple[float, float, float, float]
    grid: tuple[Text, ...]
    peak: Box
    boxes: tuple[Box, ...]
    labels: tuple[Text, ...]
    levels: tuple[Level, ...]
    operators: tuple[Text, ...]
    lane: tuple[Box, ...]
    times: tuple[Text, ...]
    captions: tuple[Text, ...]


def draw(report: Json, frame: Frame, limit: Limit, times: Sequence[float]) -> Drawing:
    """Draw the arena of `report`; `times` are the blocks' milliseconds, none where not known."""
    count = max(len(report["blocks"]), 1)
    bottom = frame.bottom(bool(times))
    columns = Columns(left=frame.left, right=frame.right, count=count)
    extent = _extent(report)
    drawn = max(extent, limit.nbytes) if limit.nbytes <= _FAR * extent else extent
    axis = Axis.over([0.0, drawn / 1024], bottom, frame.top)
    buffers = sorted(report["buffers"], key=lambda each: each["first"])
    steps = _numbers_of_steps(report)
    boxes = _boxes(buffers, steps, columns, axis)
    at_peak = report["peak"]["step"]
    return Drawing(
        frame=frame,
        plot=(frame.left, frame.top, frame.right, bottom),
        grid=tuple(
            Text(x=frame.left - 8, y=at + 4, text=f"{text} KiB", anchor="end")
            for at, text in axis.ticks()
        ),
        peak=Box(
            x=columns.at(at_peak),
            y=frame.top,
            width=columns.at(at_peak + 1) - columns.at(at_peak),
            height=bottom - frame.top,
            kind="peak",
            tooltip=f"the most bytes are taken here: {report['peak']['bytes']:,}",
        ),
        boxes=boxes,
        labels=tuple(_labels(buffers, boxes, operators_of(report))),
        levels=_levels(report, steps, frame, axis, limit),
        operators=tuple(_operator_ticks(steps, columns, bottom + 17)),
        lane=_lane(times, columns, bottom + 44, frame.lane),
        times=tuple(_time_ticks(times, columns, bottom + 44 + frame.lane + 15)),
        captions=_captions(frame, bottom, bool(times)),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """The steps of a schedule side by side, equally wide, from pixel `left` to `right`."""

    left: float
    right: float
    count: int

    def at(self, step: float) -> float:
        """Give the pixel at which `step` begins."""
        return self.left + (self.right - self.left) * step / self.count


def operators_of(report: Json) -> Mapping[tuple[int, ...], tuple[int, ...]]:
    """Give the model's numbers of the operators that write each buffer, by what `_key` gives."""
    writers: dict[tuple[int, ...], tuple[int, ...]] = {}
    for operator in report["operators"]:
        key = _key(operator)
        writers[key] = (*writers.get(key, ()), *_numbers([operator]))
    return writers


def _numbers(operators: Iterable[Json]) -> tuple[int, ...]:
    """Give the numbers in the model of those operators that have one, ascending."""
    texts = (model_number(operator["source"]) for operator in operators)
    return tuple(sorted({int(text) for text in texts if text}))


def _numbers_of_steps(report: Json) -> tuple[tuple[int, ...], ...]:
    """Give the numbers in the model of each step's operators."""
    operators = report["operators"]
    return tuple(
        _numbers(operators[index] for index in block["operators"]) for block in report["blocks"]
    )


def span(numbers: Sequence[int]) -> str:
    """Give the first and the last of ascending numbers as a text; none of none."""
    if not numbers:
        return ""
    return f"{numbers[0]}" if len(numbers) == 1 else f"{numbers[0]}–{numbers[-1]}"


def _key(buffer: Json) -> tuple[int, ...]:
    """Give what tells a buffer apart: no two have the same bytes at the same time."""
    return buffer["offset"], buffer["bytes"], buffer["first"], buffer["last"]


# -- boxes and their labels -----------------------------------------------------------------------


def _boxes(
    buffers: Sequence[Json], steps: Sequence[tuple[int, ...]], columns: Columns, axis: Axis
) -> tuple[Box, ...]:
    """Give a rectangle per buffer: across the steps of its life, up its bytes of the arena.

    One that overwrites another begins in the middle of the step, so that both are seen.
    """
    boxes: list[Box] = []
    live: list[Json] = []
    for buffer in buffers:
        live = [each for each in live if each["last"] > buffer["first"]]
        late = any(_share_bytes(buffer, each) for each in live)
        live.append(buffer)
        last = min(buffer["last"], columns.count)
        left, right = columns.at(buffer["first"] + (0.5 if late else 0)), columns.at(last)
        top = axis.at((buffer["offset"] + buffer["bytes"]) / 1024)
        bottom = axis.at(buffer["offset"] / 1024)
        boxes.append(
            Box(
                x=left,
                y=top,
                width=max(right - left, _THIN),
                height=max(bottom - top, _THIN),
                kind=buffer["kind"],
                tooltip=_tooltip(buffer, steps[buffer["first"] : last]),
            )
        )
    return tuple(boxes)


def _share_bytes(a: Json, b: Json) -> bool:
    return bool(a["offset"] < b["offset"] + b["bytes"] and b["offset"] < a["offset"] + a["bytes"])


def _tooltip(buffer: Json, steps: Sequence[tuple[int, ...]]) -> str:
    numbers = sorted({number for step in steps for number in step})
    end = buffer["offset"] + buffer["bytes"]
    during = f"\nduring operator{'s' * (len(numbers) > 1)} {span(numbers)}" if numbers else ""
    return (
        f"{buffer['name']}\n{KINDS[buffer['kind']]}\n"
        f"{buffer['bytes']:,} bytes at {buffer['offset']:,} .. {end:,}{during}"
    )


def _labels(
    buffers: Sequence[Json],
    boxes: Sequence[Box],
    writers: Mapping[tuple[int, ...], tuple[int, ...]],
) -> Iterator[Text]:
    """Give each buffer the number of the operator that writes it, where its box can be seen."""
    starts = [buffer["first"] for buffer in buffers]
    for index, (buffer, box) in enumerate(zip(buffers, boxes, strict=True)):
        for text in _wordings(buffer, writers):
            width = LETTER * len(text) + 4
            if width > box.width or box.height < LINE + 2:
                continue
            above = boxes[index + 1 : bisect_left(starts, buffer["last"])]
            free = (p for p in _places(box, width) if not any(p.meets(other) for other in above))
            place = next(free, None)
            if place is not None:
                yield Text(x=place.x + width / 2, y=place.y + LINE - 3, text=text)
                break


def _wordings(buffer: Json, writers: Mapping[tuple[int, ...], tuple[int, ...]]) -> tuple[str, ...]:
    """Give what may stand on a buffer's box, the longest first."""
    if buffer["kind"] == "input":
        return ("input", "in")
    numbers = writers.get(_key(buffer)) if buffer["kind"] != "scratch" else None
    return (span(numbers),) if numbers else ()


def _places(box: Box, width: float) -> Iterator[Box]:
    """Give rectangles for a label within `box`: its middle first, then its edges."""
    for up in (0.5, 0.0, 1.0):
        for across in (0.5, 0.0, 1.0):
            yield Box(
                x=box.x + (box.width - width) * across,
                y=box.y + 1 + (box.height - LINE - 2) * up,
                width=width,
                height=LINE,
                kind="",
                tooltip="",
            )


# -- levels and scales ----------------------------------------------------------------------------


def _extent(report: Json) -> int:
    """Give the bytes of the arena that any buffer takes."""
    return max((each["offset"] + each["bytes"] for each in report["buffers"]), default=1)


def _levels(
    report: Json, steps: Sequence[tuple[int, ...]], frame: Frame, axis: Axis, limit: Limit
) -> tuple[Level, ...]:
    """Give the lines of the peak and of the limit; their labels stand above everything."""
    extent = _extent(report)
    peak_y, limit_y = axis.at(extent / 1024), axis.at(limit.nbytes / 1024)
    near = limit_y >= frame.top - 1
    operators = steps[report["peak"]["step"]] if steps else ()
    where = f" in operator{'s' * (len(operators) > 1)} {span(operators)}" if operators else ""
    peak = f"peak {extent:,} bytes"
    if report["peak"]["bytes"] < extent:
        peak = f"peak {report['peak']['bytes']:,} of {extent:,} bytes"
    if LETTER * len(peak + where) <= frame.right - frame.left:
        peak += where
    # The arena's own label gives way where the limit's line would run through it.
    crowded = near and abs(peak_y - limit_y) < LINE + 4
    foot = min(peak_y, limit_y) - 5 - (LINE + 2 if crowded else 0) if crowded else peak_y - 5
    limit_foot = limit_y - 5 if near else 12.0
    return (
        Level(
            kind="most",
            line=peak_y,
            label=Text(x=frame.right, y=foot, text=peak, anchor="end"),
        ),
        Level(
            kind="limit",
            line=limit_y if near else None,
            label=Text(
                x=frame.right,
                y=limit_foot,
                text=limit.text if near else f"↑ {limit.text}",
                anchor="end",
            ),
        ),
    )


def _operator_ticks(steps: Sequence[tuple[int, ...]], columns: Columns, y: float) -> Iterator[Text]:
    """Give the operators' numbers under their steps; where there is no room, not all."""
    free = 0.0
    for step, numbers in enumerate(steps):
        text, x = span(numbers), columns.at(step + 0.5)
        half = LETTER * len(text) / 2
        if text and x - half >= free and x + half <= columns.right + 4:
            yield Text(x=x, y=y, text=text)
            free = x + half + 4


def _lane(times: Sequence[float], columns: Columns, top: float, height: float) -> tuple[Box, ...]:
    """Give a bar per step, as high as the step is long."""
    longest = max(times, default=0) or 1
    return tuple(
        Box(
            x=columns.at(step) + 0.5,
            y=top + height * (1 - ms / longest),
            width=max(columns.at(step + 1) - columns.at(step) - 1, _THIN),
            height=height * ms / longest,
            kind="time",
            tooltip=f"{milliseconds(ms)} ms",
        )
        for step, ms in enumerate(times)
    )


def _time_ticks(times: Sequence[float], columns: Columns, y: float) -> Iterator[Text]:
    """Give the milliseconds at which steps start, where free, and at the end that of the last."""
    ends = list(accumulate(times, initial=0.0))
    if len(ends) < 2:
        return
    last = f"{milliseconds(ends[-1])} ms"
    end = columns.right - LETTER * len(last)
    free, told = columns.left, {last.removesuffix(" ms")}
    for step, ms in enumerate(ends[:-1]):
        text, x = milliseconds(ms), columns.at(step)
        half = LETTER * len(text) / 2
        if text not in told and (step == 0 or x - half >= free) and x + half + 10 <= end:
            yield Text(x=x, y=y, text=text)
            free = x + half + 14
            told.add(text)
    yield Text(x=columns.right, y=y, text=last, anchor="end")


def milliseconds(ms: float) -> str:
    """Give `ms` to the microsecond, everywhere alike."""
    return f"{ms:,.3f}"


def _captions(frame: Frame, bottom: float, has_times: bool) -> tuple[Text, ...]:
    lines = [Text(x=frame.left, y=bottom + 34, text="operators", anchor="start")]
    if has_times:
        y = bottom + 44 + frame.lane + 32
        text = "ms at the start of each step, and at the end"
        x = min(frame.left, frame.right - LETTER * len(text))
        lines.append(Text(x=x, y=y, text=text, anchor="start"))
    return tuple(lines)
