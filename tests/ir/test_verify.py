"""Valid graphs pass, and every kind of invalid graph is named precisely."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from tests.builders.graphs import GraphBuilder, frozen, quantization, random_graph
from tinyengine import ir
from tinyengine.ir import NO_CLAMP, Array, DType, Graph, Op, Padding, Quantization, Tensor, Unary
from tinyengine.ir.elements import INTEGERS
from tinyengine.ir.shapes import SHAPES
from tinyengine.ir.verify import Level, find_faults, find_op_faults, verify
from tinyengine.passes.rewrite import with_operands


def with_last(graph: Graph, **changes: Any) -> Graph:
    """Give `graph` with its last operator changed."""
    return graph.with_ops((*graph.ops[:-1], replace(graph.ops[-1], **changes)))


def with_tensor(tensor: Tensor, **changes: Any) -> Graph:
    """Give a graph whose only input and output is `tensor` changed."""
    b = GraphBuilder()
    b.lookup(b.input((2,)))
    edge = replace(b.inputs[0], tensor=replace(tensor, **changes))
    return replace(b.build(), inputs=(edge,), outputs=(edge,), ops=())


@pytest.mark.parametrize("seed", range(40))
def test_random_graphs_are_valid(seed: int) -> None:
    verify(random_graph(seed))


def test_a_softmax_scale_may_be_a_thousandth_off() -> None:
    near = replace(shaped(1, 4), quant=quantization(1.0009 / 256, -128))
    far = replace(shaped(1, 4), quant=quantization(1.0011 / 256, -128))
    for output, valid in [(near, True), (far, False)]:
        op = op_of(lambda b: b.softmax(b.input((1, 4))), output=output)
        assert (not find_op_faults(op)) == valid


def test_every_operator_class_has_a_check() -> None:
    classes = {c for c in vars(ir).values() if isinstance(c, type) and issubclass(c, Op)}
    leaves = {c for c in classes if not c.__subclasses__()}
    assert set(SHAPES) == set(INTEGERS) == leaves


# -- order and edges --------------------------------------------------------------------------


def chain() -> Graph:
    b = GraphBuilder()
    return b.build(b.lookup(b.lookup(b.input((1, 2, 2, 3)), "TANH"), "RELU"))


def test_reading_before_producing_is_a_fault() -> None:
    graph = chain()
    faults = find_faults(graph.with_ops(graph.ops[::-1]))
    assert faults == ("op 1 RELU 'relu_1': reads 't0' before anything produces it",)


def test_producing_twice_is_a_fault() -> None:
    graph = chain()
    faults = find_faults(graph.with_ops((*graph.ops, graph.ops[0])))
    assert faults == ("op 0 TANH 'tanh_0': 't0' is produced a second time",)


def test_writing_a_model_input_is_a_fault() -> None:
    graph = chain()
    op = replace(graph.ops[1], output=graph.input_tensors[0])
    assert "produced a second time" in find_faults(graph.with_ops((graph.ops[0], op)))[0]


def test_writing_a_constant_is_a_fault() -> None:
    graph = chain()
    data = frozen(np.zeros((1, 2, 2, 3)), DType.INT8)
    constant = replace(graph.ops[1].output, data=data)
    assert "writes the constant" in "\n".join(find_faults(with_last(graph, output=constant)))


def test_an_output_that_nothing_produces_is_a_fault() -> None:
    graph = chain()
    assert find_faults(graph.with_ops(graph.ops[:1])) == (
        "output 'output0': nothing produces 't1'",
    )


def test_a_graph_without_outputs_is_a_fault() -> None:
    assert find_faults(replace(chain(), outputs=())) == ("there is no output",)


def test_an_input_that_stands_twice_is_a_fault() -> None:
    graph = chain()
    assert find_faults(replace(graph, inputs=graph.inputs * 2)) == (
        "input 'input0': stands 2 times among the inputs",
    )


def test_an_output_may_stand_twice() -> None:
    graph = chain()
    assert find_faults(replace(graph, outputs=graph.outputs * 2)) == ()


def test_a_float_edge_of_a_quantized_tensor_is_valid() -> None:
    b = GraphBuilder()
    verify(b.build(b.lookup(b.input((2,), edge_dtype=DType.FLOAT32)), edge_dtype=DType.FLOAT32))


def test_an_edge_of_another_type_than_its_tensor_is_a_fault() -> None:
    b = GraphBuilder()
    graph = b.build(b.lookup(b.input((2,), edge_dtype=DType.UINT8)))
    assert find_faults(graph) == ("edge 'input0': is uint8, its tensor int8",)


def test_verify_raises_with_all_faults() -> None:
    graph = replace(chain(), ops=())
    with pytest.raises(AssertionError, match=r"(?s)graph 'net' is not valid:\n.*nothing produces"):
        verify(graph)


# -- float graphs -----------------------------------------------------------------------------


def in_floats(graph: Graph) -> Graph:
    """The same network before quantization: all elements float32, no clamps on the way."""
    real: dict[Tensor, Tensor] = {}
    for tensor in (*graph.input_tensors, *(t for op in graph.ops for t in (*op.inputs, op.output))):
        data = None if tensor.data is None else frozen(tensor.data, DType.FLOAT32)
        made = replace(tensor, dtype=DType.FLOAT32, quant=None, data=data)
        real.setdefault(tensor, made)
    ops = []
    for op in graph.ops:
        free = {"act_min": NO_CLAMP[0], "act_max": NO_CLAMP[1]} if hasattr(op, "act_min") else {}
        ops.append(replace(with_operands(op, real), output=real[op.output], **free))
    inputs, outputs = (
        tuple(replace(edge, tensor=real[edge.tensor], dtype=DType.FLOAT32) for edge in edges)
        for edges in (graph.inputs, graph.outputs)
    )
    return replace(graph, inputs=inputs, outputs=outputs, ops=tuple(ops))


def small_network() -> Graph:
    b = GraphBuilder()
    x = b.add(b.conv2d(b.input(IMAGE), 4), b.depthwise(b.input(IMAGE)))
    x = b.pad(b.prelu(b.concat(x, x)), Padding(top=1))
    return b.build(b.softmax(b.fully_connected(b.mean(b.max_pool(x)), 7)))


def test_a_float_graph_is_valid_on_its_level_alone() -> None:
    integers = small_network()
    floats = in_floats(integers)
    verify(floats, Level.FLOAT)
    assert "is float32; tensors are integers" in "\n".join(find_faults(floats))
    assert "is quantized in a float graph" in "\n".join(find_faults(integers, Level.FLOAT))


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"act_min": 0}, "must be an operator of its own"),
        ({"stride_h": 2}, "must be (1, 3, 6, 8)"),
        ({"weight": Tensor(name="w", shape=(8, 3, 3, 4), dtype=DType.FLOAT32)}, "not constant"),
        ({"input": Tensor(name="x", shape=(1, 5, 6, 4), dtype=DType.INT8)}, "'x' is int8, must be"),
    ],
)
def test_what_a_float_operator_asks_is_named(changes: dict[str, Any], fault: str) -> None:
    b = GraphBuilder()
    (op,) = in_floats(b.build(conv(b))).ops
    assert find_op_faults(op, Level.FLOAT) == ()
    assert fault in "\n".join(find_op_faults(replace(op, **changes), Level.FLOAT))


@pytest.mark.parametrize("make", [lambda b, x: b.lookup(x), lambda b, x: b.quantize(x)])
def test_operators_of_quantized_values_are_none_of_a_float_graph(make: Any) -> None:
    b = GraphBuilder()
    (op,) = in_floats(b.build(make(b, b.input(IMAGE)))).ops
    assert "computes with quantized values" in "\n".join(find_op_faults(op, Level.FLOAT))


def test_functions_of_real_numbers_are_of_float_graphs_only() -> None:
    x = Tensor(name="x", shape=(2, 3), dtype=DType.FLOAT32)
    source = op_of(lambda b: b.lookup(b.input((1,)))).source
    op = Unary(source=source, output=replace(x, name="y"), input=x, function="LOGISTIC")
    assert find_op_faults(op, Level.FLOAT) == ()
    assert find_op_faults(op) == ("LOGISTIC of real numbers; in an integer graph it is a Lookup",)
    longer = replace(op, output=replace(x, shape=(2, 4)))
    assert "output is (2, 4), must be (2, 3)" in find_op_faults(longer, Level.FLOAT)


def test_indices_may_be_moved_in_a_float_graph() -> None:
    b = GraphBuilder()
    (op,) = b.build(b.reshape(b.input((2, 3)), (6,))).ops
    index = {"dtype": DType.INT32, "quant": None}
    moved = with_operands(op, {op.inputs[0]: replace(op.inputs[0], **index)})
    assert find_op_faults(replace(moved, output=replace(op.output, **index)), Level.FLOAT) == ()


# -- tensors ----------------------------------------------------------------------------------

IMAGE = (1, 5, 6, 4)
PLAIN = Tensor(name="t", shape=(2, 3), dtype=DType.INT8, quant=quantization(0.5))


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"shape": (2, 0)}, "shape (2, 0) has a dimension below 1"),
        ({"dtype": DType.FLOAT32}, "is float32; tensors are integers"),
        ({"quant": Quantization(scale=(1.0,), zero_point=())}, "has 1 scales and 0 zero points"),
        ({"quant": quantization(0.0)}, "has a scale that is not positive and finite"),
        ({"quant": quantization(float("nan"))}, "has a scale that is not positive and finite"),
        ({"quant": quantization(1.0, 128)}, "has a zero point outside [-128, 127]"),
        (
            {"quant": Quantization(scale=(1.0, 2.0), zero_point=(0, 0), axis=1)},
            "has 2 scales along axis 1 of (2, 3)",
        ),
    ],
)
def test_malformed_tensors_are_faults(changes: dict[str, Any], fault: str) -> None:
    assert f"tensor 't': {fault}" in find_faults(with_tensor(PLAIN, **changes))


@pytest.mark.parametrize(
    ("data", "fault"),
    [
        (np.zeros((2, 3), np.int8), "its data is writeable"),
        (frozen(np.zeros((3, 2)), DType.INT8), "its data is int8 (3, 2), not int8 (2, 3)"),
        (frozen(np.zeros((2, 3)), DType.INT32), "its data is int32 (2, 3), not int8 (2, 3)"),
    ],
)
def test_constants_are_read_only_and_of_their_shape(data: Array, fault: str) -> None:
    b = GraphBuilder()
    graph = b.build(b.add(b.input((2, 3)), replace(PLAIN, data=data)))
    assert find_faults(graph) == (f"tensor 't': {fault}",)


# -- operators --------------------------------------------------------------------------------

Make = Callable[[GraphBuilder], Tensor]


def op_of(make: Make, **changes: Any) -> Op:
    """Give the last operator that `make` appends, changed."""
    builder = GraphBuilder()
    make(builder)
    return replace(builder.ops[-1], **changes)


def shaped(*shape: int, dtype: DType = DType.INT8) -> Tensor:
    return Tensor(name="x", shape=shape, dtype=dtype, quant=quantization(0.5))


def conv(b: GraphBuilder) -> Tensor:
    return b.conv2d(b.input(IMAGE), 8)


def depthwise(b: GraphBuilder) -> Tensor:
    return b.depthwise(b.input(IMAGE))


def dense(b: GraphBuilder) -> Tensor:
    return b.fully_connected(b.input(IMAGE), 7, depth=24)


@pytest.mark.parametrize(
    ("make", "changes", "fault"),
    [
        (conv, {"output": shaped(1, 5, 5, 8)}, "output is (1, 5, 5, 8), must be (1, 5, 6, 8)"),
        (conv, {"stride_h": 2}, "output is (1, 5, 6, 8), must be (1, 3, 6, 8)"),
        (conv, {"stride_w": 0}, "stride 1x0 stands still"),
        (conv, {"dilation_h": 0}, "dilation 0x1 stands still"),
        (conv, {"dilation_w": 2}, "output is (1, 5, 6, 8), must be (1, 5, 4, 8)"),
        (conv, {"padding": Padding()}, "output is (1, 5, 6, 8), must be (1, 3, 4, 8)"),
        (conv, {"padding": Padding(top=-1)}, "is negative"),
        (conv, {"dilation_h": 9}, "window 19x3 is larger than the padded input"),
        (conv, {"act_min": 3, "act_max": 2}, "clamp [3, 2] is not inside [-128, 127]"),
        (conv, {"act_max": 128}, "clamp [-128, 128] is not inside [-128, 127]"),
        (conv, {"input": shaped(5, 6, 4)}, "input (5, 6, 4) is not [N, H, W, C]"),
        (
            conv,
            {"input": shaped(1, 5, 6, 3)},
            "weights (8, 3, 3, 4) do not divide 3 channels into groups",
        ),
        (conv, {"input": shaped(*IMAGE, dtype=DType.UINT8)}, "'x' is uint8, must be int8"),
        (conv, {"weight": shaped(8, 3, 3, 4)}, "the weights are not constant"),
        (conv, {"bias": shaped(8)}, "bias (8,) is not (8,) constant values"),
        (conv, {"bias": shaped(8)}, "bias 'x' is int8, must be int32"),
        (depthwise, {"input": shaped(1, 5, 6, 3)}, "do not divide into 3 input channels"),
        (depthwise, {"output": shaped(1, 5, 6, 8)}, "output is (1, 5, 6, 8), must be (1, 5, 6, 4)"),
        (dense, {"input": shaped(1, 7)}, "input (1, 7) does not divide into vectors of 24"),
        (dense, {"output": shaped(5, 6)}, "output is (5, 6), must be 5 vectors of 7"),
        (dense, {"act_min": -129}, "clamp [-129, 127] is not inside"),
        (
            lambda b: b.max_pool(b.input(IMAGE)),
            {"padding": Padding(top=2)},
            "holds whole windows of 2x2",
        ),
        (lambda b: b.average_pool(b.input(IMAGE)), {"kernel_h": 4}, "must be (1, 1, 3, 4)"),
        (lambda b: b.average_pool(b.input(IMAGE)), {"kernel_h": 0}, "kernel 0x2 is empty"),
        (
            lambda b: b.add(b.input(IMAGE), b.input((4,))),
            {"rhs": shaped(3)},
            "(1, 5, 6, 4) and (3,) do not broadcast",
        ),
        (
            lambda b: b.mul(b.input(IMAGE), b.input((4,))),
            {"lhs": shaped(4)},
            "output is (1, 5, 6, 4), must be (4,)",
        ),
        (
            lambda b: b.minimum(b.input((4,)), b.constant([1, 2, 3, 4], quant=quantization(1.0))),
            {},
            "'constant' is not quantized like the output",
        ),
        (lambda b: b.prelu(b.input(IMAGE)), {"alpha": shaped(4)}, "the slope is not a constant"),
        (lambda b: b.prelu(b.input(IMAGE)), {"alpha": shaped(3)}, "does not broadcast to"),
        (
            lambda b: b.lookup(b.input(IMAGE)),
            {"table": np.zeros(255, np.int8)},
            "the table is int8 (255,), not 256 int8",
        ),
        (
            lambda b: b.quantize(b.input((2,))),
            {"output": shaped(2, dtype=DType.INT32)},
            "cannot requantize int8 to int32",
        ),
        (
            lambda b: b.mean(b.input(IMAGE)),
            {"output": shaped(1, 1, 4)},
            "output is (1, 1, 4), must be (1, 1, 1, 4) or (1, 4)",
        ),
        (lambda b: b.mean(b.input(IMAGE)), {"axes": (2, 1)}, "axes (2, 1) are not ascending"),
        (lambda b: b.mean(b.input(IMAGE)), {"axes": (4,)}, "axes (4,) are not ascending"),
        (
            lambda b: b.arg_max(b.input(IMAGE), 1),
            {"axis": 4},
            "axis 4 is no dimension of",
        ),
        (lambda b: b.arg_max(b.input(IMAGE), 1), {"axis": 3}, "output is (1, "),
        (
            lambda b: b.softmax(b.input((1, 4))),
            {"output": shaped(1, 4)},
            "output scale (0.5,) and zero point (0,) are not 1/256, -128",
        ),
        (
            lambda b: b.pad(b.input(IMAGE), Padding(top=1)),
            {"pads": ((0, 0), (0, 0), (0, 0), (0, 0))},
            "output is (1, 6, 6, 4), must be (1, 5, 6, 4)",
        ),
        (lambda b: b.pad(b.input((2,)), [(0, 1)]), {"value": 200}, "value 200 is outside"),
        (lambda b: b.pad(b.input((2,)), [(0, 1)]), {"pads": ((-1, 2),)}, "is negative"),
        (lambda b: b.pad(b.input((2,)), [(0, 1)]), {"pads": ()}, "0 pairs of padding"),
        (
            lambda b: b.reshape(b.input((2, 3)), (6,)),
            {"output": shaped(5)},
            "6 elements become 5",
        ),
        (
            lambda b: b.transpose(b.input((2, 3)), (1, 0)),
            {"perm": (0, 0)},
            "(0, 0) is no permutation",
        ),
        (
            lambda b: b.transpose(b.input((2, 3)), (1, 0)),
            {"perm": (0, 1)},
            "output is (3, 2), must be (2, 3)",
        ),
        (
            lambda b: b.concat(shaped(2, 3), shaped(2, 3), axis=0),
            {"axis": 1},
            "output is (4, 3), must be (2, 6)",
        ),
        (
            lambda b: b.concat(shaped(2, 3), shaped(2, 3), axis=0),
            {"operands": (shaped(2, 3), shaped(2, 2))},
            "operands [(2, 3), (2, 2)] differ beside axis 0",
        ),
        (
            lambda b: b.concat(shaped(2, 3), shaped(2, 3), axis=0),
            {"operands": (shaped(2, 3), replace(shaped(2, 3), quant=quantization(0.25)))},
            "'x' is not quantized like the output",
        ),
        (lambda b: b.concat(shaped(2, 3), axis=0), {"operands": ()}, "there is no operand"),
        (
            lambda b: b.slice(b.input((9,)), (1,), (3,), (2,)),
            {"begin": (5,)},
            "axis 0: 3 elements from 5 by 2 leave [0, 9)",
        ),
        (
            lambda b: b.slice(b.input((9,)), (8,), (3,), (-4,)),
            {"begin": (7,)},
            "axis 0: 3 elements from 7 by -4 leave [0, 9)",
        ),
        (
            lambda b: b.resize(b.input(IMAGE), (9, 9)),
            {"output": shaped(1, 9, 9, 3)},
            "4 channels become 3",
        ),
    ],
)
def test_inconsistent_operators_are_faults(make: Make, changes: dict[str, Any], fault: str) -> None:
    faults = find_op_faults(op_of(make, **changes))
    assert any(fault in text for text in faults), faults
