"""The headers of all kernels can stand in one file: a model may use kernels of several families."""

import subprocess
from pathlib import Path

import pytest

from tests.support import require_tool
from tinyengine.board.types import Isa
from tinyengine.kernels.registry import KERNELS
from tinyengine.resources import runtime_dir

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
