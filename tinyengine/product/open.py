"""Start a product's firmware where it is to run: on an emulator, or on a real board."""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from tinyengine.board import Board, Placement, load_board
from tinyengine.errors import FitError, ToolError, UsageError
from tinyengine.files import read_bytes
from tinyengine.product.build import Shortfall
from tinyengine.product.product import Product
from tinyengine.product.project import Interface, build_project, make_project
from tinyengine.progress import Progress, silent
from tinyengine.run import Emulator, Runner, missing_memories, open_runner, pick_emulator
from tinyengine.run.image import load_image
from tinyengine.run.renode.platform import check_can_have
from tinyengine.run.renode.program import find_renode

_SOURCE = re.compile(r"\w+\.[ch]", re.ASCII)
_MOST_SOURCE_NBYTES = 64 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where firmware runs: in an emulator, or, with a serial `port`, on the real board there."""

    emulator: Emulator | None = None
    port: str | None = None

    def __post_init__(self) -> None:
        if self.emulator is not None and self.port is not None:
            raise UsageError("--port", "is of a real board: leave out --emulator")

    def check(self, board: Board) -> None:
        """Raise UsageError or ToolError where that cannot be, before anything is built for it."""
        if self.emulator is Emulator.RENODE:
            check_can_have(board)
            find_renode()

    def on(self, board: Board) -> Emulator:
        """Give what runs firmware of `board`."""
        if self.port is not None:
            return Emulator.SERIAL
        return self.emulator or pick_emulator(board)

    def describe(self, board: Board) -> str:
        """Say where that is, for a message."""
        return f"the emulated {board.name}" if self.port is None else f"{board.name} at {self.port}"


@contextmanager
def open_product(
    product: Product, place: Place, *, trace_writes: bool = False, progress: Progress = silent
) -> Iterator[Runner]:
    """Start the product's firmware; under QEMU, where the board needs it, its twin's.

    A real board runs it already.
    """
    chosen = place.on(product.board)
    interface = Interface.of_report(product.report)
    with (
        firmware_for(chosen, product.directory, product.board, interface, progress) as (elf, board),
        open_runner(
            elf,
            board,
            product.output_nbytes,
            emulator=chosen,
            port=place.port,
            trace_writes=trace_writes,
        ) as runner,
    ):
        yield runner


@contextmanager
def firmware_for(
    emulator: Emulator, directory: Path, board: Board, interface: Interface, progress: Progress
) -> Iterator[tuple[Path, Board]]:
    """Give the firmware built in `directory` and its board, or what QEMU runs instead.

    Where QEMU has not the board itself, that is its twin, and where it lacks a memory which the
    firmware uses, the board without that: with firmware built of the same sources.
    """
    elf = directory / "firmware.elf"
    if emulator is not Emulator.QEMU:
        yield elf, board
        return
    lacking = missing_memories(load_image(elf), board)
    if board.qemu_machine is not None and not lacking:
        yield elf, board
        return
    with TemporaryDirectory(prefix="tinyengine-") as scratch:
        other = _without(board, lacking) if lacking else _twin(board)
        sources = _copy_sources(directory, Path(scratch))
        banner = f"Built for {other.name}, which stands in for {board.name} in QEMU."
        try:
            project = make_project(interface, other, banner, sources)
        except FitError:
            if not lacking:
                raise
            yield elf, board  # which QEMU refuses, saying what it lacks
            return
        firmware = build_project(project, Path(scratch), progress)
        if isinstance(firmware, Shortfall):
            raise firmware.refusal
        yield firmware.elf, other


def _without(board: Board, lacking: Sequence[str]) -> Board:
    """Give the board without some of its memories."""
    there = tuple(memory for memory in board.memories if memory.name not in lacking)
    return replace(board, memories=there, placement=Placement())


def _twin(board: Board) -> Board:
    """Give the board of the same core that QEMU has."""
    if board.qemu_twin is None:
        raise ToolError(board.name, "QEMU has neither this board nor one like it")
    return load_board(board.qemu_twin)


def _copy_sources(directory: Path, to: Path) -> list[str]:
    """Copy the C files and headers beside the report and in te/; give the paths of the C files.

    Names become words of a build's commands: others than the compiler's own are passed over, and
    so is whatever is no file.
    """
    sources = []
    for folder in ("", "te"):
        (to / folder).mkdir(exist_ok=True)
        for path in sorted((directory / folder).glob("*.[ch]")):
            if _SOURCE.fullmatch(path.name) is None or path.is_symlink() or not path.is_file():
                continue
            name = f"{folder}/{path.name}" if folder else path.name
            (to / name).write_bytes(read_bytes(path, _MOST_SOURCE_NBYTES))
            sources += [name] if path.suffix == ".c" else []
    return sources
