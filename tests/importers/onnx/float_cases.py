"""One small float ONNX model per operator and attribute that can be quantized."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from tests.builders.onnx_models import Node, model, node

RNG = np.random.default_rng(17)
IMAGE = (1, 6, 8, 7)


@dataclass(frozen=True, kw_only=True)
class FloatCase:
    """A float network from `x` to `y`; `tell` is what distinguishes it."""

    tell: str
    nodes: Sequence[Node]
    shape: Sequence[int] = IMAGE
    constants: Mapping[str, Any] = field(default_factory=dict)
    opset: int = 21
    positive: bool = False
    least: float = 20.0

    def file(self) -> bytes:
        inputs = {"x": ("float32", self.shape)}
        outputs = {"y": ("float32", None)}
        return model(self.nodes, inputs, outputs, self.constants, opset=self.opset)

    def samples(self, count: int, seed: int = 5) -> np.ndarray:
        x = np.random.default_rng(seed).normal(0, 1, (count, *self.shape)).astype(np.float32)
        return np.abs(x) + np.float32(0.1) if self.positive else x


def drawn(*shape: int) -> np.ndarray:
    return RNG.normal(0, 1, shape).astype(np.float32)


def one(op: str, inputs: str = "x", tell: str = "", **attributes: Any) -> dict[str, Any]:
    return {"tell": f"{op} {tell}".strip(), "nodes": [node(op, inputs, "y", **attributes)]}


def whole(*values: int) -> np.ndarray:
    return np.array(values, np.int64)


def conv(tell: str, weight: np.ndarray, shape: Sequence[int] = IMAGE, **attributes: Any) -> Any:
    weight = weight / np.sqrt(weight[0].size)
    constants = {"w": weight.astype(np.float32), "b": drawn(len(weight))}
    return FloatCase(
        **one("Conv", "x w b", tell, **attributes), constants=constants, shape=shape
    )  # fmt: skip


def transposed(
    tell: str, weight: np.ndarray, shape: Sequence[int] = IMAGE, **attributes: Any
) -> FloatCase:
    weight = weight / np.sqrt(len(weight) * 2)
    constants = {"w": weight.astype(np.float32), "b": drawn(weight.shape[1])}
    return FloatCase(
        **one("ConvTranspose", "x w b", tell, **attributes), constants=constants, shape=shape
    )


def pooled(op: str, tell: str, shape: Sequence[int] = IMAGE, **attributes: Any) -> FloatCase:
    return FloatCase(**one(op, "x", tell, **attributes), shape=shape)


def moved(op: str, inputs: str, tell: str = "", **more: Any) -> FloatCase:
    constants = more.pop("constants", {})
    return FloatCase(**one(op, inputs, tell, **more), constants=constants)


def resized(tell: str, scales: Sequence[float], **attributes: Any) -> FloatCase:
    constants = {"n": np.array([1, 1, *scales], np.float32)}
    return FloatCase(**one("Resize", "x - n", tell, **attributes), constants=constants)


FLOAT_CASES: tuple[FloatCase, ...] = (
    conv("plain", drawn(4, 6, 3, 2), strides=[2, 1], pads=[1, 0, 2, 1]),
    conv("SAME_UPPER", drawn(4, 6, 3, 3), auto_pad="SAME_UPPER", strides=[2, 2]),
    conv("SAME_LOWER", drawn(4, 6, 3, 2), auto_pad="SAME_LOWER", strides=[2, 2]),
    conv("VALID", drawn(4, 6, 3, 2), auto_pad="VALID"),
    conv("dilated", drawn(4, 6, 3, 3), dilations=[2, 2], pads=[2, 2, 2, 2]),
    conv("grouped", drawn(9, 2, 3, 3), group=3, pads=[1, 1, 1, 1]),
    conv("depthwise", drawn(6, 1, 3, 3), group=6, pads=[1, 1, 1, 1], strides=[2, 2]),
    conv("depthwise, two of each", drawn(12, 1, 3, 3), group=6, pads=[0, 1, 0, 1]),
    conv("of one dimension", drawn(4, 6, 3), shape=(1, 6, 19), strides=[2], pads=[1, 1]),
    transposed(
        "by two", drawn(6, 4, 3, 3), strides=[2, 2], pads=[1, 1, 1, 1], output_padding=[1, 1]
    ),
    transposed("of whole strides", drawn(6, 4, 4, 4), strides=[2, 2], pads=[1, 1, 1, 1]),
    transposed("without strides", drawn(6, 4, 3, 2), pads=[1, 0, 1, 1]),
    transposed("by three, uncut", drawn(6, 2, 2, 3), strides=[3, 3]),
    transposed("SAME_UPPER", drawn(6, 2, 3, 3), auto_pad="SAME_UPPER", strides=[2, 2]),
    transposed("SAME_LOWER", drawn(6, 2, 3, 3), auto_pad="SAME_LOWER", strides=[2, 2]),
    transposed("of a shape", drawn(6, 2, 3, 3), strides=[2, 2], output_shape=[16, 15]),
    transposed(
        "of one dimension", drawn(6, 4, 5), shape=(1, 6, 11), strides=[3], pads=[1, 2],
        output_padding=[1],
    ),
    FloatCase(**one("DepthToSpace", blocksize=2), shape=(1, 8, 3, 5)),
    FloatCase(**one("SpaceToDepth", blocksize=2), shape=(1, 3, 6, 4)),
    conv("of one dimension, grouped", drawn(4, 3, 3), shape=(1, 6, 19), group=2),
    FloatCase(
        **one("Gemm", "x w b", transB=1, alpha=0.5, beta=2.0), shape=(1, 12),
        constants={"w": drawn(5, 12), "b": drawn(5)},
    ),
    FloatCase(**one("MatMul", "x w"), shape=(1, 4, 12), constants={"w": drawn(12, 5)}),
    FloatCase(
        tell="MatMul of two that are computed", shape=(1, 6, 8),
        nodes=[node("Transpose", "x", "t", perm=[0, 2, 1]), node("MatMul", "x t", "y")],
    ),
    FloatCase(
        tell="attention of two heads", shape=(1, 2, 6, 8),
        nodes=[
            node("Transpose", "x", "k", perm=[0, 1, 3, 2]), node("MatMul", "x k", "s"),
            node("Softmax", "s", "w", axis=-1), node("MatMul", "w x", "y"),
        ],
    ),
    *(FloatCase(**one(op)) for op in (
        "Relu", "Sigmoid", "Tanh", "HardSwish", "HardSigmoid", "LeakyRelu", "Elu", "Abs", "Neg",
        "Gelu", "Exp",
    )),
    FloatCase(**one("Gelu", tell="by tanh", approximate="tanh")),
    *(FloatCase(**one(op), positive=True) for op in ("Sqrt", "Log")),
    FloatCase(
        **one("Clip", "x lo hi"), constants={"lo": np.float32(-0.5), "hi": np.float32(0.75)}
    ),
    FloatCase(**one("Clip", "x - hi", "above alone"), constants={"hi": np.float32(0.75)}),
    FloatCase(**one("Clip", "x lo hi", "as ReLU6"), constants={
        "lo": np.float32(0), "hi": np.float32(6)}),
    FloatCase(**one("PRelu", "x s", "by channel"), constants={"s": np.abs(drawn(6, 1, 1))}),
    FloatCase(**one("PRelu", "x s", "one slope"), constants={"s": np.array([0.2], np.float32)}),
    *(
        FloatCase(**one(op, "x c", tell), constants={"c": np.abs(drawn(*shape)) + 1})
        for op in ("Add", "Sub", "Mul", "Div")
        for tell, shape in (("one", ()), ("by channel", (6, 1, 1)), ("all", IMAGE))
    ),
    *(FloatCase(**one(op, "x x", "itself")) for op in ("Add", "Mul")),
    FloatCase(**one("Min", "x c"), constants={"c": np.float32(0.5)}),
    FloatCase(**one("Max", "x c"), constants={"c": np.float32(-0.5)}),
    FloatCase(**one("Softmax", "x", "over channels", axis=1)),
    FloatCase(**one("Softmax", "x", "last axis")),
    FloatCase(
        **one("BatchNormalization", "x s b m v"),
        constants={"s": drawn(6), "b": drawn(6), "m": drawn(6), "v": np.abs(drawn(6)) + 0.1},
    ),
    FloatCase(
        tell="BatchNormalization after Conv",
        nodes=[node("Conv", "x w", "c"), node("BatchNormalization", "c s b m v", "y")],
        constants={"w": drawn(4, 6, 1, 1), "s": drawn(4), "b": drawn(4), "m": drawn(4),
                   "v": np.abs(drawn(4)) + 0.1},
    ),
    pooled("MaxPool", "padded on both sides", kernel_shape=[3, 3], strides=[2, 2],
           pads=[1, 1, 1, 1]),
    pooled("MaxPool", "ceil_mode", kernel_shape=[3, 2], strides=[2, 2], ceil_mode=1),
    pooled("MaxPool", "of one dimension", (1, 6, 19), kernel_shape=[3], strides=[2], pads=[1, 0]),
    pooled("AveragePool", "plain", kernel_shape=[2, 3], strides=[2, 1]),
    pooled("AveragePool", "padded", kernel_shape=[3, 3], pads=[1, 1, 1, 1]),
    pooled("AveragePool", "padded on both sides", kernel_shape=[3, 3], strides=[2, 2],
           pads=[1, 1, 1, 1]),
    pooled("AveragePool", "count_include_pad", kernel_shape=[3, 3], strides=[2, 2],
           pads=[1, 1, 1, 1], count_include_pad=1),
    pooled("AveragePool", "SAME_UPPER", kernel_shape=[3, 3], strides=[2, 2],
           auto_pad="SAME_UPPER"),
    pooled("AveragePool", "ceil_mode", kernel_shape=[3, 2], strides=[2, 2], ceil_mode=1),
    pooled("AveragePool", "of one dimension", (1, 6, 19), kernel_shape=[4], strides=[3]),
    FloatCase(**one("GlobalAveragePool")),
    FloatCase(**one("GlobalMaxPool")),
    *(
        FloatCase(
            **one("ReduceMean", "x n", f"{axes}", keepdims=keeps), constants={"n": whole(*axes)}
        )
        for axes, keeps in (((2, 3), 0), ((1,), 1), ((3,), 0), ((1, 2), 0), ((-1,), 1))
    ),
    moved("Concat", "x x", axis=1),
    FloatCase(
        tell="Concat with a constant", nodes=[node("Concat", "x c", "y", axis=1)],
        constants={"c": np.zeros((1, 2, 8, 7), np.float32)},
    ),
    FloatCase(
        tell="Split",
        nodes=[node("Split", "x n", "a b", axis=1), node("Mul", "b b", "c"),
               node("Concat", "c a", "y", axis=1)],
        constants={"n": whole(2, 4)},
    ),
    moved("Slice", "x a e n k", "with steps", constants={
        "a": whole(1, 0), "e": whole(6, 6), "n": whole(1, 3), "k": whole(2, 3)}),
    moved("Slice", "x a e n k", "backwards", constants={
        "a": whole(5, -1), "e": whole(0, -99), "n": whole(1, 3), "k": whole(-2, -1)}),
    moved("Gather", "x n", "one", axis=1, constants={"n": np.array(3)}),
    moved("Gather", "x n", "several", axis=3, constants={"n": whole(5, 0, 1, 2, -1)}),
    *(
        moved("Pad", "x n", mode, mode=mode, constants={"n": whole(0, 0, 1, 2, 0, 0, 2, 1)})
        for mode in ("constant", "reflect", "edge", "wrap")
    ),
    moved("Pad", "x n", "negative", constants={"n": whole(0, 0, -1, 2, 0, 0, 2, -3)}),
    moved("Pad", "x n c", "with another constant", constants={
        "n": whole(0, 0, 1, 1, 0, 0, 1, 1), "c": np.float32(2)}),
    moved("Reshape", "x n", constants={"n": whole(0, -1, 7)}),
    moved("Flatten", "x"),
    moved("Transpose", "x", perm=[0, 2, 3, 1]),
    moved("Squeeze", "x n", constants={"n": whole(0)}),
    moved("Unsqueeze", "x n", constants={"n": whole(1)}),
    moved("Identity", "x"),
    moved("Dropout", "x"),
    resized("nearest", (2, 3), nearest_mode="floor", coordinate_transformation_mode="asymmetric"),
    resized("nearest, down", (0.5, 0.5), coordinate_transformation_mode="half_pixel"),
    resized("nearest, ceil", (2, 2), nearest_mode="ceil"),
    resized("bilinear", (2, 3), mode="linear"),
    resized("bilinear, PyTorch", (2, 2), mode="linear",
            coordinate_transformation_mode="pytorch_half_pixel"),
    resized("bilinear, corners", (2, 2), mode="linear",
            coordinate_transformation_mode="align_corners"),
    resized("bilinear, asymmetric", (2, 2), mode="linear",
            coordinate_transformation_mode="asymmetric"),
    FloatCase(
        tell="Shape arithmetic",
        nodes=[
            node("Shape", "x", "s"), node("Gather", "s zero", "n", axis=0),
            node("Cast", "n", "f", to=1), node("Mul", "f half", "g"), node("Cast", "g", "h", to=7),
            node("Mul", "h two", "i"), node("Unsqueeze", "i zeros", "j"),
            node("ConstantOfShape", "one_", "k"), node("Cast", "k", "l", to=7),
            node("Sub", "l ones", "m"), node("Concat", "j m", "t", axis=0),
            node("Reshape", "x t", "y"),
        ],
        constants={"zero": np.array(0), "half": np.float32(0.5), "two": np.array(2),
                   "zeros": whole(0), "one_": whole(1), "ones": whole(1)},
        shape=(2, 6, 4),
    ),
)  # fmt: skip
"""What the list of operators in a float network may be, each a case."""
