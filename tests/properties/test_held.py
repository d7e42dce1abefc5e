"""Convolutions whose weights are held in registers: exact on host and cores."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders.tflite_writer import Spec, one_op_model
from tests.kernels.emulated import on_core
from tests.properties.agreement import import_op, seeds, values_of
from tests.properties.test_convolution_dsp import check_if_accepted, check_kernel
from tinyengine.kernels.dsp.held import KERNELS

(KERNEL,) = KERNELS


def point(in_hw: tuple[int, int], out_c: int, act: str, seed: int) -> bytes:
    """Give a model of eight channels with a window of 1x1, as networks have them."""
    random = np.random.default_rng(seed)
    shape = (out_c, 1, 1, 8)
    scale = np.float32(2.0 ** random.uniform(-3, 0, out_c))
    weights = values_of(shape, "int8", seed)
    return one_op_model(
        "CONV_2D",
        [
            Spec(shape=(1, *in_hw, 8), scale=1.0, zero_point=int(random.integers(-128, 128))),
            Spec(shape=shape, scale=scale, zero_point=0, axis=0, data=weights),
            Spec(
                shape=(out_c,), dtype="int32", scale=scale,
                data=random.integers(-(2**14), 2**14, out_c),
            ),
        ],
        Spec(shape=(1, *in_hw, out_c), scale=float(random.uniform(15, 60)), zero_point=-128),
        padding="SAME",
        stride_h=1,
        stride_w=1,
        fused_activation_function=act,
    )  # fmt: skip


@st.composite
def points(draw: st.DrawFn) -> bytes:
    """Give such models of some sizes."""
    act = draw(st.sampled_from(["NONE", "RELU", "RELU6"]))
    in_hw = (draw(st.integers(1, 3)), draw(st.integers(1, 20)))
    return point(in_hw, draw(st.integers(1, 9)), act, draw(seeds))


@given(model=points(), seed=seeds)
def test_every_row_agrees(model: bytes, seed: int) -> None:
    check_if_accepted(KERNEL, model, seed)


@pytest.mark.parametrize("cpu", ["cortex-m4", "cortex-m7"])
def test_every_width_agrees_on_a_core(cpu: str) -> None:
    """Every way into the loop of pixels, from the least width on."""
    with on_core(cpu):
        for width in range(2, 19):
            model = point((2, width), 1 + width % 4, "RELU", width)
            assert not KERNEL.declines(import_op(model)[0])
            check_kernel(KERNEL, model, width)


def test_one_column_is_left_to_others() -> None:
    (op,) = import_op(point((4, 1), 8, "RELU", 1))[:1]
    assert any("2 columns" in reason for reason in KERNEL.declines(op))
