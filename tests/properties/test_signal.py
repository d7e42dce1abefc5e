"""The audio front end: TFLite Micro's interpreter, numpy and C agree, over many steps."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.properties.agreement import seeds
from tests.properties.signals import check_signal, signal_model
from tinyengine.errors import ModelError
from tinyengine.importers.tflite import parse
from tinyengine.ir import Array
from tinyengine.reference import run

INT16_TYPE = 7
LENGTHS = (4, 6, 8, 10, 12, 16, 20, 24, 30, 32, 50, 60, 72, 100, 128, 150, 250, 480, 512, 1024)

few = settings(max_examples=12)


def samples(rng: np.random.Generator, *shape: int) -> Array:
    """Random int16 of one loudness; one time in four nothing but the extremes."""
    if rng.random() < 0.25:
        return rng.choice(np.array([-32768, 32767], np.int16), shape)
    return (rng.integers(-32768, 32768, shape) >> rng.integers(0, 16)).astype(np.int16)


def words(rng: np.random.Generator, count: int, bits: int = 32) -> Array:
    """Random unsigned numbers of all lengths."""
    kind = np.dtype(f"uint{bits}")
    numbers = np.frombuffer(rng.bytes(count * kind.itemsize), kind)
    return numbers >> rng.integers(0, bits, count).astype(kind)


@few
@given(seed=seeds, rows=st.integers(1, 3), size=st.integers(1, 40), shift=st.integers(0, 31))
def test_windows_agree(seed: int, rows: int, size: int, shift: int) -> None:
    rng = np.random.default_rng(seed)
    tensor = ((rows, size), "int16")
    model = signal_model("SignalWindow", [tensor], [samples(rng, size)], [tensor], shift=shift)
    check_signal(model, [[samples(rng, rows, size)] for _ in range(4)])


@few
@given(seed=seeds, size=st.integers(1, 40))
def test_scales_before_the_fft_agree(seed: int, size: int) -> None:
    rng = np.random.default_rng(seed)
    results = [((size,), "int16"), ((), "int32")]
    model = signal_model("SignalFftAutoScale", [((size,), "int16")], [], results)
    check_signal(model, [[samples(rng, size)] for _ in range(20)])


def test_the_least_sample_is_its_own_magnitude() -> None:
    # What follows -32768 is greater than it, even where it is negative.
    results = [((4,), "int16"), ((), "int32")]
    model = signal_model("SignalFftAutoScale", [((4,), "int16")], [], results)
    pairs = [(after, last) for after in (0, 5, -5) for last in (-3, 3, 100, -100, -32768)]
    steps = [[np.array([7, -32768, *pair], np.int16)] for pair in pairs]
    outputs = check_signal(model, steps)
    assert len({int(bits) for _, bits in outputs}) > 2


@pytest.mark.parametrize("length", LENGTHS)
def test_spectra_and_back_agree(length: int) -> None:
    rng = np.random.default_rng(length)
    options = {"fft_length": length, "T": INT16_TYPE}
    given_samples = length - length // 3 if length % 3 else length
    source, spectrum = ((2, given_samples), "int16"), ((2, length + 2), "int16")
    model = signal_model("SignalRfft", [source], [], [spectrum], **options)
    check_signal(model, [[samples(rng, 2, given_samples)] for _ in range(8)])
    back = signal_model("SignalIrfft", [spectrum], [], [((2, length), "int16")], **options)
    check_signal(back, [[samples(rng, 2, length + 2)] for _ in range(8)])


@few
@given(seed=seeds, size=st.integers(1, 30))
def test_energies_agree(seed: int, size: int) -> None:
    rng = np.random.default_rng(seed)
    operands, results = [((2 * size,), "int16")], [((size,), "uint32")]
    options = {"start_index": 0, "end_index": size}
    model = signal_model("SignalEnergy", operands, [], results, **options)
    check_signal(model, [[samples(rng, 2 * size)] for _ in range(8)])


def test_energies_that_nobody_asks_for_are_zeros() -> None:
    operands, results = [((8,), "int16")], [((4,), "uint32")]
    options = {"start_index": 1, "end_index": 3}
    model = signal_model("SignalEnergy", operands, [], results, **options)
    values = np.array([1, 2, 3, 4, 5, 6, 7, 8], np.int16)
    (energies,) = run(parse(model, "model.tflite"), [values])
    # 3² + 4² and 5² + 6², by hand.
    np.testing.assert_array_equal(energies, np.array([0, 25, 61, 0], np.uint32))


@few
@given(seed=seeds, channels=st.integers(1, 6), size=st.integers(1, 30))
def test_filter_banks_agree(seed: int, channels: int, size: int) -> None:
    rng = np.random.default_rng(seed)
    widths = rng.integers(0, size + 1, channels + 1)
    starts = [np.array([rng.integers(0, size - width + 1) for width in widths]) for _ in range(2)]
    weights = [rng.integers(0, 32768, size) for _ in range(2)]
    constants = [each.astype(np.int16) for each in (*weights, *starts, widths)]
    operands, results = [((size,), "uint32")], [((channels,), "uint64")]
    model = signal_model("SignalFilterBank", operands, constants, results, num_channels=channels)
    check_signal(model, [[words(rng, size)] for _ in range(6)])


@few
@given(seed=seeds, shift=st.integers(0, 31))
def test_square_roots_agree(seed: int, shift: int) -> None:
    rng = np.random.default_rng(seed)
    roots = words(rng, 20).astype(np.uint64)
    # Around squares, and half-way between two of them, where rounding turns.
    one, squares = np.uint64(1), roots * roots
    near = [squares - one, squares, squares + one, squares + roots, squares + roots + one]
    values = np.concatenate([*near, words(rng, 20, 64), np.array([0, 2**64 - 1], np.uint64)])
    operands = [(values.shape, "uint64"), ((), "int32")]
    model = signal_model("SignalFilterBankSquareRoot", operands, [], [(values.shape, "uint32")])
    check_signal(model, [[values, np.array(shift, np.int32)]])


@few
@given(seed=seeds, channels=st.integers(1, 9), clamping=st.booleans(), bits=st.integers(0, 31))
def test_noise_is_followed_over_many_steps(
    seed: int, channels: int, clamping: bool, bits: int
) -> None:
    rng = np.random.default_rng(seed)
    names = ("smoothing", "one_minus_smoothing", "alternate_smoothing")
    names += ("alternate_one_minus_smoothing", "min_signal_remaining")
    factors = {name: int(rng.integers(0, 1 << 15)) for name in names}
    tensor = ((channels,), "uint32")
    model = signal_model(
        "SignalFilterBankSpectralSubtraction",
        [tensor],
        [],
        [tensor, tensor],
        **factors,
        num_channels=channels,
        clamping=clamping,
        smoothing_bits=bits % 20,
        spectral_subtraction_bits=14 + bits,
    )
    check_signal(model, [[words(rng, channels)] for _ in range(30)])


@few
@given(seed=seeds, shift=st.integers(0, 40))
def test_gains_agree(seed: int, shift: int) -> None:
    rng = np.random.default_rng(seed)
    tensor = ((40,), "uint32")
    gain = rng.integers(-32768, 32768, 125).astype(np.int16)
    model = signal_model("SignalPCAN", [tensor, tensor], [gain], [tensor], snr_shift=shift)
    few_noises = np.arange(40).astype(np.uint32)
    steps = [[words(rng, 40), words(rng, 40)] for _ in range(6)]
    check_signal(model, [*steps, [words(rng, 40), few_noises]])


@few
@given(seed=seeds, scale=st.integers(0, (1 << 31) - 1), bits=st.integers(0, 31))
def test_logarithms_agree(seed: int, scale: int, bits: int) -> None:
    rng = np.random.default_rng(seed)
    options = {"output_scale": scale >> int(rng.integers(0, 31)), "input_correction_bits": bits}
    operands, results = [((60,), "uint32")], [((60,), "int16")]
    model = signal_model("SignalFilterBankLog", operands, [], results, **options)
    check_signal(model, [*([words(rng, 60)] for _ in range(6)), [np.arange(60).astype(np.uint32)]])


@few
@given(
    seed=seeds,
    step=st.integers(1, 9),
    more=st.integers(0, 20),
    frames=st.integers(1, 3),
    prefill=st.booleans(),
)
def test_frames_of_a_stream_agree(
    seed: int, step: int, more: int, frames: int, prefill: bool
) -> None:
    rng = np.random.default_rng(seed)
    size = step + more
    model = signal_model(
        "SignalFramer",
        [((1, frames * step), "int16")],
        [],
        [((1, frames, size), "int16"), ((), "bool")],
        frame_size=size,
        frame_step=step,
        prefill=prefill,
    )
    first_full = 0 if prefill else -(-size // step) - 1

    def blank(index: int, outputs: list[Array]) -> None:
        outputs[0][0, : max(first_full - index * frames, 0)] = 0

    check_signal(model, [[samples(rng, 1, frames * step)] for _ in range(12)], blank)


@few
@given(seed=seeds, left=st.integers(0, 4), right=st.integers(0, 4), channels=st.integers(1, 5))
def test_stacked_frames_agree(seed: int, left: int, right: int, channels: int) -> None:
    rng = np.random.default_rng(seed)
    frames = left + right + 1
    model = signal_model(
        "SignalStacker",
        [((channels,), "int16")],
        [],
        [((channels * frames,), "int16"), ((), "bool")],
        num_channels=channels,
        stacker_left_context=left,
        stacker_right_context=right,
        stacker_step=int(rng.integers(1, frames + 1)),
    )

    def blank(index: int, outputs: list[Array]) -> None:
        del index
        outputs[0] *= outputs[1].astype(np.int16)

    check_signal(model, [[samples(rng, channels)] for _ in range(25)], blank)


@few
@given(seed=seeds, size=st.integers(1, 20), delay=st.integers(0, 50))
def test_delayed_streams_agree(seed: int, size: int, delay: int) -> None:
    rng = np.random.default_rng(seed)
    tensor = ((1, size), "int16")
    model = signal_model("SignalDelay", [tensor], [], [tensor], delay_length=delay)
    check_signal(model, [[samples(rng, 1, size)] for _ in range(12)])


@few
@given(seed=seeds, step=st.integers(1, 9), more=st.integers(0, 12), frames=st.integers(1, 3))
def test_frames_added_up_agree(seed: int, step: int, more: int, frames: int) -> None:
    rng = np.random.default_rng(seed)
    operands = [((1, frames, step + more), "int16")]
    results = [((1, frames * step), "int16")]
    options = {"frame_step": step, "T": INT16_TYPE}
    model = signal_model("SignalOverlapAdd", operands, [], results, **options)
    check_signal(model, [[samples(rng, 1, frames, step + more)] for _ in range(8)])


@pytest.mark.parametrize(
    ("changed", "problem"),
    [
        ({"fft_length": 14}, "fft_length 14 is not 4 to 65536 and 2 times a product of 2, 3 and 5"),
        ({"fft_length": 16}, "'result_0' is (10,), must be (18,)"),
        ({"T": 0}, "it is not of int16"),
        ({"more": 1}, "its options are T, fft_length, more; T, fft_length expected"),
    ],
)
def test_options_that_do_not_fit_are_refused(changed: dict[str, int], problem: str) -> None:
    options = {"fft_length": 8, "T": INT16_TYPE, **changed}
    tensors = [((8,), "int16")], [((10,), "int16")]
    model = signal_model("SignalRfft", tensors[0], [], tensors[1], **options)
    with pytest.raises(ModelError, match="SignalRfft") as caught:
        parse(model, "model.tflite")
    assert caught.value.problems[0].problem == problem
