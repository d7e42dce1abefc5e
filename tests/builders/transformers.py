"""Transformers as exporters decompose them, with random weights, quantized to what they compute.

Every operator is also computed in real numbers for some random inputs; its output's range is what
was seen there.
"""

from typing import Any

import numpy as np
import numpy.typing as npt

from tests.builders.tflite_writer import ModelWriter

Reals = npt.NDArray[np.float64]

_SAMPLES = 8
_EPSILON = 0.01


class Calibrated:
    """Adds operators to a network; every method gives the index of what it adds."""

    def __init__(self, seed: int) -> None:
        self.writer = ModelWriter()
        self.rng = np.random.default_rng(seed)
        self.reals: dict[int, Reals] = {}

    def activation(self, values: Reals) -> int:
        """Add a tensor [1, ...] for `values` [samples, ...], whose range includes 0."""
        low, high = min(0.0, float(values.min())), max(0.0, float(values.max()))
        scale = float(np.float32((high - low) / 255))
        return self.quantized(values, scale, round(-128 - low / scale))

    def quantized(self, values: Reals, scale: float, zero_point: int) -> int:
        index = self.writer.tensor((1, *values.shape[1:]), "int8", scale, zero_point)
        self.reals[index] = values
        return index

    def input(self, *shape: int) -> int:
        return self.activation(self.rng.normal(0, 1, (_SAMPLES, *shape)))

    def apply(self, opcode: str, operands: list[int], values: Reals, **options: Any) -> int:
        out = self.activation(values)
        self.writer.op(opcode, operands, [out], **options)
        return out

    def integers(self, *values: int) -> int:
        return self.writer.tensor((len(values),), "int32", data=values)

    def constant(self, values: Reals) -> int:
        """Add constant numbers [...], quantized as a whole."""
        scale = float(np.float32(np.abs(values).max() / 127))
        index = self.writer.tensor(
            values.shape, "int8", scale, data=np.round(values / scale).astype(np.int8)
        )
        self.reals[index] = values
        return index

    def weight(self, *shape: int) -> tuple[int, Reals]:
        """Add weights, one scale to an output channel, and give them as real numbers, too."""
        values = self.rng.normal(0, 1 / np.sqrt(np.prod(shape[1:])), shape)
        scales = np.abs(values.reshape(shape[0], -1)).max(axis=1) / 127
        scales = scales.astype(np.float32).reshape(-1, *[1] * (len(shape) - 1))
        whole = np.round(values / scales).astype(np.int8)
        return self.writer.tensor(shape, "int8", scales.ravel(), data=whole), whole * scales

    def binary(self, opcode: str, lhs: int, rhs: int) -> int:
        left, right = self.reals[lhs], self.reals[rhs]
        values = {
            "ADD": left + right,
            "SUB": left - right,
            "MUL": left * right,
            "SQUARED_DIFFERENCE": (left - right) ** 2,
        }[opcode]
        return self.apply(opcode, [lhs, rhs], values)

    def dense(self, source: int, outputs: int) -> int:
        x = self.reals[source]
        weight, values = self.weight(outputs, x.shape[-1])
        return self.apply("FULLY_CONNECTED", [source, weight, -1], x @ values.T, keep_num_dims=True)

    def convolve(self, source: int, outputs: int) -> int:
        """Add a convolution of 3x3 with a ReLU."""
        x = self.reals[source]
        weight, values = self.weight(outputs, 3, 3, x.shape[-1])
        padded = np.pad(x, ((0, 0), (1, 1), (1, 1), (0, 0)))
        windows = np.lib.stride_tricks.sliding_window_view(padded, (3, 3), axis=(1, 2))
        sums = np.einsum("nhwcij,oijc->nhwo", windows, values)
        bias = self.writer.tensor((outputs,), "int32", data=np.zeros(outputs, np.int32))
        window = {"padding": "SAME", "stride_h": 1, "stride_w": 1}
        return self.apply(
            "CONV_2D", [source, weight, bias], np.maximum(sums, 0), **window,
            fused_activation_function="RELU",
        )  # fmt: skip

    def reshape(self, source: int, *shape: int) -> int:
        values = self.reals[source].reshape(_SAMPLES, *shape)
        return self.apply("RESHAPE", [source, self.integers(1, *shape)], values)

    def transpose(self, source: int, *order: int) -> int:
        """Exchange the dimensions behind the first one; `order` counts from 1."""
        values = self.reals[source].transpose(0, *order)
        return self.apply("TRANSPOSE", [source, self.integers(0, *order)], values)

    def mean(self, source: int, axis: int, *, keep: bool = True) -> int:
        values = self.reals[source].mean(axis=axis, keepdims=keep)
        return self.apply("MEAN", [source, self.integers(axis)], values, keep_dims=keep)

    def softmax(self, source: int) -> int:
        x = self.reals[source]
        powers = np.exp(x - x.max(axis=-1, keepdims=True))
        out = self.quantized(powers / powers.sum(axis=-1, keepdims=True), 1 / 256, -128)
        self.writer.op("SOFTMAX", [source], [out], beta=1.0)
        return out

    def gelu(self, source: int) -> int:
        x = self.reals[source]
        values = x * (1 + np.tanh(0.7978845608 * (x + 0.044715 * x**3))) / 2
        return self.apply("GELU", [source], values, approximate=False)

    def inverse_root(self, variance: int) -> int:
        """Give 1 / sqrt(variance + epsilon)."""
        raised = self.binary("ADD", variance, self.constant(np.full((1,), _EPSILON)))
        return self.apply("RSQRT", [raised], 1 / np.sqrt(self.reals[raised]))

    def layer_norm(self, source: int) -> int:
        axis = self.reals[source].ndim - 1
        mean = self.mean(source, axis)
        variance = self.mean(self.binary("SQUARED_DIFFERENCE", source, mean), axis)
        centred = self.binary("SUB", source, mean)
        return self._scaled(self.binary("MUL", centred, self.inverse_root(variance)), shifts=True)

    def rms_norm(self, source: int) -> int:
        axis = self.reals[source].ndim - 1
        power = self.mean(self.binary("MUL", source, source), axis)
        return self._scaled(self.binary("MUL", source, self.inverse_root(power)), shifts=False)

    def _scaled(self, source: int, *, shifts: bool) -> int:
        width = self.reals[source].shape[-1]
        gain = self.constant(self.rng.uniform(0.5, 1.5, width))
        scaled = self.binary("MUL", source, gain)
        if not shifts:
            return scaled
        return self.binary("ADD", scaled, self.constant(self.rng.normal(0, 0.2, width)))

    def attention(self, source: int, heads: int) -> int:
        """Add attention of all tokens to each other: of [1, tokens, width] in several heads.

        The sets of [1, sets, tokens, width] have one each.
        """
        *_, tokens, width = self.reals[source].shape
        is_split = self.reals[source].ndim == 3

        def in_heads() -> int:
            made = self.dense(source, width)
            if not is_split:
                return made
            return self.transpose(self.reshape(made, tokens, heads, width // heads), 2, 1, 3)

        query, key, value = in_heads(), in_heads(), in_heads()
        products = self.reals[query] @ np.swapaxes(self.reals[key], -1, -2)
        scores = self.apply("BATCH_MATMUL", [query, key], products, adj_y=True)
        shares = self.softmax(scores)
        sums = self.reals[shares] @ self.reals[value]
        mixed = self.apply("BATCH_MATMUL", [shares, value], sums)
        if is_split:
            mixed = self.reshape(self.transpose(mixed, 2, 1, 3), tokens, width)
        return self.dense(mixed, width)

    def block(self, source: int, heads: int, *, rms: bool = False) -> int:
        """Add a transformer's block: attention and two layers with GELU, each behind a norm."""
        norm = self.rms_norm if rms else self.layer_norm
        mixed = self.binary("ADD", source, self.attention(norm(source), heads))
        width = self.reals[mixed].shape[-1]
        hidden = self.gelu(self.dense(norm(mixed), 2 * width))
        return self.binary("ADD", mixed, self.dense(hidden, width))


def keyword_transformer(frames: int = 49, width: int = 32, blocks: int = 2) -> bytes:
    """Give a network that tells 12 words from `frames` frames of 10 coefficients."""
    net = Calibrated(21)
    sound = net.input(frames, 10)
    places = net.constant(net.rng.normal(0, 0.3, (1, frames, width)))
    text = net.binary("ADD", net.dense(sound, width), places)
    for index in range(blocks):
        text = net.block(text, heads=2, rms=index % 2 == 1)
    pooled = net.mean(net.layer_norm(text), 1, keep=False)
    words = net.softmax(net.dense(pooled, 12))
    return net.writer.finish([sound], [words])


def mobile_vit_block(size: int = 16, channels: int = 16, width: int = 24) -> bytes:
    """Give a block of MobileViT: pixels of 2x2 patches attend to those in the same place."""
    net, half = Calibrated(22), size // 2
    image = net.input(size, size, channels)
    wide = net.convolve(net.convolve(image, channels), width)
    parts = net.transpose(net.reshape(wide, half, 2, half, 2 * width), 2, 1, 3, 4)
    pairs = net.transpose(net.reshape(parts, 2, half * half, 2, width), 1, 3, 2, 4)
    tokens = net.reshape(pairs, 4, half * half, width)
    mixed = net.reshape(net.block(tokens, heads=1), 2, 2, half * half, width)
    back = net.transpose(mixed, 1, 3, 2, 4)
    folded = net.transpose(net.reshape(back, 2, half, half, 2 * width), 2, 1, 3, 4)
    fused = net.convolve(net.reshape(folded, size, size, width), channels)
    return net.writer.finish([image], [net.binary("ADD", image, fused)])
