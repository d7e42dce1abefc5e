"""What the operators of the signal library ask of their tensors and attributes, as faults."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from tinyengine.ir.ops import Op, Role
from tinyengine.ir.signal import (
    SignalDelay,
    SignalEnergy,
    SignalFftAutoScale,
    SignalFilterBank,
    SignalFilterBankLog,
    SignalFilterBankSpectralSubtraction,
    SignalFilterBankSquareRoot,
    SignalFramer,
    SignalIrfft,
    SignalOverlapAdd,
    SignalPCAN,
    SignalRfft,
    SignalStacker,
    SignalWindow,
    queue_elements,
)
from tinyengine.ir.tensor import DType, Tensor

Check = Callable[[Any], Iterator[str]]

GAIN_ELEMENTS = 125
"""Coefficients that the gain of SignalPCAN needs for every 32-bit noise: 4 an octave, less 3."""

_RADICES = (2, 3, 5)


def only_radices(fft_length: int) -> bool:
    """Tell whether a real FFT of this length is made of the butterflies that there are."""
    rest = fft_length // 2
    for radix in _RADICES:
        while rest > 0 and rest % radix == 0:
            rest //= radix
    return fft_length % 2 == 0 and 4 <= fft_length <= 1 << 16 and rest == 1


# -- types ------------------------------------------------------------------------------------


def _typed(**dtypes: DType) -> Check:
    """Give a check that the fields of these names have these types, and all others int16."""

    def check(op: Op) -> Iterator[str]:
        """Give the tensors of `op` that have another type."""
        wanted = {id(getattr(op, name)): dtype for name, dtype in dtypes.items()}
        for tensor in op.having(*Role):
            dtype = wanted.get(id(tensor), DType.INT16)
            if tensor.dtype is not dtype:
                yield f"'{tensor.name}' is {tensor.dtype.value}, must be {dtype.value}"
        for tensor in op.having(Role.CONSTANT):
            if not tensor.is_const:
                yield f"'{tensor.name}' is no constant"

    return check


SIGNAL_ELEMENTS: Mapping[type[Op], Check] = {
    SignalWindow: _typed(),
    SignalFftAutoScale: _typed(scale_bits=DType.INT32),
    SignalRfft: _typed(),
    SignalIrfft: _typed(),
    SignalEnergy: _typed(output=DType.UINT32),
    SignalFilterBank: _typed(input=DType.UINT32, output=DType.UINT64),
    SignalFilterBankSquareRoot: _typed(
        input=DType.UINT64, scale_bits=DType.INT32, output=DType.UINT32
    ),
    SignalFilterBankSpectralSubtraction: _typed(
        input=DType.UINT32, output=DType.UINT32, noise_estimate=DType.UINT32, noise=DType.UINT32
    ),
    SignalPCAN: _typed(input=DType.UINT32, noise_estimate=DType.UINT32, output=DType.UINT32),
    SignalFilterBankLog: _typed(input=DType.UINT32),
    SignalFramer: _typed(valid=DType.BOOL, count=DType.INT32),
    SignalStacker: _typed(valid=DType.BOOL, count=DType.INT32),
    SignalDelay: _typed(),
    SignalOverlapAdd: _typed(),
}
"""What each operator asks of its elements."""


# -- shapes and attributes --------------------------------------------------------------------


def _shape(tensor: Tensor, expected: tuple[int, ...]) -> Iterator[str]:
    if tensor.shape != expected:
        yield f"'{tensor.name}' is {tensor.shape}, must be {expected}"


def _within(name: str, value: int, least: int, most: int) -> Iterator[str]:
    if not least <= value <= most:
        yield f"{name} {value} is outside [{least}, {most}]"


def _window(op: SignalWindow) -> Iterator[str]:
    yield from _shape(op.output, op.input.shape)
    yield from _shape(op.weight, op.input.shape[-1:])
    yield from _within("shift", op.shift, 0, 31)


def _auto_scale(op: SignalFftAutoScale) -> Iterator[str]:
    yield from _shape(op.output, (op.input.elements,))
    yield from _shape(op.input, (op.input.elements,))
    yield from _shape(op.scale_bits, ())


def _transform(op: SignalRfft | SignalIrfft) -> Iterator[str]:
    if not only_radices(op.fft_length):
        yield f"fft_length {op.fft_length} is not 4 to 65536 and 2 times a product of 2, 3 and 5"
        return
    real, spectrum = (op.input, op.output) if isinstance(op, SignalRfft) else (op.output, op.input)
    if not real.shape or not spectrum.shape:
        yield "a scalar has no spectrum"
        return
    yield from _shape(spectrum, (*real.shape[:-1], op.fft_length + 2))
    shortest = 1 if isinstance(op, SignalRfft) else op.fft_length
    yield from _within(f"length of '{real.name}'", real.shape[-1], shortest, op.fft_length)


def _energy(op: SignalEnergy) -> Iterator[str]:
    yield from _shape(op.input, (2 * op.output.elements,))
    yield from _shape(op.output, (op.output.elements,))
    yield from _within("start", op.start, 0, op.output.elements)
    yield from _within("end", op.end, op.start, op.output.elements)


def _filter_bank(op: SignalFilterBank) -> Iterator[str]:
    yield from _shape(op.input, (op.input.elements,))
    yield from _shape(op.output, (op.output.elements,))
    yield from _shape(op.unweight, op.weight.shape)
    for tensor in (op.frequency_starts, op.weight_starts, op.widths):
        yield from _shape(tensor, (op.output.elements + 1,))
        if tensor.is_const and tensor.values.min() < 0:
            yield f"'{tensor.name}' has a negative value"
    for tensor in (op.weight, op.unweight):
        if tensor.is_const and tensor.values.min() < 0:
            yield f"'{tensor.name}' has a negative weight"
    if (
        not all(t.is_const for t in op.having(Role.CONSTANT))
        or op.widths.shape != op.frequency_starts.shape
    ):
        return
    widths = op.widths.values.astype(int)
    for starts, where in ((op.frequency_starts, op.input), (op.weight_starts, op.weight)):
        if starts.shape == op.widths.shape and (starts.values + widths).max() > where.elements:
            yield f"'{starts.name}' leads beyond '{where.name}'"


def _square_root(op: SignalFilterBankSquareRoot) -> Iterator[str]:
    yield from _shape(op.input, (op.output.elements,))
    yield from _shape(op.output, (op.output.elements,))
    yield from _shape(op.scale_bits, ())


def _subtraction(op: SignalFilterBankSpectralSubtraction) -> Iterator[str]:
    for tensor in (op.input, op.output, op.noise_estimate, op.noise):
        yield from _shape(tensor, (op.output.elements,))
    yield from _within("smoothing_bits", op.smoothing_bits, 0, 31)
    yield from _within("spectral_subtraction_bits", op.spectral_subtraction_bits, 0, 63)
    for name in (
        "smoothing", "one_minus_smoothing", "alternate_smoothing",
        "alternate_one_minus_smoothing", "min_signal_remaining",
    ):  # fmt: skip
        yield from _within(name, getattr(op, name), 0, (1 << 31) - 1)


def _pcan(op: SignalPCAN) -> Iterator[str]:
    for tensor in (op.input, op.noise_estimate, op.output):
        yield from _shape(tensor, (op.output.elements,))
    yield from _within("snr_shift", op.snr_shift, 0, 63)
    if op.gain.elements < GAIN_ELEMENTS or len(op.gain.shape) != 1:
        yield f"'{op.gain.name}' is {op.gain.shape}; {GAIN_ELEMENTS} coefficients are needed"


def _log(op: SignalFilterBankLog) -> Iterator[str]:
    for tensor in (op.input, op.output):
        yield from _shape(tensor, (op.output.elements,))
    yield from _within("input_correction_bits", op.correction_bits, 0, 31)
    yield from _within("output_scale", op.output_scale, 0, (1 << 31) - 1)


def _framer(op: SignalFramer) -> Iterator[str]:
    if not op.input.shape or not op.output.shape:
        yield "a scalar has no frames"
        return
    samples, size = op.input.shape[-1], op.frame_size
    yield from _within("frame_step", op.frame_step, 1, size)
    if op.frame_step < 1 or samples % op.frame_step:
        yield f"{samples} samples are no whole number of steps of {op.frame_step}"
        return
    lead = (1,) * (len(op.input.shape) - 1)
    yield from _shape(op.input, (*lead, samples))
    yield from _shape(op.output, (*lead, samples // op.frame_step, size))
    yield from _shape(op.queue, queue_elements(op.kept))
    yield from _shape(op.count, (1,))
    yield from _shape(op.valid, ())


def _stacker(op: SignalStacker) -> Iterator[str]:
    yield from _within("stacker_left_context", op.left, 0, 1 << 15)
    yield from _within("stacker_right_context", op.right, 0, 1 << 15)
    yield from _within("stacker_step", op.step, 1, op.frames)
    channels = op.input.elements
    yield from _shape(op.input, (channels,))
    yield from _shape(op.output, (channels * op.frames,))
    yield from _shape(op.queue, queue_elements(channels * (op.frames - 1)))
    yield from _shape(op.count, (1,))
    yield from _shape(op.valid, ())


def _delay(op: SignalDelay) -> Iterator[str]:
    if not op.input.shape:
        yield "a scalar has no samples"
        return
    yield from _shape(op.input, (*(1,) * (len(op.input.shape) - 1), op.input.shape[-1]))
    yield from _shape(op.output, op.input.shape)
    yield from _within("delay_length", op.delay, 0, 1 << 24)
    yield from _shape(op.queue, queue_elements(op.delay))


def _overlap_add(op: SignalOverlapAdd) -> Iterator[str]:
    if len(op.input.shape) < 2:
        yield f"{op.input.shape} is not frames"
        return
    lead = (1,) * (len(op.input.shape) - 2)
    frames, size = op.input.shape[-2:]
    yield from _within("frame_step", op.frame_step, 1, size)
    yield from _shape(op.input, (*lead, frames, size))
    yield from _shape(op.output, (*lead, frames * op.frame_step))
    yield from _shape(op.sums, queue_elements(op.kept))


SIGNAL_SHAPES: Mapping[type[Op], Check] = {
    SignalWindow: _window,
    SignalFftAutoScale: _auto_scale,
    SignalRfft: _transform,
    SignalIrfft: _transform,
    SignalEnergy: _energy,
    SignalFilterBank: _filter_bank,
    SignalFilterBankSquareRoot: _square_root,
    SignalFilterBankSpectralSubtraction: _subtraction,
    SignalPCAN: _pcan,
    SignalFilterBankLog: _log,
    SignalFramer: _framer,
    SignalStacker: _stacker,
    SignalDelay: _delay,
    SignalOverlapAdd: _overlap_add,
}
"""What each operator asks of shapes and attributes."""
