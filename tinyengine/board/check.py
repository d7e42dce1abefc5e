"""Say what a board file lacks, beyond what reading it refuses."""

from tinyengine.board.load import list_boards
from tinyengine.board.types import Board
from tinyengine.resources import runtime_dir

_PROBED = frozenset({"pyocd", "openocd", "stlink", "nrfutil"})
"""Tools that reach the chip through a debug probe, which can read its registers."""


def missing_in(board: Board) -> tuple[str, ...]:
    """Give what is missing in a board, in words; nothing where it is complete."""
    return (*_drivers(board), *_emulation(board), *_clock(board), *_flashing(board))


def _drivers(board: Board) -> list[str]:
    """Name drivers that are not there, with those that are."""
    folder, problems = runtime_dir() / "firmware", []
    for kind, name in (("uart", board.uart.driver), ("timer", board.timer)):
        known = sorted(path.stem.partition("_")[2] for path in folder.glob(f"{kind}_*.c"))
        if name not in known:
            problems.append(f"{kind}.driver: there is no '{name}'; known: {', '.join(known)}")
    return problems


def _emulation(board: Board) -> list[str]:
    """Say why nothing could run the board's firmware."""
    others = {each.name: each for each in list_boards() if each.name != board.name}
    twin = others.get(board.qemu_twin or "")
    if board.qemu_twin is not None and twin is None:
        return [f"emulation.qemu_twin: there is no board '{board.qemu_twin}'"]
    if twin is not None and twin.target.flags != board.target.flags:
        return [f"emulation.qemu_twin: {twin.name} is a {twin.target.name}"]
    if twin is not None and twin.qemu_machine is None:
        return [f"emulation.qemu_twin: QEMU does not have {twin.name} either"]
    if board.qemu_machine or twin or board.target.unicorn_cpu:
        return []
    return ["emulation: neither Unicorn nor QEMU has such a core; name a qemu_machine"]


def _clock(board: Board) -> list[str]:
    """Say what stands between the reset clock and the rated one."""
    if board.clock is None:
        if board.reset_hz == board.clock_hz:
            return []
        return [
            f"clock: no steps lead from the {board.reset_hz:,} Hz of reset to {board.clock_hz:,} Hz"
        ]
    problems = []
    if not any(step.timeout_us for step in board.clock.steps):
        problems.append("clock.step: nothing is waited for, so that no fault would be noticed")
    divides = dict(board.uart.defines).get("BOARD_UART_DIVISOR") is not None
    if divides and board.clock.uart_divisor is None and board.reset_hz != board.clock_hz:
        problems.append("clock.uart_divisor: the serial port has none for the rated clock")
    return problems


def _flashing(board: Board) -> list[str]:
    """Say what the tools lack that bring firmware into a board that is no QEMU machine only."""
    flashing = board.flashing
    if flashing is None:
        known = board.name.startswith("mps")
        return [] if known else ["flashing: no probe and no tool is named"]
    needs = {
        "openocd": ("openocd", bool(flashing.openocd)),
        "dfu": ("dfu", flashing.dfu is not None),
        "uf2": ("uf2_family", flashing.uf2_family is not None),
        "bossac": ("bossac_offset", flashing.bossac_offset is not None),
    }
    problems = [
        f"flashing.{needs[tool][0]}: {tool} needs it"
        for tool in flashing.tools
        if tool in needs and not needs[tool][1]
    ]
    if flashing.identity is None and _PROBED & set(flashing.tools):
        problems.append("flashing.identity: nothing tells the chip from another one")
    return problems
