"""A product: an output directory with built firmware, and the report that describes it."""

import math
import os
import re
from dataclasses import dataclass
from pathlib import Path

from tinyengine.board import Board, load_board
from tinyengine.errors import UsageError
from tinyengine.files import NoFileError, open_file, read_bytes, refuse_links
from tinyengine.product.output_directory import REPORT, is_below
from tinyengine.report.codec import MissingKeyError, WrongValueError, kind_of, parse_json
from tinyengine.report.report import BufferKind, Report, read_report

_MOST_NBYTES = 64 << 20
"""Bytes that a report.json may have, of which one of 10,000 operators has 5 MB, or an ELF file."""


_MOST_PORT_NBYTES = 64 << 20
"""No board has so much memory."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    """An output directory: built firmware and the report that describes it."""

    directory: Path
    board: Board
    report: Report

    def __repr__(self) -> str:
        return (
            f"Product(model={self.report.model.name!r}, board={self.board.name!r}, "
            f"directory={str(self.directory)!r})"
        )

    @property
    def elf(self) -> Path:
        """The linked firmware."""
        return self.directory / "firmware.elf"

    @property
    def has_state(self) -> bool:
        """Whether anything survives from one step to the next."""
        return any(buffer.kind is BufferKind.STATE for buffer in self.report.buffers)

    @property
    def input_nbytes(self) -> tuple[int, ...]:
        """Bytes of each input."""
        return tuple(port.nbytes for port in self.report.inputs)

    @property
    def output_nbytes(self) -> tuple[int, ...]:
        """Bytes of each output."""
        return tuple(port.nbytes for port in self.report.outputs)


def load_product(directory: Path) -> Product:
    """Read an output directory of `tinyengine compile`.

    Raises:
        UsageError: it is none, or its report.json is not what this version writes.
    """
    report = _read_report(directory)
    _check_report(directory, report)
    for name in ("firmware.elf", "te"):
        refuse_links(directory, name)
    product = Product(directory=directory, board=load_board(report.board), report=report)
    try:
        with open_file(product.elf, _MOST_NBYTES):
            return product
    except OSError as error:
        raise _unreadable(product.elf, error) from error


def _read_report(directory: Path) -> Report:
    path = directory / REPORT
    if not os.path.lexists(directory):
        raise UsageError(str(directory), "there is no such directory or file")
    refuse_links(directory, REPORT)
    try:
        value = parse_json(read_bytes(path, _MOST_NBYTES).decode("utf-8"))
    except NoFileError as error:
        raise _unreadable(path, error) from error
    except OSError as error:
        raise _not_a_product(directory) from error
    except ValueError as error:
        raise _broken(directory, str(error)) from error
    if not isinstance(value, dict):
        raise _broken(directory, f"it is {kind_of(value)}, not an object")
    if value.get("schema") != 1 or "model" not in value:
        raise _not_a_product(directory)
    try:
        return read_report(value)
    except MissingKeyError as error:
        raise UsageError(
            str(directory),
            f"was compiled by an earlier tinyengine, whose {REPORT} has no {error}",
            "compile the model again",
        ) from error
    except WrongValueError as error:
        raise _broken(directory, str(error)) from error


def _check_report(directory: Path, report: Report) -> None:
    """Raise UsageError where what a report says cannot be of an output of ours."""
    if re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]{0,99}", report.model.name) is None:
        raise _broken(directory, "model.name is no C identifier")
    if not all(map(is_below, report.files)):
        raise _broken(directory, "files lists one that is not in the directory")
    for port in (*report.inputs, *report.outputs):
        if math.prod(port.shape) * port.dtype.numpy.itemsize != port.nbytes:
            raise _broken(directory, f"'{port.name}' has other bytes than its shape")
        if port.nbytes > _MOST_PORT_NBYTES:
            raise _broken(directory, f"'{port.name}' has {port.nbytes:,} bytes")


def _unreadable(path: Path, error: OSError) -> UsageError:
    return UsageError(str(path), f"cannot be read: {error.strerror}")


def _broken(directory: Path, what: str) -> UsageError:
    return UsageError(str(directory / REPORT), f"is broken: {what}", "compile the model again")


def _not_a_product(directory: Path) -> UsageError:
    return UsageError(
        str(directory),
        "is not an output directory of `tinyengine compile`",
        hint="compile the model first, or give the model file itself",
    )
