"""A model with state takes its steps on an emulated board as the reference does."""

import shutil
import subprocess
from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path

import numpy as np
import pytest

from tests.builders.graphs import GraphBuilder
from tests.builders.odd_operators import halves, known, running
from tests.schedule.test_states import delayed, fed_rows
from tests.support import require_tool
from tinyengine.board import load_board
from tinyengine.board.types import Isa
from tinyengine.compiler import Compiled, ModelIdentity, Options
from tinyengine.ir import Array, Graph
from tinyengine.lower import Program, lower
from tinyengine.passes import run_passes
from tinyengine.product.build import Firmware
from tinyengine.product.output_directory import write_tree
from tinyengine.product.project import Interface, build_project, make_project
from tinyengine.reference import run as run_reference
from tinyengine.reference.execute import first_states
from tinyengine.render import Origin, render_model
from tinyengine.report.assemble import Measured, assemble
from tinyengine.report.report import BufferKind, PlacementEntry
from tinyengine.resources import runtime_dir
from tinyengine.run import open_runner
from tinyengine.schedule import Objective, make_plan

ORIGIN = Origin(model="net.tflite", sha256="0" * 64, command="none")


def program_of(graph: Graph, objective: Objective, *, stream_input: bool = False) -> Program:
    plan = make_plan(run_passes(graph), Isa.DSP, objective=objective, stream_input=stream_input)
    return lower(plan, "net")


def built(program: Program, folder: Path) -> Firmware:
    """The firmware of `program` for stm32f746."""
    require_tool("arm-none-eabi-gcc")
    tree = render_model(program, ORIGIN)
    write_tree(folder, tree)
    sources = [path for path in tree if path.endswith(".c")]
    project = make_project(
        Interface.of_program(program), load_board("stm32f746"), "A test.", sources
    )
    firmware = build_project(project, folder, lambda _: nullcontext())
    assert isinstance(firmware, Firmware)
    return firmware


@pytest.mark.parametrize("stream_input", [False, True])
@pytest.mark.parametrize("objective", [Objective.SPEED, Objective.SRAM])
def test_steps_on_the_board_equal_the_reference(
    objective: Objective, stream_input: bool, tmp_path: Path
) -> None:
    graph = delayed()
    firmware = built(program_of(graph, objective, stream_input=stream_input), tmp_path)
    (output,) = graph.output_tensors
    states = first_states(graph)
    with open_runner(
        firmware.elf, load_board("stm32f746"), [output.nbytes], trace_writes=True
    ) as runner:
        for row in fed_rows(4):
            done = runner.step([row.tobytes()])
            (right,) = run_reference(graph, [row], states)
            assert done.outputs == (right.tobytes(),)


def test_the_header_tells_of_the_state_and_what_begins_it() -> None:
    files = render_model(program_of(delayed(), Objective.BALANCED), ORIGIN)
    header, code = files["net.h"], files["net.c"]
    assert "#define NET_STATE_BYTES 72" in header
    assert " * 'state0': int8 [1, 3, 6, 4], 72 bytes at 0, begins with zeros" in header
    for function in ("int net_init(void *arena)", "int net_step(void *arena,", "int net_run("):
        assert function in header and function in code
    assert "memset(base, 0, NET_STATE_BYTES);" in code
    assert " *         (void)net_init(arena);" in header
    assert " *         if (net_step(arena, input, output) != NET_OK) {" in header


def test_the_report_tells_of_the_state() -> None:
    graph = delayed()
    plan = make_plan(run_passes(graph), Isa.DSP)
    program = lower(plan, "net")
    compiled = Compiled(
        identity=ModelIdentity(name="net", file="net.tflite", sha256="0" * 64),
        options=Options(board=load_board("stm32f746")),
        graph=graph,
        plan=plan,
        program=program,
        tree={},
        banner="",
    )
    sizes = ("code", "weights", "other_constants", "firmware_flash", "firmware_ram", "static")
    placement = PlacementEntry(
        stack="dtcm",
        arena=("dtcm",),
        kernels="flash",
        kernels_nbytes=0,
        kernels_files=(),
        memories=(),
    )
    measured = Measured(
        **dict.fromkeys(sizes, 0),
        stack=0,
        instructions=None,
        emulator="unicorn",
        placement=placement,
    )
    report = assemble(compiled, measured, [], [])
    (state,) = [buffer for buffer in report.buffers if buffer.kind is BufferKind.STATE]
    assert (state.name, state.offset, state.nbytes) == ("state0", 0, 72)
    assert (state.first, state.last) == (0, len(plan.blocks) + 1)
    assert Interface.of_report(report) == Interface.of_program(program)


MAIN = """
static _Alignas(16) int8_t arena[NET_ARENA_BYTES];
static int8_t y[NET_OUTPUT_BYTES];

static int is(int status, const int8_t *right)
{
    return status == NET_OK && memcmp(y, right, sizeof y) == 0;
}

int main(void)
{
    memset(arena, 85, sizeof arena);
    if (!is(net_run(arena, x0, y), y0) || !is(net_step(arena, x1, y), y1)) {
        return 1;
    }
    if (!is(net_run(arena, x0, y), y0) || net_init(arena) != NET_OK) {
        return 2;
    }
    memset(arena + NET_STATE_BYTES, 85, sizeof arena - NET_STATE_BYTES);
    if (!is(net_step(arena, x0, y), y0) || !is(net_step(arena, x1, y), y1)) {
        return 3;
    }
    return net_init(NULL) == NET_ERROR_NULL && net_init(arena + 1) == NET_ERROR_ALIGNMENT ? 0 : 4;
}
"""
"""Steps, runs, and steps anew; what is not the state may be overwritten in between."""


def run_on_host(graph: Graph, inputs: Sequence[Array], folder: Path) -> int:
    """Compile the steps of `graph` on two inputs under the sanitizers; give what MAIN returns."""
    gcc = require_tool("gcc")
    states = first_states(graph)
    right = [run_reference(graph, [x], states)[0] for x in inputs]
    program = lower(make_plan(run_passes(graph), Isa.BASE), "net")
    write_tree(folder, render_model(program, ORIGIN))
    arrays = [
        f"static const int8_t {name}[] = {{{', '.join(map(str, values.ravel()))}}};\n"
        for name, values in zip(("x0", "x1", "y0", "y1"), (*inputs, *right), strict=True)
    ]
    text = "".join(['#include <string.h>\n#include "net.h"\n', *arrays, MAIN])
    (folder / "main.c").write_text(text)
    sources = [str(path) for path in (*folder.glob("*.c"), *folder.glob("te/*.c"))]
    flags = ["-std=c11", "-Wall", "-Wextra", "-Werror", "-fsanitize=address,undefined"]
    subprocess.run([gcc, *flags, *sources, "-o", str(folder / "net")], check=True)
    return subprocess.run([folder / "net"], check=False).returncode


def test_a_run_is_a_first_step(tmp_path: Path) -> None:
    assert run_on_host(delayed(), fed_rows(5)[:2], tmp_path) == 0


ODD = {
    "include/te_odd.h": """\
#ifndef TE_ODD_H
#define TE_ODD_H
#include "te_rows.h"
typedef struct { int32_t pixels; int32_t channels; } te_odd_halves_params;
typedef struct { int32_t row_elements; } te_odd_running_params;
void te_odd_halves(const te_odd_halves_params *op, te_src in, te_dst first_half, te_dst second_half,
                   int32_t first, int32_t last);
void te_odd_running(const te_odd_running_params *op, te_src in, te_dst out, te_dst total,
                    int32_t first, int32_t last);
#endif
""",
    "src/ref/te_odd_halves.c": """\
#include <string.h>
#include "te_odd.h"
void te_odd_halves(const te_odd_halves_params *op, te_src in, te_dst first_half, te_dst second_half,
                   int32_t first, int32_t last)
{
    const int32_t n = op->channels;
    for (int32_t row = first; row < last; row++) {
        for (int32_t i = 0; i < op->pixels; i++) {
            const int8_t *const from = te_src_row(in, row) + 2 * n * i;
            memcpy(te_dst_row(first_half, row) + n * i, from, (size_t)n);
            memcpy(te_dst_row(second_half, row) + n * i, from + n, (size_t)n);
        }
    }
}
""",
    "src/ref/te_odd_running.c": """\
#include "te_odd.h"
void te_odd_running(const te_odd_running_params *op, te_src in, te_dst out, te_dst total,
                    int32_t first, int32_t last)
{
    for (int32_t row = first; row < last; row++) {
        for (int32_t i = 0; i < op->row_elements; i++) {
            int8_t *const sum = te_dst_row(total, row) + i;
            *sum = (int8_t)(*sum + te_src_row(in, row)[i]);
            te_dst_row(out, row)[i] = *sum;
        }
    }
}
""",
}


def test_two_outputs_and_a_state_in_place_reach_the_kernels(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    runtime = tmp_path / "runtime"
    shutil.copytree(runtime_dir(), runtime)
    for path, text in ODD.items():
        (runtime / path).write_text(text)
    monkeypatch.setattr("tinyengine.lower.runtime_dir", lambda: runtime)
    monkeypatch.setattr("tinyengine.render.runtime_dir", lambda: runtime)
    b = GraphBuilder(0)
    x = b.input((1, 5, 4, 6))
    begins = np.arange(120).reshape(1, 5, 4, 6) - 60
    total = b.state((1, 5, 4, 6), quant=x.quant, initial=begins)
    first, second = halves(b, running(b, x, total))
    rng = np.random.default_rng(0)
    inputs = [rng.integers(-128, 128, x.shape).astype(np.int8) for _ in range(2)]
    with known(monkeypatch):
        graph = b.build(b.concat(second, b.depthwise(first)))
        assert run_on_host(graph, inputs, tmp_path / "net") == 0
        code = (tmp_path / "net" / "net.c").read_text()
    assert "NET_OFFSET_STATE0 = 0," in code
    assert "memcpy(base + NET_OFFSET_STATE0, net_state0, 120);" in code
