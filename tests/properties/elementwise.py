"""Models of elementwise and pooling operators, and the check of a room's kernels for them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from tests.builders.tflite_writer import Spec, one_op_model
from tests.properties.agreement import check_agreement, import_op
from tests.properties.test_accumulating import mean_model
from tinyengine.ir import Op
from tinyengine.kernels.base.elementwise import KERNELS as BASE
from tinyengine.kernels.base.sums import KERNELS as BASE_SUMS
from tinyengine.kernels.dsp.elementwise import KERNELS as DSP
from tinyengine.kernels.mve.elementwise import KERNELS as MVE
from tinyengine.kernels.spec import Kernel
from tinyengine.reference import arithmetic
from tinyengine.reference.lookup import lookup
from tinyengine.reference.pooling import average_pool2d, max_pool2d
from tinyengine.reference.reduction import mean

REFERENCES = {
    "ADD": arithmetic.add,
    "SUB": arithmetic.sub,
    "MUL": arithmetic.mul,
    "AVERAGE_POOL_2D": average_pool2d,
    "MAX_POOL_2D": max_pool2d,
    "MEAN": mean,
    "LOGISTIC": lookup,
}
ACTIVATIONS = ["NONE", "RELU", "RELU6"]
POOLS = ["AVERAGE_POOL_2D", "MAX_POOL_2D"]
LARGE_WINDOWS = [((1, 25, 5, 8), (25, 5)), ((1, 17, 17, 5), (16, 17)), ((1, 3, 300, 6), (2, 299))]
MEANS = [((1, 28, 28, 8), (1, 2)), ((1, 5, 28, 7), (2,)), ((1, 28, 3, 12), (1,))]

EVERY = np.arange(-128, 128, dtype=np.int8)

Quant = tuple[float, int]


@dataclass(frozen=True, kw_only=True)
class Room:
    """The kernels of an instruction set.

    `layouts` is in how many layouts its sums and tables are offered; `product` are zero points of
    image, vector and result with which it computes products for most scales.
    """

    name: str
    kernels: tuple[Kernel, ...]
    layouts: int
    product: tuple[int, int, int] = (-128, -128, -128)

    def accepting(self, op: Op) -> list[Kernel]:
        """Give the kernels that accept `op`."""
        return [each for each in self.kernels if each.op is type(op) and not each.declines(op)]

    def check(self, opcode: str, model: bytes, seed: int, inputs: Any = None) -> int:
        """Check all kernels that accept the model's operator; give how many these are."""
        kernels = self.accepting(import_op(model)[0])
        if kernels:
            check_agreement(kernels, REFERENCES[opcode], model, seed, inputs)
        return len(kernels)


ROOMS: Mapping[str, Room] = {
    room.name: room
    for room in (
        Room(name="base", kernels=(*BASE, *BASE_SUMS), layouts=2),
        Room(name="dsp", kernels=DSP, layouts=2),
        Room(name="mve", kernels=MVE, layouts=1, product=(-5, -128, 7)),
    )
}


def float32(value: float) -> float:
    return float(np.float32(value))


def sum_model(
    opcode: str,
    shape: tuple[int, ...],
    lhs: Quant,
    rhs: Quant,
    result: Quant,
    activation: str = "NONE",
) -> bytes:
    return one_op_model(
        opcode,
        [
            Spec(shape=shape, scale=float32(lhs[0]), zero_point=lhs[1]),
            Spec(shape=shape, scale=float32(rhs[0]), zero_point=rhs[1]),
        ],
        Spec(shape=shape, scale=float32(result[0]), zero_point=result[1]),
        fused_activation_function=activation,
    )


def check_all_sums(room: Room, opcode: str, ratio: float, activation: str) -> None:
    """Check sums of all pairs of bytes, with an lhs scale of `ratio` output scales."""
    shape = (1, 256, 256, 1)
    model = sum_model(opcode, shape, (0.0173 * ratio, -7), (0.0091, 31), (0.0173, -11), activation)
    inputs = [np.repeat(EVERY, 256).reshape(shape), np.tile(EVERY, 256).reshape(shape)]
    assert room.check(opcode, model, 0, inputs) == room.layouts, "all layouts accept it"


def vector_model(
    shape: tuple[int, ...],
    image: Quant,
    vector: Quant,
    result: Quant,
    *,
    rhs_is_image: bool = False,
    activation: str = "NONE",
) -> bytes:
    """Give a product of an image and a vector with an element for each channel."""
    operands = [
        Spec(shape=shape, scale=float32(image[0]), zero_point=image[1]),
        Spec(shape=(1, 1, 1, shape[-1]), scale=float32(vector[0]), zero_point=vector[1]),
    ]
    return one_op_model(
        "MUL",
        operands[::-1] if rhs_is_image else operands,
        Spec(shape=shape, scale=float32(result[0]), zero_point=result[1]),
        fused_activation_function=activation,
    )


def check_all_products(room: Room, ratio: float, width: int) -> None:
    """Check products of all pairs of bytes in images of `width`."""
    shape = (1, 256 // width, width, 256)
    image, vector = np.repeat(EVERY, 256).reshape(shape), EVERY.reshape(1, 1, 1, 256)
    sides = zip((0.0471, 1 / 256, 0.0471 / ratio), room.product, strict=True)
    rhs_is_image = width == 2
    model = vector_model(shape, *sides, rhs_is_image=rhs_is_image)
    inputs = [vector, image] if rhs_is_image else [image, vector]
    assert room.check("MUL", model, 0, inputs) == 1


def pool_model(opcode: str, shape: tuple[int, ...], kernel: tuple[int, int]) -> bytes:
    """Give a pool of stride 2 without padding."""
    out = tuple((size - tap) // 2 + 1 for size, tap in zip(shape[1:3], kernel, strict=True))
    return one_op_model(
        opcode,
        [Spec(shape=shape, scale=0.1, zero_point=3)],
        Spec(shape=(1, *out, shape[3]), scale=0.1, zero_point=3),
        padding="VALID",
        filter_height=kernel[0],
        filter_width=kernel[1],
        stride_h=2,
        stride_w=2,
        fused_activation_function="RELU6",
    )


def check_extremes(room: Room, opcode: str, shape: tuple[int, ...], model: bytes) -> None:
    """Check a model on inputs that are all of the least, and of the greatest value, and others."""
    for value in (-128, 127):
        assert room.check(opcode, model, 0, [np.full(shape, value, np.int8)]) == 1
    assert room.check(opcode, model, 5) == 1


def check_large_window(
    room: Room, opcode: str, shape: tuple[int, ...], kernel: tuple[int, int]
) -> None:
    check_extremes(room, opcode, shape, pool_model(opcode, shape, kernel))


def check_mean(
    room: Room, shape: tuple[int, ...], axes: tuple[int, ...], *, keep_dims: bool = True
) -> None:
    source = Spec(shape=shape, scale=0.0471, zero_point=-128)
    model = mean_model(source, axes, 0.0371, -120, keep_dims=keep_dims)
    check_extremes(room, "MEAN", shape, model)


def check_table(room: Room, size: int) -> None:
    shape = (1, 2, 3, size)
    model = one_op_model(
        "LOGISTIC",
        [Spec(shape=shape, scale=0.05, zero_point=-3)],
        Spec(shape=shape, scale=1 / 256, zero_point=-128),
    )
    assert room.check("LOGISTIC", model, size, [np.resize(EVERY, shape)]) == room.layouts
