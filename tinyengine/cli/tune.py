"""`tinyengine tune`: measures every kernel on sample operators, and fits what it costs."""

import hashlib
import json as json_format
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import numpy as np
import numpy.typing as npt
import typer

from tinyengine.board import Isa, load_board
from tinyengine.cli.console import add_row, out, print_json, reported, table
from tinyengine.cli.files import write_file
from tinyengine.cli.options import JsonOption
from tinyengine.cli.profile import profile_product
from tinyengine.compiler import Compiled, Options
from tinyengine.errors import UsageError
from tinyengine.ir import DType, Edge, Graph, Op
from tinyengine.kernels.choose.selection import analytic_instructions
from tinyengine.kernels.cost.measured import TABLE, TERMS, class_of, terms_of
from tinyengine.kernels.registry import KERNELS, accepts
from tinyengine.kernels.spec import Kernel
from tinyengine.lower import lower
from tinyengine.product.pipeline import make_product
from tinyengine.render import Origin, one_line_banner, render_model
from tinyengine.report.report import Json, ModelIdentity
from tinyengine.run.profile import Cost
from tinyengine.schedule.plan import ALIGNMENT, Block, Buffer, Lifetime, Plan, Step
from tinyengine.tune.samples import samples

BOARDS: Mapping[Isa, str] = {
    Isa.BASE: "mps2-an385",
    Isa.DSP: "mps2-an500",
    Isa.MVE: "mps3-an547",
}
"""Where the kernels of each instruction set are measured."""


_GAIN = 0.95
"""What is left of the squared error at most when one more term is worth having."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Sample:
    """One operator on one kernel, and what it cost."""

    op: Op
    kernel: Kernel
    cost: Cost


@reported
def tune_command(
    isa: Annotated[Isa, typer.Option(help="Whose kernels to measure.")],
    only: Annotated[
        str, typer.Option(help="Only kernels whose name has this in it.", metavar="TEXT")
    ] = "",
    output: Annotated[
        Path,
        typer.Option(
            "--output",
            "-o",
            help="The table to update.",
            metavar="FILE",
            show_default="its own",
        ),
    ] = TABLE,
    json: JsonOption = False,
) -> None:
    """Measure kernels on the emulated core, and write what they cost into the table."""
    kernels = [kernel for kernel in KERNELS if kernel.isa is isa and only in kernel.function]
    if not kernels:
        raise UsageError(
            "--only",
            f"no kernel for {isa.value} has '{only}' in its name",
            hint="`tinyengine ops` lists the kernels",
        )
    rows: list[Json] = []
    for kernel in kernels:
        rows += fit_rows(measure_kernel(kernel, BOARDS[isa]))
    stored = _updated(output, isa, rows)
    write_file(output, _text(stored))
    if json:
        print_json({"schema": 1, "isa": isa.value, "board": BOARDS[isa], "rows": rows})
    else:
        _show(rows, isa, output)


def measure_kernel(kernel: Kernel, board: str) -> tuple[Sample, ...]:
    """Run `kernel` on every sample operator that it accepts, in one firmware for `board`.

    Raises what `make_product` does.
    """
    ops = [op for op in samples(kernel.op) if accepts(kernel, op)]
    if not ops:
        return ()
    with TemporaryDirectory(prefix="tinyengine-") as scratch:
        profile = profile_product(make_product(_compiled(ops, kernel, board), Path(scratch)))
    return tuple(
        Sample(op=op, kernel=kernel, cost=cost)
        for op, cost in zip(ops, profile.operators, strict=True)
    )


def _compiled(ops: Sequence[Op], kernel: Kernel, board: str) -> Compiled:
    """Give the sources of a network whose operators all run on `kernel`, one after the other."""
    plan, name = _plan(ops, kernel), "samples"
    identity = ModelIdentity(name=name, file=name, sha256=hashlib.sha256(b"").hexdigest())
    origin = Origin(model=name, sha256=identity.sha256, command="tinyengine tune")
    program = lower(plan, name)
    return Compiled(
        identity=identity,
        options=Options(board=load_board(board)),
        graph=plan.graph,
        plan=plan,
        program=program,
        tree=render_model(program, origin),
        banner=one_line_banner(origin),
    )


def _plan(ops: Sequence[Op], kernel: Kernel) -> Plan:
    """Give a plan in which all operators use the same places: what they compute is of no matter."""
    life = Lifetime(first=0, last=len(ops) + 1)
    offsets: dict[Buffer, int] = {}
    scratch: dict[Op, Buffer] = {}
    end = 0
    for op in ops:
        nbytes = kernel.scratch_nbytes(op) if kernel.scratch_nbytes else 0
        operands = [tensor for tensor in dict.fromkeys(op.activations) if not tensor.is_const]
        at = 0
        for tensor in (op.output, *operands):
            buffer = Buffer(name="", tensors=(tensor,), nbytes=tensor.nbytes, lifetime=life)
            offsets[buffer], at = at, _aligned(at + tensor.nbytes)
        if nbytes:
            scratch[op] = Buffer(name="scratch", tensors=(), nbytes=nbytes, lifetime=life)
            offsets[scratch[op]], at = at, _aligned(at + nbytes)
        end = max(end, at)
    first, last = ops[0].activations[0], ops[-1].output
    return Plan(
        graph=Graph(
            name="samples",
            inputs=(Edge(name="input", tensor=first, dtype=DType.INT8),),
            outputs=(Edge(name="output", tensor=last, dtype=DType.INT8),),
            ops=tuple(ops),
        ),
        blocks=tuple(Block(steps=(Step(op=op, kernel=kernel),)) for op in ops),
        buffers=tuple(offsets),
        offsets=offsets,
        scratch=scratch,
        arena_nbytes=end,
    )


def _aligned(nbytes: int) -> int:
    return -(-nbytes // ALIGNMENT) * ALIGNMENT


# -- fitting --------------------------------------------------------------------------------------


def fit_rows(measured: Sequence[Sample]) -> list[Json]:
    """Give the rows of the table for what was measured on one kernel, a row per class of shapes."""
    classes: dict[str, list[Sample]] = {}
    for sample in measured:
        classes.setdefault(class_of(sample.op, sample.kernel), []).append(sample)
    return [_row(name, group) for name, group in classes.items()]


def _row(name: str, group: Sequence[Sample]) -> Json:
    kernel = group[0].kernel
    sizes = [terms_of(s.op, analytic_instructions(s.op, s.kernel)) for s in group]
    terms = np.array([[size[term] for term in TERMS] for size in sizes], float)
    instructions = np.array([sample.cost.instructions for sample in group], float)
    factors, worst = fit(terms, instructions)
    cycles = [sample.cost.cycles for sample in group if sample.cost.cycles is not None]
    return {
        "kernel": kernel.function,
        "op": kernel.op.__name__,
        "reads": kernel.reads.value,
        "writes": kernel.writes.value,
        "class": name,
        "samples": len(group),
        "worst": round(worst, 4),
        "instructions": {
            term: float(f"{factor:.4g}")
            for term, factor in zip(TERMS, factors, strict=True)
            if factor > 0
        },
        "cycles_per_instruction": round(sum(cycles) / instructions.sum(), 3) if cycles else None,
    }


def fit(
    terms: npt.NDArray[np.float64], values: npt.NDArray[np.float64]
) -> tuple[npt.NDArray[np.float64], float]:
    """Give factors ≥ 0 with which `terms` [samples, terms] sum to `values` [samples], about.

    The sum of the squared errors, as shares, is the least of all choices of at most half as many
    terms as there are samples; one more term must lessen it by a twentieth at least. The second
    value is the largest error, as a share.
    """
    count = terms.shape[1]
    scaled = terms / values[:, None]
    best, least = np.zeros(count), np.inf
    for size in range(1, min(count, max(len(values) // 2, 1)) + 1):
        error, found = min(
            (_solve(scaled, chosen) for chosen in combinations(range(count), size)),
            key=lambda solved: solved[0],
        )
        if error < _GAIN * least:
            best, least = found, error
    return best, float(np.abs(scaled @ best - 1).max())


def _solve(
    scaled: npt.NDArray[np.float64], chosen: tuple[int, ...]
) -> tuple[float, npt.NDArray[np.float64]]:
    """Give the sum of squared errors and the factors of the `chosen` terms; infinite below 0."""
    part = scaled[:, chosen]
    solution = np.linalg.lstsq(part, np.ones(len(scaled)), rcond=None)[0]
    factors = np.zeros(scaled.shape[1])
    factors[list(chosen)] = solution
    error = float(np.square(part @ solution - 1).sum())
    return (error if (solution >= 0).all() else np.inf), factors


# -- the table ------------------------------------------------------------------------------------


def _updated(path: Path, isa: Isa, rows: Sequence[Json]) -> Json:
    """Give the table at `path` with `rows` in the places of those of the same kernels."""
    stored = json_format.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    isas = dict(stored.get("isas", {}))
    new = {row["kernel"] for row in rows}
    known = {kernel.function for kernel in KERNELS}
    kept = [
        row
        for row in isas.get(isa.value, {}).get("rows", [])
        if row["kernel"] not in new and row["kernel"] in known
    ]
    names = ("kernel", "op", "reads", "writes", "class")
    merged = sorted([*kept, *rows], key=lambda row: [row[name] for name in names])
    isas[isa.value] = {"board": BOARDS[isa], "rows": merged}
    return {"schema": 1, "isas": dict(sorted(isas.items()))}


def _text(stored: Json) -> str:
    """Give the table as JSON with a row on each line."""
    isas = []
    for isa, part in stored["isas"].items():
        rows = ",\n".join(f"   {json_format.dumps(row)}" for row in part["rows"])
        board = json_format.dumps(part["board"])
        isas.append(f'  "{isa}": {{"board": {board}, "rows": [\n{rows}\n  ]}}')
    return '{"schema": 1, "isas": {\n' + ",\n".join(isas) + "\n}}\n"


def _show(rows: Sequence[Json], isa: Isa, output: Path) -> None:
    lines = table(
        "kernel",
        "op",
        "reads",
        "writes",
        "shapes",
        "samples:",
        "instructions",
        "cycles each:",
        "error:",
    )
    for row in rows:
        cycles = row["cycles_per_instruction"]
        add_row(
            lines,
            *(row[key] for key in ("kernel", "op", "reads", "writes", "class")),
            f"{row['samples']}",
            " + ".join(f"{factor:g} {term}" for term, factor in row["instructions"].items()),
            "" if cycles is None else f"{cycles:.2f}",
            f"{row['worst']:.1%}",
        )
    out.print(f"kernels for {isa.value}, on {BOARDS[isa]}", markup=False)
    out.print(lines)
    out.print(f"written to {output}", markup=False)
