"""How good models are on samples: the float one, int8 ones on the host, and their firmware."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from tinyengine.compiler import Options
from tinyengine.errors import ModelError, UsageError
from tinyengine.importers import FIRST, NetworkChoice, load, load_float
from tinyengine.ir import Array, DType, Edge, Graph
from tinyengine.product.compile import compile_product
from tinyengine.product.open import Place, open_product
from tinyengine.progress import Progress
from tinyengine.quantize.data import Samples, Scaling, load_samples
from tinyengine.quantize.measure import Judge, Score, decides, score
from tinyengine.quantize.tune import outputs_of
from tinyengine.reference import run
from tinyengine.reference.floats import Floats

_FLOAT = "float"


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How a model did: `kind` is float, int8 or int16 (numpy reference), or firmware (on `board`).

    `remarks` are for the user: what may be wrong with the samples for this model.
    """

    model: str
    kind: str
    score: Score
    board: str | None = None
    bit_exact: bool | None = None
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class AnyModel:
    """A model file, whatever it computes in."""

    path: Path
    graph: Graph
    is_float: bool


def open_model(path: Path, network: NetworkChoice = FIRST) -> AnyModel:
    """Read a model file that is quantized, or else float throughout.

    Shapes in `network` are for ONNX files: others leave none open.

    Raises ModelError with what stands against both, where it is neither.
    """
    network = network if path.suffix.lower() == ".onnx" else FIRST
    try:
        return AnyModel(path=path, graph=load(path, network), is_float=False)
    except ModelError as quantized:
        try:
            return AnyModel(path=path, graph=load_float(path, network), is_float=True)
        except ModelError as as_float:
            if "float" in str(quantized):
                raise as_float from None
            raise quantized from None


def evaluate(
    models: Sequence[Path],
    data: Path,
    *,
    board: Options | None,
    scaling: Scaling | None,
    most: int,
    judge: Judge | None,
    network: NetworkChoice,
    progress: Progress,
) -> tuple[Standing, ...]:
    """Run `data` through all models and, for `board`, through the firmware of the int8 ones.

    The first float model is what the others are held against; without one, the first model is.
    At most `most` samples are taken.
    """
    opened = [open_model(path, network) for path in models]
    standard = next((model for model in opened if model.is_float), opened[0])
    samples = load_samples(data, standard.graph, scaling).at_most(most)
    found: dict[Path, tuple[Floats, ...]] = {}
    for model in opened:
        _check_inputs(model, standard)
        with progress(f"running {samples.count} samples through {model.path.name}"):
            found[model.path] = _outputs(model, samples)
    exact = found[standard.path]
    standings: list[Standing] = []
    for model in opened:
        outputs = found[model.path]
        _check_outputs(model, outputs, exact)
        against = None if model is standard else exact
        standings.append(
            Standing(
                model=model.path.name,
                kind=_FLOAT if model.is_float else model.graph.inputs[0].tensor.dtype.value,
                score=score(outputs, against, samples.labels, judge),
                remarks=(
                    *range_remarks(model, samples),
                    *(label_remarks(samples, outputs, judge) if model is standard else ()),
                ),
            )
        )
        if board is not None and not model.is_float:
            made = _on_board(model, samples, board, progress)
            standings.append(
                Standing(
                    model=model.path.name,
                    kind="firmware",
                    score=score(made, against, samples.labels, judge),
                    board=board.board.name,
                    bit_exact=all(map(np.array_equal, made, outputs)),
                )
            )
    return tuple(standings)


_FAR = 3.0
"""Samples that reach this many times further than a model's range are not of its kind."""

_SMALL = 0.02
"""Samples that fill less than this part of a model's range are not of its kind, either."""


def range_remarks(model: AnyModel, samples: Samples) -> tuple[str, ...]:
    """Say where samples lie far outside the range that an input of the model has, or fill none."""
    found = []
    for edge, values in zip(model.graph.inputs, samples.inputs, strict=True):
        tensor = edge.tensor
        if tensor.quant is None:
            continue
        low, high = ((end - tensor.zero_point) * tensor.scale for end in tensor.dtype.limits)
        least, greatest = float(values.min()), float(values.max())
        is_far = greatest > _FAR * max(high, -low) or least < -_FAR * max(high, -low)
        is_small = max(greatest, -least) < _SMALL * max(high, -low)
        if is_far or is_small:
            found.append(
                f"samples of '{edge.name}' lie in [{least:.4g}, {greatest:.4g}], "
                f"{model.path.name} takes [{low:.4g}, {high:.4g}]: are they scaled as it wants?"
            )
    return tuple(found)


def label_remarks(
    samples: Samples, outputs: Sequence[Floats], judge: Judge | None
) -> tuple[str, ...]:
    """Say where accuracy cannot be told, and why."""
    if judge is not None:
        return ()
    if samples.labels is None:
        return ("no labels (y in an .npz): accuracy cannot be told",)
    if not decides(outputs) and samples.labels.dtype.kind in "iu" and samples.labels.ndim == 1:
        return ("labels are not used: outputs are no scores of one decision; --score judges them",)
    return ()


def _check_inputs(model: AnyModel, standard: AnyModel) -> None:
    mine, theirs = ([e.tensor.elements for e in each.graph.inputs] for each in (model, standard))
    if mine != theirs:
        raise UsageError(
            model.path.name, f"has inputs of {mine} values, {standard.path.name} of {theirs}"
        )


def _check_outputs(model: AnyModel, outputs: Sequence[Floats], exact: Sequence[Floats]) -> None:
    mine, theirs = ([each.shape[1] for each in side] for side in (outputs, exact))
    if mine != theirs:
        raise UsageError(
            model.path.name,
            f"has outputs of {mine} values, the model that it is held against of {theirs}",
        )


def _outputs(model: AnyModel, samples: Samples) -> tuple[Floats, ...]:
    """Give the outputs in real numbers, [count, elements] each."""
    if model.is_float:
        return outputs_of(model.graph, samples)
    rows = [run(model.graph, inputs) for inputs in device_inputs(model.graph, samples)]
    return reals(model.graph, rows)


def device_inputs(graph: Graph, samples: Samples) -> list[tuple[Array, ...]]:
    """Give the samples as the integers that the inputs of `graph` are."""
    return [
        tuple(
            quantized(edge, each[index])
            for edge, each in zip(graph.inputs, samples.inputs, strict=True)
        )
        for index in range(samples.count)
    ]


def quantized(edge: Edge, values: Floats) -> Array:
    """Give real values as the integers of an edge's tensor, in its shape."""
    tensor = edge.tensor
    steps = np.round(values.reshape(tensor.shape) / np.float32(tensor.scale)) + tensor.zero_point
    return np.asarray(np.clip(steps, *tensor.dtype.limits).astype(tensor.dtype.numpy))


def reals(graph: Graph, rows: Sequence[Sequence[Array]]) -> tuple[Floats, ...]:
    """Give integer outputs of many samples in real numbers, [count, elements] each."""
    made = []
    for position, edge in enumerate(graph.outputs):
        values = np.stack([row[position].reshape(-1) for row in rows]).astype(np.float32)
        tensor = edge.tensor
        if tensor.quant is not None and tensor.dtype is not DType.INT32:
            values = (values - np.float32(tensor.zero_point)) * np.float32(tensor.scale)
        made.append(np.asarray(values, np.float32))
    return tuple(made)


def _on_board(
    model: AnyModel, samples: Samples, options: Options, progress: Progress
) -> tuple[Floats, ...]:
    """Compile the model and run all samples on the emulated board."""
    with TemporaryDirectory(prefix="tinyengine-") as scratch:
        _, product = compile_product(model.path, options, Path(scratch) / "out", progress)
        with (
            progress(f"running {samples.count} samples on the emulated {options.board.name}"),
            open_product(product, Place()) as runner,
        ):
            rows = []
            for inputs in device_inputs(model.graph, samples):
                result = runner.infer([array.tobytes() for array in inputs])
                rows.append(
                    [
                        np.frombuffer(data, edge.tensor.dtype.numpy)
                        for data, edge in zip(result.outputs, model.graph.outputs, strict=True)
                    ]
                )
    return reals(model.graph, rows)
