"""The host harness passes a right kernel and catches planted faults."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.kernels import host, host_build
from tinyengine.board.types import Isa
from tinyengine.ir import DType, Lookup, Quantization, Source, Tensor
from tinyengine.kernels.spec import Kernel, Progress, Struct

ROOT = Path(__file__).resolve().parents[2]

HEADER = """
#include <stdint.h>
#include "te_rows.h"
typedef struct { int32_t width; int32_t offset[2]; const int8_t *table; } te_planted_params;
void te_planted(const te_planted_params *op, te_src in, te_dst out, int32_t first, int32_t last);
"""

CODE = """
#include "te_planted.h"
void te_planted(const te_planted_params *op, te_src in, te_dst out, int32_t first, int32_t last)
{
    for (int32_t oh = first; oh < last; oh++) {
        const int8_t *from = te_src_row(in, oh);
        int8_t *to = te_dst_row(out, oh);
        for (int32_t i = 0; i < op->width; i++) {
            to[i] = op->table[from[i] + op->offset[1]];
        }
    }
}
"""

X = np.random.default_rng(1).integers(-128, 128, (1, 5, 3, 2)).astype(np.int8)


def lookup_op() -> Lookup:
    quant = Quantization(scale=(0.5,), zero_point=(0,))
    x = Tensor(name="x", shape=X.shape, dtype=DType.INT8, quant=quant)
    y = Tensor(name="y", shape=X.shape, dtype=DType.INT8, quant=quant)
    table = np.arange(127, -129, -1).astype(np.int8)
    source = Source(index=0, opcode="NEG", name="y")
    return Lookup(source=source, output=y, input=x, table=table, function="NEG")


def planted(
    monkeypatch: pytest.MonkeyPatch, folder: Path, fault: tuple[str, str] = ("", "")
) -> Kernel:
    (folder / "include").mkdir()
    (folder / "src" / "ref").mkdir(parents=True)
    rows = (ROOT / "runtime_c" / "include" / "te_rows.h").read_text()
    (folder / "include" / "te_rows.h").write_text(rows)
    (folder / "include" / "te_planted.h").write_text(HEADER)
    assert fault[0] in CODE
    (folder / "src" / "ref" / "te_planted.c").write_text(CODE.replace(*fault))
    monkeypatch.setattr(host_build, "runtime_dir", lambda: folder)

    def params(op: Lookup) -> Struct:
        members = {"width": 6, "offset": (0, 128), "table": op.table}
        return Struct(c_type="te_planted_params", members=members)

    return Kernel(
        folder="ref",
        function="te_planted",
        header="te_planted.h",
        isa=Isa.BASE,
        op=Lookup,
        params=params,
        progress=Progress.ELEMENT,
    )


def expected() -> np.ndarray:
    return (-1 - X.astype(np.int32)).astype(np.int8)


def test_a_right_kernel_passes(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    kernel = planted(monkeypatch, tmp_path)
    op = lookup_op()
    np.testing.assert_array_equal(host.run_kernel(kernel, op, [X]), expected())
    host.check_rows(kernel, op, [X], expected())
    host.check_overlap(kernel, op, [X], expected())


def test_a_read_beyond_the_input_is_caught_and_the_next_call_works(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    kernel = planted(monkeypatch, tmp_path, ("= op->table[from[i]", "= op->table[from[i + 1]"))
    with pytest.raises(AssertionError, match="heap-buffer-overflow"):
        host.run_kernel(kernel, lookup_op(), [X])
    with pytest.raises(AssertionError, match="heap-buffer-overflow"):
        host.run_kernel(kernel, lookup_op(), [X])


def test_a_write_beyond_the_output_is_caught(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    kernel = planted(monkeypatch, tmp_path, ("to[i] =", "to[i + 1] ="))
    with pytest.raises(AssertionError, match="heap-buffer-overflow"):
        host.run_kernel(kernel, lookup_op(), [X])


def test_undefined_behaviour_is_caught(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    kernel = planted(monkeypatch, tmp_path, ("oh < last; oh++", "oh < last; oh += 0x7fffffff"))
    with pytest.raises(AssertionError, match="signed integer overflow"):
        host.check_rows(kernel, lookup_op(), [X], expected())


def test_a_kernel_that_ignores_the_ring_is_caught(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    fault = ("te_src_row(in, oh)", "(const int8_t *)in.base + oh * in.row_bytes")
    kernel = planted(monkeypatch, tmp_path, fault)
    np.testing.assert_array_equal(host.run_kernel(kernel, lookup_op(), [X]), expected())
    with pytest.raises(AssertionError):
        host.check_rows(kernel, lookup_op(), [X], expected())


def test_a_kernel_that_writes_too_early_is_caught(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    fault = ("    for (int32_t i = 0; i <", "    to[5] = 0;\n        for (int32_t i = 0; i <")
    kernel = planted(monkeypatch, tmp_path, fault)
    np.testing.assert_array_equal(host.run_kernel(kernel, lookup_op(), [X]), expected())
    with pytest.raises(AssertionError):
        host.check_overlap(kernel, lookup_op(), [X], expected())


def test_a_warning_of_the_compiler_is_an_error(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    kernel = planted(monkeypatch, tmp_path, ("for (int32_t i = 0;", "for (int8_t i = 1000;"))
    with pytest.raises(AssertionError, match="Werror"):
        host.run_kernel(kernel, lookup_op(), [X])


def test_members_other_than_the_struct_has_are_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    kernel = replace(
        planted(monkeypatch, tmp_path),
        params=lambda _: Struct(c_type="te_planted_params", members={"width": 6}),
    )
    with pytest.raises(AssertionError, match="has members"):
        host.run_kernel(kernel, lookup_op(), [X])


def test_row_progress_allows_a_row_of_distance_and_element_none() -> None:
    op = lookup_op()
    assert host.overlap_distance(op, op.input, Progress.ELEMENT) == 0
    assert host.overlap_distance(op, op.input, Progress.PIXEL) == 2
    assert host.overlap_distance(op, op.input, Progress.ROW) == 6
    assert host.overlap_distance(op, op.input, Progress.WHOLE) == 30
