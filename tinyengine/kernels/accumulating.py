"""Kernels that consume their input row by row: global pools, means and matrix products."""

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from tinyengine.ir import AveragePool2D, FullyConnected, Mean
from tinyengine.kernels.dsp.elementwise import AVERAGE_POOL as AVERAGE_POOL_DSP
from tinyengine.kernels.dsp.elementwise import MEAN as MEAN_DSP
from tinyengine.kernels.mve.elementwise import AVERAGE_POOL as AVERAGE_POOL_MVE
from tinyengine.kernels.mve.elementwise import MEAN as MEAN_MVE
from tinyengine.kernels.ref.convolution import FULLY_CONNECTED
from tinyengine.kernels.ref.pooling import AVERAGE_POOL2D
from tinyengine.kernels.ref.reduction import MEAN
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


def _consuming(whole: Kernel, function: str, header: str, constraint: Constraint) -> Kernel:
    """Give the kernel that consumes rows and stands for `whole`."""
    scratch_nbytes: Callable[[Any], int] = _sums_nbytes
    return replace(
        whole,
        function=function,
        header=header,
        constraints=(*whole.constraints, constraint),
        scratch_nbytes=scratch_nbytes,
        stands_for=whole,
    )


ACCUMULATING: tuple[Kernel, ...] = (
    _consuming(
        AVERAGE_POOL2D,
        "te_average_pool2d_s8_accumulate",
        "te_average_pool2d_accumulate.h",
        pool_has_one_row,
    ),
    _consuming(MEAN, "te_mean_s8_accumulate", "te_mean_accumulate.h", means_take_all_rows),
    _consuming(
        FULLY_CONNECTED,
        "te_fully_connected_s8_accumulate",
        "te_fully_connected_accumulate.h",
        input_is_one_vector,
    ),
    _consuming(
        AVERAGE_POOL_DSP,
        "te_average_pool2d_s8_dsp_accumulate",
        "te_average_pool2d_dsp_accumulate.h",
        pool_has_one_row,
    ),
    _consuming(
        MEAN_DSP, "te_mean_s8_dsp_accumulate", "te_mean_dsp_accumulate.h", means_take_all_rows
    ),
    _consuming(
        AVERAGE_POOL_MVE,
        "te_average_pool2d_s8_mve_accumulate",
        "te_average_pool2d_mve_accumulate.h",
        pool_has_one_row,
    ),
    _consuming(
        MEAN_MVE, "te_mean_s8_mve_accumulate", "te_mean_mve_accumulate.h", means_take_all_rows
    ),
)
"""The kernels that consume rows.

Where several accept an operator, the last one is the fastest.
"""
