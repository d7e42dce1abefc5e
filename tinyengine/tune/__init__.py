"""What kernels cost: measured on sample operators, fitted, and stored in a table."""

from tinyengine.board import Isa
from tinyengine.errors import UsageError
from tinyengine.kernels.cost.measured import TABLE
from tinyengine.kernels.registry import KERNELS
from tinyengine.progress import Progress, silent
from tinyengine.report.codec import Json
from tinyengine.tune.fit import fit_rows
from tinyengine.tune.measure import BOARDS, measure_kernel
from tinyengine.tune.table import read_table, table_text, update_table

__all__ = ["BOARDS", "TABLE", "read_table", "table_text", "tune", "update_table"]


_MEASURED = tuple(
    {
        (kernel.function, kernel.op, kernel.form): kernel
        for kernel in reversed(KERNELS)
        if kernel.mends is None
    }.values()
)[::-1]
"""One kernel for all that cost the same, whichever way they round."""


def tune(isa: Isa, only: str = "", progress: Progress = silent) -> list[Json]:
    """Measure the kernels of `isa` whose name has `only` in it; give the rows of the table.

    Raises:
        UsageError: there is no such kernel.
        ToolError: a tool is missing, or it failed.
    """
    kernels = [kernel for kernel in _MEASURED if kernel.isa is isa and only in kernel.function]
    if not kernels:
        raise UsageError(
            "--only",
            f"no kernel for {isa.value} has '{only}' in its name",
            hint="`tinyengine ops` lists the kernels",
        )
    rows: list[Json] = []
    for kernel in kernels:
        rows += fit_rows(measure_kernel(kernel, BOARDS[isa], progress))
    return rows
