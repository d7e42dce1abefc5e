"""Logistic and tanh of 16 bits in C are the reference's for every number there is."""

import subprocess
from pathlib import Path

import numpy as np

from tests.support import require_tool
from tinyengine.reference import fixed_point_s16
from tinyengine.resources import runtime_dir

PROGRAM = """
#include <stdio.h>
#include "te_fixed_s16.h"

int main(void)
{
    for (int32_t bits = 0; bits <= 7; bits++) {
        for (int32_t x = INT16_MIN; x <= INT16_MAX; x++) {
            const int32_t y = bits < 7 ? te_tanh_s16(x, bits) : te_logistic_s16(x);
            fwrite(&y, sizeof y, 1, stdout);
        }
    }
    return 0;
}
"""


def test_every_number_gives_what_the_reference_does(tmp_path: Path) -> None:
    gcc = require_tool("gcc")
    (tmp_path / "all.c").write_text(PROGRAM)
    flags = ["-std=c11", "-Wall", "-Wextra", "-Werror", "-O1", "-fsanitize=undefined"]
    folder = runtime_dir() / "src" / "shared"
    command = [gcc, *flags, "-fno-sanitize-recover", f"-I{folder}", "all.c", "-o", "all"]
    subprocess.run(command, cwd=tmp_path, check=True)
    done = subprocess.run([tmp_path / "all"], capture_output=True, check=True)
    found = np.frombuffer(done.stdout, np.int32).reshape(8, 1 << 16)
    raw = np.arange(-32768, 32768)
    for bits in range(7):
        np.testing.assert_array_equal(found[bits], fixed_point_s16.tanh(raw, bits))
    np.testing.assert_array_equal(found[7], fixed_point_s16.logistic(raw))
