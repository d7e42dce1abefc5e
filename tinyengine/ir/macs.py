"""Count multiply-accumulates."""

from tinyengine.ir.graph import Graph
from tinyengine.ir.ops import BatchMatMul, Conv2D, DepthwiseConv2D, FullyConnected, Op
from tinyengine.ir.recurrent_ops import LSTM, SVDF


def count_macs(op: Op) -> int:
    """Give the multiply-accumulates of `op`: taps times outputs, padding taps included.

    Only convolutions and products of matrices have any, and what is made of those; others count 0.
    """
    match op:
        case Conv2D() | FullyConnected():
            return op.output.elements * (op.weight.elements // op.weight.shape[0])
        case BatchMatMul():
            return op.output.elements * op.sizes[1]
        case SVDF():
            return op.input.shape[0] * (op.feature_weight.elements + op.time_weight.elements)
        case LSTM():
            weights = (*op.input_weights, *op.recurrent_weights, op.projection)
            each = sum(0 if weight is None else weight.elements for weight in weights)
            return op.steps * op.hidden.shape[0] * each
        case DepthwiseConv2D():
            return op.output.elements * op.weight.shape[1] * op.weight.shape[2]
        case _:
            return 0


def count_graph_macs(graph: Graph) -> int:
    """Give the multiply-accumulates of the whole network."""
    return sum(count_macs(op) for op in graph.ops)
