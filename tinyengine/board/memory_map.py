"""Decide which memories of a board hold the program, its data and stack, and the arena."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from tinyengine.board.types import Board, Memory, MemoryKind
from tinyengine.errors import FitError

ARENA_ALIGN = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Region:
    """Contiguous memory that the linker fills: one bank, or banks that follow each other."""

    name: str
    origin: int
    nbytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MemoryMap:
    """Where the firmware's parts go; `data` (with the stack) and `arena` may be one region.

    `vectors` is where the vector table stands: `flash`, or a region of its own. `stack_nbytes`
    is the least that is left for the stack. `further` are the regions of an arena's second and
    later banks.
    """

    vectors: Region
    flash: Region
    data: Region
    arena: Region
    stack_nbytes: int
    further: tuple[Region, ...] = ()

    @property
    def arenas(self) -> tuple[Region, ...]:
        """The regions of the arena's banks."""
        return (self.arena, *self.further)

    @property
    def ram(self) -> tuple[Region, ...]:
        """The regions that the linker fills with data, each once; that of `data` comes first."""
        return tuple(dict.fromkeys((self.data, *self.arenas)))

    @property
    def regions(self) -> tuple[Region, ...]:
        """The regions, each once, in the order flash, vectors, data, arena."""
        return tuple(dict.fromkeys((self.flash, self.vectors, *self.ram)))


def merge_banks(banks: Sequence[Memory]) -> tuple[Region, ...]:
    """Join banks that follow each other in the address space and in `banks`' kind.

    A region stands where its first bank stood in `banks`.
    """
    starts = {bank.origin: bank for bank in banks}
    ends = {(bank.origin + bank.nbytes, bank.kind) for bank in banks}
    heads = [bank for bank in banks if (bank.origin, bank.kind) not in ends]
    regions: dict[Memory, Region] = {}
    for head in heads:
        chain = [head]
        while True:
            following = starts.get(chain[-1].origin + chain[-1].nbytes)
            if following is None or following.kind is not head.kind:
                break
            chain.append(following)
        first = min(chain, key=banks.index)
        regions[first] = Region(
            name="_".join(bank.name for bank in chain),
            origin=head.origin,
            nbytes=sum(bank.nbytes for bank in chain),
        )
    return tuple(regions[bank] for bank in sorted(regions, key=banks.index))


def place(board: Board, arena_nbytes: int, static_nbytes: int, stack_nbytes: int) -> MemoryMap:
    """Place the arena, the static data and the stack in the board's memories, fastest first.

    All in one region if that fits; otherwise the arena in a region of its own. Internal memory
    is used before external memory.

    Raises:
        FitError: no way to place them; gives what is needed and what the board has.
    """
    data_nbytes = -(-static_nbytes // ARENA_ALIGN) * ARENA_ALIGN + stack_nbytes
    internal = _internal(board)
    everything = internal + merge_banks(
        [m for m in board.ram_banks if m.kind is MemoryKind.EXTERNAL_RAM]
    )
    for regions in (internal, everything):
        pair = _fit(regions, arena_nbytes, data_nbytes)
        if pair is not None:
            data, arena = pair
            flash = _whole(board.flash)
            return MemoryMap(
                vectors=_whole(board.vectors) if board.vectors else flash,
                flash=flash,
                data=data,
                arena=arena,
                stack_nbytes=stack_nbytes,
            )
    raise _no_fit(board, everything, arena_nbytes, (static_nbytes, stack_nbytes))


def rooms(board: Board, beside_nbytes: int) -> tuple[int, ...]:
    """Give the bytes that each region of internal RAM has for an arena, the fastest first.

    `beside_nbytes` of data and stack are taken from the last region that holds them.
    """
    sizes = [region.nbytes for region in _internal(board)]
    for index in reversed(range(len(sizes))):
        if sizes[index] >= beside_nbytes:
            sizes[index] -= beside_nbytes
            break
    return tuple(size // ARENA_ALIGN * ARENA_ALIGN for size in sizes)


def place_banks(
    board: Board, banks: Sequence[int], static_nbytes: int, stack_nbytes: int
) -> MemoryMap:
    """Place an arena that is split: all in one region if that fits, else bank n in region n.

    Raises FitError as `place` does.
    """
    total = sum(-(-nbytes // ARENA_ALIGN) * ARENA_ALIGN for nbytes in banks)
    regions = _internal(board)
    beside = -(-static_nbytes // ARENA_ALIGN) * ARENA_ALIGN + stack_nbytes
    free = rooms(board, beside)
    in_one = len(banks) == 1 or any(total + beside <= region.nbytes for region in regions)
    fits = len(banks) <= len(free) and all(map(int.__le__, banks, free))
    if in_one or not fits:
        memory = place(board, total, static_nbytes, stack_nbytes)
        return replace(memory, further=(memory.arena,) * (len(banks) - 1))
    data = next(r for r, left in zip(regions[::-1], free[::-1], strict=True) if left < r.nbytes)
    flash = _whole(board.flash)
    return MemoryMap(
        vectors=_whole(board.vectors) if board.vectors else flash,
        flash=flash,
        data=data,
        arena=regions[0],
        further=regions[1 : len(banks)],
        stack_nbytes=stack_nbytes,
    )


def _internal(board: Board) -> tuple[Region, ...]:
    return merge_banks([m for m in board.ram_banks if m.kind is MemoryKind.RAM])


def _fit(
    regions: Sequence[Region], arena_nbytes: int, data_nbytes: int
) -> tuple[Region, Region] | None:
    """Give the regions of the data and of the arena, or None."""
    for region in regions:
        if arena_nbytes + data_nbytes <= region.nbytes:
            return region, region
    for arena in regions:
        for data in regions:
            if arena is not data and arena_nbytes <= arena.nbytes and data_nbytes <= data.nbytes:
                return data, arena
    return None


def _no_fit(
    board: Board, regions: Sequence[Region], arena_nbytes: int, others: tuple[int, int]
) -> FitError:
    static_nbytes, stack_nbytes = others
    needed = arena_nbytes + static_nbytes + stack_nbytes
    available = sum(region.nbytes for region in regions)
    largest = max(regions, key=lambda region: region.nbytes)
    return FitError(
        board.name,
        f"the model does not fit the RAM: it needs {needed} bytes, "
        f"{arena_nbytes} of them in one piece for the arena",
        details=(
            f"arena {arena_nbytes}, static data {static_nbytes}, stack {stack_nbytes} bytes",
            f"the board has {available} bytes in {len(regions)} region(s); "
            f"the largest is {largest.name} with {largest.nbytes} bytes",
        ),
    )


def _whole(memory: Memory) -> Region:
    return Region(name=memory.name, origin=memory.origin, nbytes=memory.nbytes)
