"""Two models in one program: with one folder te/ for both, or one each and all of it compiled."""

import shutil
import subprocess
from pathlib import Path

import pytest

import tinyengine.render
from tests.builders.networks import small_network
from tests.cli.command import succeeded
from tests.support import require_tool

BOTH = """\
#include <stdio.h>
#include <string.h>

#include "one.h"
#include "two.h"

int main(void)
{
    static _Alignas(16) uint8_t arena[ONE_ARENA_BYTES > TWO_ARENA_BYTES ? ONE_ARENA_BYTES
                                                                        : TWO_ARENA_BYTES];
    static int8_t input[ONE_INPUT_BYTES], first[ONE_OUTPUT_BYTES], second[TWO_OUTPUT_BYTES];
    for (int i = 0; i < ONE_INPUT_BYTES; ++i) {
        input[i] = (int8_t)(7 * i);
    }
    int status = one_run(arena, input, first);
    status += two_run(arena, input, second);
    status += memcmp(first, second, sizeof first) != 0;
    printf("%d\\n", status);
    return status;
}
"""


@pytest.fixture
def models(tmp_path, monkeypatch):
    """Give a function that compiles a model under a name, in a folder of that name."""
    require_tool("gcc")
    model = tmp_path / "small.tflite"
    model.write_bytes(small_network())

    def compile_model(name, version=None):
        if version is not None:
            monkeypatch.setattr(tinyengine.render, "__version__", version)
        folder = tmp_path / name
        succeeded("compile", model, "--board", "microbit", "--name", name, "-o", folder)
        shutil.rmtree(folder / "firmware")
        return folder

    return compile_model


def build(folder: Path, includes, *options: str) -> "subprocess.CompletedProcess[str]":
    """Compile and link every C file below `folder`."""
    (folder / "main.c").write_text(BOTH)
    command = ["gcc", "-std=c11", "-Wall", "-Wextra", *options, "-o", str(folder / "both")]
    command += [f"-I{path}" for path in includes]
    command += [str(path) for path in sorted(folder.rglob("*.c"))]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def merged(folder: Path, *projects: Path) -> Path:
    for project in projects:
        shutil.copytree(project, folder, dirs_exist_ok=True)
    return folder


def side_by_side(folder: Path, *projects: Path) -> Path:
    for project in projects:
        shutil.copytree(project, folder / project.name)
    return folder


OPTIONS = [("-O2",), ("-O2", "-flto", "-ffunction-sections", "-Wl,--gc-sections")]


@pytest.mark.parametrize("options", OPTIONS)
def test_one_folder_serves_both(models, tmp_path, options):
    folder = merged(tmp_path / "program", models("one"), models("two"))
    done = build(folder, [folder], *options)
    assert done.returncode == 0, done.stderr
    assert subprocess.check_output([folder / "both"]) == b"0\n"


@pytest.mark.parametrize("options", OPTIONS)
def test_a_folder_each_and_every_file_compiled(models, tmp_path, options):
    folder = side_by_side(tmp_path / "program", models("one"), models("two"))
    done = build(folder, [folder / "one", folder / "two"], *options)
    assert done.returncode == 0, done.stderr
    assert subprocess.check_output([folder / "both"]) == b"0\n"


@pytest.mark.parametrize("options", OPTIONS)
def test_a_model_does_not_link_with_the_files_of_another_release(models, tmp_path, options):
    folder = merged(tmp_path / "program", models("one"), models("two", "0.2.0-rc1"))
    done = build(folder, [folder], *options)
    assert done.returncode != 0
    assert "te_runtime_0_1_0" in done.stderr


@pytest.mark.parametrize("options", OPTIONS)
def test_the_files_of_two_releases_do_not_link(models, tmp_path, options):
    folder = side_by_side(tmp_path / "program", models("one"), models("two", "0.2.0"))
    done = build(folder, [folder / "one", folder / "two"], *options)
    assert done.returncode != 0
    assert "te_runtime_release" in done.stderr


def test_two_models_link_for_a_board_with_lld_too(models, tmp_path):
    for tool in ("clang", "ld.lld"):
        require_tool(tool)
    target = ("--target=arm-none-eabi", "-mcpu=cortex-m0", "-mthumb", "-nostdlib", "-fuse-ld=lld")
    options = ["clang", *target, "-std=c11", "-O2", "-Wl,-r", "-ffreestanding"]
    one, two = models("one"), models("two")
    libc = Path(tinyengine.render.runtime_dir()) / "firmware" / "libc"
    command = [*options, "-idirafter", str(libc), f"-I{one}", f"-I{two}"]
    sources = [str(path) for path in sorted([*one.rglob("*.c"), *two.rglob("*.c")])]
    made = [*command, "-o", str(tmp_path / "both.o"), *sources]
    done = subprocess.run(made, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
