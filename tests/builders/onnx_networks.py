"""Mobile networks as float ONNX files, with seeded weights, as PyTorch exports them (NCHW)."""

from collections.abc import Sequence

import numpy as np

from tests.builders.onnx_models import Node, model, node


class OnnxNetwork:
    """Chains float nodes; every method gives the name of what it adds."""

    def __init__(self, seed: int) -> None:
        self.rng = np.random.default_rng(seed)
        self.nodes: list[Node] = []
        self.constants: dict[str, np.ndarray] = {}
        self.channels: dict[str, int] = {}

    def input(self, channels: int) -> str:
        self.channels["image"] = channels
        return "image"

    def add(self, op: str, inputs: str, channels: int, **attributes: object) -> str:
        name = f"v{len(self.nodes)}"
        self.nodes.append(node(op, inputs, name, **attributes))
        self.channels[name] = channels
        return name

    def constant(self, values: np.ndarray) -> str:
        name = f"c{len(self.constants)}"
        self.constants[name] = values
        return name

    def conv(
        self,
        x: str,
        out_c: int,
        kernel: int | tuple[int, int] = 1,
        stride: int = 1,
        *,
        depthwise: bool = False,
        act: str = "",
    ) -> str:
        kernel_h, kernel_w = (kernel, kernel) if isinstance(kernel, int) else kernel
        in_c = 1 if depthwise else self.channels[x]
        scale = np.sqrt(2 / (in_c * kernel_h * kernel_w))
        weight = self.rng.normal(0, scale, (out_c, in_c, kernel_h, kernel_w)).astype(np.float32)
        bias = self.rng.normal(0, 0.1, out_c).astype(np.float32)
        pads = [kernel_h // 2, kernel_w // 2] * 2
        operands = f"{x} {self.constant(weight)} {self.constant(bias)}"
        groups = out_c if depthwise else 1
        y = self.add("Conv", operands, out_c, pads=pads, strides=[stride] * 2, group=groups)
        return self.activate(y, act)

    def activate(self, x: str, act: str) -> str:
        channels = self.channels[x]
        match act:
            case "relu6":
                low, high = (self.constant(np.array(end, np.float32)) for end in (0, 6))
                return self.add("Clip", f"{x} {low} {high}", channels)
            case "relu":
                return self.add("Relu", x, channels)
            case "hswish":
                return self.add("HardSwish", x, channels)
            case _:
                return x

    def sum(self, a: str, b: str) -> str:
        return self.add("Add", f"{a} {b}", self.channels[a])

    def squeeze_excite(self, x: str) -> str:
        channels = self.channels[x]
        gate = self.add("GlobalAveragePool", x, channels)
        gate = self.conv(self.conv(gate, max(channels // 4, 4), act="relu"), channels)
        gate = self.add("HardSigmoid", gate, channels, alpha=1 / 6, beta=0.5)
        return self.add("Mul", f"{x} {gate}", channels)

    def head(self, x: str, classes: int) -> str:
        pooled = self.add("GlobalAveragePool", x, self.channels[x])
        flat = self.add("Flatten", pooled, self.channels[x])
        weight = self.rng.normal(0, 0.2, (classes, self.channels[x])).astype(np.float32)
        bias = self.rng.normal(0, 0.1, classes).astype(np.float32)
        operands = f"{flat} {self.constant(weight)} {self.constant(bias)}"
        return self.add("Gemm", operands, classes, transB=1)

    def double(self, x: str, out_c: int) -> str:
        """Add a transposed convolution that doubles the image, with a ReLU."""
        weight = self.rng.normal(
            0, np.sqrt(2 / (4 * self.channels[x])), (self.channels[x], out_c, 2, 2)
        )
        bias = self.rng.normal(0, 0.1, out_c).astype(np.float32)
        operands = f"{x} {self.constant(weight.astype(np.float32))} {self.constant(bias)}"
        return self.activate(self.add("ConvTranspose", operands, out_c, strides=[2, 2]), "relu")

    def finish(self, output: str, size: int, shaped: tuple[int, ...] = ()) -> bytes:
        shape: Sequence[int | str] = (1, self.channels["image"], size, size)
        return model(
            self.nodes,
            {"image": ("float32", shape)},
            {output: ("float32", shaped or (1, self.channels[output]))},
            self.constants,
        )


def gated_network(size: int = 16, seed: int = 3) -> bytes:
    """Give a convolution, a depthwise one, a residual, a gate and a head."""
    net = OnnxNetwork(seed)
    x = net.conv(net.input(3), 8, 3, 2, act="relu6")
    y = net.conv(net.conv(x, 8, 3, depthwise=True, act="hswish"), 8)
    return net.finish(net.head(net.squeeze_excite(net.sum(x, y)), 4), size)


def mobilenet_v2(size: int = 48, seed: int = 0) -> bytes:
    """Give a MobileNetV2 of width 0.25. Source: Sandler et al. (2018), table 2."""
    net = OnnxNetwork(seed)
    x = net.conv(net.input(3), 8, 3, 2, act="relu6")
    settings = [(1, 8, 1, 1), (6, 8, 2, 2), (6, 8, 3, 2), (6, 16, 3, 2), (6, 24, 2, 1)]
    for expand, out_c, repeats, stride in settings:
        for index in range(repeats):
            in_c, step = net.channels[x], stride if index == 0 else 1
            y = net.conv(x, in_c * expand, act="relu6") if expand > 1 else x
            y = net.conv(y, net.channels[y], 3, step, depthwise=True, act="relu6")
            y = net.conv(y, out_c)
            x = net.sum(x, y) if step == 1 and in_c == out_c else y
    return net.finish(net.head(net.conv(x, 64, act="relu6"), 10), size)


def mobilenet_v3_small(size: int = 48, seed: int = 0) -> bytes:
    """Give a narrow MobileNetV3-Small. Source: Howard et al. (2019), table 2."""
    net = OnnxNetwork(seed)
    x = net.conv(net.input(3), 8, 3, 2, act="hswish")
    settings = [
        (3, 8, 8, True, "relu", 2), (3, 24, 12, False, "relu", 2), (3, 32, 12, False, "relu", 1),
        (5, 32, 16, True, "hswish", 2), (5, 48, 16, True, "hswish", 1),
        (5, 48, 24, True, "hswish", 1),
    ]  # fmt: skip
    for kernel, wide, out_c, has_gate, act, stride in settings:
        in_c = net.channels[x]
        y = net.conv(x, wide, act=act)
        y = net.conv(y, wide, kernel, stride, depthwise=True, act=act)
        y = net.conv(net.squeeze_excite(y) if has_gate else y, out_c)
        x = net.sum(x, y) if stride == 1 and in_c == out_c else y
    return net.finish(net.head(net.conv(x, 64, act="hswish"), 10), size)


def ghostnet_v2(size: int = 32, seed: int = 0) -> bytes:
    """Give a short GhostNetV2 with its long-range gates. Source: Tang et al. (2022), figure 4."""
    net = OnnxNetwork(seed)
    x = net.conv(net.input(3), 8, 3, 2, act="relu")
    for wide, out_c, stride in [(16, 8, 1), (24, 12, 2), (36, 12, 1)]:
        in_c = net.channels[x]
        y = _gated(net, x, _ghost(net, x, wide, "relu"))
        if stride > 1:
            y = net.conv(y, wide, 3, stride, depthwise=True)
        y = _ghost(net, y, out_c, "")
        short = x
        if stride > 1 or in_c != out_c:
            short = net.conv(net.conv(x, in_c, 3, stride, depthwise=True), out_c)
        x = net.sum(y, short)
    return net.finish(net.head(net.conv(x, 48, act="relu"), 10), size)


def unet(size: int = 24, seed: int = 0) -> bytes:
    """Give a U: two steps down, two up, joined by channels. Source: Ronneberger et al. (2015)."""
    net = OnnxNetwork(seed)
    top = net.conv(net.input(3), 8, 3, act="relu")
    middle = net.conv(top, 16, 3, 2, act="relu")
    deep = net.conv(net.conv(middle, 16, 3, 2, depthwise=True, act="relu"), 24, act="relu")
    joined = net.add("Concat", f"{net.double(deep, 16)} {middle}", 32, axis=1)
    joined = net.add("Concat", f"{net.double(joined, 8)} {top}", 16, axis=1)
    mask = net.add("Sigmoid", net.conv(net.conv(joined, 8, 3, act="relu"), 1), 1)
    return net.finish(mask, size, (1, 1, size, size))


def _ghost(net: OnnxNetwork, x: str, out_c: int, act: str) -> str:
    """Half of the channels by a 1x1 convolution, the others from these by a depthwise one."""
    first = net.conv(x, out_c // 2, act=act)
    second = net.conv(first, out_c // 2, 3, depthwise=True, act=act)
    return net.add("Concat", f"{first} {second}", out_c, axis=1)


def _gated(net: OnnxNetwork, x: str, y: str) -> str:
    """Multiply by a gate that sees whole rows and columns at half the resolution."""
    channels = net.channels[y]
    small = net.add("AveragePool", x, net.channels[x], kernel_shape=[2, 2], strides=[2, 2])
    gate = net.conv(small, channels)
    gate = net.conv(gate, channels, (1, 5), depthwise=True)
    gate = net.conv(gate, channels, (5, 1), depthwise=True)
    gate = net.add("Sigmoid", gate, channels)
    scales = net.constant(np.array([1, 1, 2, 2], np.float32))
    attributes = {"mode": "nearest", "coordinate_transformation_mode": "asymmetric"}
    gate = net.add("Resize", f"{gate} - {scales}", channels, nearest_mode="floor", **attributes)
    return net.add("Mul", f"{y} {gate}", channels)
