"""The operators of TFLite Micro's signal library: from sound to the features of a network.

Sound is int16; spectra are complex, as pairs of a real and an imaginary part side by side. Numbers
here are what they are: no operator looks at a scale or a zero point. The C code and the numpy
reference have what the library leaves open (values that it does not write) as zeros.

Source: TFLite Micro, signal/src and signal/micro/kernels.
"""

from dataclasses import dataclass, field

from tinyengine.ir.ops import ACTIVATION, CONSTANT, OUTPUT, STATE, Op
from tinyengine.ir.tensor import Tensor


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SignalWindow(Op):
    """Every vector along the last dimension times `weight`, shifted right and clamped to int16."""

    input: Tensor = field(metadata=ACTIVATION)
    weight: Tensor = field(metadata=CONSTANT)
    shift: int


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SignalFftAutoScale(Op):
    """The input [n], shifted left as far as its greatest magnitude allows; by how many bits."""

    input: Tensor = field(metadata=ACTIVATION)
    scale_bits: Tensor = field(metadata=OUTPUT)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SignalRfft(Op):
    """The spectrum of real vectors along the last dimension, divided by `fft_length`.

    [..., n ≤ fft_length], continued with zeros, becomes [..., fft_length + 2]: fft_length / 2 + 1
    complex values.
    """

    input: Tensor = field(metadata=ACTIVATION)
    fft_length: int


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SignalIrfft(Op):
    """The real vectors [..., fft_length] of spectra [..., fft_length + 2]."""

    input: Tensor = field(metadata=ACTIVATION)
    fft_length: int


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SignalEnergy(Op):
    """Squared magnitudes [n] of complex values [2 n] from `start` up to `end`; zeros elsewhere."""

    input: Tensor = field(metadata=ACTIVATION)
    start: int
    end: int


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SignalFilterBank(Op):
    """Sums [channels] of energies, weighted by overlapping triangles.

    Band b of channels + 1 has `widths[b]` energies from `frequency_starts[b]` on, and as many of
    `weight` and of `unweight` from `weight_starts[b]` on. Channel c is the sum of band c + 1 by
    `weight` and of band c by `unweight`, modulo 2^64.
    """

    input: Tensor = field(metadata=ACTIVATION)
    weight: Tensor = field(metadata=CONSTANT)
    unweight: Tensor = field(metadata=CONSTANT)
    frequency_starts: Tensor = field(metadata=CONSTANT)
    weight_starts: Tensor = field(metadata=CONSTANT)
    widths: Tensor = field(metadata=CONSTANT)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SignalFilterBankSquareRoot(Op):
    """Rounded square roots, shifted right by `scale_bits` (a scalar, of which 5 bits count)."""

    input: Tensor = field(metadata=ACTIVATION)
    scale_bits: Tensor = field(metadata=ACTIVATION)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SignalFilterBankSpectralSubtraction(Op):
    """What remains of the channels [n] without the noise, and the estimate of the noise.

    The estimate is a moving average, with `smoothing` for even channels and `alternate_smoothing`
    for odd ones, of `spectral_subtraction_bits` fractional bits. `noise` holds it from run to run.
    """

    input: Tensor = field(metadata=ACTIVATION)
    noise_estimate: Tensor = field(metadata=OUTPUT)
    noise: Tensor = field(metadata=STATE)
    smoothing: int
    one_minus_smoothing: int
    alternate_smoothing: int
    alternate_one_minus_smoothing: int
    smoothing_bits: int
    spectral_subtraction_bits: int
    min_signal_remaining: int
    clamping: bool


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SignalPCAN(Op):
    """Per-channel normalization: a gain from the noise, and a square root's kind of compression.

    `gain` holds the coefficients of parabolas over the octaves of the noise estimate.
    """

    input: Tensor = field(metadata=ACTIVATION)
    noise_estimate: Tensor = field(metadata=ACTIVATION)
    gain: Tensor = field(metadata=CONSTANT)
    snr_shift: int


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SignalFilterBankLog(Op):
    """Natural logarithms of the input << `correction_bits`, times `output_scale`, up to 32767."""

    input: Tensor = field(metadata=ACTIVATION)
    output_scale: int
    correction_bits: int


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SignalFramer(Op):
    """Overlapping frames of a stream: [1, ..., n] becomes [1, ..., frames, frame_size].

    Each `frame_step` new samples make a frame once there are enough. `valid` is false while one of
    the run's frames is not full: it is zeros then. With `prefill` zeros stand before the stream.
    `queue` holds the samples that are still needed, `count` those that have come without prefill.
    """

    input: Tensor = field(metadata=ACTIVATION)
    valid: Tensor = field(metadata=OUTPUT)
    queue: Tensor = field(metadata=STATE)
    count: Tensor = field(metadata=STATE)
    frame_step: int
    prefill: bool

    @property
    def frame_size(self) -> int:
        """Samples of a frame."""
        return self.output.shape[-1]

    @property
    def kept(self) -> int:
        """Samples that wait for the next `frame_step` ones, when frames are full."""
        overlap = self.frame_size - self.frame_step
        return overlap if self.prefill else -(-overlap // self.frame_step) * self.frame_step


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SignalStacker(Op):
    """Frames side by side: [channels] becomes [frames * channels], the last ones that came.

    The first frame stands for the `left` ones before it; `valid` is true once all are there, and
    then again after every `step` frames: at other times the output is zeros. `queue` holds the
    frames, `count` is 0 before the first one and 1 more than the frames that wait after it.
    """

    input: Tensor = field(metadata=ACTIVATION)
    valid: Tensor = field(metadata=OUTPUT)
    queue: Tensor = field(metadata=STATE)
    count: Tensor = field(metadata=STATE)
    left: int
    right: int
    step: int

    @property
    def frames(self) -> int:
        """Frames of the output."""
        return self.left + self.right + 1


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SignalDelay(Op):
    """The stream [1, ..., n] as it was `delay` samples ago, which `queue` holds."""

    input: Tensor = field(metadata=ACTIVATION)
    queue: Tensor = field(metadata=STATE)
    delay: int


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SignalOverlapAdd(Op):
    """A stream of overlapping frames [1, ..., frames, n], added up, each `frame_step` on.

    Sums are clamped to int16. `sums` holds those that further frames are added to.
    """

    input: Tensor = field(metadata=ACTIVATION)
    sums: Tensor = field(metadata=STATE)
    frame_step: int

    @property
    def kept(self) -> int:
        """Samples of a frame that the next ones overlap."""
        return self.input.shape[-1] - self.frame_step


def queue_elements(kept: int) -> tuple[int, ...]:
    """Give the shape of a state of `kept` elements: a tensor has one at least."""
    return (max(kept, 1),)
