"""Which boards a model fits: every board, what the model needs there, and what is left.

What a model needs depends on the core and on how flash is waited for: it is compiled, linked and
run once for boards that are alike in both, on the largest of them, and anew for a board which that
does not fit. So all figures are of firmware that was built, on the board that is named.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from tinyengine.board import Board, MemoryKind, Target, list_boards, place_banks
from tinyengine.board.types import Cache
from tinyengine.compiler import FIRMWARE_STATIC_NBYTES, STACK_NBYTES, Options
from tinyengine.errors import FitError
from tinyengine.product.compile import compile_product
from tinyengine.product.product import Product
from tinyengine.product.profile import model_timing
from tinyengine.product.project import Interface, held_banks
from tinyengine.progress import Progress


@dataclass(frozen=True, slots=True, kw_only=True)
class Needs:
    """What a model takes: bytes of SRAM and flash, instructions and modelled cycles.

    `measured_on` is the board whose emulated core ran it; `cycles` is None without a model of it.
    `waits` are cycles on top, in which flash is waited for; None without a model of that.
    """

    measured_on: str
    sram: int
    flash: int
    instructions: int | None
    cycles: int | None
    waits: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class BoardFit:
    """A board with what a model needs there; `problem` says why it does not fit, if it does not.

    `ram` and `flash` are all that the board has, in bytes, external RAM included. What is left of
    the flash is without the test firmware.
    """

    board: Board
    ram: int
    flash: int
    needs: Needs | None
    problem: str = ""

    @property
    def ms(self) -> float | None:
        """The modelled ms of an inference at the board's clock, waits for flash included."""
        cycles = self.needs.cycles if self.needs else None
        return None if cycles is None else self.board.milliseconds(cycles) + (self.waits_ms or 0)

    @property
    def waits_ms(self) -> float | None:
        """The ms of these in which flash is waited for; None without a model of that."""
        waits = self.needs.waits if self.needs else None
        return None if waits is None else self.board.milliseconds(waits)

    def reaches(self, fps: float) -> bool | None:
        """Tell whether it makes `fps` inferences a second; None where the time is not known."""
        if self.needs is None:
            return False
        return None if self.ms is None else self.ms * fps <= 1000


def fit_model(
    model: Path, options: Options, progress: Progress, boards: Sequence[Board] | None = None
) -> tuple[BoardFit, ...]:
    """Give every board, or each of `boards`, the smallest RAM first; `options` are for all of them.

    Raises:
        ModelError: the model is broken, or something in it is not supported.
        ToolError: a tool is missing, or it failed.
    """
    chosen = list_boards() if boards is None else tuple(boards)
    found = [fit for kin in _alike(chosen) for fit in _fit_alike(model, options, kin, progress)]
    return tuple(sorted(found, key=lambda fit: (fit.ram, fit.flash, fit.board.name)))


def _alike(boards: Sequence[Board]) -> Iterator[list[Board]]:
    """Give the boards of each core and way of waiting for flash, the largest RAM first."""
    for kind in dict.fromkeys(map(_kind, boards)):
        there = [board for board in boards if _kind(board) == kind]
        yield sorted(there, key=lambda board: (-_ram(board), board.name))


def _kind(board: Board) -> tuple[Target, tuple[Cache, Cache] | None, int]:
    """Give the core, flash's caches and the bytes of RAM that kernels have instead of it."""
    model, place = board.memory_model, board.placement.kernels
    if model is None:
        return board.target, None, 0
    beside = sum(memory.nbytes for memory in board.memories if memory.name == place)
    return board.target, (model.code, model.data), beside


def _fit_alike(
    model: Path, options: Options, boards: Sequence[Board], progress: Progress
) -> Iterator[BoardFit]:
    """Give the fits of boards of one kind."""
    shared: tuple[Product, Needs] | None = None
    for board in boards:
        if shared is not None and _holds(board, shared[0]):
            yield _fit(board, shared[1])
            continue
        try:
            made = _measure(model, replace(options, board=board), progress)
        except FitError as error:
            yield _fit(board, None, error.problems[0].problem)
            continue
        shared = shared or made
        yield _fit(board, made[1])


def _measure(model: Path, options: Options, progress: Progress) -> tuple[Product, Needs]:
    """Compile, build and run a model for the board of `options`."""
    with TemporaryDirectory(prefix="tinyengine-") as folder:
        _, product = compile_product(model, options, Path(folder) / "out", progress)
        report, timing = product.report, model_timing(product, progress)
        needs = Needs(
            measured_on=product.board.name,
            sram=report.sram.total,
            flash=report.flash.total,
            instructions=report.measured.instructions,
            cycles=None if timing is None else timing.cycles,
            waits=None if timing is None else timing.waits,
        )
    return product, needs


def _holds(board: Board, product: Product) -> bool:
    """Tell whether a board's memories hold firmware that was built for a larger one."""
    report = product.report
    if report.flash.total + report.firmware.flash > board.flash.nbytes:
        return False
    banks = held_banks(Interface.of_report(report))
    try:
        place_banks(board, banks, FIRMWARE_STATIC_NBYTES, STACK_NBYTES)
    except FitError:
        return False
    return True


def _fit(board: Board, needs: Needs | None, problem: str = "") -> BoardFit:
    return BoardFit(
        board=board, ram=_ram(board), flash=board.flash.nbytes, needs=needs, problem=problem
    )


def _ram(board: Board) -> int:
    """Give the bytes of all RAM."""
    return sum(m.nbytes for m in board.memories if m.kind is not MemoryKind.FLASH)


def refuse_all(model: Path, fits: Sequence[BoardFit], fps: float | None) -> None:
    """Raise FitError where no board has room for the model, or none is fast enough."""
    if not any(fit.needs for fit in fits):
        raise FitError(model.name, f"fits none of {len(fits)} boards")
    if fps is not None and not any(fit.reaches(fps) for fit in fits):
        raise FitError(
            model.name, f"reaches {fps:g} inferences a second on none of {len(fits)} boards"
        )
