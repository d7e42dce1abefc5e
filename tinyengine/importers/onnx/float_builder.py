"""Build a float graph of an ONNX network, with constants as operands as they are."""

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from tinyengine.importers.onnx.builder import Builder, Pads
from tinyengine.importers.onnx.call import Call
from tinyengine.importers.onnx.model import FileModel
from tinyengine.importers.onnx.values import Constant, Placed, Scheme
from tinyengine.importers.refusals import RefusedError
from tinyengine.ir import NO_CLAMP, Add, Clamp, Concatenation, DType, Edge, Mul, Tensor

Floats = npt.NDArray[np.float32]

PLAIN = Scheme(scale=1.0, zero_point=0)
"""Stands where quantized files have a quantization."""


class FloatBuilder(Builder):
    """Builds a float graph: every tensor is float32, and constants are operands as they are."""

    def __init__(self, model: FileModel) -> None:
        """Take the file, whose inputs must be float32."""
        super().__init__(model)
        for port in model.inputs:
            tensor = Tensor(name=port.name, shape=port.shape, dtype=DType.FLOAT32)
            self.edges[port.name] = Edge(name=port.name, tensor=tensor, dtype=DType.FLOAT32)
            self.values[port.name] = self.held(tensor)

    def held(self, tensor: Tensor) -> Placed:
        """Give a tensor whose axes lie as the file has them."""
        order = tuple(range(len(tensor.shape)))
        return Placed(tensor=tensor, order=order, scheme=PLAIN, is_real=True)

    def tensor(self, shape: tuple[int, ...], scheme: Scheme, suffix: str = "") -> Tensor:
        """Give a new float32 tensor, named after the operator's output where it is the last."""
        made = super().tensor(shape, scheme, suffix)
        return replace(made, dtype=DType.FLOAT32, quant=None)

    def fixed(self, values: npt.ArrayLike, suffix: str) -> Tensor:
        """Give a constant of float32; refuse what is not finite."""
        data = np.array(values, np.float32, order="C")
        if not np.all(np.isfinite(data)):
            raise RefusedError("it holds values that are not finite", "train or export it again")
        data.setflags(write=False)
        return replace(self.tensor(data.shape, PLAIN, suffix), data=data)

    def surrounded(self, x: Placed, pads: Pads, value: float) -> Placed:
        """Give `x` with a constant around it: zeros as padding, others joined to it."""
        if not value:
            return super().surrounded(x, pads, value)
        for axis, pair in enumerate(pads):
            shape = x.tensor.shape
            parts = [x.tensor]
            for place, count in enumerate(pair):
                if count:
                    slab = np.full((*shape[:axis], count, *shape[axis + 1 :]), value)
                    parts.insert(place * len(parts), self.fixed(slab, f"/around_{axis}_{place}"))
            if len(parts) > 1:
                wide = (*shape[:axis], shape[axis] + sum(pair), *shape[axis + 1 :])
                output = self.tensor(wide, PLAIN)
                self.emit(
                    Concatenation(
                        source=self.source, operands=tuple(parts), axis=axis, output=output
                    )
                )
                x = replace(x, tensor=output)
        return x

    def placed(self, name: str) -> Placed:
        """Give the tensor that `name` stands for; a constant becomes one."""
        value = self.value(name)
        if isinstance(value, Constant):
            return self.held(self.fixed(value.value, f"/{name}"))
        return super().placed(name)

    def leaving(self, name: str) -> Edge:
        """Give the edge of the output `name`, its axes as the file has them."""
        placed = self.logical(self.placed(name))
        return Edge(name=name, tensor=placed.tensor, dtype=DType.FLOAT32)


def builder_of(call: Call) -> FloatBuilder:
    """Give the builder of a float network."""
    assert isinstance(call.b, FloatBuilder), "float networks have their own builder"
    return call.b


def weights_of(call: Call, position: int, what: str = "weight") -> Floats:
    """Give the constant at `position` in float32."""
    return np.asarray(call.array(position, what), np.float32)


def clamped(call: Call, x: Placed, low: float, high: float) -> Placed:
    """Give `x` within [low, high]."""
    b = builder_of(call)
    output = b.tensor(x.tensor.shape, PLAIN)
    b.emit(Clamp(source=b.source, input=x.tensor, output=output, minimum=low, maximum=high))
    return replace(x, tensor=output)


def with_constant(
    call: Call, x: Placed, kind: type[Add] | type[Mul], value: npt.ArrayLike
) -> Placed:
    """Give x plus or times a constant whose axes lie as those of x in memory."""
    b = builder_of(call)
    output = b.tensor(x.tensor.shape, PLAIN)
    b.emit(
        kind(
            source=b.source,
            lhs=x.tensor,
            rhs=b.fixed(value, "/constant"),
            output=output,
            act_min=NO_CLAMP[0],
            act_max=NO_CLAMP[1],
        )
    )
    return replace(x, tensor=output)
