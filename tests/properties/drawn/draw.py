"""What random models of one operator are drawn with: sizes, types, scales, values."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

import numpy as np

from tests.builders.tflite_writer import Spec, one_op_model
from tests.properties.agreement import values_of
from tinyengine.ir import Array, DType, Tensor

T = TypeVar("T")

Shape = tuple[int, ...]

Limits = tuple[int, int]
"""The least and the greatest value of an input."""

PLAIN = frozenset({"bool", "int32", "int64", "uint32", "uint64"})
"""The types of tensors without a scale."""


@dataclass(frozen=True, kw_only=True)
class Sample:
    """A model of one operator; `limits` are those of inputs, by number, with fewer values."""

    model: bytes
    limits: Mapping[int, Limits] = field(default_factory=dict)

    def inputs(self, tensors: Sequence[Tensor], seed: int) -> list[Array]:
        """Give random values for the inputs."""
        return [
            _between(tensor, self.limits[index], seed + index)
            if index in self.limits
            else _any(tensor, seed + index)
            for index, tensor in enumerate(tensors)
        ]


def _any(tensor: Tensor, seed: int) -> Array:
    """Give values of the whole range; those of words of all lengths."""
    kind = tensor.dtype.numpy
    if kind.kind != "u" or kind.itemsize == 1:
        return values_of(tensor.shape, tensor.dtype.value, seed)
    random = np.random.default_rng(seed)
    words = np.frombuffer(random.bytes(tensor.nbytes), kind).reshape(tensor.shape)
    return words >> random.integers(0, 8 * kind.itemsize, tensor.shape).astype(kind)


def _between(tensor: Tensor, limits: Limits, seed: int) -> Array:
    low, high = limits
    values = np.random.default_rng(seed).integers(low, high, tensor.shape, np.int64, endpoint=True)
    return np.asarray(values).astype(tensor.dtype.numpy)


class Draw:
    """Draws for an operator, whose activations are of `dtype` and whose weights of `weights`."""

    def __init__(self, seed: int, opcode: str, dtype: str, weights: str) -> None:
        self.random = np.random.default_rng(seed)
        self.opcode, self.dtype, self.weights = opcode, dtype, weights

    def integer(self, low: int, high: int) -> int:
        """Give an integer of [low, high]."""
        return int(self.random.integers(low, high, endpoint=True))

    def real(self, low: float, high: float) -> float:
        """Give a number of float32 between two others."""
        return float(np.float32(self.random.uniform(low, high)))

    def pick(self, values: Sequence[T]) -> T:
        """Give one of `values`."""
        return values[self.integer(0, len(values) - 1)]

    def chance(self, of: float = 0.5) -> bool:
        """Give whether something is, which happens as often as `of`."""
        return bool(self.random.random() < of)

    def shape(self, least: int = 1, most: int = 4, largest: int = 5) -> Shape:
        """Give a shape of `least` to `most` dimensions."""
        return tuple(self.integer(1, largest) for _ in range(self.integer(least, most)))

    def channels(self, most: int = 20) -> int:
        """Give a count of channels: any up to `most`, or about a multiple of 16."""
        return self.integer(1, most) if self.chance(0.7) else self.pick([15, 16, 17, 32, 33])

    def order(self, count: int) -> Shape:
        """Give the integers below `count` in any order."""
        return tuple(self.random.permutation(count).tolist())

    def scale(self, low: float = -8.0, high: float = 1.0) -> float:
        """Give a scale between two powers of two."""
        return float(np.float32(2.0 ** self.real(low, high)))

    def zero_point(self, dtype: str) -> int:
        """Give a zero point of a type: an end of its range as often as not, 0 of int16."""
        if dtype == "int16":
            return 0
        low, high = DType(dtype).limits
        return self.pick([low, high, 0, self.integer(low, high), self.integer(low, high)])

    def tensor(
        self, shape: Sequence[int], dtype: str = "", scale: float = 0.0, zero_point: Any = None
    ) -> Spec:
        """Give a tensor of the activations' type unless told, of any scale and zero point."""
        dtype = dtype or self.dtype
        if dtype in PLAIN:
            return Spec(shape=shape, dtype=dtype)
        zero = self.zero_point(dtype) if zero_point is None else zero_point
        return Spec(shape=shape, dtype=dtype, scale=scale or self.scale(), zero_point=zero)

    def seed(self) -> int:
        """Give a seed of values."""
        return self.integer(0, 2**31)

    def constant(self, spec: Spec) -> Spec:
        """Give `spec` as a constant of random values."""
        return replace(spec, data=values_of(spec.shape, spec.dtype, self.seed()))

    def perhaps_constant(self, spec: Spec) -> Spec:
        """Give `spec` as a constant, or as it is."""
        return self.constant(spec) if self.chance(0.3) else spec

    def sample(
        self,
        operands: Sequence[Spec | None],
        *results: Spec,
        limits: Mapping[int, Limits] | None = None,
        **options: Any,
    ) -> Sample:
        """Give a model of the operator; `limits` are of operands, by their number."""
        free = [i for i, each in enumerate(operands) if each is not None and each.data is None]
        beside = None if free else Spec(shape=(1, 4), scale=0.5, zero_point=-3)
        model = one_op_model(self.opcode, operands, results, beside=beside, **options)
        within = {free.index(i): pair for i, pair in (limits or {}).items() if i in free}
        return Sample(model=model, limits=within)


def like(spec: Spec, shape: Sequence[int]) -> Spec:
    """Give a tensor quantized as `spec`, of another shape."""
    return replace(spec, shape=shape, data=None)


def unit(spec: Spec) -> float:
    """Give the only scale of a tensor, as the file holds it."""
    return float(np.asarray(spec.scale, np.float32))


def integers(*values: int, dtype: str = "int32") -> Spec:
    """Give a vector of integers."""
    return Spec(shape=(len(values),), dtype=dtype, data=values)


def pairs(rows: Sequence[tuple[int, int]]) -> Spec:
    """Give a constant of two integers a row."""
    return Spec(shape=(len(rows), 2), dtype="int32", data=rows)


Sampler = Callable[[Draw], Sample]
"""Draws a model of one operator."""
