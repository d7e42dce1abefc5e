"""Projects are built with their Makefile, sized from ELF and map, and failures are told apart."""

import filecmp
import shutil
import subprocess

import pytest

from tests.board.project import ADD_ONE, write_project
from tests.support import require_tool
from tinyengine.board import load_board
from tinyengine.errors import FitError, ToolError
from tinyengine.product import build as build_module
from tinyengine.product.build import Firmware, build, measure_sizes
from tinyengine.product.building import Building

BOARD = load_board("stm32f746")

WEIGHTS = """\
#include <stdint.h>

extern const int8_t dummy_weights[1000];
extern const int32_t dummy_biases[3];

const int8_t dummy_weights[1000] = {1, 2, 3};
const int32_t dummy_biases[3] = {4, 5, 6};
"""

# 40 bytes of constants and 12 of statics (4 of them initialized) of the model's own; 30 in te/.
MODEL = """\
#include "dummy.h"

extern const int8_t dummy_weights[1000];
extern const int32_t dummy_biases[3];
extern const int8_t te_table[30];

static const int32_t shifts[10] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10};
static volatile int32_t initialized = 7;
static volatile int32_t zeroed[2];

int dummy_run(void *arena, const int8_t *input0, int8_t *output0)
{
    (void)arena;
    zeroed[initialized & 1] = input0[0];
    const uint32_t i = (uint8_t)input0[0];
    output0[0] = (int8_t)(dummy_weights[i] + te_table[i & 15u]);
    output0[1] = (int8_t)(dummy_biases[i & 1u] + shifts[i & 7u]);
    return 0;
}
"""

TABLE = """\
#include <stdint.h>

extern const int8_t te_table[30];

const int8_t te_table[30] = {1};
"""


@pytest.fixture(autouse=True)
def _compiler():
    require_tool("arm-none-eabi-gcc")


@pytest.fixture
def project(tmp_path):
    return write_project(
        tmp_path / "with space", BOARD, MODEL, {"dummy_weights.c": WEIGHTS, "te/te_table.c": TABLE}
    )


def test_flash_and_ram_are_attributed_to_whom_they_belong(project):
    sizes = build(project, BOARD).sizes
    assert sizes.weights == 1000 + 3 * 4
    # Tables of 40 and 30 bytes, the 4 bytes that `initialized` begins with; padding to 4.
    assert 40 + 30 + 4 <= sizes.other_constants <= 40 + 30 + 4 + 2 * 3
    assert sizes.model_static == 12
    assert 0 < sizes.code < 1000
    assert sizes.firmware_flash > 1000
    assert 500 < sizes.firmware_ram < 640


def test_the_sizes_add_up_to_the_binary(project):
    firmware = build(project, BOARD)
    sizes = firmware.sizes
    flash = sizes.code + sizes.weights + sizes.other_constants + sizes.firmware_flash
    assert 0 <= firmware.bin.stat().st_size - flash < 3 * 16  # alignment between sections


def test_two_builds_in_different_folders_give_identical_bytes(tmp_path):
    first, second = (
        build(write_project(tmp_path / name, BOARD, ADD_ONE), BOARD) for name in ("one", "two/deep")
    )
    assert filecmp.cmp(first.elf, second.elf, shallow=False)
    assert filecmp.cmp(first.bin, second.bin, shallow=False)


def test_a_build_that_begins_before_all_is_written_gives_identical_bytes(project, tmp_path):
    files = {
        path.relative_to(project).as_posix(): path.read_text()
        for path in project.rglob("*")
        if path.suffix in (".c", ".h", ".ld")
    }
    early = tmp_path / "early"
    early.mkdir()
    with Building(early, BOARD) as building:
        building.begin("dummy")
        building.write({path: text for path, text in files.items() if path.startswith("te/")})
        building.write(files)
        begun = building.finish()
    assert isinstance(begun, Firmware)
    built = [begun.elf.read_bytes(), begun.bin.read_bytes()]
    shutil.rmtree(early / "build")
    again = build(early, BOARD)
    assert [again.elf.read_bytes(), again.bin.read_bytes()] == built


def make(project, *arguments):
    subprocess.run(["make", "-s", *arguments], cwd=project, check=True)
    return project / "firmware.elf"


def test_making_again_does_nothing_and_a_change_is_built(project):
    first = make(project).stat().st_mtime_ns
    assert make(project).stat().st_mtime_ns == first
    (project / "dummy.h").write_text((project / "dummy.h").read_text() + "/* more */\n")
    assert make(project).stat().st_mtime_ns > first


def test_the_makefile_builds_what_compile_builds(project):
    firmware = build(project, BOARD)
    built = [firmware.elf.read_bytes(), firmware.bin.read_bytes()]
    make(project, "clean")
    make(project)
    assert [firmware.elf.read_bytes(), firmware.bin.read_bytes()] == built


def test_stack_use_is_written_beside_every_object(project):
    build(project, BOARD)
    assert "dummy_run" in (project / "build" / "dummy.su").read_text()


def test_a_missing_compiler_names_the_packages(project, monkeypatch):
    monkeypatch.setenv("PATH", str(project))
    with pytest.raises(ToolError) as caught:
        build(project, BOARD)
    assert str(caught.value) == (
        "error: arm-none-eabi-gcc, arm-none-eabi-objcopy: not found; needed to build firmware\n"
        "  hint: on Debian or Ubuntu: apt-get install binutils-arm-none-eabi gcc-arm-none-eabi; "
        "without root, on Python 3.12 or newer: pip install 'tinyengine[toolchain]'"
    )


def test_an_error_of_the_compiler_is_passed_on(project):
    (project / "dummy.c").write_text("int dummy_run(void) { return nothing; }\n")
    with pytest.raises(
        ToolError, match=r"the compiler failed\n  dummy.c:1:5: error: .*\n.*'nothing' undec"
    ):
        build(project, BOARD)


def test_a_compiler_that_fails_for_every_file_without_a_word_is_told_once(
    project, tmp_path, monkeypatch
):
    compiler = tmp_path / "my-gcc"
    compiler.write_text("#!/bin/sh\nexit 3\n")
    compiler.chmod(0o755)
    (tmp_path / "my-objcopy").symlink_to(compiler)
    monkeypatch.setenv("CROSS", str(tmp_path / "my-"))
    with pytest.raises(ToolError) as caught:
        build(project, BOARD)
    assert str(caught.value) == (
        f"error: {project}: the compiler failed\n  {compiler} ended with status 3"
    )


def test_a_warning_is_an_error(project):
    source = project / "dummy.c"
    source.write_text(source.read_text().replace("(void)arena;", ""))
    with pytest.raises(ToolError, match="unused parameter 'arena'"):
        build(project, BOARD)


def test_a_missing_c_library_names_the_package(project):
    stderr = "/usr/bin/ld: cannot find -lc: No such file or directory\n"
    error = build_module._failure(project, BOARD, stderr)
    assert isinstance(error, ToolError)
    assert str(error).endswith("hint: on Debian or Ubuntu: apt-get install libnewlib-arm-none-eabi")


def test_a_program_larger_than_the_flash_is_refused_with_the_numbers(tmp_path):
    weights = WEIGHTS.replace("1000", str(BOARD.flash.nbytes))
    model = MODEL.replace("1000", str(BOARD.flash.nbytes))
    project = write_project(
        tmp_path, BOARD, model, {"dummy_weights.c": weights, "te/te_table.c": TABLE}
    )
    with pytest.raises(FitError) as caught:
        build(project, BOARD)
    needed = int(str(caught.value).split("needs ")[1].split()[0].replace(",", ""))
    assert BOARD.flash.nbytes + 2000 < needed < BOARD.flash.nbytes + 8000
    assert f"bytes of flash, the board has {BOARD.flash.nbytes:,}" in str(caught.value)


def test_statics_larger_than_the_region_are_refused_with_the_numbers(tmp_path):
    project = write_project(tmp_path, BOARD, ADD_ONE)
    header = project / "dummy.h"
    header.write_text(header.read_text().replace("ARENA_BYTES 1024", "ARENA_BYTES 400000"))
    with pytest.raises(FitError, match=r"stm32f746: data and stack need \d+ bytes more than"):
        build(project, BOARD)


@pytest.mark.parametrize("nbytes", [0, 3, 40, 3000])
def test_a_truncated_elf_is_refused(project, nbytes):
    firmware = build(project, BOARD)
    firmware.elf.write_bytes(firmware.elf.read_bytes()[:nbytes])
    with pytest.raises(ToolError, match=r"firmware\.elf: "):
        measure_sizes(firmware.elf, firmware.map)


def test_a_map_of_another_program_is_refused(project, tmp_path):
    firmware = build(project, BOARD)
    other = build(write_project(tmp_path / "other", BOARD, ADD_ONE), BOARD)
    with pytest.raises(ToolError, match=r"lists \d+ bytes in \.\w+, but firmware.elf has \d+"):
        measure_sizes(firmware.elf, other.map)


def test_a_missing_map_is_refused(project):
    firmware = build(project, BOARD)
    firmware.map.unlink()
    with pytest.raises(ToolError, match=r"firmware\.map: cannot be read: No such file"):
        measure_sizes(firmware.elf, firmware.map)


def test_make_clean_leaves_only_what_was_emitted(project):
    before = sorted(project.rglob("*"))
    build(project, BOARD)
    subprocess.run(["make", "clean"], cwd=project, check=True, capture_output=True)
    assert sorted(project.rglob("*")) == before


CROSS_FILE = """\
set(CMAKE_SYSTEM_NAME Generic)
set(CMAKE_C_COMPILER arm-none-eabi-gcc)
set(CMAKE_TRY_COMPILE_TARGET_TYPE STATIC_LIBRARY)
"""


def cmake(*arguments):
    done = subprocess.run(
        ["cmake", *map(str, arguments)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_cmake_builds_the_firmware_when_cross_compiling(tmp_path):
    if shutil.which("cmake") is None:
        pytest.skip("cmake is not installed")
    project = write_project(tmp_path / "project", BOARD, ADD_ONE)
    (tmp_path / "arm.cmake").write_text(CROSS_FILE)
    toolchain = f"-DCMAKE_TOOLCHAIN_FILE={tmp_path / 'arm.cmake'}"
    cmake("-S", project, "-B", tmp_path / "out", toolchain)
    cmake("--build", tmp_path / "out")
    assert (tmp_path / "out" / "firmware.elf").is_file()
    assert (tmp_path / "out" / "libdummy.a").is_file()


def test_cmake_gives_the_model_as_a_library_to_another_project(tmp_path):
    if shutil.which("cmake") is None:
        pytest.skip("cmake is not installed")
    write_project(tmp_path / "model", BOARD, ADD_ONE)
    (tmp_path / "main.c").write_text(
        '#include "dummy.h"\nint main(void) { static int8_t m[1024]; m[0] = 41;\n'
        "return dummy_run(m, m, m + 512) == 0 && m[512] == 42 ? 0 : 1; }\n"
    )
    (tmp_path / "CMakeLists.txt").write_text(
        "cmake_minimum_required(VERSION 3.16)\nproject(app LANGUAGES C)\n"
        "add_subdirectory(model)\nadd_executable(app main.c)\ntarget_link_libraries(app dummy)\n"
    )
    cmake("-S", tmp_path, "-B", tmp_path / "out")
    cmake("--build", tmp_path / "out")
    subprocess.run([tmp_path / "out" / "app"], check=True)
