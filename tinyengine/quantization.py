"""What `import tinyengine` offers for float models: quantize them, and tell what that costs.

made = tinyengine.quantize_model("net.tflite", "samples.npz")
Path("net_int8.tflite").write_bytes(made.tflite)
"""

from collections.abc import Sequence
from os import PathLike
from pathlib import Path

from tinyengine.board import load_board
from tinyengine.compiler import Options
from tinyengine.importers import Shapes, choose_network
from tinyengine.product.compare import Comparison, Difference
from tinyengine.product.compare import compare as compare_files
from tinyengine.product.compare import comparison_page as page_of
from tinyengine.product.evaluate import Standing
from tinyengine.product.evaluate import evaluate as evaluate_files
from tinyengine.product.quantize import Quantization, Request
from tinyengine.product.quantize import quantize_model as quantize_file
from tinyengine.progress import Progress, silent
from tinyengine.quantize.data import Resizing, Scaling
from tinyengine.quantize.measure import Judge, load_judge
from tinyengine.quantize.settings import (
    Activations,
    Calibration,
    Rounding,
    Settings,
    Weights,
)

__all__ = [
    "Activations",
    "Calibration",
    "Comparison",
    "Difference",
    "Judge",
    "Quantization",
    "Resizing",
    "Rounding",
    "Scaling",
    "Settings",
    "Standing",
    "Weights",
    "compare_models",
    "comparison_page",
    "evaluate_models",
    "load_judge",
    "quantize_model",
]

AnyPath = str | PathLike[str]


def quantize_model(
    model: AnyPath,
    data: AnyPath | None,
    *,
    settings: Settings | None = None,
    tune: bool = False,
    judge: Judge | None = None,
    samples: int = 200,
    scaling: Scaling | None = None,
    input_range: tuple[float, float] = (-1.0, 1.0),
    shapes: Shapes | None = None,
    progress: Progress = silent,
) -> Quantization:
    """Quantize a float model file; the result's `tflite` are the bytes of the int8 file.

    `data` are samples: an .npz (`x`, or an array under each input's name; labels under `y`), an
    .npy, or a folder of .npy files or images, whose pixels `scaling` turns into inputs. None
    quantizes on synthetic samples with values in `input_range`. At most `samples` are taken. With
    `tune` the settings are searched, from `settings` on, on samples that are held out for it.
    `judge` gives how good outputs [count, elements] each are, by labels: greater is better.
    `shapes` are those of inputs whose shape the file leaves open.

    Raises:
        UsageError: there are no samples for the model's inputs.
        ModelError: the file is no float model, or something in it has no int8 form.
    """
    request = Request(
        data=None if data is None else Path(data),
        scaling=scaling,
        input_range=input_range,
        settings=settings or Settings(),
        tune=tune,
        judge=judge,
        most=samples,
        network=choose_network(None, None, shapes),
    )
    return quantize_file(Path(model), request, progress)


def evaluate_models(
    models: Sequence[AnyPath],
    data: AnyPath,
    *,
    board: str | None = None,
    judge: Judge | None = None,
    samples: int = 1000,
    scaling: Scaling | None = None,
    shapes: Shapes | None = None,
    progress: Progress = silent,
) -> tuple[Standing, ...]:
    """Give how float and int8 models do on samples; with `board` the int8 ones' firmware too.

    All are held against the first float model, or, without one, against the first.

    Raises:
        UsageError: models or samples do not fit each other.
        ModelError: a model is broken, or something in it is not supported.
    """
    options = None if board is None else Options(board=load_board(board))
    return evaluate_files(
        [Path(model) for model in models],
        Path(data),
        board=options,
        scaling=scaling,
        most=samples,
        judge=judge,
        network=choose_network(None, None, shapes),
        progress=progress,
    )


def compare_models(
    exact: AnyPath,
    integer: AnyPath,
    data: AnyPath,
    *,
    samples: int = 20,
    scaling: Scaling | None = None,
    shapes: Shapes | None = None,
    progress: Progress = silent,
) -> Comparison:
    """Give where the int8 model `integer` differs from the float model `exact`, by operator.

    Raises:
        UsageError: they are no pair, or the samples do not fit them.
        ModelError: a model is broken, or something in it is not supported.
    """
    return compare_files(
        Path(exact),
        Path(integer),
        Path(data),
        scaling=scaling,
        most=samples,
        network=choose_network(None, None, shapes),
        progress=progress,
    )


def comparison_page(comparison: Comparison, exact: AnyPath, integer: AnyPath) -> str:
    """Give a comparison of two model files as an HTML page that needs no other file."""
    return page_of(comparison, Path(exact).name, Path(integer).name)
