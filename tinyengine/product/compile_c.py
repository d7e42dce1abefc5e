"""Compile and link an emitted project, with the commands of its Makefile but without make."""

import os
import subprocess
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from time import monotonic

from tinyengine.board.types import Board
from tinyengine.errors import ToolError
from tinyengine.product import flags
from tinyengine.product.tools import Tools

_SECONDS = 900
_AT_ONCE = 2


def compile_project(directory: Path, board: Board, tools: Tools) -> str | None:
    """Make firmware.elf, firmware.bin and firmware.map in `directory`; give what went wrong.

    That is what the compiler or linker printed; None where all went well.

    Raises:
        ToolError: a program does not start or does not end.
    """
    commands = _Commands(directory, board, tools)
    sources = [
        path.relative_to(directory)
        for pattern in ("*.c", "te/*.c", "firmware/*.c")
        for path in sorted(directory.glob(pattern))
    ]
    objects = [Path("build") / source.with_suffix(".o") for source in sources]
    for folder in {directory / path.parent for path in objects}:
        folder.mkdir(parents=True, exist_ok=True)
    with ThreadPoolExecutor(max_workers=_AT_ONCE) as pool:
        messages = pool.map(commands.compile, sources, objects)
        failed = [text for text in messages if text]
    if failed:
        return "".join(failed)
    return commands.link(objects) or commands.flatten() or None


class _Commands:
    """The commands for one project; each gives what it printed where it failed, else nothing."""

    def __init__(self, directory: Path, board: Board, tools: Tools) -> None:
        self._directory, self._board, self._tools = directory, board, tools
        self._deadline = monotonic() + _SECONDS
        target = board.target
        own = flags.CLANG if tools.is_clang else ()
        self._target = [*target.flags, *own]
        trap = "BOARD_TRAP_UNALIGNED 1" in _text(directory / "firmware" / "board.h")
        self._aligned = target.architecture.aligned_flags if trap else ()

    def compile(self, source: Path, to: Path) -> str:
        """Compile one file."""
        return self._run(
            [
                self._tools.compiler,
                *self._target,
                flags.STANDARD,
                flags.OPTIMIZE,
                *flags.CODE,
                *self._aligned,
                f"-ffile-prefix-map={self._directory.resolve()}=.",
                *flags.FILES,
                *flags.WARNINGS,
                "-Werror",
                *flags.INCLUDES,
                "-c",
                "-o",
                str(to),
                str(source),
            ]
        )

    def link(self, objects: Sequence[Path]) -> str:
        """Link all of them to firmware.elf."""
        own = flags.CLANG_LINK if self._tools.is_clang else ()
        command = [self._tools.compiler, *self._target, flags.OPTIMIZE, *own, *flags.LINK]
        return self._run([*command, "-o", "firmware.elf", *map(str, objects)])

    def flatten(self) -> str:
        """Make firmware.bin; a vector table that is a memory of its own is in the ELF only."""
        apart = ["--remove-section=.vectors"] if self._board.vectors else []
        command = [self._tools.objcopy, "-O", "binary", *apart, "firmware.elf", "firmware.bin"]
        return self._run(command)

    def _run(self, command: Sequence[str]) -> str:
        try:
            done = subprocess.run(
                command,
                cwd=self._directory,
                env={**os.environ, "LC_ALL": "C"},
                capture_output=True,
                text=True,
                errors="replace",
                timeout=max(self._deadline - monotonic(), 1),
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise ToolError(command[0], f"did not finish in {_SECONDS} s") from None
        except OSError as error:
            raise ToolError(command[0], f"cannot run: {error.strerror}") from None
        if done.returncode == 0:
            return ""
        return done.stderr or f"{command[0]} ended with status {done.returncode}\n"


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise ToolError(str(path), f"cannot be read: {error.strerror}") from None
