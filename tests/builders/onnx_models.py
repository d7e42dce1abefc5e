"""Make small ONNX models for tests, and run them in onnxruntime."""

import importlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from tests.support import require_module

Arrays = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Node:
    """An operator with the names of its inputs ("" where left out) and outputs."""

    op: str
    inputs: Sequence[str]
    outputs: Sequence[str]
    attributes: Mapping[str, Any] = field(default_factory=dict)
    domain: str = ""


def node(op: str, inputs: str, outputs: str, **attributes: Any) -> Node:
    """Give a node; names are separated by spaces, and `-` is an input that is left out."""
    names = ["" if name == "-" else name for name in inputs.split()]
    is_ours = op in ("QLinearAdd", "QLinearMul", "QLinearConcat", "QLinearAveragePool",
                     "QLinearGlobalAveragePool", "QLinearSigmoid", "QLinearLeakyRelu",
                     "QLinearSoftmax", "QGemm", "FusedConv")  # fmt: skip
    domain = "com.microsoft" if is_ours else ""
    return Node(op=op, inputs=names, outputs=outputs.split(), attributes=attributes, domain=domain)


def model(
    nodes: Sequence[Node],
    inputs: Mapping[str, tuple[str, Sequence[int | str]]],
    outputs: Mapping[str, tuple[str, Sequence[int | str] | None]],
    constants: Arrays,
    *,
    opset: int = 21,
) -> bytes:
    """Give the file of a graph: edges are (type, shape), `constants` become initializers."""
    require_module("onnx")
    onnx = importlib.import_module("onnx")
    helper, types = importlib.import_module("onnx.helper"), onnx.TensorProto

    def edge(name: str, kind: str, shape: Sequence[int | str] | None) -> Any:
        code = {"float32": types.FLOAT}.get(kind) or getattr(types, kind.upper())
        return helper.make_tensor_value_info(name, code, shape)

    graph = helper.make_graph(
        [
            helper.make_node(
                each.op, each.inputs, each.outputs, domain=each.domain, **each.attributes
            )
            for each in nodes
        ],
        "net",
        [edge(name, *rest) for name, rest in inputs.items()],
        [edge(name, *rest) for name, rest in outputs.items()],
        [onnx.numpy_helper.from_array(np.asarray(v), n) for n, v in constants.items()],
    )
    opsets = [helper.make_opsetid("", opset), helper.make_opsetid("com.microsoft", 1)]
    made = helper.make_model(graph, opset_imports=opsets)
    made.ir_version = 10
    return bytes(made.SerializeToString())


def run_onnxruntime(file: bytes, inputs: Arrays, *, fuses: bool = True) -> list[npt.NDArray[Any]]:
    """Give the outputs of onnxruntime on the processor, as it optimizes by itself.

    Unless it `fuses` every operator is computed as the ONNX standard has it.
    """
    require_module("onnxruntime")
    onnxruntime = importlib.import_module("onnxruntime")
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    if not fuses:
        level = onnxruntime.GraphOptimizationLevel
        options.graph_optimization_level = level.ORT_DISABLE_ALL
    session = onnxruntime.InferenceSession(file, options, providers=["CPUExecutionProvider"])
    return list(session.run(None, dict(inputs)))


def qlinear_matmul(
    x: npt.NDArray[np.int8],
    w: npt.NDArray[np.int8],
    x_scale: np.float32,
    w_scale: npt.NDArray[np.float32],
    y_scale: np.float32,
) -> npt.NDArray[np.int8]:
    """Give the product of x and w as onnxruntime's QLinearMatMul has it; zero points are 0."""
    zero = np.int8(0)
    constants = {
        "xs": x_scale, "xz": zero, "w": w, "ws": w_scale, "ys": y_scale, "yz": zero,
        "wz": np.zeros(w_scale.shape, np.int8),
    }  # fmt: skip
    file = model(
        [node("QLinearMatMul", "x xs xz w ws wz ys yz", "y")],
        {"x": ("int8", x.shape)},
        {"y": ("int8", (x.shape[0], w.shape[1]))},
        constants,
    )
    (y,) = run_onnxruntime(file, {"x": x})
    return y
