"""Make graphs for tests: `GraphBuilder` by hand, `random_graph` by chance."""

from collections.abc import Callable

import numpy as np

from tests.builders.graph_builder import GraphBuilder, frozen, quantization
from tinyengine.ir import DType, Graph, Padding, Quantization, Tensor

__all__ = ["GraphBuilder", "frozen", "quantization", "random_graph"]


def random_graph(seed: int, *, steps: int = 10, image: int = 20, channels: int = 12) -> Graph:
    """Give the valid random network of `seed`: a stem, about `steps` blocks, and a head.

    Images are at most `image` high and wide, and tensors have at most about 4 * `channels`
    channels; odd sizes, strides 1–3, kernels 1–7, branches, residuals, pooling, concatenation,
    explicit padding, tables, squeeze-and-excite, operators that passes remove, one or two inputs
    and one to three outputs occur. Every operator's output is read or is an output of the graph.
    """
    network = _Network(seed, image=image, channels=channels)
    for _ in range(steps):
        network.grow()
    return network.finish()


class _Network:
    """The state of a random network: `x` is the newest tensor, `saved` may be joined later."""

    def __init__(self, seed: int, *, image: int, channels: int) -> None:
        self.rng = np.random.default_rng([seed, 77])
        self.builder = GraphBuilder(seed, name=f"random{seed}")
        self.channels = channels
        self.saved: list[Tensor] = []
        self.x = self._stem(image)

    # -- growing ------------------------------------------------------------------------------

    def grow(self) -> None:
        """Append one random block to the newest tensor."""
        blocks: tuple[tuple[int, Callable[[Tensor], Tensor]], ...] = (
            (4, self._conv),
            (4, self._depthwise),
            (3, self._inverted_residual),
            (2, self._pool),
            (2, self._padded_conv),
            (2, self._branch),
            (2, self._join),
            (1, self._squeeze),
            (1, self._unary),
            (1, self._clamp),
            (1, self._move),
            (1, self._resize),
            (1, self._redundant),
        )
        weights = np.array([weight for weight, _ in blocks])
        choice = int(self.rng.choice(len(blocks), p=weights / weights.sum()))
        self.saved.append(self.x)
        self.x = blocks[choice][1](self.x)

    def finish(self) -> Graph:
        """Close the network with a random head."""
        b, x = self.builder, self.x
        extra = [t for t in self.saved if self._chance(0.06) and t not in self._inputs()][:2]
        classes = self._int(2, 10)
        head = self._int(0, 3)
        if head == 0:
            x = b.fully_connected(b.mean(x), classes)
        elif head == 1:
            x = b.average_pool(x, kernel=(x.shape[1], x.shape[2]), stride=1)
            x = b.softmax(b.fully_connected(b.reshape(x, (1, -1)), classes))
        elif head == 2:
            x = b.conv2d(b.mean(x, keep_dims=True), classes, kernel=1)
        if x in self._inputs():
            x = b.lookup(x, "TANH")
        outputs = dict.fromkeys([x, *extra])
        return b.build(*outputs)

    # -- blocks -------------------------------------------------------------------------------

    def _stem(self, image: int) -> Tensor:
        b = self.builder
        shape = (1, self._int(1, image), self._int(1, image), self._int(1, 4))
        x = b.input(shape, dtype=DType.UINT8 if self._chance(0.2) else DType.INT8)
        x = b.quantize(x) if x.dtype is DType.UINT8 else x
        if self._chance(0.2):
            x = b.add(x, b.input(shape))
        return x

    def _conv(self, x: Tensor) -> Tensor:
        kernel = (1, 1) if self._chance(0.4) else (self._int(1, 7), self._int(1, 7))
        dilation = self._int(2, 3) if self._chance(0.1) else 1
        return self.builder.conv2d(
            x, self._int(1, self.channels), kernel=kernel, stride=self._stride(),
            padding=self._padding(x, kernel, dilation), dilation=dilation,
            activation=self._activation(), bias=self._chance(0.9), per_channel=self._chance(0.8),
        )  # fmt: skip

    def _depthwise(self, x: Tensor) -> Tensor:
        kernel = (self._int(1, 7),) * 2 if self._chance(0.7) else (self._int(1, 7), 1)
        wide = x.shape[3] > 2 * self.channels
        return self.builder.depthwise(
            x, multiplier=self._int(2, 3) if self._chance(0.15) and not wide else 1,
            kernel=kernel, stride=self._stride(), padding=self._padding(x, kernel),
            activation=self._activation(), bias=self._chance(0.9), per_channel=self._chance(0.8),
        )  # fmt: skip

    def _inverted_residual(self, x: Tensor) -> Tensor:
        b = self.builder
        kernel = 2 * self._int(0, 3) + 1
        y = b.conv2d(x, self._int(1, 3) * self.channels, kernel=1, activation="relu6")
        y = b.depthwise(y, kernel=kernel, activation="relu6")
        y = b.conv2d(y, x.shape[3], kernel=1)
        return b.add(x, y, activation=self._activation())

    def _pool(self, x: Tensor) -> Tensor:
        kernel = (self._int(1, 3), self._int(1, 3))
        pool = self.builder.average_pool if self._chance(0.5) else self.builder.max_pool
        padding = self._padding(x, kernel)
        # A window must touch the image, which explicit padding does not promise.
        padding = "same" if isinstance(padding, Padding) else padding
        return pool(x, kernel=kernel, stride=self._stride(), padding=padding)

    def _padded_conv(self, x: Tensor) -> Tensor:
        b = self.builder
        border = Padding(
            top=self._int(0, 3), bottom=self._int(0, 3), left=self._int(0, 3), right=self._int(0, 3)
        )
        value = self._int(-128, 127) if self._chance(0.2) else None
        padded = b.pad(x, border, value=value)
        kernel = (min(self._int(1, 7), padded.shape[1]), min(self._int(1, 7), padded.shape[2]))
        if self._chance(0.6):
            return b.depthwise(padded, kernel=kernel, stride=self._stride(), padding="valid")
        out_c = self._int(1, self.channels)
        return b.conv2d(padded, out_c, kernel=kernel, stride=self._stride(), padding="valid")

    def _branch(self, x: Tensor) -> Tensor:
        b = self.builder
        left = b.conv2d(x, self._int(1, self.channels), kernel=1, activation="relu")
        right = b.depthwise(x, kernel=self._int(1, 5))
        if self._chance(0.5):
            right = b.conv2d(right, left.shape[3], kernel=(1, self._int(1, 3)))
            return b.add(left, right)
        if left.shape[3] + right.shape[3] > 4 * self.channels:
            right = b.conv2d(right, 1, kernel=1)
        return b.concat(left, right)

    def _join(self, x: Tensor) -> Tensor:
        b = self.builder
        alike = [t for t in self.saved if t is not x and t.shape == x.shape]
        beside = [t for t in self.saved if t is not x and t.shape[:3] == x.shape[:3]]
        if alike:
            other = alike[self._int(0, len(alike) - 1)]
            return (b.add, b.sub, b.mul)[self._int(0, 2)](x, other)
        if beside:
            other = beside[self._int(0, len(beside) - 1)]
            if x.shape[3] + other.shape[3] <= 4 * self.channels:
                return b.concat(x, other)
        return self._conv(x)

    def _squeeze(self, x: Tensor) -> Tensor:
        b = self.builder
        gate = b.conv2d(b.mean(x, keep_dims=True), x.shape[3], kernel=1)
        if x.shape[3] % 2:
            return b.mul(x, b.lookup(gate, "LOGISTIC"))
        three = b.constant([100], quant=quantization(0.03))
        return b.mul(x, b.mul(b.add(gate, three), b.constant([85], quant=quantization(0.002))))

    def _unary(self, x: Tensor) -> Tensor:
        b = self.builder
        if self._chance(0.25):
            return b.prelu(x)
        return b.lookup(x, ("LOGISTIC", "TANH", "RELU", "HARD_SWISH")[self._int(0, 3)])

    def _clamp(self, x: Tensor) -> Tensor:
        b = self.builder
        limit = b.constant(np.full((1,) * 4, self._int(-40, 40)), quant=self._quant(x))
        return b.maximum(x, limit) if self._chance(0.5) else b.minimum(x, limit)

    def _move(self, x: Tensor) -> Tensor:
        b, (_, h, w, c) = self.builder, x.shape
        kind = self._int(0, 3)
        if kind == 0:
            return b.transpose(x, (0, 2, 1, 3))
        if kind == 1:
            return b.reshape(x, (1, w, h, c))
        if kind == 2 and w > 2:
            return b.slice(x, (0, 0, 1, 0), (1, h, w - 1, c))
        return b.slice(x, (0, 0, 0, 0), (1, -(-h // 2), w, c), strides=(1, 2, 1, 1))

    def _redundant(self, x: Tensor) -> Tensor:
        """Append what passes remove: identities, clamps as tables, sums of constants."""
        b, shape = self.builder, x.shape
        kind = self._int(0, 4)
        if kind == 0:
            return b.reshape(b.reshape(x, (-1, shape[3])), shape)
        if kind == 1:
            return b.transpose(b.transpose(x, (0, 3, 1, 2)), (0, 2, 3, 1))
        if kind == 2:
            return b.lookup(b.lookup(x, "TANH"), ("RELU", "LOGISTIC")[self._int(0, 1)])
        if kind == 3:
            whole = b.slice(x, (0, 0, 0, 0), shape)
            return b.lookup(b.conv2d(whole, shape[3], kernel=1), "RELU6")
        constant = b.transpose(b.random_constant((shape[3], 1)), (1, 0))
        return b.add(b.concat(x), b.reshape(constant, (1, 1, 1, -1)))

    def _resize(self, x: Tensor) -> Tensor:
        _, h, w, _ = x.shape
        if h * w > 100:
            return self._pool(x)
        size = (h * self._int(1, 2), w * self._int(1, 2))
        return self.builder.resize(x, size, bilinear=self._chance(0.5), half_pixel_centers=True)

    # -- draws --------------------------------------------------------------------------------

    def _int(self, least: int, greatest: int) -> int:
        return int(self.rng.integers(least, greatest + 1))

    def _chance(self, probability: float) -> bool:
        return bool(self.rng.random() < probability)

    def _stride(self) -> tuple[int, int]:
        if self._chance(0.7):
            return (1, 1)
        return (self._int(1, 3), self._int(1, 3))

    def _padding(self, x: Tensor, kernel: tuple[int, int], dilation: int = 1) -> str | Padding:
        extent_h, extent_w = ((k - 1) * dilation + 1 for k in kernel)
        if x.shape[1] < extent_h or x.shape[2] < extent_w or self._chance(0.6):
            return "same"
        if self._chance(0.5):
            return "valid"
        top, bottom = self._int(0, extent_h - 1), self._int(0, extent_h - 1)
        left, right = self._int(0, extent_w - 1), self._int(0, extent_w - 1)
        return Padding(top=top, bottom=bottom, left=left, right=right)

    def _activation(self) -> str:
        return ("none", "relu", "relu6")[self._int(0, 2)]

    def _inputs(self) -> list[Tensor]:
        return [edge.tensor for edge in self.builder.inputs]

    @staticmethod
    def _quant(x: Tensor) -> Quantization:
        assert x.quant is not None
        return x.quant
