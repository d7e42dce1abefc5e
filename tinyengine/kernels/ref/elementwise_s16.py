"""Kernels of int16 for all but products with weights: pools, arithmetic, means, functions."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from tinyengine.board.types import Isa
from tinyengine.errors import ModelError
from tinyengine.ir import (
    AveragePool2D,
    BatchMatMul,
    DType,
    LeakyRelu,
    Op,
    Quantize,
    ResizeBilinear,
    Sigmoid,
    Softmax,
)
from tinyengine.kernels.ref.arithmetic import KERNELS as ARITHMETIC
from tinyengine.kernels.ref.arithmetic import operands_are_8_bit, operands_are_int8
from tinyengine.kernels.ref.batch_matmul import KERNELS as BATCH_MATMUL
from tinyengine.kernels.ref.batch_matmul import operands_are_int8 as matrices_are_int8
from tinyengine.kernels.ref.pooling import AVERAGE_POOL2D, MAX_POOL2D, windows_are_small
from tinyengine.kernels.ref.pooling import operands_are_int8 as pooled_are_int8
from tinyengine.kernels.ref.reduction import MEAN, WIDENING_SOFTMAX
from tinyengine.kernels.ref.reduction import operands_are_int8 as reduced_are_int8
from tinyengine.kernels.ref.resize import KERNELS as RESIZE
from tinyengine.kernels.ref.resize import elements_are_int8 as resized_are_int8
from tinyengine.kernels.spec import Constraint, Kernel, Progress, Struct
from tinyengine.reference.arithmetic import matmul_scaling
from tinyengine.reference.curves import (
    exponential_table,
    leaky_relu_scaling,
    reciprocal_table,
    sigmoid_scaling,
    sigmoid_table,
    softmax_scaling,
)
from tinyengine.reference.fixed_point import reduced_multiplier
from tinyengine.reference.rows import output_view

# -- constraints ----------------------------------------------------------------------------------


def operands_are_int16(op: Op) -> bool:
    """Operands and output must be int16."""
    return all(tensor.dtype is DType.INT16 for tensor in (*op.inputs, op.output))


def sums_of_64_bits_fit(op: BatchMatMul) -> bool:
    """Scaled sums must fit 32 bits."""
    try:
        matmul_scaling(op)
    except ModelError:
        return False
    return True


def windows_have_15_bits(op: AveragePool2D) -> bool:
    """Windows must have 2^15 - 1 elements at most."""
    return op.kernel_h * op.kernel_w < 2**15


def rows_are_short(op: Softmax) -> bool:
    """Rows must have at most 65535 elements, and 65535 steps of the input, scaled, fit 32 bits."""
    _, shift = softmax_scaling(op)
    return op.input.shape[-1] <= 65535 and 65535 << max(shift, 0) < 2**31


def argument_fits(op: Sigmoid) -> bool:
    """Input scale must be such that the argument fits 32 bits."""
    try:
        sigmoid_scaling(op)
    except ModelError:
        return False
    return True


def output_is_in_32768ths(op: Softmax | Sigmoid) -> bool:
    """Output scale must be 2^-15 (within a thousandth)."""
    return abs(op.output.scale * 32768 - 1) <= 0.001


def function_is_tanh(op: Sigmoid) -> bool:
    """Must be the hyperbolic tangent."""
    return op.is_tanh


def function_is_logistic(op: Sigmoid) -> bool:
    """Must be the logistic function."""
    return not op.is_tanh


def leaky_relu_fits(op: LeakyRelu) -> bool:
    """Scale ratio input / output, and times the slope, must be below 2^16; slopes not negative."""
    return op.alpha >= 0 and all(
        32768 << max(shift, 0) < 2**31 for _, shift in leaky_relu_scaling(op)
    )


# -- parameters -----------------------------------------------------------------------------------


def _row_elements(op: Op) -> int:
    return output_view(op).row_bytes // op.output.dtype.nbytes


def _leaky_relu_params(op: LeakyRelu) -> Struct:
    positive, negative = leaky_relu_scaling(op)
    return Struct(
        c_type="te_leaky_relu_params",
        members={
            "row_elements": _row_elements(op),
            "positive_multiplier": positive[0],
            "positive_shift": positive[1],
            "negative_multiplier": negative[0],
            "negative_shift": negative[1],
            "act_min": op.act_min,
            "act_max": op.act_max,
        },
    )


def _sigmoid_params(op: Sigmoid) -> Struct:
    scaling = sigmoid_scaling(op)
    return Struct(
        c_type="te_sigmoid_params",
        members={
            "row_elements": _row_elements(op),
            "multiplier": scaling.multiplier,
            "shift": scaling.shift,
            "table": sigmoid_table(),
        },
    )


def _softmax_params(op: Softmax) -> Struct:
    multiplier, shift = softmax_scaling(op)
    return Struct(
        c_type="te_softmax_s16_params",
        members={
            "depth": op.input.shape[-1],
            "multiplier": multiplier,
            "shift": shift,
            "exponentials": exponential_table(),
            "reciprocals": reciprocal_table(),
        },
    )


def _batch_matmul_params(op: BatchMatMul) -> Struct:
    (kernel,) = BATCH_MATMUL
    struct = kernel.params(op)
    multiplier, shift = matmul_scaling(op)
    scaling = {
        "out_multiplier": int(reduced_multiplier(multiplier)),
        "out_shift": 15 - shift,
    }
    return replace(struct, members={**struct.members, **scaling})


# -- kernels --------------------------------------------------------------------------------------


def _widened(kernel: Kernel, *replaced: tuple[Constraint, Constraint]) -> Kernel:
    """Give the kernel of int16 that asks and takes what `kernel` of int8 does, but as replaced."""
    swaps = dict(replaced)
    return replace(
        kernel,
        function=kernel.function.replace("_s8", "_s16"),
        constraints=tuple(swaps.get(check, check) for check in kernel.constraints),
    )


def _types_are(source: DType, output: DType) -> Constraint:
    def types_fit(op: Quantize) -> bool:
        """Input and output must be of these types."""
        return op.input.dtype is source and op.output.dtype is output

    types_fit.__doc__ = f"Input must be {source.value} and output {output.value}."
    return types_fit


def _quantize(kernel: Kernel, function: str, source: DType, output: DType) -> Kernel:
    kernel = _widened(kernel, (operands_are_8_bit, _types_are(source, output)))
    return replace(kernel, function=function)


def _curve(name: str, op: type[Op], params: Callable[[Any], Struct], *checks: Constraint) -> Kernel:
    return Kernel(
        folder="ref",
        function=f"te_{name}_s16",
        header="te_sigmoid.h" if op is Sigmoid else f"te_{name}.h",
        isa=Isa.BASE,
        op=op,
        params=params,
        progress=Progress.ELEMENT,
        constraints=(operands_are_int16, *checks),
    )


_SIGMOID = (output_is_in_32768ths, argument_fits)
_BINARY = ("te_add_s8", "te_sub_s8", "te_mul_s8", "te_minimum_s8", "te_maximum_s8")
_QUANTIZE = next(kernel for kernel in ARITHMETIC if kernel.op is Quantize)
_BILINEAR = next(kernel for kernel in RESIZE if kernel.op is ResizeBilinear)

KERNELS: tuple[Kernel, ...] = (
    _widened(
        AVERAGE_POOL2D,
        (pooled_are_int8, operands_are_int16),
        (windows_are_small, windows_have_15_bits),
    ),
    _widened(MAX_POOL2D, (pooled_are_int8, operands_are_int16)),
    *(
        _widened(kernel, (operands_are_int8, operands_are_int16))
        for kernel in ARITHMETIC
        if kernel.function in _BINARY
    ),
    _quantize(_QUANTIZE, "te_quantize_s8_s16", DType.INT8, DType.INT16),
    _quantize(_QUANTIZE, "te_quantize_s16_s8", DType.INT16, DType.INT8),
    _quantize(_QUANTIZE, "te_quantize_s16", DType.INT16, DType.INT16),
    _widened(MEAN, (reduced_are_int8, operands_are_int16)),
    replace(
        _widened(BATCH_MATMUL[0], (matrices_are_int8, operands_are_int16)),
        params=_batch_matmul_params,
    ),
    _widened(_BILINEAR, (resized_are_int8, operands_are_int16)),
    _curve("leaky_relu", LeakyRelu, _leaky_relu_params, leaky_relu_fits),
    _curve("logistic", Sigmoid, _sigmoid_params, function_is_logistic, *_SIGMOID),
    _curve("tanh", Sigmoid, _sigmoid_params, function_is_tanh, *_SIGMOID),
    replace(
        _curve("softmax", Softmax, _softmax_params, output_is_in_32768ths, rows_are_short),
        header="te_softmax_s16.h",
    ),
    WIDENING_SOFTMAX,
)
"""Portable kernels of int16: most are those of int8 with other elements."""
