"""Rows of any element type stand where their bytes say, in a ring too."""

import subprocess
from pathlib import Path

from tests.support import require_tool
from tinyengine.resources import runtime_dir

PROGRAM = """
#include "te_rows.h"

/* A ring of two rows of three elements: of row 5 the second element is set and read back. */
int main(void)
{
    int16_t narrow[6] = {0};
    int32_t wide[6] = {0};
    te_dst_row_s16(te_out(narrow, 6, 2), 5)[1] = 7;
    te_dst_row_s32(te_out(wide, 12, 2), 5)[1] = -9;
    const int at_their_places = narrow[4] == 7 && wide[4] == -9;
    const int read_back = te_src_row_s16(te_in(narrow, 6, 2), 5)[1] == 7 &&
                          te_src_row_s32(te_in(wide, 12, 2), 5)[1] == -9 &&
                          te_src_row(te_in(narrow, 6, 2), 5) == (const int8_t *)&narrow[3];
    return at_their_places && read_back ? 0 : 1;
}
"""


def test_rows_of_wider_elements_are_found_by_their_bytes(tmp_path: Path) -> None:
    gcc = require_tool("gcc")
    source, binary = tmp_path / "rows.c", tmp_path / "rows"
    source.write_text(PROGRAM)
    flags = ["-std=c11", "-Wall", "-Wextra", "-Wcast-align", "-pedantic", "-Werror"]
    flags += ["-fsanitize=address,undefined", f"-I{runtime_dir() / 'include'}"]
    subprocess.run([gcc, *flags, str(source), "-o", str(binary)], check=True)
    assert subprocess.run([binary], check=False).returncode == 0
