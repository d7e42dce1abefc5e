"""Import the operators that keep their state: SVDF and UNIDIRECTIONAL_SEQUENCE_LSTM."""

import numpy as np
from tflite.ActivationFunctionType import ActivationFunctionType
from tflite.SVDFOptions import SVDFOptions
from tflite.UnidirectionalSequenceLSTMOptions import UnidirectionalSequenceLSTMOptions

from tinyengine.importers.refusals import DAMAGED_HINT, LIMIT_HINT, RefusedError
from tinyengine.importers.tflite.call import Call
from tinyengine.ir import LSTM, SVDF, DType, Op, Quantization, Tensor
from tinyengine.ir.recurrent import lstm_elements, lstm_shapes, svdf_elements, svdf_shapes

_GATES = (1, 2, 3, 0)
"""The positions of forget, cell, output and input gate within the file's groups of four."""

_PEEPHOLES = (10, 11, 9)
_HIDDEN, _CELL = 18, 19
_NORMS = 20
"""Where the weights of the first gate's norm stand: in files of 20 operands there are none."""

_GATE_SCALE = 2.0**-12
"""The scale of gates' sums that are not normalized."""

_OUTPUTS_SCALE = 4
"""Which of the intermediates says how the cells' outputs are quantized before a projection."""


def svdf(call: Call) -> tuple[Op, ...]:
    """Import SVDF."""
    call.expect((5,))
    options = call.options(SVDFOptions)
    if options.FusedActivationFunction() != ActivationFunctionType.RELU:
        raise RefusedError(
            "its activation is not RELU: the interpreter takes no other of int8", LIMIT_HINT
        )
    source, feature = call.input(), call.quantized_constant(1, "feature weight", (DType.INT8,))
    if len(source.shape) != 2 or options.Rank() < 1:
        raise RefusedError("its input is no matrix, or its rank is below 1", DAMAGED_HINT)
    units = feature.shape[0] // options.Rank()
    output = call.output((source.shape[0], units))
    op = SVDF(
        source=call.source,
        output=output,
        input=source,
        feature_weight=feature,
        time_weight=call.quantized_constant(2, "time weight", (DType.INT16,)),
        bias=call.bias(3, units),
        history=call.state(4, "state", (DType.INT16,)),
        rank=options.Rank(),
    )
    _require_sound([*svdf_elements(op), *svdf_shapes(op)])
    return (op,)


def unidirectional_sequence_lstm(call: Call) -> tuple[Op, ...]:
    """Import UNIDIRECTIONAL_SEQUENCE_LSTM with int8 or int16 activations and int16 cells."""
    call.expect((20, 24))
    options = call.options(UnidirectionalSequenceLSTMOptions)
    if options.FusedActivationFunction() != ActivationFunctionType.TANH:
        raise RefusedError(
            "its activation is not TANH: the integer kernel knows no other", LIMIT_HINT
        )
    source = call.input()
    gates = _GATES if call.has(1) else _GATES[:3]
    hidden = call.state(_HIDDEN, "output state", (source.dtype,))
    cell = call.state(_CELL, "cell state", (DType.INT16,))
    if len(source.shape) != 3 or len(hidden.shape) != 2 or len(cell.shape) != 2:
        raise RefusedError(
            "its input is no sequence of vectors, or its states are no matrices", DAMAGED_HINT
        )
    output = call.output((*source.shape[:2], hidden.shape[1]))
    projection = call.quantized_constant(16, "projection", (DType.INT8,)) if call.has(16) else None
    wide = call.is_wide
    exponent = int(np.log2(cell.scale))
    if cell.scale != 2.0**exponent or not -15 <= exponent <= -9:
        raise RefusedError(f"the cells' scale {cell.scale:g} is no power of two up to 2^-9")
    op = LSTM(
        source=call.source,
        output=output,
        input=source,
        input_weights=_group(call, 1, gates, "input weight"),
        recurrent_weights=_group(call, 5, gates, "recurrent weight"),
        biases=tuple(_bias(call, 12 + gate, cell.shape[1], wide) for gate in gates),
        peepholes=_peepholes(call, len(gates)),
        projection=projection,
        projection_bias=call.bias(17, hidden.shape[1]) if projection else None,
        norms=_norms(call, gates),
        hidden=hidden,
        cell=cell,
        time_major=bool(options.TimeMajor()),
        cell_clip=_clip(options.CellClip(), cell),
        projection_clip=_clip(options.ProjClip(), hidden) if projection else 0,
        between=hidden.quant if wide and hidden.quant else _between(call),
        gate_scales=tuple(_gate_scale(call, gate) for gate in gates),
    )
    _require_sound([*lstm_elements(op), *lstm_shapes(op)])
    return (op,)


def _group(call: Call, first: int, gates: tuple[int, ...], role: str) -> tuple[Tensor, ...]:
    return tuple(call.quantized_constant(first + gate, role, (DType.INT8,)) for gate in gates)


def _peepholes(call: Call, gates: int) -> tuple[Tensor, ...]:
    positions = _PEEPHOLES[: gates - 1]
    if not any(call.has(position) for position in _PEEPHOLES):
        return ()
    return tuple(
        call.quantized_constant(position, "peephole", (DType.INT16,)) for position in positions
    )


def _norms(call: Call, gates: tuple[int, ...]) -> tuple[Tensor, ...]:
    """Give the weights of the gates' norms; none where no gate is normalized."""
    if not any(call.has(_NORMS + gate) for gate in _GATES):
        return ()
    return tuple(
        call.quantized_constant(_NORMS + gate, "layer norm", (DType.INT16,)) for gate in gates
    )


def _gate_scale(call: Call, gate: int) -> float:
    """Give the scale of a gate's sums: where they are normalized, an intermediate has it."""
    if not call.has(_NORMS + gate):
        return _GATE_SCALE
    quant = call.intermediate_scale(gate)
    if quant is None:
        raise RefusedError("it has no scale for a gate that is normalized: its intermediates")
    return quant.scale[0]


def _bias(call: Call, position: int, cells: int, wide: bool) -> Tensor:
    bias = call.bias(position, cells, (DType.INT64 if wide else DType.INT32,))
    if bias is None:
        raise RefusedError("a gate has no bias", LIMIT_HINT)
    return bias


def _clip(real: float, tensor: Tensor) -> int:
    """Give a clip in units of `tensor`; 0 for none."""
    if not real > 0:
        return 0
    least, greatest = tensor.dtype.limits
    ratio = np.float32(real) / np.float32(tensor.scale)
    return int(min(max(float(ratio), least), greatest))


def _between(call: Call) -> Quantization:
    """Give how the cells' outputs are quantized: the hidden state is, or what is projected."""
    quant = call.intermediate_scale(_OUTPUTS_SCALE)
    if quant is None:
        raise RefusedError("it has no scale for what the cells give: its fifth intermediate")
    return quant


def _require_sound(faults: list[str]) -> None:
    """Refuse an operator whose operands disagree."""
    if faults:
        raise RefusedError(faults[0], DAMAGED_HINT)
