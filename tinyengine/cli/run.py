"""`tinyengine run`: one inference on the emulated board."""

from collections.abc import Sequence
from io import BytesIO
from math import prod
from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from tinyengine.api import (
    Firmware,
    Given,
    Inference,
    Place,
    Port,
    Ports,
    Timing,
    Values,
    check_steps,
    read_inputs,
    real_values,
)
from tinyengine.board import load_board
from tinyengine.cli.console import add_row, out, print_json, progress, reported, table
from tinyengine.cli.files import refuse_to_overwrite, write_file
from tinyengine.cli.options import (
    DetectionOption,
    EmulatorOption,
    JsonOption,
    OptionalBoard,
    PortOption,
    ShapesOption,
    SignatureOption,
    SourceArgument,
    StepsOption,
    SubgraphOption,
    ToolchainOption,
    parse_path,
    parse_shapes,
)
from tinyengine.cli.source import NetworkOptions, open_source
from tinyengine.cli.times import spread, time_rows
from tinyengine.errors import UsageError, WrongResultError, counted
from tinyengine.files import check_writable, read_bytes
from tinyengine.report.codec import Json, to_json

MAX_SHOWN = 10
"""Values of an output that are printed."""

BEST = 5
"""Names that are printed, those of the greatest values first."""

MOST_LABELS_NBYTES = 16 << 20

OptionalMean = Annotated[
    str | None,
    typer.Option(
        metavar="X[,Y,Z]", help="Of images: subtracted from scaled pixels, for each channel."
    ),
]
OptionalStd = Annotated[
    str | None, typer.Option(metavar="X[,Y,Z]", help="Of images: what they are divided by then.")
]
OptionalScale = Annotated[
    float | None,
    typer.Option(
        metavar="X",
        help="Of images: what pixels 0..255 are times; by default 1 with --mean or --std, "
        "else they span the input.",
    ),
]


@reported
def run_command(
    source: SourceArgument,
    board: OptionalBoard = None,
    emulator: EmulatorOption = None,
    port: PortOption = None,
    input_files: Annotated[
        list[Path] | None,
        typer.Option(
            "--input",
            "-i",
            parser=parse_path,
            metavar="FILE",
            help="A file per input, in order: .npy, an image, a 16-bit .wav; or one .npz.",
        ),
    ] = None,
    output_files: Annotated[
        list[Path] | None,
        typer.Option(
            "--output",
            "-o",
            parser=parse_path,
            metavar="FILE",
            help="Where to write each output, as .npy.",
        ),
    ] = None,
    labels: Annotated[
        Path | None,
        typer.Option(
            parser=parse_path,
            metavar="FILE",
            help="A name per line for an output's values: shows the best five.",
        ),
    ] = None,
    mean: OptionalMean = None,
    std: OptionalStd = None,
    scale: OptionalScale = None,
    steps: StepsOption = None,
    seed: Annotated[
        int, typer.Option(min=0, metavar="N", help="Of the random inputs where none are given.")
    ] = 0,
    signature: SignatureOption = None,
    subgraph: SubgraphOption = None,
    shape: ShapesOption = None,
    detection: DetectionOption = False,
    toolchain: ToolchainOption = None,  # noqa: ARG001 -- its callback does it
    json: JsonOption = False,
) -> None:
    """Run one inference on the board, emulated or real; compare a model's with the reference.

    With --steps a model with state takes so many steps: inputs and outputs have one for each.
    """
    place = Place(emulator=emulator, port=port)
    if board is not None:
        place.check(load_board(board))
    for path in output_files or []:
        _check_suffix(path)
        check_writable(path)
        refuse_to_overwrite("--output", path, source, labels, *(input_files or []))
    network = NetworkOptions(
        signature=signature,
        subgraph=subgraph,
        shapes=parse_shapes(shape),
        detection=detection,
    )
    firmware = open_source(source, board, network)
    ports = Ports.of(firmware.product)
    _check_outputs(ports, output_files or [])
    names = None if labels is None else _read_labels(labels, ports.outputs)
    check_steps(firmware.product, steps)
    taken = ports if steps is None else ports.stacked(steps)
    given = _given(input_files or [], taken, (mean, std, scale))
    made = firmware.infer_all(
        _split([each.values for each in given], steps)
        or firmware.draw(seed=seed, steps=1 if steps is None else steps),
        emulator=emulator,
        port=port,
        compare=firmware.model is not None,
        steps=True,
        progress=progress,
    )
    outputs = made[0].outputs if steps is None else _stacked(made)
    for path, array in zip(output_files or [], outputs, strict=False):
        stream = BytesIO()
        np.save(stream, array)
        write_file(path, stream.getvalue())
    timing = firmware.timing(progress=progress)
    if json:
        print_json(_as_json(firmware, taken.outputs, outputs, made, timing))
    else:
        _show(ports.outputs, made[-1], names)
        _show_costs(made, timing, _told(given, seed))
    wrong = next((index for index, each in enumerate(made) if each.bit_exact is False), None)
    if wrong is not None:
        where = "" if steps is None else f" from step {wrong} on"
        raise WrongResultError(
            firmware.board.name, f"the outputs differ from the reference's{where}"
        )


def _split(arrays: Sequence[Values], steps: int | None) -> list[list[Values]]:
    """Give the inputs of every step; `arrays` have one more dimension where there are `steps`."""
    if steps is None:
        return [list(arrays)] if arrays else []
    return [[array[index] for array in arrays] for index in range(steps)] if arrays else []


def _stacked(made: Sequence[Inference]) -> tuple[Values, ...]:
    """Give each output of all steps as one array."""
    return tuple(np.stack(each) for each in zip(*(one.outputs for one in made), strict=True))


def _check_suffix(path: Path) -> None:
    """Refuse a name that promises another form than an output is written in."""
    if path.suffix not in ("", ".npy"):
        better = path.with_suffix(".npy")
        raise UsageError("--output", f"'{path}' would be a .npy file", hint=f"name it {better}")


def _check_outputs(ports: Ports, outputs: Sequence[Path]) -> None:
    if len(outputs) > len(ports.outputs):
        has = counted(len(ports.outputs), "output")
        raise UsageError("--output", f"the model has {has}, not {len(outputs)}")


def _given(
    paths: Sequence[Path], ports: Ports, options: tuple[str | None, str | None, float | None]
) -> list[Given]:
    """Read the inputs, if there are any; pixels are scaled where an option says how."""
    mean, std, scale = options
    if options == (None, None, None):
        return read_inputs(paths, ports.inputs) if paths else []
    from tinyengine.cli.quantize import scaling_of  # noqa: PLC0415 (slow to import)

    scaling = scaling_of(mean or "0", std or "1", 1.0 if scale is None else scale)
    if not paths:
        raise UsageError("--mean, --std, --scale", "are for images: give them with --input")
    return read_inputs(paths, ports.inputs, scaling)


def _read_labels(path: Path, ports: Sequence[Port]) -> list[str]:
    """Read a name per line; as many as an output has values."""
    try:
        text = read_bytes(path, MOST_LABELS_NBYTES).decode("utf-8-sig")
    except OSError as error:
        raise UsageError(str(path), f"cannot be read: {error.strerror or error}") from None
    except UnicodeDecodeError:
        raise UsageError(str(path), "is no text") from None
    names = [line.strip() for line in text.splitlines() if line.strip()]
    sizes = [prod(port.shape) for port in ports]
    if len(names) not in sizes:
        wanted = " or ".join(map(str, dict.fromkeys(sizes)))
        raise UsageError(
            str(path), f"has {counted(len(names), 'name')}, the output {wanted} values"
        )
    return names


def _told(given: Sequence[Given], seed: int) -> str:
    """Say what was done to get the inputs; empty where they were taken as they are."""
    if not given:
        return f"input: random integers of seed {seed}"
    said = [each.said for each in given if each.said]
    return f"input: {'; '.join(said)}" if said else ""


def _show(ports: Sequence[Port], result: Inference, names: Sequence[str] | None) -> None:
    rows = table("output", "shape", "values", "real values")
    for port, array in zip(ports, result.outputs, strict=True):
        reals = real_values(array, port)
        plain = reals is None or port.is_converted
        add_row(rows, port.name, str(list(port.shape)), _line(array), "" if plain else _line(reals))
    out.print(rows)
    if names is not None:
        _show_best(ports, result, names)


def _line(array: Values | None) -> str:
    """Give the first values of an array."""
    if array is None:
        return ""
    values = " ".join(f"{value:.5g}" for value in array.reshape(-1)[:MAX_SHOWN].tolist())
    return values + " ..." * (array.size > MAX_SHOWN)


def _show_best(ports: Sequence[Port], result: Inference, names: Sequence[str]) -> None:
    """Show the names of the greatest values of the first output that has as many."""
    port, array = next(
        (port, array)
        for port, array in zip(ports, result.outputs, strict=True)
        if array.size == len(names)
    )
    reals = real_values(array, port)
    scores = (array if reals is None else reals).reshape(-1)
    rows = table("best", port.name)
    for index in np.argsort(-scores.astype(np.float64), kind="stable")[:BEST]:
        add_row(rows, names[index], f"{scores[index]:.5g}")
    out.print(rows)


def _show_costs(made: Sequence[Inference], timing: Timing | None, told: str) -> None:
    if told:
        out.print(told)
    if len(made) > 1:
        out.print(f"{len(made)} steps; the outputs above are those of the last")
    counted_ones = [each.instructions for each in made if each.instructions is not None]
    instructions = spread(counted_ones) if counted_ones else "unknown"
    out.print(f"instructions {instructions}, stack {max(each.stack for each in made):,} bytes")
    measured = [each.measured_ms for each in made if each.measured_ms is not None]
    for name, text in time_rows(timing, measured, made[0].clock_hz):
        out.print(f"{name} {text}")
    if made[0].bit_exact is not None:
        out.print(f"bit-exact with the reference: {'yes' if _are_exact(made) else 'NO'}")


def _are_exact(made: Sequence[Inference]) -> bool | None:
    """Tell whether all steps are right; None where they were not compared."""
    return None if made[0].bit_exact is None else all(each.bit_exact for each in made)


def _as_json(
    firmware: Firmware,
    ports: Sequence[Port],
    outputs: Sequence[Values],
    made: Sequence[Inference],
    timing: Timing | None,
) -> Json:
    last = made[-1]
    return {
        "model": firmware.report.model.name,
        "board": firmware.board.name,
        "emulator": last.emulator,
        "steps": len(made),
        "instructions": last.instructions,
        "timing": None if timing is None else to_json(timing),
        "measured_ms": last.measured_ms,
        "stack": max(each.stack for each in made),
        "bit_exact": _are_exact(made),
        "outputs": [
            {
                "name": port.name,
                "shape": list(port.shape),
                "dtype": port.model_dtype.value,
                "values": array.reshape(-1).tolist(),
                "real": _reals(array, port),
            }
            for port, array in zip(ports, outputs, strict=True)
        ],
    }


def _reals(array: Values, port: Port) -> list[float] | None:
    reals = real_values(array, port)
    return None if reals is None else reals.reshape(-1).tolist()
