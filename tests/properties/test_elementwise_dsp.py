"""What elementwise and pooling kernels for the DSP extension decline, and what cores compute."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.kernels import emulated, host
from tests.properties.agreement import import_op, seeds, values_of
from tests.properties.elementwise import (
    LARGE_WINDOWS,
    MEANS,
    POOLS,
    ROOMS,
    check_all_products,
    check_all_sums,
    check_large_window,
    check_mean,
    check_table,
    sum_model,
    vector_model,
)
from tinyengine.reference import arithmetic

DSP = ROOMS["dsp"]
SIDES = (0.0471, -128), (1 / 256, -128), (0.0671, -128)


def test_sums_that_no_single_rounding_gives_are_declined() -> None:
    # Halves of both signs, which are rounded away from zero: no sum rounds them up and down.
    op, _ = import_op(sum_model("ADD", (1, 2, 2, 1), (0.5, 0), (0.5, 0), (1.0, 0)))
    kernels = [kernel for kernel in DSP.kernels if kernel.op is type(op) and kernel.rounds_as(op)]
    assert {reason for kernel in kernels for reason in kernel.declines(op)} == {
        "Scale ratios must be below 4, and such that one rounding gives every output."
    }


@given(behind=st.integers(0, 40), seed=seeds)
def test_products_may_follow_the_image_at_any_distance(behind: int, seed: int) -> None:
    op, tensors = import_op(vector_model((1, 2, 5, 4), *SIDES))
    (kernel,) = DSP.accepting(op)
    image, vector = (values_of(t.shape, "int8", seed + i) for i, t in enumerate(tensors))
    expected = arithmetic.mul(op, image, vector)
    host.check_overlap(kernel, op, [image, vector], expected, behind)


def test_products_of_odd_shapes_agree() -> None:
    for pixels, channels in ((1, 4), (2, 5), (3, 7), (4, 8), (5, 1)):
        model = vector_model((1, 3, pixels, channels), *SIDES, activation="RELU6")
        assert DSP.check("MUL", model, pixels) == 1


@pytest.mark.parametrize("cpu", emulated.MODELS)
def test_cores_agree(cpu: str) -> None:
    with emulated.on_core(cpu):
        for ratio in (0.73, 1.13, 2.0519):
            check_all_sums(DSP, "ADD", ratio, "RELU6")
        for ratio, width in ((0.54, 1), (0.83, 256), (1.1007, 2)):
            check_all_products(DSP, ratio, width)
        test_products_of_odd_shapes_agree()
        for shape, kernel in LARGE_WINDOWS[:2]:
            for opcode in POOLS:
                check_large_window(DSP, opcode, shape, kernel)
        check_table(DSP, 7)
        check_table(DSP, 256)
        for shape, axes in MEANS:
            check_mean(DSP, shape, axes)
