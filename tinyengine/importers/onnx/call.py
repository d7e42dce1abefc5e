"""One node of an ONNX file, as the handler of its operator sees it."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from tinyengine.importers.onnx.builder import Builder
from tinyengine.importers.onnx.model import Node
from tinyengine.importers.onnx.values import (
    Constant,
    Pending,
    Placed,
    QuantizedConstant,
    Scheme,
    Value,
    as_int8,
    scheme_of,
)
from tinyengine.importers.refusals import RefusedError
from tinyengine.ir import Array

Handler = Callable[["Call"], Value | tuple[Value, ...]]


class Call:
    """A node with its operands; what is asked for and is not there raises `RefusedError`."""

    def __init__(self, node: Node, builder: Builder) -> None:
        """Take the node and the network that is built."""
        self.node = node
        self.b = builder
        self.opset = builder.model.opset

    def has(self, position: int) -> bool:
        """Tell whether there is an input at `position`."""
        return position < len(self.node.inputs) and self.node.inputs[position] != ""

    def name(self, position: int) -> str:
        """Give the name of the input at `position`."""
        if not self.has(position):
            raise RefusedError(f"its input {position} is left out", "export the model again")
        return self.node.inputs[position]

    def value(self, position: int = 0) -> Value:
        """Give what the input at `position` stands for."""
        return self.b.value(self.name(position))

    def deferred(self, pending: Pending, handler: Handler) -> Value:
        """Give what `handler` makes of the first input once that is quantized.

        For operators that move values or take the greatest: they may come before or after, for
        quantization never falls where its operand rises.
        """
        name = self.name(0)

        def build(scheme: Scheme, limits: tuple[int, int]) -> Placed:
            """Emit the operator in a quantization, within limits."""
            return self._on(name, pending.build(scheme, limits), handler)

        emitted = len(self.b.ops)
        scheme = Scheme(scale=1.0, zero_point=0)
        order = tuple(range(len(pending.shape)))
        tensor = self.b.tensor(pending.shape, scheme)
        dummy = Placed(tensor=tensor, order=order, scheme=scheme, is_real=False)
        shape = self._on(name, dummy, handler).shape
        del self.b.ops[emitted:]
        return replace(pending, shape=shape, build=build, affine=None)

    def _on(self, name: str, x: Placed, handler: Handler) -> Placed:
        """Give what `handler` makes of `x` in the place of the value `name`."""
        before = self.b.values[name]
        self.b.values[name] = x
        try:
            made = handler(self)
        finally:
            self.b.values[name] = before
        assert isinstance(made, Placed), f"{self.node.op} gives one tensor of one"
        return made

    def placed(self, position: int = 0) -> Placed:
        """Give the int8 tensor at `position`."""
        return self.b.placed(self.name(position))

    def array(self, position: int, what: str) -> Array:
        """Give the constant at `position`."""
        return self.b.array(self.name(position), what)

    def integers(self, position: int, what: str) -> tuple[int, ...]:
        """Give the constant integers at `position`."""
        return self.b.integers(self.name(position), what)

    def integer(self, name: str, default: int) -> int:
        """Give an attribute that is an integer."""
        return int(self._attribute(name, int, default))

    def number(self, name: str, default: float) -> float:
        """Give an attribute that is a number."""
        return float(self._attribute(name, float, default))

    def ints(self, name: str, default: tuple[int, ...] = ()) -> tuple[int, ...]:
        """Give an attribute that is a list of integers."""
        return tuple(int(each) for each in self._attribute(name, list, list(default)))

    def text(self, name: str, default: str) -> str:
        """Give an attribute that is a text."""
        value = self._attribute(name, bytes, default.encode())
        return bytes(value).decode("utf-8", errors="replace")

    def _attribute(self, name: str, kind: type, default: Any) -> Any:  # noqa: ANN401 (as asked)
        value = self.node.attributes.get(name, default)
        if not isinstance(value, kind):
            raise RefusedError(f"its attribute '{name}' is of the wrong type", "export it again")
        return value

    def scheme(self, scale: int, zero_point: int, *, unsigned: bool | None = None) -> Scheme:
        """Give the quantization whose scale and zero point are constants at these positions."""
        point = self.array(zero_point, "zero point") if self.has(zero_point) else None
        if unsigned is None:
            unsigned = point is None or point.dtype.name == "uint8"
        if point is not None and point.dtype.name not in ("int8", "uint8"):
            raise RefusedError(
                f"its zero point is {point.dtype}", "quantize the model to int8 or uint8"
            )
        return scheme_of(self.array(scale, "scale"), point, unsigned=unsigned)

    def operand(self, data: int) -> Placed:
        """Give the bytes at `data` in the quantization at the two positions behind it."""
        x = self.placed(data)
        return self.b.viewed(x, self.scheme(data + 1, data + 2, unsigned=x.scheme.unsigned))

    def weights(self, data: int) -> QuantizedConstant:
        """Give the constant bytes at `data` with scales and zero points behind it."""
        values, shift = as_int8(self.array(data, "weight"))
        scales = self.array(data + 1, "scale").reshape(-1)
        points = self.array(data + 2, "zero point") if self.has(data + 2) else scales * 0
        return QuantizedConstant(
            values=values,
            scales=scales.astype("float32"),
            zero_points=points.reshape(-1).astype("int64") - shift,
            axis=0,
        )

    def constant_or_none(self, position: int) -> Array | None:
        """Give the constant at `position`; None where it is none."""
        value = self.value(position) if self.has(position) else None
        return value.value if isinstance(value, Constant) else None
