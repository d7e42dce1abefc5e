"""Find what is connected, choose one, and write a product's firmware into it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tinyengine.errors import ToolError, UsageError, counted
from tinyengine.product.flash import probe, programs, uf2
from tinyengine.product.flash.image import Device, FlashImage, read_image
from tinyengine.product.product import Product
from tinyengine.progress import Progress

AUTO = "auto"
TOOLS = (AUTO, "pyocd", "openocd", "stlink", "dfu", "uf2", "bossac", "nrfutil", "teensy")

Choose = Callable[[Sequence[Device]], Device]
"""Asked where several devices are connected."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Flashed:
    """What was written where: into which board, through which device, and how much."""

    board: str
    device: Device
    address: int
    nbytes: int


def refuse_to_choose(devices: Sequence[Device]) -> Device:
    """Raise UsageError that lists the devices: nobody can be asked."""
    raise UsageError(
        "--probe",
        f"{counted(len(devices), 'device')} are connected: which one?",
        f"--probe {devices[0].id}",
        details=[f"{each.id}  {each.description} ({each.tool})" for each in devices],
    )


def flash_product(
    product: Product,
    *,
    probe_id: str | None,
    tool: str,
    choose: Choose,
    progress: Progress,
) -> Flashed:
    """Write a product's firmware into the board that is connected, verify it and reset the board.

    `tool` is one of TOOLS: `auto` takes the first of the board's own that finds something.
    `probe_id` is the id of a device, or how it begins.

    Raises:
        UsageError: no such tool for the board, another chip is connected, or several devices are.
        FitError: the firmware is larger than the flash.
        ToolError: nothing is connected, the tool is missing or failed, or the chip is locked.
    """
    image = read_image(product)
    device = _choose(_find(image, _tools_for(image, tool), probe_id), probe_id, choose)
    with progress(f"flashing {image.board.name} with {device.tool}"):
        _write(device, image)
    return Flashed(
        board=image.board.name, device=device, address=image.address, nbytes=len(image.data)
    )


def _tools_for(image: FlashImage, tool: str) -> tuple[str, ...]:
    """Give the tools to try, in order."""
    own = image.flashing.tools
    if tool == AUTO:
        return own
    if tool not in own:
        raise UsageError(
            "--tool", f"{image.board.name} is flashed with {', '.join(own)}, not {tool}"
        )
    return (tool,)


def _find(image: FlashImage, tools: Sequence[str], probe_id: str | None) -> list[Device]:
    """Give what the first tool finds that finds something.

    Raises:
        ToolError: none does; it says what each was looking for.
    """
    tried = []
    for tool in tools:
        if not _is_installed(tool):
            tried.append(f"{tool}: not installed{_how(tool)}")
            continue
        try:
            devices = _devices(tool, image, probe_id)
        except ToolError as error:
            tried.append(f"{tool}: {error.problems[0].problem}")
            continue
        if devices:
            return devices
        tried.append(f"{tool}: found nothing")
    raise ToolError(
        image.board.name,
        "no board is connected, or nothing here can reach it",
        f"it is flashed through: {image.flashing.probe}",
        details=tried,
    )


def _is_installed(tool: str) -> bool:
    match tool:
        case "pyocd":
            return probe.is_installed()
        case "uf2":
            return True
        case _:
            return programs.is_installed(tool)


def _how(tool: str) -> str:
    """Say how a tool is installed, where it is a package of ours."""
    return ": pip install 'tinyengine[flash]'" if tool == "pyocd" else ""


def _devices(tool: str, image: FlashImage, probe_id: str | None) -> list[Device]:
    """Give what a tool finds; a program that cannot tell takes the id that the user gives."""
    match tool:
        case "pyocd":
            found = probe.probes()
        case "uf2":
            found = uf2.drives()
        case _:
            found = programs.PROGRAMS[tool].devices(image)
    if probe_id is None:
        return found
    asked = [
        Device(tool=tool, id=each.id or probe_id, description=each.description) for each in found
    ]
    return [each for each in asked if each.id.startswith(probe_id)]


def _choose(devices: list[Device], probe_id: str | None, choose: Choose) -> Device:
    exact = [device for device in devices if device.id == probe_id]
    left = exact or devices
    return left[0] if len(left) == 1 else choose(left)


def _write(device: Device, image: FlashImage) -> None:
    match device.tool:
        case "pyocd":
            probe.write(device, image)
        case "uf2":
            uf2.write(device, image)
        case tool:
            programs.PROGRAMS[tool].write(device, image)
