"""`tinyengine run`: one inference on the emulated board."""

from collections.abc import Sequence
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import numpy as np
import typer

from tinyengine.board import load_board
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
    network_of,
)
from tinyengine.compiler import Options, compile_model
from tinyengine.errors import UsageError, WrongResultError, counted
from tinyengine.ir import Array, Graph
from tinyengine.product.pipeline import Place, Product, load_product, make_product, open_product
from tinyengine.reference import run as run_reference
from tinyengine.report.report import Json
from tinyengine.run import RunResult
from tinyengine.run.edges import Port, from_device, load_npy, to_device

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
        typer.Option("--input", "-i", metavar="FILE", help="A .npy file per input, in order."),
    ] = None,
    output_files: Annotated[
        list[Path] | None,
        typer.Option("--output", "-o", metavar="FILE", help="Where to write each output."),
    ] = None,
    seed: Annotated[
        int, typer.Option(min=0, metavar="N", help="Of the random inputs where none are given.")
    ] = 0,
    signature: SignatureOption = None,
    subgraph: SubgraphOption = None,
    json: JsonOption = False,
) -> None:
    """Run one inference on the board, emulated or real; compare a model's with the reference."""
    place = Place(emulator=emulator, port=port)
    network = network_of(source, signature, subgraph)
    if source.is_dir():
        product = load_product(source)
        if board is not None and board != product.board.name:
            raise UsageError("--board", f"{source} was compiled for {product.board.name}")
        _run(product, None, place, _Files(input_files, output_files, seed, json))
        return
    if board is None:
        raise UsageError("--board", "a model file needs a board", hint="--board stm32f746")
    compiled_for = load_board(board)
    with TemporaryDirectory(prefix="tinyengine-") as scratch:
        compiled = compile_model(source, Options(board=compiled_for, network=network))
        product = make_product(compiled, Path(scratch))
        _run(product, compiled.graph, place, _Files(input_files, output_files, seed, json))


class _Files:
    """Where inputs come from and outputs go."""

    def __init__(
        self, inputs: list[Path] | None, outputs: list[Path] | None, seed: int, json: bool
    ) -> None:
        self.inputs, self.outputs, self.seed, self.json = inputs or [], outputs or [], seed, json


def _run(product: Product, graph: Graph | None, place: Place, files: _Files) -> None:
    report = product.report
    inputs = [Port.from_report(entry) for entry in report["inputs"]]
    outputs = [Port.from_report(entry) for entry in report["outputs"]]
    _check_counts(files, len(inputs), len(outputs))
    if files.inputs:
        values = [load_npy(path, port) for path, port in zip(files.inputs, inputs, strict=True)]
        given = [to_device(array, port) for array, port in zip(values, inputs, strict=True)]
    else:
        given = random_inputs(inputs, np.random.default_rng(files.seed))
    with (
        progress(f"running on {place.describe(product.board)}"),
        open_product(product, place) as runner,
    ):
        result = runner.infer([array.tobytes() for array in given])
    results = [from_device(data, port) for data, port in zip(result.outputs, outputs, strict=True)]
    for path, array in zip(files.outputs, results, strict=False):
        stream = BytesIO()
        np.save(stream, array)
        write_file(path, stream.getvalue())
    exact = None if graph is None else _is_exact(graph, given, result)
    _tell(product, outputs, results, (result, exact), json=files.json)
    if exact is False:
        raise WrongResultError(product.board.name, "the outputs differ from the reference's")


def _check_counts(files: _Files, inputs: int, outputs: int) -> None:
    if files.inputs and len(files.inputs) != inputs:
        has = counted(inputs, "input")
        raise UsageError("--input", f"the model has {has}, not {len(files.inputs)}")
    if len(files.outputs) > outputs:
        has = counted(outputs, "output")
        raise UsageError("--output", f"the model has {has}, not {len(files.outputs)}")


def random_inputs(ports: Sequence[Port], rng: np.random.Generator) -> list[Array]:
    """Give uniformly random integers of the device's types and shapes, one array per input."""
    arrays: list[Array] = []
    for port in ports:
        low, high = port.dtype.limits
        arrays.append(rng.integers(low, high + 1, port.shape).astype(port.dtype.numpy))
    return arrays


def _is_exact(graph: Graph, inputs: Sequence[Array], result: RunResult) -> bool:
    expected = run_reference(graph, inputs)
    return all(
        array.tobytes() == data for array, data in zip(expected, result.outputs, strict=True)
    )


def _tell(
    product: Product,
    ports: Sequence[Port],
    results: Sequence[Array],
    outcome: tuple[RunResult, bool | None],
    *,
    json: bool,
) -> None:
    result, exact = outcome
    if json:
        print_json(_as_json(product, ports, results, outcome))
        return
    rows = table("output", "shape", "values")
    for port, array in zip(ports, results, strict=True):
        values = " ".join(f"{value:g}" for value in array.reshape(-1)[:MAX_SHOWN].tolist())
        more = " ..." if array.size > MAX_SHOWN else ""
        add_row(rows, port.name, str(list(port.shape)), values + more)
    out.print(rows)
    counted = "unknown" if result.instructions is None else f"{result.instructions:,}"
    out.print(f"instructions {counted}, stack {result.stack_nbytes:,} bytes")
    if exact is not None:
        out.print(f"bit-exact with the reference: {'yes' if exact else 'NO'}")


def _as_json(
    product: Product,
    ports: Sequence[Port],
    results: Sequence[Array],
    outcome: tuple[RunResult, bool | None],
) -> Json:
    result, exact = outcome
    return {
        "model": product.report["model"]["name"],
        "board": product.board.name,
        "emulator": result.emulator.value,
        "instructions": result.instructions,
        "stack": result.stack_nbytes,
        "bit_exact": exact,
        "outputs": [
            {
                "name": port.name,
                "shape": list(port.shape),
                "dtype": port.model_dtype.value,
                "values": array.reshape(-1).tolist(),
            }
            for port, array in zip(ports, results, strict=True)
        ],
    }
