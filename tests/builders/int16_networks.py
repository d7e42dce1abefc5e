"""Networks with int16 activations and int8 weights, as files."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from tests.builders.tflite_writer import ModelWriter


@dataclass
class Network:
    """Writes operators one after another; every scale is given as the log2 of it."""

    writer: ModelWriter = field(default_factory=ModelWriter)
    random: np.random.Generator = field(default_factory=lambda: np.random.default_rng(3))

    def tensor(self, shape: tuple[int, ...], log: float) -> int:
        """Add an activation."""
        return self.writer.tensor(shape, "int16", float(np.float32(2.0**log)))

    def weight(self, shape: tuple[int, ...], axis: int = 0) -> int:
        """Add weights with a scale per channel."""
        scales = self.random.uniform(0.004, 0.01, shape[axis]).astype(np.float32)
        data = self.random.integers(-127, 128, shape)
        return self.writer.tensor(shape, "int8", scales, 0, axis, data)

    def bias(self, channels: int) -> int:
        """Add biases of 64 bits."""
        data = self.random.integers(-20000, 20000, channels)
        return self.writer.tensor((channels,), "int64", data=data)

    def window(
        self, opcode: str, x: int, shape: tuple[int, ...], weight: tuple[int, ...], **options: Any
    ) -> int:
        """Add a convolution of any kind, with the same padding."""
        axis = 3 if opcode == "DEPTHWISE_CONV_2D" else 0
        output = self.tensor(shape, -12)
        operands = [x, self.weight(weight, axis), self.bias(weight[axis])]
        self.writer.op(opcode, operands, [output], padding="SAME", **options)
        return output

    def up(self, x: int, shape: tuple[int, ...], in_c: int) -> int:
        """Add a transposed convolution that doubles the image."""
        size = self.writer.tensor((4,), "int32", data=shape)
        output = self.tensor(shape, -12)
        operands = [size, self.weight((shape[3], 3, 3, in_c)), x, self.bias(shape[3])]
        options = {"padding": "SAME", "stride_h": 2, "stride_w": 2}
        self.writer.op("TRANSPOSE_CONV", operands, [output], **options)
        return output


def unet() -> bytes:
    """Give a U of 24x24: two steps down, two up by transposed convolutions, joined by channels."""
    net = Network()
    down = {"stride_h": 2, "stride_w": 2, "fused_activation_function": "RELU"}
    flat = {"stride_h": 1, "stride_w": 1, "fused_activation_function": "RELU"}
    x = net.tensor((1, 24, 24, 3), -13)
    top = net.window("CONV_2D", x, (1, 24, 24, 8), (8, 3, 3, 3), **flat)
    middle = net.window("CONV_2D", top, (1, 12, 12, 16), (16, 3, 3, 8), **down)
    deep = net.window("DEPTHWISE_CONV_2D", middle, (1, 6, 6, 16), (1, 3, 3, 16), **down)
    deep = net.window("CONV_2D", deep, (1, 6, 6, 24), (24, 1, 1, 16), **flat)
    risen = net.up(deep, (1, 12, 12, 16), 24)
    joined = net.tensor((1, 12, 12, 32), -12)
    net.writer.op("CONCATENATION", [risen, middle], [joined], axis=3)
    risen = net.up(joined, (1, 24, 24, 8), 32)
    summed = net.tensor((1, 24, 24, 8), -11.3)
    net.writer.op("ADD", [risen, top], [summed], pot_scale_int16=False)
    logits = net.window("CONV_2D", summed, (1, 24, 24, 1), (1, 1, 1, 8), stride_h=1, stride_w=1)
    mask = net.writer.tensor((1, 24, 24, 1), "int16", 2.0**-15)
    net.writer.op("LOGISTIC", [logits], [mask])
    return net.writer.finish([x], [mask])


def classifier() -> bytes:
    """Give a network that ends with a mean, a product, a softmax, and a step to int8."""
    net = Network()
    x = net.tensor((1, 12, 12, 4), -13)
    flat = {"stride_h": 1, "stride_w": 1}
    wide = net.window("CONV_2D", x, (1, 12, 12, 16), (16, 3, 3, 4), **flat)
    pooled = net.tensor((1, 6, 6, 16), -12)
    pool = {"filter_width": 2, "filter_height": 2, "stride_h": 2, "stride_w": 2}
    net.writer.op("MAX_POOL_2D", [wide], [pooled], padding="VALID", **pool)
    gate = net.writer.tensor((1, 6, 6, 16), "int16", 2.0**-15)
    net.writer.op("TANH", [pooled], [gate])
    gated = net.tensor((1, 6, 6, 16), -12)
    net.writer.op("MUL", [pooled, gate], [gated])
    mean = net.tensor((1, 16), -13)
    axes = net.writer.tensor((2,), "int32", data=[1, 2])
    net.writer.op("MEAN", [gated, axes], [mean])
    logits = net.tensor((1, 10), -12)
    net.writer.op("FULLY_CONNECTED", [mean, net.weight((10, 16)), net.bias(10)], [logits])
    scores = net.writer.tensor((1, 10), "int16", 2.0**-15)
    net.writer.op("SOFTMAX", [logits], [scores], beta=1.0)
    result = net.writer.tensor((1, 10), "int8", 1 / 256, -128)
    net.writer.op("QUANTIZE", [scores], [result])
    return net.writer.finish([x], [result])
