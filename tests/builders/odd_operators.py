"""Operators that only tests have: one of two outputs, and one that changes a state in place."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

import numpy as np
import pytest

from tests.builders.graphs import GraphBuilder
from tinyengine.board.types import Isa
from tinyengine.ir import Array, Op, Source, Tensor
from tinyengine.ir.elements import INTEGERS
from tinyengine.ir.ops import ACTIVATION, OUTPUT, STATE
from tinyengine.ir.shapes import SHAPES
from tinyengine.kernels import registry
from tinyengine.kernels.spec import Kernel, Progress, Struct
from tinyengine.reference import rows
from tinyengine.reference.execute import FUNCTIONS


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Halves(Op):
    """The first half of the channels of each pixel, and the second."""

    input: Tensor = field(metadata=ACTIVATION)
    second: Tensor = field(metadata=OUTPUT)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Running(Op):
    """The sum of all inputs so far in 8 bits; the state holds it."""

    input: Tensor = field(metadata=ACTIVATION)
    total: Tensor = field(metadata=STATE)


_ODD = Halves | Running


def halves(b: GraphBuilder, x: Tensor) -> tuple[Tensor, Tensor]:
    """Append a Halves to `b`."""
    n, h, w, c = x.shape
    first = Tensor(name="first", shape=(n, h, w, c // 2), dtype=x.dtype, quant=x.quant)
    op = Halves(source=_source(b), output=first, second=replace(first, name="second"), input=x)
    b.ops.append(op)
    return op.output, op.second


def running(b: GraphBuilder, x: Tensor, total: Tensor) -> Tensor:
    """Append a Running to `b`."""
    b.ops.append(Running(source=_source(b), output=replace(x, name="sum"), input=x, total=total))
    return b.ops[-1].output


def _source(b: GraphBuilder) -> Source:
    return Source(index=len(b.ops), opcode="ODD", name=f"odd_{len(b.ops)}")


def _halves(op: Halves, x: Array) -> tuple[Array, ...]:
    middle = op.output.shape[3]
    return x[..., :middle], x[..., middle:]


def _running(op: Running, x: Array, total: Array) -> tuple[Array, ...]:
    del op
    new = (x.astype(np.int64) + total).astype(np.int8)
    return new, new


def _sizes(op: Halves) -> Struct:
    _, width, channels = op.output.hwc
    return Struct(c_type="te_odd_halves_params", members={"pixels": width, "channels": channels})


def _elements(op: Running) -> Struct:
    return Struct(
        c_type="te_odd_running_params",
        members={"row_elements": op.output.shape[2] * op.output.shape[3]},
    )


HALVES = Kernel(
    folder="ref", function="te_odd_halves", header="te_odd.h", isa=Isa.BASE, op=Halves,
    params=_sizes, progress=Progress.ROW, cost=lambda _: 100,
)  # fmt: skip
RUNNING = Kernel(
    folder="ref", function="te_odd_running", header="te_odd.h", isa=Isa.BASE, op=Running,
    params=_elements, progress=Progress.ELEMENT, cost=lambda _: 100,
)  # fmt: skip


@contextmanager
def known(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let the compiler know the operators of this file."""
    with monkeypatch.context() as patch:
        patch.setitem(FUNCTIONS, Halves, _halves)
        patch.setitem(FUNCTIONS, Running, _running)
        for table in (SHAPES, INTEGERS):
            patch.setitem(table, Halves, lambda _: iter(()))
            patch.setitem(table, Running, lambda _: iter(()))
        maps_rows = rows._maps_rows
        patch.setattr(rows, "_maps_rows", lambda op: isinstance(op, _ODD) or maps_rows(op))
        patch.setitem(registry._KERNELS_OF, Halves, (HALVES,))
        patch.setitem(registry._KERNELS_OF, Running, (RUNNING,))
        yield
