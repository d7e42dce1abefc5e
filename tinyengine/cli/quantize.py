"""`tinyengine quantize`, `evaluate` and `compare`: from a float model to int8, and what it cost."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from tinyengine import quantization
from tinyengine.cli.console import add_row, err, out, print_json, progress, reported, table
from tinyengine.cli.files import refuse_to_overwrite, write_file
from tinyengine.cli.options import JsonOption, OptionalBoard, ShapesOption, parse_path, parse_shapes
from tinyengine.errors import UsageError
from tinyengine.files import check_writable
from tinyengine.product.output_directory import refuse_files
from tinyengine.quantization import (
    Activations,
    Calibration,
    Comparison,
    Quantization,
    Resizing,
    Rounding,
    Scaling,
    Settings,
    Standing,
    Weights,
)
from tinyengine.report.codec import Json

DataOption = Annotated[
    Path,
    typer.Option(
        "--data",
        parser=parse_path,
        metavar="F",
        help="Samples: .npz (x, y), .npy, a folder of .npy or of images.",
    ),
]
OptionalData = Annotated[
    Path | None,
    typer.Option(
        "--data",
        parser=parse_path,
        metavar="F",
        help="Samples: .npz (x, y), .npy, a folder of .npy or of images.",
    ),
]
MeanOption = Annotated[
    str, typer.Option(help="Of images: subtracted from scaled pixels, per channel: 0.5,0.5,0.5.")
]
StdOption = Annotated[str, typer.Option(help="Of images: what they are divided by then.")]
ScaleOption = Annotated[float, typer.Option(help="Of images: what pixels 0..255 are times.")]

ResizeOption = Annotated[
    Resizing,
    typer.Option(help="Of images: stretched to the input, their middle cut out, or black beside."),
]

ScoreOption = Annotated[
    str | None,
    typer.Option(
        "--score",
        metavar="FILE.py:NAME",
        help="A function of yours, (outputs, labels) to a number: greater is better.",
    ),
]

OutputOption = Annotated[
    Path | None,
    typer.Option("-o", "--output", parser=parse_path, metavar="OUT.tflite", help="The int8 file."),
]
NoDataOption = Annotated[bool, typer.Option("--no-data", help="Quantize on synthetic samples.")]
TuneOption = Annotated[
    bool, typer.Option("--tune", help="Search the settings on samples held out.")
]
CalibrateOption = Annotated[Calibration, typer.Option(help="How ranges of activations are taken.")]
PercentileOption = Annotated[
    float,
    typer.Option(min=1, max=100, help="Share of the samples whose values ranges leave whole."),
]
EqualizeOption = Annotated[bool, typer.Option(help="Scale channels to fill their ranges.")]
CorrectOption = Annotated[bool, typer.Option(help="Let biases take up mean errors.")]
RoundingOption = Annotated[Rounding, typer.Option(help="How weights are rounded.")]
WeightsOption = Annotated[
    Weights, typer.Option(help="What weights are held in; int4 leaves depthwise ones int8.")
]
ActivationsOption = Annotated[
    Activations, typer.Option(help="What activations are held in; int16 has int8 weights.")
]
RangeOption = Annotated[
    str, typer.Option(metavar="LOW,HIGH", help="What inputs are, for --no-data.")
]


@reported
def quantize_command(
    model: Annotated[
        Path,
        typer.Argument(
            parser=parse_path, metavar="MODEL", help="A float model (.tflite or .onnx)."
        ),
    ],
    data: OptionalData = None,
    output: OutputOption = None,
    no_data: NoDataOption = False,
    score: ScoreOption = None,
    tune: TuneOption = False,
    calibrate: CalibrateOption = Calibration.PERCENTILE,
    percentile: PercentileOption = 90.0,
    equalize: EqualizeOption = True,
    correct: CorrectOption = True,
    rounding: RoundingOption = Rounding.COMPENSATED,
    weights: WeightsOption = Weights.INT8,
    activations: ActivationsOption = Activations.INT8,
    samples: Annotated[int, typer.Option(min=1, metavar="N", help="Samples at most.")] = 200,
    input_range: RangeOption = "-1,1",
    mean: MeanOption = "0",
    std: StdOption = "1",
    scale: ScaleOption = 1.0,
    resize: ResizeOption = Resizing.STRETCH,
    shape: ShapesOption = None,
    json: JsonOption = False,
) -> None:
    """Quantize a float model to a .tflite file of integers that any TFLite interpreter loads."""
    if (data is None) != no_data:
        raise UsageError("quantize", "takes either --data F or --no-data")
    target = output or model.with_name(f"{model.stem}_{_form(weights, activations)}.tflite")
    refuse_files(target.parent)
    check_writable(target)
    refuse_to_overwrite("--output", target, model, data)
    low, high = _numbers("--input-range", input_range, 2)
    made = quantization.quantize_model(
        model,
        data,
        settings=Settings(
            calibration=calibrate,
            percentile=percentile,
            equalize=equalize,
            correct=correct,
            rounding=rounding,
            weights=weights,
            activations=activations,
        ),
        tune=tune,
        judge=None if score is None else quantization.load_judge(score),
        samples=samples,
        scaling=scaling_of(mean, std, scale, resize),
        shapes=parse_shapes(shape),
        input_range=(low, high),
        progress=progress,
    )
    write_file(target, made.tflite)
    _note(made.remarks)
    if json:
        print_json(_quantization_json(made, target))
    else:
        _show_quantization(made, target)


def _form(weights: Weights, activations: Activations) -> str:
    """Give what the file is named after."""
    return "int16" if activations is Activations.INT16 else weights.value


def _note(remarks: Iterable[str]) -> None:
    """Tell on stderr what the user should know."""
    for remark in remarks:
        err.print(f"note: {remark}", markup=False)


def scaling_of(mean: str, std: str, scale: float, resizing: Resizing = Resizing.STRETCH) -> Scaling:
    """Read how pixels become inputs."""
    means, stds = _numbers("--mean", mean), _numbers("--std", std)
    if any(value == 0 for value in stds):
        raise UsageError("--std", "nothing is divided by 0")
    return Scaling(mean=means, std=stds, scale=scale, resizing=resizing)


def _numbers(option: str, text: str, count: int | None = None) -> tuple[float, ...]:
    try:
        values = tuple(float(part) for part in text.split(","))
    except ValueError:
        raise UsageError(option, f"'{text}' is no list of numbers") from None
    if len(values) != count and (count is not None or len(values) not in (1, 3)):
        raise UsageError(option, f"'{text}' has {len(values)} numbers")
    return values


def _quantization_json(made: Quantization, target: Path) -> Json:
    return {
        "output": str(target),
        "bytes": len(made.tflite),
        "source": made.source,
        "samples": made.samples,
        "settings": str(made.settings),
        "score": asdict(made.score),
        "trials": [
            {"settings": str(trial.settings), **asdict(trial.score)} for trial in made.trials
        ],
        "remarks": list(made.remarks),
    }


def _show_quantization(made: Quantization, target: Path) -> None:
    if made.trials:
        rows = table("settings", *_SCORES)
        for trial in made.trials:
            add_row(rows, str(trial.settings), *_scores(asdict(trial.score)))
        out.print(rows)
        out.print()
    rows = table("", "")
    add_row(rows, "file", str(target))
    add_row(rows, "bytes", f"{len(made.tflite):,}")
    add_row(rows, "samples", f"{made.samples} ({made.source})")
    add_row(rows, "settings", str(made.settings))
    for name, text in zip(_SCORES, _scores(asdict(made.score)), strict=True):
        if text != "–":
            add_row(rows, name.rstrip(":"), text)
    out.print(rows)


_SCORES = ("score:", "accuracy:", "top 5:", "AUC:", "MSE:", "agreement:", "SQNR, dB:")


def _scores(score: dict[str, float | None]) -> list[str]:
    """Give the cells of a score, in the order of _SCORES."""

    def percent(value: float | None) -> str:
        """Give a share in percent, a dash where there is none."""
        return "–" if value is None else f"{100 * value:.2f} %"

    auc, mse, near = score["auc"], score["mse"], score["sqnr"]
    custom = score["custom"]
    return [
        "–" if custom is None else f"{custom:.5g}",
        percent(score["accuracy"]),
        percent(score["top5"]),
        "–" if auc is None else f"{auc:.4f}",
        "–" if mse is None else f"{mse:.5g}",
        percent(score["agreement"]),
        "–" if near is None else f"{near:.2f}",
    ]


@reported
def evaluate_command(
    models: Annotated[
        list[Path],
        typer.Argument(parser=parse_path, metavar="MODEL...", help="Float and int8 models."),
    ],
    data: DataOption,
    board: OptionalBoard = None,
    score: ScoreOption = None,
    samples: Annotated[int, typer.Option(min=1, metavar="N", help="Samples at most.")] = 1000,
    mean: MeanOption = "0",
    std: StdOption = "1",
    scale: ScaleOption = 1.0,
    resize: ResizeOption = Resizing.STRETCH,
    shape: ShapesOption = None,
    json: JsonOption = False,
) -> None:
    """Run samples through models, and with --board through their firmware; tell how they do."""
    standings = quantization.evaluate_models(
        models,
        data,
        board=board,
        judge=None if score is None else quantization.load_judge(score),
        samples=samples,
        scaling=scaling_of(mean, std, scale, resize),
        shapes=parse_shapes(shape),
        progress=progress,
    )
    _note(remark for standing in standings for remark in standing.remarks)
    if json:
        print_json({"models": [asdict(standing) for standing in standings]})
    else:
        _show_standings(standings)


def _show_standings(standings: Sequence[Standing]) -> None:
    cells = [_scores(asdict(each.score)) for each in standings]
    told = [place for place in range(len(_SCORES)) if any(row[place] != "–" for row in cells)]
    rows = table("model", "runs as", *(_SCORES[place] for place in told), "bit-exact")
    for each, scores in zip(standings, cells, strict=True):
        kind = each.kind if each.board is None else f"{each.kind} on {each.board}"
        exact = {None: "", True: "yes", False: "NO"}[each.bit_exact]
        add_row(rows, each.model, kind, *(scores[place] for place in told), exact)
    out.print(rows)


@reported
def compare_command(
    exact: Annotated[
        Path, typer.Argument(parser=parse_path, metavar="FLOAT", help="The float model.")
    ],
    integer: Annotated[
        Path, typer.Argument(parser=parse_path, metavar="INT8", help="The int8 model made of it.")
    ],
    data: DataOption,
    samples: Annotated[int, typer.Option(min=1, metavar="N", help="Samples at most.")] = 20,
    page: Annotated[
        Path | None,
        typer.Option(
            "-o", "--output", parser=parse_path, metavar="PAGE.html", help="Write a page, too."
        ),
    ] = None,
    mean: MeanOption = "0",
    std: StdOption = "1",
    scale: ScaleOption = 1.0,
    resize: ResizeOption = Resizing.STRETCH,
    shape: ShapesOption = None,
    json: JsonOption = False,
) -> None:
    """Show where an int8 model differs from its float model, operator by operator."""
    if page is not None:
        check_writable(page)
        refuse_to_overwrite("--output", page, exact, integer, data)
    comparison = quantization.compare_models(
        exact,
        integer,
        data,
        samples=samples,
        scaling=scaling_of(mean, std, scale, resize),
        shapes=parse_shapes(shape),
        progress=progress,
    )
    _note(comparison.remarks)
    if json:
        print_json(
            {
                "operators": [asdict(each) for each in comparison.differences],
                "unmatched": list(comparison.unmatched),
            }
        )
    else:
        _show_comparison(comparison)
    if page is not None:
        write_file(page, quantization.comparison_page(comparison, exact, integer).encode())
        err.print(f"wrote {page}", markup=False)


def _show_comparison(comparison: Comparison) -> None:
    rows = table("operator", "SQNR, dB:", "own:", "saturated:", "range used:")
    for each in comparison.differences:
        add_row(
            rows,
            f"{each.source}{' (channels scaled)' if each.scaled else ''}",
            f"{each.sqnr:.1f}",
            "–" if each.own is None else f"{each.own:.1f}",
            f"{100 * each.saturated:.2f} %",
            f"{100 * each.used:.0f} %",
        )
    out.print(rows)
    if comparison.unmatched:
        count = len(comparison.unmatched)
        out.print(f"{count} operators have no counterpart of the same name in the float model")
