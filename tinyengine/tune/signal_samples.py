"""Sample operators of the audio front end, of the sizes that front ends for speech have."""

from collections.abc import Callable, Iterator, Mapping

import numpy as np

from tinyengine.ir import (
    Array,
    DType,
    Op,
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
    Source,
    Tensor,
)
from tinyengine.ir.signal import queue_elements

_SOURCE = Source(index=0, opcode="SAMPLE", name="sample")

_FRAMES = ((256, 160), (400, 160), (480, 320))
"""Samples of a frame, and new ones in each."""

_CHANNELS = (20, 32, 40)


def _tensor(shape: tuple[int, ...], dtype: DType = DType.INT16) -> Tensor:
    return Tensor(name="sample", shape=shape, dtype=dtype)


def _constant(values: Array) -> Tensor:
    data = values.astype(np.int16)
    data.setflags(write=False)
    return Tensor(name="constant", shape=data.shape, dtype=DType.INT16, data=data)


def _word(count: int) -> Tensor:
    return _tensor((count,), DType.UINT32)


def _windows(rng: np.random.Generator) -> Iterator[Op]:
    for size, _ in _FRAMES:
        weight = _constant(rng.integers(0, 4097, size))
        sound = _tensor((1, size))
        yield SignalWindow(
            source=_SOURCE, input=sound, weight=weight, shift=12, output=_tensor((1, size))
        )


def _auto_scales(_: np.random.Generator) -> Iterator[Op]:
    for size, _step in _FRAMES:
        yield SignalFftAutoScale(
            source=_SOURCE,
            input=_tensor((size,)),
            output=_tensor((size,)),
            scale_bits=_tensor((), DType.INT32),
        )


def _spectra(_: np.random.Generator) -> Iterator[Op]:
    for samples, length in ((256, 256), (400, 512), (480, 512), (480, 480), (1024, 1024)):
        yield SignalRfft(
            source=_SOURCE,
            input=_tensor((samples,)),
            fft_length=length,
            output=_tensor((length + 2,)),
        )


def _vectors(_: np.random.Generator) -> Iterator[Op]:
    for length in (256, 480, 512, 1024):
        yield SignalIrfft(
            source=_SOURCE,
            input=_tensor((length + 2,)),
            fft_length=length,
            output=_tensor((length,)),
        )


def _energies(_: np.random.Generator) -> Iterator[Op]:
    for size, start, end in ((129, 0, 129), (257, 5, 241), (513, 0, 513)):
        yield SignalEnergy(
            source=_SOURCE, input=_tensor((2 * size,)), start=start, end=end, output=_word(size)
        )


def _filter_banks(rng: np.random.Generator) -> Iterator[Op]:
    for channels in _CHANNELS:
        width = 240 // (channels + 1)
        starts = _constant(np.arange(channels + 1) * width)
        weights = rng.integers(0, 4097, (channels + 1) * width)
        yield SignalFilterBank(
            source=_SOURCE,
            input=_word(257),
            weight=_constant(weights),
            unweight=_constant(4096 - weights),
            frequency_starts=starts,
            weight_starts=starts,
            widths=_constant(np.full(channels + 1, width)),
            output=_tensor((channels,), DType.UINT64),
        )


def _square_roots(_: np.random.Generator) -> Iterator[Op]:
    for channels in _CHANNELS:
        yield SignalFilterBankSquareRoot(
            source=_SOURCE,
            input=_tensor((channels,), DType.UINT64),
            scale_bits=_tensor((), DType.INT32),
            output=_word(channels),
        )


def _subtractions(_: np.random.Generator) -> Iterator[Op]:
    for channels in _CHANNELS:
        yield SignalFilterBankSpectralSubtraction(
            source=_SOURCE,
            input=_word(channels),
            output=_word(channels),
            noise_estimate=_word(channels),
            noise=_word(channels),
            smoothing=410,
            one_minus_smoothing=15974,
            alternate_smoothing=983,
            alternate_one_minus_smoothing=15401,
            smoothing_bits=10,
            spectral_subtraction_bits=14,
            min_signal_remaining=819,
            clamping=False,
        )


def _gains(rng: np.random.Generator) -> Iterator[Op]:
    for channels in _CHANNELS:
        yield SignalPCAN(
            source=_SOURCE,
            input=_word(channels),
            noise_estimate=_word(channels),
            gain=_constant(rng.integers(0, 1 << 15, 125)),
            snr_shift=6,
            output=_word(channels),
        )


def _logarithms(_: np.random.Generator) -> Iterator[Op]:
    for channels in _CHANNELS:
        yield SignalFilterBankLog(
            source=_SOURCE,
            input=_word(channels),
            output_scale=1600,
            correction_bits=3,
            output=_tensor((channels,)),
        )


def _framers(_: np.random.Generator) -> Iterator[Op]:
    for size, step in _FRAMES:
        yield SignalFramer(
            source=_SOURCE,
            input=_tensor((1, step)),
            output=_tensor((1, 1, size)),
            valid=_tensor((), DType.BOOL),
            queue=_tensor(queue_elements(size - step)),
            count=_tensor((1,), DType.INT32),
            frame_step=step,
            prefill=True,
        )


def _stackers(_: np.random.Generator) -> Iterator[Op]:
    for channels, left, right in ((40, 48, 0), (32, 2, 2), (20, 1, 1)):
        yield SignalStacker(
            source=_SOURCE,
            input=_tensor((channels,)),
            output=_tensor((channels * (left + right + 1),)),
            valid=_tensor((), DType.BOOL),
            queue=_tensor((channels * (left + right),)),
            count=_tensor((1,), DType.INT32),
            left=left,
            right=right,
            step=1,
        )


def _delays(_: np.random.Generator) -> Iterator[Op]:
    for size, delay in ((160, 80), (160, 480), (320, 320)):
        yield SignalDelay(
            source=_SOURCE,
            input=_tensor((1, size)),
            output=_tensor((1, size)),
            queue=_tensor((delay,)),
            delay=delay,
        )


def _sums(_: np.random.Generator) -> Iterator[Op]:
    for size, step in _FRAMES:
        yield SignalOverlapAdd(
            source=_SOURCE,
            input=_tensor((1, size)),
            output=_tensor((step,)),
            sums=_tensor((size - step,)),
            frame_step=step,
        )


SIGNAL_MAKERS: Mapping[type[Op], Callable[[np.random.Generator], Iterator[Op]]] = {
    SignalWindow: _windows,
    SignalFftAutoScale: _auto_scales,
    SignalRfft: _spectra,
    SignalIrfft: _vectors,
    SignalEnergy: _energies,
    SignalFilterBank: _filter_banks,
    SignalFilterBankSquareRoot: _square_roots,
    SignalFilterBankSpectralSubtraction: _subtractions,
    SignalPCAN: _gains,
    SignalFilterBankLog: _logarithms,
    SignalFramer: _framers,
    SignalStacker: _stackers,
    SignalDelay: _delays,
    SignalOverlapAdd: _sums,
}
"""What makes the samples of each operator."""
