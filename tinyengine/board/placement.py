"""Read `--place`: in which memories of a board the stack, the arena and the hottest code go."""

from dataclasses import replace

from tinyengine.board.types import Board, Memory, MemoryKind, Placement
from tinyengine.errors import UsageError

NONE = "none"
_WHERE = "--place"
_EXAMPLE = "stack=MEMORY,arena=MEMORY+MEMORY,kernels=MEMORY, or none"


def parse_placement(text: str, board: Board) -> tuple[Board, Placement]:
    """Give the board with the wishes of its own that stand, and what the user wishes.

    `none` puts everything where there is room, in the order of the board's memories, and leaves
    code in flash; `kernels=none` does the latter.

    Raises:
        UsageError: it is not written so, or the board has no such memory.
    """
    plain = replace(board, placement=Placement())
    if text.strip() == NONE:
        return plain, Placement()
    wishes: dict[str, str] = {}
    for word in text.split(","):
        key, equals, value = (part.strip() for part in word.partition("="))
        if not equals or key not in ("stack", "arena", "kernels") or not value:
            raise UsageError(_WHERE, f"'{word.strip()}' says no place", hint=_EXAMPLE)
        if key in wishes:
            raise UsageError(_WHERE, f"has two places for '{key}'", hint=_EXAMPLE)
        wishes[key] = value
    return board, _placement(wishes, board)


def _placement(wishes: dict[str, str], board: Board) -> Placement:
    kernels, stack = wishes.get("kernels", ""), wishes.get("stack", "")
    arena = tuple(name.strip() for name in wishes["arena"].split("+")) if "arena" in wishes else ()
    if kernels == NONE:
        kernels = board.flash.name
    for name in (*arena, *filter(None, (stack,))):
        if name not in {memory.name for memory in board.ram_banks}:
            raise _unknown(name, board)
    if kernels and kernels != board.flash.name:
        memory = next((each for each in board.ram_banks if each.name == kernels), None)
        if memory is None:
            raise _unknown(kernels, board)
        if not memory.executes:
            raise UsageError(
                _WHERE, f"kernels cannot run from '{kernels}' of {board.name}", _listed(board)
            )
    return Placement(stack=stack, arena=arena, kernels=kernels)


def _unknown(name: str, board: Board) -> UsageError:
    return UsageError(_WHERE, f"{board.name} has no RAM '{name}'", _listed(board))


def _listed(board: Board) -> str:
    return "its memories: " + ", ".join(map(_describe, board.ram_banks))


def _describe(memory: Memory) -> str:
    """Give a memory for the reader: size, and what it can do or cannot."""
    remarks = [f"{memory.nbytes // 1024} KiB"]
    remarks += ["external"] if memory.kind is MemoryKind.EXTERNAL_RAM else []
    remarks += ["runs code"] if memory.executes else []
    remarks += [] if memory.has_dma else ["no DMA"]
    return f"{memory.name} ({', '.join(remarks)})"
