"""The C of every real model: no warning, no float, no libc but two calls, the same bytes always."""

import filecmp
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from elftools.elf.elffile import ELFFile

from tests.cli.command import tinyengine
from tests.models.real import SMALL, slow_but
from tests.support import FindModel, require_tool
from tinyengine.board import load_board
from tinyengine.compiler import Options, compile_model

pytestmark = pytest.mark.models

WARNINGS = [
    "-Wall",
    "-Wextra",
    "-Wpedantic",
    "-Wconversion",
    "-Wshadow",
    "-Wundef",
    "-Wvla",
    "-Wmissing-prototypes",
    "-Wstrict-prototypes",
    "-Wcast-align",
    "-Wcast-qual",
    "-Werror",
]

CORES = {
    "mps2-an385": "-mcpu=cortex-m0",  # the portable kernels, which a Cortex-M3 runs too
    "mps2-an500": "-mcpu=cortex-m7",
    "mps3-an547": "-mcpu=cortex-m55",
}
"""For each set of kernels: a board large enough for all models, and the core to compile for."""

LIBC = {"memcpy", "memset"}
INTEGER_HELPER = re.compile(
    r"__aeabi_(l\w+|ll\w+|u?idiv|u?idivmod|uldivmod|ldivmod|memcpy[48]?|memset[48]?|memclr[48]?)"
    r"|__gnu_thumb1_case_\w+|__clzsi2|__clzdi2"
)
"""What libgcc adds for integers. Source: Run-time ABI for the Arm Architecture, 4.2 and 4.3.4."""

FLOAT_IN_C = re.compile(
    r"\b(?:float|double|_Float\w+|__fp16|float\d+_t|math\.h|float\.h|tgmath\.h)\b"
    r"|\b\d+\.\d*(?:[eE]|\b)|\b\d+[eE][-+]?\d"
)


def emit(model: Path, board: str, folder: Path) -> list[Path]:
    """Write the model's C sources into `folder`; give their paths."""
    tree = compile_model(model, Options(board=load_board(board))).tree
    for name, text in tree.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return [folder / name for name in tree]


def without_comments(text: str) -> str:
    return re.sub(r"/\*.*?\*/|//[^\n]*", " ", text, flags=re.DOTALL)


def integer_part(text: str) -> str:
    """Give C without comments, the macros of scales, and what WITH_FLOAT switches on."""
    code = without_comments(text)
    code = re.sub(r"^#define \w+_SCALE [^\n]*$", " ", code, flags=re.MULTILINE)
    return re.sub(r"^#ifdef \w+_WITH_FLOAT$.*?^#endif$", " ", code, flags=re.DOTALL | re.MULTILINE)


def compile_objects(sources: list[Path], core: str, folder: Path) -> list[Path]:
    objects = []
    for source in sources:
        objects.append(folder / f"{source.stem}.o")
        command = ["arm-none-eabi-gcc", core, "-mthumb", "-mfloat-abi=soft", "-std=c11", "-O2"]
        command += [*WARNINGS, f"-I{folder}", "-c", str(source), "-o", str(objects[-1])]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0 and done.stderr == "", done.stderr
    return objects


def undefined_symbols(objects: list[Path]) -> set[str]:
    """Give the symbols that `objects` need and none of them defines."""
    needed, defined = set(), set()
    for path in objects:
        with path.open("rb") as file:
            for symbol in ELFFile(file).get_section_by_name(".symtab").iter_symbols():
                if symbol["st_shndx"] == "SHN_UNDEF":
                    needed.add(symbol.name)
                elif symbol["st_info"]["bind"] in ("STB_GLOBAL", "STB_WEAK"):
                    defined.add(symbol.name)
    return needed - defined - {""}


def writable_nbytes(path: Path) -> int:
    with path.open("rb") as file:
        sections = ELFFile(file).iter_sections()
        return sum(s["sh_size"] for s in sections if s["sh_flags"] & 1 and s["sh_flags"] & 2)


@pytest.mark.parametrize("name", slow_but(SMALL))
@pytest.mark.parametrize("board", CORES)
def test_the_code_is_clean(name: str, board: str, shared_model: FindModel, tmp_path: Path) -> None:
    require_tool("arm-none-eabi-gcc")
    files = emit(shared_model(name), board, tmp_path)
    for path in files:
        assert not FLOAT_IN_C.search(integer_part(path.read_text())), path.name
    objects = compile_objects([p for p in files if p.suffix == ".c"], CORES[board], tmp_path)
    others = {
        symbol
        for symbol in undefined_symbols(objects)
        if symbol not in LIBC and not INTEGER_HELPER.fullmatch(symbol)
    }
    assert others == set()
    assert sum(writable_nbytes(path) for path in objects) == 0


def test_the_check_finds_floats_and_calls(tmp_path: Path) -> None:
    require_tool("arm-none-eabi-gcc")
    assert FLOAT_IN_C.search("x = 1.5f;") and FLOAT_IN_C.search("double y;")
    assert not FLOAT_IN_C.search(without_comments("/* 1.5 float */ x = 0x1e5u + 15; a.b = 1;"))
    source = tmp_path / "f.c"
    source.write_text(
        "int printf(const char *text, ...);\nint f(int a);\nint g;\n"
        'int f(int a) { g = a; return printf("%d", a / 3) + (int)((double)a * 0.5); }\n'
    )
    (made,) = compile_objects([source], "-mcpu=cortex-m0", tmp_path)
    found = undefined_symbols([made])
    assert {"printf", "__aeabi_dmul", "__aeabi_i2d"} <= found
    assert not any(INTEGER_HELPER.fullmatch(name) for name in found if name != "__aeabi_idiv")
    assert writable_nbytes(made) == 4


@pytest.mark.parametrize("name", slow_but(SMALL))
def test_two_compilations_give_identical_bytes(
    name: str, shared_model: FindModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    require_tool("arm-none-eabi-gcc")
    folders = tmp_path / "a", tmp_path / "another" / "folder with space"
    for folder in folders:
        folder.mkdir(parents=True)
        shutil.copy(shared_model(name), folder / "model.tflite")
        monkeypatch.chdir(folder)
        model = folder / "model.tflite" if folder is folders[0] else "model.tflite"
        outcome = tinyengine("compile", model, "--board", "mps2-an500", "-o", "out")
        assert outcome.code == 0, outcome.stderr
    first, second = (folder / "out" for folder in folders)
    names = sorted(str(p.relative_to(first)) for p in first.rglob("*") if p.is_file())
    assert names == sorted(str(p.relative_to(second)) for p in second.rglob("*") if p.is_file())
    _, different, failed = filecmp.cmpfiles(first, second, names, shallow=False)
    assert (different, failed) == ([], [])
    assert {"firmware.elf", "firmware.bin", "firmware.map", "report.json"} <= set(names)
