"""Which types of activations an operator takes, found by trying: its smallest model in each."""

from dataclasses import replace
from functools import cache

import numpy as np

from tests.builders.tflite_writer import Spec
from tests.importers.single_operators import CASES, Case
from tinyengine.errors import ModelError
from tinyengine.ir import DType

TYPES = (DType.BOOL, DType.INT8, DType.UINT8, DType.INT16, DType.INT32, DType.INT64)

HAVE_WEIGHTS = frozenset({
    "CONV_2D", "DEPTHWISE_CONV_2D", "EMBEDDING_LOOKUP", "FULLY_CONNECTED", "SVDF", "TRANSPOSE_CONV",
    "UNIDIRECTIONAL_SEQUENCE_LSTM",
})  # fmt: skip
"""The operators whose constants of the activations' type are weights: of int8, or of uint8."""


def refusals(opcode: str) -> list[tuple[DType, str]]:
    """Give the types in which no smallest model of `opcode` is taken, and what is said of one."""
    case = next(case for case in CASES if case.opcode == opcode)
    refused = [dtype for dtype in TYPES if dtype not in accepted(opcode)]
    return [(dtype, _reason(_in_type(case, dtype))) for dtype in refused]


@cache
def accepted(opcode: str) -> tuple[DType, ...]:
    """Give the types in which the importer takes the smallest models of `opcode`."""
    cases = [case for case in CASES if case.opcode == opcode]
    kinds = dict.fromkeys((*TYPES, *(DType(_subject(case)) for case in cases)))
    return tuple(
        dtype for dtype in kinds if any(_is_taken(_in_type(case, dtype)) for case in cases)
    )


def _subject(case: Case) -> str:
    """Give the type of the first operand that is no constant, or of the first one at all.

    Choices begin with a condition, which is none of the activations that are chosen from.
    """
    if case.opcode in ("SELECT", "SELECT_V2"):
        return case.results[0].dtype
    specs = [spec for spec in case.operands if spec is not None]
    return next(
        (spec for spec in specs if spec.data is None), (specs or [case.results[0]])[0]
    ).dtype


def _is_taken(case: Case) -> bool:
    return not _reason(case)


def _reason(case: Case) -> str:
    """Give why the importer refuses the model of `case`; empty where it takes it."""
    try:
        case.graph()
    except ModelError as error:
        return str(error)
    return ""


def _in_type(case: Case, dtype: DType) -> Case:
    """Give `case` with activations of `dtype` in place of the first one's type."""
    subject = _subject(case)
    stay = case.opcode in HAVE_WEIGHTS

    def changed(spec: Spec | None) -> Spec | None:
        """Give a tensor in the new type, if it is of the old one."""
        if spec is None or spec.dtype != subject or (stay and spec.data is not None):
            return spec
        return _spec(spec, dtype)

    results = [_spec(spec, dtype) if spec.dtype == subject else spec for spec in case.results]
    options = dict(case.options)
    if "in_data_type" in options:
        options["in_data_type"] = dtype.value.upper()
    operands = [changed(spec) for spec in case.operands]
    made = replace(case, operands=operands, results=results, options=options)
    if dtype is DType.UINT8:
        return _as_uint8_wants(made)
    return _as_int16_wants(made) if dtype is DType.INT16 else made


_FIXED = {"SOFTMAX": 0, "LOG_SOFTMAX": 255}
"""The zero points of outputs that have just one."""


def _as_uint8_wants(case: Case) -> Case:
    """Give `case`, whose activations are uint8, with weights and zero points of uint8."""
    operands = [_weight_of_uint8(spec) for spec in case.operands]
    zero_point = _FIXED.get(case.opcode)
    results = list(case.results)
    if zero_point is not None:
        results = [replace(spec, zero_point=zero_point) for spec in case.results]
    return replace(case, operands=operands, results=results)


def _weight_of_uint8(spec: Spec | None) -> Spec | None:
    """Give constant weights of int8 as uint8, with the one scale that such have."""
    if spec is None or spec.data is None or spec.dtype != "int8":
        return spec
    scale = float(np.ravel(np.asarray(spec.scale))[0])
    data = np.asarray(spec.data) + 128
    return replace(spec, dtype="uint8", scale=scale, zero_point=128, data=data)


def _as_int16_wants(case: Case) -> Case:
    """Give `case`, whose activations are int16, with what goes with that: biases, scales."""
    if case.opcode in ("ADD", "SUB"):
        return replace(case, options={**case.options, "pot_scale_int16": False})
    if case.opcode in ("LOGISTIC", "TANH", "SOFTMAX"):
        return replace(case, results=[replace(spec, scale=2.0**-15) for spec in case.results])
    *others, last = case.operands
    if case.opcode in HAVE_WEIGHTS and last is not None and last.dtype == "int32":
        bias = replace(last, dtype="int64", data=np.asarray(last.data, np.int64))
        return replace(case, operands=[*others, bias])
    return case


def _spec(spec: Spec, dtype: DType) -> Spec:
    """Give a tensor in another type, with the zero point that it wants, or without a scale."""
    if dtype.value == spec.dtype:
        return spec
    if spec.data is not None:
        more = 128 if (spec.dtype, dtype) == ("int8", DType.UINT8) else 0
        spec = replace(spec, data=(np.asarray(spec.data) + more).astype(dtype.numpy))
    if dtype in (DType.BOOL, DType.INT32, DType.INT64):
        return replace(spec, dtype=dtype.value, scale=None, zero_point=None)
    zero_point = {DType.INT8: spec.zero_point, DType.UINT8: 128}.get(dtype, 0)
    return replace(spec, dtype=dtype.value, scale=spec.scale or 0.5, zero_point=zero_point)
