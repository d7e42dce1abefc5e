"""Runs the very ELF on Unicorn, on the board's exact flash and RAM map."""

import ctypes
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as FutureTimeoutError
from time import monotonic
from typing import Any

import unicorn
from unicorn import arm_const
from unicorn.unicorn_py3.unicorn import Uc, UcError, uclib

from tinyengine.board.types import Board
from tinyengine.errors import TinyEngineError, ToolError, WrongResultError
from tinyengine.run.image import Image
from tinyengine.run.machine import Measurement, check_image, check_in_ram
from tinyengine.run.native.counter import Finding, InstructionCounter, Range, load_library
from tinyengine.run.protocol import MOST_LINE_NBYTES, Done, NoiseError, SilenceError
from tinyengine.run.result import Emulator
from tinyengine.run.unicorn.devices import Wire
from tinyengine.run.unicorn.memory_map import map_memories, map_peripherals, place_of
from tinyengine.run.unicorn.peripherals import peripherals_of, traps_unaligned
from tinyengine.run.unicorn.python_counter import PythonCounter

_NEVER = 0xFFFFFFFE
_EXCP_SWI, _EXCP_BKPT = 2, 7
"""Numbers that Unicorn gives for SVC and BKPT. Source: QEMU target/arm/cpu.h, EXCP_*."""

_ACCESSES = {
    unicorn.UC_MEM_READ_UNMAPPED: "read of",
    unicorn.UC_MEM_READ_PROT: "read of",
    unicorn.UC_MEM_WRITE_UNMAPPED: "write to",
    unicorn.UC_MEM_WRITE_PROT: "write to",
    unicorn.UC_MEM_FETCH_UNMAPPED: "instruction fetch from",
    unicorn.UC_MEM_FETCH_PROT: "instruction fetch from",
}

_FINDINGS = {
    Finding.STRAY_WRITE: "the model writes outside its arena and the stack, to",
    Finding.UNALIGNED: "the model makes an unaligned access to",
}


class UnicornMachine:
    """A board on Unicorn; a link to the firmware that runs on it.

    The core runs only while `read_line` waits. It stops with an error at the first access that the
    board would not allow: outside its memories and the peripherals that the test firmware needs,
    a write to flash, an instruction from elsewhere than flash, any exception. Unaligned accesses,
    which Unicorn never traps, are let through unless writes are traced.
    """

    emulator = Emulator.UNICORN
    greeting_attempts = 1
    has_memory_access = True

    def __init__(
        self,
        image: Image,
        board: Board,
        *,
        trace_writes: bool = False,
        follow: Sequence[Range] | None = None,
    ) -> None:
        """Load the image and reset the core.

        `follow` are the model's own functions, where executed blocks are wanted. `trace_writes`
        stops the model's function at a write outside the arena and the stack, and
        at an unaligned access where the core is set to trap these.

        Raises:
            ToolError: Unicorn has no such core, the image does not fit the board's flash, or
                tracing or following is asked for and it has no markers.
        """
        self._image = image
        self._board = board
        self._where = f"{image.path.name} on {board.name} (unicorn)"
        self._uc = make_core(board)
        self._wire = Wire(self._idle, self._flood)
        self._quiet = ""  # why the firmware sends nothing more, if that is so
        self._exception: int | None = None
        self._failure: TinyEngineError | None = None
        self._counter: InstructionCounter | PythonCounter | None = None
        self._pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix="unicorn")
        self._pc = 0
        self._alignment_is_due = False
        self._models_memory = False
        map_memories(self._uc, board, self._fail_here)
        self._peripherals = peripherals_of(board, self._wire, self._uc)
        map_peripherals(self._uc, self._peripherals, self._fail_here)
        self._hook()
        self._reset()
        self._count(trace_writes, follow)

    def write_line(self, line: bytes) -> None:
        """Put a line into the receiver; the firmware reads it when it runs."""
        self._wire.feed(line + b"\n")

    def read_line(self, timeout: float) -> bytes:
        """Run the firmware until it has sent a line.

        Raises:
            SilenceError: it waits for input, sleeps, or is busy longer than `timeout` seconds.
            WrongResultError: it did something that the board does not allow.
        """
        deadline = monotonic() + timeout
        while b"\n" not in self._wire.sent:  # which is bounded by itself
            self._execute(deadline - monotonic())
            if self._quiet and b"\n" not in self._wire.sent:
                raise SilenceError(self._quiet)
        line, _, rest = bytes(self._wire.sent).partition(b"\n")
        self._wire.sent[:] = rest
        if len(line) > MOST_LINE_NBYTES:
            raise NoiseError(f"a line of more than {MOST_LINE_NBYTES} bytes")
        return line

    def write_memory(self, address: int, data: bytes) -> None:
        """Write to the board's RAM while the firmware waits for a line."""
        check_in_ram(self._board, self._where, address, len(data))
        self._uc.mem_write(address, data)

    def start_measuring(self) -> None:
        """Forget the instructions counted so far."""
        if self._counter:
            self._counter.reset()
        if self._alignment_is_due:
            self._alignment_is_due = False
            self._trace_alignment()

    def measure(self, done: Done, hz: int) -> Measurement:  # noqa: ARG002 -- the timer stands still
        """Give the instructions between the markers, exactly; none without markers."""
        counts = self._counter.by_function() if self._counter else None
        return Measurement(
            instructions=None if counts is None else sum(counts.values()),
            ticks=None,
            hz=hz,
            instructions_by_function=counts,
            executed=self._counter.executed() if self._counter else None,
            models_memory=self._models_memory,
        )

    def close(self) -> None:
        """Stop the core and free what it holds."""
        self._pool.shutdown(wait=True)
        if self._counter:
            self._counter.close()

    def _execute(self, seconds: float) -> None:
        """Run until the firmware waits for input; a thread, so that Ctrl-C comes through."""
        if self._failure:
            raise self._failure
        self._quiet = ""
        future = self._pool.submit(self._run)
        try:
            future.result(max(seconds, 0))
        except FutureTimeoutError:
            self._interrupt_run(future)
            raise SilenceError(
                f"it is still busy, at {self._image.describe(self._pc)}, after the time-out"
            ) from None
        except BaseException:
            self._interrupt_run(future)
            raise

    def _interrupt_run(self, future: "Future[None]") -> None:
        while not future.done():
            self._uc.emu_stop()
            try:
                future.exception(0.05)
            except FutureTimeoutError:
                continue

    def _run(self) -> None:
        error: UcError | None = None
        self._exception = None
        try:
            self._uc.emu_start(self._pc | 1, _NEVER)
        except UcError as caught:
            error = caught
        self._pc = self._uc.reg_read(arm_const.UC_ARM_REG_PC)
        self._judge(error)

    def _judge(self, error: UcError | None) -> None:
        """Raise for whatever ended a run that was not the firmware's waiting."""
        found = self._counter.found() if self._counter else None
        if found is not None:
            what = _FINDINGS[found.finding]
            self._fail(f"{what} {place_of(self._board, found.address)}", found.pc)
        if self._exception is not None:
            name = {_EXCP_SWI: "SVC", _EXCP_BKPT: "BKPT"}.get(self._exception)
            self._fail(f"exception {name or self._exception}")
        if error is not None:
            invalid = error.errno == unicorn.UC_ERR_INSN_INVALID
            self._fail("undefined instruction" if invalid else str(error))
        if self._failure:
            raise self._failure
        if not self._quiet and b"\n" not in self._wire.sent:
            self._quiet = f"it sleeps, at {self._image.describe(self._pc)}"

    def _fail(self, problem: str, pc: int | None = None) -> None:
        """Keep the first failure; everything after it is a consequence."""
        if self._failure is None:
            place = self._image.describe(self._pc if pc is None else pc)
            caller = self._image.describe(self._uc.reg_read(arm_const.UC_ARM_REG_LR))
            self._failure = WrongResultError(
                self._where, f"{problem}, at {place}", details=(f"lr: {caller}",)
            )

    def _idle(self) -> None:
        self._quiet = "it waits for input"
        self._uc.emu_stop()

    def _flood(self) -> None:
        self._fail_here("the firmware sends without waiting for an answer")

    def _fail_here(self, problem: str) -> None:
        """Fail from inside a callback: Unicorn knows the address of the block, at least."""
        self._fail(problem, self._uc.reg_read(arm_const.UC_ARM_REG_PC))
        self._uc.emu_stop()

    def _hook(self) -> None:
        def on_invalid(_: Uc, kind: int, address: int, *_rest: object) -> bool:
            """End the run with what was accessed, and from where."""
            self._fail_here(f"{_ACCESSES[kind]} {place_of(self._board, address)}")
            return False

        def on_exception(_: Uc, number: int, _key: object) -> None:
            """Note the number of the exception."""
            self._exception = number
            self._uc.emu_stop()

        self._uc.hook_add(unicorn.UC_HOOK_MEM_INVALID, on_invalid)
        self._uc.hook_add(unicorn.UC_HOOK_INTR, on_exception)

    def _count(self, trace_writes: bool, follow: Sequence[Range] | None) -> None:
        try:
            self._counter = new_counter(self._image)
        except ToolError:
            if trace_writes or follow is not None:
                raise
            return
        if follow is not None:
            self._counter.follow(follow)
            self._model_memory()
        self._hook_counter(unicorn.UC_HOOK_BLOCK, self._counter.block_hook)
        if trace_writes:
            self._counter.trace(_writable(self._image), uclib)
            self._hook_counter(unicorn.UC_HOOK_MEM_WRITE, self._counter.write_hook)
            self._alignment_is_due = True

    def _model_memory(self) -> None:
        """Model the caches of the board's flash, where it says what they are."""
        model, flash = self._board.memory_model, self._board.flash
        if model is None or not isinstance(self._counter, InstructionCounter):
            return
        self._models_memory = True
        self._counter.model_memory((flash.origin, flash.end), model, uclib)
        within = (flash.origin, flash.end - 1)
        self._hook_counter(unicorn.UC_HOOK_MEM_READ, self._counter.read_hook, within)

    def _trace_alignment(self) -> None:
        """Look for unaligned accesses if the firmware has made the core trap them."""
        if self._counter and traps_unaligned(self._board, self._peripherals):
            both = unicorn.UC_HOOK_MEM_READ | unicorn.UC_HOOK_MEM_WRITE
            self._hook_counter(both, self._counter.align_hook)

    def _hook_counter(
        self,
        kind: int,
        function: ctypes.c_void_p | Callable[..., None],
        within: tuple[int, int] = (1, 0),
    ) -> None:
        """Make Unicorn call a function of the counter: everywhere, or from first to last."""
        if not isinstance(function, ctypes.c_void_p):
            self._uc.hook_add(kind, function)
            return
        assert isinstance(self._counter, InstructionCounter), "C functions are the C counter's"
        handle = ctypes.c_size_t()
        user_data = ctypes.c_void_p(self._counter.handle)
        bounds = map(ctypes.c_uint64, within)
        status = uclib.uc_hook_add(
            self._uc._uch, ctypes.byref(handle), kind, function, user_data, *bounds
        )
        assert status == unicorn.UC_ERR_OK, f"uc_hook_add gives {status}"

    def _reset(self) -> None:
        """Load the image; take stack pointer and entry from its vector table."""
        check_image(self._image, self._board, self._where)
        for segment in self._image.segments:
            self._uc.mem_write(segment.address, segment.data)
        words = self._uc.mem_read(self._board.vectors_origin, 8)
        stack, entry = (int.from_bytes(words[i : i + 4], "little") for i in (0, 4))
        self._uc.reg_write(arm_const.UC_ARM_REG_SP, stack)
        self._pc = entry & ~1


def new_counter(image: Image) -> InstructionCounter | PythonCounter:
    """Give a counter in C, or, where the host has no compiler for it, the slower one in Python.

    Raises:
        ToolError: the image has no markers.
    """
    try:
        load_library()
    except ToolError:
        return PythonCounter(image)
    return InstructionCounter(image)


def make_core(board: Board) -> Uc:
    """Give a core of the board's kind, without memory.

    Raises:
        ToolError: Unicorn has no such core.
    """
    model = getattr(arm_const, board.target.unicorn_cpu or "", None)
    if model is None:
        raise ToolError(board.name, f"Unicorn has no {board.target.name}", "use --emulator qemu")
    engine: Any = Uc
    uc: Uc = engine(unicorn.UC_ARCH_ARM, unicorn.UC_MODE_THUMB | unicorn.UC_MODE_MCLASS, cpu=model)
    return uc


def _writable(image: Image) -> tuple[Range, ...]:
    """Give the addresses of the arena, which may be in several pieces, and of the stack."""
    missing = [n for n in ("__stack_limit", "__stack_top") if n not in image.symbols]
    if missing or ".arena" not in image.sections:
        raise ToolError(str(image.path), "has no section .arena, __stack_limit and __stack_top")
    arenas = [place for name, place in image.sections.items() if name.startswith(".arena")]
    stack = (image.symbols["__stack_limit"], image.symbols["__stack_top"])
    return (*((origin, origin + nbytes) for origin, nbytes in arenas), stack)
