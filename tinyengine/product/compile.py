"""From a model file to a product in a directory, and the command that makes it again."""

import shlex
from dataclasses import replace
from pathlib import Path

from tinyengine.compiler import Compiled, Observer, Options, compile_model
from tinyengine.product.budgets import make_within_budgets
from tinyengine.product.building import Building
from tinyengine.product.output_directory import output_directory, refuse_others
from tinyengine.product.product import Product
from tinyengine.progress import Progress
from tinyengine.schedule import Objective


def compile_product(
    model: Path,
    options: Options,
    target: Path,
    progress: Progress,
    observe: Observer | None = None,
    *,
    force: bool = False,
) -> tuple[Compiled, Product]:
    """Compile `model` within its budgets, and give its product in the directory `target`.

    The banner of what is emitted tells the command that makes the same sources again. Files of an
    earlier output in `target` that were edited are overwritten by `force` alone.

    Raises what `compile_model`, `make_within_budgets` and `output_directory` do.
    """
    refuse_others(target, force)
    options = replace(options, command=command_of(model, options))
    with (
        output_directory(target, force=force) as staging,
        Building(staging, options.board) as building,
    ):
        with progress(f"compiling {model.name}") as watch:
            compiled = compile_model(model, options, observe, watch, building)
        made = make_within_budgets(model, compiled, staging, progress, building)
    return made.compiled, replace(made.product, directory=target)


def command_of(model: Path, options: Options) -> str:
    """Give the command that makes the same sources again, without paths."""
    words = ["tinyengine", "compile", model.name, "--board", options.board.name]
    return shlex.join([*words, *choices_of(options)])


def choices_of(options: Options) -> list[str]:
    """Give the options of a command that ask for what differs from the default."""
    words = []
    if options.objective is not Objective.BALANCED:
        words += ["--objective", options.objective.value]
    words += ["--schedule", "layer"] if options.layers_only else []
    words += ["--stream-input"] if options.stream_input else []
    words += ["--sram", str(options.sram)] if options.sram else []
    words += ["--flash", str(options.flash)] if options.flash else []
    words += ["--place", options.place] if options.place else []
    words += ["--signature", options.network.signature] if options.network.signature else []
    words += ["--subgraph", options.network.subgraph] if options.network.subgraph else []
    for name, sizes in options.network.shapes:
        words += ["--shape", f"{name}={','.join(map(str, sizes))}"]
    words += ["--detection"] if options.network.detection else []
    words += ["--name", options.name] if options.name else []
    return words
