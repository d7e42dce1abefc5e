"""BATCH_MATMUL: interpreter, reference and C agree, whatever is adjoint, constant or broadcast."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders.tflite_writer import Spec, one_op_model
from tests.properties.agreement import check_agreement, constant, seeds, zero_points
from tinyengine.kernels.base.batch_matmul import KERNELS as BASE
from tinyengine.kernels.dsp.batch_matmul import KERNELS as DSP
from tinyengine.kernels.mve.batch_matmul import KERNELS as MVE
from tinyengine.kernels.ref.batch_matmul import KERNELS as REF
from tinyengine.reference.arithmetic import batch_matmul

KERNELS = (*REF, *BASE, *DSP, *MVE)

Shape = tuple[int, ...]


def model_of(
    shapes: tuple[Shape, Shape, Shape],
    adjoint: tuple[bool, bool] = (False, False),
    zeros: tuple[int, int, int] = (3, -5, 1),
    constant_from: int | None = None,
) -> bytes:
    """Give a product of matrices [M, K] and [K, N]; the right one is a constant where seeded."""
    lhs, rhs, out = shapes
    depth = lhs[-2] if adjoint[0] else lhs[-1]
    right = Spec(shape=rhs, scale=0.04, zero_point=zeros[1])
    operands = [
        Spec(shape=lhs, scale=0.05, zero_point=zeros[0]),
        right if constant_from is None else constant(right, constant_from),
    ]
    scale = float(np.float32(0.05 * 0.04 * 60 * np.sqrt(depth)))
    result = Spec(shape=out, scale=scale, zero_point=zeros[2])
    return one_op_model("BATCH_MATMUL", operands, result, adj_x=adjoint[0], adj_y=adjoint[1])


def swapped(shape: Shape, adjoint: bool) -> Shape:
    return (*shape[:-2], shape[-1], shape[-2]) if adjoint else shape


@given(
    lead=st.lists(st.integers(1, 3), max_size=2).map(tuple),
    narrow=st.tuples(st.booleans(), st.booleans()),
    sizes=st.tuples(st.integers(1, 6), st.integers(1, 9) | st.integers(10, 50), st.integers(1, 9)),
    adjoint=st.tuples(st.booleans(), st.booleans()),
    zeros=st.tuples(zero_points, zero_points, zero_points),
    is_constant=st.booleans(),
    seed=seeds,
)
def test_products_agree(
    lead: Shape,
    narrow: tuple[bool, bool],
    sizes: tuple[int, int, int],
    adjoint: tuple[bool, bool],
    zeros: tuple[int, int, int],
    is_constant: bool,
    seed: int,
) -> None:
    rows, depth, columns = sizes
    leads = [(1,) * len(lead) if one else lead for one in narrow]
    lhs = swapped((*leads[0], rows, depth), adjoint[0])
    rhs = swapped((*leads[1], depth, columns), adjoint[1])
    out = (*np.broadcast_shapes(*leads), rows, columns)
    from_seed = seed if is_constant else None
    model = model_of((lhs, rhs, out), adjoint, zeros, from_seed)
    check_agreement(KERNELS, batch_matmul, model, seed)


@pytest.mark.parametrize("adjoint", [False, True])
def test_scores_of_attention_agree(adjoint: bool) -> None:
    # Four heads of 12 tokens: queries by keys.
    keys = swapped((1, 4, 8, 12), adjoint)
    model = model_of(((1, 4, 12, 8), keys, (1, 4, 12, 12)), (False, adjoint))
    assert len(np.unique(check_agreement(KERNELS, batch_matmul, model, seed=3))) > 50
