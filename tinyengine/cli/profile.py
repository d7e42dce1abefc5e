"""`tinyengine profile`: what each operator costs, measured on the emulated board."""

from tinyengine.api import Figures, ProfileReport
from tinyengine.cli.console import add_row, out, print_json, progress, reported, table
from tinyengine.cli.options import (
    DetectionOption,
    JsonOption,
    OptionalBoard,
    ShapesOption,
    SignatureOption,
    SourceArgument,
    SubgraphOption,
    ToolchainOption,
    parse_shapes,
)
from tinyengine.cli.source import NetworkOptions, open_source
from tinyengine.cli.times import megahertz
from tinyengine.report.report import model_number

_REST = "calls and copies"
_LONGEST_NAME = 36


@reported
def profile_command(
    source: SourceArgument,
    board: OptionalBoard = None,
    signature: SignatureOption = None,
    subgraph: SubgraphOption = None,
    shape: ShapesOption = None,
    detection: DetectionOption = False,
    toolchain: ToolchainOption = None,  # noqa: ARG001 -- its callback does it
    json: JsonOption = False,
) -> None:
    """Show what each operator costs: instructions, counted, and cycles, modelled."""
    network = NetworkOptions(
        signature=signature,
        subgraph=subgraph,
        shapes=parse_shapes(shape),
        detection=detection,
    )
    profile = open_source(source, board, network).profile(progress=progress)
    if json:
        print_json(profile.as_json())
    else:
        _show(profile)


def _show(shown: ProfileReport) -> None:
    waits = () if shown.total.waits is None else ("lines:", "waits:")
    rows = table(
        "#:", "operator", "kernel", "block:", "op:", "MACs:", "instructions:", "per MAC:",
        "cycles:", *waits, "ms:", "share:",
    )  # fmt: skip
    for op in shown.operators:
        names = (f"{op.op} {_short(op.name)}", op.kernel)
        add_row(
            rows, f"{op.index}", *names, f"{op.block}", model_number(op.source), *_cells(op.figures)
        )
    add_row(rows, "", _REST, "", "", "", *_cells(shown.rest))
    rows.add_section()
    add_row(rows, "", "total", "", "", "", *_cells(shown.total))
    title = f"{shown.model.name} for {shown.board}, {shown.core}"
    out.print(f"{title}, --objective {shown.objective.value}", markup=False)
    out.print(rows)
    out.print("#: the step; op: the number of the operator in the model, as explain has it")
    out.print("instructions: counted as they executed, on an input of zeros")
    if shown.total.cycles is None:
        out.print(f"cycles: there is no model of the {shown.core}", markup=False)
    else:
        out.print("cycles: modelled from what executed, for memory without wait states")
        if shown.total.waits is None:
            out.print(f"ms: what they take at {megahertz(shown.clock_hz)}")
        else:
            _show_waits(shown)


def _show_waits(shown: ProfileReport) -> None:
    clock = megahertz(shown.clock_hz)
    out.print("lines: of flash, of code and constants, that no cache had; waits: cycles for them")
    out.print(f"ms: what cycles and waits take at {clock}")


def _short(name: str) -> str:
    """Give a name that a table has room for: converters join many, the last is the operator's."""
    last = name.rpartition(";")[2]
    return last if len(last) <= _LONGEST_NAME else f"…{last[-_LONGEST_NAME + 1 :]}"


def _cells(figures: Figures) -> tuple[str, ...]:
    per_mac, cycles = figures.instructions_per_mac, figures.cycles
    waits = () if figures.waits is None else (f"{figures.flash_lines:,}", f"{figures.waits:,}")
    return (
        f"{figures.macs:,}" if figures.macs else "",
        f"{figures.instructions:,}",
        "" if per_mac is None else f"{per_mac:.2f}",
        "" if cycles is None else f"{cycles:,}",
        *waits,
        "" if figures.ms is None else f"{figures.ms:,.3f}",
        f"{figures.share:.1%}",
    )
