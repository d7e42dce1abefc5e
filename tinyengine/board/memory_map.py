"""Decide which memories of a board hold the program, its data and stack, and the arena."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from tinyengine.board.types import Board, Memory, MemoryKind, Placement
from tinyengine.errors import FitError

ANYWHERE = Placement()
"""No wishes: everything in the fastest memory that has room."""

ARENA_ALIGN = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Region:
    """Contiguous memory that the linker fills: one bank, or banks that follow each other."""

    name: str
    origin: int
    nbytes: int

    @property
    def end(self) -> int:
        """The address after its last byte."""
        return self.origin + self.nbytes


@dataclass(frozen=True, slots=True, kw_only=True)
class MemoryMap:
    """Where the firmware's parts go; `data` (with the stack) and `arena` may be one region.

    `vectors` is where the vector table stands: `flash`, or a region of its own. `stack_nbytes`
    is the least that is left for the stack. `further` are the regions of an arena's second and
    later banks, `kernels` that of code which is copied to RAM, None where all stays in flash.
    """

    vectors: Region
    flash: Region
    data: Region
    arena: Region
    stack_nbytes: int
    further: tuple[Region, ...] = ()
    kernels: Region | None = None

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


def rooms(board: Board, beside_nbytes: int, placement: Placement = ANYWHERE) -> tuple[int, ...]:
    """Give the bytes that each region of internal RAM has for an arena, the fastest first.

    `beside_nbytes` of data and stack are taken from where `placement` has the stack; by default
    from the last region that holds them.
    """
    if placement.stack:
        regions = _cut(
            _arena_regions(board, placement), _bank(board, placement.stack), beside_nbytes
        )
        return tuple(region.nbytes // ARENA_ALIGN * ARENA_ALIGN for region in regions)
    sizes = {region: region.nbytes for region in _internal(board)}
    for region in reversed(sizes):
        if sizes[region] >= beside_nbytes:
            sizes[region] -= beside_nbytes
            break
    given = _arena_regions(board, placement)
    free = (min(region.nbytes, _room_in(region, sizes)) for region in given)
    return tuple(nbytes // ARENA_ALIGN * ARENA_ALIGN for nbytes in free)


def place_banks(
    board: Board,
    banks: Sequence[int],
    static_nbytes: int,
    stack_nbytes: int,
    placement: Placement = ANYWHERE,
) -> MemoryMap:
    """Place an arena that may be split: all in one region if that fits, else bank n in region n.

    What `placement` wishes is done; what just the board wishes is done where all fits so.

    Raises FitError as `place` does.
    """
    totals = tuple(-(-nbytes // ARENA_ALIGN) * ARENA_ALIGN for nbytes in banks)
    beside = -(-static_nbytes // ARENA_ALIGN) * ARENA_ALIGN + stack_nbytes
    others = (static_nbytes, stack_nbytes)
    for wished in (placement.over(board.placement), placement):
        if wished.stack or wished.arena:
            found = _as_wished(board, totals, beside, wished)
        else:
            found = _anywhere(board, totals, others)
        if found is not None:
            return replace(found, stack_nbytes=stack_nbytes)
    raise _no_fit(board, _arena_regions(board, placement), sum(totals), others, "--place leaves")


def _anywhere(board: Board, banks: Sequence[int], others: tuple[int, int]) -> MemoryMap:
    """Place banks where there is room; raise FitError where there is none."""
    static_nbytes, stack_nbytes = others
    total, regions = sum(banks), _internal(board)
    beside = -(-static_nbytes // ARENA_ALIGN) * ARENA_ALIGN + stack_nbytes
    free = rooms(board, beside)
    in_one = len(banks) == 1 or any(total + beside <= region.nbytes for region in regions)
    fits = len(banks) <= len(free) and all(map(int.__le__, banks, free))
    if in_one or not fits:
        memory = place(board, total, static_nbytes, stack_nbytes)
        return replace(memory, further=(memory.arena,) * (len(banks) - 1))
    data = next(r for r, left in zip(regions[::-1], free[::-1], strict=True) if left < r.nbytes)
    return _map_of(board, data, regions[: len(banks)])


def _as_wished(
    board: Board, banks: Sequence[int], beside_nbytes: int, placement: Placement
) -> MemoryMap | None:
    """Place banks, data and stack in the memories that are wished for; None where they do not fit.

    Where the arena does not fit beside them in the stack's memory, they take a piece of that one's
    end or beginning, and the arena has what is left of the region.
    """
    regions, total = _arena_regions(board, placement), sum(banks)
    if not placement.stack:
        return _beside(board, regions, banks, beside_nbytes)
    bank = _bank(board, placement.stack)
    if bank.nbytes < beside_nbytes:
        return None
    own = _whole(bank)
    for region in regions:
        if region.origin <= bank.origin < region.end and total + beside_nbytes <= bank.nbytes:
            return _map_of(board, own, (own,) * len(banks))
        for piece in _cut((region,), bank, beside_nbytes):
            if total <= piece.nbytes:
                return _map_of(board, _data_in(bank, region, beside_nbytes), (piece,) * len(banks))
    pieces = _cut(regions, bank, beside_nbytes)
    if len(banks) == 1 or len(banks) > len(pieces):
        return None
    if any(nbytes > piece.nbytes for nbytes, piece in zip(banks, pieces, strict=False)):
        return None
    holder = next((r for r in regions if r.origin <= bank.origin < r.end), own)
    return _map_of(board, _data_in(bank, holder, beside_nbytes), pieces[: len(banks)])


def _beside(
    board: Board, regions: Sequence[Region], banks: Sequence[int], beside_nbytes: int
) -> MemoryMap | None:
    """Place banks in these regions, with data and stack in the same or in another one."""
    total = sum(banks)
    for region in regions:
        if total + beside_nbytes <= region.nbytes:
            return _map_of(board, region, (region,) * len(banks))
    split = list(zip(regions, banks, strict=False)) if len(banks) <= len(regions) else []
    taken = tuple(region for region, _ in split)
    if len(banks) == 1 or not split or any(nbytes > region.nbytes for region, nbytes in split):
        one = next((region for region in regions if total <= region.nbytes), None)
        if one is None:
            return None
        taken = (one,) * len(banks)
    others = (r for r in _internal(board) if not any(_overlap(r, region) for region in taken))
    data = next((region for region in others if region.nbytes >= beside_nbytes), None)
    return None if data is None else _map_of(board, data, taken)


def kernel_room(
    board: Board,
    memory: MemoryMap,
    banks: Sequence[int],
    beside_nbytes: int,
    placement: Placement,
) -> Region | None:
    """Give what is free for code in the memory that is wished for it; None where none is.

    Code gets what data leaves: a memory of its own, or the end of a region.
    """
    name = placement.over(board.placement).kernels
    if not name or name == board.flash.name:
        return None
    own = _whole(_bank(board, name))
    used: dict[Region, int] = {}
    for region, nbytes in ((memory.data, beside_nbytes), *zip(memory.arenas, banks, strict=True)):
        used[region] = used.get(region, 0) + nbytes
    for region, nbytes in used.items():
        if _overlap(region, own):
            first = max(region.origin + nbytes, own.origin)
            first = -(-first // ARENA_ALIGN) * ARENA_ALIGN
            if region.end != own.end or first >= own.end:
                return None
            own = Region(name=own.name, origin=first, nbytes=own.end - first)
    return own


def with_kernels(memory: MemoryMap, room: Region, nbytes: int) -> MemoryMap:
    """Give `memory` with `nbytes` of code at the end of `room`, which data then does not have."""
    whole = -(-nbytes // ARENA_ALIGN) * ARENA_ALIGN
    kernels = Region(name=room.name, origin=room.end - whole, nbytes=whole)

    def rest(region: Region) -> Region:
        """Give what the code leaves of a region."""
        left = kernels.origin - region.origin
        return replace(region, nbytes=left) if _overlap(region, kernels) else region

    return replace(
        memory,
        data=rest(memory.data),
        arena=rest(memory.arena),
        further=tuple(map(rest, memory.further)),
        kernels=kernels,
    )


def _map_of(board: Board, data: Region, arenas: Sequence[Region]) -> MemoryMap:
    """Give the map with these regions; its stack is still to be told."""
    flash = _whole(board.flash)
    return MemoryMap(
        vectors=_whole(board.vectors) if board.vectors else flash,
        flash=flash,
        data=data,
        arena=arenas[0],
        further=tuple(arenas[1:]),
        stack_nbytes=0,
    )


def _arena_regions(board: Board, placement: Placement) -> tuple[Region, ...]:
    """Give the regions that an arena may take."""
    if not placement.arena:
        return _internal(board)
    return merge_banks([_bank(board, name) for name in placement.arena])


def _bank(board: Board, name: str) -> Memory:
    return next(memory for memory in board.memories if memory.name == name)


def _overlap(one: Region, other: Region) -> bool:
    return one.origin < other.end and other.origin < one.end


def _room_in(region: Region, sizes: Mapping[Region, int]) -> int:
    """Give what is free in `region` where each of the regions around has `sizes` bytes left."""
    around = next((each for each in sizes if _overlap(each, region)), None)
    return region.nbytes if around is None else sizes[around]


def _data_in(bank: Memory, region: Region, nbytes: int) -> Region:
    """Give the piece of `bank` for data and stack; all of it where the arena is elsewhere."""
    if not region.origin <= bank.origin < region.end:
        return _whole(bank)
    at_end = bank.end == region.end and bank.origin != region.origin
    return Region(
        name=bank.name, origin=bank.end - nbytes if at_end else bank.origin, nbytes=nbytes
    )


def _cut(regions: Sequence[Region], bank: Memory, nbytes: int) -> tuple[Region, ...]:
    """Give `regions` without the piece of `bank` that data and stack take."""
    pieces: list[Region] = []
    for region in regions:
        if not region.origin <= bank.origin < region.end:
            pieces.append(region)
            continue
        taken = _data_in(bank, region, nbytes)
        before, after = taken.origin - region.origin, region.end - taken.end
        pieces += [replace(region, nbytes=before)] if before > 0 else []
        pieces += [replace(region, origin=taken.end, nbytes=after)] if after > 0 else []
    return tuple(pieces)


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
    board: Board,
    regions: Sequence[Region],
    arena_nbytes: int,
    others: tuple[int, int],
    giver: str = "the board has",
) -> FitError:
    static_nbytes, stack_nbytes = others
    needed = arena_nbytes + static_nbytes + stack_nbytes
    available = sum(region.nbytes for region in regions)
    largest = max(regions, key=lambda region: region.nbytes)
    return FitError(
        board.name,
        f"the model does not fit the RAM: it needs {needed:,} bytes, "
        f"{arena_nbytes:,} of them in one piece for the arena",
        details=(
            f"arena {arena_nbytes:,}, static data {static_nbytes:,}, stack {stack_nbytes:,} bytes",
            f"{giver} {available:,} bytes in {len(regions)} region{'s' * (len(regions) > 1)}; "
            f"the largest is {largest.name} with {largest.nbytes:,} bytes",
        ),
    )


def _whole(memory: Memory) -> Region:
    return Region(name=memory.name, origin=memory.origin, nbytes=memory.nbytes)
