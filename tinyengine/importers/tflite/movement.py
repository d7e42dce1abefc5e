"""Import the operators that place values anew: PAD, RESHAPE, TRANSPOSE, CONCATENATION, PACK, ..."""

import math
from dataclasses import replace

from tflite.ConcatenationOptions import ConcatenationOptions
from tflite.PackOptions import PackOptions
from tflite.ReshapeOptions import ReshapeOptions
from tflite.SqueezeOptions import SqueezeOptions

from tinyengine.importers.names import label
from tinyengine.importers.refusals import DAMAGED_HINT, LIMIT_HINT, RefusedError, describe
from tinyengine.importers.shapes import axes_in, axis_in, replaced, without
from tinyengine.importers.tflite.call import MOVED, Call, require_equal_quantization
from tinyengine.ir import Broadcast, Concatenation, DType, Op, Pad, Reshape, Tensor, Transpose

_PACKED = (DType.INT8, DType.INT16, DType.INT32, DType.INT64)
"""What TFLite's PACK takes: no bool."""


def pad(call: Call) -> tuple[Op, ...]:
    """Import PAD: the padding is real 0."""
    call.expect((2,))
    return (_pad(call, None),)


def pad_v2(call: Call) -> tuple[Op, ...]:
    """Import PADV2: the padding is a constant."""
    call.expect((3,))
    value = call.value(2, "padding value")
    if not value.is_const or value.elements != 1:
        raise RefusedError(f"padding value '{label(value.name)}' is not one constant", LIMIT_HINT)
    op = _pad(call, value)
    if len(set(value.values.tobytes())) == 1:
        return (op,)
    return _put_around(call, op, value) or (replace(op, value=0),)


def _put_around(call: Call, op: Pad, value: Tensor) -> tuple[Op, ...]:
    """Give what joins the input and repetitions of `value`: a Pad repeats one byte only."""
    padded = [axis for axis, pad in enumerate(op.pads) if any(pad)]
    ops, source = list[Op](), op.input
    for axis in padded:
        before, after = (
            call.intermediate(op.output, f"{side}_{axis}", replaced(source.shape, axis, amount))
            for side, amount in zip(("before", "after"), op.pads[axis], strict=True)
        )
        edges = [edge for edge in (before, after) if edge.elements]
        ops += [Broadcast(source=call.source, output=edge, input=value) for edge in edges]
        shape = replaced(source.shape, axis, source.shape[axis] + sum(op.pads[axis]))
        is_last = axis == padded[-1]
        whole = op.output if is_last else call.intermediate(op.output, f"padded_{axis}", shape)
        operands = tuple(each for each in (before, source, after) if each.elements)
        ops.append(Concatenation(source=call.source, output=whole, operands=operands, axis=axis))
        source = whole
    return tuple(ops)


def _pad(call: Call, value: Tensor | None) -> Pad:
    source, flat = call.value(), call.integers(1, "paddings", wide=True)
    rank = len(source.shape)
    if len(flat) != 2 * rank or min(flat, default=0) < 0:
        raise RefusedError(
            f"paddings {describe(flat)} do not fit an input of rank {rank}", DAMAGED_HINT
        )
    pads = tuple(zip(flat[0::2], flat[1::2], strict=True))
    sizes = zip(source.shape, pads, strict=True)
    output = call.output_like(source, tuple(sum((size, *pad)) for size, pad in sizes))
    require_equal_quantization(output, source, *(() if value is None else (value,)))
    return Pad(
        source=call.source,
        output=output,
        input=source,
        pads=pads,
        value=int(value.values.flat[0]) if value is not None else _zero_of(output),
    )


def _zero_of(tensor: Tensor) -> int:
    """Give what stands for 0 in a tensor."""
    return 0 if tensor.quant is None else tensor.zero_point


def reshape(call: Call) -> tuple[Op, ...]:
    """Import RESHAPE; where the file computes the shape, the declared one counts."""
    call.expect((1, 2))
    source = call.value()
    if call.is_constant(1):
        wanted = call.integers(1, "shape")
    elif call.has(1):
        wanted = call.declared_shape()
    else:
        options = call.options(ReshapeOptions)
        if options.NewShapeIsNone():
            raise RefusedError("it has no new shape", DAMAGED_HINT)
        wanted = tuple(int(options.NewShape(i)) for i in range(options.NewShapeLength()))
    return (_reshaped(call, source, _resolved(source, wanted)),)


def _resolved(source: Tensor, wanted: tuple[int, ...]) -> tuple[int, ...]:
    """Give the shape `wanted`, in which one dimension may be -1: whatever remains."""
    known = math.prod(size for size in wanted if size != -1)
    if wanted.count(-1) > 1 or any(size < -1 or size == 0 for size in wanted):
        raise RefusedError(f"{describe(wanted)} is no shape", DAMAGED_HINT)
    shape = tuple(source.elements // known if size == -1 else size for size in wanted)
    if math.prod(shape) != source.elements:
        raise RefusedError(
            f"{describe(source.shape)} cannot become {describe(wanted)}", DAMAGED_HINT
        )
    return shape


def squeeze(call: Call) -> tuple[Op, ...]:
    """Import SQUEEZE as Reshape."""
    call.expect((1,))
    options = call.options(SqueezeOptions)
    source = call.value()
    given = [int(options.SqueezeDims(i)) for i in range(options.SqueezeDimsLength())]
    ones = [index for index, size in enumerate(source.shape) if size == 1]
    axes = axes_in(given, len(source.shape)) if given else tuple(ones)
    if not set(axes) <= set(ones):
        raise RefusedError(
            f"dimensions {describe(axes)} of {describe(source.shape)} are not all 1", DAMAGED_HINT
        )
    return (_reshaped(call, source, without(source.shape, axes)),)


def expand_dims(call: Call) -> tuple[Op, ...]:
    """Import EXPAND_DIMS as Reshape."""
    call.expect((2,))
    source = call.value()
    axis = axis_in(call.integer(1, "axis", wide=True), len(source.shape) + 1)
    op = _reshaped(call, source, (*source.shape[:axis], 1, *source.shape[axis:]))
    require_equal_quantization(op.output, source)
    return (op,)


def _reshaped(call: Call, source: Tensor, shape: tuple[int, ...]) -> Op:
    """Give the Reshape; the bytes stay, so the output may give them another scale."""
    output = call.output_like(source, shape)
    return Reshape(source=call.source, output=output, input=source)


def transpose(call: Call) -> tuple[Op, ...]:
    """Import TRANSPOSE."""
    call.expect((2,))
    source, given = call.value(), call.integers(1, "permutation")
    rank = len(source.shape)
    perm = tuple(axis_in(axis, rank) for axis in given)
    if sorted(perm) != list(range(rank)):
        raise RefusedError(
            f"{describe(given)} is no permutation of {rank} dimensions", DAMAGED_HINT
        )
    output = call.output_like(source, tuple(source.shape[axis] for axis in perm))
    require_equal_quantization(output, source)
    return (Transpose(source=call.source, output=output, input=source, perm=perm),)


def concatenation(call: Call) -> tuple[Op, ...]:
    """Import CONCATENATION; all operands have the output's quantization."""
    call.expect(range(1, 1 << 16))
    options = call.options(ConcatenationOptions)
    if options.FusedActivationFunction():
        raise RefusedError("a fused activation is not supported here", LIMIT_HINT)
    operands = _all_inputs(call, MOVED)
    axis = axis_in(options.Axis(), len(operands[0].shape))
    total = 0
    for operand in operands:
        if len(operand.shape) != len(operands[0].shape) or any(
            a != b
            for index, (a, b) in enumerate(zip(operand.shape, operands[0].shape, strict=True))
            if index != axis
        ):
            raise RefusedError(
                f"{describe(operand.shape)} does not continue {describe(operands[0].shape)} "
                f"along axis {axis}",
                DAMAGED_HINT,
            )
        total += operand.shape[axis]
    output = call.output_like(operands[0], replaced(operands[0].shape, axis, total))
    require_equal_quantization(output, *operands)
    op = Concatenation(source=call.source, output=output, operands=operands, axis=axis)
    return (op,)


def pack(call: Call) -> tuple[Op, ...]:
    """Import PACK: one Reshape per operand, and a Concatenation of them."""
    call.expect(range(1, 1 << 16))
    options = call.options(PackOptions)
    operands = _all_inputs(call, _PACKED)
    shape = operands[0].shape
    if any(operand.shape != shape for operand in operands):
        raise RefusedError("its operands have different shapes", DAMAGED_HINT)
    if options.ValuesCount() != len(operands):
        raise RefusedError(
            f"it has {len(operands)} operands, but says {options.ValuesCount()}", DAMAGED_HINT
        )
    axis = axis_in(options.Axis(), len(shape) + 1)
    output = call.output_like(operands[0], (*shape[:axis], len(operands), *shape[axis:]))
    require_equal_quantization(output, *operands)
    if len(operands) == 1:
        return (Reshape(source=call.source, output=output, input=operands[0]),)
    expanded = (*shape[:axis], 1, *shape[axis:])
    parts = tuple(
        Reshape(
            source=call.source,
            output=call.intermediate(output, f"part_{index}", expanded),
            input=operand,
        )
        for index, operand in enumerate(operands)
    )
    joined = Concatenation(
        source=call.source, output=output, operands=tuple(p.output for p in parts), axis=axis
    )
    return (*parts, joined)


def _all_inputs(call: Call, dtypes: tuple[DType, ...]) -> tuple[Tensor, ...]:
    """Give all operands; they are of the type of the first, one of `dtypes`."""
    first = call.value(0, "operand 0", dtypes)
    others = range(1, len(call.operator.inputs))
    return (first, *(call.value(i, f"operand {i}", (first.dtype,)) for i in others))
