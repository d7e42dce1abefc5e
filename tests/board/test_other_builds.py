"""Other people build what we emit with other options and other compilers: it runs all the same."""

import shutil
import subprocess

import numpy as np
import pytest

from tests.cli.command import succeeded
from tests.kernels.host_build import WARNINGS, include_options
from tests.support import ROOT, require_tool
from tinyengine.board import load_board
from tinyengine.resources import runtime_dir
from tinyengine.run import Emulator, open_runner

DIGITS = ROOT / "examples" / "digits" / "digits.tflite"
INPUT_NBYTES, OUTPUT_NBYTES = 64, 10
CORES = ("mps2-an500", "mps2-an386", "mps3-an547", "microbit")
"""Boards with a Cortex-M7, M4, M55 and M0."""


@pytest.fixture(scope="module")
def emitted(tmp_path_factory):
    """Give a function from a board's name to the emitted project of the digits network for it."""
    require_tool("arm-none-eabi-gcc")
    require_tool("qemu-system-arm")
    folder = tmp_path_factory.mktemp("emitted")

    def emit(board):
        if not (folder / board).is_dir():
            succeeded("compile", DIGITS, "--board", board, "-o", folder / board)
        return folder / board

    return emit


def run(elf, board):
    """Give the outputs of one inference on digits drawn evenly from the whole range of bytes."""
    data = np.random.default_rng(1).integers(0, 256, INPUT_NBYTES, np.uint8).tobytes()
    with open_runner(elf, load_board(board), (OUTPUT_NBYTES,), emulator=Emulator.QEMU) as runner:
        return runner.infer([data]).outputs


def make(project, *arguments):
    done = subprocess.run(
        ["make", "-s", *arguments], cwd=project, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "warning" not in done.stderr, done.stderr


@pytest.mark.parametrize("board", CORES)
def test_link_time_optimization_changes_no_output(board, emitted, tmp_path):
    project = shutil.copytree(emitted(board), tmp_path / "project")
    expected = run(project / "firmware.elf", board)
    make(project, "OPTIMIZE=-O2 -flto", "firmware.elf")
    assert run(project / "firmware.elf", board) == expected


@pytest.mark.parametrize("board", CORES)
def test_clang_builds_the_whole_project_and_it_computes_the_same(board, emitted, tmp_path):
    for tool in ("clang", "ld.lld", "llvm-objcopy"):
        require_tool(tool)
    project = shutil.copytree(emitted(board), tmp_path / "project")
    expected = run(project / "firmware.elf", board)
    make(project, "CC=clang", "OBJCOPY=llvm-objcopy", "firmware.elf", "firmware.bin")
    assert run(project / "firmware.elf", board) == expected


@pytest.mark.parametrize(
    ("cpu", "isas"),
    [
        ("cortex-m0", ("ref", "base")),
        ("cortex-m3", ("ref", "base")),
        ("cortex-m4", ("dsp",)),
        ("cortex-m55", ("mve",)),
    ],
)
def test_clang_compiles_every_kernel_without_a_warning(cpu, isas):
    clang, folder = require_tool("clang"), runtime_dir()
    command = [clang, "--target=arm-none-eabi", f"-mcpu={cpu}", "-mthumb", "-std=c11", "-O2"]
    command += [*WARNINGS, "-c", "-o", "/dev/null"]
    command += [*include_options(), "-idirafter", str(folder / "firmware" / "libc")]
    sources = [path for isa in isas for path in sorted((folder / "src" / isa).glob("*.c"))]
    compiles(command, sources)


@pytest.mark.slow
def test_clang_compiles_the_loops_of_the_cortex_m7_without_a_warning(tmp_path):
    clang, folder = require_tool("clang"), runtime_dir()
    room = shutil.copytree(folder / "src" / "dsp", tmp_path / "dsp")
    loops = [path.name for path in (folder / "src" / "dual").glob("*.h")]
    for name in loops:  # they take the places of those of the same name, as in an emitted project
        shutil.copy(folder / "src" / "dual" / name, room / name)
    command = [clang, "--target=arm-none-eabi", "-mcpu=cortex-m7", "-mthumb", "-std=c11", "-O2"]
    command += [*WARNINGS, "-c", "-o", "/dev/null"]
    command += [*include_options(), "-idirafter", str(folder / "firmware" / "libc")]
    assert len(loops) > 5
    compiles(command, sorted(room.glob("*.c")))


def compiles(command, sources):
    assert sources
    for source in sources:
        done = subprocess.run([*command, str(source)], capture_output=True, text=True, check=False)
        assert (done.returncode, done.stderr) == (0, ""), source.name
