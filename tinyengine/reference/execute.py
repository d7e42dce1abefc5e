"""Runs operators and graphs by the integer semantics of this package."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from tinyengine.ir import (
    LSTM,
    SVDF,
    Add,
    AddN,
    ArgMax,
    ArgMin,
    Array,
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
    DetectionPostProcess,
    Div,
    DynamicUpdateSlice,
    FullyConnected,
    Gather,
    Graph,
    L2Normalization,
    LeakyRelu,
    LogSoftmax,
    Lookup,
    Maximum,
    MaxPool2D,
    Mean,
    Minimum,
    Mul,
    NonMaxSuppression,
    NumberBinary,
    Op,
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
    Sigmoid,
    Slice,
    Softmax,
    SpaceToDepth,
    SquaredDifference,
    Sub,
    Sum,
    Tensor,
    TopK,
    Transpose,
)
from tinyengine.reference import (
    arithmetic,
    curves,
    detection,
    logic,
    lookup,
    movement,
    numbers,
    recurrent,
    reduction,
    resize,
    selection,
)
from tinyengine.reference.convolution import conv2d, depthwise_conv2d, fully_connected
from tinyengine.reference.pooling import average_pool2d, max_pool2d
from tinyengine.reference.signal import SIGNAL_FUNCTIONS

FUNCTIONS: Mapping[type[Op], Callable[..., Array | tuple[Array, ...]]] = {
    Conv2D: conv2d,
    DepthwiseConv2D: depthwise_conv2d,
    FullyConnected: fully_connected,
    AveragePool2D: average_pool2d,
    MaxPool2D: max_pool2d,
    Add: arithmetic.add,
    Sub: arithmetic.sub,
    Mul: arithmetic.mul,
    SquaredDifference: arithmetic.squared_difference,
    BatchMatMul: arithmetic.batch_matmul,
    Minimum: arithmetic.minimum,
    Maximum: arithmetic.maximum,
    PRelu: arithmetic.prelu,
    Quantize: arithmetic.quantize,
    Lookup: lookup.lookup,
    LeakyRelu: curves.leaky_relu,
    Sigmoid: curves.sigmoid,
    Mean: reduction.mean,
    ArgMax: reduction.arg_max,
    ArgMin: reduction.arg_min,
    Softmax: curves.softmax,
    Pad: movement.pad,
    Reshape: movement.reshape,
    Transpose: movement.transpose,
    Concatenation: movement.concatenation,
    Slice: movement.slice_,
    ResizeNearestNeighbor: resize.resize_nearest_neighbor,
    ResizeBilinear: resize.resize_bilinear,
    DepthToSpace: movement.depth_to_space,
    SpaceToDepth: movement.space_to_depth,
    Broadcast: movement.broadcast,
    ReduceMax: reduction.reduce_max,
    ReduceMin: reduction.reduce_min,
    AddN: numbers.add_n,
    CumSum: numbers.cumsum,
    Div: numbers.div,
    L2Normalization: numbers.l2_normalization,
    LogSoftmax: numbers.log_softmax,
    ReduceProd: numbers.reduce_prod,
    Sum: numbers.sum_,
    DynamicUpdateSlice: selection.dynamic_update_slice,
    TopK: selection.top_k,
    Compare: logic.compare,
    NumberBinary: logic.number_binary,
    Select: logic.select,
    Cast: logic.cast,
    Gather: logic.gather,
    DetectionPostProcess: detection.detection_post_process,
    NonMaxSuppression: detection.non_max_suppression,
    **SIGNAL_FUNCTIONS,
    LSTM: recurrent.lstm,
    SVDF: recurrent.svdf,
}
"""What each operator computes: a function of the operator and its operands in field order.

It gives a tuple where there are several outputs or states: `outputs`, then the new `states`."""


def evaluate(op: Op, operands: Sequence[Array]) -> Array:
    """Give what `op`, of one output and no state, computes from the values of `op.inputs`.

    The result has the shape and type of `op.output`.
    """
    (result,) = results(op, operands)
    return result


def results(op: Op, operands: Sequence[Array]) -> tuple[Array, ...]:
    """Give the values of `op.outputs` and the new ones of `op.states`, in order.

    `operands` are the values of `op.inputs` in order.
    """
    computed = FUNCTIONS[type(op)](op, *operands)
    made = computed if isinstance(computed, tuple) else (computed,)
    for tensor, result in zip((*op.outputs, *op.states), made, strict=True):
        assert result.shape == tensor.shape, f"{op.source}: computed shape {result.shape}"
        assert result.dtype == tensor.dtype.numpy, f"{op.source}: computed type {result.dtype}"
    return made


States = dict[Tensor, Array]
"""What the states of a graph hold; a run changes it."""


def first_states(graph: Graph) -> States:
    """Give what the states hold before the first run."""
    return {state.tensor: state.first for state in graph.states}


def execute(
    graph: Graph, inputs: Sequence[Array], states: States | None = None
) -> Mapping[Tensor, Array]:
    """Give the value of every activation of `graph`: its inputs and all operators' outputs.

    `inputs` stand in the order of the edges, in the shapes and integer types of their tensors.
    `states` are what an earlier run left, or the first ones; they become what this run leaves.
    """
    states = first_states(graph) if states is None else states
    values: dict[Tensor, Array] = dict(states)
    for edge, array in zip(graph.inputs, inputs, strict=True):
        tensor = edge.tensor
        assert array.shape == tensor.shape, f"input '{edge.name}' has shape {array.shape}"
        assert array.dtype == tensor.dtype.numpy, f"input '{edge.name}' has type {array.dtype}"
        values[tensor] = array
    for op in graph.ops:
        made = results(op, [_value(values, tensor) for tensor in op.inputs])
        values.update(zip((*op.outputs, *op.states), made, strict=True))
    states.update({tensor: values[tensor] for tensor in states})
    return values


def run(graph: Graph, inputs: Sequence[Array], states: States | None = None) -> tuple[Array, ...]:
    """Give the values of the outputs in the order of the edges, as integers.

    `states` are as in `execute`: give the same ones run after run, and the model takes steps.
    """
    values = execute(graph, inputs, states)
    return tuple(np.array(_value(values, tensor)) for tensor in graph.output_tensors)


def _value(values: Mapping[Tensor, Array], tensor: Tensor) -> Array:
    return tensor.values if tensor.is_const else values[tensor]
