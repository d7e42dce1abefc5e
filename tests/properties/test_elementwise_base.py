"""Sums for cores without DSP equal the reference bit for bit."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tests.kernels.emulated import on_core
from tests.properties.agreement import (
    check_agreement,
    import_op,
    ratios,
    scales,
    seeds,
    zero_points,
)
from tests.properties.test_elementwise_dsp import ACTIVATIONS, REFERENCES, sum_model
from tinyengine.kernels.base.elementwise import KERNELS


def check(opcode: str, model: bytes, seed: int) -> int:
    """Check all kernels that accept the model's operator; give how many these are."""
    op, _ = import_op(model)
    kernels = [kernel for kernel in KERNELS if kernel.op is type(op) and not kernel.declines(op)]
    if kernels:
        check_agreement(kernels, REFERENCES[opcode], model, seed)
    return len(kernels)


@pytest.mark.parametrize("opcode", ["ADD", "SUB"])
@given(
    shape=st.tuples(st.just(1), st.integers(1, 4), st.integers(1, 5), st.integers(1, 9)),
    lhs=st.tuples(scales, zero_points),
    rhs=st.tuples(st.floats(-3.0, 3.0), zero_points),
    result=st.tuples(ratios, zero_points),
    activation=st.sampled_from(ACTIVATIONS),
    seed=seeds,
)
def test_sums_agree(
    opcode: str,
    shape: tuple[int, ...],
    lhs: tuple[float, int],
    rhs: tuple[float, int],
    result: tuple[float, int],
    activation: str,
    seed: int,
) -> None:
    other = (lhs[0] * 2.0 ** rhs[0], rhs[1])
    out = (max(lhs[0], other[0]) / result[0], result[1])
    assume(check(opcode, sum_model(opcode, shape, lhs, other, out, activation), seed))


@pytest.mark.parametrize("cpu", ["cortex-m0", "cortex-m3"])
@pytest.mark.parametrize("opcode", ["ADD", "SUB"])
def test_sums_agree_on_a_core(cpu: str, opcode: str) -> None:
    quant = (0.0173, -7), (0.0091, 31), (0.0173, -11)
    with on_core(cpu):
        for activation in ACTIVATIONS:
            model = sum_model(opcode, (1, 3, 17, 5), *quant, activation)
            assert check(opcode, model, 0) == 2, "both layouts accept it"
