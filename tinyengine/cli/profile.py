"""`tinyengine profile`: what each operator costs, measured on the emulated board."""

from pathlib import Path
from tempfile import TemporaryDirectory

from tinyengine.board import load_board
from tinyengine.cli.console import add_row, out, print_json, progress, reported, table
from tinyengine.cli.options import (
    JsonOption,
    OptionalBoard,
    SignatureOption,
    SourceArgument,
    SubgraphOption,
    network_of,
)
from tinyengine.compiler import Options, compile_model
from tinyengine.errors import ToolError, UsageError
from tinyengine.product.pipeline import Product, load_product, make_product
from tinyengine.report.report import Json
from tinyengine.run import Emulator, RunResult, open_follower
from tinyengine.run.cycles import disassemble
from tinyengine.run.image import load_image
from tinyengine.run.profile import Cost, Profile, call_lines, make_profile
from tinyengine.run.source_lines import load_source_lines

_REST = "calls and copies"
_LONGEST_NAME = 36

_CLOCK_SLACK = 200
"""Instructions that QEMU's count may be off: it is that of a clock which ticks less often."""

_CALLBACK = "copy_row"
"""The function of the model's C file that an operator calls: it is part of that one's cost."""


@reported
def profile_command(
    source: SourceArgument,
    board: OptionalBoard = None,
    signature: SignatureOption = None,
    subgraph: SubgraphOption = None,
    json: JsonOption = False,
) -> None:
    """Show what each operator costs: instructions, counted, and cycles, modelled."""
    network = network_of(source, signature, subgraph)
    if source.is_dir():
        product = load_product(source)
        if board is not None and board != product.board.name:
            raise UsageError("--board", f"{source} was compiled for {product.board.name}")
        _tell(product, profile_product(product), json=json)
        return
    if board is None:
        raise UsageError("--board", "a model file needs a board", hint="--board stm32f746")
    options = Options(board=load_board(board), network=network)
    with TemporaryDirectory(prefix="tinyengine-") as scratch:
        product = make_product(compile_model(source, options), Path(scratch))
        _tell(product, profile_product(product), json=json)


def profile_product(product: Product) -> Profile:
    """Run the product's firmware once, on an input of zeros, and give the cost of each operator.

    Raises:
        ToolError: no emulator has the board, or a tool is missing.
    """
    board, name = product.board, product.report["model"]["name"]
    lines = load_source_lines(product.elf, f"{name}.c")
    image = load_image(product.elf)
    callers = [f for f in lines.functions if image.function_at(f[0]) != _CALLBACK]
    with (
        progress(f"profiling on the emulated {board.name}"),
        open_follower(product.elf, board, product.output_nbytes, callers) as runner,
    ):
        result = runner.infer([bytes(nbytes) for nbytes in product.input_nbytes])
    assert result.executed is not None, "there is a counter"
    text = (product.directory / f"{name}.c").read_text(encoding="utf-8")
    calls = call_lines(text, _feed_of(product.report))
    code = disassemble(product.elf, board.target.toolchain)
    profile = make_profile(result.executed, code, lines, calls, board.target.timing)
    _check(product, profile, result)
    return profile


def _feed_of(report: Json) -> int | None:
    """Give the number of the operator that reads the streamed input; None where it is held."""
    return next((op["index"] for op in report["operators"] if op["op"] == "Feed"), None)


def _check(product: Product, profile: Profile, result: RunResult) -> None:
    count = len(product.report["operators"])
    if len(profile.operators) != count:
        raise ToolError(
            str(product.directory),
            f"the C file calls {len(profile.operators)} operators, report.json has {count}",
            "compile the model again",
        )
    assert result.instructions is not None, "both emulators count"
    apart = abs(profile.total.instructions - result.instructions)
    slack = 0 if result.emulator is Emulator.UNICORN else _CLOCK_SLACK
    assert apart <= slack, f"the parts sum to {apart} more or less than was counted"


def _tell(product: Product, profile: Profile, *, json: bool) -> None:
    if json:
        print_json(profile_json(product, profile))
    else:
        _show(product, profile)


def profile_json(product: Product, profile: Profile) -> Json:
    """Give the profile as a JSON object; `share` is of all instructions, cycles are modelled."""
    report, total = product.report, profile.total
    return {
        "schema": 1,
        "model": report["model"],
        "board": product.board.name,
        "core": product.board.target.name,
        "isa": report["isa"],
        "objective": report["objective"],
        "measured": ["instructions"],
        "modelled": ["cycles"],
        "total": _figures(total, total, report["model"]["macs"]),
        "operators": [
            {
                **{key: op[key] for key in ("index", "name", "op", "source", "kernel", "block")},
                **_figures(cost, total, op["macs"]),
            }
            for op, cost in zip(report["operators"], profile.operators, strict=True)
        ],
        "rest": _figures(profile.rest, total, 0),
    }


def _figures(cost: Cost, total: Cost, macs: int) -> Json:
    return {
        "macs": macs,
        "instructions": cost.instructions,
        "instructions_per_mac": round(cost.instructions / macs, 4) if macs else None,
        "cycles": None if cost.cycles is None else round(cost.cycles),
        "share": round(cost.instructions / max(total.instructions, 1), 4),
    }


def _show(product: Product, profile: Profile) -> None:
    shown = profile_json(product, profile)
    rows = table(
        "#:", "operator", "kernel", "block:", "MACs:", "instructions:", "per MAC:", "cycles:",
        "share:",
    )  # fmt: skip
    for op in shown["operators"]:
        names = (f"{op['op']} {_short(op['name'])}", op["kernel"])
        add_row(rows, f"{op['index']}", *names, f"{op['block']}", *_cells(op))
    add_row(rows, "", _REST, "", "", *_cells(shown["rest"]))
    rows.add_section()
    add_row(rows, "", "total", "", "", *_cells(shown["total"]))
    title = f"{shown['model']['name']} for {shown['board']}, {shown['core']}"
    out.print(f"{title}, --objective {shown['objective']}", markup=False)
    out.print(rows)
    out.print("instructions: counted as they executed, on an input of zeros")
    if shown["total"]["cycles"] is None:
        out.print(f"cycles: there is no model of the {shown['core']}", markup=False)
    else:
        out.print("cycles: modelled from what executed, for memory without wait states")


def _short(name: str) -> str:
    """Give a name that a table has room for: converters join many, the last is the operator's."""
    last = name.rpartition(";")[2]
    return last if len(last) <= _LONGEST_NAME else f"…{last[-_LONGEST_NAME + 1 :]}"


def _cells(figures: Json) -> tuple[str, ...]:
    per_mac, cycles = figures["instructions_per_mac"], figures["cycles"]
    return (
        f"{figures['macs']:,}" if figures["macs"] else "",
        f"{figures['instructions']:,}",
        "" if per_mac is None else f"{per_mac:.2f}",
        "" if cycles is None else f"{cycles:,}",
        f"{figures['share']:.1%}",
    )
