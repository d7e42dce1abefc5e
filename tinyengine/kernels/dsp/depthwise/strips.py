"""Kernels of DepthwiseConv2D that compute strips of a row, four channels at a time."""

from functools import partial
from itertools import product

from tinyengine.board.types import Isa
from tinyengine.ir import DepthwiseConv2D
from tinyengine.kernels.dsp.depthwise.factors import sums_scale
from tinyengine.kernels.dsp.depthwise.form import (
    EXPANDED,
    FORMS,
    HEADER,
    PACKED,
    Records,
    even_twins,
    params,
    strip_of,
)
from tinyengine.kernels.dsp.depthwise.records import (
    nibble_records,
    packed_records,
    record_words,
    records,
    records_halve,
    records_pack,
)
from tinyengine.kernels.exact.nibbles import weights_have_4_bits
from tinyengine.kernels.ref.convolution import widened, window_is_widened
from tinyengine.kernels.spec import Constraint, Form, Kernel, Progress, RowLayout, Struct

_LANES = 4
"""Channels computed at a time."""

_PAIRED = {3: 4.7, 5: 7.2, 7: 11.3}
_SINGLE = {3: 7.0, 5: 8.5, 7: 11.5}
"""Instructions per output of a pass over two rows, and over one with rounding, by kernel width."""


def channels_come_in_fours(op: DepthwiseConv2D) -> bool:
    """Input must have as many channels as the output, and at least 4."""
    return op.input.shape[-1] == op.output.shape[-1] >= 4


def _columns(op: DepthwiseConv2D) -> int:
    """Give the input columns that a strip reads."""
    return strip_of(op) * op.stride_w + op.weight.shape[2] - 1


def _params(form: Form, records_of: Records, op: DepthwiseConv2D) -> Struct:
    return params(form, records_of, widened(op))


def _scratch_nbytes(form: Form, given: DepthwiseConv2D) -> int:
    op = widened(given)
    unpacked = 0 if form.expands_weights else record_words(op)
    return 4 * _LANES * (_columns(op) * 3 // 2 + strip_of(op) + unpacked)


def _cost(form: Form, given: DepthwiseConv2D) -> int:
    """Give the instructions: what was counted on emulated cores, by part."""
    op = widened(given)
    _, kernel_h, kernel_w, _ = op.weight.shape
    out_h, out_w, out_c = op.output.hwc
    strips = -(-out_w // strip_of(op))
    columns = min(op.input.hwc[1], strips * _columns(op))
    is_pixels = form.reads is RowLayout.PIXELS
    expanded = 3.5 * columns + 10 * strips if is_pixels else 2.9 * columns + 32 * strips
    paired = expanded + _PAIRED[kernel_w] * out_w + 20 * strips
    single = expanded / 2 + _SINGLE[kernel_w] * out_w + 45 * strips
    unpacked = 0 if form.expands_weights else strips * (6.5 * record_words(op) + 20)
    rows = kernel_h // 2 * paired + single + unpacked
    return int(out_h * (out_c * rows + 600 * strips))


def _kernels(kernel_w: int, stride_w: int, form: Form) -> tuple[Kernel, ...]:
    is_pixels = form.reads is RowLayout.PIXELS
    layout: tuple[Constraint, ...] = (channels_come_in_fours,) if is_pixels else ()
    suffix = "_w4" if form.halves_weights else ""
    exact: tuple[Constraint, ...] = (sums_scale,)
    records_of = records
    if form.halves_weights:
        exact, records_of = (weights_have_4_bits, records_halve), nibble_records
    elif not form.expands_weights:
        exact, records_of = (records_pack,), packed_records
    types = EXPANDED if form.expands_weights else PACKED
    constraints = (*types, window_is_widened(kernel_w, stride_w), *layout)
    kernel = Kernel(
        folder="dsp",
        function=f"te_depthwise_conv2d_s8_dsp_{kernel_w}_{stride_w}{suffix}",
        shares=("te_depthwise_dsp",),
        header=HEADER,
        isa=Isa.DSP,
        op=DepthwiseConv2D,
        form=form,
        params=partial(_params, form, records_of),
        progress=Progress.ROW,
        constraints=(*constraints, *exact),
        scratch_nbytes=partial(_scratch_nbytes, form),
        cost=partial(_cost, form),
    )
    return kernel, *even_twins(kernel, constraints)


_LAYOUTS = (RowLayout.CHANNELS, RowLayout.PIXELS)

KERNELS: tuple[Kernel, ...] = tuple(
    kernel
    for kernel_w, stride_w, reads, writes, weights in product(
        (3, 5, 7), (1, 2), _LAYOUTS, _LAYOUTS, FORMS
    )
    for kernel in _kernels(kernel_w, stride_w, Form(reads=reads, writes=writes, **weights))
)
"""By kernel width and stride, the layouts of rows read and written, and the form of records."""
