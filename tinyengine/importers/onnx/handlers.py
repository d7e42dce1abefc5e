"""The table of supported operators: name → handler."""

from collections.abc import Mapping

from tinyengine.importers.onnx import elementwise, folding, movement, products
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
    "AveragePool": products.average_pool,
    "GlobalAveragePool": products.global_average_pool,
    "QLinearAveragePool": products.qlinear_average_pool,
    "QLinearGlobalAveragePool": products.qlinear_global_average_pool,
    "ReduceMean": products.reduce_mean,
    "MaxPool": products.max_pool,
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
    "Pad": movement.pad,
    "Resize": movement.resize,
    "Upsample": movement.resize,
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
        ("transposed convolution is not supported yet", "resize and convolve instead"),
    ),
    "QLinearConvTranspose": (
        "transposed convolution is not supported yet",
        "resize and convolve instead",
    ),
    "BatchNormalization": (
        "it is computed in float32",
        "fold it into the convolution before it, as quantize_static's preprocessing does",
    ),
    **dict.fromkeys(
        ("If", "Loop", "Scan"),
        ("control flow is not supported", "export the model without it"),
    ),
}
"""Why some operators are not supported, and what to do."""
