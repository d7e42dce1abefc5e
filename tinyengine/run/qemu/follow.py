"""Which blocks QEMU executes, by a plugin that the host's compiler builds."""

import re
import shutil
import struct
import subprocess
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from tinyengine.board.target import Architecture
from tinyengine.errors import ToolError
from tinyengine.run.image import Image
from tinyengine.run.native.build import built_library
from tinyengine.run.native.counter import Range
from tinyengine.run.result import ExecutedBlock

_EDGE = struct.Struct("=IIIIQ32x")
"""`struct te_edge` of edges.h, without the misses, which are not modelled here."""

_PAIRS = struct.Struct("=Q")
_SECONDS = 20


class QemuFollower:
    """The plugin for one firmware: QEMU's options for it, and what it has counted."""

    def __init__(self, image: Image, model: Sequence[Range], architecture: Architecture) -> None:
        """Build the plugin; `model` are the addresses of the model's own functions.

        Raises:
            ToolError: no C compiler, it failed, or the image has no markers.
        """
        missing = [n for n in ("bench_begin", "bench_end") if n not in image.symbols]
        if missing:
            raise ToolError(str(image.path), f"has no function {' and no '.join(missing)}")
        self._resources = ExitStack()
        version = f"TE_QEMU_PLUGIN_VERSION={_interface_version(find_qemu(architecture))}"
        self._library = self._resources.enter_context(built_library("qemu_plugin", version))
        folder = Path(self._resources.enter_context(tempfile.TemporaryDirectory()))
        self._files = {name: folder / name for name in ("out", "ranges", "code")}
        words = [address for first_last in sorted(model) for address in first_last]
        self._files["ranges"].write_bytes(struct.pack(f"={len(words)}I", *words))
        code = image.code
        self._files["code"].write_bytes(code.data)
        self._addresses = {
            "begin": image.symbols["bench_begin"],
            "end": image.symbols["bench_end"],
            "base": code.runs_at,
        }

    @property
    def options(self) -> list[str]:
        """What to add to QEMU's command."""
        paths = {name: _quoted(path) for name, path in self._files.items()}
        values = [f"{name}={value}" for name, value in (self._addresses | paths).items()]
        return ["-plugin", ",".join([_quoted(self._library), *values])]

    def executed(self) -> tuple[ExecutedBlock, ...] | None:
        """Give what ran between the markers, ordered by the fields; None where nothing did."""
        if not self._files["out"].is_file():
            return None
        data = self._files["out"].read_bytes()
        edges = data[_PAIRS.size :]
        if _PAIRS.unpack_from(data) != (1,) or not edges:
            return None
        found = (
            ExecutedBlock(site=site, previous=previous, address=address, nbytes=nbytes, count=count)
            for site, previous, address, nbytes, count in _EDGE.iter_unpack(edges)
        )
        return tuple(sorted(found, key=lambda b: (b.site, b.address, b.previous, b.nbytes)))

    def close(self) -> None:
        """Remove the files."""
        self._resources.close()


def _quoted(path: Path) -> str:
    return str(path).replace(",", ",,")


def find_qemu(architecture: Architecture) -> str:
    """Give the path of the QEMU that emulates an architecture.

    Raises:
        ToolError: it is not installed.
    """
    name = architecture.qemu_program
    program = shutil.which(name)
    if program is None:
        raise ToolError(name, "not installed", f"apt-get install {name}")
    return program


def _interface_version(program: str) -> int:
    """Give the version of the plugin interface of the QEMU `program`: 2 since QEMU 9.

    What we use of it is the same in both.
    """
    done = subprocess.run(
        [program, "--version"], capture_output=True, text=True, timeout=_SECONDS, check=False
    )
    match = re.search(r"version (\d+)\.", done.stdout)
    return 2 if match and int(match[1]) >= 9 else 1
