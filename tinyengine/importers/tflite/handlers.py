"""The table of supported operators: opcode → handler."""

from collections.abc import Mapping

from tinyengine.importers.tflite import (
    convolution,
    elementwise,
    movement,
    pooling,
    reduction,
    slicing,
)
from tinyengine.importers.tflite.call import Handler

HANDLERS: Mapping[str, Handler] = {
    "CONV_2D": convolution.conv_2d,
    "DEPTHWISE_CONV_2D": convolution.depthwise_conv_2d,
    "FULLY_CONNECTED": convolution.fully_connected,
    "AVERAGE_POOL_2D": pooling.average_pool_2d,
    "MAX_POOL_2D": pooling.max_pool_2d,
    "RESIZE_NEAREST_NEIGHBOR": pooling.resize_nearest_neighbor,
    "RESIZE_BILINEAR": pooling.resize_bilinear,
    "ADD": elementwise.add,
    "SUB": elementwise.sub,
    "MUL": elementwise.mul,
    "MINIMUM": elementwise.minimum,
    "MAXIMUM": elementwise.maximum,
    "PRELU": elementwise.prelu,
    "QUANTIZE": elementwise.quantize,
    "LEAKY_RELU": elementwise.leaky_relu,
    "GELU": elementwise.gelu,
    **dict.fromkeys(elementwise.UNARY_FUNCTIONS, elementwise.unary),
    "MEAN": reduction.mean,
    "SOFTMAX": reduction.softmax,
    "PAD": movement.pad,
    "PADV2": movement.pad_v2,
    "RESHAPE": movement.reshape,
    "SQUEEZE": movement.squeeze,
    "EXPAND_DIMS": movement.expand_dims,
    "TRANSPOSE": movement.transpose,
    "CONCATENATION": movement.concatenation,
    "PACK": movement.pack,
    "SLICE": slicing.slice_,
    "STRIDED_SLICE": slicing.strided_slice,
    "SPLIT": slicing.split,
    "SPLIT_V": slicing.split_v,
    "UNPACK": slicing.unpack,
}
