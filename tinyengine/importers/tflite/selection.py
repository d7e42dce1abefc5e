"""Import TOPK_V2 and DYNAMIC_UPDATE_SLICE."""

from tinyengine.importers.refusals import DAMAGED_HINT, RefusedError, describe
from tinyengine.importers.tflite.call import Call, require_equal_quantization
from tinyengine.ir import DType, DynamicUpdateSlice, Op, TopK

_MOST_RANK = 4


def topk_v2(call: Call) -> tuple[Op, ...]:
    """Import TOPK_V2 of a constant number: one operator for the values, one for the indices."""
    call.expect((2,), outputs=2)
    source = call.input(dtypes=(DType.INT8, DType.UINT8))
    count = call.integer(1, "k")
    if not source.shape or not 1 <= count <= source.shape[-1]:
        raise RefusedError(
            f"{count} of an input of {describe(source.shape)} cannot be taken", DAMAGED_HINT
        )
    shape = (*source.shape[:-1], count)
    values = call.output_at(0, shape, (source.dtype,))
    require_equal_quantization(values, source)
    indices = call.indices(shape, DType.INT32, position=1)
    return tuple(
        TopK(source=call.source, output=output, input=source, gives_indices=output is indices)
        for output in (values, indices)
    )


def dynamic_update_slice(call: Call) -> tuple[Op, ...]:
    """Import DYNAMIC_UPDATE_SLICE; where it starts may be computed."""
    call.expect((3,))
    source, update = call.value(0), call.value(1, "update")
    start = call.value(2, "start", (DType.INT32, DType.INT64))
    rank = len(source.shape)
    if not 1 <= rank <= _MOST_RANK or start.shape != (rank,) or len(update.shape) != rank:
        raise RefusedError(
            f"an update {describe(update.shape)} at {describe(start.shape)} indices does not fit "
            f"an input of {describe(source.shape)}, whose rank must be within 1 and {_MOST_RANK}",
            DAMAGED_HINT,
        )
    if any(part > whole for part, whole in zip(update.shape, source.shape, strict=True)):
        raise RefusedError(
            f"an update {describe(update.shape)} is larger than its input {describe(source.shape)}",
            DAMAGED_HINT,
        )
    if update.dtype is not source.dtype:
        raise RefusedError(f"an update of {update.dtype.value} into {source.dtype.value}")
    output = call.output_like(source, source.shape)
    require_equal_quantization(output, source, update)
    op = DynamicUpdateSlice(
        source=call.source, output=output, input=source, update=update, start=start
    )
    return (op,)
