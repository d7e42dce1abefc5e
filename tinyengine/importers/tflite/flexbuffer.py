"""Read the options of a custom operator: a FlexBuffer that maps names to numbers, of any origin.

Source: FlatBuffers, "FlexBuffers" and "Internals", sections Format Description and Maps; the
packed types and their numbers as in flexbuffers.h.
"""

import struct
from collections.abc import Iterator, Mapping

from tinyengine.importers.refusals import RefusedError

_WIDTHS = (1, 2, 4, 8)
_INT, _UINT, _FLOAT, _MAP, _BOOL = 1, 2, 3, 9, 26
_INDIRECT = {6: _INT, 7: _UINT, 8: _FLOAT}
_FLOAT_FORMATS = {4: "<f", 8: "<d"}
_MOST_ENTRIES = 64
_LONGEST_NAME = 64


def read_options(data: bytes) -> Mapping[str, int]:
    """Give the integers and truth values (0, 1) of a map by name; no options are an empty map.

    Raises RefusedError where the bytes are damaged, or hold anything else.
    """
    options = read_numbers(data)
    if any(isinstance(value, float) for value in options.values()):
        raise _damaged("a value is no integer")
    return {name: int(value) for name, value in options.items()}


def read_numbers(data: bytes) -> Mapping[str, int | float]:
    """Give what `read_options` gives, and real numbers as floats."""
    if not data:
        return {}
    try:
        return dict(_read_map(data))
    except (IndexError, ValueError) as error:
        raise _damaged(str(error)) from None


def _damaged(what: str) -> RefusedError:
    return RefusedError(f"its options are damaged: {what}", "download or convert the model again")


def _read_map(data: bytes) -> Iterator[tuple[str, int | float]]:
    """Give the entries of the map that is the root: it ends in its offset, type and width."""
    width = _width_of(data[-1])
    kind, at = data[-2], len(data) - 2 - width
    if kind >> 2 != _MAP:
        raise ValueError("they are no map")
    values_width = _width_of(1 << (kind & 3))
    values = _behind(data, at, width)
    count = _unsigned(data, values - values_width, values_width)
    if count > _MOST_ENTRIES:
        raise ValueError(f"a map of {count} entries")
    keys = _behind(data, values - 3 * values_width, values_width)
    keys_width = _width_of(_unsigned(data, values - 2 * values_width, values_width))
    types = values + count * values_width
    for index in range(count):
        name = _name(data, _behind(data, keys + index * keys_width, keys_width))
        yield name, _number(data, values + index * values_width, values_width, data[types + index])


def _number(data: bytes, at: int, width: int, kind: int) -> int | float:
    """Give the number at `at`; an indirect one stands elsewhere, in the width of its own kind."""
    if kind >> 2 in _INDIRECT:
        at, width = _behind(data, at, width), _width_of(1 << (kind & 3))
    base = _INDIRECT.get(kind >> 2, kind >> 2)
    if base not in (_INT, _UINT, _FLOAT, _BOOL):
        raise ValueError("a value is no number")
    value = _unsigned(data, at, width)
    if base == _FLOAT:
        if width not in _FLOAT_FORMATS:
            raise ValueError(f"a real number of {width} bytes")
        return float(struct.unpack_from(_FLOAT_FORMATS[width], data, at)[0])
    is_negative = base == _INT and value >> (8 * width - 1)
    return value - (1 << 8 * width) if is_negative else value


def _width_of(nbytes: int) -> int:
    if nbytes not in _WIDTHS:
        raise ValueError(f"a width of {nbytes} bytes")
    return nbytes


def _behind(data: bytes, at: int, width: int) -> int:
    """Follow the offset at `at`, which leads back."""
    target = at - _unsigned(data, at, width)
    if target < 0:
        raise ValueError("an offset leads out of them")
    return target


def _unsigned(data: bytes, at: int, width: int) -> int:
    if at < 0 or at + width > len(data):
        raise ValueError("an offset leads out of them")
    return int.from_bytes(data[at : at + width], "little")


def _name(data: bytes, at: int) -> str:
    end = data.find(0, at, at + _LONGEST_NAME)
    if end < 0:
        raise ValueError("a name has no end")
    return data[at:end].decode("ascii", "replace")
