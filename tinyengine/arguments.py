"""Check what is given to the API: paths, sizes, names of choices, arrays."""

import reprlib
from collections.abc import Iterable
from enum import Enum
from os import PathLike, fspath
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from tinyengine.errors import UsageError
from tinyengine.sizes import parse_size

Size = int | str
"""Bytes, or a text like 96K or 1M."""

Values = npt.NDArray[Any]
"""What a model takes or gives: an array of the type that the model file says."""

_E = TypeVar("_E", bound=Enum)


def path_of(what: str, value: object) -> Path:
    """Give the path that `value` is; raise UsageError where it is none."""
    if not isinstance(value, str | PathLike) or not isinstance(fspath(value), str):
        raise UsageError(what, f"{reprlib.repr(value)} is no path")
    return Path(value)


def arrays_of(inputs: object) -> list[Values]:
    """Give the arrays of an inference; raise UsageError where `inputs` are something else."""
    if isinstance(inputs, np.ndarray):
        return [inputs]
    if isinstance(inputs, str | bytes | PathLike):
        hint = "numpy.load(path) reads one"
        raise UsageError("inputs", f"are arrays; {reprlib.repr(inputs)} is a path", hint)
    if not isinstance(inputs, Iterable):
        raise UsageError("inputs", f"are arrays, not {reprlib.repr(inputs)}")
    try:
        return [np.asarray(each) for each in inputs]
    except ValueError as error:
        raise UsageError("inputs", f"are arrays: {error}") from None


def choice_of(what: str, kind: type[_E], value: _E | str) -> _E:
    """Give the member of an enum by its value; raise UsageError where it has none such."""
    known = {each.value: each for each in kind}
    if isinstance(value, kind):
        return value
    if value not in known:
        raise UsageError(what, f"'{value}' is none of {', '.join(known)}")
    return known[value]


def size_of(what: str, value: Size | None) -> int | None:
    """Give bytes; raise UsageError where `value` says none."""
    if value is None:
        return None
    try:
        return parse_size(value)
    except ValueError as error:
        raise UsageError(what, str(error)) from None
