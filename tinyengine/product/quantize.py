"""Quantize a float model file to an int8 one, and say how close it comes."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tinyengine.errors import UsageError
from tinyengine.importers import FIRST, NetworkChoice, load_float
from tinyengine.importers.tflite import parse
from tinyengine.ir import Graph
from tinyengine.progress import Progress
from tinyengine.quantize.data import Samples, Scaling, load_samples
from tinyengine.quantize.measure import Judge, Score, score
from tinyengine.quantize.prepare import prepare
from tinyengine.quantize.quantize import check_widths, quantize
from tinyengine.quantize.settings import DEFAULTS, Activations, Settings
from tinyengine.quantize.synthesize import synthetic_samples
from tinyengine.quantize.tune import Trial, outputs_of, simulated, tune
from tinyengine.reference.floats import Floats

_FEW = 8
"""Samples below which ranges are guesses."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What to quantize with: samples, or none and the range of the inputs; and how to choose."""

    data: Path | None
    scaling: Scaling | None = None
    input_range: tuple[float, float] = (-1.0, 1.0)
    settings: Settings = DEFAULTS
    tune: bool = False
    judge: Judge | None = None
    most: int = 200
    network: NetworkChoice = FIRST


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Quantization:
    """The int8 file, what it was made with, and how close it comes on its own samples.

    `trials` are those of the search, the chosen one first; empty without one. `remarks` are for the
    user: what may be wrong with the samples.
    """

    tflite: bytes
    settings: Settings
    score: Score
    samples: int
    source: str
    trials: tuple[Trial, ...]
    remarks: tuple[str, ...]


def quantize_model(model: Path, request: Request, progress: Progress) -> Quantization:
    """Quantize the float model in `model`.

    Raises:
        ModelError: the file is no float model, or something in it has no int8 form.
        UsageError: there are no samples for its inputs.
    """
    check_widths(request.settings)
    graph = load_float(model, request.network)
    samples, source = _samples(graph, request)
    trials: tuple[Trial, ...] = ()
    if request.tune:
        with progress("searching settings") as watch:
            count = 0

            def tried(settings: Settings) -> None:
                """Count a trial."""
                del settings
                nonlocal count
                count += 1
                watch(count, 24)

            trials = tune(graph, samples, request.settings, tried, request.judge)
    settings = trials[0].settings if trials else request.settings
    with progress(f"quantizing on {samples.count} samples"):
        made = quantize(graph, samples.inputs, settings)
    with progress("comparing with the float network"):
        found = simulated(made, samples)
        exact = outputs_of(prepare(graph), samples)
        judged = score(found, exact, samples.labels, request.judge)
    tflite = made.to_tflite()
    if settings.activations is Activations.INT16:
        parse(tflite, model.name)  # refuses operators that have no int16 form
    return Quantization(
        tflite=tflite,
        settings=made.settings,
        score=judged,
        samples=samples.count,
        source=source,
        trials=trials,
        remarks=tuple(_remarks(samples, request)),
    )


def _samples(graph: Graph, request: Request) -> tuple[Samples, str]:
    if request.data is not None:
        return load_samples(request.data, graph, request.scaling).at_most(request.most), "data"
    low, high = request.input_range
    if not low < high:
        raise UsageError("--input-range", f"{low:g} is not below {high:g}")
    return synthetic_samples(graph, low, high), "synthetic"


def _remarks(samples: Samples, request: Request) -> list[str]:
    found = []
    if request.data is not None and samples.count < _FEW:
        found.append(f"only {samples.count} samples: ranges are guesses; a hundred are good")
    for index, each in enumerate(samples.inputs):
        if request.data is not None and _looks_like_bytes(each):
            found.append(
                f"samples of input {index} are whole numbers up to {each.max():g}, like pixels: "
                "does the network take those? --scale, --mean and --std are for folders of images"
            )
        elif request.data is not None and float(np.abs(each).max()) > _ODD_REACH:
            least, greatest = _extremes(each)
            found.append(
                f"samples of input {index} lie in [{least:.4g}, {greatest:.4g}]: networks usually "
                "take [0, 1], [-1, 1] or [0, 255]"
            )
    if request.tune and request.data is not None and samples.labels is None:
        found.append("no labels (y): settings are judged by agreement with the float network")
    if request.data is None:
        found.append("no data: ranges come from synthetic inputs; a few real samples do better")
    return found


_ODD_REACH = 1024.0
"""Magnitudes beyond which samples are hardly what a network takes."""

_LIKE_PIXELS = 64


def _looks_like_bytes(values: Floats) -> bool:
    """Tell whether samples are whole numbers as pixels have them."""
    few = values.reshape(-1)[:100_000]
    is_whole = bool(np.all(few == np.rint(few)))
    return is_whole and float(values.min()) >= 0 and _LIKE_PIXELS <= float(values.max()) <= 255


def _extremes(values: Floats) -> tuple[float, float]:
    return float(values.min()), float(values.max())


__all__ = ["Quantization", "Request", "quantize_model"]
