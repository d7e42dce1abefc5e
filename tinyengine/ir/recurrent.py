"""What operators ask that keep their state: SVDF and LSTM."""

from collections.abc import Iterator, Mapping

from tinyengine.ir.recurrent_ops import LSTM, SVDF
from tinyengine.ir.tensor import DType, Tensor


def svdf_elements(op: SVDF) -> Iterator[str]:
    """Give what is wrong with the types and scales of an SVDF."""
    yield from _are(DType.INT8, op.input, op.feature_weight, op.output)
    yield from _are(DType.INT16, op.history, op.time_weight)
    yield from _are(DType.INT32, *([] if op.bias is None else [op.bias]))
    yield from _scaled(op.input, op.feature_weight, op.time_weight, op.history, op.output)
    yield from _symmetric(op.feature_weight, op.time_weight, op.history)


def svdf_shapes(op: SVDF) -> Iterator[str]:
    """Give how the shapes of an SVDF disagree."""
    if any(len(t.shape) != 2 for t in (op.input, op.feature_weight, op.time_weight)):
        yield "the input and the weights are not all matrices"
        return
    (batch, width), filters = op.input.shape, op.feature_weight.shape[0]
    if op.rank < 1 or filters % op.rank:
        yield f"{filters} filters do not divide into ranks of {op.rank}"
        return
    units = filters // op.rank
    wanted: dict[Tensor, tuple[int, ...]] = {
        op.feature_weight: (filters, width),
        op.time_weight: (filters, op.memory),
        op.history: (batch, filters * op.memory),
        op.output: (batch, units),
    }
    yield from _shaped(wanted)
    yield from _shaped({} if op.bias is None else {op.bias: (units,)})


def lstm_elements(op: LSTM) -> Iterator[str]:
    """Give what is wrong with the types and scales of an LSTM."""
    weights = (*op.input_weights, *op.recurrent_weights)
    projection = [] if op.projection is None else [op.projection]
    yield from _are(DType.INT8, *weights, *projection)
    yield from _are(DType.INT16, op.cell, *op.peepholes, *op.norms)
    if op.input.dtype is DType.INT16:
        yield from _wide_elements(op)
    else:
        biases = [] if op.projection_bias is None else [op.projection_bias]
        yield from _are(DType.INT8, op.input, op.output, op.hidden)
        yield from _are(DType.INT32, *op.biases, *biases)
    others = (*weights, *projection, *op.peepholes, *op.norms)
    yield from _scaled(op.input, op.hidden, op.cell, *others)
    yield from _symmetric(op.cell, *others)
    if not op.output.quantized_like(op.hidden):
        yield "the output is not quantized like the hidden state"


def _wide_elements(op: LSTM) -> Iterator[str]:
    """Give what is wrong with the types of an LSTM of int16, which has the four gates only."""
    yield from _are(DType.INT16, op.input, op.output, op.hidden)
    yield from _are(DType.INT64, *op.biases)
    yield from _symmetric(op.input, op.hidden)
    if not op.has_input_gate or op.peepholes or op.norms or op.projection is not None:
        yield "with int16 activations it has coupled gates, peepholes, norms or a projection"


def lstm_shapes(op: LSTM) -> Iterator[str]:
    """Give how the shapes of an LSTM disagree."""
    if len(op.input.shape) != 3 or len(op.cell.shape) != 2:
        yield "the input is no sequence, or the cells are no matrix"
        return
    batch = op.input.shape[1 if op.time_major else 0]
    width, cells = op.input.shape[2], op.cell.shape[1]
    outputs = cells if op.projection is None else op.projection.shape[0]
    gates = len(op.input_weights)
    counts = (len(op.recurrent_weights), len(op.biases))
    if gates not in (3, 4) or counts != (gates, gates):
        yield f"there are weights for {(gates, *counts)} gates"
        return
    if len(op.peepholes) not in (0, gates - 1):
        yield f"there are {len(op.peepholes)} peepholes of {gates} gates"
    if len(op.norms) not in (0, gates) or len(op.gate_scales) != gates:
        yield f"there are {len(op.norms)} norms of {gates} gates"
    if op.peepholes and outputs != cells:
        yield f"{cells} cells have peepholes beside a projection to {outputs} outputs"
    yield from _shaped(dict.fromkeys(op.input_weights, (cells, width)))
    yield from _shaped(dict.fromkeys(op.recurrent_weights, (cells, outputs)))
    yield from _shaped(dict.fromkeys((*op.biases, *op.peepholes, *op.norms), (cells,)))
    yield from _shaped({op.cell: (batch, cells), op.hidden: (batch, outputs)})
    yield from _shaped({op.output: (*op.input.shape[:2], outputs)})
    yield from _shaped({} if op.projection is None else {op.projection: (outputs, cells)})
    yield from _shaped({} if op.projection_bias is None else {op.projection_bias: (outputs,)})


def _shaped(wanted: Mapping[Tensor, tuple[int, ...]]) -> Iterator[str]:
    for tensor, shape in wanted.items():
        if tensor.shape != shape:
            yield f"'{tensor.name}' is {tensor.shape}, must be {shape}"


def _are(dtype: DType, *tensors: Tensor) -> Iterator[str]:
    for tensor in tensors:
        if tensor.dtype is not dtype:
            yield f"'{tensor.name}' is {tensor.dtype.value}, must be {dtype.value}"


def _scaled(*tensors: Tensor) -> Iterator[str]:
    for tensor in tensors:
        if tensor.quant is None or tensor.quant.per_channel:
            yield f"'{tensor.name}' is not quantized per tensor"


def _symmetric(*tensors: Tensor) -> Iterator[str]:
    for tensor in tensors:
        if tensor.quant is not None and any(tensor.quant.zero_point):
            yield f"'{tensor.name}' has a zero point other than 0"
