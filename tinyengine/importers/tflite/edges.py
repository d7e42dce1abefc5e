"""The inputs and outputs of a file's network as edges of the graph."""

from tinyengine.importers.refusals import DAMAGED_HINT, LIMIT_HINT, QUANTIZE_HINT, RefusedError
from tinyengine.importers.tflite.model import FileModel
from tinyengine.importers.tflite.tensors import NUMBERS, TensorTable
from tinyengine.importers.tflite.wiring import Wiring
from tinyengine.ir import DType, Edge, Tensor

_QUANTIZED = (DType.INT8, DType.UINT8, DType.INT16)


def input_edge(index: int, model: FileModel, wiring: Wiring, tensors: TensorTable) -> Edge:
    """Give the edge of the model's input `index`; for float32, the tensor after QUANTIZE."""
    tensor = model.tensors[index]
    if model.inputs.count(index) > 1:
        raise RefusedError("it is listed as an input twice", LIMIT_HINT)
    if tensor.data is not None:
        raise RefusedError("it is a constant", LIMIT_HINT)
    if tensor.dtype != "float32":
        given = _integers(index, "input", tensors)
        return Edge(name=tensor.name, tensor=given, dtype=given.dtype)
    readers = [
        operator
        for operator in model.operators
        if operator.index in wiring.stripped and operator.inputs[0] == index
    ]
    if len(readers) != 1:
        raise RefusedError(
            f"it is float32 and {len(readers)} QUANTIZE operators read it; it must be 1",
            QUANTIZE_HINT,
        )
    quantized = tensors.activation(readers[0].outputs[0], "input", _QUANTIZED)
    if tensor.shape != quantized.shape:
        raise RefusedError("QUANTIZE gives it another shape", DAMAGED_HINT)
    return Edge(name=tensor.name, tensor=quantized, dtype=DType.FLOAT32)


def output_edge(index: int, model: FileModel, wiring: Wiring, tensors: TensorTable) -> Edge:
    """Give the edge of the model's output `index`; for float32, the tensor before DEQUANTIZE.

    What an operator that ends a detector gives in float32 are integers already. An output may be an
    input or a constant as well, and stand in the list twice.
    """
    tensor = model.tensors[index]
    if tensor.dtype != "float32":
        _require_value(index, model, wiring)
        producer = wiring.producers.get(index)
        is_cast = producer is not None and producer.opcode == "CAST"
        given = _integers(index, "output", tensors, unscaled=is_cast)
        return Edge(name=tensor.name, tensor=given, dtype=given.dtype)
    if (stand_in := tensors.stand_in(index)) is not None:
        return Edge(name=tensor.name, tensor=stand_in, dtype=DType.FLOAT32)
    producer = wiring.producers.get(index)
    if producer is None or producer.index not in wiring.stripped:
        origin = "no operator" if producer is None else producer.opcode
        raise RefusedError(
            f"it is float32 and comes from {origin}; it must come from DEQUANTIZE", QUANTIZE_HINT
        )
    inner = producer.inputs[0]
    _require_value(inner, model, wiring)
    quantized = tensors.activation(inner, "output", _QUANTIZED, symmetric=False)
    if tensor.shape != quantized.shape:
        raise RefusedError("DEQUANTIZE gives it another shape", DAMAGED_HINT)
    return Edge(name=tensor.name, tensor=quantized, dtype=DType.FLOAT32)


def _integers(index: int, role: str, tensors: TensorTable, *, unscaled: bool = False) -> Tensor:
    """Give the tensor of an edge that is no float32: quantized, or numbers as they are.

    Where it may be `unscaled`, one without a scale is of numbers, too.
    """
    if unscaled and not len(tensors.file_tensor(index).scales):
        return tensors.numbers(index, role, (*_QUANTIZED, *NUMBERS))
    if tensors.means_itself(index):
        return tensors.numbers(index, role, (*NUMBERS, DType.INT16))
    is_unsigned = tensors.file_tensor(index).dtype == DType.UINT8.value
    dtypes = (DType.UINT8,) if is_unsigned else _QUANTIZED
    return tensors.activation(index, role, dtypes, symmetric=role != "output")


def _require_value(index: int, model: FileModel, wiring: Wiring) -> None:
    """Refuse a tensor that nothing gives a value."""
    is_known = index in wiring.given or model.tensors[index].data is not None
    if not is_known and index not in wiring.producers:
        raise RefusedError(
            "no operator computes it", "a model must compute each of its outputs, or hold it"
        )
