"""Frozen dataclasses to JSON objects and back, with everything checked that comes back."""

import json
from collections.abc import Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from enum import Enum
from functools import cache
from types import NoneType, UnionType
from typing import TYPE_CHECKING, Any, TypeVar, get_args, get_origin, get_type_hints

Json = dict[str, Any]

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

T = TypeVar("T", bound="DataclassInstance")

MOST_ITEMS = 1_000_000
"""Entries that a list may have."""

MOST_LETTERS = 1 << 16
"""Characters that a text may have: converters join the names of many operators to one."""

_MOST = 1 << 53
"""Integers from here on are not exact in JSON. Source: RFC 8259, 6 Numbers."""


def named(name: str) -> Mapping[str, object]:
    """Give the metadata of a dataclass field that has another name in JSON."""
    return {"key": name}


SIGNED: Mapping[str, object] = {"signed": True}
"""The metadata of a dataclass field whose integers may be negative."""


OPTIONAL: Mapping[str, object] = {"optional": True}
"""The metadata of a dataclass field whose key is left out where it is None."""


class MissingKeyError(ValueError):
    """A key that must be there is not; the text is its path."""


class WrongValueError(ValueError):
    """A value is of the wrong type, or too large; the text says where and what."""


def to_json(value: "DataclassInstance") -> Json:
    """Give the JSON object of a dataclass made of dataclasses, tuples, enums and scalars."""
    return {
        _key_of(each): _plain(getattr(value, each.name))
        for each in fields(value)
        if not each.metadata.get("optional") or getattr(value, each.name) is not None
    }


def _plain(value: object) -> object:
    """Give what `json.dumps` takes."""
    if is_dataclass(value) and not isinstance(value, type):
        return to_json(value)
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    assert value is None or isinstance(value, bool | int | float | str), f"{value!r} in JSON"
    return value


def parse_json(text: str) -> object:
    """Read JSON as RFC 8259 has it: NaN and infinities, which Python adds, are none.

    Raises:
        ValueError: the text is no JSON, or nested too deeply.
    """
    try:
        value: object = json.loads(text, parse_constant=_no_number)
    except RecursionError:
        raise ValueError("nested too deeply") from None
    return value


def _no_number(text: str) -> None:
    raise ValueError(f"{text} is no number")


def from_json(kind: type[T], value: object, where: str = "") -> T:
    """Give the dataclass `kind` that `value` holds; `where` is its path, for messages.

    Keys that the dataclass does not have are passed over: later versions add some.

    Raises:
        MissingKeyError: a key is missing whose field has no default.
        WrongValueError: a value is not of its field's type, or out of range.
    """
    if not isinstance(value, Mapping):
        raise WrongValueError(f"{where or 'it'} is {kind_of(value)}, not an object")
    found: dict[str, object] = {}
    hints = _hints(kind)
    for each in fields(kind):
        name = _key_of(each)
        path = f"{where}.{name}" if where else name
        if name in value:
            is_signed = bool(each.metadata.get("signed"))
            found[each.name] = _read(hints[each.name], value[name], path, is_signed)
        elif each.default is MISSING:
            raise MissingKeyError(path)
    return kind(**found)


@cache
def _hints(kind: type) -> Mapping[str, object]:
    return get_type_hints(kind)


def _key_of(each: "Field[Any]") -> str:
    return str(each.metadata.get("key", each.name))


def _read(hint: object, value: object, where: str, is_signed: bool) -> object:
    if get_origin(hint) is UnionType:
        (inner,) = (arm for arm in get_args(hint) if arm is not NoneType)
        return None if value is None else _read(inner, value, where, is_signed)
    if get_origin(hint) is tuple:
        return _read_items(get_args(hint)[0], value, where, is_signed)
    assert isinstance(hint, type), f"{hint} is no type that a report has"
    if is_dataclass(hint):
        return from_json(hint, value, where)
    if issubclass(hint, Enum):
        return _read_choice(hint, value, where)
    return _read_scalar(hint, value, where, is_signed)


def _read_items(hint: object, value: object, where: str, is_signed: bool) -> tuple[object, ...]:
    if not isinstance(value, list):
        raise WrongValueError(f"{where} is {kind_of(value)}, not a list")
    if len(value) > MOST_ITEMS:
        raise WrongValueError(f"{where} has {len(value):,} entries; {MOST_ITEMS:,} are the most")
    return tuple(
        _read(hint, item, f"{where}[{index}]", is_signed) for index, item in enumerate(value)
    )


def _read_choice(hint: type[Enum], value: object, where: str) -> Enum:
    known = {each.value: each for each in hint}
    if not isinstance(value, str) or value not in known:
        raise WrongValueError(f"{where} is none of {', '.join(map(str, known))}")
    return known[value]


def _read_scalar(hint: type, value: object, where: str, is_signed: bool) -> object:
    if hint is float and isinstance(value, int) and not isinstance(value, bool):
        value = float(value) if abs(value) < _MOST else value
    if not isinstance(value, hint) or (isinstance(value, bool) and hint is not bool):
        raise WrongValueError(f"{where} is {kind_of(value)}, not {_NAMES[hint]}")
    if isinstance(value, str) and len(value) > MOST_LETTERS:
        raise WrongValueError(f"{where} has {len(value):,} characters; {MOST_LETTERS:,} the most")
    if isinstance(value, int) and not (-_MOST if is_signed else 0) <= value < _MOST:
        raise WrongValueError(f"{where} is out of range")
    return value


_NAMES = {int: "an integer", float: "a number", str: "a text", bool: "true or false"}


def kind_of(value: object) -> str:
    """Say of which type of JSON a value is."""
    match value:
        case None:
            return "null"
        case bool():
            return "true or false"
        case int() | float():
            return "a number"
        case str():
            return "a text"
        case list():
            return "a list"
        case _:
            return "an object"
