"""Round the weights operator by operator, beside the float network that they should follow.

Both networks run side by side on samples. When an operator with weights is reached, its inputs in
the int8 network are known: the weights are rounded for these, and the bias takes up what is left
of the error on average.
"""

from collections.abc import Mapping, Sequence

import numpy as np

from tinyengine.ir import Conv2D, DepthwiseConv2D, DType, FullyConnected, Graph, Op, Tensor
from tinyengine.quantize.observe import batches
from tinyengine.quantize.ranges import quantization_of
from tinyengine.quantize.settings import Activations, Rounding, Settings
from tinyengine.quantize.structure import Range, Structure, Weighted
from tinyengine.quantize.weights import (
    Doubles,
    RoundedWeights,
    round_compensated,
    round_nearest,
)
from tinyengine.reference.floats import Floats, evaluate_float
from tinyengine.reference.windows import windows_of

_MOST_COLUMNS = 1536
"""Weights of an output channel beyond which they are rounded to nearest: the cube of it counts."""

_MOST_ROWS = 20_000
"""Rows of inputs that the second moments are taken from."""


def rounded(values: Floats, wanted: Range, activations: Activations = Activations.INT8) -> Floats:
    """Give `values` as the integer network holds them in the range `wanted`."""
    quant = quantization_of(wanted, activations)
    scale, zero_point = np.float32(quant.scale[0]), quant.zero_point[0]
    steps = np.clip(np.round(values / scale) + zero_point, *DType(activations.value).limits)
    return np.asarray((steps - zero_point) * scale, np.float32)


def refine(
    structure: Structure,
    ranges: Mapping[Tensor, Range],
    samples: Sequence[Floats],
    settings: Settings,
) -> Mapping[Op, RoundedWeights]:
    """Give the weights of every operator that has any, and the bias with the correction.

    `samples` are [count, ...] for each input; a few dozen are enough, and all are held at once.
    """
    graph = structure.graph
    needs_samples = settings.correct or settings.rounding is Rounding.COMPENSATED
    if not needs_samples:
        return {
            op: round_nearest(
                op, _scale(ranges[_input(op)], settings.activations), settings.weights
            )
            for op in _weighted(graph)
        }
    return _Pair(structure, ranges, settings).run(samples)


def _weighted(graph: Graph) -> tuple[Op, ...]:
    return tuple(op for op in graph.ops if isinstance(op, Weighted))


def _input(op: Op) -> Tensor:
    assert isinstance(op, Weighted), "only these have weights"
    return op.input


def _scale(wanted: Range, activations: Activations) -> float:
    return quantization_of(wanted, activations).scale[0]


class _Pair:
    """The float network and the int8 one, side by side."""

    def __init__(
        self, structure: Structure, ranges: Mapping[Tensor, Range], settings: Settings
    ) -> None:
        self.structure, self.ranges, self.settings = structure, ranges, settings
        self.graph = structure.graph
        self.made: dict[Op, RoundedWeights] = {}

    def run(self, samples: Sequence[Floats]) -> Mapping[Op, RoundedWeights]:
        """Run all samples operator by operator, and give the weights."""
        exact = self._inputs(samples)
        held = [
            {tensor: self._rounded(tensor, values) for tensor, values in batch.items()}
            for batch in exact
        ]
        left = {tensor: len(ops) for tensor, ops in self.graph.consumers.items()}
        for op in self.graph.ops:
            self._step(op, exact, held)
            for tensor in dict.fromkeys(op.inputs):
                left[tensor] -= 1
                if not left[tensor]:
                    for batch in (*exact, *held):
                        batch.pop(tensor, None)
        return self.made

    def _inputs(self, samples: Sequence[Floats]) -> list[dict[Tensor, Floats]]:
        tensors = self.graph.input_tensors
        return [dict(zip(tensors, batch, strict=True)) for batch in batches(self.graph, samples)]

    def _step(
        self, op: Op, exact: list[dict[Tensor, Floats]], held: list[dict[Tensor, Floats]]
    ) -> None:
        """Compute `op` in both networks; round its weights first, if it has any."""
        wanted = [evaluate_float(op, _operands(op, batch)) for batch in exact]
        if isinstance(op, Weighted):
            self.made[op] = self._weights(op, [batch[op.input] for batch in held])
        found = [self._evaluate(op, batch) for batch in held]
        if isinstance(op, Weighted) and self.settings.correct:
            missing = _usual_error(wanted, found)
            self.made[op] = self.made[op].with_bias(
                np.asarray(self.made[op].bias + missing, np.float32)
            )
            found = [values + missing for values in found]
        for batch, values in zip(exact, wanted, strict=True):
            batch[op.output] = values
        is_fused = op in self.structure.fused
        for batch, values in zip(held, found, strict=True):
            batch[op.output] = values if is_fused else self._rounded(op.output, values)

    def _rounded(self, tensor: Tensor, values: Floats) -> Floats:
        return rounded(values, self.ranges[tensor], self.settings.activations)

    def _weights(self, op: Op, inputs: list[Floats]) -> RoundedWeights:
        assert isinstance(op, Weighted), "only these have weights"
        scale = _scale(self.ranges[op.input], self.settings.activations)
        weights = self.settings.weights
        k = op.weight.elements // op.output.shape[-1]
        if self.settings.rounding is Rounding.NEAREST or k > _MOST_COLUMNS:
            return round_nearest(op, scale, weights)
        return round_compensated(op, scale, _moments(op, inputs), weights)

    def _evaluate(self, op: Op, batch: Mapping[Tensor, Floats]) -> Floats:
        operands = list(_operands(op, batch))
        if op in self.made:
            made = self.made[op]
            operands[1:] = [made.floats, made.bias]
        return evaluate_float(op, operands)


def _operands(op: Op, batch: Mapping[Tensor, Floats]) -> tuple[Floats, ...]:
    return tuple(
        np.asarray(tensor.values, np.float32) if tensor.is_const else batch[tensor]
        for tensor in op.inputs
    )


def _usual_error(wanted: Sequence[Floats], found: Sequence[Floats]) -> Floats:
    """Give by how much every channel is too small in most samples: the median of their means."""
    means = [
        (exact - held).reshape(len(exact), -1, exact.shape[-1]).mean(axis=1)
        for exact, held in zip(wanted, found, strict=True)
    ]
    return np.asarray(np.median(np.concatenate(means), axis=0), np.float32)


def _moments(op: Op, inputs: Sequence[Floats]) -> Doubles:
    """Give the second moments of what the weights are multiplied with; samples count alike."""
    total: Doubles | None = None
    most = max(1, _MOST_ROWS // max(len(inputs), 1))
    for x in inputs:
        energies = np.mean(x.reshape(len(x), -1).astype(np.float64) ** 2, axis=1) + 1e-12
        shape = (-1, *[1] * (x.ndim - 1))
        rows = _rows(op, x / np.sqrt(energies).astype(np.float32).reshape(shape))
        rows = rows[:: max(1, len(rows) // most)].astype(np.float64)
        if rows.ndim == 3:
            part = np.einsum("nkc,nlc->ckl", rows, rows, optimize=True)
        else:
            part = rows.T @ rows
        total = part if total is None else total + part
    assert total is not None, "there are samples"
    repeats = op.output.shape[-1] // len(total) if total.ndim == 3 else 1
    return np.repeat(total, repeats, axis=0) if repeats > 1 else total


def _rows(op: Op, x: Floats) -> Floats:
    """Give what the weights are multiplied with: [n, k], or [n, k, channels or groups]."""
    match op:
        case FullyConnected():
            return x.reshape(-1, op.weight.shape[1])
        case Conv2D() if op.groups > 1:
            parts = np.split(windows_of(op, x, 0), op.groups, axis=-1)
            return np.stack(
                [p.reshape(-1, op.weight.elements // len(op.weight.values)) for p in parts], axis=2
            )
        case Conv2D():
            return windows_of(op, x, 0).reshape(-1, op.weight.elements // op.weight.shape[0])
        case DepthwiseConv2D():
            multiplier = op.weight.shape[3] // x.shape[-1]
            wide = np.repeat(x, multiplier, axis=-1) if multiplier > 1 else x
            taps = op.weight.shape[1] * op.weight.shape[2]
            return windows_of(op, wide, 0).reshape(-1, taps, op.weight.shape[3])
        case _:
            raise AssertionError(f"{type(op).__name__} has no weights")
