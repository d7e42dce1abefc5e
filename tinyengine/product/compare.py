"""Where an int8 network differs from its float network, operator by operator."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tinyengine.errors import UsageError, counted
from tinyengine.importers import NetworkChoice
from tinyengine.ir import Array, Clamp, DType, Graph, Op, Tensor
from tinyengine.product.evaluate import AnyModel, device_inputs, open_model, range_remarks
from tinyengine.progress import Progress
from tinyengine.quantize.data import Samples, Scaling, load_samples
from tinyengine.quantize.measure import sqnr
from tinyengine.reference import execute
from tinyengine.reference.execute import evaluate
from tinyengine.reference.floats import Floats, stream_float
from tinyengine.report.comparison import render_comparison, row_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """What an operator of the int8 network does to the signal.

    `sqnr` is of its output in dB, `own` what it would be if its operands were exact: where it is
    far above `sqnr`, the error came in with the operands. `saturated` is the share of values at the
    ends of the range, zero not counted, `used` the share of the range that values were seen in,
    `low` and `high` the range itself.
    Where the channels were `scaled`, as equalization does, each is compared after undoing that.
    """

    source: str
    tensor: str
    sqnr: float
    own: float | None
    scaled: bool
    saturated: float
    used: float
    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """All differences in network order, and the operators that have no counterpart by name.

    `remarks` are for the user: what may be wrong with the samples.
    """

    differences: tuple[Difference, ...]
    unmatched: tuple[str, ...]
    samples: int
    remarks: tuple[str, ...] = ()


def compare(
    exact: Path,
    integer: Path,
    data: Path,
    *,
    scaling: Scaling | None,
    most: int,
    network: NetworkChoice,
    progress: Progress,
) -> Comparison:
    """Run samples through both networks, and compare the tensors that have the same name.

    Raises UsageError where the first is not float, the second not int8, or no tensor matches.
    """
    first, second = open_model(exact, network), open_model(integer, network)
    _check(first, second)
    samples = load_samples(data, first.graph, scaling).at_most(most)
    with progress(f"running {samples.count} samples through both networks"):
        wanted = _with_clamps(_float_values(first.graph, samples), first.graph, second.graph)
        found = [execute(second.graph, inputs) for inputs in device_inputs(second.graph, samples)]
    gains = {
        tensor.name: _gains(np.stack(wanted[tensor.name]), _stacked(tensor, found))
        for tensor in (op.output for op in second.graph.ops)
        if tensor.name in wanted and wanted[tensor.name][0].size == tensor.elements
    }
    wanted = {
        name: [np.asarray(each / gains.get(name, _ONE), np.float32) for each in values]
        for name, values in wanted.items()
    }
    differences, unmatched = [], []
    for op in second.graph.ops:
        tensor = op.output
        if tensor.name not in wanted or wanted[tensor.name][0].size != tensor.elements:
            unmatched.append(f"{op.source}")
            continue
        scaled = bool(np.any(gains[tensor.name] != 1))
        held = [values[tensor] for values in found]
        differences.append(_difference(op, wanted, held, scaled=scaled))
    if not differences:
        raise UsageError(
            integer.name, f"no tensor has the name of one of {exact.name}", hint="are they a pair?"
        )
    return Comparison(
        differences=tuple(differences),
        unmatched=tuple(unmatched),
        samples=samples.count,
        remarks=range_remarks(second, samples),
    )


def _check(first: AnyModel, second: AnyModel) -> None:
    if not first.is_float:
        raise UsageError(first.path.name, "is quantized: give the float model first")
    if second.is_float:
        raise UsageError(second.path.name, "is a float model: give the int8 model second")
    counts = [[e.tensor.elements for e in each.graph.inputs] for each in (first, second)]
    if counts[0] != counts[1]:
        raise UsageError(second.path.name, f"its inputs have {counts[1]} values, not {counts[0]}")


def _float_values(graph: Graph, samples: Samples) -> Mapping[str, list[Floats]]:
    """Give the value of every activation by its name, for each sample."""
    values: dict[str, list[Floats]] = {}
    for index in range(samples.count):
        inputs = [
            each[index].reshape(edge.tensor.shape)
            for each, edge in zip(samples.inputs, graph.inputs, strict=True)
        ]
        found = dict(zip((edge.name for edge in graph.inputs), inputs, strict=True))
        # an operator of the file may be several here: the last one gives what it gives
        found |= {op.output.name: result for op, _, result in stream_float(graph, inputs)}
        for name, array in found.items():
            values.setdefault(name, []).append(array)
    return values


def _with_clamps(
    wanted: Mapping[str, list[Floats]], first: Graph, second: Graph
) -> Mapping[str, list[Floats]]:
    """Give what the int8 tensors hold: behind a clamp, where the range has taken that up.

    Some quantizers leave a clamp out, and call what it gives as what it reads.
    """
    held, made = {op.output.name for op in second.ops}, dict(wanted)
    for clamp in first.ops:
        if not isinstance(clamp, Clamp):
            continue
        before, after = clamp.input.name, clamp.output.name
        if before in held and after not in held and len(first.consumers[clamp.input]) == 1:
            made[before] = wanted[after]
    return made


def _difference(
    op: Op, wanted: Mapping[str, list[Floats]], found: Sequence[Array], *, scaled: bool
) -> Difference:
    tensor = op.output
    exact = np.stack([each.reshape(-1) for each in wanted[tensor.name]])
    held = np.stack([each.reshape(-1) for each in found])
    low, high = tensor.dtype.limits
    zero = None if tensor.quant is None else tensor.zero_point
    ends = [end for end in (low, high) if end != zero]
    return Difference(
        source=str(op.source),
        tensor=tensor.name,
        sqnr=sqnr(exact, _reals(tensor, held)),
        own=_own(op, wanted),
        scaled=scaled,
        saturated=float(np.mean(np.isin(held, ends))),
        used=float(int(held.max()) - int(held.min()) + 1) / (high - low + 1),
        low=float(_reals(tensor, np.array(low))),
        high=float(_reals(tensor, np.array(high))),
    )


def _stacked(tensor: Tensor, found: Sequence[Mapping[Tensor, Array]]) -> Floats:
    return np.stack([_reals(tensor, values[tensor]) for values in found])


_ONE = np.ones(1, np.float32)

_MOST_DEVIATION = 1.1
"""Channels whose gains spread further than this were scaled on purpose."""


def _gains(exact: Floats, held: Floats) -> Floats:
    """Give by what each channel of [count, ..., channels] was divided: fitted, or all ones."""
    a = exact.reshape(-1, held.shape[-1]).astype(np.float64)
    b = held.reshape(-1, held.shape[-1]).astype(np.float64)
    products, powers = (a * b).sum(axis=0), (b * b).sum(axis=0)
    known = (products > 0) & (powers > 0)
    fitted = np.where(known, products / np.where(known, powers, 1.0), 1.0)
    spread = np.median(np.abs(np.log(fitted[known]))) if known.any() else 0.0
    if spread < np.log(_MOST_DEVIATION):
        fitted = np.ones_like(fitted)
    return np.asarray(fitted, np.float32)


def _own(op: Op, wanted: Mapping[str, list[Floats]]) -> float | None:
    """Give the SQNR of `op` on operands that are exact but for their rounding."""
    operands = [tensor for tensor in op.inputs if not tensor.is_const]
    if any(tensor.name not in wanted or tensor.quant is None for tensor in operands):
        return None
    exact, made = wanted[op.output.name], []
    for index in range(len(exact)):
        values = [
            tensor.values if tensor.is_const else _integers(tensor, wanted[tensor.name][index])
            for tensor in op.inputs
        ]
        made.append(evaluate(op, values).reshape(-1))
    return sqnr(np.stack([each.reshape(-1) for each in exact]), _reals(op.output, np.stack(made)))


def _integers(tensor: Tensor, values: Floats) -> Array:
    steps = np.round(values.reshape(tensor.shape) / np.float32(tensor.scale)) + tensor.zero_point
    return np.asarray(np.clip(steps, *tensor.dtype.limits).astype(tensor.dtype.numpy))


def _reals(tensor: Tensor, values: Array) -> Floats:
    if tensor.quant is None or tensor.dtype is DType.INT32:
        return values.astype(np.float32)
    centred = values.astype(np.float32) - np.float32(tensor.zero_point)
    return np.asarray(centred * np.float32(tensor.scale), np.float32)


def comparison_page(comparison: Comparison, exact: str, integer: str) -> str:
    """Give the comparison of the files `exact` and `integer` as an HTML page."""
    rows = [
        row_of(
            f"{each.source}{' (channels scaled)' if each.scaled else ''}",
            each.sqnr,
            each.own,
            (each.saturated, each.used),
            (each.low, each.high),
        )
        for each in comparison.differences
    ]
    remark = (
        f"{counted(comparison.samples, 'sample')}; each figure is the median over them, but for "
        "saturation and ranges, which are of all."
    )
    return render_comparison(f"{integer} against {exact}", remark, rows, comparison.unmatched)
