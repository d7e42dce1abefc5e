"""The very ELF on Unicorn: results, exact counts, and every access that a board would not allow."""

import os
import re
import signal
import threading
from dataclasses import replace
from time import monotonic

import pytest

from tests.run.firmware import OUTPUT_NBYTES, Behaviour, build_fake, fake_input, fake_output
from tinyengine.board import load_board
from tinyengine.errors import ToolError, WrongResultError
from tinyengine.run import Emulator, open_follower, open_runner, run_firmware
from tinyengine.run.image import load_image
from tinyengine.run.result import Misses
from tinyengine.run.unicorn import run as unicorn_run

BOARDS = ("stm32f746", "stm32f405", "microbit", "mps2-an505")  # one per serial port and family


def run(elf, board, behaviour, **options):
    with open_runner(elf, board, [OUTPUT_NBYTES], emulator=Emulator.UNICORN, **options) as runner:
        return runner.infer([fake_input(behaviour)])


@pytest.mark.parametrize("name", BOARDS)
def test_inference_over_the_line(fake_elf, name):
    board = load_board(name)
    with open_runner(fake_elf(name), board, [OUTPUT_NBYTES], emulator=Emulator.UNICORN) as runner:
        for start in (1, 77):
            data = bytes([Behaviour.COMPUTE]) + bytes((start + 3 * i) & 255 for i in range(599))
            result = runner.infer([data])
            assert result.outputs == (fake_output(data),)
            assert 1000 < result.stack_nbytes < 1200  # the function has an array of 1000 bytes
            assert result.emulator is Emulator.UNICORN
            assert result.ticks is None


@pytest.mark.parametrize("name", ["stm32f746", "microbit"])
def test_instructions_are_exact(fake_elf, name):
    result = run(fake_elf(name), load_board(name), Behaviour.LOOP)
    assert result.instructions_by_function["loop"] == 2 + 7 * 100_000 + 1
    assert sum(result.instructions_by_function.values()) == result.instructions


def test_counts_begin_anew_with_every_inference(fake_elf):
    board = load_board("stm32f746")
    with open_runner(fake_elf("stm32f746"), board, [OUTPUT_NBYTES]) as runner:
        counts = [
            runner.infer([fake_input(behaviour)]).instructions
            for behaviour in (Behaviour.LOOP, Behaviour.COMPUTE, Behaviour.LOOP)
        ]
    assert counts[0] == counts[2] != counts[1]


FAULTS = {
    Behaviour.WRITE_FLASH: ("write to 0x08000040 in flash", "write_at"),
    Behaviour.READ_NOWHERE: ("read of 0x70000000, outside the board's memories", "read_at"),
    Behaviour.WRITE_NOWHERE: ("write to 0x70000000, outside the board's memories", "write_at"),
    Behaviour.CALL_RAM: ("instruction fetch from 0x20000000 in dtcm", "0x20000000"),
    Behaviour.CALL_NOWHERE: ("instruction fetch from 0x70000000", "0x70000000"),
    Behaviour.CALL_PAST_FLASH: ("instruction fetch from 0x08100000", "0x08100000"),
    Behaviour.UNDEFINED: ("undefined instruction", "fake_run"),
    Behaviour.SUPERVISOR_CALL: ("exception SVC", "fake_run"),
    Behaviour.BREAKPOINT: ("exception BKPT", "fake_run"),
    Behaviour.UNKNOWN_PERIPHERAL: ("write to 0x4000fc00", "write_at"),
    Behaviour.READ_OUTSIDE_BLOCK: ("read of 0x40011400, a peripheral", "read_at"),
    Behaviour.READ_PAST_RAM: ("read of 0x20050000", "read_at"),
    Behaviour.WRITE_PAST_RAM: ("write to 0x20050000", "write_at"),
}


@pytest.mark.parametrize("behaviour", FAULTS, ids=lambda b: b.name.lower())
def test_forbidden_access_stops_with_its_place(fake_elf, behaviour):
    problem, place = FAULTS[behaviour]
    with pytest.raises(WrongResultError) as caught:
        run(fake_elf("stm32f746"), load_board("stm32f746"), behaviour)
    text = str(caught.value)
    assert text.startswith(f"error: firmware.elf on stm32f746 (unicorn): {problem}")
    assert place in text.partition(", at ")[2].splitlines()[0]
    assert "lr: 0x08" in text


def test_forbidden_access_reads_like_this(fake_elf):
    with pytest.raises(WrongResultError) as caught:
        run(fake_elf("stm32f746"), load_board("stm32f746"), Behaviour.WRITE_FLASH)
    assert re.fullmatch(
        r"error: firmware\.elf on stm32f746 \(unicorn\): write to 0x08000040 in flash, "
        r"at 0x080[0-9a-f]{5} \(write_at\+0x[0-9a-f]+\)\n"
        r"  lr: 0x080[0-9a-f]{5} \(fake_run\+0x[0-9a-f]+\)",
        str(caught.value),
    )


def test_function_that_fails_is_an_error(fake_elf):
    with pytest.raises(WrongResultError, match="the model's function returned -3"):
        run(fake_elf("stm32f746"), load_board("stm32f746"), Behaviour.FAIL)


def test_sleep_is_silence(fake_elf):
    with pytest.raises(ToolError, match=r"did not answer RUN\n  it sleeps, at 0x.* \(fake_run"):
        run(fake_elf("stm32f746"), load_board("stm32f746"), Behaviour.SLEEP)


def test_endless_loop_ends_at_the_time_out(fake_elf):
    began = monotonic()
    with pytest.raises(ToolError, match=r"it is still busy, at 0x.* \(fake_run"):
        run(fake_elf("stm32f746"), load_board("stm32f746"), Behaviour.HANG, run_seconds=0.3)
    assert monotonic() - began < 10


def test_interrupt_key_ends_an_endless_loop(fake_elf):
    began = monotonic()
    signal.signal(signal.SIGINT, signal.default_int_handler)
    timer = threading.Timer(0.5, os.kill, (os.getpid(), signal.SIGINT))
    timer.start()
    with pytest.raises(KeyboardInterrupt):
        run(fake_elf("stm32f746"), load_board("stm32f746"), Behaviour.HANG)
    timer.join()
    assert monotonic() - began < 10


def test_memory_that_ends_inside_a_page_is_guarded(tmp_path):
    board = load_board("stm32f746")
    flash = replace(board.flash, nbytes=0x8100)
    ram = replace(board.memories[1], nbytes=0x4E00)
    board = replace(board, memories=(flash, ram))
    elf = build_fake(tmp_path, board)
    assert run(elf, board, Behaviour.COMPUTE).outputs == (fake_output(fake_input()),)
    for behaviour, problem in (
        (Behaviour.READ_PAST_RAM, "read of 0x20004e00"),
        (Behaviour.WRITE_PAST_RAM, "write to 0x20004e00"),
        (Behaviour.CALL_PAST_FLASH, "instruction fetch from 0x08008100"),
    ):
        with pytest.raises(WrongResultError, match=problem):
            run(elf, board, behaviour)


def test_traced_model_may_write_its_arena_and_the_stack_only(fake_elf):
    elf, board = fake_elf("stm32f746"), load_board("stm32f746")
    for behaviour in (Behaviour.COMPUTE, Behaviour.DEEP_STACK):
        run(elf, board, behaviour, trace_writes=True)
    run(elf, board, Behaviour.WRITE_STATIC)
    with pytest.raises(WrongResultError) as caught:
        run(elf, board, Behaviour.WRITE_STATIC, trace_writes=True)
    text = str(caught.value)
    assert "the model writes outside its arena and the stack, to 0x200" in text
    assert "(write_static+0x" in text


CONDITIONAL_STORE = """
#include "fake.h"
int fake_run(void *arena, const int8_t *input, int8_t *output)
{
    int32_t value = 0;
    (void)arena;
    __asm__ volatile("cmp %0, #0\\n\\t"
                     "it eq\\n\\t"
                     "strbeq %1, [%2]\\n\\t"
                     "cmp %0, #1\\n\\t"
                     "b 1f\\n"
                     "1:\\tmov.w %0, #7"
                     : "+r"(value) : "r"(input[0]), "r"(output) : "cc", "memory");
    output[1] = (int8_t)value;
    return 0;
}
"""


@pytest.mark.parametrize("trace_writes", [False, True])
def test_a_conditional_store_leaves_the_next_block_unconditional(tmp_path, trace_writes):
    """Unicorn hands the state of an IT block on to the next block where accesses are hooked."""
    board = load_board("stm32f746")
    elf = build_fake(tmp_path, board, CONDITIONAL_STORE)
    with open_runner(elf, board, [OUTPUT_NBYTES], trace_writes=trace_writes) as runner:
        (output,) = runner.infer([fake_input(5)]).outputs
    assert tuple(output[:2]) == (5, 7)


@pytest.mark.parametrize("behaviour", [Behaviour.UNALIGNED_PAIR, Behaviour.UNALIGNED_HALF])
def test_unaligned_access_is_found_where_the_core_traps_it(fake_elf, behaviour):
    elf, board = fake_elf("stm32f746"), load_board("stm32f746")
    run(elf, board, behaviour)
    with pytest.raises(
        WrongResultError, match=r"unaligned access to 0x20000.*[13579bdf] in dtcm, at 0x08"
    ):
        run(elf, board, behaviour, trace_writes=True)


def test_unaligned_access_is_allowed_where_the_core_does_not_trap_it(tmp_path):
    board = load_board("stm32f746")
    elf = build_fake(tmp_path, board, trap_unaligned=False)
    run(elf, board, Behaviour.UNALIGNED_READ, trace_writes=True)


def test_armv6m_traps_unaligned_accesses_always(tmp_path):
    board = load_board("microbit")
    elf = build_fake(tmp_path, board, trap_unaligned=False)
    with pytest.raises(WrongResultError, match=r"unaligned access to 0x20000001 in ram"):
        run(elf, board, Behaviour.UNALIGNED_READ, trace_writes=True)


@pytest.fixture
def no_compiler(monkeypatch):
    def no_library():
        raise ToolError("cc", "no C compiler to count instructions with", "apt-get install gcc")

    monkeypatch.setattr(unicorn_run, "load_library", no_library)


def test_without_a_compiler_the_counts_are_the_same(fake_elf, request):
    elf, board = fake_elf("stm32f746"), load_board("stm32f746")
    expected = run(elf, board, Behaviour.COMPUTE)
    request.getfixturevalue("no_compiler")
    result = run(elf, board, Behaviour.COMPUTE, trace_writes=True)
    assert result.instructions == expected.instructions > 0
    assert result.instructions_by_function == expected.instructions_by_function
    assert result.outputs == expected.outputs == (fake_output(fake_input()),)


def test_without_a_compiler_executed_blocks_are_the_same(fake_elf, request):
    elf, board = fake_elf("stm32f746"), load_board("stm32f746")
    model = load_image(elf).symbols["fake_run"]

    def executed():
        with open_follower(elf, board, [OUTPUT_NBYTES], [(model, model + 16)]) as runner:
            return runner.infer([fake_input()])

    with_compiler = executed()
    assert with_compiler.models_memory
    request.getfixturevalue("no_compiler")
    without = executed()
    # The caches of flash are modelled in C only, and the result says so.
    assert not without.models_memory
    unaware = [replace(each, code=Misses(), data=Misses()) for each in with_compiler.executed]
    assert without.executed == tuple(unaware)


@pytest.mark.usefixtures("no_compiler")
def test_without_a_compiler_stray_and_unaligned_accesses_are_found(fake_elf, tmp_path):
    with pytest.raises(WrongResultError, match="writes outside its arena and the stack"):
        run(
            fake_elf("stm32f746"),
            load_board("stm32f746"),
            Behaviour.WRITE_STATIC,
            trace_writes=True,
        )
    elf = build_fake(tmp_path, "microbit", trap_unaligned=False)
    with pytest.raises(WrongResultError, match=r"unaligned access to 0x20000001 in ram"):
        run(elf, load_board("microbit"), Behaviour.UNALIGNED_READ, trace_writes=True)


def test_long_input_goes_into_memory(tmp_path):
    board = load_board("stm32f746")
    elf = build_fake(tmp_path, board, input_nbytes=90_000)
    data = fake_input(nbytes=90_000)
    began = monotonic()
    result = run_firmware(elf, board, [data], [OUTPUT_NBYTES])
    assert result.outputs == (fake_output(data),)
    assert monotonic() - began < 2  # over the line it would be more


def test_image_for_another_board_is_refused(fake_elf):
    with pytest.raises(ToolError, match="the image has bytes at 0x08000000, outside the flash"):
        run_firmware(fake_elf("stm32f746"), load_board("nrf52840"), [fake_input()], [OUTPUT_NBYTES])


def test_core_that_unicorn_lacks_is_refused(fake_elf):
    board = load_board("mps3-an547")
    with pytest.raises(ToolError) as caught:
        run(fake_elf("stm32f746"), board, Behaviour.COMPUTE)
    assert str(caught.value) == (
        "error: mps3-an547: Unicorn has no cortex-m55\n  hint: use --emulator qemu"
    )
