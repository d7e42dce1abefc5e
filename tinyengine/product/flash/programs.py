"""Flash with a program that is installed: those of `PROGRAMS`."""

import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from tinyengine.errors import ToolError, UsageError
from tinyengine.files import read_bytes
from tinyengine.product.flash.image import (
    Device,
    FlashImage,
    check_identity,
    check_written,
    locked,
)

SECONDS = 180
"""How long a program may take."""

_SHOWN = 6
_DEVICES = "/dev"
_ANY = ""
"""The id of whatever is connected, for programs that cannot tell."""

_PATTERNS: tuple[tuple[str, re.Pattern[str]], ...] = (
    (
        "locked",
        re.compile(
            r"read.?out protect|RDP|device is locked|APPROTECT|access port protect|\blocked\b", re.I
        ),
    ),
    (
        "nothing",
        re.compile(
            r"no (dfu capable|st-?link|device|debug|adapter|cmsis-dap|j-link)"
            r"|unable to find a matching|open failed|couldn't find|unable to open|not found",
            re.I,
        ),
    ),
    (
        "verify",
        re.compile(r"verif\w+ (failed|error|mismatch)|verify: mismatch|contents differ", re.I),
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """A program: its name, what finds devices, and what writes, verifies and resets."""

    name: str
    devices: Callable[[FlashImage], list[Device]]
    write: Callable[[Device, FlashImage], None]


def is_installed(tool: str) -> bool:
    """Tell whether the program of a tool is on PATH."""
    return shutil.which(PROGRAMS[tool].name) is not None


def run(command: Sequence[str], image: FlashImage) -> str:
    """Run a program; give all that it says.

    Raises:
        ToolError: it is missing, failed, or took too long; the message says what it was about.
    """
    code, said = _execute(command)
    if code != 0:
        raise _failure(command[0], said, image)
    return said


def _execute(command: Sequence[str]) -> tuple[int, str]:
    """Run a program; give its exit code and all that it says."""
    name = command[0]
    try:
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            timeout=SECONDS, check=False,
        )  # fmt: skip
    except FileNotFoundError:
        raise ToolError(name, "not installed") from None
    except subprocess.TimeoutExpired:
        raise ToolError(name, f"did not end within {SECONDS} s") from None
    return done.returncode, done.stdout.decode("utf-8", errors="replace")


def _failure(name: str, said: str, image: FlashImage) -> ToolError:
    """Give the error of a program that failed, by what it said."""
    lines = [line.strip() for line in said.splitlines() if line.strip()][-_SHOWN:]
    kind = next((kind for kind, pattern in _PATTERNS if pattern.search(said)), "")
    if kind == "locked":
        return locked(image)
    problems = {
        "nothing": "found no board",
        "verify": "verification failed: the flash does not hold the firmware",
    }
    hints = {"nothing": "is it plugged in, and powered?", "verify": "flash it again"}
    return ToolError(name, problems.get(kind, "failed"), hints.get(kind, ""), lines)


def _whatever(tool: str) -> Callable[[FlashImage], list[Device]]:
    """Give what finds devices for a program that takes what there is."""
    return lambda _: [Device(tool=tool, id=_ANY, description=f"what {tool} finds")]


def _openocd_write(device: Device, image: FlashImage) -> None:
    """Halt, compare the chip's identity, then program, verify and reset."""
    identity = image.flashing.identity
    commands = [f"adapter serial {_word(device.id)}"] if device.id else []
    commands += ["init", "halt"]
    if identity is not None:
        commands.append(
            f"set id [lindex [read_memory 0x{identity.address:08x} 32 1] 0]; "
            'echo "tinyengine identity $id"; '
            f"if {{($id & 0x{identity.mask:08x}) != 0x{identity.value:08x}}} {{ shutdown error }}"
        )
    commands += [
        "reset init",
        f"program {{{image.path.resolve()}}} 0x{image.address:08x} verify",
        "reset run",
        "shutdown",
    ]
    files = [word for file in image.flashing.openocd for word in ("-f", file)]
    words = [word for command in commands for word in ("-c", command)]
    code, said = _execute(["openocd", *files, *words])
    if code != 0:
        told = re.search(r"tinyengine identity (0x[0-9a-f]+|\d+)", said)
        if told:
            check_identity(image, int(told[1], 0))
        raise _failure("openocd", said, image)


def _stlink_devices(image: FlashImage) -> list[Device]:
    """Give the ST-LINKs that st-info lists."""
    said = run(["st-info", "--probe"], image)
    serials = re.findall(r"serial: *([0-9A-Fa-f]+)", said)
    chips = re.findall(r"(?:dev-type|descr): *(.+)", said)
    chips += ["?"] * len(serials)
    pairs = zip(serials, chips, strict=False)
    return [
        Device(tool="stlink", id=serial, description=f"ST-LINK, {chip}") for serial, chip in pairs
    ]


def _stlink_write(device: Device, image: FlashImage) -> None:
    """Compare what st-info says of the chip, then write, which verifies, and reset."""
    identity = image.flashing.identity
    said = run(["st-info", "--probe"], image)
    part = re.search(rf"serial: *{device.id}.*?chipid: *(0x[0-9a-fA-F]+)", said, re.S)
    if identity is not None:
        if part is None:
            raise ToolError("st-info", "does not tell which chip is connected")
        check_identity(image, int(part[1], 16))
    start = ["st-flash", "--serial", device.id, "--reset", "write"]
    run([*start, str(image.path), f"0x{image.address:08x}"], image)


def _dfu_devices(image: FlashImage) -> list[Device]:
    """Give the bootloaders that dfu-util lists."""
    said = run(["dfu-util", "--list"], image)
    wanted = re.escape(image.flashing.dfu or "none")
    lines = [
        line for line in said.splitlines() if re.search(rf"Found DFU: \[{wanted}\].*alt=0", line)
    ]
    serials = [re.search(r'serial="([^"]*)"', line) for line in lines]
    ids = [found[1] if found else _ANY for found in serials]
    return [Device(tool="dfu", id=each, description=f"DFU bootloader {each}") for each in ids]


def _dfu_write(device: Device, image: FlashImage) -> None:
    """Write, read back, which starts the firmware, and compare.

    The bootloader of another chip of the same family answers alike: it is the chip's vendor that
    says which one it is.
    """
    start = ["dfu-util", "-d", image.flashing.dfu or "", "-a", "0"]
    start += ["-S", device.id] if device.id else []
    place = f"0x{image.address:08x}"
    run([*start, "-s", place, "-D", str(image.path)], image)
    with tempfile.TemporaryDirectory(prefix="tinyengine-") as scratch:
        back = Path(scratch) / "back.bin"
        run([*start, "-s", f"{place}:{len(image.data)}:leave", "-U", str(back)], image)
        check_written(image, read_bytes(back, 2 * len(image.data)))


def _bossac_devices(_: FlashImage) -> list[Device]:
    """Give the serial ports that USB devices have."""
    ports = sorted(str(port) for port in Path(_DEVICES).glob("ttyACM*"))
    return [Device(tool="bossac", id=port, description=f"serial port {port}") for port in ports]


def _bossac_write(device: Device, image: FlashImage) -> None:
    """Compare the chip that the bootloader names, then erase, write, verify and reset."""
    start = ["bossac", f"--port={device.id}"]
    said = run([*start, "--info"], image)
    told = re.search(r"Device *: *(\S+)", said)
    chip = image.flashing.chip.lower()
    if told is None or not chip.startswith(told[1].lower().split("-")[0][:8]):
        named = "no chip" if told is None else told[1]
        raise UsageError(
            image.board.name,
            f"another chip is connected: its bootloader names {named}, not {image.flashing.chip}",
            "nothing was written; choose the port with --probe",
        )
    offset = image.flashing.bossac_offset or 0
    words = ["--erase", "--write", "--verify", "--reset", f"--offset=0x{offset:x}"]
    run([*start, *words, str(image.path)], image)


def _nrfutil_write(device: Device, image: FlashImage) -> None:
    """Compare the chip that nrfutil names, then write, verify and reset."""
    start = ["nrfutil", "device"]
    serial = ["--serial-number", device.id] if device.id else []
    said = run([*start, "device-info", *serial], image)
    chip = re.search(r"nrf\d{4,5}", image.flashing.chip.lower())
    if chip is None or chip[0] not in said.lower():
        raise UsageError(
            image.board.name,
            f"another chip is connected: nrfutil does not name {image.flashing.chip}",
            "nothing was written; choose with --probe",
        )
    with tempfile.TemporaryDirectory(prefix="tinyengine-") as scratch:
        path = Path(scratch) / f"{image.name}.hex"
        path.write_text(to_intel_hex(image.address, image.data), encoding="ascii")
        options = (
            "chip_erase_mode=ERASE_RANGES_TOUCHED_BY_FIRMWARE,verify=VERIFY_READ,reset=RESET_SYSTEM"
        )
        run([*start, "program", "--firmware", str(path), "--options", options, *serial], image)


def _teensy_write(_: Device, image: FlashImage) -> None:
    """Wait for the push on the board's button, then write; it takes files for its own chip only."""
    with tempfile.TemporaryDirectory(prefix="tinyengine-") as scratch:
        path = Path(scratch) / f"{image.name}.hex"
        path.write_text(to_intel_hex(image.address, image.data), encoding="ascii")
        run(["teensy_loader_cli", f"--mcu={image.board.name.upper()}", "-w", str(path)], image)


def to_intel_hex(address: int, data: bytes) -> str:
    """Give `data`, which goes to `address`, as records of at most 16 bytes.

    Source: Intel, Hexadecimal Object File Format Specification, revision A: types 0, 1 and 4.
    """
    lines, upper, at = [], -1, 0
    while at < len(data):
        place = address + at
        if place >> 16 != upper:
            upper = place >> 16
            lines.append(_record(0, 4, upper.to_bytes(2, "big")))
        nbytes = min(16, 0x10000 - (place & 0xFFFF))  # a record does not cross 64 KiB
        lines.append(_record(place & 0xFFFF, 0, data[at : at + nbytes]))
        at += nbytes
    return "\n".join([*lines, _record(0, 1, b"")]) + "\n"


def _record(place: int, kind: int, data: bytes) -> str:
    content = bytes([len(data), place >> 8, place & 0xFF, kind]) + data
    return f":{content.hex().upper()}{-sum(content) & 0xFF:02X}"


def _word(text: str) -> str:
    """Give an id as one word of OpenOCD's language; raise UsageError where it cannot be one."""
    if not re.fullmatch(r"[\w.:-]+", text, re.ASCII):
        raise UsageError("--probe", f"'{text}' is no serial number")
    return text


PROGRAMS: Mapping[str, Program] = MappingProxyType(
    {
        "openocd": Program(name="openocd", devices=_whatever("openocd"), write=_openocd_write),
        "stlink": Program(name="st-flash", devices=_stlink_devices, write=_stlink_write),
        "dfu": Program(name="dfu-util", devices=_dfu_devices, write=_dfu_write),
        "bossac": Program(name="bossac", devices=_bossac_devices, write=_bossac_write),
        "nrfutil": Program(name="nrfutil", devices=_whatever("nrfutil"), write=_nrfutil_write),
        "teensy": Program(
            name="teensy_loader_cli", devices=_whatever("teensy"), write=_teensy_write
        ),
    }
)
