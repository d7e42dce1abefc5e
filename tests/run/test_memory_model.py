"""Lines of flash that code and constants wait for, counted by a cache of known behaviour."""

import re
import subprocess
from collections import OrderedDict
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.cli.command import succeeded
from tests.support import ROOT, require_tool
from tinyengine.board import list_boards, load_board
from tinyengine.board.types import Cache, MemoryModel
from tinyengine.cli.times import time_rows
from tinyengine.product.product import load_product
from tinyengine.product.profile import measure_profile
from tinyengine.progress import silent
from tinyengine.report.profile import Timing
from tinyengine.run.profile import Cost, add_costs, memory_waits
from tinyengine.run.result import ExecutedBlock, Misses

DIGITS = ROOT / "examples" / "digits" / "digits.tflite"

PROGRAM = """\
#include <stdio.h>
#include "cache.h"
int main(void)
{
    unsigned nbytes, ways, line, address, size;
    struct te_cache cache;
    struct te_misses misses = {0, 0};
    if (scanf("%u %u %u", &nbytes, &ways, &line) != 3 ||
        !te_cache_init(&cache, 1000, 1u << 20, nbytes, ways, line)) {
        return 1;
    }
    while (scanf("%u %u", &address, &size) == 2) {
        te_cache_access(&cache, address, size, &misses);
    }
    printf("%llu %llu", (unsigned long long)misses.all, (unsigned long long)misses.next);
    free(cache.tags);
    return 0;
}
"""


@pytest.fixture(scope="module")
def cache_program(tmp_path_factory):
    require_tool("cc")
    folder = tmp_path_factory.mktemp("cache")
    (folder / "main.c").write_text(PROGRAM)
    native = ROOT / "tinyengine" / "run" / "native"
    flags = ["-std=c11", "-Wall", "-Wextra", "-Werror", "-fsanitize=address,undefined"]
    command = ["cc", *flags, f"-I{native}", str(folder / "main.c"), "-o", str(folder / "cache")]
    subprocess.run(command, check=True)
    return folder / "cache"


def misses_of(program, geometry, accesses):
    words = [*geometry, *(number for access in accesses for number in access)]
    text = " ".join(map(str, words))
    ran = subprocess.run([program], input=text, capture_output=True, text=True, check=True)
    return tuple(map(int, ran.stdout.split()))


def test_a_line_misses_once_and_the_one_used_longest_ago_goes(cache_program):
    # One set of two lines of 16 bytes. Lines 100, 101 (it follows), 100 is there, 200 replaces 101,
    # 101 replaces 100, 200 is there.
    lines = [100, 101, 100, 200, 101, 200]
    accesses = [(16 * line, 4) for line in lines]
    assert misses_of(cache_program, (32, 2, 16), accesses) == (4, 1)


def test_an_access_over_two_lines_asks_for_both(cache_program):
    assert misses_of(cache_program, (64, 4, 16), [(1614, 4)]) == (2, 1)


def test_what_is_not_in_flash_is_not_asked_for(cache_program):
    assert misses_of(cache_program, (64, 4, 16), [(500, 4), (2 << 20, 4)]) == (0, 0)


@given(
    ways=st.sampled_from([1, 2, 4, 64]),
    sets=st.sampled_from([1, 2, 8]),
    line=st.sampled_from([8, 16, 32]),
    accesses=st.lists(st.tuples(st.integers(1000, 3000), st.integers(1, 40)), max_size=60),
)
def test_misses_are_those_of_least_recently_used(cache_program, ways, sets, line, accesses):
    content = [OrderedDict() for _ in range(sets)]
    missed, following, before = 0, 0, None
    for address, nbytes in accesses:
        for number in range(address // line, (address + nbytes - 1) // line + 1):
            held = content[number % sets]
            if number in held:
                held.move_to_end(number)
            else:
                missed += 1
                following += before is not None and number == before + 1
                held[number] = None
                if len(held) > ways:
                    held.popitem(last=False)
            before = number
    geometry = (ways * sets * line, ways, line)
    assert misses_of(cache_program, geometry, accesses) == (missed, following)


def test_waits_are_lines_times_what_they_cost():
    cache = Cache(nbytes=64, ways=4, line=16, miss_cycles=5, next_cycles=1)
    slow = Cache(nbytes=64, ways=4, line=16, miss_cycles=7, next_cycles=7)
    block = ExecutedBlock(
        site=0,
        previous=0,
        address=0,
        nbytes=4,
        count=9,
        code=Misses(all=10, next=4),
        data=Misses(all=3, next=1),
    )
    model = MemoryModel(source="by hand", code=cache, data=slow)
    assert memory_waits(block, model) == 6 * 5 + 4 * 1 + 2 * 7 + 1 * 7


def test_waits_of_parts_sum_up_where_all_are_known():
    known = Cost(instructions=1, cycles=2.0, waits=3, lines=1)
    assert add_costs([known, known]) == Cost(instructions=2, cycles=4.0, waits=6, lines=2)
    assert add_costs([known, Cost(instructions=1, cycles=2.0)]).waits is None


def test_times_say_what_they_are_with():
    timing = Timing(cycles=160_000, waits=40_000, clock_hz=16_000_000, ms=12.5)
    assert time_rows(timing, [], None) == [
        ("cycles", "160,000 and 40,000 waiting for flash: 12.500 ms at 16 MHz, modelled")
    ]


def profiled(folder, board, *options):
    require_tool("arm-none-eabi-gcc")
    require_tool("cc")
    succeeded("compile", DIGITS, "--board", board, "-o", folder, *options)
    return succeeded("profile", folder, "--json").json()


def test_a_profile_says_cycles_without_and_with_flash_and_is_the_same_every_time(tmp_path):
    told = profiled(tmp_path / "out", "stm32l4r5")
    total, parts = told["total"], [*told["operators"], told["rest"]]
    assert sum(part["waits"] for part in parts) == total["waits"] > 0
    assert sum(part["flash_lines"] for part in parts) == total["flash_lines"]
    # Each line of 64 bits costs 3 to 5 cycles, and every weight is read at least once.
    assert 3 * total["flash_lines"] <= total["waits"] <= 5 * total["flash_lines"]
    spent = total["cycles"] + total["waits"]
    assert total["ms"] == pytest.approx(1000 * spent / 120_000_000, abs=1e-4)
    again = succeeded("profile", tmp_path / "out", "--json").json()
    assert again == told
    timing = succeeded("run", tmp_path / "out", "--json").json()["timing"]
    assert (timing["cycles"], timing["waits"]) == (total["cycles"], total["waits"])


def test_code_in_the_tightly_coupled_memory_waits_less(tmp_path):
    placed = profiled(tmp_path / "placed", "stm32f746")
    left = profiled(tmp_path / "left", "stm32f746", "--place", "kernels=none")
    assert placed["total"]["waits"] < left["total"]["waits"]


def test_weights_take_the_place_of_code_in_a_cache_for_both(tmp_path):
    """The 4 KiB of a Metro M4 hold the code of the digits alone, or a part of their weights."""
    require_tool("arm-none-eabi-gcc")
    require_tool("cc")
    succeeded("compile", DIGITS, "--board", "metro-m4", "-o", tmp_path / "out")
    product = load_product(tmp_path / "out")
    both = measure_profile(product, silent).total
    model = replace(product.board.memory_model, is_unified=False)
    apart = replace(product, board=replace(product.board, memory_model=model))
    assert product.board.memory_model.is_unified
    assert both.instructions == (own := measure_profile(apart, silent).total).instructions
    assert both.lines > own.lines > 0
    assert both.waits == 6 * both.lines


def test_a_board_without_a_model_of_its_flash_says_so(tmp_path):
    told = profiled(tmp_path / "out", "mps2-an386")
    assert (told["total"]["flash_lines"], told["total"]["waits"]) == (None, None)


@pytest.mark.parametrize(
    "board", [board.name for board in list_boards() if board.memory_model is not None]
)
def test_every_model_of_flash_has_whole_sets_and_names_its_source(board):
    model = load_board(board).memory_model
    assert re.search(r"RM|[Dd]ata ?sheet", model.source)
    for cache in (model.code, model.data):
        assert cache.nbytes % (cache.ways * cache.line) == 0
        assert cache.next_cycles <= cache.miss_cycles
