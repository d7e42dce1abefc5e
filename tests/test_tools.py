"""A toolchain is found in the order named, PATH, wheel, clang; each of them does its work."""

import shutil
import sys
from pathlib import Path

import pytest

from tests.board.project import ADD_ONE, write_project
from tests.cli.command import path_without, refused, succeeded
from tests.support import require_module, require_tool
from tinyengine.board import load_board
from tinyengine.errors import ToolError
from tinyengine.product import tools as tools_module
from tinyengine.product.build import build
from tinyengine.product.tools import Origin, find_tools
from tinyengine.run.cycles import disassemble
from tinyengine.run.cycles.capstone_reader import disassemble_with_capstone

BOARD = load_board("stm32f746")
TOOLCHAIN = BOARD.target.toolchain
GNU = ("arm-none-eabi-gcc", "arm-none-eabi-objcopy")


def programs(folder: Path, *names: str) -> Path:
    """Make programs that do nothing, under these names."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        (folder / name).write_text("#!/bin/sh\n")
        (folder / name).chmod(0o755)
    return folder


@pytest.fixture
def everything(tmp_path, monkeypatch):
    """Give a folder with every toolchain that may be found."""
    programs(tmp_path / "path", *GNU)
    programs(tmp_path / "llvm", "clang", "ld.lld", "llvm-objcopy")
    programs(tmp_path / "named", "my-gcc", "my-objcopy")
    wheel = programs(tmp_path / "wheel" / "gcc_arm_none_eabi" / "toolchain" / "bin", *GNU)
    (wheel.parent.parent / "__init__.py").write_text("")
    monkeypatch.syspath_prepend(str(tmp_path / "wheel"))
    monkeypatch.setenv("PATH", f"{tmp_path / 'path'}:{tmp_path / 'llvm'}")
    monkeypatch.delenv("CROSS", raising=False)
    return tmp_path


def test_the_order_is_named_then_path_then_wheel_then_clang(everything, monkeypatch):
    monkeypatch.setenv("CROSS", str(everything / "named" / "my-"))
    named = find_tools(TOOLCHAIN)
    assert named.origin is Origin.NAMED
    assert named.compiler == str(everything / "named" / "my-gcc")
    monkeypatch.delenv("CROSS")
    assert find_tools(TOOLCHAIN).compiler == str(everything / "path" / GNU[0])
    shutil.rmtree(everything / "path")
    found = find_tools(TOOLCHAIN)
    assert found.origin is Origin.WHEEL
    assert found.compiler.endswith("gcc_arm_none_eabi/toolchain/bin/arm-none-eabi-gcc")
    monkeypatch.setattr(tools_module, "wheel_folder", lambda _: None)
    found = find_tools(TOOLCHAIN)
    assert (found.origin, found.is_clang) == (Origin.CLANG, True)
    assert found.objcopy == str(everything / "llvm" / "llvm-objcopy")
    (everything / "llvm" / "ld.lld").unlink()
    with pytest.raises(ToolError, match="arm-none-eabi-gcc, arm-none-eabi-objcopy: not found"):
        find_tools(TOOLCHAIN)


def test_a_gcc_without_its_objcopy_is_not_taken(everything):
    (everything / "path" / GNU[1]).unlink()
    assert find_tools(TOOLCHAIN).origin is Origin.WHEEL


def test_what_is_named_and_not_there_is_refused(monkeypatch):
    monkeypatch.setenv("CROSS", "/none/arm-")
    with pytest.raises(ToolError) as caught:
        find_tools(TOOLCHAIN)
    assert str(caught.value) == (
        "error: /none/arm-gcc, /none/arm-objcopy: not found; CROSS or --toolchain names it\n"
        "  hint: write what comes before 'gcc', like CROSS=/opt/arm/bin/arm-none-eabi-"
    )


def test_the_option_names_a_toolchain(small, monkeypatch):
    monkeypatch.setenv("CROSS", "")  # so that it is put back after the test
    message = refused(5, "compile", small, "--board", "stm32f746", "--toolchain", "/none/x-")
    assert message.startswith("error: /none/x-gcc, /none/x-objcopy: not found;")


def test_clang_builds_firmware_that_is_measured(tmp_path, monkeypatch):
    require_tool("clang")
    require_tool("ld.lld")
    require_tool("llvm-objcopy")
    project = write_project(tmp_path, BOARD, ADD_ONE)
    with_gcc = build(project, BOARD).sizes
    monkeypatch.setenv("CROSS", "clang")
    sizes = build(project, BOARD).sizes
    assert sizes.firmware_ram == with_gcc.firmware_ram
    assert sizes.weights == sizes.model_static == 0
    assert 0 < sizes.code < 2 * with_gcc.code
    assert 0.5 < sizes.firmware_flash / with_gcc.firmware_flash < 1.5


def test_doctor_says_which_toolchain_and_why(everything, monkeypatch):
    monkeypatch.setenv("CROSS", str(everything / "named" / "my-"))
    text = " ".join(succeeded("doctor").stdout.split())
    assert "named/my-gcc: named by CROSS or --toolchain" in text.replace("- ", "-")


@pytest.mark.parametrize("board", ["stm32f746", "mps2-an386", "microbit"])
def test_capstone_tells_what_objdump_tells(board, small, tmp_path):
    require_module("capstone")
    require_tool("arm-none-eabi-objdump")
    succeeded("compile", small, "--board", board, "-o", tmp_path / "out")
    elf = tmp_path / "out" / "firmware.elf"
    expected, found = disassemble(elf, TOOLCHAIN), disassemble_with_capstone(elf)
    aspects = (
        "nbytes", "kind", "is_conditional", "listed", "last_register", "shifted_register",
        "address_registers", "updated_base", "writes", "sum_registers", "stored", "reads",
    )  # fmt: skip
    assert len(expected) > 1000
    padding = {address for address, one in expected.items() if not one.mnemonic}
    # Of zeros in a row objdump shows the first ones and dots.
    zeros = {a for a, one in found.items() if (one.mnemonic, one.operands) == ("movs", "r0, r0")}
    padding |= zeros - expected.keys()
    assert expected.keys() - padding == found.keys() - padding
    for address in found.keys() - padding:
        one, other = expected[address], found[address]
        assert [getattr(one, a) for a in aspects] == [getattr(other, a) for a in aspects], one


def test_profile_counts_the_same_without_objdump_and_compiler(small, tmp_path, monkeypatch):
    require_module("capstone")
    require_tool("arm-none-eabi-objdump")
    succeeded("compile", small, "--board", "stm32f746", "-o", tmp_path / "out")
    expected = succeeded("profile", tmp_path / "out", "--json").json()
    assert expected["modelled"] == ["cycles", "flash_lines", "waits", "ms"]
    without = path_without(tmp_path / "bin", "arm-none-eabi-objdump", "cc", "gcc", "clang")
    monkeypatch.setenv("PATH", without)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    forget_the_compiled_counter()
    try:
        found = succeeded("profile", tmp_path / "out", "--json").json()
    finally:
        forget_the_compiled_counter()
    # Lines of flash are followed by compiled code alone.
    assert found["modelled"] == ["cycles", "ms"]
    assert without_waits(found) == without_waits(expected)


def without_waits(profile):
    """Give a profile without what depends on how lines of flash are waited for."""
    rows = [*profile["operators"], profile["rest"], profile["total"]]
    for row in rows:
        for key in ("flash_lines", "waits", "ms"):
            del row[key]
    del profile["modelled"]
    return profile


def forget_the_compiled_counter():
    """Forget the compiled counter, which is loaded once in a process."""
    sys.modules["tinyengine.run.native.counter"].load_library.cache_clear()
