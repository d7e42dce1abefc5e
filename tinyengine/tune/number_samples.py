"""Sample operators of numbers that few networks have, on which kernels are measured."""

from collections.abc import Callable, Iterator

from tinyengine.ir import (
    AddN,
    CumSum,
    Div,
    DType,
    DynamicUpdateSlice,
    L2Normalization,
    LogSoftmax,
    Op,
    Quantization,
    ReduceProd,
    Source,
    Sum,
    Tensor,
    TopK,
)

Shape = tuple[int, ...]

_SOURCE = Source(index=0, opcode="SAMPLE", name="sample")
_SHAPES: tuple[Shape, ...] = ((10, 10, 16), (5, 5, 40), (7, 7, 33), (3, 3, 96))


def _tensor(shape: Shape, scale: float = 0.05, zero_point: int = -5) -> Tensor:
    quant = Quantization(scale=(scale,), zero_point=(zero_point,))
    return Tensor(name="sample", shape=(1, *shape), dtype=DType.INT8, quant=quant)


def _reduced(kind: type[Sum] | type[ReduceProd]) -> Iterator[Op]:
    for h, w, c in _SHAPES:
        for axes, shape in (((1, 2), (1, 1, c)), ((1,), (1, w, c)), ((3,), (h, w, 1))):
            output = _tensor(shape, 0.4 if kind is Sum else 1.0, 3)
            scale = 0.05 if kind is Sum else 1 / 128
            yield kind(source=_SOURCE, input=_tensor((h, w, c), scale), axes=axes, output=output)


def _sums() -> Iterator[Op]:
    for shape in _SHAPES:
        for count in (3, 4, 6):
            operands = tuple(_tensor(shape) for _ in range(count))
            yield AddN(source=_SOURCE, operands=operands, output=_tensor(shape, 0.1))


def _quotients() -> Iterator[Op]:
    for shape in _SHAPES:
        for divisor in (shape, (1, 1, shape[-1]), (*shape[:2], 1)):
            yield Div(
                source=_SOURCE,
                lhs=_tensor(shape),
                rhs=_tensor(divisor, 0.02, -128),
                output=_tensor(shape, 1 / 64),
                act_min=-128,
                act_max=127,
            )


def _running_sums() -> Iterator[Op]:
    for h, w, c in ((10, 10, 8), (5, 5, 12), (7, 7, 9)):
        for axis in (1, 2, 3):
            yield CumSum(
                source=_SOURCE,
                input=_tensor((h, w, c)),
                axis=axis,
                exclusive=False,
                reverse=False,
                output=_tensor((h, w, c), 0.2),
            )


def _vectors(kind: type[L2Normalization] | type[LogSoftmax]) -> Iterator[Op]:
    fixed = (1 / 128, 0) if kind is L2Normalization else (1 / 16, 127)
    for shape in ((3,), (12,), (100,), (4, 12), (16, 3), (8, 64)):
        yield kind(source=_SOURCE, input=_tensor(shape), output=_tensor(shape, *fixed))


def _top() -> Iterator[Op]:
    for depth, count in ((12, 1), (12, 5), (100, 5), (1000, 5)):
        output = Tensor(name="sample", shape=(1, count), dtype=DType.INT32)
        yield TopK(source=_SOURCE, input=_tensor((depth,)), gives_indices=True, output=output)


def _updates() -> Iterator[Op]:
    for h, w, c in _SHAPES:
        for part in ((1, w, c), (h, w, 1), (h, 1, c)):
            start = Tensor(name="start", shape=(4,), dtype=DType.INT32)
            yield DynamicUpdateSlice(
                source=_SOURCE,
                input=_tensor((h, w, c)),
                update=_tensor(part),
                start=start,
                output=_tensor((h, w, c)),
            )


NUMBERS: dict[type[Op], Callable[[], Iterator[Op]]] = {
    AddN: _sums,
    CumSum: _running_sums,
    Div: _quotients,
    DynamicUpdateSlice: _updates,
    TopK: _top,
    L2Normalization: lambda: _vectors(L2Normalization),
    LogSoftmax: lambda: _vectors(LogSoftmax),
    ReduceProd: lambda: _reduced(ReduceProd),
    Sum: lambda: _reduced(Sum),
}
"""The operators of each kind."""
