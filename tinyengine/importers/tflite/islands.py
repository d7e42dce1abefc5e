"""Parts of a file that compute in float32: conversions become tables, others are refused."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from tinyengine.importers.refusals import RefusedError
from tinyengine.importers.tflite.call import Call
from tinyengine.importers.tflite.detection import detection_name, real_operands
from tinyengine.importers.tflite.model import FileModel, FileOperator
from tinyengine.importers.tflite.tensors import TensorTable
from tinyengine.importers.tflite.wiring import Wiring, data_operands
from tinyengine.ir import DType, Lookup, Op
from tinyengine.reference.conversion import through_float

_FLOATS = frozenset({"float32", "float16", "float64", "bfloat16"})


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Islands:
    """What happens in float32 within a file, by the operator's index.

    `bridges` are QUANTIZE after a DEQUANTIZE: the tensor that the latter reads. `crossed` are
    DEQUANTIZE that only such read, or the operators that end a detector: `origins` are the tensors
    that these DEQUANTIZE read, by those that they give. `names` are the first and last operator of
    the island that an operator belongs to, for messages.
    """

    bridges: Mapping[int, int]
    crossed: frozenset[int]
    origins: Mapping[int, int]
    names: Mapping[int, str]


def find_islands(model: FileModel, wiring: Wiring) -> Islands:
    """Find the operators of `model` that compute in float32, but for those at its edges."""
    bridges = dict(_bridges(model, wiring))
    ends = [operator for operator in model.operators if detection_name(operator)]
    crossed = frozenset(_crossed(model, wiring, {*bridges, *(each.index for each in ends)}))
    done = wiring.stripped | wiring.dead | crossed | bridges.keys()
    floating = [
        operator
        for operator in model.operators
        if operator.index not in done
        and operator.opcode != "CUSTOM"
        and operator not in ends
        and _floats(model, operator)
    ]
    names: dict[int, str] = {}
    for island in _connected(model, floating):
        name = " to ".join(_name(model, each) for each in dict.fromkeys((island[0], island[-1])))
        names |= dict.fromkeys((operator.index for operator in island), name)
    origins = dict(_origins(ends, wiring))
    return Islands(bridges=bridges, crossed=crossed, origins=origins, names=names)


def _origins(ends: Sequence[FileOperator], wiring: Wiring) -> Iterator[tuple[int, int]]:
    """Give what each DEQUANTIZE that one of `ends` reads gives, and what it reads."""
    for index in (each for operator in ends for each in real_operands(operator)):
        before = wiring.producers.get(index)
        if before is not None and before.opcode == "DEQUANTIZE" and len(before.inputs) == 1:
            yield index, before.inputs[0]


def bridge(call: Call, origin: int, tensors: TensorTable) -> tuple[Op, ...]:
    """Import the QUANTIZE of what a DEQUANTIZE gives, which reads tensor `origin`: a table."""
    call.expect((1,))
    source = tensors.activation(origin, "input", (DType.INT8,))
    output = call.output(source.shape, (DType.INT8,))
    every = np.arange(-128, 128).astype(np.int8)
    table = through_float(every, source, output)
    table.flags.writeable = False
    op = Lookup(source=call.source, output=output, input=source, table=table, function=call.opcode)
    return (op,)


def refused(name: str) -> RefusedError:
    """Give the refusal of an operator of the island `name`."""
    return RefusedError(
        f"it belongs to an island of float32, {name}; the device has no floating point",
        "quantize these operators, too, or end the model before them and compute the rest in "
        "your application",
    )


def _bridges(model: FileModel, wiring: Wiring) -> Iterator[tuple[int, int]]:
    """Give each QUANTIZE between a DEQUANTIZE and 8 bits, and what the DEQUANTIZE reads."""
    for operator in model.operators:
        is_inner = operator.opcode == "QUANTIZE" and operator.index not in wiring.stripped
        if not is_inner or len(operator.inputs) != 1 or len(operator.outputs) != 1:
            continue
        before = wiring.producers.get(operator.inputs[0])
        if before is None or before.opcode != "DEQUANTIZE" or len(before.inputs) != 1:
            continue
        ends = (before.inputs[0], operator.outputs[0])
        if min(ends) >= 0 and all(model.tensors[i].dtype in ("int8", "uint8") for i in ends):
            yield operator.index, ends[0]


def _crossed(model: FileModel, wiring: Wiring, readers_known: Collection[int]) -> Iterator[int]:
    """Give the DEQUANTIZE that operators of `readers_known` read, and nobody else."""
    readers: dict[int, list[int]] = {}
    for operator in model.operators:
        for index in operator.inputs if operator.index not in wiring.dead else ():
            readers.setdefault(index, []).append(operator.index)
    for operator in model.operators:
        found = [reader for index in operator.outputs for reader in readers.get(index, ())]
        is_inner = operator.index not in wiring.stripped | wiring.dead
        is_read = bool(found) and all(reader in readers_known for reader in found)
        if operator.opcode == "DEQUANTIZE" and is_inner and is_read:
            yield operator.index


def _floats(model: FileModel, operator: FileOperator) -> set[int]:
    """Give the tensors of float32 that an operator computes with, constants left out."""
    computed = (index for index in (*data_operands(operator), *operator.outputs) if index >= 0)
    tensors = {index: model.tensors[index] for index in computed}
    return {i for i, each in tensors.items() if each.dtype in _FLOATS and each.data is None}


def _connected(model: FileModel, operators: Sequence[FileOperator]) -> Iterable[list[FileOperator]]:
    """Give the `operators` that hang together by tensors of float32, in order."""
    above: dict[int, int] = {}

    def root(index: int) -> int:
        """Give the tensor that stands for the island of tensor `index`."""
        while above.setdefault(index, index) != index:
            above[index] = above[above[index]]
            index = above[index]
        return index

    firsts = []
    for operator in operators:
        first, *others = sorted(_floats(model, operator))
        firsts.append(first)
        for other in others:
            above[root(other)] = root(first)
    islands: dict[int, list[FileOperator]] = {}
    for operator, first in zip(operators, firsts, strict=True):
        islands.setdefault(root(first), []).append(operator)
    return islands.values()


def _name(model: FileModel, operator: FileOperator) -> str:
    label = model.tensors[operator.outputs[0]].label if operator.outputs else ""
    return f"op {operator.index} {operator.opcode} '{label}'"
