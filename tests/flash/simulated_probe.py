"""A debug probe that is not there: a debug port over the memory of an nRF52840.

pyOCD talks to it as to a real one: registers of the debug port and of two access ports, a MEM-AP
over memory and Nordic's CTRL-AP, a ROM table with the core's debug registers. The flash algorithm
that pyOCD loads into RAM runs, in Unicorn, on a model of the flash controller.

Sources: ADIv5.2 (IHI0031) B2 and C2; Armv7-M ARM (DDI0403) C1.6; nRF52840 Product Specification
4.3 NVMC, 4.5 FICR, 4.8 CTRL-AP.
"""

import struct
from typing import ClassVar

import unicorn.arm_const as arm
from pyocd.core.exceptions import TransferFaultError
from pyocd.probe.debug_probe import DebugProbe
from unicorn import UC_ARCH_ARM, UC_HOOK_INTR, UC_HOOK_MEM_WRITE, UC_MODE_MCLASS, UC_MODE_THUMB, Uc

FLASH_NBYTES = 0x100000
_RAM, _RAM_NBYTES = 0x20000000, 0x40000
_NVMC = 0x4001E000
_PAGE = 0x1000

_DHCSR, _DCRSR, _DCRDR, _AIRCR = 0xE000EDF0, 0xE000EDF4, 0xE000EDF8, 0xE000ED0C
_REGISTERS = {
    **{index: getattr(arm, f"UC_ARM_REG_R{index}") for index in range(13)},
    13: arm.UC_ARM_REG_SP,
    14: arm.UC_ARM_REG_LR,
    15: arm.UC_ARM_REG_PC,
}

# The private peripheral bus: CPUID of a Cortex-M4, and what identifies the ROM table and the SCS.
_FIXED = {0xE000ED00: 0x410FC241, 0xE00FF000: 0xFFF0F003, 0xE000EDF0: 0}
_FIXED |= dict(zip(range(0xE00FFFF0, 0xE0100000, 4), (0x0D, 0x10, 0x05, 0xB1), strict=True))
_FIXED |= dict(zip(range(0xE000EFF0, 0xE000F000, 4), (0x0D, 0xE0, 0x05, 0xB1), strict=True))
_FIXED |= {0xE000EFD0: 0x04, 0xE000EFE0: 0x0C, 0xE000EFE4: 0xB0, 0xE000EFE8: 0x0B}
_FIXED |= {0xE00FFFD0: 0x02, 0xE00FFFE0: 0x06, 0xE00FFFE4: 0x40, 0xE00FFFE8: 0x09}


class Chip:
    """An nRF52840, or another part if `part` says so; `bad` are flash addresses that lose a bit."""

    def __init__(
        self, *, part: int = 0x52840, locked: bool = False, bad: frozenset[int] = frozenset()
    ) -> None:
        self.locked, self.bad = locked, bad
        self.erased: list[int] = []
        self.programmed: set[int] = set()
        self.resets = 0
        self.halted = False
        self._config = 0
        self._bus = dict(_FIXED)
        self._core: dict[int, int] = {}
        self._reset_seen = True
        self.cpu = Uc(UC_ARCH_ARM, UC_MODE_THUMB | UC_MODE_MCLASS)
        self.cpu.mem_map(0, FLASH_NBYTES)
        self.cpu.mem_map(0x10000000, 0x2000)
        self.cpu.mem_map(_RAM, _RAM_NBYTES)
        self.cpu.mem_map(0x40000000, _NVMC - 0x40000000)
        self.cpu.mmio_map(_NVMC, _PAGE, self._read_nvmc, None, self._write_nvmc, None)
        self.cpu.mem_write(0, b"\xff" * FLASH_NBYTES)
        self.cpu.mem_write(0x10000100, struct.pack("<II", part, 0x41414430))
        self.cpu.hook_add(UC_HOOK_INTR, lambda cpu, *_: cpu.emu_stop())
        self.cpu.hook_add(UC_HOOK_MEM_WRITE, self._program, begin=0, end=FLASH_NBYTES - 1)

    def becomes(self, *, identity: tuple[int, int], flash: int) -> None:
        """Be a chip with another register that tells which it is, and flash at another address."""
        register, value = identity
        self._bus[register] = value
        self.cpu.mem_map(flash, 0x1000)

    def flash(self, address: int, nbytes: int) -> bytes:
        """Give what the flash holds."""
        return bytes(self.cpu.mem_read(address, nbytes))

    def _read_nvmc(self, _cpu: Uc, offset: int, _size: int, _data: object) -> int:
        return 1 if offset == 0x400 else self._config  # always ready

    def _write_nvmc(self, cpu: Uc, offset: int, _size: int, value: int, _data: object) -> None:
        if offset == 0x504:
            self._config = value
        elif offset == 0x508 and self._config == 2:
            cpu.mem_write(value, b"\xff" * _PAGE)
            self.erased.append(value)

    def _program(
        self, _cpu: Uc, _kind: int, address: int, _size: int, _value: int, _data: object
    ) -> None:
        assert self._config == 1, "the flash controller does not allow writing"
        self.programmed.add(address)

    def read(self, address: int, nbytes: int) -> int:
        """Give what a bus access reads."""
        if self.locked:
            raise TransferFaultError(address)
        if address >= 0xE0000000:
            return self._read_bus(address & ~3)
        try:
            data = bytearray(self.cpu.mem_read(address, nbytes))
        except Exception as error:
            raise TransferFaultError(address) from error
        for place in self.bad.intersection(range(address, address + nbytes)):
            data[place - address] ^= bool(self.programmed)
        return int.from_bytes(data, "little")

    def write(self, address: int, value: int, nbytes: int) -> None:
        """Do what a bus access writes; the flash takes nothing from the bus."""
        if self.locked:
            raise TransferFaultError(address)
        if address >= 0xE0000000:
            self._write_bus(address & ~3, value)
        elif address >= FLASH_NBYTES:
            self.cpu.mem_write(address, (value & (1 << 8 * nbytes) - 1).to_bytes(nbytes, "little"))

    def _read_bus(self, address: int) -> int:
        if address == _DHCSR:
            seen, self._reset_seen = self._reset_seen, True
            control = self._bus[_DHCSR] & 0xF
            return control | 1 << 16 | self.halted << 17 | (not seen) << 25
        return self._bus.get(address, 0)

    def _write_bus(self, address: int, value: int) -> None:
        if address == _DHCSR:
            self._bus[_DHCSR] = value & 0xF
            self._set_halt(bool(value & 2) and bool(value & 1))
        elif address == _DCRSR:
            self._transfer(value & 0x7F, bool(value >> 16 & 1))
        elif address == _AIRCR and value & 4:
            self.resets += 1
            self._reset_seen = False
            self.halted = bool(self._bus.get(0xE000EDFC, 0) & 1)
        else:
            self._bus[address] = value

    def _set_halt(self, halt: bool) -> None:
        """Halt the core, or let it run: an algorithm in RAM until its breakpoint, at once."""
        place = self.cpu.reg_read(arm.UC_ARM_REG_PC)
        resumed = self.halted and not halt
        self.halted = halt
        if resumed and _RAM <= place < _RAM + _RAM_NBYTES:
            self.cpu.emu_start(place | 1, 0xFFFFFFFE)
            self.halted = True

    def _transfer(self, register: int, is_write: bool) -> None:
        """Move a core register to or from DCRDR."""
        known = _REGISTERS.get(register)
        if is_write:
            value = self._bus.get(_DCRDR, 0)
            self._core[register] = value
            if known is not None:
                self.cpu.reg_write(known, value)
        else:
            own = self._core.get(register, 0)
            self._bus[_DCRDR] = own if known is None else self.cpu.reg_read(known)


class SimulatedProbe(DebugProbe):
    """The probe; `chips` has what is connected to each, by serial number."""

    chips: ClassVar[dict[str, Chip]] = {}

    def __init__(self, serial: str) -> None:
        super().__init__()
        self._serial = serial
        self._open = False
        self._protocol = None
        self._select = self._control = 0
        self._csw = {"csw": 0, "tar": 0}

    @classmethod
    def get_all_connected_probes(cls, unique_id=None, is_explicit=False):
        return [cls(serial) for serial in cls.chips]

    @classmethod
    def get_probe_with_id(cls, unique_id, is_explicit=False):
        return cls(unique_id) if unique_id in cls.chips else None

    @property
    def chip(self) -> Chip:
        return self.chips[self._serial]

    vendor_name = "tests"
    product_name = "simulated probe"
    description = "simulated probe"
    supported_wire_protocols = (DebugProbe.Protocol.DEFAULT, DebugProbe.Protocol.SWD)
    capabilities: ClassVar[set[object]] = {DebugProbe.Capability.SWJ_SEQUENCE}

    @property
    def unique_id(self):
        return self._serial

    @property
    def wire_protocol(self):
        return self._protocol

    @property
    def is_open(self):
        return self._open

    def open(self):
        self._open = True

    def close(self):
        self._open = False

    def connect(self, protocol=None):
        self._protocol = DebugProbe.Protocol.SWD

    def disconnect(self):
        self._protocol = None

    def swj_sequence(self, length, bits):
        """Take the sequences that switch to SWD."""

    def set_clock(self, frequency):
        """Take any clock."""

    def reset(self):
        self.chip.resets += 1

    def assert_reset(self, asserted):
        self.chip.resets += asserted

    def is_reset_asserted(self):
        return False

    def flush(self):
        """Have nothing waiting."""

    def read_dp(self, addr, now=True):
        value = {0x0: 0x2BA01477, 0x4: self._status(), 0xC: 0}.get(addr, 0)
        return value if now else lambda: value

    def _status(self) -> int:
        """Give CTRL/STAT: what powers up has powered up."""
        return self._control | (self._control & 0x50000000) << 1

    def write_dp(self, addr, data):
        if addr == 0x4:
            self._control = data & 0x50000F00
        elif addr == 0x8:
            self._select = data

    def _register(self, addr: int) -> tuple[int, int]:
        """Give the access port that is selected, and the register in it."""
        return self._select >> 24, (self._select & 0xF0) | (addr & 0xC)

    def read_ap(self, addr, now=True):
        value = self._read(*self._register(addr))
        return value if now else lambda: value

    def _read(self, port: int, register: int) -> int:
        if port == 1:
            return {0xFC: 0x02880000, 0x0C: 0 if self.chip.locked else 1}.get(register, 0)
        if port > 1:
            return 0
        if register == 0x0C:
            nbytes = 1 << (self._csw["csw"] & 3)
            address = self._csw["tar"]
            value = self.chip.read(address, nbytes)
            self._advance(nbytes)
            return value << 8 * (address & 3) if nbytes < 4 else value
        fixed = {
            0x00: self._csw["csw"] | 0x40,
            0x04: self._csw["tar"],
            0xF8: 0xE00FF003,
            0xFC: 0x24770011,
        }
        return fixed.get(register, 0)

    def write_ap(self, addr, data):
        port, register = self._register(addr)
        if port != 0:
            return
        if register == 0x0C:
            nbytes, address = 1 << (self._csw["csw"] & 3), self._csw["tar"]
            self.chip.write(address, data >> 8 * (address & 3) if nbytes < 4 else data, nbytes)
            self._advance(nbytes)
        elif register in (0x00, 0x04):
            self._csw["csw" if register == 0 else "tar"] = data

    def _advance(self, nbytes: int) -> None:
        """Move on to the next address, where that is on."""
        if self._csw["csw"] & 0x30:
            self._csw["tar"] += nbytes

    def read_ap_multiple(self, addr, count=1, now=True):
        values = [self.read_ap(addr) for _ in range(count)]
        return values if now else lambda: values

    def write_ap_multiple(self, addr, values):
        for value in values:
            self.write_ap(addr, value)
