"""The headers of all kernels can stand in one file: a model may use kernels of several families.

Those in `include` only declare; what is emitted is all in one folder.
"""

import re
import subprocess
from collections import Counter
from pathlib import Path

import pytest

from tests.support import require_tool
from tinyengine.board.types import Isa
from tinyengine.kernels.registry import KERNELS
from tinyengine.resources import DUAL_FOLDER, SHORT_FOLDER, runtime_dir

CORES = {Isa.BASE: "cortex-m3", Isa.DSP: "cortex-m7", Isa.MVE: "cortex-m55"}


@pytest.mark.parametrize("isa", CORES, ids=lambda isa: isa.value)
def test_the_headers_of_all_kernels_of_a_core_go_together(isa: Isa, tmp_path: Path) -> None:
    require_tool("arm-none-eabi-gcc")
    kernels = [kernel for kernel in KERNELS if kernel.isa in isa.includes]
    headers = sorted({kernel.header for kernel in kernels})
    assert len(headers) > 10
    source = tmp_path / "all.c"
    source.write_text("".join(f'#include "{name}"\n' for name in headers))
    command = ["arm-none-eabi-gcc", f"-mcpu={CORES[isa]}", "-mthumb", "-mfloat-abi=soft"]
    command += ["-std=c11", "-O1", "-Wall", "-Werror", "-Wno-unused-function"]
    command += [f"-I{runtime_dir() / 'include'}", "-c", str(source), "-o", str(tmp_path / "all.o")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_include_only_declares() -> None:
    folder = runtime_dir() / "include"
    headers = {path.name: path.read_text() for path in folder.glob("*.h")}
    # The rows are the exception: the emitted model makes its operands with them.
    bodies = {name for name, text in headers.items() if re.search(r"\)\n\{|\bstatic\b|__asm", text)}
    assert bodies == {"te_rows.h"}
    for text in headers.values():
        assert set(re.findall(r'#include "(.+)"', text)) <= set(headers)


def test_files_of_the_runtime_have_names_of_their_own() -> None:
    folders = (runtime_dir() / "include", runtime_dir() / "src")
    names = Counter(path.name for folder in folders for path in folder.rglob("*.[ch]"))
    assert max(names.values()) == 2, "a header, and the one that replaces it"
    # A core that issues two instructions at a time has headers in place of some others, and so has
    # one with a small cache of code.
    other = (runtime_dir() / DUAL_FOLDER, runtime_dir() / SHORT_FOLDER)
    instead = {path.name for folder in other for path in folder.iterdir()}
    dsp = {path.name for path in (runtime_dir() / "src" / "dsp").iterdir()}
    assert {name for name, count in names.items() if count > 1} == instead & dsp


def test_every_header_is_included_somewhere() -> None:
    folders = (runtime_dir() / "include", runtime_dir() / "src")
    paths = [path for folder in folders for path in folder.rglob("*.[ch]")]
    included = {name for path in paths for name in re.findall(r'#include "(.+)"', path.read_text())}
    assert {path.name for path in paths if path.suffix == ".h"} - {"te_rows.h"} <= included
