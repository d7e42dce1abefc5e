"""Bound what an ONNX file unpacks to, before the `onnx` package unpacks it.

A field of two bytes becomes an object of a hundred, so that a file of megabytes could take all
memory. This walks the wire format and counts. Source: Protocol Buffers, "Encoding"; onnx.proto3.
"""

from collections.abc import Mapping

from tinyengine.errors import ModelError

_MOST_FIELDS = 1_000_000
"""Fields that a file may have; a network of 10,000 operators has a third of them."""

_PACKED_PER_FIELD = 32
"""Bytes of packed integers that count as one field: each becomes up to eight bytes."""

_NESTED = 2
"""The wire type of texts, bytes, messages and packed numbers."""

_MESSAGES: Mapping[str, Mapping[int, str]] = {
    "model": {7: "graph", 8: "leaf", 14: "leaf", 20: "leaf", 25: "function"},
    "graph": {
        1: "node", 5: "tensor", 11: "value", 12: "value", 13: "value", 14: "leaf", 15: "sparse",
        16: "leaf",
    },
    "function": {7: "node", 9: "leaf", 11: "attribute", 12: "value", 14: "leaf"},
    "node": {1: "leaf", 2: "leaf", 5: "attribute", 9: "leaf"},
    "attribute": {
        5: "tensor", 6: "graph", 8: "packed", 9: "leaf", 10: "tensor", 11: "graph", 14: "type",
        15: "type", 22: "sparse", 23: "sparse",
    },
    "tensor": {1: "packed", 5: "packed", 6: "leaf", 7: "packed", 11: "packed", 13: "leaf"},
    "sparse": {1: "tensor", 2: "tensor", 3: "packed"},
    "value": {2: "type", 4: "leaf"},
    "type": {1: "tensor_type", 4: "elements", 5: "leaf", 8: "tensor_type", 9: "elements"},
    "elements": {1: "type"},
    "tensor_type": {2: "shape"},
    "shape": {1: "leaf"},
}  # fmt: skip
"""What the nested fields of each message hold; others are texts and bytes. `leaf`: not entered."""


def check_wire(data: bytes, name: str) -> None:
    """Raise ModelError where the file `data` unpacks to more than a network for a board needs.

    Broken files pass: what reads them says what is wrong.
    """
    count, pending = 0, [("model", 0, len(data))]
    while pending:
        message, place, end = pending.pop()
        kinds = _MESSAGES[message]
        while place < end:
            key, place = _varint(data, place, end)
            size, start = _span(data, place, end, key & 7)
            if size < 0 or start + size > end:
                break
            kind = kinds.get(key >> 3, "") if key & 7 == _NESTED else ""
            count += 1 + (size // _PACKED_PER_FIELD if kind == "packed" else 0)
            if count > _MOST_FIELDS:
                raise ModelError(
                    name, f"the file unpacks to more than {_MOST_FIELDS:,} fields",
                    "a network of this size fits no microcontroller",
                )  # fmt: skip
            if kind in _MESSAGES:
                pending.append((kind, start, start + size))
            place = start + size


def _span(data: bytes, place: int, end: int, wire_type: int) -> tuple[int, int]:
    """Give the bytes of a field's value and where it starts; -1 where there is no such field."""
    match wire_type:
        case 0:
            _, after = _varint(data, place, end)
            return after - place, place
        case 1:
            return 8, place
        case 2:
            return _varint(data, place, end)
        case 5:
            return 4, place
        case _:
            return -1, place


def _varint(data: bytes, place: int, end: int) -> tuple[int, int]:
    """Give the number at `place` and where it ends; the end of all where it does not end."""
    value = 0
    for shift in range(0, 70, 7):
        if place >= end:
            break
        byte = data[place]
        place += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, place
    return 1 << 64, end
