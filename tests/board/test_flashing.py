"""What board files say of flashing is what the tools' own tables say."""

import pytest

from tinyengine.board import list_boards, load_board
from tinyengine.product.flash.flash import TOOLS

FLASHED = tuple(board for board in list_boards() if board.flashing is not None)
PROBED = tuple(board for board in FLASHED if board.name != "teensy41")  # it has no debug port

# DEV_ID of DBGMCU_IDCODE. Source: OpenOCD, src/flash/nor/: stm32f2x.c, stm32h7x.c, stm32l4x.h.
STM32_DIES = {
    "stm32f405": (0xE0042000, 0x413),
    "nucleo-f446re": (0xE0042000, 0x421),
    "stm32f469i-disco": (0xE0042000, 0x434),
    "stm32f746": (0xE0042000, 0x449),
    "nucleo-f767zi": (0xE0042000, 0x451),
    "stm32h743": (0x5C001000, 0x450),
    "stm32h747i-disco": (0x5C001000, 0x450),
    "nucleo-l476rg": (0xE0042000, 0x415),
    "stm32l4r5": (0xE0042000, 0x470),
    "nucleo-g474re": (0xE0042000, 0x469),
    "nucleo-wb55": (0xE0042000, 0x495),
    "nucleo-u575zi": (0xE0044000, 0x482),
    "portenta-h7": (0x5C001000, 0x450),
    "stm32h7s78-dk": (0x5C001000, 0x485),
}

# Source: the identity registers as read from such chips, in the projects named.
READ_FROM_CHIPS = {
    "apollo510-evb": (0x40020000, 0x10320080),  # Apollo510 registers, MCUCTRL, CHIPPN: PN is 0x10
    "nrf52840": (0x10000100, 0x00052840),  # nrfx, nrf52840.svd, FICR.INFO.PART
    "arduino-nano-33-ble": (0x10000100, 0x00052840),
    "microbit-v2": (0x10000100, 0x00052833),  # nrfx, nrf52833.svd, FICR.INFO.PART
    "microbit": (0xE000ED00, 0x410CC200),  # Cortex-M0 TRM (DDI0432), CPUID
    "mimxrt1170-evk": (0x40C84800, 0x001170A0),  # mcux-devices-rt, RT1170: fsl_romapi.c
    "nrf5340": (0x00FF020C, 0x00005340),  # nrfx, nrf5340_application.svd, FICR.INFO.PART
    "lpc55s69": (0xE000ED00, 0x410FD213),  # Cortex-M33 TRM (100230), CPUID
    "frdm-mcxn947": (0xE000ED00, 0x410FD214),
    "ek-ra6m5": (0xE000ED00, 0x410FD214),
    "ek-ra8m1": (0xE000ED00, 0x411FD230),  # Cortex-M85 TRM (101924), CPUID
    "arduino-zero": (
        0x41002018,
        0x10010305,
    ),  # OpenOCD, at91samd.c: processor 1, series 1, SAMD21G18A
    "metro-m4": (0x41002018, 0x60060305),  # OpenOCD, atsame5.c: processor 6, series 6, SAMD51J19A
    "raspberry-pi-pico": (0x40000000, 0x20002927),  # RP2040 Datasheet, 2.20.2: part 2, revision B2
    "raspberry-pi-pico-2": (0x40000000, 0x20004927),  # RP2350 Datasheet, 12.15.3: part 4
}

CHIPS = STM32_DIES | READ_FROM_CHIPS

# Source: github.com/microsoft/uf2, utils/uf2families.json.
UF2_FAMILIES = {
    "raspberry-pi-pico": 0xE48BFF56,
    "raspberry-pi-pico-2": 0xE48BFF59,
    "metro-m4": 0x55114460,
}


@pytest.mark.parametrize("board", PROBED, ids=lambda board: board.name)
def test_the_chip_is_told_by_its_own_identity_and_by_no_other(board):
    address, value = CHIPS[board.name]
    identity = board.flashing.identity
    assert (identity.address, value & identity.mask) == (address, identity.value)
    alike = {other for where, other in CHIPS.values() if where == address}
    found = {other for other in alike if other & identity.mask == identity.value}
    assert found in ({value}, {0x410FD213, 0x410FD214})  # two revisions of one core


@pytest.mark.parametrize("board", FLASHED, ids=lambda board: board.name)
def test_a_uf2_file_bears_the_family_of_the_bootloader(board):
    assert board.flashing.uf2_family == UF2_FAMILIES.get(board.name)
    assert ("uf2" in board.flashing.tools) == (board.name in UF2_FAMILIES)


@pytest.mark.parametrize("board", FLASHED, ids=lambda board: board.name)
def test_openocd_gets_a_probe_and_a_chip(board):
    kinds = [path.partition("/")[0] for path in board.flashing.openocd]
    assert kinds == (["interface", "target"] if "openocd" in board.flashing.tools else [])


def test_a_bootloader_in_the_flash_is_not_written_over():
    for name in ("metro-m4", "arduino-nano-33-ble"):
        board = load_board(name)
        assert board.flashing.bossac_offset in (0, board.flash.origin)  # 0: it adds that itself
        assert board.flash.origin > 0


@pytest.mark.parametrize("board", FLASHED, ids=lambda board: board.name)
def test_every_tool_of_a_board_is_one_that_flash_knows(board):
    assert set(board.flashing.tools) <= set(TOOLS)
