"""A product: an output directory with built firmware, and the report that describes it."""

import math
import re
from dataclasses import dataclass
from pathlib import Path

from tinyengine.board import Board, load_board
from tinyengine.errors import UsageError
from tinyengine.files import NoFileError, read_bytes, refuse_links
from tinyengine.product.output_directory import REPORT
from tinyengine.report.codec import MissingKeyError, WrongValueError, parse_json
from tinyengine.report.report import Report, read_report

_MOST_NBYTES = 64 << 20
"""Bytes that a report.json may have: one of 10,000 operators has 5 MB."""


_MOST_PORT_NBYTES = 64 << 20
"""No board has so much memory."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    """An output directory: built firmware and the report that describes it."""

    directory: Path
    board: Board
    report: Report

    @property
    def elf(self) -> Path:
        """The linked firmware."""
        return self.directory / "firmware.elf"

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
    report = _load_report(directory)
    for name in ("firmware.elf", "te"):
        refuse_links(directory, name)
    if not (directory / "firmware.elf").is_file():
        raise _not_a_product(directory)
    return Product(directory=directory, board=load_board(report.board), report=report)


def _load_report(directory: Path) -> Report:
    path = directory / REPORT
    refuse_links(directory, REPORT)
    try:
        value = parse_json(read_bytes(path, _MOST_NBYTES).decode("utf-8"))
    except NoFileError as error:
        raise UsageError(str(path), f"cannot be read: {error.strerror}") from error
    except (OSError, ValueError) as error:
        raise _not_a_product(directory) from error
    if not isinstance(value, dict) or value.get("schema") != 1 or "model" not in value:
        raise _not_a_product(directory)
    try:
        report = read_report(value)
    except MissingKeyError as error:
        raise UsageError(
            str(directory),
            f"was compiled by an earlier tinyengine, whose {REPORT} has no {error}",
            "compile the model again",
        ) from error
    except WrongValueError as error:
        raise _broken(directory, str(error)) from error
    if re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]{0,99}", report.model.name) is None:
        raise _broken(directory, "model.name is no C identifier")
    for port in (*report.inputs, *report.outputs):
        if math.prod(port.shape) * port.dtype.numpy.itemsize != port.nbytes:
            raise _broken(directory, f"'{port.name}' has other bytes than its shape")
        if port.nbytes > _MOST_PORT_NBYTES:
            raise _broken(directory, f"'{port.name}' has {port.nbytes:,} bytes")
    return report


def _broken(directory: Path, what: str) -> UsageError:
    return UsageError(str(directory / REPORT), f"is broken: {what}", "compile the model again")


def _not_a_product(directory: Path) -> UsageError:
    return UsageError(
        str(directory),
        "is not an output directory of `tinyengine compile`",
        hint="compile the model first, or give the model file itself",
    )
