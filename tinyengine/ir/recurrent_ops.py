"""Operators that keep their state from run to run: SVDF and LSTM."""

from dataclasses import dataclass, field

from tinyengine.ir.ops import ACTIVATION, CONSTANT, STATE, Op
from tinyengine.ir.tensor import Quantization, Tensor


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SVDF(Op):
    """A matrix product of which the last results are kept, and weighted sums of those over time.

    Row n of `history` [N, filters * memory] holds the last results of every filter, the newest one
    last; filter f gives the sum of `time_weight` [filters, memory] times its results, and output
    [N, units] the sum of `rank` filters each, plus `bias`.
    Source: Nakkiran et al., Compressing deep neural networks using a rank-constrained topology.
    """

    input: Tensor = field(metadata=ACTIVATION)
    feature_weight: Tensor = field(metadata=CONSTANT)
    time_weight: Tensor = field(metadata=CONSTANT)
    bias: Tensor | None = field(metadata=CONSTANT)
    history: Tensor = field(metadata=STATE)
    rank: int

    @property
    def memory(self) -> int:
        """The results that are kept of every filter."""
        return self.time_weight.shape[1]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LSTM(Op):
    """Long short-term memory over a sequence [batch, time, C], or [time, batch, C] if `time_major`.

    Gates stand in the order forget, cell, output, input; without the last, the input gate is what
    the forget gate leaves. `hidden` [batch, outputs] and `cell` [batch, cells] go from one
    element of the sequence to the next, and from run to run. Activations are int8, or int16 with
    biases of int64 and neither of what follows. `peepholes` are of forget, output and
    input gate, or none. With a `projection` [outputs, cells] the cells' outputs are quantized as
    `between`, and multiplied by it. A clip of 0 is none. `norms` are the weights of gates that
    are normalized over all cells, whose biases are then added behind that, or none; `gate_scales`
    are of the gates' sums, 2^-12 unless they are normalized.
    """

    input: Tensor = field(metadata=ACTIVATION)
    input_weights: tuple[Tensor, ...] = field(metadata=CONSTANT)
    recurrent_weights: tuple[Tensor, ...] = field(metadata=CONSTANT)
    biases: tuple[Tensor, ...] = field(metadata=CONSTANT)
    peepholes: tuple[Tensor, ...] = field(metadata=CONSTANT)
    projection: Tensor | None = field(metadata=CONSTANT)
    projection_bias: Tensor | None = field(metadata=CONSTANT)
    norms: tuple[Tensor, ...] = field(metadata=CONSTANT)
    hidden: Tensor = field(metadata=STATE)
    cell: Tensor = field(metadata=STATE)
    time_major: bool
    cell_clip: int
    projection_clip: int
    between: Quantization
    gate_scales: tuple[float, ...]

    @property
    def has_input_gate(self) -> bool:
        """Whether the input gate is one of its own."""
        return len(self.input_weights) == 4

    @property
    def steps(self) -> int:
        """The elements of the sequence."""
        return self.input.shape[0 if self.time_major else 1]
