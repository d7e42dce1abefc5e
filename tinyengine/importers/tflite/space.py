"""Import the operators that trade pixels for channels or batches: DEPTH_TO_SPACE and its kin."""

import math

from tflite.DepthToSpaceOptions import DepthToSpaceOptions
from tflite.SpaceToDepthOptions import SpaceToDepthOptions

from tinyengine.importers.refusals import DAMAGED_HINT, RefusedError, describe
from tinyengine.importers.tflite.call import Call, require_equal_quantization
from tinyengine.ir import (
    DepthToSpace,
    DType,
    Op,
    Pad,
    Reshape,
    Slice,
    SpaceToDepth,
    Tensor,
    Transpose,
)


def depth_to_space(call: Call) -> tuple[Op, ...]:
    """Import DEPTH_TO_SPACE."""
    call.expect((1,))
    source, block = _image(call), call.options(DepthToSpaceOptions).BlockSize()
    n, h, w, c = source.shape
    if block < 1 or c % (block * block):
        raise RefusedError(
            f"{c} channels do not hold blocks of {block}x{block} pixels", DAMAGED_HINT
        )
    output = call.output_like(source, (n, h * block, w * block, c // (block * block)))
    require_equal_quantization(output, source)
    op = DepthToSpace(source=call.source, output=output, input=source, block_h=block, block_w=block)
    return (op,)


def space_to_depth(call: Call) -> tuple[Op, ...]:
    """Import SPACE_TO_DEPTH."""
    call.expect((1,))
    source, block = _image(call), call.options(SpaceToDepthOptions).BlockSize()
    n, h, w, c = source.shape
    if block < 1 or h % block or w % block:
        raise RefusedError(
            f"{h}x{w} pixels do not divide into blocks of {block}x{block}", DAMAGED_HINT
        )
    output = call.output_like(source, (n, h // block, w // block, c * block * block))
    require_equal_quantization(output, source)
    op = SpaceToDepth(source=call.source, output=output, input=source, block_h=block, block_w=block)
    return (op,)


def space_to_batch_nd(call: Call) -> tuple[Op, ...]:
    """Import SPACE_TO_BATCH_ND: padding, then every block's pixels in images of their own."""
    call.expect((3,))
    source, blocks, pads = call.input(), *_blocks_and_edges(call, "paddings")
    spatial = len(blocks)
    around = ((0, 0), *pads, *((0, 0),) * (len(source.shape) - 1 - spatial))
    sizes = zip(source.shape, around, strict=True)
    padded = tuple(size + before + after for size, (before, after) in sizes)
    if any(size % block for size, block in zip(padded[1:], blocks, strict=False)):
        raise RefusedError(
            f"{describe(padded)} does not divide into blocks {describe(blocks)}", DAMAGED_HINT
        )
    inner = [part for s, b in zip(padded[1:], blocks, strict=False) for part in (s // b, b)]
    rest = padded[1 + spatial :]
    split = (padded[0], *inner, *rest)
    perm = (
        *range(2, 2 * spatial + 1, 2),
        0,
        *range(1, 2 * spatial, 2),
        *range(2 * spatial + 1, len(split)),
    )
    count = padded[0] * math.prod(blocks)
    output = call.output((count, *(inner[0::2]), *rest))
    require_equal_quantization(output, source)
    ops: list[Op] = []
    if padded != source.shape:
        whole = call.intermediate(output, "padded", padded)
        value = output.zero_point
        pad = Pad(source=call.source, output=whole, input=source, pads=around, value=value)
        ops.append(pad)
        source = whole
    return (*ops, *_transposed(call, source, split, perm, output))


def batch_to_space_nd(call: Call) -> tuple[Op, ...]:
    """Import BATCH_TO_SPACE_ND: images as pixels of blocks, then the edges cut off."""
    call.expect((3,))
    source, blocks, crops = call.input(), *_blocks_and_edges(call, "crops")
    spatial, batches, count = len(blocks), source.shape[0], math.prod(blocks)
    if batches % count:
        raise RefusedError(f"{batches} images do not hold blocks {describe(blocks)}", DAMAGED_HINT)
    sizes, rest = source.shape[1 : 1 + spatial], source.shape[1 + spatial :]
    split = (*blocks, batches // count, *sizes, *rest)
    inner = [axis for i in range(spatial) for axis in (spatial + 1 + i, i)]
    perm = (spatial, *inner, *range(2 * spatial + 1, len(split)))
    whole = (batches // count, *(s * b for s, b in zip(sizes, blocks, strict=True)), *rest)
    edges = ((0, 0), *crops, *((0, 0),) * len(rest))
    cut = tuple(size - sum(edge) for size, edge in zip(whole, edges, strict=True))
    if min(cut) < 1:
        raise RefusedError(f"nothing is left of {describe(whole)} within its crops", DAMAGED_HINT)
    output = call.output(cut)
    require_equal_quantization(output, source)
    if cut == whole:
        return _transposed(call, source, split, perm, output)
    uncut = call.intermediate(output, "uncut", whole)
    part = Slice(
        source=call.source,
        output=output,
        input=uncut,
        begin=tuple(before for before, _ in edges),
        strides=(1,) * len(edges),
    )
    return (*_transposed(call, source, split, perm, uncut), part)


def _image(call: Call) -> Tensor:
    """Give the input, of rank 4: TFLite takes no bool here."""
    source = call.value(dtypes=(DType.INT8, DType.INT32, DType.INT64))
    if len(source.shape) != 4:
        raise RefusedError(
            f"its input is {describe(source.shape)}; it must have rank 4", DAMAGED_HINT
        )
    return source


def _blocks_and_edges(call: Call, role: str) -> tuple[tuple[int, ...], tuple[tuple[int, int], ...]]:
    """Give the block's sizes, and what is added or cut before and after in each dimension."""
    blocks, flat = call.integers(1, "block shape"), call.integers(2, role)
    spatial = len(blocks)
    if spatial not in (1, 2) or len(call.input().shape) != spatial + 2:
        raise RefusedError(
            f"blocks {describe(blocks)} do not fit an input of {describe(call.input().shape)}",
            DAMAGED_HINT,
        )
    if min(blocks) < 1 or len(flat) != 2 * spatial or min(flat) < 0:
        raise RefusedError(
            f"blocks {describe(blocks)} with {role} {describe(flat)} are none", DAMAGED_HINT
        )
    return blocks, tuple(zip(flat[0::2], flat[1::2], strict=True))


def _transposed(
    call: Call, source: Tensor, split: tuple[int, ...], perm: tuple[int, ...], output: Tensor
) -> tuple[Op, ...]:
    """Give `source` seen as `split`, with its dimensions in the order `perm`, seen as `output`."""
    parts = call.intermediate(output, "parts", split)
    ordered = call.intermediate(output, "ordered", tuple(split[axis] for axis in perm))
    return (
        Reshape(source=call.source, output=parts, input=source),
        Transpose(source=call.source, output=ordered, input=parts, perm=perm),
        Reshape(source=call.source, output=output, input=ordered),
    )
