"""One firmware on one machine, for one inference or many."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from tinyengine.board.types import Board
from tinyengine.errors import ToolError
from tinyengine.run.image import Image, load_image
from tinyengine.run.protocol import Done, Greeting, Session
from tinyengine.run.qemu_run import QemuMachine
from tinyengine.run.result import Emulator, RunResult
from tinyengine.run.serial_run import SerialLine
from tinyengine.run.unicorn_run import UnicornMachine

Bytes = bytes | bytearray | memoryview
Machine = UnicornMachine | QemuMachine | SerialLine

_SERIAL_NOISE_LINES = 3
"""Answers to half a line that may come before the greeting's: an error, and two lines of noise."""


class Runner:
    """A firmware that waits for inputs; the machine stays alive from one to the next."""

    def __init__(
        self,
        machine: Machine,
        session: Session,
        emulator: Emulator,
        output_sizes: Sequence[int],
        *,
        seed: int,
        hz: int | None = None,
    ) -> None:
        """Greet the firmware and check that it has these outputs.

        `hz` are the timer's ticks per second where the emulator's differ from the firmware's word.

        Raises:
            ToolError: it does not answer, or is another model's.
        """
        self._machine = machine
        self._session = session
        self._emulator = emulator
        self._output_sizes = tuple(output_sizes)
        self._seed = seed
        serial = emulator is Emulator.SERIAL
        self.greeting: Greeting = session.hello(_SERIAL_NOISE_LINES if serial else 0)
        self._hz = hz or self.greeting.hz
        self._check_count("outputs", self.greeting.outputs, len(self._output_sizes))

    def infer(self, inputs: Sequence[Bytes]) -> RunResult:
        """Run one inference on `inputs`, one per input of the model, in its integer type.

        The arena is filled with other pseudo-random bytes before each.

        Raises:
            WrongResultError: the firmware did something that it must not.
            ToolError: the machine or the line failed.
        """
        self._check_count("inputs", self.greeting.inputs, len(inputs))
        self._session.fill(self._seed)
        self._seed = self._seed % 0xFFFFFFFF + 1
        for index, data in enumerate(inputs):
            self._session.write_input(index, bytes(data))
        if isinstance(self._machine, UnicornMachine):
            self._machine.start_counting()
        done = self._session.run()
        counts = None
        if isinstance(self._machine, UnicornMachine):
            counts = self._machine.instructions_by_function()
        outputs = tuple(
            self._session.read_output(index, nbytes)
            for index, nbytes in enumerate(self._output_sizes)
        )
        return RunResult(
            outputs=outputs,
            instructions=self._instructions(done, counts),
            ticks=None if self._emulator is Emulator.UNICORN else done.ticks,
            hz=self._hz,
            stack_nbytes=done.stack_nbytes,
            emulator=self._emulator,
            instructions_by_function=counts,
        )

    def _instructions(self, done: Done, counts: Mapping[str, int] | None) -> int | None:
        match self._emulator:
            case Emulator.UNICORN:
                return None if counts is None else sum(counts.values())
            case Emulator.QEMU:
                return done.ticks * 1_000_000_000 // self._hz
            case _:
                return None

    def _check_count(self, what: str, there: int, given: int) -> None:
        if there != given:
            raise ToolError(
                self.greeting.model,
                f"the firmware has {there} {what}, not {given}",
                "it was built from another model",
            )


def pick_emulator(board: Board) -> Emulator:
    """Give the emulator to use for `board` unless the user chooses: Unicorn where it can.

    Raises:
        ToolError: none can run the board.
    """
    if board.unicorn_cpu is not None:
        return Emulator.UNICORN
    if board.qemu_machine is not None:
        return Emulator.QEMU
    raise ToolError(board.name, "no emulator can run this board")


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
) -> Iterator[Runner]:
    """Start the firmware `elf` on `board` and end it with the block.

    `output_sizes` are the bytes of each output; `seed` in [1, 2^32) fills the arena; `port` is
    the serial port of a real board. `trace_writes` (Unicorn only) makes a write of the model
    outside its arena and the stack an error.

    Raises:
        ToolError: the emulator is missing or cannot run the board, or the firmware is silent.
        UsageError: `elf` is not a firmware.
    """
    chosen = emulator or pick_emulator(board)
    image = load_image(elf)
    where = f"{elf.name} on {board.name} ({chosen.value})"
    machine = _start(image, board, chosen, port=port, trace_writes=trace_writes)
    try:
        session = Session(machine, where, image.describe)
        hz = board.qemu_timer_hz if chosen is Emulator.QEMU else None
        yield Runner(machine, session, chosen, output_sizes, seed=seed, hz=hz)
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
        case Emulator.SERIAL:
            if port is None:
                raise ToolError(board.name, "which serial port is the board on?")
            return SerialLine(port)
        case Emulator.RENODE:
            raise ToolError(
                "renode", "is not supported yet", "use --emulator unicorn or --emulator qemu"
            )
