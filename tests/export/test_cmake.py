"""CMake itself reads what is exported; commands of Zephyr and ESP-IDF are stubs that take notes."""

import subprocess
from pathlib import Path

import pytest

from tests.export.application import EXAMPLES, example_firmware, printed
from tests.export.collect import COLLECT
from tests.export.harness import run
from tests.support import require_tool

# Zephyr adds a module's folder with its options set; what is not selected must add nothing.
ZEPHYR = """\
function(zephyr_library_named name)
  message("library ${name}")
endfunction()
function(zephyr_library_sources)
  foreach(source ${ARGN})
    get_filename_component(path ${source} ABSOLUTE BASE_DIR ${folder})
    message("source ${path}")
  endforeach()
endfunction()
function(zephyr_include_directories)
  foreach(include ${ARGN})
    get_filename_component(path ${include} ABSOLUTE BASE_DIR ${folder})
    message("include ${path}")
  endforeach()
endfunction()
include(${folder}/CMakeLists.txt)
"""

# Source: ESP-IDF, build system, "Component CMakeLists Files".
ESP_IDF = """\
function(idf_component_register)
  cmake_parse_arguments(told "" "" "SRCS;INCLUDE_DIRS;REQUIRES" ${ARGN})
  if(told_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "unknown: ${told_UNPARSED_ARGUMENTS}")
  endif()
  foreach(kind SRCS INCLUDE_DIRS)
    foreach(each ${told_${kind}})
      message("${kind} ${folder}/${each}")
    endforeach()
  endforeach()
  message("requires ${told_REQUIRES}")
endfunction()
include(${folder}/CMakeLists.txt)
"""


def notes(script: str, folder: Path, tmp_path: Path, *options: str) -> list[tuple[str, str]]:
    """Run a script of CMake over `folder`/CMakeLists.txt; give (what, path) that it notes."""
    path = tmp_path / "script.cmake"
    path.write_text(script)
    command = [require_tool("cmake"), f"-Dfolder={folder}", *options, "-P", str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return [(kind, rest) for kind, _, rest in (x.partition(" ") for x in done.stderr.splitlines())]


@pytest.mark.parametrize(
    ("name", "option"),
    [("digits", "CONFIG_TINYENGINE_DIGITS"), ("tinyengine_runtime", "CONFIG_TINYENGINE_RUNTIME")],
)
def test_zephyr_gets_the_sources_where_the_option_is_set(name, option, exports, tmp_path):
    folder = exports.package("zephyr", name) / "zephyr"
    told = notes(ZEPHYR, folder, tmp_path, f"-D{option}=y")
    expected = COLLECT["zephyr"](exports.package("zephyr", name))
    assert ("library", name) in told
    assert [path for kind, path in told if kind == "source"] == [str(p) for p in expected.files]
    assert [path for kind, path in told if kind == "include"] == [str(p) for p in expected.includes]
    assert notes(ZEPHYR, folder, tmp_path) == []


@pytest.mark.parametrize(
    ("name", "requires"), [("digits", "tinyengine_runtime"), ("tinyengine_runtime", "")]
)
def test_esp_idf_gets_the_sources_and_what_they_require(name, requires, exports, tmp_path):
    package = exports.package("esp-idf", name)
    told = notes(ESP_IDF, package, tmp_path)
    expected = COLLECT["esp-idf"](package)
    assert [path for kind, path in told if kind == "SRCS"] == [str(p) for p in expected.files]
    assert ("INCLUDE_DIRS", f"{package}/src") in told
    assert ("requires", requires) in told


APPLICATION = """\
cmake_minimum_required(VERSION 3.21)
project(application LANGUAGES C)
add_compile_options({flags} -O2)
add_subdirectory({root}/digits digits)
add_subdirectory({root}/small small)
"""


@pytest.mark.slow
def test_cmake_builds_two_models_for_a_board_and_both_are_exact(exports, board, tmp_path):
    root = exports.root / "cmake"
    flags = " ".join(board.target.flags)
    (tmp_path / "CMakeLists.txt").write_text(APPLICATION.format(flags=flags, root=root))
    tools = ("-DCMAKE_SYSTEM_NAME=Generic", "-DCMAKE_TRY_COMPILE_TARGET_TYPE=STATIC_LIBRARY")
    compiler = f"-DCMAKE_C_COMPILER={require_tool('arm-none-eabi-gcc')}"
    run([require_tool("cmake"), "-S", tmp_path, "-B", tmp_path / "build", *tools, compiler])
    run(["cmake", "--build", tmp_path / "build", "-j2"])
    names = ("digits", "small", "tinyengine_runtime")
    archives = [tmp_path / f"build/{name}/lib{name}.a" for name in names]
    path, begins = EXAMPLES["cmake"]
    for name in ("digits", "small"):
        example = root / name / path
        folders = [root / each / "src" for each in names]
        elf = example_firmware(tmp_path / name, board, example, begins, archives, folders)
        assert printed(elf, board) == f"{name}: ok\n"
