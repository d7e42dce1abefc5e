"""What kernels cost as measured: `measured.json`, which `tinyengine tune` writes, and its use.

The instructions of a kernel are close to a sum of a few terms, each with a factor of its own: the
kernel's analytic estimate, MACs, elements, pixels, rows, and one for the call. The factors are
fitted to measurements for each kernel and class of shapes.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from tinyengine.ir import Conv2D, DepthwiseConv2D, Op, Rounding, Window, count_macs, once
from tinyengine.kernels.spec import Kernel
from tinyengine.reference.rows import output_view

TABLE = Path(__file__).with_name("measured.json")
TERMS = (
    "estimate", "macs", "inner", "taps", "runs", "elements", "outputs", "lines", "pixels", "edges",
    "clipped", "rows", "calls",
)  # fmt: skip
"""Inner MACs are those that are not of padding. Of every output a window has so many taps, pixels,
and runs, rows of pixels; a line is a row of one channel. Edges are pixels whose windows reach over
the input, clipped are their outputs."""

_DEEP = 320
"""Taps of a window, of all channels, beyond which convolutions compute fewer pixels at a time."""

Key = tuple[str, str, str, str, str]
"""Name of the C function, operator, layouts that are read and written, class of shapes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """The factors of one kernel and class: instructions per unit of each of `TERMS`.

    `cycles` is modelled cycles per instruction, None without a model; `cycle_factors` are cycles
    per unit of each term, where they were fitted. They are those of the core that kernels are
    chosen for, which may have loops of its own. `worst` is the largest error on the `samples` that
    the row was fitted to, as a share.
    """

    factors: Mapping[str, float]
    cycles: float | None
    samples: int
    worst: float
    cycle_factors: Mapping[str, float] = field(default_factory=dict)

    def cost(self, op: Op, estimate: int) -> float:
        """Give what `op` costs beside other kernels: cycles, or instructions without a model."""
        if not self.cycle_factors:
            return self.instructions(op, estimate) * (1 if self.cycles is None else self.cycles)
        terms = terms_of(op, estimate)
        return sum(factor * terms[term] for term, factor in self.cycle_factors.items())

    def instructions(self, op: Op, estimate: int) -> int:
        """Give the instructions of `op`, whose analytic estimate is given."""
        terms = terms_of(op, estimate)
        return round(sum(factor * terms[term] for term, factor in self.factors.items()))


def terms_of(op: Op, estimate: int) -> Mapping[str, int]:
    """Give the size of each of `TERMS`."""
    view = output_view(op)
    outputs, channels = op.output.elements, (op.output.shape or (1,))[-1]
    kernel_h, kernel_w = _window(op)
    inner, edges = _inner_macs_and_edges(op)
    return {
        "estimate": estimate,
        "macs": count_macs(op),
        "inner": inner,
        "taps": outputs * kernel_h * kernel_w,
        "runs": outputs * kernel_h,
        "elements": max(tensor.elements for tensor in (*op.activations, op.output)),
        "outputs": outputs,
        "lines": view.rows * channels,
        "pixels": outputs // max(channels, 1),
        "edges": edges,
        "clipped": edges * channels,
        "rows": view.rows,
        "calls": 1,
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reach:
    """How windows lie along a dimension: all taps that are inside, and windows that are whole."""

    taps: int
    windows: int


def _reach(extent: int, out: int, kernel: int, steps: tuple[int, int, int]) -> _Reach:
    """Give it for an input of `extent`; `steps` are stride, dilation and the padding before."""
    stride, dilation, before = steps
    inside = [
        sum(0 <= at * stride + tap * dilation - before < extent for tap in range(kernel))
        for at in range(out)
    ]
    return _Reach(taps=sum(inside), windows=sum(count == kernel for count in inside))


@once
def _inner_macs_and_edges(op: Op) -> tuple[int, int]:
    """Give the MACs of a convolution whose taps lie inside, and its clipped windows, else 0."""
    if not isinstance(op, Conv2D | DepthwiseConv2D):
        return 0, 0
    in_h, in_w, _ = op.input.hwc
    out_h, out_w, _ = op.output.hwc
    out_c, kernel_h, kernel_w, per_tap = op.weight.shape
    rows = _reach(in_h, out_h, kernel_h, (op.stride_h, op.dilation_h, op.padding.top))
    columns = _reach(in_w, out_w, kernel_w, (op.stride_w, op.dilation_w, op.padding.left))
    inner = rows.taps * columns.taps * out_c * per_tap
    return inner, out_h * out_w - rows.windows * columns.windows


def _window(op: Op) -> tuple[int, int]:
    """Give height and width of the window, none where there is none."""
    return op.kernel if isinstance(op, Window) else (0, 0)


def key_of(op: Op, kernel: Kernel) -> Key:
    """Give the key of the row for `op` on `kernel`.

    A kernel that consumes rows computes as the one that it stands for; one that mends or tiles
    another costs hardly more.
    """
    function = (kernel.stands_for or kernel.mends or kernel.tiles or kernel).function
    layouts = (kernel.reads.value, kernel.writes.value)
    return (function, kernel.op.__name__, *layouts, class_of(op, kernel))


def class_of(op: Op, kernel: Kernel) -> str:
    """Give the class of shapes: operators of one class take the same way through `kernel`."""
    words = []
    if isinstance(op, Conv2D):
        _, kernel_h, kernel_w, in_c = op.weight.shape
        words += ["deep"] if kernel_h * kernel_w * in_c > _DEEP else []
        words.append("1x1" if (kernel_h, kernel_w) == (1, 1) else "window")
    if isinstance(op, Conv2D | DepthwiseConv2D):
        is_up = op.rounding is Rounding.EVEN or op.act_min >= op.output.zero_point
        words.append("relu" if is_up else "linear")
    words += ["expanded"] if kernel.expands_weights else []
    words += ["halved"] if kernel.halves_weights else []
    return " ".join(words) or "all"


@lru_cache(maxsize=1)
def measured() -> Mapping[Key, Row]:
    """Give the shipped table."""
    return read_rows(json.loads(TABLE.read_text(encoding="utf-8")))


def read_rows(table: Mapping[str, Any]) -> Mapping[Key, Row]:
    """Give the rows of a table of schema 1."""
    return {
        (row["kernel"], row["op"], row["reads"], row["writes"], row["class"]): Row(
            factors=row["instructions"],
            cycles=row["cycles_per_instruction"],
            samples=row["samples"],
            worst=row["worst"],
            cycle_factors=row.get("cycles", {}),
        )
        for isa in table["isas"].values()
        for row in isa["rows"]
    }
