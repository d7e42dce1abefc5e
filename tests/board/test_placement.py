"""Stack, arena and hot code go to the memories that a board, or `--place`, wishes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinyengine.board import Board, Placement, list_boards, load_board, place_banks
from tinyengine.board.memory_map import MemoryMap, kernel_room, with_kernels
from tinyengine.board.placement import parse_placement
from tinyengine.errors import FitError, UsageError
from tinyengine.product.hot import HotFile, choose_files

KIB = 1024
STATIC, STACK = 640, 2048
BESIDE = STATIC + STACK
DTCM, ITCM = 0x20000000, 0


def placed(board: str, *banks: int, wish: str = "") -> MemoryMap:
    """Place banks of an arena as `--place` wishes."""
    chosen = load_board(board)
    placement = Placement()
    if wish:
        chosen, placement = parse_placement(wish, chosen)
    return place_banks(chosen, banks, STATIC, STACK, placement)


def test_a_small_model_stands_in_the_tightly_coupled_memory() -> None:
    memory = placed("stm32f746", 20 * KIB)
    assert memory.data == memory.arena
    assert (memory.data.name, memory.data.origin, memory.data.end) == ("dtcm", DTCM, DTCM + 65536)


def test_the_stack_stays_there_below_an_arena_that_is_larger() -> None:
    memory = placed("stm32f746", 200 * KIB)
    assert (memory.data.origin, memory.data.end) == (DTCM, DTCM + BESIDE)
    assert (memory.arena.origin, memory.arena.end) == (DTCM + BESIDE, DTCM + 320 * KIB)


def test_the_stack_goes_elsewhere_where_an_arena_needs_all_of_it() -> None:
    memory = placed("stm32f746", 320 * KIB)
    assert (memory.data.name, memory.arena.nbytes) == ("itcm", 320 * KIB)


def test_an_arena_stays_where_dma_reaches_and_the_stack_goes_to_the_core() -> None:
    memory = placed("stm32f405", 20 * KIB)
    assert (memory.arena.name, memory.data.name, memory.data.nbytes) == ("sram", "ccm", 64 * KIB)


def test_without_wishes_all_goes_to_the_first_region() -> None:
    memory = placed("stm32f405", 20 * KIB, wish="none")
    assert (memory.arena.name, memory.data.name) == ("sram", "sram")


def test_what_is_wished_for_is_done() -> None:
    memory = placed("stm32h743", 20 * KIB, wish="arena=axi_sram")
    assert (memory.arena.name, memory.data.name) == ("axi_sram", "dtcm")
    memory = placed("stm32h743", 270 * KIB, wish="stack=sram4,arena=sram1+sram2+sram3")
    assert (memory.arena.name, memory.data.name) == ("sram1_sram2_sram3", "sram4")
    memory = placed("stm32h743", 100 * KIB, 20 * KIB, wish="arena=sram1+sram4")
    assert [region.name for region in memory.arenas] == ["sram1", "sram1"]
    memory = placed("stm32h743", 128 * KIB, 20 * KIB, wish="arena=sram1+sram4")
    assert [region.name for region in memory.arenas] == ["sram1", "sram4"]


def test_an_arena_that_is_too_large_for_the_wish_is_refused() -> None:
    with pytest.raises(FitError) as caught:
        placed("stm32h743", 129 * KIB, wish="arena=sram1")
    assert str(caught.value) == (
        "error: stm32h743: the model does not fit the RAM: it needs 134,784 bytes, "
        "132,096 of them in one piece for the arena\n"
        "  arena 132,096, static data 640, stack 2,048 bytes\n"
        "  --place leaves 131,072 bytes in 1 region; the largest is sram1 with 131,072 bytes"
    )


@pytest.mark.parametrize(
    ("text", "problem", "hint"),
    [
        ("stack", "'stack' says no place", "stack=MEMORY,arena=MEMORY+MEMORY,kernels=MEMORY, or"),
        ("heap=dtcm", "'heap=dtcm' says no place", "stack=MEMORY,"),
        ("stack=dtcm,stack=sram1", "has two places for 'stack'", "stack=MEMORY,"),
        ("stack=ccm", "stm32f746 has no RAM 'ccm'", "its memories: dtcm (64 KiB), sram1 (240 KiB)"),
        ("arena=sram1+flash", "stm32f746 has no RAM 'flash'", "its memories: dtcm (64 KiB)"),
        ("kernels=dtcm", "kernels cannot run from 'dtcm' of stm32f746", "itcm (16 KiB, runs code"),
    ],
)
def test_a_place_that_is_none_is_refused(text: str, problem: str, hint: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_placement(text, load_board("stm32f746"))
    (found,) = caught.value.problems
    assert (found.where, found.problem) == ("--place", problem)
    assert hint in found.hint


def test_kernels_get_what_data_leaves() -> None:
    board = load_board("stm32f746")
    memory = placed("stm32f746", 20 * KIB)
    room = kernel_room(board, memory, (20 * KIB,), BESIDE, Placement())
    assert room is not None and (room.origin, room.nbytes) == (ITCM, 16 * KIB)
    kernels = with_kernels(memory, room, 1000).kernels
    assert kernels is not None and (kernels.nbytes, kernels.end) == (1008, 16 * KIB)
    assert kernel_room(board, memory, (20 * KIB,), BESIDE, Placement(kernels="flash")) is None


def test_kernels_take_the_end_of_a_memory_that_holds_data_too() -> None:
    board = load_board("nucleo-g474re")  # 96 KiB, then 32 KiB that are coupled to the core
    memory = placed("nucleo-g474re", 100 * KIB)
    room = kernel_room(board, memory, (100 * KIB,), BESIDE, Placement())
    first = 0x20000000 + 100 * KIB + BESIDE
    assert room is not None and (room.origin, room.end) == (first, 0x20000000 + 128 * KIB)
    shared = with_kernels(memory, room, 4096)
    assert shared.kernels is not None
    assert (shared.data.end, shared.kernels.nbytes) == (shared.kernels.origin, 4096)


def disjoint(memory: MemoryMap, board: Board, banks: list[int]) -> None:
    """Check that all stands in RAM, and nothing stands in anything else."""
    used = {memory.data: BESIDE}
    for region, nbytes in zip(memory.arenas, banks, strict=True):
        used[region] = used.get(region, 0) + nbytes
    spans = sorted((region.origin, region.origin + nbytes) for region, nbytes in used.items())
    spans += [(r.origin, r.end) for r in [memory.kernels] if r is not None]
    for (_, end), (origin, _) in zip(sorted(spans), sorted(spans)[1:], strict=False):
        assert end <= origin
    for region, nbytes in used.items():
        assert nbytes <= region.nbytes
        covered = [
            min(bank.end, region.end) - max(bank.origin, region.origin)
            for bank in board.ram_banks
            if bank.origin < region.end and region.origin < bank.end
        ]
        assert sum(covered) == region.nbytes


@given(data=st.data(), board=st.sampled_from(list_boards()))
def test_whatever_is_wished_nothing_overlaps(data: st.DataObject, board: Board) -> None:
    names = st.sampled_from([bank.name for bank in board.ram_banks])
    placement = Placement(
        stack=data.draw(st.just("") | names),
        arena=tuple(data.draw(st.just([]) | st.lists(names, min_size=1, max_size=3, unique=True))),
    )
    banks = [16 * n for n in data.draw(st.lists(st.integers(0, 40_000), min_size=1, max_size=3))]
    try:
        memory = place_banks(board, banks, STATIC, STACK, placement)
    except FitError:
        return
    disjoint(memory, board, banks)
    if placement.stack:
        bank = next(each for each in board.ram_banks if each.name == placement.stack)
        assert bank.origin <= memory.data.origin and memory.data.end <= bank.end
    room = kernel_room(board, memory, banks, BESIDE, placement)
    if room is not None and room.nbytes >= 16:
        disjoint(with_kernels(memory, room, data.draw(st.integers(1, room.nbytes))), board, banks)


@pytest.mark.parametrize("board", list_boards(), ids=lambda board: board.name)
def test_a_memory_that_runs_code_gets_the_hottest_kernels_by_default(board):
    runs_code = [memory.name for memory in board.memories if memory.executes]
    assert board.placement.kernels == "".join(runs_code)


def test_the_files_with_most_instructions_go_to_a_memory_that_runs_code():
    files = [
        HotFile(stem=stem, instructions=count)
        for stem, count in {"loops": 700, "rows": 200, "add": 90, "pool": 5}.items()
    ]
    nbytes_of = {"loops": 8000, "rows": 1000, "add": 500, "pool": 400}
    # By instructions per byte: rows, add, loops, pool. What is left over goes on to the next.
    assert choose_files(files, nbytes_of, 9600) == ("rows", "add", "loops")
    assert choose_files(files, nbytes_of, 2000) == ("rows", "add", "pool")
    # rows and add leave no room for the loops, which have more than both: 705 of them to 295.
    assert choose_files(files, nbytes_of, 8400) == ("loops", "pool")
