"""What is written: the bytes of firmware.bin, and where they go."""

from dataclasses import dataclass
from pathlib import Path

from tinyengine.board import Board, Flashing
from tinyengine.errors import FitError, ToolError, UsageError
from tinyengine.files import read_bytes
from tinyengine.product.product import Product

_MOST_NBYTES = 64 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class FlashImage:
    """The firmware of a board: `data` goes to `address`; `path` is the file that holds it."""

    name: str
    board: Board
    flashing: Flashing
    path: Path
    address: int
    data: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """Something that is connected: the tool that reaches it, by which id, and what it is."""

    tool: str
    id: str
    description: str


def read_image(product: Product) -> FlashImage:
    """Give what is to be written into a product's board.

    Raises:
        UsageError: the board is an emulated one, or there is no firmware.bin.
        FitError: the firmware is larger than the board's flash.
    """
    board, path = product.board, product.directory / "firmware.bin"
    if board.flashing is None:
        raise UsageError(board.name, "is an emulated board: there is nothing to flash")
    try:
        data = read_bytes(path, _MOST_NBYTES)
    except OSError as error:
        hint = "compile the model again"
        raise UsageError(str(path), f"cannot be read: {error.strerror}", hint) from error
    if not data:
        raise UsageError(str(path), "is empty", "compile the model again")
    if len(data) > board.flash.nbytes:
        raise FitError(
            str(path),
            f"has {len(data):,} bytes, the flash of {board.name} has {board.flash.nbytes:,}",
        )
    return FlashImage(
        name=product.report.model.name,
        board=board,
        flashing=board.flashing,
        path=path,
        address=board.flash.origin,
        data=data,
    )


def check_identity(image: FlashImage, found: int) -> None:
    """Raise UsageError where the register that tells the chip has another value."""
    identity = image.flashing.identity
    if identity is not None and found & identity.mask != identity.value:
        raise UsageError(
            image.board.name,
            f"another chip is connected: its {identity.register} is "
            f"0x{found & identity.mask:08x}, that of {image.board.name} is 0x{identity.value:08x}",
            "nothing was written; compile for the board that is connected, or choose with --probe",
        )


def check_written(image: FlashImage, found: bytes) -> None:
    """Raise ToolError where what was read back is not what was written."""
    if found == image.data:
        return
    pairs = zip(image.data, found, strict=False)
    at = next((i for i, (ours, theirs) in enumerate(pairs) if ours != theirs), len(found))
    there = f"0x{found[at]:02x}" if at < len(found) else "nothing"
    raise ToolError(
        image.board.name,
        f"verification failed: at 0x{image.address + at:08x} there is {there}, not "
        f"0x{image.data[at]:02x}",
        "flash it again; if that does not help the flash is worn out, or protected",
    )


def locked(image: FlashImage) -> ToolError:
    """Give the error of a chip whose flash is protected."""
    return ToolError(
        image.board.name,
        "the chip is locked: its flash cannot be read or written",
        "unlocking erases all of it: `pyocd erase --mass`, or the vendor's tool; then flash again",
    )
