"""Compile and link an emitted project, with the commands of its Makefile but without make.

Files compile in the background as soon as they are written, while those that follow are made.
"""

import os
import signal
import subprocess
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from queue import Empty, PriorityQueue, SimpleQueue
from tempfile import TemporaryFile
from threading import Lock, Thread
from time import monotonic

from tinyengine.board.types import Board
from tinyengine.errors import ToolError
from tinyengine.product import flags
from tinyengine.product.tools import Tools

_SECONDS = 900
_AT_ONCE = 2


class Compilation(AbstractContextManager["Compilation"]):
    """The compilation of a project that may still be written; leaving the block ends what runs."""

    def __init__(self, directory: Path, board: Board, tools: Tools) -> None:
        """Prepare for the project in `directory`, in which firmware/board.h is there already."""
        self._directory = directory
        self._commands = _Commands(directory, board, tools)
        self._pool = Pool(directory)
        self._numbers: dict[Path, int] = {}

    def __exit__(self, *_: object) -> None:
        self._pool.close()

    def start(self, sources: Iterable[Path], at_once: int = _AT_ONCE) -> None:
        """Compile C files, relative to the directory: `at_once` from now on, the largest first.

        They, and the headers that they include, must be there, and change no more.
        """
        self._pool.widen(at_once)
        for source in sources:
            to = _object_of(source)
            (self._directory / to.parent).mkdir(parents=True, exist_ok=True)
            nbytes = (self._directory / source).stat().st_size
            self._numbers[source] = self._pool.add(self._commands.compile(source, to), nbytes)

    def finish(
        self,
        before_link: Callable[[], None] = lambda: None,
        meanwhile: Callable[[], None] = lambda: None,
    ) -> str | None:
        """Make firmware.elf, firmware.bin and firmware.map; give what went wrong.

        All C files of the project are compiled that were not started yet; `before_link` is called
        when they are, `meanwhile` when no file waits for its turn. What went wrong is what the
        compiler or linker printed; None where all went well.

        Raises:
            ToolError: a program does not start or does not end.
        """
        sources = [
            path.relative_to(self._directory)
            for pattern in ("*.c", "te/*.c", "firmware/*.c")
            for path in sorted(self._directory.glob(pattern))
        ]
        self.start(source for source in sources if source not in self._numbers)
        deadline = monotonic() + _SECONDS
        self._pool.wait_for_room(deadline)
        meanwhile()
        messages = self._pool.wait([self._numbers[source] for source in sources], deadline)
        if not messages:
            before_link()
        link = self._commands.link([_object_of(source) for source in sources])
        for command in (link, self._commands.flatten()):
            if messages:
                return messages
            messages = self._pool.wait([self._pool.add(command)], deadline)
        return messages or None


def _object_of(source: Path) -> Path:
    return Path("build") / source.with_suffix(".o")


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


@dataclass(frozen=True, slots=True)
class _Ended:
    """A command that ended: what it printed if it failed, or why it did not start."""

    printed: str
    refusal: ToolError | None = None


class Pool:
    """Runs commands in a directory, some at a time, of those that wait the one with the most to do.

    As soon as one ends the next starts, whichever it is, from a thread of its own.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._waiting = PriorityQueue[tuple[int, int, Sequence[str]]]()
        self._ended = SimpleQueue[tuple[int, _Ended]]()
        self._results: dict[int, _Ended] = {}
        self._programs: list[str] = []
        self._threads: list[Thread] = []
        self._lock, self._closed = Lock(), False
        self._running = set[subprocess.Popen[bytes]]()

    def widen(self, at_once: int) -> None:
        """Run `at_once` commands at a time, or as many as before if that is more."""
        while len(self._threads) < at_once:
            self._threads.append(Thread(target=self._work, daemon=True))
            self._threads[-1].start()

    def add(self, command: Sequence[str], nbytes: int = 0) -> int:
        """Run a command, which has `nbytes` to read, when its turn comes; give its number."""
        self._programs.append(command[0])
        number = len(self._programs) - 1
        self._waiting.put((-nbytes, number, command))
        return number

    def wait(self, numbers: Sequence[int], deadline: float) -> str:
        """Wait until the commands have ended; give what those printed that failed, in that order.

        Raises:
            ToolError: one does not start, or runs beyond `deadline`.
        """
        for number in numbers:
            while number not in self._results:
                self._wait_for_one(number, deadline)
        return "".join(self._results[number].printed for number in numbers)

    def wait_for_room(self, deadline: float) -> None:
        """Wait until fewer commands are left than run at a time; raises as `wait` does."""
        while self._threads and len(self._programs) - len(self._results) >= len(self._threads):
            number = next(each for each in count() if each not in self._results)
            self._wait_for_one(number, deadline)

    def _wait_for_one(self, number: int, deadline: float) -> None:
        """Wait until any command has ended; `number` is the one that is told if none does."""
        try:
            ended, result = self._ended.get(timeout=max(deadline - monotonic(), 1))
        except Empty:
            problem = f"did not finish in {_SECONDS} s"
            raise ToolError(self._programs[number], problem) from None
        self._results[ended] = result
        if result.refusal is not None:
            raise result.refusal

    def close(self) -> None:
        """End what runs, and begin nothing more."""
        with self._lock:
            self._closed = True
            for process in self._running:
                with suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
        for number, _ in enumerate(self._threads, len(self._programs)):
            self._waiting.put((0, number, ()))
        for thread in self._threads:
            thread.join()

    def _work(self) -> None:
        """Run one command after the other until the pool is closed."""
        while True:
            _, number, command = self._waiting.get()
            if self._closed:
                return
            self._ended.put((number, self._run(command)))

    def _run(self, command: Sequence[str]) -> _Ended:
        """Run a command; what it prints goes to a file, which never fills as a pipe does."""
        with TemporaryFile() as printed:
            try:
                with self._lock:
                    if self._closed:
                        return _Ended("")
                    process = subprocess.Popen(
                        command,
                        cwd=self._directory,
                        env={**os.environ, "LC_ALL": "C"},
                        stdin=subprocess.DEVNULL,
                        stdout=subprocess.DEVNULL,
                        stderr=printed,
                        process_group=0,  # a compiler's driver has children, which end with it
                    )
                    self._running.add(process)
            except OSError as error:
                return _Ended("", ToolError(command[0], f"cannot run: {error.strerror}"))
            status = process.wait()
            with self._lock:
                self._running.discard(process)
            printed.seek(0)
            text = printed.read().decode("utf-8", errors="replace")
        told = text or f"{command[0]} ended with status {status}\n"
        return _Ended("" if status == 0 else told)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise ToolError(str(path), f"cannot be read: {error.strerror}") from None
