"""Pooling: interpreter, numpy reference and C kernels agree bit for bit."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders.tflite_writer import Spec, one_op_model
from tests.kernels import host
from tests.properties.agreement import (
    check_agreement,
    import_op,
    scales,
    seeds,
    values_of,
    zero_points,
)
from tinyengine.ir import Array, AveragePool2D, MaxPool2D, Padding
from tinyengine.kernels.ref.pooling import KERNELS
from tinyengine.reference.pooling import average_pool2d, max_pool2d

REFERENCES: dict[str, Callable[..., Array]] = {
    "AVERAGE_POOL_2D": average_pool2d,
    "MAX_POOL_2D": max_pool2d,
}


@st.composite
def pools(draw: st.DrawFn, opcode: str) -> bytes:
    """Give a model of one pool of any shape, stride and padding."""
    padding = draw(st.sampled_from(["SAME", "VALID"]))
    sizes, outs = [], []
    options: dict[str, Any] = {"padding": padding}
    for name, field in (("h", "filter_height"), ("w", "filter_width")):
        kernel, stride = draw(st.integers(1, 6)), draw(st.integers(1, 4))
        size = draw(st.integers(kernel if padding == "VALID" else 1, kernel + 6))
        sizes.append(size)
        reach = size if padding == "SAME" else size - kernel + 1
        outs.append(-(-reach // stride))
        options |= {field: kernel, f"stride_{name}": stride}
    channels, scale, zero_point = draw(st.integers(1, 9)), draw(scales), draw(zero_points)
    options["fused_activation_function"] = draw(st.sampled_from(["NONE", "RELU", "RELU6"]))
    x = Spec(shape=(1, *sizes, channels), scale=scale, zero_point=zero_point)
    y = Spec(shape=(1, *outs, channels), scale=scale, zero_point=zero_point)
    return one_op_model(opcode, [x], y, **options)


@pytest.mark.parametrize("opcode", sorted(REFERENCES))
@given(data=st.data(), seed=seeds)
def test_pools_agree(opcode: str, data: st.DataObject, seed: int) -> None:
    check_agreement(KERNELS, REFERENCES[opcode], data.draw(pools(opcode)), seed)


def two_by_two(opcode: str) -> bytes:
    spec = Spec(shape=(1, 3, 3, 2), scale=1.0, zero_point=0)
    out = Spec(shape=(1, 2, 2, 2), scale=1.0, zero_point=0)
    options = {"filter_height": 2, "filter_width": 2, "stride_h": 1, "stride_w": 1}
    return one_op_model(opcode, [spec], out, padding="VALID", **options)


@pytest.mark.parametrize("values", [[-3, -2, 2, 3], [1, 0, 0, 1], [-1, 0, 0, -1], [127] * 4])
def test_average_rounds_halves_away_from_zero(values: list[int]) -> None:
    model = two_by_two("AVERAGE_POOL_2D")
    x = np.tile(np.resize(np.array(values, np.int8), (1, 3, 3, 1)), (1, 1, 1, 2))
    check_agreement(KERNELS, average_pool2d, model, 0, [x])


def test_max_pool_of_padding_alone_is_the_least_value() -> None:
    op, _ = import_op(two_by_two("MAX_POOL_2D"))
    assert isinstance(op, MaxPool2D)
    far = Padding(top=3, left=4)
    moved = replace(op, padding=far)
    x = values_of((1, 3, 3, 2), "int8", 1)
    expected = np.full((1, 2, 2, 2), -128, np.int8)
    np.testing.assert_array_equal(max_pool2d(moved, x), expected)
    (kernel,) = (kernel for kernel in KERNELS if kernel.op is MaxPool2D)
    np.testing.assert_array_equal(host.run_kernel(kernel, moved, [x]), expected)


@pytest.mark.parametrize("padding", [Padding(top=2), Padding(left=2), Padding(top=-3)])
def test_average_of_padding_alone_is_declined(padding: Padding) -> None:
    op, _ = import_op(two_by_two("AVERAGE_POOL_2D"))
    assert isinstance(op, AveragePool2D)
    (kernel,) = (kernel for kernel in KERNELS if kernel.op is AveragePool2D)
    assert kernel.declines(op) == ()
    reasons = kernel.declines(replace(op, padding=padding))
    assert reasons == ("Every window must hold at least one element of the input.",)
