"""What real models cost on the boards' cores: measured, and kept in `figures.csv`.

`python -m tests.models.figures [MODEL...]` measures all models, or the named ones, and writes the
table; `make figures` does the same.
"""

import csv
import sys
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import astuple, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.builders.nibbles import with_int4_weights
from tests.builders.streams import STREAMS
from tests.builders.wide_activations import with_int16_activations
from tests.builders.zoo import ZOO
from tests.models.real import INT4, MADE, MODELS
from tests.support import ROOT, shared_models_dir
from tinyengine.board import load_board
from tinyengine.compiler import Options, compile_model
from tinyengine.product.make import make_product
from tinyengine.product.profile import measure_profile
from tinyengine.progress import silent
from tinyengine.schedule import Objective

TABLE = Path(__file__).with_name("figures.csv")
DIGITS = "digits"
BOARDS = {
    "microbit": (Objective.SPEED,),
    "mps2-an385": (Objective.SPEED,),
    "mps2-an386": (Objective.SPEED, Objective.BALANCED),
    "mps2-an500": tuple(Objective),
    "mps2-an505": (Objective.SPEED,),
    "mps3-an547": (Objective.SPEED,),
}
"""Cortex-M0, M3, M4, M7, M33 and M55, and what is measured on them."""

FITTING = {
    "microbit": (
        DIGITS, "digits_int16", "mlperf_kws_dscnn", "mlperf_sww", "mobilenet_v3_small",
        "ghostnet_v2", "unet_int8", *STREAMS,
    )
}  # fmt: skip
"""The models that a board has room for; those that are not named have it for all."""

ZOO_BOARDS = ("microbit", "mps2-an386", "mps2-an500", "mps3-an547")
"""What the networks of `ZOO` are measured on, for speed alone: Cortex-M0, M4, M7 and M55."""

WORKERS = 2
_COLUMNS = ("model", "board", "objective", "instructions", "cycles", "sram", "flash")
TIMED = ("microbit", "mps2-an386", "mps2-an500")
"""The boards whose models of time are sure enough to hold code to them: they count, and not
instructions, of which a Cortex-M7 issues two in a cycle."""


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Case:
    """A model that is compiled for a board with an objective."""

    model: str
    board: str
    objective: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """Executed instructions of one inference; bytes that inference and the model need.

    `cycles` are modelled, 0 on boards that are not `TIMED`.
    """

    instructions: int
    cycles: int
    sram: int
    flash: int


def cases(models: Iterable[str]) -> tuple[Case, ...]:
    """Give all cases of these models."""
    return tuple(
        Case(model=model, board=board, objective=objective.value)
        for model in models
        for board in BOARDS
        if model in FITTING.get(board, (model,))
        for objective in _objectives(model, board)
    )


def _objectives(model: str, board: str) -> tuple[Objective, ...]:
    if model not in ZOO:
        return BOARDS[board]
    return (Objective.SPEED,) if board in ZOO_BOARDS else ()


def find(model: str) -> Path:
    """Give the path of a model file: the one in the repository, or a shared one."""
    if model == DIGITS:
        return ROOT / "examples" / "digits" / "digits.tflite"
    return shared_models_dir() / f"{model}.tflite"


def written(model: str, folder: Path) -> Path:
    """Write one of `MADE` or `ZOO` into `folder`; give its path."""
    path = folder / f"{model}.tflite"
    if model in ZOO:
        path.write_bytes(ZOO[model]())
    else:
        rewrite = with_int4_weights if model in INT4 else with_int16_activations
        path.write_bytes(rewrite(find(MADE[model]).read_bytes()))
    return path


def measure(case: Case) -> Figures:
    """Compile, build and run one case."""
    options = Options(board=load_board(case.board), objective=Objective(case.objective))
    with TemporaryDirectory() as folder:
        is_made = case.model in MADE or case.model in ZOO
        model = written(case.model, Path(folder)) if is_made else find(case.model)
        product = make_product(compile_model(model, options), Path(folder))
        cycles = (measure_profile(product, silent).total.cycles or 0) if is_timed(case) else 0
    report = product.report
    assert report.measured.instructions is not None, "instructions are counted here"
    return Figures(
        instructions=report.measured.instructions,
        cycles=round(cycles),
        sram=report.sram.total,
        flash=report.flash.total,
    )


def is_timed(case: Case) -> bool:
    """Tell whether its cycles are modelled and kept."""
    return case.board in TIMED


def read_table(path: Path = TABLE) -> Mapping[Case, Figures]:
    """Give the stored figures."""
    with path.open(newline="", encoding="utf-8") as file:
        return {
            Case(model=row["model"], board=row["board"], objective=row["objective"]): Figures(
                instructions=int(row["instructions"]),
                cycles=int(row["cycles"]),
                sram=int(row["sram"]),
                flash=int(row["flash"]),
            )
            for row in csv.DictReader(file)
        }


def write_table(table: Mapping[Case, Figures], path: Path = TABLE) -> None:
    """Store figures, in the order of the cases."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(_COLUMNS)
        for case, figures in sorted(table.items()):
            name = (case.model, case.board, case.objective)
            writer.writerow((*name, *astuple(figures)))


def main(models: Sequence[str]) -> None:
    """Measure `models`, all where none is named, and write what is new into the table."""
    table = dict(read_table()) if TABLE.is_file() else {}
    wanted = cases(models or (DIGITS, *MODELS, *MADE, *ZOO))
    with ProcessPoolExecutor(WORKERS) as pool:
        for case, figures in zip(wanted, pool.map(measure, wanted), strict=True):
            before = table.get(case)
            if before != figures:
                sys.stderr.write(f"{case}: {before} -> {figures}\n")
            table[case] = figures
            write_table(table)


if __name__ == "__main__":
    main(sys.argv[1:])
