"""Weights in tiles: only where flash is waited for, only in memory that there is, and it helps."""

from dataclasses import replace

import pytest

from tests.builders.graphs import GraphBuilder
from tests.cli.command import succeeded
from tests.properties.test_convolution_dsp import layer
from tests.support import require_tool
from tinyengine.board import load_board
from tinyengine.board.types import Cache, Isa, MemoryModel
from tinyengine.compiler import Options, lower_for_board, plan_for_board
from tinyengine.ir import Graph
from tinyengine.kernels.choose.selection import estimate_instructions
from tinyengine.schedule import Objective, Plan, Terms, check_plan, find_plan, tile_weights


def memory(nbytes: int, *, is_unified: bool = False) -> MemoryModel:
    """Give flash that a cache of so many bytes is in front of."""
    cache = Cache(nbytes=nbytes, ways=4, line=32, miss_cycles=11, next_cycles=11)
    return MemoryModel(source="by hand", code=cache, data=cache, is_unified=is_unified)


def convolutions() -> Graph:
    """Give a 1x1 convolution whose weights take about 2 KB, and one of about 10 KB."""
    b = GraphBuilder(3)
    x = b.conv2d(b.input((1, 8, 8, 64)), 24, kernel=1, activation="relu")
    return b.build(b.conv2d(x, 320, kernel=1, activation="relu"))


def planned() -> Plan:
    return find_plan(convolutions(), Terms(isa=Isa.DSP, layers_only=True))


def tiled_in(plan: Plan) -> list[bool]:
    return [step.kernel.tiles is not None for step in plan.steps]


@pytest.mark.parametrize(
    ("model", "tiled"),
    [
        (memory(1024), [True, True]),
        (memory(4096), [False, True]),
        (memory(1 << 14), [False, False]),
        (memory(1 << 14, is_unified=True), [False, True]),
    ],
)
def test_weights_are_in_tiles_where_they_exceed_the_cache(
    model: MemoryModel, tiled: list[bool]
) -> None:
    plan = tile_weights(planned(), model, 2, 1 << 20)
    assert tiled_in(plan) == tiled
    check_plan(plan)


def test_flash_that_answers_at_once_needs_no_tiles() -> None:
    at_once = memory(1024)
    cache = replace(at_once.data, miss_cycles=0, next_cycles=0)
    assert tiled_in(tile_weights(planned(), replace(at_once, data=cache), 2, 1 << 20)) == [
        False,
        False,
    ]


def test_tiles_take_the_memory_that_they_may_take() -> None:
    plan = planned()
    lavish = tile_weights(plan, memory(4096), 2, 1 << 20)
    assert lavish.extent > plan.extent
    for limit in range(plan.extent, lavish.extent + 1, 512):
        found = tile_weights(plan, memory(4096), 2, limit)
        assert found.extent <= limit
        check_plan(found)


@pytest.mark.parametrize("objective", Objective)
def test_the_fewest_bytes_are_without_tiles(objective: Objective) -> None:
    options = Options(board=load_board("stm32l4r5"), objective=objective, layers_only=True)
    tiled = tiled_in(plan_for_board(convolutions(), options))
    assert any(tiled) == (objective is not Objective.SRAM)


def test_what_tiled_kernels_cost_is_measured_with_those_that_they_tile() -> None:
    plan = planned()
    tiled = tile_weights(plan, memory(1024), 2, 1 << 20)
    for before, after in zip(plan.steps, tiled.steps, strict=True):
        old = estimate_instructions(before.op, before.kernel)
        assert estimate_instructions(after.op, after.kernel) == old


@pytest.mark.slow
@pytest.mark.parametrize("board", ["stm32f746", "nucleo-f446re"])
def test_flash_is_read_a_few_times_instead_of_for_every_four_pixels(tmp_path, board) -> None:
    require_tool("arm-none-eabi-gcc")
    require_tool("cc")
    path = tmp_path / "layer.tflite"
    path.write_bytes(layer((16, 16, 96), 96, (1, 1), "RELU", 5))
    options = ["--board", board, "--objective", "speed", "-o", tmp_path / "out"]
    succeeded("compile", path, *options)
    told = succeeded("profile", tmp_path / "out", "--json").json()
    (operator,) = told["operators"]
    assert operator["kernel"] == "te_conv2d_s8_dsp_tiled"
    # 256 pixels are 64 times four; 9,216 weights are 288 lines of 32 bytes, 576 of 16.
    line, cycles = {"stm32f746": (32, 11), "nucleo-f446re": (16, 5)}[board]
    once = 9216 // line * cycles
    assert once <= operator["waits"] < 64 * once / 4


@pytest.mark.parametrize(
    ("board", "two_rows", "folder"),
    [
        # Caches of 1 KiB, and 3 cycles for the next 8 bytes; one cycle; none of them.
        ("stm32l4r5", False, "short"),
        ("nucleo-wb55", True, "short"),
        ("nucleo-f446re", True, "dsp"),
        # The kernels are copied to RAM.
        ("nucleo-g474re", True, "dsp"),
        # A cache of 16 KiB.
        ("stm32h743", True, None),
    ],
)
def test_loops_suit_the_cache_of_code(board: str, two_rows: bool, folder: str | None) -> None:
    b = GraphBuilder(0)
    x = b.conv2d(b.input((1, 24, 24, 16)), 16, activation="relu")
    x = b.conv2d(b.conv2d(x, 16, activation="relu"), 16, activation="relu")
    graph = b.build(b.fully_connected(b.mean(x, axes=(1, 2)), 8))
    options = Options(board=load_board(board), objective=Objective.SPEED)
    plan = plan_for_board(graph, options)
    kernels = [step.kernel for step in plan.steps]
    assert any("winograd" in kernel.function for kernel in kernels) == two_rows
    files = lower_for_board(plan, "net", options).runtime_files
    found = [each.split("/")[1] for each in files if "te_dsp_product_unrolled" in each]
    assert found == ([] if folder is None else [folder])
