"""`tinyengine run`: one inference on the emulated board."""

from collections.abc import Sequence
from io import BytesIO
from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from tinyengine.api import Firmware, Inference, Place, Port, Ports, Timing, check_count, load_npy
from tinyengine.cli.console import add_row, out, print_json, progress, reported, table
from tinyengine.cli.files import write_file
from tinyengine.cli.options import (
    EmulatorOption,
    JsonOption,
    OptionalBoard,
    PortOption,
    SignatureOption,
    SourceArgument,
    SubgraphOption,
    ToolchainOption,
    parse_path,
)
from tinyengine.cli.source import open_source
from tinyengine.cli.times import time_rows
from tinyengine.errors import UsageError, WrongResultError, counted
from tinyengine.files import check_writable
from tinyengine.report.codec import Json, to_json

MAX_SHOWN = 10
"""Values of an output that are printed."""


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
            help="A .npy file per input, in order.",
        ),
    ] = None,
    output_files: Annotated[
        list[Path] | None,
        typer.Option(
            "--output", "-o", parser=parse_path, metavar="FILE", help="Where to write each output."
        ),
    ] = None,
    seed: Annotated[
        int, typer.Option(min=0, metavar="N", help="Of the random inputs where none are given.")
    ] = 0,
    signature: SignatureOption = None,
    subgraph: SubgraphOption = None,
    toolchain: ToolchainOption = None,  # noqa: ARG001 -- its callback does it
    json: JsonOption = False,
) -> None:
    """Run one inference on the board, emulated or real; compare a model's with the reference."""
    Place(emulator=emulator, port=port)
    for path in output_files or []:
        check_writable(path)
    firmware = open_source(source, board, signature, subgraph)
    ports = Ports.of(firmware.product)
    _check_counts(ports, input_files or [], output_files or [])
    values = [load_npy(p, port) for p, port in zip(input_files or [], ports.inputs, strict=False)]
    result = firmware.infer(
        values or None,
        emulator=emulator,
        port=port,
        seed=seed,
        compare=firmware.model is not None,
        progress=progress,
    )
    for path, array in zip(output_files or [], result.outputs, strict=False):
        stream = BytesIO()
        np.save(stream, array)
        write_file(path, stream.getvalue())
    timing = firmware.timing(progress=progress)
    if json:
        print_json(_as_json(firmware, ports.outputs, result, timing))
    else:
        _show(ports.outputs, result, timing, None if values else seed)
    if result.bit_exact is False:
        raise WrongResultError(firmware.board.name, "the outputs differ from the reference's")


def _check_counts(ports: Ports, inputs: Sequence[Path], outputs: Sequence[Path]) -> None:
    if inputs:
        check_count("--input", "input", len(ports.inputs), len(inputs))
    if len(outputs) > len(ports.outputs):
        has = counted(len(ports.outputs), "output")
        raise UsageError("--output", f"the model has {has}, not {len(outputs)}")


def _show(
    ports: Sequence[Port], result: Inference, timing: Timing | None, seed: int | None
) -> None:
    rows = table("output", "shape", "values")
    for port, array in zip(ports, result.outputs, strict=True):
        values = " ".join(f"{value:g}" for value in array.reshape(-1)[:MAX_SHOWN].tolist())
        more = " ..." if array.size > MAX_SHOWN else ""
        add_row(rows, port.name, str(list(port.shape)), values + more)
    out.print(rows)
    if seed is not None:
        out.print(f"input: random integers of seed {seed}")
    known = result.instructions is not None
    instructions = f"{result.instructions:,}" if known else "unknown"
    out.print(f"instructions {instructions}, stack {result.stack:,} bytes")
    measured = () if result.measured_ms is None else (result.measured_ms,)
    for name, text in time_rows(timing, measured, result.clock_hz):
        out.print(f"{name} {text}")
    if result.bit_exact is not None:
        out.print(f"bit-exact with the reference: {'yes' if result.bit_exact else 'NO'}")


def _as_json(
    firmware: Firmware, ports: Sequence[Port], result: Inference, timing: Timing | None
) -> Json:
    return {
        "model": firmware.report.model.name,
        "board": firmware.board.name,
        "emulator": result.emulator,
        "instructions": result.instructions,
        "timing": None if timing is None else to_json(timing),
        "measured_ms": result.measured_ms,
        "stack": result.stack,
        "bit_exact": result.bit_exact,
        "outputs": [
            {
                "name": port.name,
                "shape": list(port.shape),
                "dtype": port.model_dtype.value,
                "values": array.reshape(-1).tolist(),
            }
            for port, array in zip(ports, result.outputs, strict=True)
        ],
    }
