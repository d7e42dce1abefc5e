"""Give the test firmware of a board, and the files that build it, for one model."""

from collections.abc import Mapping
from dataclasses import dataclass

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from tinyengine.board.memory_map import MemoryMap
from tinyengine.board.types import Board
from tinyengine.resources import runtime_dir, templates_dir

# RAM of the test firmware itself: line buffer and counters, rounded up. A test measures it.
FIRMWARE_STATIC_NBYTES = 640

LIBRARY = ("libc", "aeabi")
_COMMON = ("startup", "fault", "line", "bench", "protocol", *LIBRARY)
_HEADERS = ("registers", "fault", "line", "bench", "protocol", "uart", "timer")


@dataclass(frozen=True, slots=True, kw_only=True)
class FirmwareProject:
    """The model that the firmware runs, the board it runs on, and where things go there.

    `name` is the model's C identifier; `input_types` and `output_types` are the C type of every
    port (`int8_t`, `uint8_t`); `model_sources` are the model's C files by their path in the
    project (`NAME.c`, `te/…`). With `trap_unaligned` the firmware traps unaligned accesses and the
    compiler makes none; kernels that rely on them need it off. Where the model `streams_input`, the
    firmware holds the host's input in a buffer of its own. `banks` is how many pieces the arena
    has; `input_banks` and `output_banks` say in which of them each port stands.
    """

    name: str
    banner: str
    board: Board
    memory: MemoryMap
    input_types: tuple[str, ...]
    output_types: tuple[str, ...]
    model_sources: tuple[str, ...]
    trap_unaligned: bool = True
    streams_input: bool = False
    banks: int = 1
    input_banks: tuple[int, ...] = ()
    output_banks: tuple[int, ...] = ()


def firmware_files(project: FirmwareProject) -> Mapping[str, str]:
    """Give path → text of `Makefile`, `CMakeLists.txt` and everything in `firmware/`."""
    copies = _copies(project.board)
    sources = sorted([path for path in copies if path.endswith(".c")] + ["firmware/main.c"])
    context = {
        "banner": project.banner,
        "name": project.name,
        "board": project.board,
        "memory": project.memory,
        "input_types": project.input_types,
        "output_types": project.output_types,
        "model_sources": project.model_sources,
        "firmware_sources": tuple(sources),
        "trap_unaligned": project.trap_unaligned,
        "streams_input": project.streams_input,
        "banks": [_bank(index) for index in range(project.banks)],
        "input_places": _places(project, "INPUT", project.input_types, project.input_banks),
        "output_places": _places(project, "OUTPUT", project.output_types, project.output_banks),
    }
    environment = Environment(
        loader=FileSystemLoader(templates_dir()),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,
    )
    rendered = {
        path: environment.get_template(template).render(context)
        for path, template in (
            ("Makefile", "Makefile.j2"),
            ("CMakeLists.txt", "CMakeLists.txt.j2"),
            ("firmware/main.c", "main.c.j2"),
            ("firmware/board.h", "board.h.j2"),
            ("firmware/link.ld", "link.ld.j2"),
        )
    }
    return dict(sorted({**rendered, **copies}.items()))


def _bank(index: int) -> str:
    """Give the C name of a piece of the arena: the first has no number."""
    return f"arena{index or ''}"


def _places(
    project: FirmwareProject, kind: str, types: tuple[str, ...], banks: tuple[int, ...]
) -> list[str]:
    """Give where each port of a kind stands, as C expressions."""
    if kind == "INPUT" and project.streams_input:
        return ["input_rows"]
    macro = f"{project.name.upper()}_{kind}"
    return [
        f"{_bank(bank)} + {macro}{index}_OFFSET"
        for index, bank in enumerate(banks or (0,) * len(types))
    ]


def _copies(board: Board) -> dict[str, str]:
    """Give the files that are the same for every model: shared ones and the board's drivers."""
    files = {f"{stem}.c": f"{stem}.c" for stem in _COMMON}
    files |= {f"{stem}.h": f"{stem}.h" for stem in _HEADERS}
    files["libc/string.h"] = "libc/string.h"
    files["uart.c"] = f"uart_{board.uart.driver}.c"
    files["timer.c"] = f"timer_{board.timer}.c"
    folder = runtime_dir() / "firmware"
    return {
        f"firmware/{path}": (folder / origin).read_text(encoding="utf-8")
        for path, origin in files.items()
    }
