"""Sample operators that keep their state, on which kernels are measured."""

from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np

from tinyengine.ir import LSTM, SVDF, DType, Op, Quantization, Source, Tensor

Shape = tuple[int, ...]

_SOURCE = Source(index=0, opcode="SAMPLE", name="sample")

# Inputs, units, rank, memory.
_SVDF = ((40, 16, 1, 8), (40, 64, 2, 10), (392, 128, 1, 8), (96, 32, 4, 16))

# Elements of the sequence, inputs, cells.
_LSTM = ((1, 40, 32), (8, 16, 16), (1, 64, 64), (4, 20, 24))


def _tensor(shape: Shape, scale: float, dtype: DType = DType.INT8, zero_point: int = 0) -> Tensor:
    quant = Quantization(scale=(scale,), zero_point=(zero_point,))
    return Tensor(name="sample", shape=shape, dtype=dtype, quant=quant)


def _constant(
    rng: np.random.Generator, shape: Shape, scale: float, dtype: DType = DType.INT8
) -> Tensor:
    least, greatest = dtype.limits
    data = rng.integers(least + 1, greatest + 1, shape).astype(dtype.numpy)
    data.flags.writeable = False
    quant = Quantization(scale=(scale,), zero_point=(0,))
    return Tensor(name="constant", shape=shape, dtype=dtype, quant=quant, data=data)


def _bias(rng: np.random.Generator, count: int) -> Tensor:
    data = rng.integers(-3000, 3000, count).astype(np.int32)
    data.flags.writeable = False
    return Tensor(name="bias", shape=(count,), dtype=DType.INT32, data=data)


def _wide(bias: Tensor, unit: int) -> Tensor:
    """Give a bias of int64, `unit` times as large: sums of 64 bits need it to be that."""
    data = unit * bias.values.astype(np.int64)
    data.flags.writeable = False
    return replace(bias, dtype=DType.INT64, data=data)


def _svdf() -> Iterator[Op]:
    for seed, (width, units, rank, memory) in enumerate(_SVDF):
        rng, filters = np.random.default_rng(seed), units * rank
        yield SVDF(
            source=_SOURCE,
            output=_tensor((1, units), 0.1, zero_point=-128),
            input=_tensor((1, width), 0.05, zero_point=-5),
            feature_weight=_constant(rng, (filters, width), 0.01),
            time_weight=_constant(rng, (filters, memory), 3e-5, DType.INT16),
            bias=_bias(rng, units),
            history=_tensor((1, filters * memory), 5e-4, DType.INT16),
            rank=rank,
        )


def _lstm() -> Iterator[Op]:
    for seed, (steps, width, cells) in enumerate(_LSTM):
        rng = np.random.default_rng(seed)
        plain = _lstm_of(
            rng,
            x=_tensor((1, steps, width), 0.05, zero_point=-5),
            hidden=_tensor((1, cells), 1 / 128, zero_point=-3),
            output=_tensor((1, steps, cells), 1 / 128, zero_point=-3),
            biases=tuple(_bias(rng, cells) for _ in range(4)),
        )
        norms = tuple(_constant(rng, (cells,), 3e-5, DType.INT16) for _ in range(4))
        yield from (plain, replace(plain, norms=norms, gate_scales=(1e-3,) * 4))
        for unit in (1, 1 << 22):
            yield _lstm_of(
                rng,
                x=_tensor((1, steps, width), 2e-4, DType.INT16),
                hidden=_tensor((1, cells), 2.0**-15, DType.INT16),
                output=_tensor((1, steps, cells), 2.0**-15, DType.INT16),
                biases=tuple(_wide(_bias(rng, cells), unit) for _ in range(4)),
            )


def _lstm_of(
    rng: np.random.Generator,
    *,
    x: Tensor,
    hidden: Tensor,
    output: Tensor,
    biases: tuple[Tensor, ...],
) -> LSTM:
    width, cells = x.shape[2], hidden.shape[1]
    assert hidden.quant is not None
    return LSTM(
        source=_SOURCE,
        output=output,
        input=x,
        input_weights=tuple(_constant(rng, (cells, width), 0.01) for _ in range(4)),
        recurrent_weights=tuple(_constant(rng, (cells, cells), 0.01) for _ in range(4)),
        biases=biases,
        peepholes=(),
        projection=None,
        projection_bias=None,
        norms=(),
        hidden=hidden,
        cell=_tensor((1, cells), 2.0**-11, DType.INT16),
        time_major=False,
        cell_clip=0,
        projection_clip=0,
        between=hidden.quant,
        gate_scales=(2.0**-12,) * 4,
    )


RECURRENT: dict[type[Op], Callable[[], Iterator[Op]]] = {SVDF: _svdf, LSTM: _lstm}
"""What makes the samples of each operator."""
