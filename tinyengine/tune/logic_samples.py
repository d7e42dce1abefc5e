"""Sample operators of truths and plain integers, for measuring their kernels."""

from collections.abc import Callable, Iterator, Mapping

import numpy as np

from tinyengine.ir import (
    Cast,
    Compare,
    DType,
    Gather,
    NumberBinary,
    NumberFunction,
    Op,
    Quantization,
    Relation,
    Select,
    Source,
    Tensor,
)

_SOURCE = Source(index=0, opcode="SAMPLE", name="sample")
_SHAPES = ((1, 4, 6, 8), (1, 8, 8, 3), (1, 1, 1, 100))
_QUANT = Quantization(scale=(0.05,), zero_point=(-3,))
_OTHER = Quantization(scale=(0.03,), zero_point=(7,))


def _tensor(shape: tuple[int, ...], dtype: DType, quant: Quantization = _QUANT) -> Tensor:
    is_quantized = dtype is DType.INT8
    return Tensor(name="sample", shape=shape, dtype=dtype, quant=quant if is_quantized else None)


def _comparisons(_: np.random.Generator) -> Iterator[Op]:
    for shape in _SHAPES:
        for dtype, other in ((DType.INT8, _QUANT), (DType.INT8, _OTHER), (DType.INT32, _QUANT)):
            yield Compare(
                source=_SOURCE,
                lhs=_tensor(shape, dtype),
                rhs=_tensor(shape, dtype, other),
                relation=Relation.LESS,
                output=_tensor(shape, DType.BOOL),
            )


def _numbers(_: np.random.Generator) -> Iterator[Op]:
    for shape in _SHAPES:
        for dtype, function in (
            (DType.BOOL, NumberFunction.MINIMUM),
            (DType.INT32, NumberFunction.ADD),
            (DType.INT64, NumberFunction.MUL),
        ):
            lhs, rhs, output = (_tensor(shape, dtype) for _ in range(3))
            yield NumberBinary(source=_SOURCE, lhs=lhs, rhs=rhs, function=function, output=output)


def _selections(_: np.random.Generator) -> Iterator[Op]:
    for shape in _SHAPES:
        for dtype in (DType.INT8, DType.INT32):
            yield Select(
                source=_SOURCE,
                condition=_tensor(shape, DType.BOOL),
                lhs=_tensor(shape, dtype),
                rhs=_tensor(shape, dtype),
                output=_tensor(shape, dtype),
            )


def _casts(_: np.random.Generator) -> Iterator[Op]:
    for shape in _SHAPES:
        for given, made in ((DType.INT8, DType.INT32), (DType.INT32, DType.BOOL)):
            yield Cast(source=_SOURCE, input=_tensor(shape, given), output=_tensor(shape, made))


def _gathers(_: np.random.Generator) -> Iterator[Op]:
    for count, width in ((10, 8), (100, 32), (5, 100)):
        yield Gather(
            source=_SOURCE,
            input=_tensor((count, width), DType.INT8),
            indices=_tensor((4,), DType.INT32),
            axis=0,
            output=_tensor((4, width), DType.INT8),
        )


LOGIC_MAKERS: Mapping[type[Op], Callable[[np.random.Generator], Iterator[Op]]] = {
    Compare: _comparisons,
    NumberBinary: _numbers,
    Select: _selections,
    Cast: _casts,
    Gather: _gathers,
}
"""What makes the samples of each class."""
