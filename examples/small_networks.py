"""Small convolutional networks in numpy: trained by Adam, and written as ONNX.

Images are [N, H, W, C] float32. A network is some convolutions with ReLU, the mean over the image,
and a dense layer; nothing here needs more than numpy and onnx.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

Floats = NDArray[np.float32]
Labels = NDArray[np.int64]

_DECAYS, _TINY = (0.9, 0.999), 1e-8


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer:
    """A convolution of `kernel` by `kernel` taps to `filters` channels, padded by half of it."""

    filters: int
    kernel: int
    stride: int


class Network:
    """The layers with their weights; `parameters` are all that is trained."""

    def __init__(self, channels: int, layers: Sequence[Layer], classes: int, seed: int) -> None:
        """Draw the first weights, as He et al. (2015) do."""
        rng = np.random.default_rng(seed)
        self.layers = tuple(layers)
        self.parameters: list[Floats] = []
        for layer in layers:
            fan = channels * layer.kernel**2
            self._draw(rng, fan, layer.filters)
            channels = layer.filters
        self._draw(rng, channels, classes)

    def _draw(self, rng: np.random.Generator, fan: int, width: int) -> None:
        weight = rng.normal(0, np.sqrt(2 / fan), (fan, width)).astype(np.float32)
        self.parameters += [weight, np.zeros(width, np.float32)]

    def scores(self, images: Floats) -> Floats:
        """Give the scores [N, classes]."""
        return self._forward(images)[0]

    def gradients(self, images: Floats, labels: Labels) -> list[Floats]:
        """Give the gradients of the mean cross-entropy."""
        scores, kept = self._forward(images)
        exponents = np.exp(scores - scores.max(axis=1, keepdims=True))
        slope = exponents / exponents.sum(axis=1, keepdims=True)
        slope[np.arange(len(labels)), labels] -= 1
        slope /= len(labels)
        features, last = kept.pop(), self.parameters[-2]
        found = [slope.sum(axis=0), features.mean(axis=(1, 2)).T @ slope]
        area = features.shape[1] * features.shape[2]
        back = np.broadcast_to((slope @ last.T)[:, None, None] / area, features.shape)
        outputs = [features, *(each[1] for each in reversed(kept[1:]))]
        for index, layer in reversed(list(enumerate(self.layers))):
            back = back * (outputs[len(self.layers) - 1 - index] > 0)
            taps, inputs = kept[index]
            flat = back.reshape(-1, layer.filters)
            found += [flat.sum(axis=0), taps.reshape(len(flat), -1).T @ flat]
            if index:
                columns = (flat @ self.parameters[2 * index].T).reshape(taps.shape)
                back = _scattered(columns, inputs.shape, layer)
        return found[::-1]

    def _forward(self, images: Floats) -> tuple[Floats, list[tuple[Floats, Floats] | Floats]]:
        kept: list[tuple[Floats, Floats] | Floats] = []
        for index, layer in enumerate(self.layers):
            taps = _gathered(images, layer)
            kept.append((taps, images))
            flat = taps.reshape(-1, len(self.parameters[2 * index]))
            images = np.maximum(
                flat @ self.parameters[2 * index] + self.parameters[2 * index + 1], 0
            )
            images = images.reshape(*taps.shape[:3], layer.filters)
        kept.append(images)
        return images.mean(axis=(1, 2)) @ self.parameters[-2] + self.parameters[-1], kept


def _gathered(images: Floats, layer: Layer) -> Floats:
    """Give the taps [N, H, W, kernel, kernel, C] of every output pixel."""
    half = layer.kernel // 2
    padded = np.pad(images, ((0, 0), (half, half), (half, half), (0, 0)))
    windows = sliding_window_view(padded, (layer.kernel, layer.kernel), axis=(1, 2))
    strided = windows[:, :: layer.stride, :: layer.stride]
    return np.ascontiguousarray(strided.transpose(0, 1, 2, 4, 5, 3))


def _scattered(columns: Floats, shape: tuple[int, ...], layer: Layer) -> Floats:
    """Add every tap to the pixel that it came from."""
    n, height, width, channels = shape
    half, stride = layer.kernel // 2, layer.stride
    padded = np.zeros((n, height + 2 * half, width + 2 * half, channels), np.float32)
    rows, across = columns.shape[1], columns.shape[2]
    for kh in range(layer.kernel):
        for kw in range(layer.kernel):
            place = np.s_[:, kh : kh + stride * rows : stride, kw : kw + stride * across : stride]
            padded[place] += columns[:, :, :, kh, kw]
    return padded[:, half : half + height, half : half + width]


def train(
    network: Network, images: Floats, labels: Labels, *, epochs: int, seed: int, batch: int = 64
) -> None:
    """Train by Adam, whose rate falls along a half cosine from 0.003."""
    rng = np.random.default_rng(seed)
    moments = [(np.zeros_like(each), np.zeros_like(each)) for each in network.parameters]
    steps = epochs * (len(images) // batch)
    step = 0
    for _ in range(epochs):
        order = rng.permutation(len(images))
        for first in range(0, len(images) - batch + 1, batch):
            chosen = order[first : first + batch]
            step += 1
            rate = 0.0015 * (1 + np.cos(np.pi * step / steps))
            slopes = network.gradients(images[chosen], labels[chosen])
            for weight, slope, (mean, square) in zip(
                network.parameters, slopes, moments, strict=True
            ):
                mean[...] += (1 - _DECAYS[0]) * (slope - mean)
                square[...] += (1 - _DECAYS[1]) * (slope * slope - square)
                unbiased = square / (1 - _DECAYS[1] ** step)
                weight[...] -= rate / (1 - _DECAYS[0] ** step) * mean / (np.sqrt(unbiased) + _TINY)


def accuracy(network: Network, images: Floats, labels: Labels) -> float:
    """Give the share of images whose best score is that of their label."""
    parts = [
        network.scores(images[at : at + 256]).argmax(axis=1) for at in range(0, len(images), 256)
    ]
    return float(np.mean(np.concatenate(parts) == labels))


def write_onnx(network: Network, shape: tuple[int, int, int], path: Path) -> None:
    """Write the network for an input [1, H, W, C]; ONNX convolves [1, C, H, W]."""
    channels = shape[2]
    nodes = [helper.make_node("Transpose", ["image"], ["planes"], perm=[0, 3, 1, 2])]
    constants, name = [], "planes"
    for index, layer in enumerate(network.layers):
        weight, bias = network.parameters[2 * index : 2 * index + 2]
        kernel = weight.reshape(layer.kernel, layer.kernel, channels, layer.filters)
        constants += [
            numpy_helper.from_array(
                np.ascontiguousarray(kernel.transpose(3, 2, 0, 1)), f"w{index}"
            ),
            numpy_helper.from_array(bias, f"b{index}"),
        ]
        half = layer.kernel // 2
        nodes += [
            helper.make_node(
                "Conv",
                [name, f"w{index}", f"b{index}"],
                [f"c{index}"],
                strides=[layer.stride] * 2,
                pads=[half] * 4,
            ),
            helper.make_node("Relu", [f"c{index}"], [f"r{index}"]),
        ]
        name, channels = f"r{index}", layer.filters
    constants += [
        numpy_helper.from_array(network.parameters[-2].T[:, :, None, None].copy(), "w"),
        numpy_helper.from_array(network.parameters[-1], "b"),
    ]
    nodes += [
        helper.make_node("GlobalAveragePool", [name], ["mean"]),
        helper.make_node("Conv", ["mean", "w", "b"], ["points"]),
        helper.make_node("Flatten", ["points"], ["scores"]),
    ]
    image = helper.make_tensor_value_info("image", TensorProto.FLOAT, [1, *shape])
    classes = network.parameters[-1].size
    scores = helper.make_tensor_value_info("scores", TensorProto.FLOAT, [1, classes])
    graph = helper.make_graph(nodes, path.stem, [image], [scores], constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    onnx.checker.check_model(model)
    path.write_bytes(model.SerializeToString())
