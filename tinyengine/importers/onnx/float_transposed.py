"""Import ConvTranspose, DepthToSpace and SpaceToDepth of float networks."""

from dataclasses import replace

import numpy as np

from tinyengine.importers.onnx.call import Call
from tinyengine.importers.onnx.float_builder import PLAIN, Floats, builder_of, weights_of
from tinyengine.importers.onnx.values import Placed, Value
from tinyengine.importers.onnx.windows import NHWC, as_image, from_image
from tinyengine.importers.refusals import RefusedError, describe
from tinyengine.importers.sub_pixels import laid_out, padding_of, phases, sub_pixel_weights
from tinyengine.ir import NO_CLAMP, Conv2D, DepthToSpace, SpaceToDepth

Numbers = tuple[int, ...]


def conv_transpose(call: Call) -> Value:
    """Import ConvTranspose of one or two dimensions, as a convolution of sub-pixels."""
    b, x, weight = builder_of(call), call.placed(0), weights_of(call, 1)
    rank = len(x.shape)
    _check(call, x.shape, weight)
    kernel = weight.shape[2:]
    strides = call.ints("strides", (1,) * len(kernel))
    pads, size = _geometry(call, x.shape[2:], kernel, strides)
    if rank == 3:
        weight, strides, pads, size = weight[:, :, None], (1, *strides), (0, *pads), (1, *size)
    image = as_image(call, x)
    n, in_h, in_w, _ = image.tensor.shape
    out_c, kernel_h, kernel_w = weight.shape[1:]
    rows = phases(in_h, size[0], kernel_h, strides[0], pads[0])
    columns = phases(in_w, size[1], kernel_w, strides[1], pads[1])
    count = strides[0] * strides[1]
    blocks = b.tensor((n, rows.blocks, columns.blocks, count * out_c), PLAIN, "/blocks")
    values = sub_pixel_weights(weight.transpose(1, 2, 3, 0), rows, columns)
    b.emit(
        Conv2D(
            source=b.source,
            input=image.tensor,
            output=blocks,
            weight=b.fixed(values, "/weight"),
            bias=b.fixed(np.tile(_bias(call, out_c), count), "/bias") if call.has(2) else None,
            stride_h=1,
            stride_w=1,
            dilation_h=1,
            dilation_w=1,
            padding=padding_of(rows, columns),
            act_min=NO_CLAMP[0],
            act_max=NO_CLAMP[1],
        )
    )
    output = b.tensor((n, *size, out_c), PLAIN)
    for op in laid_out(b.source, blocks, output, rows, columns):
        b.emit(op)
    return from_image(call, replace(image, tensor=output, order=NHWC), rank)


def _check(call: Call, shape: Numbers, weight: Floats) -> None:
    rank = len(shape)
    if weight.ndim != rank or rank not in (3, 4) or not weight.size or weight.shape[0] != shape[1]:
        raise RefusedError(
            f"its weight {describe(weight.shape)} does not fit {describe(shape)}",
            "transposed convolutions of one and two dimensions are supported",
        )
    ones = (1,) * (rank - 2)
    if call.integer("group", 1) != 1 or call.ints("dilations", ones) != ones:
        raise RefusedError(
            "it has groups or dilations", "transposed convolutions have neither: export another one"
        )
    if call.ints("kernel_shape", weight.shape[2:]) != weight.shape[2:]:
        raise RefusedError(f"its kernel_shape does not fit its weight {describe(weight.shape)}")


def _geometry(
    call: Call, size: Numbers, kernel: Numbers, strides: Numbers
) -> tuple[Numbers, Numbers]:
    """Give the padding before and the output's size. Source: ONNX, ConvTranspose."""
    rank = len(kernel)
    more = call.ints("output_padding", (0,) * rank)
    pads = call.ints("pads", (0,) * 2 * rank)
    if not len(strides) == len(more) == len(pads) // 2 == rank or min((*strides, 1)) < 1:
        raise RefusedError("its strides or pads do not fit its kernel")
    full = tuple(
        (n - 1) * s + k + extra for n, s, k, extra in zip(size, strides, kernel, more, strict=True)
    )
    auto, wanted = call.text("auto_pad", "NOTSET"), call.ints("output_shape")
    if auto == "VALID":
        pads = (0,) * 2 * rank
    if wanted or auto in ("SAME_UPPER", "SAME_LOWER"):
        out = wanted[-rank:] or tuple(n * s for n, s in zip(size, strides, strict=True))
        totals = [max(f - o, 0) for f, o in zip(full, out, strict=True)]
        upper = auto == "SAME_UPPER"
        before = tuple(total // 2 if upper else total - total // 2 for total in totals)
    else:
        before = pads[:rank]
        around = [a + z for a, z in zip(before, pads[rank:], strict=True)]
        out = tuple(f - total for f, total in zip(full, around, strict=True))
    if min((*before, *out)) < 0 or min(out) < 1 or max(out) > 1 << 16:
        raise RefusedError(f"its output would have {describe(out)} pixels")
    return before, out


def _bias(call: Call, count: int) -> Floats:
    values = weights_of(call, 2, "bias")
    if values.shape != (count,):
        raise RefusedError(f"its bias {describe(values.shape)} does not fit {count} channels")
    return values


def depth_to_space(call: Call) -> Value:
    """Import DepthToSpace whose channels are block rows, block columns, depth."""
    block = call.integer("blocksize", 0)
    image = _image(call)
    n, h, w, c = image.tensor.shape
    if block < 1 or c % (block * block):
        raise RefusedError(f"{c} channels do not hold blocks of {block}x{block} pixels")
    if call.text("mode", "DCR") != "DCR" and c != block * block:
        raise RefusedError("its mode is CRD", "export it with mode=DCR")
    output = builder_of(call).tensor((n, h * block, w * block, c // (block * block)), PLAIN)
    call.b.emit(
        DepthToSpace(
            source=call.b.source,
            input=image.tensor,
            output=output,
            block_h=block,
            block_w=block,
        )
    )
    return replace(image, tensor=output)


def space_to_depth(call: Call) -> Value:
    """Import SpaceToDepth."""
    block = call.integer("blocksize", 0)
    image = _image(call)
    n, h, w, c = image.tensor.shape
    if block < 1 or h % block or w % block:
        raise RefusedError(f"{h}x{w} pixels do not divide into blocks of {block}x{block}")
    output = builder_of(call).tensor((n, h // block, w // block, c * block * block), PLAIN)
    call.b.emit(
        SpaceToDepth(
            source=call.b.source,
            input=image.tensor,
            output=output,
            block_h=block,
            block_w=block,
        )
    )
    return replace(image, tensor=output)


def _image(call: Call) -> Placed:
    x = call.placed(0)
    if len(x.shape) != 4:
        raise RefusedError(f"its input is {describe(x.shape)}, no image")
    return call.b.in_order(x, NHWC)
