"""One small quantized ONNX model per operator that the importer accepts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from tests.builders.onnx_models import Node, model, node

RNG = np.random.default_rng(7)
IMAGE = (1, 6, 7, 5)
SCALARS = {
    "s": np.float32(0.0473), "z": np.int8(-3), "t": np.float32(0.0811), "v": np.int8(5),
    "p": np.float32(1 / 256), "q": np.int8(-128), "u": np.float32(0.3719),
}  # fmt: skip
"""Scales and zero points by the names that nodes use."""


@dataclass(frozen=True, kw_only=True)
class Case:
    """A model from `x` (and `y`), int8 in s and z; `most` is how far onnxruntime may be off."""

    op: str
    nodes: Sequence[Node]
    shape: Sequence[int] = IMAGE
    two: Sequence[int] | None = None
    constants: Mapping[str, Any] = field(default_factory=dict)
    outputs: Sequence[str] = ("o",)
    most: int = 0
    opset: int = 21

    def file(self) -> bytes:
        inputs = {"x": ("int8", self.shape)}
        if self.two is not None:
            inputs["y"] = ("int8", self.two)
        outputs = dict.fromkeys(self.outputs, ("int8", None))
        return model(self.nodes, inputs, outputs, {**SCALARS, **self.constants}, opset=self.opset)


def weights(*shape: int, axis: int | None = 0) -> dict[str, Any]:
    """Give int8 weights `w` with scales `ws` (per channel along `axis`) and zero points `wz`."""
    count = () if axis is None else (shape[axis],)
    return {
        "w": RNG.integers(-127, 128, shape).astype(np.int8),
        "ws": RNG.uniform(0.002, 0.01, count).astype(np.float32),
        "wz": np.zeros(count, np.int8),
    }


def biases(count: int) -> dict[str, Any]:
    return {"b": RNG.integers(-3000, 3000, count).astype(np.int32)}


def between(*nodes: Node, out: str = "t v") -> list[Node]:
    """Give nodes that compute `r` of the real `f` (and `g`), between quantizations."""
    ends = [node("DequantizeLinear", "x s z", "f")]
    if any("g" in each.inputs for each in nodes):
        ends.append(node("DequantizeLinear", "y s z", "g"))
    return [*ends, *nodes, node("QuantizeLinear", f"r {out}", "o")]


def conv_case(op: str, shape: Sequence[int], constants: dict[str, Any], **attributes: Any) -> Case:
    if op == "QLinearConv":
        nodes = [node(op, "x s z w ws wz t v b", "o", **attributes)]
        return Case(op=op, nodes=nodes, shape=shape, constants=constants)
    scale = (np.float32(SCALARS["s"]) * constants["ws"]).astype(np.float32)
    constants = {**constants, "bs": scale, "bz": np.zeros(np.shape(scale), np.int32)}
    nodes = between(
        node("DequantizeLinear", "w ws wz", "k", axis=0),
        node("DequantizeLinear", "b bs bz", "c", axis=0),
        node(op, "f k c", "r", **attributes),
    )
    return Case(op=op, nodes=nodes, shape=shape, constants=constants)


def unary_case(op: str, out: str = "t v", **attributes: Any) -> Case:
    return Case(op=op, nodes=between(node(op, "f", "r", **attributes), out=out), most=1)


def moved(op: str, inputs: str, constants: dict[str, Any] | None = None, **attributes: Any) -> Case:
    """Give an operator that moves int8 values."""
    return Case(op=op, nodes=[node(op, inputs, "o", **attributes)], constants=constants or {})


CONV = {**weights(4, 6, 3, 2), **biases(4)}
GROUPED = {**weights(9, 2, 3, 3), **biases(9)}
DEPTHWISE = {**weights(12, 1, 3, 3), **biases(12)}
LINE = {**weights(4, 6, 3), **biases(4)}
MATRIX = {**weights(8, 5, axis=1)}
TALL = {**weights(5, 8, axis=0), **biases(5)}

CASES: tuple[Case, ...] = (
    *(
        case
        for op in ("QLinearConv", "Conv")
        for case in (
            conv_case(op, IMAGE, CONV, pads=[1, 0, 2, 1], strides=[2, 1]),
            conv_case(op, IMAGE, CONV, auto_pad="SAME_UPPER", strides=[2, 2]),
            conv_case(op, IMAGE, CONV, auto_pad="SAME_LOWER", strides=[2, 1]),
            conv_case(op, IMAGE, GROUPED, group=3, dilations=[1, 2]),
            conv_case(op, IMAGE, DEPTHWISE, group=6, pads=[1, 1, 1, 1]),
            conv_case(op, (1, 6, 9), LINE, pads=[1, 1], strides=[2]),
            conv_case(op, (2, 6, 5, 4), CONV),
        )
    ),
    Case(
        op="QLinearMatMul", nodes=[node("QLinearMatMul", "x s z w ws wz u v", "o")],
        shape=(3, 8), constants=MATRIX,
    ),
    Case(
        op="MatMul", shape=(2, 3, 8), constants=MATRIX,
        nodes=between(
            node("DequantizeLinear", "w ws wz", "k", axis=1), node("MatMul", "f k", "r"),
            out="u v",
        ),
    ),
    Case(
        op="QGemm", shape=(3, 8), constants=TALL,
        nodes=[node("QGemm", "x s z w ws wz b u v", "o", transB=1)],
    ),
    Case(
        op="Gemm", shape=(3, 8),
        constants={**TALL, "bs": SCALARS["s"] * TALL["ws"], "bz": np.zeros(5, np.int32)},
        nodes=between(
            node("DequantizeLinear", "w ws wz", "k", axis=0),
            node("DequantizeLinear", "b bs bz", "c", axis=0),
            node("Gemm", "f k c", "r", transB=1), out="u v",
        ),
    ),
    *(
        Case(op=op, two=two, nodes=between(node(op, "f g", "r")), most=1)
        for op in ("Add", "Sub", "Mul")
        for two in (IMAGE, (5,), (6, 1, 1))
    ),
    Case(
        op="Div", constants={"c": np.float32(3)}, most=1, nodes=between(node("Div", "f c", "r")),
    ),
    *(
        Case(op=op, two=IMAGE, nodes=[node(op, "x s z y t v u z", "o")], most=1)
        for op in ("QLinearAdd", "QLinearMul")
    ),
    *(unary_case(op) for op in (
        "Relu", "Sigmoid", "Tanh", "HardSwish", "HardSigmoid", "LeakyRelu", "Elu", "Abs", "Neg",
        "Erf", "Softplus", "Softsign", "Mish", "Exp",
    )),
    unary_case("Gelu"),
    unary_case("Gelu", approximate="tanh"),
    *(
        Case(
            op=op, most=1,
            nodes=between(node("Exp", "f", "e"), node("QuantizeLinear", "e u q", "m"),
                          node("DequantizeLinear", "m u q", "n"), node("Clip", "n lo hi", "k"),
                          node("QuantizeLinear", "k u q", "l"),
                          node("DequantizeLinear", "l u q", "h"),
                          node(op, "h", "r")),
            constants={"lo": np.float32(0.5), "hi": np.float32(9)},
        )
        for op in ("Log", "Sqrt", "Reciprocal")
    ),
    Case(
        op="Clip", constants={"lo": np.float32(-1), "hi": np.float32(2.2)},
        nodes=between(node("Clip", "f lo hi", "r")), most=1,
    ),
    Case(
        op="PRelu", constants={"a": RNG.uniform(-0.2, 0.6, (6, 1, 1)).astype(np.float32)}, most=1,
        nodes=between(node("PRelu", "f a", "r")),
    ),
    Case(
        op="PRelu", constants={"a": RNG.uniform(-0.2, 0.6, 5).astype(np.float32)}, most=1,
        nodes=between(node("PRelu", "f a", "r")),
    ),
    *(
        Case(op=op, nodes=[node(op, f"x s z {'p q' if 'Sig' in op else 't v'}", "o")], most=1)
        for op in ("QLinearSigmoid", "QLinearLeakyRelu")
    ),
    Case(op="Softmax", most=1, nodes=between(node("Softmax", "f", "r", axis=1), out="p q")),
    Case(op="Softmax", most=1, nodes=between(node("Softmax", "f", "r"), out="p q")),
    Case(
        op="QLinearSoftmax", most=1,
        nodes=[node("QLinearSoftmax", "x s z p q", "o", axis=-1, opset=13)],
    ),
    *(
        Case(op=op, most=1, nodes=between(node(op, "f", "r", **attributes)))
        for op, attributes in (
            ("GlobalAveragePool", {}),
            ("AveragePool", {"kernel_shape": [2, 3], "strides": [2, 1]}),
            ("AveragePool", {"kernel_shape": [3, 3], "pads": [1, 1, 1, 1],
                             "count_include_pad": 1}),
        )
    ),
    *(
        Case(op="AveragePool", most=1, shape=shape, nodes=between(node(
            "AveragePool", "f", "r", **attributes)))
        for shape, attributes in (
            (IMAGE, {"kernel_shape": [3, 3], "pads": [1, 1, 1, 1]}),
            (IMAGE, {"kernel_shape": [3, 2], "strides": [2, 2], "pads": [1, 0, 1, 1]}),
            (IMAGE, {"kernel_shape": [3, 3], "strides": [2, 2], "auto_pad": "SAME_UPPER"}),
            (IMAGE, {"kernel_shape": [2, 2], "strides": [2, 2], "ceil_mode": 1}),
            ((1, 6, 11), {"kernel_shape": [3], "strides": [2], "pads": [1, 1]}),
        )
    ),
    *(
        Case(
            op="ReduceMean", constants={"axes": np.array(axes)}, most=1,
            nodes=between(node("ReduceMean", "f axes", "r", keepdims=keeps)),
        )
        for axes, keeps in (
            ([2, 3], 0), ([1], 1), ([1], 0), ([3], 0), ([-2], 1), ([1, 2], 0), ([1, 2, 3], 1)
        )
    ),
    *(
        Case(
            op="BatchNormalization", most=1, nodes=nodes,
            constants={**constants, "ga": RNG.uniform(-2, 2, count).astype(np.float32),
                       "be": RNG.normal(0, 1, count).astype(np.float32),
                       "mu": RNG.normal(0, 1, count).astype(np.float32),
                       "var": RNG.uniform(0.1, 2, count).astype(np.float32)},
        )
        for count, nodes, constants in (
            (6, between(node("BatchNormalization", "f ga be mu var", "r")), {}),
            (4, between(node("DequantizeLinear", "w ws wz", "k", axis=0),
                        node("Conv", "f k", "c"),
                        node("BatchNormalization", "c ga be mu var", "r")),
             weights(4, 6, 3, 2)),
        )
    ),
    *(
        Case(
            op=op, most=1, nodes=between(node(op, inputs, "r")),
            constants={"c": RNG.uniform(0.5, 2, shape).astype(np.float32)},
        )
        for op, inputs, shape in (
            ("Add", "f c", (6, 1, 1)), ("Sub", "c f", (5,)), ("Mul", "f c", (1, 6, 1, 1)),
            ("Div", "f c", (6, 1, 1)),
        )
    ),
    *(
        Case(op=op, most=1, nodes=[node(op, "x s z t v", "o", **attributes)])
        for op, attributes in (
            ("QLinearGlobalAveragePool", {}),
            ("QLinearAveragePool", {"kernel_shape": [2, 2]}),
        )
    ),
    Case(
        op="MaxPool", nodes=between(node("MaxPool", "f", "r", kernel_shape=[3, 2],
                                         pads=[1, 0, 1, 1], strides=[2, 2])), most=1,
    ),
    moved("MaxPool", "x", kernel_shape=[2, 2]),
    moved("MaxPool", "x", kernel_shape=[3, 3], strides=[2, 2], ceil_mode=1),
    Case(op="GlobalMaxPool", most=1, nodes=between(node("GlobalMaxPool", "f", "r"))),
    moved("Gather", "x n", {"n": np.array(-2)}, axis=1),
    moved("Gather", "x n", {"n": np.array([3, 0, 1, 2])}, axis=3),
    moved("Transpose", "x", perm=[0, 2, 3, 1]),
    moved("Reshape", "x n", {"n": np.array([0, -1, 5])}),
    moved("Flatten", "x"),
    moved("Squeeze", "x n", {"n": np.array([0])}),
    moved("Unsqueeze", "x n", {"n": np.array([1, -1])}),
    moved("Identity", "x"),
    moved("Slice", "x a e n k", {
        "a": np.array([4, -1]), "e": np.array([0, -9]), "n": np.array([1, 3]),
        "k": np.array([-2, -1]),
    }),
    Case(
        op="Split", outputs=("o", "m"), constants={"n": np.array([2, 4])},
        nodes=[node("Split", "x n", "o m", axis=1)],
    ),
    Case(op="Dropout", nodes=between(node("Dropout", "f", "r")), most=1),
    Case(op="Concat", two=(1, 2, 7, 5), nodes=[node("Concat", "x y", "o", axis=1)]),
    Case(op="Concat", two=(1, 2, 7, 5), nodes=between(node("Concat", "f g", "r", axis=1)), most=1),
    Case(
        op="QLinearConcat", two=IMAGE,
        nodes=[node("QLinearConcat", "t v x s z y u z", "o", axis=2)], most=1,
    ),
    Case(
        op="Pad", constants={"n": np.array([0, 1, 2, 0, 0, 0, 1, 3]), "c": np.float32(0.4)},
        nodes=between(node("Pad", "f n c", "r"), out="s z"),
    ),
    *(
        Case(
            op="Pad", constants={"n": np.array([0, 0, 2, 1, 0, 0, 1, 3])},
            nodes=between(node("Pad", "f n", "r", mode=mode), out="s z"),
        )
        for mode in ("reflect", "edge", "wrap")
    ),
    Case(
        op="Pad", constants={"n": np.array([0, -2, 2, 1, 0, 1, -1, -3])},
        nodes=between(node("Pad", "f n", "r"), out="s z"),
    ),
    *(
        Case(
            op=op, opset=opset, constants={"n": np.array([1, 1, 2, 3], np.float32)},
            nodes=between(node(op, inputs, "r", **attributes), out="s z"),
        )
        for op, opset, inputs, attributes in (
            ("Resize", 21, "f - n", {"nearest_mode": "floor",
                                     "coordinate_transformation_mode": "asymmetric"}),
            ("Resize", 21, "f - n", {}),
            ("Resize", 21, "f - n", {"nearest_mode": "ceil"}),
        )
    ),
    *(
        Case(
            op="Resize", most=2, constants={"n": np.array([1, 1, 2, 2], np.float32)},
            nodes=between(node("Resize", "f - n", "r", mode="linear", **attributes), out="s z"),
        )
        for attributes in (
            {}, {"coordinate_transformation_mode": "asymmetric"},
            {"coordinate_transformation_mode": "align_corners"},
        )
    ),
    Case(
        op="Resize", most=2, constants={"n": np.array([1, 6, 9, 4])},
        nodes=between(node("Resize", "f - - n", "r", mode="linear"), out="s z"),
    ),
    Case(
        op="Shape", constants={"minus": np.array([-1])},
        nodes=[
            node("Shape", "x", "all", end=2), node("Concat", "all minus", "n", axis=0),
            node("Reshape", "x n", "o"),
        ],
    ),
    Case(
        op="ConstantOfShape", constants={"n": np.array([1, 6, 7, 5])}, most=1,
        nodes=between(
            node("ConstantOfShape", "n", "c"), node("QuantizeLinear", "c s z", "k"),
            node("DequantizeLinear", "k s z", "d"), node("Add", "f d", "r"),
        ),
    ),
    Case(
        op="Constant",
        nodes=[node("Constant", "", "n", value_ints=[1, -1]), node("Reshape", "x n", "o")],
    ),
)  # fmt: skip
"""Every operator that the importer accepts, at least once."""
