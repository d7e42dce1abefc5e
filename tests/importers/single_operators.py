"""One small valid model per operator that the importer accepts, and what it becomes."""

from typing import Any

import numpy as np

from tests.builders.tflite_writer import Spec
from tests.importers.cases import Case
from tests.importers.detection_operators import DETECTION_CASES
from tests.importers.recurrent_specs import (
    LSTM_INTERMEDIATES,
    LSTM_OPERANDS,
    SVDF_OPERANDS,
    WIDE_LSTM_OPERANDS,
)
from tests.importers.signal_operators import SIGNAL_CASES
from tinyengine.ir import (
    LSTM,
    SVDF,
    Add,
    AddN,
    ArgMax,
    ArgMin,
    AveragePool2D,
    BatchMatMul,
    Broadcast,
    Cast,
    Compare,
    Concatenation,
    Conv2D,
    CumSum,
    DepthToSpace,
    DepthwiseConv2D,
    Div,
    DynamicUpdateSlice,
    FullyConnected,
    Gather,
    L2Normalization,
    LogSoftmax,
    Lookup,
    Maximum,
    MaxPool2D,
    Mean,
    Minimum,
    Mul,
    NumberBinary,
    Pad,
    PRelu,
    Quantize,
    ReduceMax,
    ReduceMin,
    ReduceProd,
    Reshape,
    ResizeBilinear,
    ResizeNearestNeighbor,
    Select,
    Slice,
    Softmax,
    SpaceToDepth,
    SquaredDifference,
    Sub,
    Sum,
    TopK,
    Transpose,
)


def int8(*shape: int, **more: Any) -> Spec:
    return Spec(shape=shape, scale=0.5, zero_point=-3, **more)


def integers(*values: int) -> Spec:
    return Spec(shape=(len(values),), dtype="int32", data=values)


def bools(*shape: int) -> Spec:
    return Spec(shape=shape, dtype="bool")


def numbers(*shape: int) -> Spec:
    return Spec(shape=shape, dtype="int32")


def scalar(value: int) -> Spec:
    return Spec(shape=(), dtype="int32", data=value)


def edges(*pairs: tuple[int, int]) -> Spec:
    return Spec(shape=(len(pairs), 2), dtype="int32", data=pairs)


def weight(*shape: int, scale: Any = 0.25, axis: int = 0) -> Spec:
    data = np.arange(int(np.prod(shape))).reshape(shape) % 7 - 3
    return Spec(shape=shape, scale=scale, axis=axis, data=data)


def bias(*values: int) -> Spec:
    return Spec(shape=(len(values),), dtype="int32", scale=0.125, data=values)


PROBABILITY = Spec(shape=(1, 4), scale=1 / 256, zero_point=-128)

CASES = (
    Case(
        opcode="CONV_2D",
        operands=[int8(1, 5, 4, 3), weight(2, 3, 3, 3, scale=[0.25, 0.5]), bias(1, 2)],
        results=[int8(1, 3, 2, 2)],
        becomes=(Conv2D,),
        options={"padding": "SAME", "stride_h": 2, "stride_w": 2},
    ),
    Case(
        opcode="DEPTHWISE_CONV_2D",
        operands=[int8(1, 5, 4, 2), weight(1, 3, 2, 4, scale=[1, 2, 3, 4], axis=3), None],
        results=[int8(1, 3, 3, 4)],
        becomes=(DepthwiseConv2D,),
        options={"padding": "VALID", "stride_h": 1, "stride_w": 1, "depth_multiplier": 2},
    ),
    Case(
        opcode="FULLY_CONNECTED",
        operands=[int8(1, 6), weight(3, 6), bias(1, 2, 3)],
        results=[int8(1, 3)],
        becomes=(FullyConnected,),
        options={"fused_activation_function": "RELU"},
    ),
    *(
        Case(
            opcode=opcode,
            operands=[int8(1, 4, 3), int8(3)],
            results=[int8(1, 4, 3)],
            becomes=(becomes,),
        )
        for opcode, becomes in (
            ("ADD", Add),
            ("SUB", Sub),
            ("MUL", Mul),
            ("MINIMUM", Minimum),
            ("SQUARED_DIFFERENCE", SquaredDifference),
            ("MAXIMUM", Maximum),
        )
    ),
    *(
        Case(
            opcode=opcode,
            operands=[int8(1, 5, 5, 2)],
            results=[int8(1, 3, 3, 2)],
            becomes=(becomes,),
            options={
                "padding": "SAME",
                "stride_h": 2,
                "stride_w": 2,
                "filter_height": 3,
                "filter_width": 2,
            },
        )
        for opcode, becomes in (("AVERAGE_POOL_2D", AveragePool2D), ("MAX_POOL_2D", MaxPool2D))
    ),
    Case(
        opcode="MEAN",
        operands=[int8(1, 4, 3, 2), integers(2, -3)],
        results=[int8(1, 1, 1, 2)],
        becomes=(Mean,),
        options={"keep_dims": True},
    ),
    *(
        Case(
            opcode=opcode,
            operands=[int8(1, 4, 3, 2), integers(-2)],
            results=[Spec(shape=(1, 4, 2), dtype="int32")],
            becomes=(becomes,),
            options={"output_type": "INT32"},
        )
        for opcode, becomes in (("ARG_MAX", ArgMax), ("ARG_MIN", ArgMin))
    ),
    Case(
        opcode="SOFTMAX",
        operands=[int8(1, 4)],
        results=[PROBABILITY],
        becomes=(Softmax,),
        options={"beta": 1.0},
    ),
    Case(
        opcode="PAD",
        operands=[
            int8(1, 2, 2, 1),
            Spec(shape=(4, 2), dtype="int32", data=[0, 0, 1, 2, 0, 1, 0, 0]),
        ],
        results=[int8(1, 5, 3, 1)],
        becomes=(Pad,),
    ),
    Case(
        opcode="PADV2",
        operands=[
            int8(2, 2),
            Spec(shape=(2, 2), dtype="int64", data=[0, 1, 1, 0]),
            int8(1, data=[7]),
        ],
        results=[int8(3, 3)],
        becomes=(Pad,),
    ),
    Case(
        opcode="RESHAPE",
        operands=[int8(1, 4, 3), integers(-1, 6)],
        results=[int8(2, 6)],
        becomes=(Reshape,),
    ),
    Case(
        opcode="SQUEEZE",
        operands=[int8(1, 4, 1, 3)],
        results=[int8(1, 4, 3)],
        becomes=(Reshape,),
        options={"squeeze_dims": [-2]},
    ),
    Case(
        opcode="EXPAND_DIMS",
        operands=[int8(4, 3), integers(-1)],
        results=[int8(4, 3, 1)],
        becomes=(Reshape,),
    ),
    Case(
        opcode="TRANSPOSE",
        operands=[int8(1, 4, 3), integers(2, 0, 1)],
        results=[int8(3, 1, 4)],
        becomes=(Transpose,),
    ),
    Case(
        opcode="CONCATENATION",
        operands=[int8(1, 2, 3), int8(1, 4, 3), int8(1, 1, 3)],
        results=[int8(1, 7, 3)],
        becomes=(Concatenation,),
        options={"axis": -2},
    ),
    Case(
        opcode="SPLIT",
        operands=[integers(1), int8(1, 6, 2)],
        results=[int8(1, 3, 2), int8(1, 3, 2)],
        becomes=(Slice, Slice),
        options={"num_splits": 2},
    ),
    Case(
        opcode="SPLIT_V",
        operands=[int8(1, 6, 2), integers(1, -1, 2), integers(1)],
        results=[int8(1, 1, 2), int8(1, 3, 2), int8(1, 2, 2)],
        becomes=(Slice, Slice, Slice),
        options={"num_splits": 3},
    ),
    Case(
        opcode="SLICE",
        operands=[int8(1, 6, 4), integers(0, 1, 2), integers(1, 3, -1)],
        results=[int8(1, 3, 2)],
        becomes=(Slice,),
    ),
    Case(
        opcode="STRIDED_SLICE",
        operands=[int8(1, 6, 4), integers(0, 5, 3), integers(0, 0, 0), integers(1, -2, 1)],
        results=[int8(1, 3)],
        becomes=(Slice, Reshape),
        options={"begin_mask": 1, "end_mask": 1, "shrink_axis_mask": 4},
    ),
    Case(
        opcode="PACK",
        operands=[int8(2, 3), int8(2, 3)],
        results=[int8(2, 2, 3)],
        becomes=(Reshape, Reshape, Concatenation),
        options={"axis": 1, "values_count": 2},
    ),
    Case(
        opcode="UNPACK",
        operands=[int8(1, 2, 3)],
        results=[int8(1, 3), int8(1, 3)],
        becomes=(Slice, Reshape, Slice, Reshape),
        options={"axis": 1, "num": 2},
    ),
    Case(
        opcode="RESIZE_NEAREST_NEIGHBOR",
        operands=[int8(1, 2, 3, 2), integers(4, 5)],
        results=[int8(1, 4, 5, 2)],
        becomes=(ResizeNearestNeighbor,),
        options={"half_pixel_centers": True},
    ),
    Case(
        opcode="RESIZE_BILINEAR",
        operands=[int8(1, 2, 3, 2), integers(3, 5)],
        results=[int8(1, 3, 5, 2)],
        becomes=(ResizeBilinear,),
        options={"align_corners": True},
    ),
    Case(
        opcode="QUANTIZE",
        operands=[Spec(shape=(1, 4), dtype="uint8", scale=0.5, zero_point=125)],
        results=[int8(1, 4)],
        becomes=(Quantize,),
    ),
    Case(
        opcode="PRELU",
        operands=[int8(1, 4, 3), int8(1, 1, 3, data=[1, 2, 3])],
        results=[int8(1, 4, 3)],
        becomes=(PRelu,),
    ),
    Case(
        opcode="LEAKY_RELU",
        operands=[int8(1, 4)],
        results=[int8(1, 4)],
        becomes=(Lookup,),
        options={"alpha": 0.25},
    ),
    Case(
        opcode="GELU",
        operands=[int8(1, 4)],
        results=[int8(1, 4)],
        becomes=(Lookup,),
        options={"approximate": True},
    ),
    *(
        Case(
            opcode=opcode,
            operands=[Spec(shape=(1, 4), scale=0.01, zero_point=-128)],
            results=[Spec(shape=(1, 4), scale=1 / 256, zero_point=-128)],
            becomes=(Lookup,),
        )
        for opcode in ("LOGISTIC", "SQRT", "EXP", "SQUARE", "RELU", "RELU6", "RELU_N1_TO_1")
    ),
    *(
        Case(opcode=opcode, operands=[int8(1, 4)], results=[int8(1, 4)], becomes=(Lookup,))
        for opcode in ("TANH", "RELU_0_TO_1", "ELU", "HARD_SWISH", "ABS", "LOG", "NEG")
    ),
    Case(
        opcode="RSQRT",
        operands=[Spec(shape=(1, 4), scale=0.5, zero_point=-128)],
        results=[Spec(shape=(1, 4), scale=0.01, zero_point=-128)],
        becomes=(Lookup,),
    ),
    Case(
        opcode="TRANSPOSE_CONV",
        operands=[
            integers(1, 8, 6, 2),
            weight(2, 3, 3, 4, scale=[0.25, 0.5]),
            int8(1, 4, 3, 4),
            bias(1, 2),
        ],
        results=[int8(1, 8, 6, 2)],
        becomes=(Conv2D, DepthToSpace),
        options={"padding": "SAME", "stride_h": 2, "stride_w": 2},
    ),
    Case(
        opcode="DEPTH_TO_SPACE",
        operands=[int8(1, 2, 3, 8)],
        results=[int8(1, 4, 6, 2)],
        becomes=(DepthToSpace,),
        options={"block_size": 2},
    ),
    Case(
        opcode="SPACE_TO_DEPTH",
        operands=[int8(1, 4, 6, 2)],
        results=[int8(1, 2, 3, 8)],
        becomes=(SpaceToDepth,),
        options={"block_size": 2},
    ),
    Case(
        opcode="SPACE_TO_BATCH_ND",
        operands=[int8(1, 3, 6, 2), integers(2, 2), edges((1, 0), (0, 0))],
        results=[int8(4, 2, 3, 2)],
        becomes=(Pad, Reshape, Transpose, Reshape),
    ),
    Case(
        opcode="BATCH_TO_SPACE_ND",
        operands=[int8(4, 2, 3, 2), integers(2, 2), edges((1, 0), (0, 0))],
        results=[int8(1, 3, 6, 2)],
        becomes=(Reshape, Transpose, Reshape, Slice),
    ),
    Case(
        opcode="BROADCAST_TO",
        operands=[int8(1, 1, 3), integers(2, 4, 3)],
        results=[int8(2, 4, 3)],
        becomes=(Broadcast,),
    ),
    Case(
        opcode="TILE",
        operands=[int8(1, 4, 3), integers(1, 2, 1)],
        results=[int8(1, 8, 3)],
        becomes=(Reshape, Broadcast, Reshape),
    ),
    Case(
        opcode="MIRROR_PAD",
        operands=[int8(1, 4, 3), edges((0, 0), (2, 1), (0, 0))],
        results=[int8(1, 7, 3)],
        becomes=(Slice, Slice, Concatenation, Reshape),
        options={"mode": "REFLECT"},
    ),
    Case(
        opcode="REVERSE_V2",
        operands=[int8(1, 4, 3), integers(1)],
        results=[int8(1, 4, 3)],
        becomes=(Slice,),
    ),
    Case(
        opcode="GATHER",
        operands=[int8(1, 5, 3), integers(4, 2, 0, 1)],
        results=[int8(1, 4, 3)],
        becomes=(Slice, Slice, Concatenation, Reshape),
        options={"axis": 1},
    ),
    *(
        Case(
            opcode=opcode,
            operands=[int8(1, 4, 3, 2), integers(1, 2)],
            results=[int8(1, 2)],
            becomes=(becomes, becomes, Reshape),
        )
        for opcode, becomes in (("REDUCE_MAX", ReduceMax), ("REDUCE_MIN", ReduceMin))
    ),
    *(
        Case(
            opcode=opcode,
            operands=[bools(1, 4, 3), integers(1)],
            results=[bools(1, 3)],
            becomes=(becomes, Reshape),
        )
        for opcode, becomes in (("REDUCE_ALL", ReduceMin), ("REDUCE_ANY", ReduceMax))
    ),
    *(
        Case(
            opcode=opcode,
            operands=[int8(1, 4, 3), Spec(shape=(3,), scale=0.25, zero_point=7)],
            results=[bools(1, 4, 3)],
            becomes=(Compare,),
        )
        for opcode in ("EQUAL", "NOT_EQUAL", "LESS", "LESS_EQUAL", "GREATER", "GREATER_EQUAL")
    ),
    *(
        Case(
            opcode=opcode,
            operands=[bools(1, 4, 3), bools(4, 1)],
            results=[bools(1, 4, 3)],
            becomes=(NumberBinary,),
        )
        for opcode in ("LOGICAL_AND", "LOGICAL_OR")
    ),
    Case(opcode="LOGICAL_NOT", operands=[bools(1, 4)], results=[bools(1, 4)], becomes=(Compare,)),
    Case(
        opcode="SELECT",
        operands=[bools(2), int8(2, 3), int8(2, 3)],
        results=[int8(2, 3)],
        becomes=(Reshape, Select),
    ),
    Case(
        opcode="SELECT_V2",
        operands=[bools(4, 1), int8(1, 1, 3), int8()],
        results=[int8(1, 4, 3)],
        becomes=(Select,),
    ),
    Case(
        opcode="CAST",
        operands=[int8(1, 4)],
        results=[numbers(1, 4)],
        becomes=(Cast,),
        options={"in_data_type": "INT8", "out_data_type": "INT32"},
    ),
    Case(
        opcode="FILL",
        operands=[integers(2, 3), int8()],
        results=[int8(2, 3)],
        becomes=(Broadcast,),
    ),
    Case(opcode="ZEROS_LIKE", operands=[numbers(2, 3)], results=[numbers(2, 3)], becomes=()),
    Case(
        opcode="SHAPE",
        operands=[int8(2, 3)],
        results=[numbers(2)],
        becomes=(),
        options={"out_type": "INT32"},
    ),
    Case(opcode="RANK", operands=[int8(2, 3)], results=[numbers()], becomes=()),
    Case(
        opcode="RANGE",
        operands=[scalar(7), scalar(1), scalar(-2)],
        results=[numbers(3)],
        becomes=(),
    ),
    Case(
        opcode="BROADCAST_ARGS",
        operands=[integers(2, 1), integers(1, 2, 3)],
        results=[numbers(3)],
        becomes=(),
    ),
    Case(
        opcode="BATCH_MATMUL",
        operands=[int8(2, 4, 3), int8(1, 5, 3)],
        results=[int8(2, 4, 5)],
        becomes=(BatchMatMul,),
        options={"adj_y": True},
    ),
    Case(
        opcode="SUM",
        operands=[int8(1, 4, 3, 2), integers(1, 2)],
        results=[int8(1, 2)],
        becomes=(Sum,),
    ),
    Case(
        opcode="REDUCE_PROD",
        operands=[Spec(shape=(1, 4, 3), scale=1 / 128, zero_point=0), integers(1)],
        results=[int8(1, 3)],
        becomes=(ReduceProd,),
    ),
    Case(
        opcode="ADD_N",
        operands=[int8(1, 4, 3), int8(1, 4, 3), int8(1, 4, 3)],
        results=[int8(1, 4, 3)],
        becomes=(AddN,),
    ),
    Case(
        opcode="DIV",
        operands=[int8(1, 4, 3), Spec(shape=(3,), scale=0.5, zero_point=0, data=(1, -2, 3))],
        results=[int8(1, 4, 3)],
        becomes=(Div,),
    ),
    *(
        Case(
            opcode=opcode,
            operands=[int8(1, 4, 3), Spec(shape=(1,), scale=0.5, zero_point=0, data=(7,))],
            results=[int8(1, 4, 3)],
            becomes=(Lookup,),
        )
        for opcode in ("FLOOR_DIV", "FLOOR_MOD")
    ),
    Case(
        opcode="CUMSUM",
        operands=[int8(1, 4, 3), integers(1)],
        results=[int8(1, 4, 3)],
        becomes=(CumSum,),
        options={"reverse": True},
    ),
    Case(
        opcode="EMBEDDING_LOOKUP",
        operands=[integers(4, 0), int8(5, 3)],
        results=[int8(2, 3)],
        becomes=(Gather,),
    ),
    Case(
        opcode="GATHER_ND",
        operands=[int8(4, 5, 3), edges((3, 1), (0, 4))],
        results=[int8(2, 3)],
        becomes=(Reshape, Gather, Reshape),
    ),
    Case(
        opcode="SCATTER_ND",
        operands=[edges((3, 1), (0, 4)), int8(2, 3), integers(4, 5, 3)],
        results=[int8(4, 5, 3)],
        becomes=(Reshape, Concatenation, Gather, Reshape),
    ),
    Case(
        opcode="DYNAMIC_UPDATE_SLICE",
        operands=[int8(1, 4, 3), int8(1, 2, 3), integers(0, 1, 0)],
        results=[int8(1, 4, 3)],
        becomes=(DynamicUpdateSlice,),
    ),
    Case(
        opcode="TOPK_V2",
        operands=[int8(2, 7), integers(3)],
        results=[int8(2, 3), Spec(shape=(2, 3), dtype="int32")],
        becomes=(TopK, TopK),
    ),
    Case(
        opcode="L2_NORMALIZATION",
        operands=[int8(1, 4, 3)],
        results=[Spec(shape=(1, 4, 3), scale=1 / 128, zero_point=0)],
        becomes=(L2Normalization,),
    ),
    Case(
        opcode="LOG_SOFTMAX",
        operands=[int8(1, 4, 3)],
        results=[Spec(shape=(1, 4, 3), scale=1 / 16, zero_point=127)],
        becomes=(LogSoftmax,),
    ),
    *DETECTION_CASES,
    *SIGNAL_CASES,
    Case(
        opcode="SVDF",
        operands=SVDF_OPERANDS,
        results=[int8(1, 2)],
        becomes=(SVDF,),
        options={"rank": 2, "fused_activation_function": "RELU"},
    ),
    Case(
        opcode="UNIDIRECTIONAL_SEQUENCE_LSTM",
        operands=LSTM_OPERANDS,
        results=[int8(1, 2, 2)],
        becomes=(LSTM,),
        options={"fused_activation_function": "TANH"},
        between=LSTM_INTERMEDIATES,
    ),
    Case(
        opcode="UNIDIRECTIONAL_SEQUENCE_LSTM",
        operands=WIDE_LSTM_OPERANDS,
        results=[Spec(shape=(1, 2, 2), dtype="int16", scale=2.0**-15, zero_point=0)],
        becomes=(LSTM,),
        options={"fused_activation_function": "TANH"},
    ),
)
"""Every operator that the importer accepts, at least once."""
