"""Compile and link an emitted project, with the commands of its Makefile but without make."""

import os
import subprocess
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from queue import Empty, SimpleQueue
from tempfile import TemporaryFile
from threading import Thread
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
    compiling = [commands.compile(*pair) for pair in zip(sources, objects, strict=True)]
    deadline = monotonic() + _SECONDS
    for stage in (compiling, [commands.link(objects)], [commands.flatten()]):
        messages = _run(stage, directory, deadline)
        if messages:
            return messages
    return None


class _Commands:
    """The commands for one project, to be run in its folder."""

    def __init__(self, directory: Path, board: Board, tools: Tools) -> None:
        self._directory, self._board, self._tools = directory, board, tools
        target = board.target
        own = (f"--target={target.toolchain.clang_triple}",) if tools.is_clang else ()
        self._target = [*target.flags, *own]
        trap = "BOARD_TRAP_UNALIGNED 1" in _text(directory / "firmware" / "board.h")
        self._aligned = target.architecture.aligned_flags if trap else ()

    def compile(self, source: Path, to: Path) -> list[str]:
        """Compile one file."""
        return [
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

    def link(self, objects: Sequence[Path]) -> list[str]:
        """Link all of them to firmware.elf."""
        own = flags.CLANG_LINK if self._tools.is_clang else ()
        command = [self._tools.compiler, *self._target, flags.OPTIMIZE, *own, *flags.LINK]
        return [*command, "-o", "firmware.elf", *map(str, objects)]

    def flatten(self) -> list[str]:
        """Make firmware.bin; a vector table that is a memory of its own is in the ELF only."""
        apart = ["--remove-section=.vectors"] if self._board.vectors else []
        return [self._tools.objcopy, "-O", "binary", *apart, "firmware.elf", "firmware.bin"]


def _run(commands: Sequence[Sequence[str]], directory: Path, deadline: float) -> str:
    """Run commands in `directory`, some at a time; give what those printed that failed.

    As soon as one ends the next starts, whichever it is; what they printed is in their order.
    Whatever ends this early, an error or a signal, ends what runs too.
    """
    printed, running = dict[int, str](), dict[int, _Running]()
    ended = SimpleQueue[int]()
    try:
        for number, command in enumerate(commands):
            if len(running) == _AT_ONCE:
                _finish_one(running, ended, printed, deadline)
            running[number] = _Running(command, directory, partial(ended.put, number))
        while running:
            _finish_one(running, ended, printed, deadline)
    finally:
        for each in running.values():
            each.kill()
    return "".join(printed[number] for number in sorted(printed))


def _finish_one(
    running: dict[int, "_Running"],
    ended: SimpleQueue[int],
    printed: dict[int, str],
    deadline: float,
) -> None:
    """Wait for the next command that ends, and put down what it printed."""
    try:
        number = ended.get(timeout=max(deadline - monotonic(), 1))
    except Empty:
        program = next(iter(running.values())).program
        raise ToolError(program, f"did not finish in {_SECONDS} s") from None
    printed[number] = running[number].finish()
    del running[number]


class _Running:
    """A command that runs; what it prints goes to a file, which never fills as a pipe does.

    `tell` is called, in a thread that waits for it, when it has ended.
    """

    def __init__(self, command: Sequence[str], directory: Path, tell: Callable[[], None]) -> None:
        self.program = command[0]
        self._printed = TemporaryFile()  # noqa: SIM115 -- closed with the process
        environment = {**os.environ, "LC_ALL": "C"}
        try:
            self._process = subprocess.Popen(
                command,
                cwd=directory,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=self._printed,
            )
        except OSError as error:
            self._printed.close()
            raise ToolError(self.program, f"cannot run: {error.strerror}") from None
        self._waiting = Thread(target=self._wait, args=(tell,), daemon=True)
        self._waiting.start()

    def _wait(self, tell: Callable[[], None]) -> None:
        self._process.wait()
        tell()

    def finish(self) -> str:
        """Give what it printed where it failed; it has ended."""
        self._waiting.join()
        status = self._process.returncode
        self._printed.seek(0)
        text = self._printed.read().decode("utf-8", errors="replace")
        self._printed.close()
        return "" if status == 0 else text or f"{self.program} ended with status {status}\n"

    def kill(self) -> None:
        """End it at once."""
        self._process.kill()
        self._waiting.join()
        self._printed.close()


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise ToolError(str(path), f"cannot be read: {error.strerror}") from None
