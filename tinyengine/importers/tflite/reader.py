"""Read FlatBuffers of unknown origin: no access leaves the file, no vector is read forever.

The generated accessors of the `tflite` package read through a table object. `guard` puts a
`CheckedTable` in its place, so the schema comes from the package and the safety from here.

Source: FlatBuffers, "FlatBuffers Internals", sections Tables, Vectors and Strings.
"""

import struct
from typing import Any

import numpy as np

from tinyengine.errors import ModelError
from tinyengine.ir import Array

Accessor = Any
"""An object of a generated class, or such a class: these have no types."""

_UINT16 = struct.Struct("<H")
_UINT32 = struct.Struct("<I")
_INT32 = struct.Struct("<i")

_MOST_VALUES_NBYTES = 32 << 20


class File:
    """The bytes of a model file, and how much of it may still be read as Python values.

    Vectors may lie on top of each other, so that a small file describes a huge model; the
    allowance of 16 times the file (and 32 MiB at most) keeps time and memory near the file's size.
    """

    def __init__(self, data: bytes, name: str) -> None:
        """Take the content of the file, and its name for messages."""
        self.data = data
        self.name = name
        self._allowance = min(16 * len(data) + (1 << 20), _MOST_VALUES_NBYTES)

    def broken(self, what: str) -> ModelError:
        """Give the error for a file whose structure is damaged."""
        return ModelError(
            self.name,
            f"the file is damaged: {what}",
            "download or convert the model again",
        )

    def unpack(self, layout: struct.Struct, position: int) -> int | float:
        """Give the scalar at `position`."""
        if position < 0 or position + layout.size > len(self.data):
            raise self.broken("it refers to something beyond its end")
        value: int | float = layout.unpack_from(self.data, position)[0]
        return value

    def charge(self, nbytes: int) -> None:
        """Count `nbytes` that are about to become Python values."""
        self._allowance -= nbytes
        if self._allowance < 0:
            raise self.broken("it describes far more than it holds")


class CheckedTable:
    """A drop-in for `flatbuffers.table.Table` that checks every access.

    The generated accessors call these methods by these names.
    """

    __slots__ = ("Bytes", "Pos", "_file", "_table_nbytes", "_vtable", "_vtable_nbytes")

    def __init__(self, file: File, position: int) -> None:
        """Check the table at `position` and its vtable."""
        self.Bytes = file.data
        self.Pos = position
        self._file = file
        self._vtable = position - int(file.unpack(_INT32, position))
        self._vtable_nbytes = int(file.unpack(_UINT16, self._vtable))
        self._table_nbytes = int(file.unpack(_UINT16, self._vtable + 2))
        if (
            self._vtable_nbytes < 4
            or self._vtable + self._vtable_nbytes > len(file.data)
            or position + self._table_nbytes > len(file.data)
        ):
            raise file.broken("a table reaches beyond its end")

    def Offset(self, vtable_offset: int) -> int:  # noqa: N802
        """Give the field's offset from the table's start; 0 where the field is absent."""
        if vtable_offset + 2 > self._vtable_nbytes:
            return 0
        offset = int(self._file.unpack(_UINT16, self._vtable + vtable_offset))
        if offset >= max(self._table_nbytes, 4):
            raise self._file.broken("a field lies outside its table")
        return offset

    def Indirect(self, position: int) -> int:  # noqa: N802
        """Follow the relative offset at `position`."""
        target = position + int(self._file.unpack(_UINT32, position))
        if target >= len(self._file.data):
            raise self._file.broken("it refers to something beyond its end")
        return target

    def Union(self, other: Accessor, offset: int) -> None:  # noqa: N802
        """Make `other` the table that the union field at `offset` refers to."""
        other.Bytes = self.Bytes
        other.Pos = self.Indirect(self.Pos + offset)

    def String(self, position: int) -> bytes:  # noqa: N802
        """Give the string that the field at `position` refers to."""
        start, count = self._vector(position, 1)
        self._file.charge(count)
        return self._file.data[start : start + count]

    def VectorLen(self, offset: int) -> int:  # noqa: N802
        """Give the number of elements of the vector field at `offset`."""
        return self._vector(self.Pos + offset, 1)[1]

    def Vector(self, offset: int) -> int:  # noqa: N802
        """Give the position of the first element of the vector field at `offset`."""
        return self._vector(self.Pos + offset, 1)[0]

    def Get(self, flags: Accessor, position: int) -> int | float:  # noqa: N802
        """Give the scalar at `position`."""
        return self._file.unpack(flags.packer_type, position)

    def GetVectorAsNumpy(self, flags: Accessor, offset: int) -> Array:  # noqa: N802
        """Give a read-only view of the vector field at `offset`."""
        start, count = self._vector(self.Pos + offset, flags.bytewidth)
        dtype = np.dtype(flags.name).newbyteorder("<")
        return np.frombuffer(self._file.data, dtype, count, start)

    def _vector(self, position: int, element_nbytes: int) -> tuple[int, int]:
        """Give position and number of the elements of the vector that `position` refers to."""
        start = self.Indirect(position)
        count = int(self._file.unpack(_UINT32, start))
        if start + 4 + count * element_nbytes > len(self._file.data):
            raise self._file.broken("a vector reaches beyond its end")
        return start + 4, count


def guard(accessor: Accessor, file: File) -> Accessor:
    """Make a generated accessor read through a `CheckedTable`, and give it back."""
    accessor._tab = CheckedTable(file, accessor._tab.Pos)
    return accessor


def open_table(table: Accessor, file: File, position: int) -> Accessor:
    """Give an accessor of class `table` for the table at `position`."""
    accessor = table()
    accessor._tab = CheckedTable(file, position)
    return accessor


def open_root(table: Accessor, file: File) -> Accessor:
    """Give an accessor of class `table` for the root table."""
    return open_table(table, file, int(file.unpack(_UINT32, 0)))


def empty_table(table: Accessor) -> Accessor:
    """Give an accessor of class `table` in which every field has the schema's default."""
    return open_table(table, File(struct.pack("<HHi", 4, 4, 4), ""), 4)
