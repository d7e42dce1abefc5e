"""Import MEAN, REDUCE_MAX, REDUCE_MIN, ARG_MAX, ARG_MIN and SOFTMAX."""

import math

from tflite.ArgMaxOptions import ArgMaxOptions
from tflite.ArgMinOptions import ArgMinOptions
from tflite.ReducerOptions import ReducerOptions
from tflite.SoftmaxOptions import SoftmaxOptions
from tflite.TensorType import TensorType

from tinyengine.importers.names import label
from tinyengine.importers.refusals import CONVERT_HINT, LIMIT_HINT, RefusedError
from tinyengine.importers.shapes import axes_in, axis_in, replaced, without
from tinyengine.importers.tflite.call import Call, require_equal_quantization
from tinyengine.importers.tflite.ranges import require_headroom
from tinyengine.ir import ArgMax, ArgMin, DType, Mean, Op, ReduceMax, ReduceMin, Reshape, Softmax

_INTEGER_BITS = 5
"""Integer bits of the scaled differences in TFLite's fixed-point softmax: see softmax.h."""

_SOFTMAX_SCALE = 1 / 256

_WIDENED = 511
"""The elements whose exponentials never add up to 512, where the interpreter aborts."""

_INDICES = {TensorType.INT32: DType.INT32, TensorType.INT64: DType.INT64}


def mean(call: Call) -> tuple[Op, ...]:
    """Import MEAN over constant axes."""
    call.expect((2,))
    options = call.options(ReducerOptions)
    source = call.input()
    axes = axes_in(call.integers(1, "axes"), len(source.shape))
    kept = source.shape
    for axis in axes:
        kept = replaced(kept, axis, 1)
    output = call.output(kept if options.KeepDims() else without(source.shape, axes))
    count = source.elements // output.elements
    greatest = 1 << source.dtype.bits
    require_headroom(source.scale / output.scale, greatest * count, "the sum")
    return (Mean(source=call.source, output=output, input=source, axes=axes),)


def reduce_max(call: Call) -> tuple[Op, ...]:
    """Import REDUCE_MAX over constant axes."""
    return _reduce_extreme(call, ReduceMax, DType.INT8, DType.INT16)


def reduce_min(call: Call) -> tuple[Op, ...]:
    """Import REDUCE_MIN over constant axes."""
    return _reduce_extreme(call, ReduceMin, DType.INT8, DType.INT16)


def reduce_all(call: Call) -> tuple[Op, ...]:
    """Import REDUCE_ALL: the least of bools."""
    return _reduce_extreme(call, ReduceMin, DType.BOOL)


def reduce_any(call: Call) -> tuple[Op, ...]:
    """Import REDUCE_ANY: the greatest of bools."""
    return _reduce_extreme(call, ReduceMax, DType.BOOL)


def _reduce_extreme(
    call: Call, kind: type[ReduceMax] | type[ReduceMin], *dtypes: DType
) -> tuple[Op, ...]:
    """Give one operator per axis, the last axis first, and a Reshape where axes are dropped."""
    call.expect((2,))
    source = call.value(dtypes=dtypes)
    axes = axes_in(call.integers(1, "axes"), len(source.shape))
    kept = source.shape
    for axis in axes:
        kept = replaced(kept, axis, 1)
    keeps = call.options(ReducerOptions).KeepDims()
    output = call.output_like(source, kept if keeps else without(source.shape, axes))
    require_equal_quantization(output, source)
    ops: list[Op] = []
    for axis in reversed(axes):
        shape = replaced(source.shape, axis, 1)
        made = call.intermediate(output, f"along_{axis}", shape)
        ops.append(kind(source=call.source, output=made, input=source, axis=axis))
        source = made
    return (*ops, Reshape(source=call.source, output=output, input=source))


def arg_max(call: Call) -> tuple[Op, ...]:
    """Import ARG_MAX along a constant axis."""
    return (_arg_extreme(call, ArgMax, call.options(ArgMaxOptions).OutputType()),)


def arg_min(call: Call) -> tuple[Op, ...]:
    """Import ARG_MIN along a constant axis."""
    return (_arg_extreme(call, ArgMin, call.options(ArgMinOptions).OutputType()),)


def _arg_extreme(call: Call, kind: type[ArgMax] | type[ArgMin], output_type: int) -> Op:
    call.expect((2,))
    if output_type not in _INDICES:
        raise RefusedError("its indices are neither int32 nor int64", CONVERT_HINT)
    source = call.input(dtypes=(DType.INT8, DType.UINT8))
    axis = axis_in(call.integer(1, "axis", wide=True), len(source.shape))
    output = call.indices(without(source.shape, (axis,)), _INDICES[output_type])
    return kind(source=call.source, output=output, input=source, axis=axis)


def softmax(call: Call) -> tuple[Op, ...]:
    """Import SOFTMAX over the last dimension."""
    call.expect((1,))
    beta = float(call.options(SoftmaxOptions).Beta())
    source = call.input()
    if not source.shape:
        raise RefusedError("its input has no dimensions", LIMIT_HINT)
    widens = source.dtype is DType.INT8 and call.result_dtype() == DType.INT16.value
    if widens and source.shape[-1] > _WIDENED:
        raise RefusedError(
            f"it has rows of {source.shape[-1]} elements for int16: from {_WIDENED + 1} on the "
            "interpreter may abort",
            LIMIT_HINT,
        )
    output = call.unsigned_output(source.shape) if widens else call.output(source.shape)
    op = Softmax(source=call.source, output=output, input=source, beta=beta)
    if source.dtype is DType.INT16:
        _require_wide_softmax(op)
        return (op,)
    if not (math.isfinite(beta) and source.scale * beta * (1 << (31 - _INTEGER_BITS)) > 1):
        raise RefusedError(
            f"beta {beta:.6g} with an input scale of {source.scale:.6g} is out of range", LIMIT_HINT
        )
    if widens:
        if (output.scale, output.zero_point) != (2.0**-16, -(2**15)):
            raise RefusedError(
                f"output '{label(output.name)}' has scale {output.scale:.9g} and zero point "
                f"{output.zero_point}; a softmax of int8 to int16 has 1/65536 and -32768"
            )
        return (op,)
    if output.zero_point != -128 or abs(output.scale - _SOFTMAX_SCALE) > 0.001 * _SOFTMAX_SCALE:
        raise RefusedError(
            f"output '{label(output.name)}' has scale {output.scale:.9g} and zero point "
            f"{output.zero_point}; a softmax has 1/256 and -128"
        )
    return (op,)


def _require_wide_softmax(op: Softmax) -> None:
    """Refuse where differences of int16 overflow when they are scaled to 65535 for 10."""
    if not (math.isfinite(op.beta) and op.beta > 0):
        raise RefusedError(f"beta {op.beta:.6g} is out of range", LIMIT_HINT)
    require_headroom(op.input.scale * op.beta * 6553.5, 65535, "the scaled difference")
