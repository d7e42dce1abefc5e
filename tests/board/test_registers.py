"""Registers that board files name are where the chips' makers say, and have the bits."""

import pytest

from tests.board.registers import REGISTERS
from tinyengine.board import Board, list_boards

BLOCKS = {
    "apollo510-evb": "apollo510",
    "arduino-nano-33-ble": "nrf52840.svd",
    "arduino-zero": "samd21",
    "ek-ra6m5": "R7FA6M5BH.h",
    "ek-ra8m1": "R7FA8M1AH.h",
    "frdm-mcxn947": "MCXN947",
    "lpc55s69": "LPC55S69",
    "metro-m4": "samd51",
    "microbit": "nrf51.svd",
    "microbit-v2": "nrf52833.svd",
    "mimxrt1170-evk": "MIMXRT1176_cm7",
    "nrf52840": "nrf52840.svd",
    "nrf5340": "nrf5340_application.svd",
    "nucleo-f446re": "stm32f446xx.h",
    "nucleo-f767zi": "stm32f767xx.h",
    "nucleo-g474re": "stm32g474xx.h",
    "nucleo-l476rg": "stm32l476xx.h",
    "nucleo-u575zi": "stm32u575xx.h",
    "nucleo-wb55": "stm32wb55xx.h",
    "portenta-h7": "stm32h747xx.h",
    "raspberry-pi-pico": "rp2040, hardware/regs",
    "raspberry-pi-pico-2": "rp2350, hardware/regs",
    "stm32f405": "stm32f405xx.h",
    "stm32f469i-disco": "stm32f469xx.h",
    "stm32f746": "stm32f746xx.h",
    "stm32h743": "stm32h743xx.h",
    "stm32h747i-disco": "stm32h747xx.h",
    "stm32h7s78-dk": "stm32h7s7xx.h",
    "stm32l4r5": "stm32l4r5xx.h",
    "teensy41": "MIMXRT1062",
}

# Bases of the ports, from the same headers.
UARTS = {
    "apollo510-evb": 0x40039000,  # UART0
    "arduino-nano-33-ble": 0x40002000,  # UART0
    "arduino-zero": 0x42001C00,  # SERCOM5
    "ek-ra6m5": 0x40118000,  # SCI0
    "ek-ra8m1": 0x40358900,  # SCI_B9
    "frdm-mcxn947": 0x400B4000,  # LPUART4
    "lpc55s69": 0x40086000,  # FLEXCOMM0
    "metro-m4": 0x41014000,  # SERCOM3
    "microbit": 0x40002000,  # UART0
    "microbit-v2": 0x40002000,
    "mimxrt1170-evk": 0x4007C000,  # LPUART1
    "nrf52840": 0x40002000,
    "nrf5340": 0x50008000,  # UARTE0_S
    "nucleo-f446re": 0x40004400,  # USART2
    "nucleo-f767zi": 0x40004800,  # USART3
    "nucleo-g474re": 0x40008000,  # LPUART1
    "nucleo-l476rg": 0x40004400,  # USART2
    "nucleo-u575zi": 0x40013800,  # USART1_NS
    "nucleo-wb55": 0x40013800,  # USART1
    "portenta-h7": 0x40011000,  # USART1
    "raspberry-pi-pico": 0x40034000,  # UART0
    "raspberry-pi-pico-2": 0x40070000,  # UART0
    "stm32f405": 0x40011000,  # USART1
    "stm32f469i-disco": 0x40004800,  # USART3
    "stm32f746": 0x40011000,  # USART1
    "stm32h743": 0x40004800,  # USART3
    "stm32h747i-disco": 0x40011000,  # USART1
    "stm32h7s78-dk": 0x40004C00,  # UART4
    "stm32l4r5": 0x40008000,  # LPUART1
    "teensy41": 0x40198000,  # LPUART6
}

# The upper bits of RCC_PLLCFGR are reserved, and must be kept at 2. Source: RM0090, 7.3.2; RM0385.
KEPT = {("stm32f405", "RCC_PLLCFGR"): 0xF0000000, ("stm32f746", "RCC_PLLCFGR"): 0xF0000000}

BOARDS = tuple(board for board in list_boards() if not board.name.startswith("mps"))


def accesses(board: Board) -> list[tuple[str, int, int]]:
    """Give all registers of a board file: name, address, and the bits that it names."""
    found = [(each.register, each.address, _partial(each.set)) for each in board.setup]
    found += [(each.register, each.address, _partial(each.clear)) for each in board.setup]
    for step in board.clock.steps if board.clock else ():
        whole = (1 << 8 * step.nbytes) - 1
        found.append((step.register, step.address, step.value if step.mask == whole else step.mask))
    identity = board.flashing.identity if board.flashing else None
    if identity is not None:
        found.append((identity.register, identity.address, _partial(identity.mask)))
    return found


def _partial(bits: int) -> int:
    """Give the bits, none where they are a whole register, which names no field."""
    return 0 if bits in (0xFF, 0xFFFF, 0xFFFFFFFF) else bits


@pytest.mark.parametrize("board", BOARDS, ids=lambda board: board.name)
def test_registers_are_at_their_addresses_and_have_the_bits(board):
    known = REGISTERS[BLOCKS[board.name]] | REGISTERS["Arm"]
    for register, address, bits in accesses(board):
        where, fields = known[register]
        assert address == where, register
        assert bits & ~(fields | KEPT.get((board.name, register), 0)) == 0, register


@pytest.mark.parametrize("board", BOARDS, ids=lambda board: board.name)
def test_the_serial_port_is_at_its_address(board):
    assert board.uart.base == UARTS[board.name]


def test_all_boards_but_those_of_qemu_alone_are_looked_up():
    assert set(BLOCKS) == {board.name for board in BOARDS}
