"""Flash through a drive that a bootloader shows: copy a file of UF2 blocks to it.

Source: USB Flashing Format (UF2), https://github.com/microsoft/uf2, "File format" and "Files
exposed by bootloaders".
"""

import os
import struct
from pathlib import Path
from time import monotonic, sleep

from tinyengine.errors import ToolError, UsageError
from tinyengine.product.flash.image import Device, FlashImage

_MAGIC_START, _MAGIC_END = (0x0A324655, 0x9E5D5157), 0x0AB16F30
_HAS_FAMILY = 0x00002000
_PAYLOAD_NBYTES = 256
_DATA_NBYTES = 476
_INFO = "INFO_UF2.TXT"
_PLACES = ("/media/*/*", "/media/*", "/run/media/*/*", "/mnt/*", "/Volumes/*")
_MOST_INFO_NBYTES = 4096

RESTART_SECONDS = 10.0
"""How long a bootloader may take until its drive is gone."""


def to_uf2(address: int, data: bytes, family: int) -> bytes:
    """Give `data`, which goes to `address`, as blocks of 256 bytes; the last is zero-filled."""
    pieces = [data[at : at + _PAYLOAD_NBYTES] for at in range(0, len(data), _PAYLOAD_NBYTES)]
    return b"".join(
        struct.pack(
            f"<8I{_DATA_NBYTES}sI",
            *_MAGIC_START,
            _HAS_FAMILY,
            address + index * _PAYLOAD_NBYTES,
            _PAYLOAD_NBYTES,
            index,
            len(pieces),
            family,
            piece,
            _MAGIC_END,
        )
        for index, piece in enumerate(pieces)
    )


def drives() -> list[Device]:
    """Give the drives of bootloaders that are mounted."""
    found = {
        path.parent: _board_of(path)
        for place in _PLACES
        for path in Path("/").glob(f"{place[1:]}/{_INFO}")
    }
    return [
        Device(tool="uf2", id=str(folder), description=name)
        for folder, name in sorted(found.items())
    ]


def _board_of(info: Path) -> str:
    """Give the Board-ID that a drive tells."""
    try:
        with info.open("rb") as file:
            text = file.read(_MOST_INFO_NBYTES).decode("utf-8", errors="replace")
    except OSError:
        return "?"
    told = [
        line.split(":", 1)[1].strip() for line in text.splitlines() if line.startswith("Board-ID:")
    ]
    return told[0] if told else "?"


def write(device: Device, image: FlashImage) -> None:
    """Copy the firmware to a drive, and wait until the board has taken it and restarted.

    The bootloader compares the family and each block's address itself.

    Raises:
        UsageError: it is another board's drive.
        ToolError: it cannot be written, or the bootloader did not take the file.
    """
    folder = Path(device.id)
    family, wanted = image.flashing.uf2_family, image.flashing.uf2_board
    if family is None:
        raise UsageError(image.board.name, "has no bootloader that takes UF2 files")
    told = _board_of(folder / _INFO)
    if wanted is not None and not told.startswith(wanted):
        raise UsageError(
            device.id,
            f"is the drive of another board: it says {told}, {image.board.name} says {wanted}",
            "nothing was written; choose the drive with --probe",
        )
    _copy(folder / f"{image.name}.uf2", to_uf2(image.address, image.data, family))
    end = monotonic() + RESTART_SECONDS
    while (folder / _INFO).exists():
        if monotonic() > end:
            raise ToolError(
                device.id,
                "the bootloader did not take the file: its drive is still there",
                "is the board another one than it was compiled for?",
            )
        sleep(0.05)


def _copy(path: Path, data: bytes) -> None:
    """Write a file to the last byte; a drive that goes when it has them all is no failure."""
    written = 0
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
        try:
            while written < len(data):
                written += os.write(handle, data[written:])
            os.fsync(handle)
        finally:
            os.close(handle)
    except OSError as error:
        if written < len(data) or (path.parent / _INFO).exists():
            raise ToolError(str(path), f"cannot be written: {error.strerror}") from error
