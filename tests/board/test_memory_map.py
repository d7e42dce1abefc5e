"""Banks are merged into regions, and the parts of a firmware are placed in them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinyengine.board import (
    Memory,
    MemoryKind,
    list_boards,
    load_board,
    merge_banks,
    place,
    place_banks,
    rooms,
)
from tinyengine.errors import FitError

KIB = 1024


def ram(name, origin, nbytes, kind=MemoryKind.RAM):
    return Memory(name=name, kind=kind, origin=origin, nbytes=nbytes)


def regions(board_name):
    board = load_board(board_name)
    return {r.name: (r.origin, r.nbytes // KIB) for r in merge_banks(board.ram_banks)}


def test_contiguous_banks_are_one_region():
    assert regions("stm32f746") == {
        "dtcm_sram1_sram2": (0x20000000, 320),
        "itcm": (0, 16),
    }
    assert regions("stm32l4r5") == {"sram1_sram2_sram3": (0x20000000, 640)}


def test_a_gap_separates_regions():
    assert regions("stm32h743") == {
        "dtcm": (0x20000000, 128),
        "axi_sram": (0x24000000, 512),
        "sram1_sram2_sram3": (0x30000000, 288),
        "sram4": (0x38000000, 64),
        "itcm": (0, 64),
    }


def test_internal_and_external_memory_stay_apart_though_contiguous():
    banks = [ram("a", 0, 16), ram("b", 16, 16, MemoryKind.EXTERNAL_RAM)]
    assert [region.name for region in merge_banks(banks)] == ["a", "b"]


def test_a_region_stands_where_its_fastest_bank_stood():
    banks = [ram("high", 64, 16), ram("other", 1000, 16), ram("low", 48, 16)]
    assert [region.name for region in merge_banks(banks)] == ["low_high", "other"]


def test_everything_goes_to_one_region_if_it_fits():
    memory = place(load_board("stm32f746"), 320 * KIB - 2048 - 640, 640, 2048)
    assert memory.data == memory.arena
    assert memory.data.origin == 0x20000000
    assert memory.flash.origin == memory.vectors.origin == 0x08000000


def test_the_arena_gets_a_region_of_its_own_if_it_must():
    memory = place(load_board("stm32h743"), 512 * KIB, 640, 2048)
    assert (memory.arena.name, memory.data.name) == ("axi_sram", "dtcm")
    memory = place(load_board("stm32f746"), 320 * KIB, 640, 2048)
    assert (memory.arena.name, memory.data.name) == ("dtcm_sram1_sram2", "itcm")


def test_external_memory_is_used_only_when_internal_memory_is_too_small():
    board = load_board("mps2-an500")
    assert place(board, 4096 * KIB - 2688, 640, 2048).arena.name == "ssram23"
    memory = place(board, 4096 * KIB, 640, 2048)
    assert (memory.data.name, memory.arena.name) == ("psram", "psram")


def test_separate_vectors_are_a_region_of_their_own():
    memory = place(load_board("mps3-an547"), 1024, 640, 2048)
    assert memory.vectors.origin == 0
    assert [r.name for r in memory.regions] == ["flash", "itcm", "dtcm"]


def test_a_split_arena_has_a_region_for_each_bank():
    board = load_board("stm32f405")
    # Data and stack stand in the last bank, 64 KiB of core-coupled memory.
    assert rooms(board, 2688) == (128 * KIB, 64 * KIB - 2688)
    memory = place_banks(board, (128 * KIB, 1024), 640, 2048)
    assert [region.name for region in memory.arenas] == ["sram", "ccm"]
    assert memory.data.name == "ccm"
    together = place_banks(board, (1024, 1024), 640, 2048)
    assert [region.name for region in together.arenas] == ["sram", "sram"]


def test_banks_that_are_too_large_are_refused():
    with pytest.raises(FitError, match="does not fit the RAM"):
        place_banks(load_board("stm32f405"), (128 * KIB, 64 * KIB), 640, 2048)


def test_what_does_not_fit_is_refused_with_the_numbers():
    with pytest.raises(FitError) as caught:
        place(load_board("stm32f746"), 400_000, 640, 2048)
    assert str(caught.value) == (
        "error: stm32f746: the model does not fit the RAM: it needs 402,688 bytes, "
        "400,000 of them in one piece for the arena\n"
        "  arena 400,000, static data 640, stack 2,048 bytes\n"
        "  the board has 344,064 bytes in 2 regions; "
        "the largest is dtcm_sram1_sram2 with 327,680 bytes"
    )


@given(
    board=st.sampled_from(list_boards()),
    arena=st.integers(0, 30 << 20),
    static=st.integers(0, 1 << 16),
    stack=st.integers(0, 1 << 16),
)
def test_a_placement_holds_what_is_placed(board, arena, static, stack):
    try:
        memory = place(board, arena, static, stack)
    except FitError:
        largest = max(region.nbytes for region in merge_banks(board.ram_banks))
        assert arena + static + stack + 15 > largest
        return
    if memory.arena == memory.data:
        assert arena + static + stack <= memory.data.nbytes
    else:
        assert arena <= memory.arena.nbytes
        assert static + stack <= memory.data.nbytes
    for region in (memory.arena, memory.data):
        held = [
            bank
            for bank in board.ram_banks
            if region.origin <= bank.origin < region.origin + region.nbytes
        ]
        assert sum(bank.nbytes for bank in held) == region.nbytes
