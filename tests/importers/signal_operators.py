"""One small valid model per operator of TFLite Micro's signal library."""

from tests.builders.tflite_writer import Spec
from tests.importers.cases import Case
from tinyengine.importers.tflite.signal import SIGNAL_BECOMES

_INT16_TYPE = 7


def _plain(*shape: int, dtype: str = "int16") -> Spec:
    return Spec(shape=shape, dtype=dtype)


def _constant(*values: int) -> Spec:
    return Spec(shape=(len(values),), dtype="int16", data=values)


def _case(opcode: str, operands: list[Spec], results: list[Spec], **options: int | bool) -> Case:
    becomes = SIGNAL_BECOMES[opcode]
    return Case(opcode=opcode, operands=operands, results=results, becomes=becomes, options=options)


SIGNAL_CASES = (
    _case("SignalWindow", [_plain(2, 3), _constant(7, 8, 9)], [_plain(2, 3)], shift=3),
    _case("SignalFftAutoScale", [_plain(8)], [_plain(8), _plain(dtype="int32")]),
    _case("SignalRfft", [_plain(1, 7)], [_plain(1, 10)], fft_length=8, T=_INT16_TYPE),
    _case("SignalIrfft", [_plain(1, 10)], [_plain(1, 8)], fft_length=8, T=_INT16_TYPE),
    _case("SignalEnergy", [_plain(8)], [_plain(4, dtype="uint32")], start_index=0, end_index=4),
    _case(
        "SignalFilterBank",
        [
            _plain(6, dtype="uint32"),
            _constant(1, 2, 3, 4),
            _constant(4, 3, 2, 1),
            _constant(0, 2, 4),
            _constant(0, 1, 2),
            _constant(1, 2, 2),
        ],
        [_plain(2, dtype="uint64")],
        num_channels=2,
    ),
    _case(
        "SignalFilterBankSquareRoot",
        [_plain(3, dtype="uint64"), _plain(dtype="int32")],
        [_plain(3, dtype="uint32")],
    ),
    _case(
        "SignalFilterBankSpectralSubtraction",
        [_plain(3, dtype="uint32")],
        [_plain(3, dtype="uint32"), _plain(3, dtype="uint32")],
        num_channels=3,
        smoothing=410,
        one_minus_smoothing=15974,
        alternate_smoothing=983,
        alternate_one_minus_smoothing=15401,
        smoothing_bits=10,
        min_signal_remaining=819,
        spectral_subtraction_bits=14,
        clamping=False,
    ),
    _case(
        "SignalPCAN",
        [_plain(3, dtype="uint32"), _plain(3, dtype="uint32"), _constant(*range(125))],
        [_plain(3, dtype="uint32")],
        snr_shift=6,
    ),
    _case(
        "SignalFilterBankLog",
        [_plain(3, dtype="uint32")],
        [_plain(3)],
        output_scale=1600,
        input_correction_bits=3,
    ),
    _case(
        "SignalFramer",
        [_plain(1, 4)],
        [_plain(1, 2, 5), _plain(dtype="bool")],
        frame_size=5,
        frame_step=2,
        prefill=True,
    ),
    _case(
        "SignalStacker",
        [_plain(3)],
        [_plain(9), _plain(dtype="bool")],
        num_channels=3,
        stacker_left_context=1,
        stacker_right_context=1,
        stacker_step=1,
    ),
    _case("SignalDelay", [_plain(1, 4)], [_plain(1, 4)], delay_length=6),
    _case("SignalOverlapAdd", [_plain(1, 2, 5)], [_plain(1, 4)], frame_step=2, T=_INT16_TYPE),
)
"""Every one of them, once."""
