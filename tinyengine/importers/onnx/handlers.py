"""The table of supported operators: name → handler."""

from collections.abc import Mapping

from tinyengine.importers.onnx import (
    affine,
    elementwise,
    folding,
    movement,
    pools,
    products,
    resize,
)
from tinyengine.importers.onnx.call import Handler

HANDLERS: Mapping[str, Handler] = {
    "QuantizeLinear": elementwise.quantize_linear,
    "DequantizeLinear": elementwise.dequantize_linear,
    "Conv": products.float_conv,
    "QLinearConv": products.qlinear_conv,
    "Gemm": products.float_gemm,
    "QGemm": products.qgemm,
    "MatMul": products.float_matmul,
    "QLinearMatMul": products.qlinear_matmul,
    "AveragePool": pools.average_pool,
    "GlobalAveragePool": pools.global_average_pool,
    "QLinearAveragePool": pools.qlinear_average_pool,
    "QLinearGlobalAveragePool": pools.qlinear_global_average_pool,
    "ReduceMean": pools.reduce_mean,
    "MaxPool": pools.max_pool,
    "GlobalMaxPool": pools.global_max_pool,
    "BatchNormalization": affine.batch_normalization,
    **dict.fromkeys(elementwise.UNARY, elementwise.unary),
    "LeakyRelu": elementwise.leaky_relu,
    "Elu": elementwise.elu,
    "HardSigmoid": elementwise.hard_sigmoid,
    "Gelu": elementwise.gelu,
    "Relu": elementwise.relu,
    "Clip": elementwise.clip,
    "PRelu": elementwise.prelu,
    "QLinearSigmoid": elementwise.qlinear_unary,
    "QLinearLeakyRelu": elementwise.qlinear_unary,
    "Add": elementwise.binary,
    "Sub": elementwise.binary,
    "Mul": elementwise.binary,
    "Div": elementwise.binary,
    "QLinearAdd": elementwise.qlinear_binary,
    "QLinearMul": elementwise.qlinear_binary,
    "Softmax": elementwise.softmax,
    "QLinearSoftmax": elementwise.qlinear_softmax,
    "Concat": movement.concat,
    "QLinearConcat": movement.qlinear_concat,
    "Identity": movement.identity,
    "Dropout": movement.identity,
    "Transpose": movement.transpose,
    "Reshape": movement.reshape,
    "Flatten": movement.flatten,
    "Squeeze": movement.squeeze,
    "Unsqueeze": movement.unsqueeze,
    "Slice": movement.slice_,
    "Split": movement.split,
    "Gather": movement.gather,
    "Pad": movement.pad,
    "Resize": resize.resize,
    "Upsample": resize.resize,
    "Shape": movement.shape,
    "Constant": folding.constant_node,
    "ConstantOfShape": folding.constant_of_shape,
}
"""What imports each operator; others are computed where all that they read is constant."""

REASONS: Mapping[str, tuple[str, str]] = {
    "ConvInteger": (
        "its sums stay int32, and are scaled in float32",
        "quantize statically: the model is quantized dynamically",
    ),
    "MatMulInteger": (
        "its sums stay int32, and are scaled in float32",
        "quantize statically: the model is quantized dynamically",
    ),
    "DynamicQuantizeLinear": (
        "its scale depends on the values, and is known only when the model runs",
        "quantize statically, with samples",
    ),
    **dict.fromkeys(
        ("ConvTranspose", "QLinearConvTranspose"),
        (
            "transposed convolution is not supported in quantized ONNX files",
            "give the float network to `tinyengine quantize`, or resize and convolve instead",
        ),
    ),
    "Expand": (
        "it copies values that are computed",
        "leave it out: sums and products broadcast by themselves",
    ),
    "Tile": ("it copies values that are computed", "concatenate the copies instead"),
    **dict.fromkeys(
        ("If", "Loop", "Scan"),
        ("control flow is not supported", "export the model without it"),
    ),
}
"""Why some operators are not supported, and what to do."""
