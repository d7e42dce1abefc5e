"""Flash through a debug probe, with pyOCD."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from tinyengine.errors import ToolError
from tinyengine.product.flash.image import (
    Device,
    FlashImage,
    check_identity,
    check_written,
    locked,
)


def is_installed() -> bool:
    """Tell whether pyOCD is."""
    return find_spec("pyocd") is not None


def probes() -> list[Device]:
    """Give the probes that are connected."""
    aggregator = import_module("pyocd.probe.aggregator").DebugProbeAggregator
    with _quiet():
        found = aggregator.get_all_connected_probes()
    return [
        Device(tool="pyocd", id=probe.unique_id, description=probe.description)
        for probe in sorted(found, key=lambda probe: str(probe.unique_id))
    ]


def write(device: Device, image: FlashImage) -> None:
    """Write the firmware, read it back, and reset the board. The chip's identity comes first.

    Raises:
        UsageError: another chip is connected.
        ToolError: the chip is locked, the probe failed, or what is there is not what was written.
    """
    errors = import_module("pyocd.core.exceptions")
    loader = import_module("pyocd.flash.loader").FlashLoader
    with _quiet():
        _check_chip(device, image)
        with _session(device, image, image.flashing.chip) as target:
            try:
                flash = loader(
                    target.session,
                    _silent,
                    "sector",
                    False,
                    False,
                    keep_unwritten=True,
                    no_reset=True,
                )
                flash.add_data(image.address, image.data)
                flash.commit()
            except ValueError as error:
                raise ToolError(image.flashing.chip, f"pyOCD: {error}") from error
            except errors.FlashFailure as error:
                raise ToolError(
                    image.board.name,
                    f"the flash did not take the firmware: {error}",
                    "is the chip protected, or does other software of it run?",
                ) from error
            check_written(image, bytes(target.read_memory_block8(image.address, len(image.data))))
            target.reset()


def _check_chip(device: Device, image: FlashImage) -> None:
    """Read what tells the chip, with nothing done that is any chip's own; then a byte of flash."""
    errors = import_module("pyocd.core.exceptions")
    identity = image.flashing.identity
    with _session(device, image, "cortex_m") as target:
        try:
            if identity is not None:
                check_identity(image, target.read32(identity.address))
            target.read32(image.address)
        except errors.TransferFaultError as error:
            raise locked(image) from error


@contextmanager
def _session(device: Device, image: FlashImage, chip: str) -> Iterator[Any]:
    """Give pyOCD's target for a chip behind a probe; failures of pyOCD become messages."""
    errors = import_module("pyocd.core.exceptions")
    aggregator = import_module("pyocd.probe.aggregator").DebugProbeAggregator
    session_type = import_module("pyocd.core.session").Session
    options = {
        "target_override": chip,
        "auto_unlock": False,  # it would erase
        "connect_mode": "attach" if chip == "cortex_m" else "halt",
        "allow_no_cores": True,  # a locked chip shows none
        "no_config": True,
        "resume_on_disconnect": True,
        "hide_programming_progress": True,
    }
    probe = aggregator.get_probe_with_id(device.id)
    if probe is None:
        raise ToolError(device.id, "the probe is gone")
    try:
        with session_type(probe, options=options) as session:
            if session.target is None or not session.target.cores:
                raise locked(image)
            yield session.target
    except errors.TargetSupportError as error:
        raise ToolError(
            chip, "pyOCD does not know this chip yet", f"pyocd pack install {chip}"
        ) from error
    except errors.ProbeError as error:
        raise ToolError(
            device.description, f"pyOCD: {error}", "is another program using the probe?"
        ) from error
    except errors.Error as error:
        hint = "is the board powered, and its debug connector plugged in?"
        raise ToolError(device.description, f"pyOCD: {error}", hint) from error


def _silent(_: float) -> None:
    """Take a share of what is written, and tell nobody."""


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep pyOCD's log to itself: what goes wrong is raised."""
    log = logging.getLogger("pyocd")
    before, passes_on = log.level, log.propagate
    log.setLevel(logging.CRITICAL + 1)
    log.propagate = False
    try:
        yield
    finally:
        log.setLevel(before)
        log.propagate = passes_on
