"""Write a float graph as a float .tflite file with a signature: what other quantizers take."""

from dataclasses import dataclass, field, replace

import numpy as np

from tinyengine.ir import NO_CLAMP, Clamp, DType, Graph, Mul, Op, Quantization, Tensor
from tinyengine.quantize.emit import Emitter
from tinyengine.quantize.prepare import prepare
from tinyengine.quantize.structure import FUSED_NAMES, Weighted, structure_of
from tinyengine.quantize.weights import bias_of


def float_tflite(graph: Graph) -> bytes:
    """Give the file of `graph`, which computes the same in float32."""
    emitter = _FloatEmitter(structure_of(_as_keras(prepare(graph))), {}, {})
    ops = emitter.structure.graph.ops
    for op in ops:
        emitter.emit(op)
    inputs, outputs = (
        [(edge.name, emitter.index(edge.tensor)) for edge in edges]
        for edges in (graph.inputs, graph.outputs)
    )
    return emitter.writer.finish(inputs, outputs, "float32")


def _as_keras(graph: Graph) -> Graph:
    """Give clamps to [0, 1], which no operator carries, as Keras writes them: ReLU6(6 x) / 6."""
    ops: list[Op] = []
    for op in graph.ops:
        if isinstance(op, Clamp) and (op.minimum, op.maximum) == (0.0, 1.0):
            before = ops[-1]
            assert isinstance(before, Weighted) and before.output is op.input
            bias = None if before.bias is None else _times(before.bias, 6)
            ops[-1] = replace(before, weight=_times(before.weight, 6), bias=bias)
            wide = replace(op.output, name=f"{op.output.name}/wide")
            sixth = Tensor(
                name=f"{wide.name}/sixth", shape=(1,), dtype=DType.FLOAT32, data=_array([1 / 6])
            )
            ops.append(replace(op, maximum=6.0, output=wide))
            low, high = NO_CLAMP
            ops.append(
                Mul(source=op.source, lhs=wide, rhs=sixth, output=op.output,
                    act_min=low, act_max=high)
            )  # fmt: skip
        else:
            ops.append(op)
    return graph.with_ops(tuple(ops))


def _array(values: object) -> np.ndarray:
    array = np.asarray(values, np.float32)
    array.setflags(write=False)
    return array


def _times(tensor: Tensor, factor: float) -> Tensor:
    return replace(tensor, data=_array(np.asarray(tensor.values, np.float32) * factor))


@dataclass(slots=True, eq=False)
class _FloatEmitter(Emitter):
    """Writes what the int8 emitter writes, in float32."""

    indices: dict[Tensor, int] = field(default_factory=dict)

    def quant(self, tensor: Tensor) -> Quantization:
        del tensor
        return Quantization(scale=(1.0,), zero_point=(0,))

    def index(self, tensor: Tensor, like: Quantization | None = None) -> int:
        del like
        if tensor not in self.indices:
            data = np.asarray(tensor.values, np.float32) if tensor.is_const else None
            self.indices[tensor] = self.writer.tensor(
                tensor.name, tensor.shape, DType.FLOAT32, None, data
            )
        return self.indices[tensor]

    def write_clamp(self, op: Clamp) -> None:
        name = FUSED_NAMES[op.minimum, op.maximum]
        self.writer.operator(name, [self.index(op.input)], [self.index(op.output)])

    def write_weights(self, op: Op) -> list[int]:
        assert isinstance(op, Weighted)
        shape, name = (op.output.shape[-1],), f"{op.weight.name}/bias"
        bias = Tensor(name=name, shape=shape, dtype=DType.FLOAT32, data=_array(bias_of(op)))
        return [self.index(op.weight), self.index(bias)]
