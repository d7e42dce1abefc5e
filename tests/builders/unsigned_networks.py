"""Networks of the old kind, as files: uint8 throughout, weights with a zero point."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from tests.builders.tflite_writer import ModelWriter

RELU6 = 6 / 255
"""The scale of what a RELU6 leaves; its zero point is 0."""

FLAT: dict[str, Any] = {"stride_h": 1, "stride_w": 1}
DOWN: dict[str, Any] = {"stride_h": 2, "stride_w": 2}


@dataclass
class Network:
    """Writes operators one after another, with the scales that training for uint8 leaves."""

    writer: ModelWriter = field(default_factory=ModelWriter)
    random: np.random.Generator = field(default_factory=lambda: np.random.default_rng(5))
    scales: dict[int, float] = field(default_factory=dict)

    def tensor(
        self, shape: tuple[int, ...], scale: float, zero_point: int, data: Any = None
    ) -> int:
        """Add a tensor of uint8."""
        scale = float(np.float32(scale))
        index = self.writer.tensor(shape, "uint8", scale, zero_point, data=data)
        self.scales[index] = scale
        return index

    def weight(self, shape: tuple[int, ...], zero_point: int) -> int:
        """Add weights around their zero point; the least and the greatest one are 0 and 255."""
        steps = np.rint(self.random.normal(0, 40, shape)) + zero_point
        steps.flat[:2] = 0, 255
        taps = int(np.prod(shape[1:3] if shape[0] == 1 else shape[1:]))
        scale = 1.5 / (40 * np.sqrt(taps))
        return self.tensor(shape, scale, zero_point, np.clip(steps, 0, 255).astype(np.uint8))

    def bias(self, x: int, weight: int, channels: int) -> int:
        """Add biases in the scale of the products."""
        scale = float(np.float32(self.scales[x]) * np.float32(self.scales[weight]))
        data = np.rint(self.random.normal(0, 0.3, channels) / scale)
        return self.writer.tensor((channels,), "int32", scale, 0, data=data)

    def window(
        self, opcode: str, x: int, shape: tuple[int, ...], weight: tuple[int, ...], **options: Any
    ) -> int:
        """Add a convolution of either kind, with the same padding and a RELU6."""
        weights = self.weight(weight, int(self.random.integers(90, 170)))
        bias = self.bias(x, weights, shape[3])
        output = self.tensor(shape, RELU6, 0)
        options = {"fused_activation_function": "RELU6", "padding": "SAME", **options}
        self.writer.op(opcode, [x, weights, bias], [output], **options)
        return output

    def separable(self, x: int, side: int, in_c: int, out_c: int, stride: dict[str, Any]) -> int:
        """Add a depthwise convolution of 3x3 and one of 1x1; `side` is what the first leaves."""
        deep = (1, side, side, in_c)
        x = self.window("DEPTHWISE_CONV_2D", x, deep, (1, 3, 3, in_c), depth_multiplier=1, **stride)
        return self.window("CONV_2D", x, (1, side, side, out_c), (out_c, 1, 1, in_c), **FLAT)

    def ended(self, x: int, side: int, channels: int) -> tuple[int, int]:
        """Add what ends a classifier; give its outputs: scores, and the greatest one's index."""
        pooled = self.tensor((1, 1, 1, channels), RELU6, 0)
        pool = {"filter_width": side, "filter_height": side, "padding": "VALID", **DOWN}
        self.writer.op("AVERAGE_POOL_2D", [x], [pooled], **pool)
        weights = self.weight((10, 1, 1, channels), 110)
        bias = self.bias(pooled, weights, 10)
        logits = self.tensor((1, 1, 1, 10), 0.05, 120)
        self.writer.op("CONV_2D", [pooled, weights, bias], [logits], padding="SAME", **FLAT)
        flat = self.tensor((1, 10), 0.05, 120)
        shape = self.writer.tensor((2,), "int32", data=[1, 10])
        self.writer.op("RESHAPE", [logits, shape], [flat], new_shape=[1, 10])
        scores = self.tensor((1, 10), 1 / 256, 0)
        self.writer.op("SOFTMAX", [flat], [scores], beta=1.0)
        best = self.writer.tensor((1,), "int32")
        axis = self.writer.tensor((1,), "int32", data=[1])
        self.writer.op("ARG_MAX", [flat, axis], [best], output_type="INT32")
        return scores, best


def mobilenet() -> bytes:
    """Give a MobileNet of the first kind, with few channels, for images of 32x32x3."""
    net = Network()
    image = net.tensor((1, 32, 32, 3), 1 / 128, 128)
    x = net.window("CONV_2D", image, (1, 16, 16, 8), (8, 3, 3, 3), **DOWN)
    x = net.separable(x, 16, 8, 16, FLAT)
    x = net.separable(x, 8, 16, 24, DOWN)
    x = net.separable(x, 8, 24, 24, FLAT)
    x = net.separable(x, 4, 24, 32, DOWN)
    return net.writer.finish([image], net.ended(x, 4, 32))


def branches() -> bytes:
    """Give a network with what else such files have: sums, products, tables, joints, a mean."""
    net = Network()
    image = net.tensor((1, 12, 12, 4), 1 / 128, 128)
    left = net.window("CONV_2D", image, (1, 12, 12, 8), (8, 3, 3, 4), **FLAT)
    right = net.window("CONV_2D", image, (1, 12, 12, 8), (8, 1, 1, 4), **FLAT)
    summed = net.tensor((1, 12, 12, 8), 0.06, 17)
    net.writer.op("ADD", [left, right], [summed], fused_activation_function="RELU")
    pooled = net.tensor((1, 6, 6, 8), 0.06, 17)
    pool = {"filter_width": 2, "filter_height": 2, "padding": "VALID", **DOWN}
    net.writer.op("AVERAGE_POOL_2D", [summed], [pooled], **pool)
    gate = net.tensor((1, 6, 6, 8), 1 / 256, 0)
    net.writer.op("LOGISTIC", [pooled], [gate])
    gated = net.tensor((1, 6, 6, 8), 0.05, 9)
    net.writer.op("MUL", [pooled, gate], [gated])
    risen = net.tensor((1, 12, 12, 8), 0.05, 9)
    size = net.writer.tensor((2,), "int32", data=[12, 12])
    net.writer.op("RESIZE_BILINEAR", [gated, size], [risen])
    joined = net.tensor((1, 12, 12, 16), 0.05, 9)
    net.writer.op("CONCATENATION", [risen, risen], [joined], axis=3)
    mean = net.tensor((1, 16), 0.04, 12)
    axes = net.writer.tensor((2,), "int32", data=[1, 2])
    net.writer.op("MEAN", [joined, axes], [mean])
    weights = net.weight((6, 16), 135)
    result = net.tensor((1, 6), 0.05, 100)
    net.writer.op("FULLY_CONNECTED", [mean, weights, net.bias(mean, weights, 6)], [result])
    return net.writer.finish([image], [result, gate])
