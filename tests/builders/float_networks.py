"""Float networks as TFLite files, with seeded weights: what `quantize` takes."""

import numpy as np

from tests.builders.tflite_writer import ModelWriter


class FloatNetwork:
    """Chains float operators; every method gives the index and shape of what it adds."""

    def __init__(self, seed: int = 0) -> None:
        self.writer = ModelWriter()
        self.rng = np.random.default_rng(seed)
        self.shapes: dict[int, tuple[int, ...]] = {}
        self.inputs: list[int] = []

    def tensor(self, shape: tuple[int, ...], name: str | None = None) -> int:
        index = self.writer.tensor(shape, "float32", name=name)
        self.shapes[index] = shape
        return index

    def input(self, *shape: int, name: str = "image") -> int:
        index = self.tensor(shape, name)
        self.inputs.append(index)
        return index

    def constant(self, values: np.ndarray, dtype: str = "float32", **quant: object) -> int:
        return self.writer.tensor(values.shape, dtype, data=values, **quant)  # type: ignore[arg-type]

    def conv(self, x: int, out_c: int, kernel: int = 3, stride: int = 1, act: str = "RELU") -> int:
        in_c = self.shapes[x][3]
        weight = self.rng.normal(
            0, 1 / np.sqrt(kernel * kernel * in_c), (out_c, kernel, kernel, in_c)
        )
        return self._convolved("CONV_2D", x, weight, out_c, stride, act)

    def depthwise(self, x: int, kernel: int = 3, stride: int = 1, act: str = "RELU") -> int:
        channels = self.shapes[x][3]
        weight = self.rng.normal(0, 1 / kernel, (1, kernel, kernel, channels))
        weight *= np.exp(self.rng.normal(0, 1.0, channels))  # channels differ in size
        return self._convolved("DEPTHWISE_CONV_2D", x, weight, channels, stride, act)

    def _convolved(
        self, opcode: str, x: int, weight: np.ndarray, out_c: int, stride: int, act: str
    ) -> int:
        n, h, w, _ = self.shapes[x]
        operands = [x, self.constant(weight), self.constant(self.rng.normal(0, 0.1, out_c))]
        y = self.tensor((n, -(-h // stride), -(-w // stride), out_c))
        options: dict[str, object] = {"depth_multiplier": 1} if "DEPTHWISE" in opcode else {}
        options |= {"stride_h": stride, "stride_w": stride, "padding": "SAME"}
        options |= {"dilation_h_factor": 1, "dilation_w_factor": 1}
        self.writer.op(opcode, operands, [y], fused_activation_function=act, **options)
        return y

    def unary(self, opcode: str, x: int, **options: object) -> int:
        y = self.tensor(self.shapes[x])
        self.writer.op(opcode, [x], [y], **options)
        return y

    def binary(self, opcode: str, lhs: int, rhs: int, act: str = "NONE") -> int:
        y = self.tensor(self.shapes[lhs])
        self.writer.op(opcode, [lhs, rhs], [y], fused_activation_function=act)
        return y

    def concat(self, *operands: int) -> int:
        shapes = [self.shapes[each] for each in operands]
        y = self.tensor((*shapes[0][:-1], sum(shape[-1] for shape in shapes)))
        self.writer.op("CONCATENATION", operands, [y], axis=3, fused_activation_function="NONE")
        return y

    def pool(self, opcode: str, x: int) -> int:
        n, h, w, c = self.shapes[x]
        y = self.tensor((n, h // 2, w // 2, c))
        options = {"filter_height": 2, "filter_width": 2, "stride_h": 2, "stride_w": 2}
        self.writer.op(opcode, [x], [y], padding="VALID", **options)
        return y

    def mean(self, x: int) -> int:
        n, _, _, c = self.shapes[x]
        y = self.tensor((n, c))
        self.writer.op("MEAN", [x, self.constant(np.array([1, 2]), "int32")], [y], keep_dims=False)
        return y

    def dense(self, x: int, out: int, act: str = "NONE") -> int:
        n, depth = self.shapes[x]
        weight = self.rng.normal(0, 1 / np.sqrt(depth), (out, depth))
        operands = [x, self.constant(weight), self.constant(self.rng.normal(0, 0.1, out))]
        y = self.tensor((n, out))
        self.writer.op("FULLY_CONNECTED", operands, [y], fused_activation_function=act)
        return y

    def finish(self, *outputs: int) -> bytes:
        return self.writer.finish(self.inputs, outputs)


def small_network(seed: int = 0) -> bytes:
    """Give a network with what mobile networks have: depthwise pairs, a sum, pools, a head."""
    net = FloatNetwork(seed)
    x = net.conv(net.input(1, 16, 16, 3), 8, stride=2, act="RELU6")
    y = net.conv(net.depthwise(x), 8, kernel=1, act="NONE")
    x = net.binary("ADD", x, y, act="RELU")
    x = net.pool("MAX_POOL_2D", x)
    x = net.concat(x, net.unary("HARD_SWISH", net.conv(x, 8, act="NONE")))
    x = net.conv(net.depthwise(x), 24, kernel=1)
    return net.finish(net.unary("SOFTMAX", net.dense(net.mean(x), 10), beta=1.0))
