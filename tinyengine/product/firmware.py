"""Give the test firmware of a board, and the files that build it, for one model."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import takewhile

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from tinyengine.board.memory_map import MemoryMap
from tinyengine.board.types import Board, ClockStep
from tinyengine.resources import runtime_dir, templates_dir

_POLL_CYCLES = 8
"""The fewest cycles that one turn of the loop takes that reads a register."""

_VECTORS_NBYTES = 16 * 4
"""The vectors of the core's own exceptions: the firmware takes no interrupts."""

LIBRARY = ("libc", "aeabi")
_COMMON = ("startup", "clock", "fault", "line", "bench", "protocol", *LIBRARY)
_HEADERS = ("registers", "clock", "fault", "line", "bench", "protocol", "uart", "timer")


@dataclass(frozen=True, slots=True, kw_only=True)
class Port:
    """An input or output as the firmware holds it: its C type, and the arena's bank it stands in.

    A streamed input has no place in the arena (`bank` is None): the model asks for its rows, and
    the firmware holds the host's `nbytes` in a buffer of its own.
    """

    c_type: str
    nbytes: int
    bank: int | None = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class FirmwareProject:
    """The model that the firmware runs, the board it runs on, and where things go there.

    `name` is the model's C identifier; `model_sources` are the model's C files by their path in
    the project (`NAME.c`, `te/…`). With `trap_unaligned` the firmware traps unaligned accesses and
    the compiler makes none; kernels that rely on them need it off. `banks` is how many pieces the
    arena has. Where the model `has_state`, every run that the host asks for is a step. The code of
    `kernels`, C files by their names without suffix, goes to `memory.kernels`.
    """

    name: str
    banner: str
    board: Board
    memory: MemoryMap
    inputs: tuple[Port, ...]
    outputs: tuple[Port, ...]
    model_sources: tuple[str, ...]
    trap_unaligned: bool = True
    banks: int = 1
    has_state: bool = False
    kernels: tuple[str, ...] = ()

    @property
    def streams_input(self) -> bool:
        """True where the model asks for the rows of its input."""
        return any(port.bank is None for port in self.inputs)


def firmware_files(project: FirmwareProject) -> Mapping[str, str]:
    """Give path → text of `Makefile`, `CMakeLists.txt` and everything in `firmware/`."""
    drivers = board_files(project.board, project.banner, trap_unaligned=project.trap_unaligned)
    sources = sorted([path for path in drivers if path.endswith(".c")] + ["firmware/main.c"])
    context = {
        "banner": project.banner,
        "name": project.name,
        "macro": project.name.upper(),
        "board": project.board,
        "input_types": tuple(port.c_type for port in project.inputs),
        "output_types": tuple(port.c_type for port in project.outputs),
        "model_sources": project.model_sources,
        "firmware_sources": tuple(sources),
        "trap_unaligned": project.trap_unaligned,
        "streams_input": project.streams_input,
        "has_state": project.has_state,
        "banks": [_bank(index) for index in range(project.banks)],
        "input_places": _places(project, "INPUT", project.inputs),
        "output_places": _places(project, "OUTPUT", project.outputs),
    }
    templates = _environment()
    rendered = {
        path: templates.get_template(template).render(context)
        for path, template in (
            ("Makefile", "Makefile.j2"),
            ("CMakeLists.txt", "CMakeLists.txt.j2"),
            ("firmware/main.c", "main.c.j2"),
        )
    }
    return dict(sorted({**rendered, **linker_script(project), **drivers}.items()))


def linker_script(project: FirmwareProject) -> Mapping[str, str]:
    """Give path → text of the linker script."""
    template = _environment().get_template("link.ld.j2")
    text = template.render(
        banner=project.banner,
        board=project.board,
        memory=project.memory,
        kernels=project.kernels,
        **_regions(project.memory, project.board),
    )
    return {"firmware/link.ld": text}


def board_files(board: Board, banner: str, *, trap_unaligned: bool) -> Mapping[str, str]:
    """Give path → text of those files in `firmware/` that are the same for every model.

    Updates of whole words are taken before RAM is used, up to the first one that is none.
    """
    early = tuple(takewhile(lambda update: update.nbytes == 4, board.setup))
    header = (
        _environment()
        .get_template("board.h.j2")
        .render(
            banner=banner,
            board=board,
            trap_unaligned=trap_unaligned,
            early_updates=early,
            late_updates=board.setup[len(early) :],
            clock_steps=_clock_steps(board),
            divisor="BOARD_UART_DIVISOR",
        )
    )
    return {"firmware/board.h": header, **_copies(board)}


def traps_unaligned(board: Board) -> bool:
    """Tell whether firmware for `board` traps unaligned accesses: where its kernels make none."""
    return not board.target.has_unaligned_access


def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(templates_dir()),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,
    )


def _clock_steps(board: Board) -> list[tuple[ClockStep, int, int]]:
    """Give the steps to the rated clock, `left_out` of clock.h, and how often a wait reads."""
    steps = board.clock.steps if board.clock else ()
    per_us = board.reset_hz / 1_000_000 / _POLL_CYCLES
    return [
        (step, 0 if step.skip is None else step.skip + 1, math.ceil(step.timeout_us * per_us))
        for step in steps
    ]


def _regions(memory: MemoryMap, board: Board) -> dict[str, object]:
    """Give the names that the linker script has for regions and for the sections of the arena."""
    names = {region: f"ARENA{index or ''}" for index, region in enumerate(memory.ram[1:])}
    return {
        "arena_regions": [(name, region) for region, name in names.items()],
        "arena_sections": [
            (f".{_bank(index)}", names.get(region, "DATA"))
            for index, region in enumerate(memory.arenas)
        ],
        "vectors_region": "FLASH" if memory.vectors == memory.flash else "VECTORS",
        "vectors_nbytes": _VECTORS_NBYTES + (board.boot.nbytes if board.boot else 0),
    }


def _bank(index: int) -> str:
    """Give the C name of a piece of the arena: the first has no number."""
    return f"arena{index or ''}"


def _places(project: FirmwareProject, kind: str, ports: tuple[Port, ...]) -> list[str]:
    """Give where each port of a kind stands, as C expressions."""
    macro = f"{project.name.upper()}_{kind}"
    return [
        "input_rows" if port.bank is None else f"{_bank(port.bank)} + {macro}{index}_OFFSET"
        for index, port in enumerate(ports)
    ]


def _copies(board: Board) -> dict[str, str]:
    """Give the files that are the same for every model: shared ones and the board's drivers."""
    files = {f"{stem}.c": f"{stem}.c" for stem in _COMMON}
    files |= {f"{stem}.h": f"{stem}.h" for stem in _HEADERS}
    files["libc/string.h"] = "libc/string.h"
    files["uart.c"] = f"uart_{board.uart.driver}.c"
    files["timer.c"] = f"timer_{board.timer}.c"
    if board.boot is not None:
        files["boot.c"] = f"boot_{board.boot.code}.c"
    folder = runtime_dir() / "firmware"
    return {
        f"firmware/{path}": (folder / origin).read_text(encoding="utf-8")
        for path, origin in files.items()
    }
