"""Firmware that asks the emulator for the host's files and commands gets neither."""

import pytest

from tests.run.firmware import OUTPUT_NBYTES, build_fake, fake_input
from tests.support import require_tool
from tinyengine.board import load_board
from tinyengine.errors import WrongResultError
from tinyengine.run import Emulator, open_runner
from tinyengine.run.image import load_image
from tinyengine.run.qemu.run import qemu_command

BOARDS = ("mps2-an385", "mps2-an500", "mps2-an505", "mps3-an547", "stm32f405", "microbit")

ASKING = """\
#include "fake.h"

static uint32_t ask(uint32_t operation, const void *block)
{
    register uint32_t r0 __asm__("r0") = operation;
    register const void *r1 __asm__("r1") = block;
    __asm__ volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
    return r0;
}

int fake_run(void *arena, const int8_t *input, int8_t *output)
{
    static const char path[] = "PATH";
    static const char command[] = "touch PATH";
    const uint32_t system[] = {(uint32_t)command, sizeof command - 1u};
    const uint32_t open[] = {(uint32_t)path, 4u, sizeof path - 1u};
    const uint32_t remove[] = {(uint32_t)path, sizeof path - 1u};
    (void)arena;
    (void)output;
    return (int)ask(input[0] == 0 ? 0x12u : input[0] == 1 ? 0x01u : 0x0eu,
                    input[0] == 0 ? system : input[0] == 1 ? open : remove);
}
"""
"""What an edited ELF could do: SYS_SYSTEM, SYS_OPEN for writing, SYS_REMOVE.
Source: Arm Semihosting for AArch32 and AArch64, section 6."""


@pytest.fixture(scope="module")
def asking(tmp_path_factory):
    """Give a function from a board's name to an ELF that asks, and the file that it asks for."""
    target = tmp_path_factory.mktemp("host") / "file"
    built = {}

    def give(name):
        if name not in built:
            source = ASKING.replace("PATH", str(target))
            built[name] = build_fake(tmp_path_factory.mktemp(name), name, source)
        return built[name], target

    return give


@pytest.mark.parametrize("emulator", [Emulator.QEMU, Emulator.UNICORN])
@pytest.mark.parametrize("name", BOARDS)
@pytest.mark.parametrize("call", [0, 1, 2], ids=["system", "open", "remove"])
def test_a_call_of_the_host_is_a_fault_and_does_nothing(call, name, emulator, asking):
    require_tool("qemu-system-arm")
    board = load_board(name)
    if emulator is Emulator.UNICORN and board.target.unicorn_cpu is None:
        emulator = Emulator.QEMU  # the core is QEMU's alone
    elf, target = asking(name)
    target.unlink(missing_ok=True)
    if call == 2:
        target.write_text("precious")
    with (
        open_runner(elf, board, [OUTPUT_NBYTES], emulator=emulator, run_seconds=10) as runner,
        pytest.raises(WrongResultError, match=r"the core took a fault|exception BKPT"),
    ):
        runner.infer([fake_input(call)])
    assert target.exists() == (call == 2)


@pytest.mark.parametrize("name", BOARDS)
def test_the_emulated_board_has_a_serial_port_and_nothing_else(name, fake_elf):
    require_tool("qemu-system-arm")
    command = qemu_command(load_image(fake_elf(name)), load_board(name))
    assert not any("semihosting" in word for word in command)
    assert "-nodefaults" in command and "-no-user-config" in command
    for option in ("-nic", "-display", "-monitor", "-parallel"):
        assert command[command.index(option) + 1] == "none"
    assert command.count("-serial") == 1
    sandbox = command[command.index("-sandbox") + 1].split(",")
    assert sandbox == [
        "on",
        *(f"{kind}=deny" for kind in ("obsolete", "elevateprivileges", "spawn", "resourcecontrol")),
    ]
