"""What `import tinyengine` offers to bring a model where it is used: export it, flash it."""

from dataclasses import replace
from os import PathLike
from pathlib import Path

from tinyengine.board import Board
from tinyengine.compiler import Options
from tinyengine.errors import UsageError
from tinyengine.importers import FIRST, NetworkChoice
from tinyengine.importers.names import check_name
from tinyengine.product.export.ecosystems import ECOSYSTEMS
from tinyengine.product.export.package import (
    DEFAULT_LABEL,
    Label,
    Package,
    check_package,
    export_command,
    write_package,
    write_packages,
)
from tinyengine.product.export.renode import renode_files
from tinyengine.product.export.variants import any_board, export_file, export_product
from tinyengine.product.flash.flash import (
    AUTO,
    TOOLS,
    Choose,
    Flashed,
    flash_product,
    refuse_to_choose,
)
from tinyengine.product.flash.image import Device
from tinyengine.product.open import Place, open_product
from tinyengine.product.output_directory import refuse_files
from tinyengine.product.product import Product, load_product
from tinyengine.progress import Progress, silent
from tinyengine.run.renode.platform import can_have
from tinyengine.schedule import Objective

__all__ = [
    "DEFAULT_LABEL",
    "ECOSYSTEM_NAMES",
    "FLASH_TOOLS",
    "Choose",
    "Device",
    "Flashed",
    "Label",
    "Package",
    "export_model",
    "flash_firmware",
    "has_renode",
    "refuse_to_choose",
    "the_port",
    "wait_for_hello",
]

RENODE = "renode"
ECOSYSTEM_NAMES = (*ECOSYSTEMS, RENODE)
"""What `export_model` knows."""

_DEVICES = "/dev"

FLASH_TOOLS = TOOLS
"""What `flash_firmware` knows."""


def has_renode(board: Board) -> bool:
    """Tell whether Renode can be a board: to run its firmware, and to export to."""
    return can_have(board)


def export_model(
    source: str | PathLike[str],
    *,
    to: str,
    output: str | PathLike[str],
    objective: Objective = Objective.BALANCED,
    stream_input: bool = False,
    signature: str | None = None,
    subgraph: str | None = None,
    detection: bool = False,
    name: str | None = None,
    label: Label = DEFAULT_LABEL,
    force: bool = False,
    progress: Progress = silent,
) -> tuple[Package, ...]:
    """Export a model as a library for the ecosystem `to`, into the folder `output`.

    `source` is a model file, which is compiled for every kind of core that the ecosystem has, or a
    directory of `compile`, whose C files serve the cores of its board. Packages stand in `output`
    side by side: the model's, and one with the kernels, which several models share. `label` is what
    the model's package says of itself. The other options are those of `compile`, for a model file.

    Raises:
        UsageError: no such ecosystem, or `output` holds other files, or edited ones and no `force`.
        ModelError: the model is broken, or something in it is not supported.
    """
    path, folder = Path(source), Path(output)
    if to == RENODE:
        return (_export_to_renode(path, folder, force, progress),)
    check_package(to, folder, label)
    network = NetworkChoice(signature=signature, subgraph=subgraph, detection=detection)
    chosen = network != FIRST or name is not None or stream_input
    if path.is_dir():
        if chosen or objective is not Objective.BALANCED:
            raise UsageError(str(path), "is compiled already: options are for a model file")
        exported = export_product(load_product(path), progress)
    else:
        if name is not None:
            check_name(name)
        isas = ECOSYSTEMS[to].isas
        options = Options(
            board=any_board(isas[0]),
            name=name,
            objective=objective,
            stream_input=stream_input,
            network=network,
        )
        options = replace(options, command=export_command(path, to, options))
        exported = export_file(path, isas, options, progress)
    return write_packages(exported, to, folder, label, force=force)


def _export_to_renode(path: Path, folder: Path, force: bool, progress: Progress) -> Package:
    """Export a directory of `compile` as files for Renode."""
    if path.is_file():
        hint = f"tinyengine compile {path.name} --board stm32f746 -o out"
        raise UsageError(
            str(path), "Renode runs firmware: compile the model for a board first", hint
        )
    refuse_files(folder)
    product = load_product(path)
    with progress(f"running on the emulated {product.board.name}"):
        files = renode_files(product)
    name = f"{product.report.model.name}_{product.board.name}"
    return write_package(name, folder, files, force=force)


def flash_firmware(
    product: Product,
    *,
    probe: str | None = None,
    tool: str = AUTO,
    choose: Choose = refuse_to_choose,
    progress: Progress = silent,
) -> Flashed:
    """Write a product's firmware into the real board that is connected, verify it, and reset it.

    `tool` is one of FLASH_TOOLS; `probe` the id of a probe, a drive or a port, or how it begins.
    Where several are connected `choose` is asked.

    Raises:
        UsageError: another chip is connected, several devices are, or there is no such tool.
        FitError: the firmware is larger than the flash.
        ToolError: nothing is connected, the tool is missing or failed, or the chip is locked.
    """
    if tool not in FLASH_TOOLS:
        raise UsageError("--tool", f"'{tool}' is none of {', '.join(FLASH_TOOLS)}")
    return flash_product(product, probe_id=probe, tool=tool, choose=choose, progress=progress)


def wait_for_hello(product: Product, port: str, *, progress: Progress = silent) -> None:
    """Wait until the firmware of a product answers at a serial port.

    Raises:
        ToolError: the port cannot be opened, nothing answers, or it is another model's firmware.
    """
    with (
        progress(f"waiting for the firmware at {port}"),
        open_product(product, Place(port=port)),
    ):
        return


def the_port() -> str:
    """Give the only serial port that a USB device has.

    Raises:
        UsageError: there is none, or there are several.
    """
    ports = sorted(
        str(path) for kind in ("ttyACM", "ttyUSB") for path in Path(_DEVICES).glob(f"{kind}*")
    )
    if len(ports) != 1:
        there = f"there are {', '.join(ports)}" if ports else "there is none here"
        raise UsageError(
            "--port", f"which serial port is the board's? {there}", "--port /dev/ttyACM0"
        )
    return ports[0]
