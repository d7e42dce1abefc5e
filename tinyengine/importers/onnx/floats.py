"""Turn an ONNX file that computes in float32 into a float Graph.

Layouts are followed as for quantized files: a name stands for a tensor whose axes lie in some
order, images as NHWC; transposes remain where a reader wants another order.
"""

from collections.abc import Callable, Mapping
from pathlib import Path, PurePath

from tinyengine.errors import ModelError, Problem
from tinyengine.importers.names import identifier, label
from tinyengine.importers.onnx import float_elementwise as elementwise
from tinyengine.importers.onnx import float_products as products
from tinyengine.importers.onnx import float_transposed as transposed
from tinyengine.importers.onnx import folding, movement, resize
from tinyengine.importers.onnx.builder import node_source
from tinyengine.importers.onnx.call import Call
from tinyengine.importers.onnx.float_builder import FloatBuilder
from tinyengine.importers.onnx.handlers import REASONS
from tinyengine.importers.onnx.model import (
    NO_SHAPES,
    FileModel,
    Node,
    Shapes,
    known_domain,
    read_model,
)
from tinyengine.importers.onnx.values import Placed, Value
from tinyengine.importers.refusals import RefusedError
from tinyengine.ir import Edge, Graph, Op


def parse_float(
    data: bytes, name: str, folder: Path | None = None, shapes: Shapes = NO_SHAPES
) -> Graph:
    """Give the float network in the ONNX file `data`; `name` is the file's, for messages.

    External data are read from `folder`; `shapes` are those of inputs that have open dimensions.
    Raises ModelError with all problems found.
    """
    model = read_model(data, name, folder, shapes)
    builder = _started(model)
    problems = []
    for node in model.nodes:
        builder.source = node_source(node)
        try:
            _import(node, builder)
        except RefusedError as refusal:
            where = f"{name}: {builder.source}"
            problems.append(Problem(where=where, problem=refusal.problem, hint=refusal.hint))
    if problems:
        raise ModelError.from_problems(problems)
    try:
        outputs = tuple(builder.leaving(port.name) for port in model.outputs)
    except RefusedError as refusal:
        raise ModelError(name, refusal.problem, refusal.hint) from refusal
    return Graph(
        name=identifier(PurePath(name).stem),
        inputs=tuple(builder.edges[port.name] for port in model.inputs),
        outputs=outputs,
        ops=_needed(builder.ops, outputs),
    )


def _started(model: FileModel) -> "FloatBuilder":
    for port in model.inputs:
        if port.dtype != "float32":
            raise ModelError(
                model.name,
                f"input '{label(port.name)}' is {port.dtype}: the network is not float",
                "give the float model, before any quantization",
            )
    for what, ports in (("input", model.inputs), ("output", model.outputs)):
        if not ports:
            raise ModelError(model.name, f"the model has no {what}s")
    return FloatBuilder(model)


def _needed(ops: list[Op], outputs: tuple[Edge, ...]) -> tuple[Op, ...]:
    """Give the operators that some output depends on."""
    wanted = {edge.tensor for edge in outputs}
    kept: list[Op] = []
    for op in reversed(ops):
        if op.output in wanted:
            kept.append(op)
            wanted.update(op.inputs)
    return tuple(reversed(kept))


def _import(node: Node, builder: FloatBuilder) -> None:
    if not known_domain(node):
        raise RefusedError(f"operators of the domain '{label(node.domain)}' are not supported")
    call = Call(node, builder)
    made = folding.fold(call)
    if made is None:
        if node.op not in _HANDLERS:
            known = f"known: {', '.join(sorted(_HANDLERS))}"
            default = (f"{node.op} is not supported in float networks", known)
            raise RefusedError(*REASONS.get(node.op, default))
        results = _HANDLERS[node.op](call)
        made = results if isinstance(results, tuple) else (results,)
    for name, value in zip(node.outputs, made, strict=False):
        if isinstance(value, Placed):
            value = builder.named(value, name)  # noqa: PLW2901
        builder.values[name] = value


_HANDLERS: Mapping[str, Callable[[Call], Value | tuple[Value, ...]]] = {
    "Conv": products.conv,
    "ConvTranspose": transposed.conv_transpose,
    "DepthToSpace": transposed.depth_to_space,
    "SpaceToDepth": transposed.space_to_depth,
    "Gemm": products.gemm,
    "MatMul": products.matmul,
    "MaxPool": products.pool,
    "AveragePool": products.pool,
    "GlobalMaxPool": products.global_max,
    "GlobalAveragePool": products.mean,
    "ReduceMean": products.mean,
    **dict.fromkeys(elementwise.UNARY, elementwise.unary),
    "Relu": elementwise.relu,
    "Clip": elementwise.clip,
    "HardSigmoid": elementwise.hard_sigmoid,
    "PRelu": elementwise.prelu,
    **dict.fromkeys(("Add", "Sub", "Mul", "Div", "Min", "Max"), elementwise.binary),
    "Softmax": elementwise.softmax,
    "BatchNormalization": elementwise.batch_normalization,
    "Concat": elementwise.concat,
    "Identity": movement.identity,
    "Dropout": movement.identity,
    "Transpose": movement.transpose,
    "Reshape": movement.reshape,
    "Flatten": movement.flatten,
    "Squeeze": movement.squeeze,
    "Unsqueeze": movement.unsqueeze,
    "Slice": movement.slice_,
    "Split": movement.split,
    "Gather": movement.gather,
    "Pad": movement.pad,
    "Resize": resize.resize,
    "Upsample": resize.resize,
    "Shape": movement.shape,
    "Constant": folding.constant_node,
    "ConstantOfShape": folding.constant_of_shape,
}
"""The operators of float networks; others are computed where all that they read is constant."""
