"""TFLite files become valid graphs: operators, edges, paddings, clamps, names."""

import itertools
from typing import Any

import numpy as np
import pytest

from tests.builders.tflite_writer import ModelWriter, Spec, one_op_model
from tests.importers.single_operators import CASES, Case, int8, integers, weight
from tests.support import FindModel
from tinyengine.importers import identifier
from tinyengine.importers.shapes import window_output
from tinyengine.importers.tflite import inspect, parse
from tinyengine.importers.tflite.handlers import HANDLERS
from tinyengine.importers.tflite.ranges import activation_range
from tinyengine.ir import (
    Add,
    Conv2D,
    DType,
    FullyConnected,
    Mean,
    Padding,
    Quantization,
    Quantize,
    Reshape,
    Slice,
    Tensor,
    Window,
    count_graph_macs,
)
from tinyengine.ir.verify import find_faults
from tinyengine.reference.execute import run

# -- operators ------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.opcode)
def test_operator_becomes_its_ir_operators(case: Case) -> None:
    graph = case.graph()
    assert tuple(type(op) for op in graph.ops) == case.becomes
    assert find_faults(graph) == ()
    sources = {(op.source.opcode, op.source.name) for op in graph.ops}
    assert sources <= {(case.opcode, "result_0")}
    last = graph.output_tensors[-1]
    assert last.is_const if not graph.ops else last is graph.ops[-1].outputs[-1]


def test_every_supported_operator_has_a_case() -> None:
    assert {case.opcode for case in CASES} == set(HANDLERS)


@pytest.mark.parametrize(
    ("size", "span", "stride", "padding", "expected"),
    [
        # SAME: ceil(size / stride) outputs; what is missing is padded, the greater half after.
        (5, 3, 1, "SAME", (5, 1, 1)),
        (5, 3, 2, "SAME", (3, 1, 1)),
        (6, 3, 2, "SAME", (3, 0, 1)),  # (3-1)*2 + 3 - 6 = 1
        (7, 2, 1, "SAME", (7, 0, 1)),
        (96, 3, 2, "SAME", (48, 0, 1)),
        (5, 1, 2, "SAME", (3, 0, 0)),
        (4, 1, 4, "SAME", (1, 0, 0)),  # the window is smaller than the stride
        (1, 7, 1, "SAME", (1, 3, 3)),  # the window is larger than the image
        (2, 5, 3, "SAME", (1, 1, 2)),
        # VALID: only windows that lie inside.
        (5, 3, 1, "VALID", (3, 0, 0)),
        (5, 3, 2, "VALID", (2, 0, 0)),
        (6, 3, 2, "VALID", (2, 0, 0)),
        (7, 7, 4, "VALID", (1, 0, 0)),
    ],
)
def test_window_output_and_padding(
    size: int, span: int, stride: int, padding: str, expected: tuple[int, int, int]
) -> None:
    assert window_output(size, span, stride, padding) == expected


def test_dilation_widens_the_padding() -> None:
    # A 3x3 kernel with dilation (2, 3) spans 5 x 7: 2 and 3 rows and columns on each side.
    model = one_op_model(
        "CONV_2D",
        [int8(1, 8, 8, 1), weight(1, 3, 3, 1)],
        int8(1, 8, 8, 1),
        padding="SAME",
        stride_h=1,
        stride_w=1,
        dilation_h_factor=2,
        dilation_w_factor=3,
    )
    (op,) = parse(model, "model.tflite").ops
    assert isinstance(op, Window)
    assert op.padding == Padding(top=2, bottom=2, left=3, right=3)


@pytest.mark.parametrize(
    ("activation", "scale", "zero_point", "expected"),
    [
        ("NONE", 0.5, -3, (-128, 127)),
        ("RELU", 0.5, -3, (-3, 127)),
        ("RELU6", 0.5, -3, (-3, 9)),  # 6 / 0.5 - 3
        ("RELU6", 0.01, -128, (-128, 127)),  # 6 / 0.01 lies beyond 127
        ("RELU_N1_TO_1", 0.4, 10, (7, 13)),  # 1 / 0.4 = 2.5 rounds away from zero
    ],
)
def test_fused_activation_becomes_a_clamp(
    activation: str, scale: float, zero_point: int, expected: tuple[int, int]
) -> None:
    code = ("NONE", "RELU", "RELU_N1_TO_1", "RELU6").index(activation)
    quant = Quantization(scale=(float(np.float32(scale)),), zero_point=(zero_point,))
    output = Tensor(name="y", shape=(1,), dtype=DType.INT8, quant=quant)
    assert activation_range(code, output) == expected


Masks = tuple[Any, dict[str, int], tuple[list[int], list[int], list[int]]]

MASKS: tuple[Masks, ...] = (
    (np.s_[:, 1:3], {"begin_mask": 1, "end_mask": 1}, ([9, 1], [9, 3], [1, 1])),
    (np.s_[..., 1:3], {"ellipsis_mask": 1}, ([0, 1], [0, 3], [1, 1])),
    (
        np.s_[0, ..., -1],
        {"ellipsis_mask": 2, "shrink_axis_mask": 5},
        ([0, 0, -1], [1, 0, 0], [1, 1, 1]),
    ),
    (
        np.s_[:, None, 2:],
        {"begin_mask": 1, "end_mask": 5, "new_axis_mask": 2},
        ([0, 0, 2], [0, 0, 0], [1, 1, 1]),
    ),
    (np.s_[:, ::-1], {"begin_mask": 3, "end_mask": 3}, ([0, 0], [0, 0], [1, -1])),
    (np.s_[:, 3:0:-2, :-1], {"begin_mask": 5, "end_mask": 1}, ([0, 3, 0], [0, 0, -1], [1, -2, 1])),
    (np.s_[:, 1:99], {"begin_mask": 1, "end_mask": 1}, ([0, 1], [0, 99], [1, 1])),
    (np.s_[0, 1], {"shrink_axis_mask": 3}, ([0, 1], [1, 2], [1, 1])),
)
"""What numpy writes as an index, and how STRIDED_SLICE writes it: masks; begin, end, strides."""

VALUES = np.arange(48, dtype=np.int8).reshape(1, 4, 4, 3)


def strided_slice_model(mask: Masks) -> bytes:
    index, masks, spec = mask
    operands = [int8(*VALUES.shape), *(integers(*numbers) for numbers in spec)]
    return one_op_model("STRIDED_SLICE", operands, int8(*VALUES[index].shape), **masks)


@pytest.mark.parametrize("mask", MASKS, ids=[str(mask[0]) for mask in MASKS])
def test_strided_slice_means_what_numpy_means(mask: Masks) -> None:
    (result,) = run(parse(strided_slice_model(mask), "model.tflite"), [VALUES])
    np.testing.assert_array_equal(result, VALUES[mask[0]])


def test_strided_slice_offset_counts_from_begin() -> None:
    model = one_op_model(
        "STRIDED_SLICE",
        [int8(10), integers(3), integers(4), integers(2)],
        int8(2),
        offset=True,
    )
    (result,) = run(parse(model, "model.tflite"), [np.arange(10, dtype=np.int8)])
    assert result.tolist() == [3, 5]  # [3:7:2]


def test_mean_axes_are_ascending_and_not_negative() -> None:
    model = one_op_model("MEAN", [int8(1, 4, 3, 2), integers(-1, 1)], int8(1, 3))
    (op,) = parse(model, "model.tflite").ops
    assert isinstance(op, Mean)
    assert op.axes == (1, 3)


@pytest.mark.parametrize(
    ("shape", "keep", "output"),
    [((1, 2, 6), False, (2, 6)), ((1, 2, 6), True, (1, 2, 6)), ((1, 2, 2, 3), False, (2, 6))],
)
def test_fully_connected_takes_any_rank(
    shape: tuple[int, ...], keep: bool, output: tuple[int, ...]
) -> None:
    model = one_op_model(
        "FULLY_CONNECTED", [int8(*shape), weight(6, 6)], int8(*output), keep_num_dims=keep
    )
    (op,) = parse(model, "model.tflite").ops
    assert isinstance(op, FullyConnected)
    assert op.output.shape == output


def test_bias_of_rank_2_becomes_rank_1_and_its_wrong_axis_does_not_matter() -> None:
    bias = Spec(shape=(1, 2), dtype="int32", scale=[0.1, 0.2], axis=3, data=[5, 6])
    operands = [int8(1, 1, 1, 3), weight(2, 1, 1, 3, scale=[0.25, 0.5]), bias]
    options = {"padding": "VALID", "stride_h": 1, "stride_w": 1}
    (op,) = parse(one_op_model("CONV_2D", operands, int8(1, 1, 1, 2), **options), "m.tflite").ops
    assert isinstance(op, Conv2D)
    assert op.bias is not None
    assert op.bias.values.tolist() == [5, 6]


def test_negative_weight_scale_moves_into_weight_and_bias() -> None:
    kernel = Spec(shape=(2, 1, 1, 2), scale=[0.5, -0.25], data=[1, 2, 3, -4])
    bias = Spec(shape=(2,), dtype="int32", data=[5, 6])
    options = {"padding": "VALID", "stride_h": 1, "stride_w": 1}
    operands = [int8(1, 1, 1, 2), kernel, bias]
    (op,) = parse(one_op_model("CONV_2D", operands, int8(1, 1, 1, 2), **options), "m.tflite").ops
    assert isinstance(op, Conv2D)
    assert op.bias is not None
    assert op.weight.quant == Quantization(scale=(0.5, 0.25), zero_point=(0, 0))
    assert op.weight.values.reshape(2, 2).tolist() == [[1, 2], [-3, 4]]
    assert op.bias.values.tolist() == [5, -6]


# -- graphs ---------------------------------------------------------------------------------------


def test_constants_are_read_only_operands() -> None:
    operands = [int8(1, 2), int8(2, data=[4, 5])]
    graph = parse(one_op_model("ADD", operands, int8(1, 2)), "model.tflite")
    (op,) = graph.ops
    assert isinstance(op, Add)
    assert op.rhs.values.tolist() == [4, 5]
    assert not op.rhs.values.flags.writeable
    assert [edge.name for edge in graph.inputs] == ["operand_0"]


def test_a_constant_of_int32_is_given_out() -> None:
    writer = float_edges()
    constant = writer.tensor([2], "int32", data=[7, -1], name="seven")
    graph = parse(writer.finish([0], [3, constant]), "model.tflite")
    assert graph.outputs[1].dtype is DType.INT32
    assert graph.outputs[1].tensor.values.tolist() == [7, -1]


def float_edges() -> ModelWriter:
    """Give a writer with QUANTIZE (0 → 1), RELU (1 → 2) and DEQUANTIZE (2 → 3)."""
    writer = ModelWriter()
    writer.tensor([1, 4], "float32", name="real_in")
    writer.tensor([1, 4], scale=0.5, zero_point=3, name="q_in")
    writer.tensor([1, 4], scale=0.5, zero_point=3, name="q_out")
    writer.tensor([1, 4], "float32", name="real_out")
    writer.op("QUANTIZE", [0], [1])
    writer.op("RELU", [1], [2])
    writer.op("DEQUANTIZE", [2], [3])
    return writer


def test_float_edges_are_stripped() -> None:
    graph = parse(float_edges().finish([0], [3]), "model.tflite")
    assert [type(op).__name__ for op in graph.ops] == ["Lookup"]
    (source,), (target,) = graph.inputs, graph.outputs
    assert (source.name, source.dtype, source.tensor.name) == ("real_in", DType.FLOAT32, "q_in")
    assert (target.name, target.dtype, target.tensor.name) == ("real_out", DType.FLOAT32, "q_out")
    assert source.tensor.dtype is DType.INT8


def test_uint8_edges_stay_quantize_operators() -> None:
    writer = ModelWriter()
    x = writer.tensor([1, 4], "uint8", scale=0.5, zero_point=128)
    a, b = (writer.tensor([1, 4], scale=0.5) for _ in range(2))
    y = writer.tensor([1, 4], "uint8", scale=0.5, zero_point=128)
    writer.op("QUANTIZE", [x], [a])
    writer.op("RELU", [a], [b])
    writer.op("QUANTIZE", [b], [y])
    graph = parse(writer.finish([x], [y]), "model.tflite")
    assert isinstance(graph.ops[0], Quantize)
    assert isinstance(graph.ops[2], Quantize)
    assert [edge.dtype for edge in graph.inputs + graph.outputs] == [DType.UINT8] * 2


def test_shape_computed_from_a_static_shape_is_not_needed() -> None:
    """Keras writes SHAPE, STRIDED_SLICE and PACK before a RESHAPE whose result is known."""
    writer = ModelWriter()
    x = writer.tensor([1, 2, 3], scale=0.5, shape_signature=[-1, 2, 3])
    shape = writer.tensor([3], "int32")
    y = writer.tensor([1, 6], scale=0.5, shape_signature=[-1, 6])
    writer.op("SHAPE", [x], [shape])
    writer.op("RESHAPE", [x, shape], [y])
    graph = parse(writer.finish([x], [y]), "model.tflite")
    (op,) = graph.ops
    assert isinstance(op, Reshape)
    assert op.output.shape == (1, 6)


def test_unused_parts_of_a_split_are_harmless() -> None:
    writer = ModelWriter()
    axis = writer.tensor([], "int32", data=1)
    x = writer.tensor([1, 4], scale=0.5)
    parts = [writer.tensor([1, 2], scale=0.5) for _ in range(2)]
    writer.op("SPLIT", [axis, x], parts, num_splits=2)
    graph = parse(writer.finish([x], parts[1:]), "model.tflite")
    assert all(isinstance(op, Slice) for op in graph.ops)
    assert graph.output_tensors[0].name == "tensor_3"
    assert find_faults(graph) == ()


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("vww.tflite", "vww"),
        ("My Model-v2.tflite", "my_model_v2"),
        ("3d.tflite", "model_3d"),
        ("int.tflite", "model_int"),
        ("main.tflite", "model_main"),
        ("board.tflite", "model_board"),
        ("Makefile.tflite", "model_makefile"),
        ("te_rows.tflite", "model_te_rows"),
        ("string.tflite", "model_string"),
        ("INT8_MAX.tflite", "model_int8_max"),
        ("te_" + "a" * 99 + ".tflite", "model_te_" + "a" * 39),
        ("класс.tflite", "model"),
        ("a" * 99 + ".tflite", "a" * 48),
    ],
)
def test_graph_name_is_a_c_identifier(name: str, expected: str) -> None:
    assert parse(float_edges().finish([0], [3]), name).name == expected


def test_identifier_is_idempotent() -> None:
    for text in ("x__y", "_x_", "While", "9", "é9", "te_x", "te_" + "a" * 60):
        assert identifier(identifier(text)) == identifier(text)


# -- summaries ------------------------------------------------------------------------------------


def test_inspect_lists_every_operator_with_its_problem() -> None:
    writer = ModelWriter()
    x = writer.tensor([1, 2, 2, 4], scale=0.5, name="x")
    kernel = writer.tensor([3, 1, 1, 4], scale=0.5, data=np.ones(12), name="w")
    y = writer.tensor([1, 2, 2, 3], scale=0.5, name="y")
    z = writer.tensor([1, 2, 2, 3], scale=0.5, name="z")
    writer.op("CONV_2D", [x, kernel, -1], [y], stride_h=1, stride_w=1)
    writer.op("FLOOR", [y], [z])
    summary = inspect(writer.finish([x], [z]), "two.tflite")
    conv, floor = summary.operators
    assert (conv.problem, conv.macs) == (None, 2 * 2 * 3 * 4)
    assert [tensor.name for tensor in conv.inputs] == ["x", "w"]
    assert (floor.macs, floor.outputs[0].shape, floor.outputs[0].dtype) == (
        None,
        (1, 2, 2, 3),
        "int8",
    )
    assert floor.problem is not None
    assert str(floor.problem) == (
        "two.tflite: op 1 FLOOR 'z': FLOOR is not supported\n"
        "  hint: `tinyengine ops` lists the supported operators"
    )
    assert summary.problems == (floor.problem,)
    assert (summary.name, summary.macs) == ("two", 48)


def test_inspect_agrees_with_parse() -> None:
    for case in itertools.islice(CASES, 0, None, 5):
        summary = inspect(case.model(), "model.tflite", case.choice)
        assert summary.problems == ()
        assert summary.macs == count_graph_macs(case.graph())


# -- real models ----------------------------------------------------------------------------------


@pytest.mark.models
@pytest.mark.parametrize(
    ("name", "mega_macs"),  # from the table that comes with the models
    [
        ("mlperf_ic_resnet8", 12.50),
        ("mlperf_vww_mobilenet96", 7.49),
        ("mlperf_kws_dscnn", 2.66),
        ("mlperf_ad_toycar", 0.26),
        ("mlperf_sww", 0.83),
        ("person_detect", 7.16),
        ("mcunet_vww0", 5.96),
        ("mcunet_vww1", 11.58),
        ("mcunet_vww2", 55.77),
        ("mcunet_in3", 81.79),
        ("mcunet_in4", 125.87),
        ("mcunet_detection", 18.30),
        ("mcunetv2_large", 216.8),
    ],
)
def test_real_model_imports(name: str, mega_macs: float, shared_model: FindModel) -> None:
    path = shared_model(name)
    graph = parse(path.read_bytes(), path.name)
    assert find_faults(graph) == ()
    assert count_graph_macs(graph) / 1e6 == pytest.approx(mega_macs, abs=0.05)
    assert inspect(path.read_bytes(), path.name).problems == ()
