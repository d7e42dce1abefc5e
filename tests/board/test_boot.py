"""What ROMs want at the start of the flash: the RP2040's boot code, the RP2350's block."""

import zlib
from pathlib import Path

import pytest
import unicorn
from unicorn import arm_const

from tests.board.project import ADD_ONE, write_project
from tests.support import require_tool
from tinyengine.board import load_board
from tinyengine.product.build import build

FLASH, TABLE, SSI, PPB = 0x10000000, 0x10000100, 0x18000000, 0xE0000000


def built(directory: Path, name: str) -> bytes:
    require_tool("arm-none-eabi-gcc")
    board = load_board(name)
    write_project(directory, board, ADD_ONE)
    build(directory, board)
    return (directory / "firmware.bin").read_bytes()


@pytest.fixture(scope="module")
def program(tmp_path_factory):
    return built(tmp_path_factory.mktemp("pico"), "raspberry-pi-pico")


def test_the_rp2350_finds_a_block_that_names_the_vector_table(tmp_path):
    program = built(tmp_path, "raspberry-pi-pico-2")
    words = [int.from_bytes(program[at : at + 4], "little") for at in range(0, 0x108, 4)]
    start, image, table, address, last, link, end = words[:7]
    assert (start, end, link) == (0xFFFFDED3, 0xAB123579, 0)  # RP2350 Datasheet, 5.9.1
    # IMAGE_TYPE (0x42) of one word: executable, secure, Arm, RP2350: 0x1021 (5.9.3.1).
    assert image == 0x1021 << 16 | 1 << 8 | 0x42
    assert (table, address) == (2 << 8 | 0x03, TABLE)
    assert last == 3 << 8 | 0xFF  # the words of both items
    stack, entry = words[0x40], words[0x41]
    assert stack == 0x20082000 and entry & 1 and FLASH < entry < FLASH + len(program)


def mirrored(value: int, bits: int) -> int:
    return int(f"{value:0{bits}b}"[::-1], 2)


def test_the_checksum_is_that_of_the_rom(program):
    # The ROM shifts left where zlib shifts right, and does not invert the result.
    mirror = bytes(mirrored(byte, 8) for byte in program[:252])
    expected = mirrored(zlib.crc32(mirror) ^ 0xFFFFFFFF, 32)
    assert int.from_bytes(program[252:256], "little") == expected


def test_the_boot_code_sets_the_flash_up_and_enters_the_program(program):
    stack, entry = (int.from_bytes(program[at : at + 4], "little") for at in (0x100, 0x104))
    written: dict[int, int] = {}
    core = unicorn.Uc(unicorn.UC_ARCH_ARM, unicorn.UC_MODE_THUMB | unicorn.UC_MODE_MCLASS)
    core.mem_map(FLASH, 0x100000)
    core.mem_write(FLASH, program)
    for base in (SSI, PPB + 0xE000):
        core.mem_map(base, 0x1000)
    core.hook_add(
        unicorn.UC_HOOK_MEM_WRITE,
        lambda _uc, _kind, address, _size, value, _data: written.update({address: value}),
    )
    core.emu_start(FLASH | 1, entry & ~1, count=100)
    assert core.reg_read(arm_const.UC_ARM_REG_PC) == entry & ~1
    assert core.reg_read(arm_const.UC_ARM_REG_SP) == stack
    assert written[0xE000ED08] == TABLE
    # 32-bit frames of command 03h with 24 address bits. Source: RP2040 Datasheet, 4.10.13.
    assert written[SSI + 0xF4] == 0x03 << 24 | 2 << 8 | 6 << 2
    assert written[SSI] == 31 << 16 | 3 << 8 and written[SSI + 8] == 1
