"""The firmware project of a model for a board, and its build."""

import shutil
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from tinyengine.board import Board, Placement, place_banks
from tinyengine.board.memory_map import ANYWHERE, ARENA_ALIGN, Region, kernel_room, with_kernels
from tinyengine.compiler import BESIDE_NBYTES, FIRMWARE_STATIC_NBYTES, STACK_NBYTES
from tinyengine.lower import Port as LoweredPort
from tinyengine.lower import Program
from tinyengine.product.build import Firmware, Shortfall
from tinyengine.product.building import Building
from tinyengine.product.firmware import (
    FirmwareProject,
    Port,
    firmware_files,
    linker_script,
    traps_unaligned,
)
from tinyengine.product.hot import HotFile, choose_files, code_nbytes
from tinyengine.product.output_directory import write_tree
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


@dataclass(frozen=True, slots=True, kw_only=True)
class KernelPlace:
    """Where code may be copied to, `most_nbytes` of it, and the files that it is chosen from."""

    room: Region
    most_nbytes: int
    files: tuple[HotFile, ...]


def make_project(
    model: Interface,
    board: Board,
    banner: str,
    sources: Sequence[str],
    placement: Placement = ANYWHERE,
) -> FirmwareProject:
    """Give the project that runs a model on `board`; `sources` are the model's C files.

    The rows of a streamed input are held beside the arena's first bank. `placement` is what the
    user wishes.

    Raises:
        FitError: the board's memories do not hold it.
    """
    banks = held_banks(model)
    return FirmwareProject(
        name=model.name,
        banner=banner,
        board=board,
        memory=place_banks(board, banks, FIRMWARE_STATIC_NBYTES, STACK_NBYTES, placement),
        inputs=model.inputs,
        outputs=model.outputs,
        model_sources=tuple(sorted(sources)),
        trap_unaligned=traps_unaligned(board),
        banks=len(banks),
        has_state=model.has_state,
    )


def held_banks(model: Interface) -> tuple[int, ...]:
    """Give the bytes of the arena's banks; the first holds the rows of a streamed input too."""
    streamed = sum(port.nbytes for port in model.inputs if port.bank is None)
    first, *others = model.banks
    return (first + aligned(streamed), *others)


def kernel_place(
    project: FirmwareProject,
    model: Interface,
    placement: Placement,
    budget: int | None,
    files: Sequence[HotFile],
) -> KernelPlace | None:
    """Give where kernels of the project may be copied to; None where nowhere.

    They get what data leaves of a memory, and of the `budget` of SRAM where there is one.
    """
    banks = held_banks(model)
    room = kernel_room(project.board, project.memory, banks, BESIDE_NBYTES, placement)
    if room is None:
        return None
    left = room.nbytes if budget is None else budget - sum(model.banks) - BESIDE_NBYTES
    return KernelPlace(room=room, most_nbytes=min(room.nbytes, left), files=tuple(files))


def build_project(
    project: FirmwareProject,
    directory: Path,
    progress: Progress,
    building: Building | None = None,
    kernels: KernelPlace | None = None,
) -> Firmware | Shortfall:
    """Write a project's files beside the model's sources in `directory`, and build it.

    `building` may have begun with some of them. Which `kernels` there is room for is known when
    they are compiled.

    Raises what `try_build` does.
    """

    def place_kernels() -> None:
        """Write the linker script anew, with the kernels that there is room for."""
        placed = None if kernels is None else _with_kernels(project, directory, kernels)
        if placed is not None:
            write_tree(directory, linker_script(placed))

    with building or Building(directory, project.board) as begun:
        begun.write(firmware_files(project))
        with progress(f"building firmware for {project.board.name}"):
            built = begun.finish(place_kernels)
    shutil.rmtree(directory / "build", ignore_errors=True)
    return built


def _with_kernels(
    project: FirmwareProject, directory: Path, kernels: KernelPlace
) -> FirmwareProject | None:
    """Give the project with the kernels that there is room for, by their object files."""
    objects = sorted((directory / "build" / "te").glob("*.o"))
    nbytes_of = {path.stem: code_nbytes(path) for path in objects}
    chosen = choose_files(kernels.files, nbytes_of, kernels.most_nbytes)
    if not chosen:
        return None
    nbytes = sum(nbytes_of[stem] for stem in chosen)
    return replace(
        project, memory=with_kernels(project.memory, kernels.room, nbytes), kernels=chosen
    )
