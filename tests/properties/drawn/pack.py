"""Several models as one: their networks stand beside each other, and no tensor is shared."""

import importlib
from collections.abc import Sequence
from typing import Any

import flatbuffers
from tflite.BuiltinOperator import BuiltinOperator

from tests.support import require_module


def packed(models: Sequence[bytes]) -> bytes:
    """Give one model with the inputs and outputs of all, in their order.

    Variables and what initialises them stay; names begin with the model's number.
    """
    require_module("ai_edge_litert")
    schema = importlib.import_module("ai_edge_litert.schema_py_generated")
    whole, *others = [schema.ModelT.InitFromObj(schema.Model.GetRootAs(each)) for each in models]
    _rename(whole, 0)
    for number, other in enumerate(others, 1):
        _rename(other, number)
        _append(whole, other)
    builder = flatbuffers.Builder(1 << 16)
    builder.Finish(whole.Pack(builder), file_identifier=b"TFL3")
    return bytes(builder.Output())


def _rename(model: Any, number: int) -> None:
    for graph in model.subgraphs:
        for tensor in graph.tensors:
            tensor.name = f"m{number}_{tensor.name.decode()}"
        for operator in graph.operators:
            if model.operatorCodes[operator.opcodeIndex].builtinCode == BuiltinOperator.VAR_HANDLE:
                options = operator.builtinOptions
                options.sharedName = f"m{number}_{options.sharedName.decode()}"


def _append(whole: Any, other: Any) -> None:
    """Put the networks of `other` beside those of `whole`, and count its references on."""
    buffers, codes, graphs = (
        len(each) for each in (whole.buffers, whole.operatorCodes, whole.subgraphs)
    )
    main, first = whole.subgraphs[0], other.subgraphs[0]
    tensors = len(main.tensors)
    for graph in other.subgraphs:
        for tensor in graph.tensors:
            tensor.buffer += buffers
        for operator in graph.operators:
            code = other.operatorCodes[operator.opcodeIndex].builtinCode
            operator.opcodeIndex += codes
            if code == BuiltinOperator.CALL_ONCE:
                operator.builtinOptions.initSubgraphIndex += graphs - 1
    for operator in first.operators:
        for name in ("inputs", "outputs", "intermediates"):
            found = getattr(operator, name)
            if found is not None:
                setattr(operator, name, [at + tensors if at >= 0 else at for at in found])
    main.inputs = [*main.inputs, *(at + tensors for at in first.inputs)]
    main.outputs = [*main.outputs, *(at + tensors for at in first.outputs)]
    main.tensors += first.tensors
    main.operators += first.operators
    whole.buffers += other.buffers
    whole.operatorCodes += other.operatorCodes
    whole.subgraphs += other.subgraphs[1:]
