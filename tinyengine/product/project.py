"""The firmware project of a model for a board, and its build."""

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tinyengine.board import Board, place_banks
from tinyengine.board.memory_map import ARENA_ALIGN
from tinyengine.compiler import FIRMWARE_STATIC_NBYTES, STACK_NBYTES
from tinyengine.lower import Port as LoweredPort
from tinyengine.lower import Program
from tinyengine.product.build import Firmware, Shortfall
from tinyengine.product.building import Building
from tinyengine.product.firmware import FirmwareProject, Port, firmware_files, traps_unaligned
from tinyengine.progress import Progress
from tinyengine.report.report import BufferKind, PortEntry, Report


def aligned(nbytes: int) -> int:
    """Give `nbytes` rounded up to where the next buffer of the firmware may start."""
    return -(-nbytes // ARENA_ALIGN) * ARENA_ALIGN


@dataclass(frozen=True, slots=True, kw_only=True)
class Interface:
    """What firmware needs to know of a model: its C name, its ports, bytes of its arena's banks.

    It is the same whether the model was just compiled or is read from a report.
    """

    name: str
    inputs: tuple[Port, ...]
    outputs: tuple[Port, ...]
    banks: tuple[int, ...]
    has_state: bool = False

    @classmethod
    def of_program(cls, program: Program) -> "Interface":
        """Give that of a program."""

        def ports(lowered: Sequence[LoweredPort]) -> tuple[Port, ...]:
            """Give the ports of one side."""
            return tuple(
                Port(c_type=p.c_type, nbytes=p.nbytes, bank=None if p.offset is None else p.bank)
                for p in lowered
            )

        return cls(
            name=program.name,
            inputs=ports(program.inputs),
            outputs=ports(program.outputs),
            banks=program.banks,
            has_state=bool(program.states),
        )

    @classmethod
    def of_report(cls, report: Report) -> "Interface":
        """Give that of a compiled model."""

        def ports(entries: Sequence[PortEntry]) -> tuple[Port, ...]:
            """Give the ports of one side."""
            return tuple(
                Port(
                    c_type=entry.dtype.c_name,
                    nbytes=entry.nbytes,
                    bank=None if entry.offset is None else entry.bank,
                )
                for entry in entries
            )

        return cls(
            name=report.model.name,
            inputs=ports(report.inputs),
            outputs=ports(report.outputs),
            banks=report.sram.banks,
            has_state=any(buffer.kind is BufferKind.STATE for buffer in report.buffers),
        )


def make_project(
    model: Interface, board: Board, banner: str, sources: Sequence[str]
) -> FirmwareProject:
    """Give the project that runs a model on `board`; `sources` are the model's C files.

    The rows of a streamed input are held beside the arena's first bank.

    Raises:
        FitError: the board's memories do not hold it.
    """
    streamed = sum(port.nbytes for port in model.inputs if port.bank is None)
    first, *others = model.banks
    banks = (first + aligned(streamed), *others)
    return FirmwareProject(
        name=model.name,
        banner=banner,
        board=board,
        memory=place_banks(board, banks, FIRMWARE_STATIC_NBYTES, STACK_NBYTES),
        inputs=model.inputs,
        outputs=model.outputs,
        model_sources=tuple(sorted(sources)),
        trap_unaligned=traps_unaligned(board),
        banks=len(banks),
        has_state=model.has_state,
    )


def build_project(
    project: FirmwareProject,
    directory: Path,
    progress: Progress,
    building: Building | None = None,
) -> Firmware | Shortfall:
    """Write a project's files beside the model's sources in `directory`, and build it.

    `building` may have begun with some of them.

    Raises what `try_build` does.
    """
    with building or Building(directory, project.board) as begun:
        begun.write(firmware_files(project))
        with progress(f"building firmware for {project.board.name}"):
            built = begun.finish()
    shutil.rmtree(directory / "build", ignore_errors=True)
    return built
