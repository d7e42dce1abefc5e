"""Every executed block goes to the operator whose call it ran under, however calls take turns."""

from dataclasses import replace

import pytest

from tests.run.firmware import INPUT_NBYTES, OUTPUT_NBYTES, build_fake, fake_input
from tests.support import require_tool
from tinyengine.board import load_board
from tinyengine.errors import ToolError, UsageError
from tinyengine.run import open_follower, open_runner
from tinyengine.run.cycles import disassemble
from tinyengine.run.profile import Cost, add_costs, call_lines, make_profile
from tinyengine.run.source_lines import load_source_lines

TICKS, FIRST, SECOND, HELPED = 10, 100, 7, 3

MODEL = f"""\
#include "fake.h"
#include "spin.h"
static const int spin_0 = {FIRST};
static const int spin_1 = {SECOND};
static const int other_2 = {HELPED};
__attribute__((noinline)) static void stream(void)
{{
    for (int tick = 0; tick < {TICKS}; tick++) {{
        te_spin(&spin_0,
                tick);
        te_spin(&spin_1, tick);
    }}
}}
__attribute__((noinline)) static void layer(void)
{{
    te_other(
        &other_2, 0);
}}
int fake_run(void *arena, const int8_t *input, int8_t *output)
{{
    (void)arena;
    (void)input;
    (void)output;
    te_spin(&spin_0 + 0, 0);
    stream();
    layer();
    return 0;
}}
"""

HEADER = """\
#include <stdint.h>
void te_spin(const int *count, int tick);
void te_other(const int *count, int tick);
"""

KERNELS = """\
#include "spin.h"
__attribute__((naked)) void te_spin(const int *count, int tick)
{
    __asm__("ldr r0, [r0]\\n1: subs r0, #1\\nbne 1b\\nbx lr");
}
__attribute__((naked)) void te_other(const int *count, int tick)
{
    __asm__("push {r4, lr}\\nbl te_spin\\npop {r4, pc}");
}
"""


def spin_instructions(count):
    return 2 + 2 * count


def spin_cycles(count):
    """Give load 2, count times subs 1 and bne 1, 2 more where it is taken, bx 1; 2 more for the bl.

    Source: Cortex-M4 TRM, 3.3.1, with 2 cycles to refill the pipeline.
    """
    return 2 + 2 * count + 2 * (count - 1) + 1 + 2


@pytest.fixture(scope="module")
def firmware(tmp_path_factory):
    folder = tmp_path_factory.mktemp("profile")
    warned = '#pragma GCC diagnostic ignored "-Wunused-parameter"\n'
    more = {"spin.c": warned + KERNELS, "spin.h": HEADER}
    sources = {name: text for name, text in more.items() if name.endswith(".c")}
    (folder / "spin.h").write_text(HEADER)
    return build_fake(folder, "mps2-an386", MODEL, more=sources)


def profile(elf, timing="cortex-m4", source=MODEL, board=None):
    lines = load_source_lines(elf, "fake.c")
    board = board or load_board("mps2-an386")
    with open_follower(elf, board, [OUTPUT_NBYTES], lines.functions) as runner:
        result = runner.infer([fake_input(nbytes=INPUT_NBYTES)])
    code = disassemble(elf, board.target.toolchain)
    made = make_profile(result.executed, code, lines, call_lines(source), timing)
    return made, result.instructions


def test_calls_that_take_turns_are_told_apart(firmware):
    made, total = profile(firmware)
    first, second, _ = made.operators
    assert first.instructions == TICKS * spin_instructions(FIRST)
    assert second.instructions == TICKS * spin_instructions(SECOND)
    assert made.total.instructions == total


def test_what_a_kernel_calls_is_part_of_it(firmware):
    made, _ = profile(firmware)
    assert made.operators[2].instructions == 3 + spin_instructions(HELPED)


def test_what_no_operator_calls_is_the_rest(firmware):
    made, total = profile(firmware)
    called = sum(operator.instructions for operator in made.operators)
    assert made.rest.instructions == total - called > spin_instructions(FIRST)


def test_cycles_are_those_of_the_timing_table(firmware):
    made, _ = profile(firmware)
    first, second, third = made.operators
    assert first.cycles == TICKS * spin_cycles(FIRST)
    assert second.cycles == TICKS * spin_cycles(SECOND)
    # push of 2 and pop of 2: 3 each; bl 1, and 2 for the calls and the return.
    assert third.cycles == 2 + 3 + 1 + spin_cycles(HELPED) + 2 + 3


def test_qemu_tells_the_same_as_unicorn(firmware):
    require_tool("qemu-system-arm")
    without_unicorn = load_board("mps2-an386")
    without_unicorn = replace(
        without_unicorn, target=replace(without_unicorn.target, unicorn_cpu=None)
    )
    theirs, counted = profile(firmware, board=without_unicorn)
    ours, _ = profile(firmware)
    assert theirs.operators == ours.operators
    # QEMU begins a block anew when it finds that it reads the timer, as the firmware does.
    assert 0 <= theirs.rest.instructions - ours.rest.instructions <= 10
    assert abs(theirs.total.instructions - counted) < 200  # its clock ticks every 40 instructions


def test_a_core_without_a_model_has_no_cycles(firmware):
    made, _ = profile(firmware, timing=None)
    assert made.total.cycles is None and made.operators[0].cycles is None


def test_another_c_file_is_noticed(firmware):
    source = MODEL.replace("te_spin(&spin_1, tick);", "").replace(
        "static const int spin_1 = 7;", "te_spin(&spin_1, tick);"
    )
    with pytest.raises(ToolError) as caught:
        profile(firmware, source=source)
    assert str(caught.value) == (
        "error: profile: the firmware never calls operator 0\n"
        "  hint: the C files are not those it was built from: compile the model again"
    )


def test_firmware_of_another_source_has_no_lines(firmware):
    with pytest.raises(UsageError) as caught:
        load_source_lines(firmware, "real.c")
    assert str(caught.value) == (
        f"error: {firmware}: has no debugging information of real.c\n"
        "  hint: compile the model again"
    )


def test_an_unfollowed_run_has_no_blocks(firmware):
    with open_runner(firmware, load_board("mps2-an386"), [OUTPUT_NBYTES]) as runner:
        assert runner.infer([fake_input(nbytes=INPUT_NBYTES)]).executed is None


def test_calls_are_of_the_operators_in_order_whatever_their_numbers_in_the_model():
    source = "x;\n        te_read_rows(reader, te_out(base + 0, 10, 1), 0, 1);\n"
    source += "        te_conv2d_s8(\n            &conv2d_7_2, te_in(base + 0, 10, 1),\n"
    source += "            te_out(base + 0, 10, 1), 0, 1);\n"
    assert call_lines(source) == {2: 0, 3: 1}


def test_the_sum_of_unknown_cycles_is_unknown():
    known, unknown = Cost(instructions=2, cycles=3.5), Cost(instructions=1, cycles=None)
    assert add_costs([known, known]) == Cost(instructions=4, cycles=7.0)
    assert add_costs([known, unknown]) == Cost(instructions=3, cycles=None)
