"""What each operator of a compiled model costs: the content of `tinyengine profile --json`."""

from dataclasses import dataclass

from tinyengine.board.target import Isa
from tinyengine.report.codec import Json, to_json
from tinyengine.report.report import ModelEntry
from tinyengine.schedule.objectives import Objective


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """How long one inference takes, as modelled: cycles, and milliseconds at the board's clock.

    `waits` are cycles beyond these for which flash is waited for; None where there is no model of
    it, and `ms` are without.
    """

    cycles: int
    clock_hz: int
    ms: float
    waits: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What something costs in one inference.

    `instructions` were counted; `cycles` are modelled for memory that answers at once: None where
    the core has no model. `waits` are the cycles for which `flash_lines` are waited for that no
    cache has: None where the board has no model of its flash. `ms` are what both take at the
    board's clock. `share` is of all instructions, in [0, 1].
    """

    macs: int
    instructions: int
    instructions_per_mac: float | None
    cycles: int | None
    flash_lines: int | None
    waits: int | None
    ms: float | None
    share: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileRow:
    """An operator, as the report has it, and what it costs."""

    index: int
    name: str
    op: str
    source: str
    kernel: str
    block: int
    figures: Figures


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileReport:
    """The cost of one inference: all of it, each operator's, and the rest.

    The rest are the calls and the copies of inputs and outputs.
    """

    model: ModelEntry
    board: str
    core: str
    isa: Isa
    objective: Objective
    clock_hz: int
    total: Figures
    operators: tuple[ProfileRow, ...]
    rest: Figures

    def as_json(self) -> Json:
        """Give the JSON object; the figures of an operator stand beside what it is."""
        rows = [to_json(row) for row in self.operators]
        waits = [] if self.total.waits is None else ["flash_lines", "waits"]
        return {
            "schema": 1,
            "model": to_json(self.model),
            "board": self.board,
            "core": self.core,
            "isa": self.isa.value,
            "objective": self.objective.value,
            "measured": ["instructions"],
            "modelled": ["cycles", *waits, "ms"],
            "clock_hz": self.clock_hz,
            "total": to_json(self.total),
            "operators": [{**row.pop("figures"), **row} for row in rows],
            "rest": to_json(self.rest),
        }
