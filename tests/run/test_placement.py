"""Traces under Unicorn: the stack is used where it was placed, and kernels execute from there."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest
import unicorn

from tests.builders.tflite_writer import ModelWriter
from tests.cli.command import refused, succeeded
from tests.support import ROOT, require_tool
from tinyengine.board import load_board
from tinyengine.product.product import load_product
from tinyengine.run import open_follower
from tinyengine.run.image import load_image
from tinyengine.run.runner import Runner
from tinyengine.run.source_lines import load_source_lines
from tinyengine.run.unicorn.run import UnicornMachine

DIGITS = ROOT / "examples" / "digits" / "digits.tflite"

STACKS = {"stm32f746": "dtcm", "stm32h743": "dtcm", "stm32f405": "ccm", "nucleo-g474re": "ccm"}


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """Give a function from a board and options to a directory; each is built once."""
    require_tool("arm-none-eabi-gcc")
    made: dict[tuple[str, ...], Path] = {}

    def build(board: str, *options: str) -> Path:
        key = (board, *options)
        if key not in made:
            made[key] = tmp_path_factory.mktemp(board) / "out"
            succeeded("compile", DIGITS, "--board", board, *options, "-o", made[key])
        return made[key]

    return build


def bounds(board: str, name: str) -> range:
    bank = next(memory for memory in load_board(board).memories if memory.name == name)
    return range(bank.origin, bank.end)


def writes_of(directory: Path) -> list[int]:
    """Run one inference; give the addresses that are written to while the model runs."""
    product = load_product(directory)
    image = load_image(product.elf)
    machine = UnicornMachine(image, product.board)
    written: list[int] = []
    running = [False]

    def on_block(_uc, address, _nbytes, _data):
        if address == image.symbols["bench_begin"]:
            running[0] = True
        elif address == image.symbols["bench_end"]:
            running[0] = False

    def on_write(_uc, _kind, address, _nbytes, _value, _data):
        if running[0]:
            written.append(address)

    try:
        runner = Runner(machine, image, "test", product.output_nbytes)
        machine._uc.hook_add(unicorn.UC_HOOK_BLOCK, on_block)
        machine._uc.hook_add(unicorn.UC_HOOK_MEM_WRITE, on_write)
        runner.infer([bytes(nbytes) for nbytes in product.input_nbytes])
    finally:
        machine.close()
    return written


@pytest.mark.slow
@pytest.mark.parametrize(("board", "memory"), STACKS.items())
def test_the_stack_is_in_the_memory_that_is_coupled_to_the_core(board, memory, built):
    directory = built(board)
    image = load_image(directory / "firmware.elf")
    arena, nbytes = image.sections[".arena"]
    ticks = {image.symbols["begin_ticks"], image.symbols["end_ticks"]}  # that the markers note
    elsewhere = [
        at for at in writes_of(directory) if not arena <= at < arena + nbytes and at not in ticks
    ]
    assert len(elsewhere) > 100
    assert all(at in bounds(board, memory) for at in elsewhere)
    assert json.loads((directory / "report.json").read_text())["placement"]["stack"] == memory


def blocks_of(directory: Path) -> dict[int, int]:
    """Give the bytes of code that ran in each block, by its address."""
    product = load_product(directory)
    lines = load_source_lines(product.elf, f"{product.report.model.name}.c")
    board, outputs = product.board, product.output_nbytes
    with open_follower(product.elf, board, outputs, lines.functions) as runner:
        result = runner.infer([bytes(nbytes) for nbytes in product.input_nbytes])
    counts: dict[int, int] = {}
    for block in result.executed:
        counts[block.address] = counts.get(block.address, 0) + block.count * block.nbytes
    return counts


@pytest.mark.parametrize(
    ("board", "memory"),
    [("stm32f746", "itcm"), ("stm32h743", "itcm"), ("nucleo-g474re", "ccm")],
)
def test_kernels_execute_from_where_they_are_copied_to(board, memory, built):
    directory = built(board)
    counts = blocks_of(directory)
    inside = sum(count for at, count in counts.items() if at in bounds(board, memory))
    assert inside > 0.9 * sum(counts.values())
    placement = json.loads((directory / "report.json").read_text())["placement"]
    assert placement["kernels"] == memory
    functions = load_image(directory / "firmware.elf")
    for stem in placement["kernels_files"]:
        assert stem not in functions.symbols or functions.symbols[stem] in bounds(board, memory)
    used = {each["name"]: each["used"] for each in placement["memories"]}
    assert used[memory] >= placement["kernels_bytes"] > 0


def test_kernels_that_call_into_flash_get_room_for_the_linkers_veneers(tmp_path):
    require_tool("arm-none-eabi-gcc")
    writer = ModelWriter()
    row = writer.tensor((1, 10), "int8", 0.1, 3)
    rows = writer.tensor((5, 10), "int8", 0.1, 3)
    padded = writer.tensor((7, 13), "int8", 0.1, 3)
    writer.op("BROADCAST_TO", [row, writer.tensor((2,), "int32", data=[5, 10])], [rows])
    amounts = writer.tensor((2, 2), "int32", data=[[1, 1], [2, 1]])
    writer.op("PAD", [rows, amounts], [padded])
    (tmp_path / "copies.tflite").write_bytes(writer.finish([row], [padded]))
    out = tmp_path / "out"
    succeeded("compile", tmp_path / "copies.tflite", "--board", "stm32f746", "-o", out)
    placement = json.loads((out / "report.json").read_text())["placement"]
    assert placement["kernels_files"] == ["te_broadcast_s8", "te_pad_s8"]
    symbols = load_image(out / "firmware.elf").symbols
    assert symbols["__memcpy_veneer"] in bounds("stm32f746", "itcm")
    assert symbols["__memset_veneer"] in bounds("stm32f746", "itcm")


def test_code_stays_in_flash_where_that_is_wished(built):
    directory = built("stm32f746", "--place", "kernels=none")
    assert all(at in bounds("stm32f746", "flash") for at in blocks_of(directory))
    placement = json.loads((directory / "report.json").read_text())["placement"]
    assert (placement["kernels"], placement["kernels_files"]) == ("flash", [])


def test_a_budget_of_sram_bounds_the_code_too(built):
    whole = json.loads((built("stm32f746") / "report.json").read_text())
    assert whole["placement"]["kernels_bytes"] > 4096
    budget = whole["sram"]["arena"] + 2688 + 4096
    report = json.loads((built("stm32f746", "--sram", str(budget)) / "report.json").read_text())
    assert 0 < report["placement"]["kernels_bytes"] <= 4096
    assert report["sram"]["total"] + report["placement"]["kernels_bytes"] <= budget


def test_every_memory_is_told_with_what_the_elf_takes_of_it(built):
    directory = built("stm32f746")
    image = load_image(directory / "firmware.elf")
    nbytes = {name: size for name, (_, size) in image.sections.items()}
    placement = json.loads((directory / "report.json").read_text())["placement"]
    used = {each["name"]: each["used"] for each in placement["memories"]}
    assert used["itcm"] == nbytes[".kernels"]
    assert used["dtcm"] == sum(nbytes[name] for name in (".data", ".bss", ".arena", ".stack"))
    assert abs(used["flash"] - (directory / "firmware.bin").stat().st_size) < 64  # gaps
    assert set(used) == {"itcm", "dtcm", "flash"}


def test_a_large_arena_leaves_the_stack_in_its_memory(built):
    directory = built("stm32h743", "--place", "arena=axi_sram")
    report = json.loads((directory / "report.json").read_text())
    assert (report["placement"]["stack"], report["placement"]["arena"]) == ("dtcm", ["axi_sram"])
    assert any(at in bounds("stm32h743", "axi_sram") for at in writes_of(directory))


def test_qemu_runs_what_it_has_no_memory_for(built):
    require_tool("qemu-system-arm")
    directory = built("stm32f405")
    ran = succeeded("run", directory, "--emulator", "qemu", "--json").json()
    assert ran["outputs"] == succeeded("run", directory, "--json").json()["outputs"]


def test_the_emitted_makefile_places_the_same(built, tmp_path):
    require_tool("make")
    directory = shutil.copytree(built("stm32f746"), tmp_path / "out")
    before = (directory / "firmware.bin").read_bytes()
    subprocess.run(["make", "-s", "clean", "all"], cwd=directory, check=True)
    assert (directory / "firmware.bin").read_bytes() == before


def test_a_place_that_the_board_has_not_is_one_message():
    told = refused(2, "compile", DIGITS, "--board", "stm32f746", "--place", "stack=ccm")
    problem, hint = told.splitlines()
    assert problem == "error: --place: stm32f746 has no RAM 'ccm'"
    assert hint == (
        "  hint: its memories: dtcm (64 KiB), sram1 (240 KiB), sram2 (16 KiB), "
        "itcm (16 KiB, runs code, no DMA)"
    )
