"""One firmware on one machine, for one inference or many."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import assert_never

from tinyengine.board.types import Board
from tinyengine.errors import ToolError, UsageError, counted
from tinyengine.run.image import Image, load_image
from tinyengine.run.machine import Machine
from tinyengine.run.native.counter import Range
from tinyengine.run.protocol import RUN_SECONDS, Greeting, Session
from tinyengine.run.qemu.run import QemuMachine
from tinyengine.run.renode.run import RenodeMachine
from tinyengine.run.result import Emulator, RunResult
from tinyengine.run.serial.run import SerialBoard
from tinyengine.run.unicorn.run import UnicornMachine

Bytes = bytes | bytearray | memoryview

_LINE_NBYTES = 1024
"""An emulated serial port takes up to 0.1 ms a character: longer inputs go into memory directly."""


class Runner:
    """A firmware that waits for inputs; the machine stays alive from one to the next."""

    def __init__(
        self,
        machine: Machine,
        image: Image,
        where: str,
        output_sizes: Sequence[int],
        *,
        seed: int = 1,
        run_seconds: float = RUN_SECONDS,
    ) -> None:
        """Greet the firmware and check that it has outputs of these bytes; see `open_runner`.

        Raises:
            ToolError: it does not answer, or is another model's.
        """
        self._machine = machine
        self._image = image
        self._where = where
        self._output_sizes = tuple(output_sizes)
        self._seed = seed
        self._run_seconds = run_seconds
        self._session = Session(machine, where, image.describe)
        self.greeting: Greeting = self._session.hello(machine.greeting_attempts)
        self._check("output", self.greeting.outputs, self._output_sizes)

    def infer(self, inputs: Sequence[Bytes]) -> RunResult:
        """Run one inference on `inputs`, one per input of the model, in its integer type.

        It knows nothing of those before it: where the model has a state, it is a first step.

        Raises what `step` does.
        """
        if self.greeting.state_nbytes:
            self._session.init()
        return self.step(inputs)

    def step(self, inputs: Sequence[Bytes]) -> RunResult:
        """Let a model with state take its next step, or run another one.

        The arena, but for the state, is filled with other pseudo-random bytes before each.

        Raises:
            WrongResultError: the firmware did something that it must not.
            ToolError: the machine or the line failed, or the model has other inputs.
        """
        self._check("input", self.greeting.inputs, [memoryview(data).nbytes for data in inputs])
        self._session.fill(self._seed)
        self._seed = self._seed % 0xFFFFFFFF + 1
        for index, data in enumerate(inputs):
            self._write_input(index, bytes(data))
        self._machine.start_measuring()
        done = self._session.run(self._run_seconds)
        measured = self._machine.measure(done, self.greeting.hz)
        return RunResult(
            outputs=tuple(
                self._session.read_output(index, nbytes)
                for index, nbytes in enumerate(self._output_sizes)
            ),
            instructions=measured.instructions,
            ticks=measured.ticks,
            hz=measured.hz,
            stack_nbytes=done.stack_nbytes,
            emulator=self._machine.emulator,
            instructions_by_function=measured.instructions_by_function,
            executed=measured.executed,
            clock_hz=self.greeting.clock_hz,
            models_memory=measured.models_memory,
        )

    def _write_input(self, index: int, data: bytes) -> None:
        """Send an input over the line, or put it where the firmware would, if it is long."""
        ports = self._image.ports("inputs")
        if ports is None or not self._machine.has_memory_access or len(data) <= _LINE_NBYTES:
            self._session.write_input(index, data)
        else:
            self._machine.write_memory(ports[index][0], data)

    def _check(self, noun: str, count: int, given: Sequence[int]) -> None:
        """Compare the caller's sizes in bytes with the firmware's."""
        ports = self._image.ports(f"{noun}s")
        sizes = [nbytes for _, nbytes in ports] if ports is not None else None
        if count != len(given) or (sizes is not None and sizes != list(given)):
            has = f"{counted(count, noun)}{_of(sizes)}"
            raise ToolError(
                self._where,
                f"the firmware has {has}, not {len(given)}{_of(given)}",
                "it was built from another model",
            )


def pick_emulator(board: Board) -> Emulator:
    """Give the emulator to use for `board` unless the user chooses: Unicorn where it can.

    QEMU runs the board's twin where it has not the board itself.

    Raises:
        ToolError: none can run the board.
    """
    if board.target.unicorn_cpu is not None:
        return Emulator.UNICORN
    if board.qemu_machine is not None or board.qemu_twin is not None:
        return Emulator.QEMU
    raise ToolError(board.name, "no emulator can run this board")


def can_trace_writes(emulator: Emulator) -> bool:
    """Tell whether `trace_writes` works: under Unicorn."""
    return emulator is Emulator.UNICORN


@contextmanager
def open_runner(
    elf: Path,
    board: Board,
    output_sizes: Sequence[int],
    *,
    emulator: Emulator | None = None,
    seed: int = 1,
    port: str | None = None,
    trace_writes: bool = False,
    run_seconds: float = RUN_SECONDS,
) -> Iterator[Runner]:
    """Start the firmware `elf` on `board` and end it with the block.

    `output_sizes` are the bytes of each output; `seed` in [1, 2^32) fills the arena; `port` is
    the serial port of a real board. `trace_writes` (Unicorn only, ten times slower)
    makes it an error if the model writes outside its arena and the stack, or makes an unaligned
    access that the core traps. An inference may take `run_seconds` on the host's clock.

    Raises:
        ToolError: the emulator is missing or cannot run the board, or the firmware is silent.
        UsageError: `elf` is not a firmware, or the options do not go together.
    """
    chosen = emulator or pick_emulator(board)
    if trace_writes and chosen is not Emulator.UNICORN:
        raise UsageError(board.name, f"only unicorn can trace writes, not {chosen.value}")
    image = load_image(elf)
    machine = _start(image, board, chosen, port=port, trace_writes=trace_writes)
    try:
        where = f"{elf.name} on {board.name} ({chosen.value})"
        yield Runner(machine, image, where, output_sizes, seed=seed, run_seconds=run_seconds)
    finally:
        machine.close()


@contextmanager
def open_follower(
    elf: Path, board: Board, output_sizes: Sequence[int], model: Sequence[Range]
) -> Iterator[Runner]:
    """Start the firmware `elf` as `open_runner` does; results have `executed`.

    `model` are the addresses of the model's own functions, which call the kernels.

    Raises:
        ToolError, UsageError: as `open_runner`, and where there is no C compiler.
    """
    image = load_image(elf)
    chosen = pick_emulator(board)
    machine: Machine
    if chosen is Emulator.UNICORN:
        machine = UnicornMachine(image, board, follow=model)
    else:
        machine = QemuMachine(image, board, follow=model)
    try:
        yield Runner(machine, image, f"{elf.name} on {board.name} ({chosen.value})", output_sizes)
    finally:
        machine.close()


def run_firmware(
    elf: Path,
    board: Board,
    inputs: Sequence[Bytes],
    output_sizes: Sequence[int],
    *,
    emulator: Emulator | None = None,
    seed: int = 1,
) -> RunResult:
    """Run one inference of the firmware `elf` on `board`; see `open_runner` and `Runner.infer`.

    Raises:
        ToolError, UsageError, WrongResultError: as these two.
    """
    with open_runner(elf, board, output_sizes, emulator=emulator, seed=seed) as runner:
        return runner.infer(inputs)


def _start(
    image: Image, board: Board, emulator: Emulator, *, port: str | None, trace_writes: bool
) -> Machine:
    match emulator:
        case Emulator.UNICORN:
            return UnicornMachine(image, board, trace_writes=trace_writes)
        case Emulator.QEMU:
            return QemuMachine(image, board)
        case Emulator.RENODE:
            return RenodeMachine(image, board)
        case Emulator.SERIAL:
            if port is None:
                raise UsageError(board.name, "which serial port is the board on?", "--port")
            return SerialBoard(port)
        case _:
            assert_never(emulator)


def _of(sizes: Sequence[int] | None) -> str:
    return f" of {', '.join(map(str, sizes))} bytes" if sizes else ""
