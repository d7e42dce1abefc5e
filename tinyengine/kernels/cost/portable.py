"""What portable kernels cost: instructions as counted on an emulated Cortex-M3, rounded."""

from tinyengine.ir import (
    Add,
    AveragePool2D,
    Conv2D,
    DepthwiseConv2D,
    FullyConnected,
    MaxPool2D,
    Mean,
    Mul,
    Op,
    Sub,
    count_macs,
)

_PER_ELEMENT = 30


def portable_instructions(op: Op) -> int:
    """Estimate the instructions that the portable kernel of `op` takes for all rows."""
    outputs, macs = op.output.elements, count_macs(op)
    match op:
        case Conv2D():
            return int(4.7 * macs + outputs * (110 + 35 * op.weight.shape[1]))
        case DepthwiseConv2D():
            return int(9 * macs + outputs * (60 + 60 * op.weight.shape[1]))
        case FullyConnected():
            return int(4.9 * macs + 35 * outputs)
        case AveragePool2D() | MaxPool2D():
            return int(outputs * (8.5 * op.kernel_h * op.kernel_w + 50))
        case Mean():
            return 8 * op.input.elements + 50 * outputs
        case Add() | Sub():
            return 84 * outputs
        case Mul():
            return 50 * outputs
        case _:
            return _PER_ELEMENT * max(tensor.elements for tensor in (*op.inputs, op.output))
