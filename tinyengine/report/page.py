"""The report as one HTML page: everything that the template prints, as numbers and texts."""

from collections.abc import Sequence
from dataclasses import dataclass

from tinyengine.render import environment
from tinyengine.report.codec import Json
from tinyengine.report.curve import Axis

_WIDTH, _HEIGHT = 1060, 420
_LEFT, _TOP, _BOTTOM = 76, 14, 46
_LETTER, _LINE = 6.6, 13
_FEWEST_LETTERS = 8
_LABELS = 24
"""Blocks that the axis can number."""

_KINDS = {
    "input": "an input of the model",
    "tensor": "a whole tensor",
    "ring": "some rows of a tensor, in a ring",
    "scratch": "scratch of a kernel",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """A rectangle of a drawing, in pixels; `label` is empty where there is no room for it."""

    x: float
    y: float
    width: float
    height: float
    kind: str
    label: str
    tooltip: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick:
    """A place on an axis, in pixels, and what stands there."""

    at: float
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A share of a whole in percent, drawn as a piece of a bar."""

    name: str
    kind: str
    nbytes: int
    percent: float


def render_page(report: Json, profile: Json | None, unprofiled: str) -> str:
    """Give the page for a `report`; `unprofiled` says why there is no `profile`."""
    template = environment().get_template("report.html.j2")
    return template.render(
        report=report,
        title=f"{report['model']['name']} for {report['board']}",
        tiles=_tiles(report, profile),
        width=_WIDTH,
        height=_HEIGHT,
        plot=(_LEFT, _TOP, _WIDTH - 10, _HEIGHT - _BOTTOM),
        boxes=_boxes(report),
        bytes_axis=_bytes_axis(report),
        blocks_axis=_blocks_axis(report),
        peak=_peak(report),
        kinds=_KINDS,
        bars=_bars(report),
        rows=_rows(report, profile),
        rest=profile["rest"] if profile else None,
        profile=profile,
        unprofiled=unprofiled,
    )


def _tiles(report: Json, profile: Json | None) -> list[tuple[str, str, str]]:
    """Give the figures at the top: name, value and remark."""
    sram, flash = report["sram"], report["flash"]
    instructions = report["measured"]["instructions"]
    tiles = [
        ("SRAM", f"{sram['total']:,}", "bytes, all that inference needs"),
        ("Flash", f"{flash['total']:,}", "bytes, code and constants"),
        ("MACs", f"{report['model']['macs']:,}", "multiplications per inference"),
    ]
    if instructions is not None:
        tiles.append(("Instructions", f"{instructions:,}", "executed per inference"))
    if profile and profile["total"]["cycles"] is not None:
        cycles = profile["total"]["cycles"]
        tiles.append(("Cycles", f"{cycles:,}", f"modelled for the {profile['core']}"))
    return tiles


# -- memory over time -----------------------------------------------------------------------------


def _block_count(report: Json) -> int:
    return max(len(report["blocks"]), 1)


def _x(report: Json, block: float) -> float:
    return _LEFT + (_WIDTH - 10 - _LEFT) * block / _block_count(report)


def _y_axis(report: Json) -> Axis:
    nbytes = max((each["offset"] + each["bytes"] for each in report["buffers"]), default=1)
    return Axis.over([0.0, nbytes / 1024], _HEIGHT - _BOTTOM, _TOP)


def _boxes(report: Json) -> list[Box]:
    """Give a rectangle per buffer: across the blocks of its life, up its bytes of the arena."""
    axis = _y_axis(report)
    boxes = []
    for buffer in report["buffers"]:
        last = min(buffer["last"], _block_count(report))
        left, right = _x(report, buffer["first"]), _x(report, last)
        top = axis.at((buffer["offset"] + buffer["bytes"]) / 1024)
        bottom = axis.at(buffer["offset"] / 1024)
        end = buffer["offset"] + buffer["bytes"]
        blocks = f"block {buffer['first']}"
        if last - buffer["first"] > 1:
            blocks = f"blocks {buffer['first']} to {last - 1}"
        boxes.append(
            Box(
                x=left,
                y=top,
                width=max(right - left, 0.5),
                height=max(bottom - top, 0.5),
                kind=buffer["kind"],
                label=_label(buffer["name"], right - left, bottom - top),
                tooltip=f"{buffer['name']}\n{_KINDS[buffer['kind']]}\n{buffer['bytes']:,} bytes "
                f"at {buffer['offset']:,} .. {end:,}\n{blocks}",
            )
        )
    return boxes


def _label(name: str, width: float, height: float) -> str:
    """Give as much of the end of a name as there is room for; nothing where it is too little."""
    letters = int((width - 8) / _LETTER)
    if height < _LINE or letters < _FEWEST_LETTERS:
        return ""
    return name if len(name) <= letters else f"…{name[-letters + 1 :]}"


def _bytes_axis(report: Json) -> list[Tick]:
    return [Tick(at=at, text=text) for at, text in _y_axis(report).ticks()]


def _blocks_axis(report: Json) -> list[Tick]:
    """Give the blocks' numbers, each in the middle of its block; not all where there are many."""
    count = _block_count(report)
    step = -(-count // _LABELS)
    return [Tick(at=_x(report, n + 0.5), text=f"{n}") for n in range(0, count, step)]


def _peak(report: Json) -> Box:
    peak = report["peak"]
    left, right = _x(report, peak["step"]), _x(report, peak["step"] + 1)
    return Box(
        x=left,
        y=_TOP,
        width=right - left,
        height=_HEIGHT - _BOTTOM - _TOP,
        kind="peak",
        label="",
        tooltip=f"the most bytes are taken in block {peak['step']}: {peak['bytes']:,}",
    )


# -- shares ---------------------------------------------------------------------------------------


def _bars(report: Json) -> list[tuple[str, int, list[Part]]]:
    """Give the bars of SRAM and flash: name, bytes and parts."""
    sram, flash = report["sram"], report["flash"]
    scratch = sram["scratch_in_arena"]
    memory = [
        ("tensors in the arena", "tensor", sram["arena"] - scratch),
        ("scratch in the arena", "scratch", scratch),
        ("stack, measured", "stack", sram["stack"]),
        ("statics", "static", sram["static"]),
    ]
    constants = [
        ("weights", "weights", flash["weights"]),
        ("code", "code", flash["code"]),
        ("other constants", "other", flash["other_constants"]),
    ]
    return [
        ("SRAM", sram["total"], _parts(memory)),
        ("Flash", flash["total"], _parts(constants)),
    ]


def _parts(values: Sequence[tuple[str, str, int]]) -> list[Part]:
    total = max(sum(nbytes for _, _, nbytes in values), 1)
    return [
        Part(name=name, kind=kind, nbytes=nbytes, percent=100 * nbytes / total)
        for name, kind, nbytes in values
        if nbytes
    ]


def _rows(report: Json, profile: Json | None) -> list[Json]:
    """Give the operators with what each costs, where that is known."""
    costs = profile["operators"] if profile else [None] * len(report["operators"])
    largest = max((cost["share"] for cost in costs if cost), default=1) or 1
    return [
        {
            **operator,
            "shapes": " and ".join(_shape(shape) for shape in operator["input_shapes"]),
            "shape": _shape(operator["output_shape"]),
            "cost": cost,
            "bar": 100 * cost["share"] / largest if cost else 0,
            "streams": report["blocks"][operator["block"]]["kind"] != "layer",
        }
        for operator, cost in zip(report["operators"], costs, strict=True)
    ]


def _shape(shape: Sequence[int]) -> str:
    """Give a shape without a batch of one."""
    return "×".join(map(str, shape[1:] if len(shape) > 1 and shape[0] == 1 else shape))
