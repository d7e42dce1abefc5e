"""Kernels that consume their input row by row: global pools, means and matrix products."""

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from tinyengine.ir import AveragePool2D, FullyConnected, Mean
from tinyengine.kernels.dsp.elementwise import KERNELS as ELEMENTWISE_DSP
from tinyengine.kernels.mve.elementwise import KERNELS as ELEMENTWISE_MVE
from tinyengine.kernels.ref.convolution import KERNELS as CONVOLUTION
from tinyengine.kernels.ref.pooling import KERNELS as POOLING
from tinyengine.kernels.ref.reduction import KERNELS as REDUCTION
from tinyengine.kernels.spec import Constraint, Kernel
from tinyengine.reference.rows import output_view

_SUM_NBYTES = 4


def pool_has_one_row(op: AveragePool2D) -> bool:
    """Output must be [1, 1, W, C]."""
    return op.output.shape[1] == 1


def means_take_all_rows(op: Mean) -> bool:
    """Every mean must be over all input rows, and the output must be one row."""
    shape = (1,) * (4 - len(op.input.shape)) + op.input.shape
    reduced = {axis + 4 - len(op.input.shape) for axis in op.axes}
    kept = math.prod(shape[axis] for axis in (0, 1) if axis not in reduced)
    return kept == 1 and output_view(op).rows == 1


def input_is_one_vector(op: FullyConnected) -> bool:
    """Input must have as many elements as the weight has columns."""
    return op.input.elements == op.weight.shape[1]


def _sums_nbytes(op: AveragePool2D | Mean | FullyConnected) -> int:
    """Give the bytes of one 32-bit sum per output element."""
    return op.output.elements * _SUM_NBYTES


def _accumulating(name: str, kernels: tuple[Kernel, ...], constraint: Constraint) -> Kernel:
    """Give the variant of the kernel `name` that consumes rows."""
    (whole,) = (kernel for kernel in kernels if kernel.name == name)
    scratch_nbytes: Callable[[Any], int] = _sums_nbytes
    return replace(
        whole,
        name=f"{name}_accumulate",
        header=f"{name.replace('_s8', '')}_accumulate.h",
        constraints=(*whole.constraints, constraint),
        scratch_nbytes=scratch_nbytes,
        consumes=True,
    )


ACCUMULATING: tuple[Kernel, ...] = (
    _accumulating("te_average_pool2d_s8", POOLING, pool_has_one_row),
    _accumulating("te_mean_s8", REDUCTION, means_take_all_rows),
    _accumulating("te_fully_connected_s8", CONVOLUTION, input_is_one_vector),
    _accumulating("te_average_pool2d_s8_dsp", ELEMENTWISE_DSP, pool_has_one_row),
    _accumulating("te_mean_s8_dsp", ELEMENTWISE_DSP, means_take_all_rows),
    _accumulating("te_average_pool2d_s8_mve", ELEMENTWISE_MVE, pool_has_one_row),
    _accumulating("te_mean_s8_mve", ELEMENTWISE_MVE, means_take_all_rows),
)
"""The kernels that consume rows; their parameters are those of the kernels they stand for.

Where several accept an operator, the last one is the fastest.
"""
