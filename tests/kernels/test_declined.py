"""An operator that no kernel accepts is told what stands against the kernel that asks least."""

from dataclasses import replace

import pytest

from tinyengine.board.types import Isa
from tinyengine.ir import Conv2D, DType, Edge, Graph, Rounding
from tinyengine.kernels.choose.selection import unsupported
from tinyengine.tune.samples import samples


@pytest.mark.parametrize("rounding", Rounding)
def test_the_reasons_are_of_kernels_that_round_as_the_operator(rounding: Rounding) -> None:
    op = next(op for op in samples(Conv2D) if op.rounding is rounding)
    # A batch of two, of uint8: two things that no convolution is for.
    wide = replace(op.input, shape=(2, *op.input.shape[1:]), dtype=DType.UINT8)
    op = replace(op, input=wide)
    edges = [Edge(name="x", tensor=t, dtype=t.dtype) for t in (wide, op.output)]
    graph = Graph(name="net", inputs=(edges[0],), outputs=(edges[1],), ops=(op,))
    (problem,) = unsupported(graph, Isa.DSP)
    assert "Input, weight and output must be int8 and the bias int32." in problem.details
    assert "Input must be [1, H, W, C]." in problem.details
