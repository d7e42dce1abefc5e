"""One small valid model per operator that ends a detector, behind DEQUANTIZE."""

from dataclasses import dataclass

import numpy as np

from tests.builders.detectors import OPTIONS, POST_PROCESS
from tests.builders.tflite_writer import ModelWriter, Spec
from tests.importers.cases import Case
from tinyengine.importers import NetworkChoice
from tinyengine.ir import DetectionPostProcess, NonMaxSuppression

DETECTION = NetworkChoice(detection=True)


@dataclass(frozen=True, kw_only=True)
class DetectionCase(Case):
    """A model whose operator reads real numbers, from a DEQUANTIZE where they are not constant.

    One more input, int8, is read by nobody: without it a model of other types would be all float32.
    """

    choice: NetworkChoice = DETECTION

    def model(self) -> bytes:
        writer = ModelWriter()
        inputs, read = [], []
        for index, spec in enumerate(self.operands):
            assert spec is not None
            parts = (spec.shape, spec.dtype, spec.scale, spec.zero_point, 0, spec.data)
            read.append(writer.tensor(*parts, f"operand_{index}"))
            if spec.data is None:
                inputs.append(read[-1])
                read[-1] = writer.tensor(spec.shape, "float32")
                writer.op("DEQUANTIZE", inputs[-1:], read[-1:])
        outputs = [
            writer.tensor(spec.shape, spec.dtype, name=f"result_{index}")
            for index, spec in enumerate(self.results)
        ]
        writer.op(self.opcode, read, outputs, **self.options)
        beside = writer.tensor([1, 4], scale=0.5, zero_point=-3, name="beside")
        return writer.finish([*inputs, beside], outputs)


def _bytes(*shape: int) -> Spec:
    return Spec(shape=shape, scale=0.05, zero_point=-3)


def _reals(values: object) -> Spec:
    data = np.asarray(values, np.float32)
    return Spec(shape=data.shape, dtype="float32", data=data)


def _given(*shape: int, dtype: str = "float32") -> Spec:
    return Spec(shape=shape, dtype=dtype)


_SUPPRESSED = [_bytes(4, 4), _bytes(4), Spec(shape=(), dtype="int32", data=3)]
_SUPPRESSED += [_reals(0.5), _reals(0.1)]

DETECTION_CASES = (
    DetectionCase(
        opcode=POST_PROCESS,
        operands=[_bytes(1, 2, 4), _bytes(1, 2, 4), _reals([[0.5, 0.5, 0.4, 0.3]] * 2)],
        results=[_given(1, 5, 4), _given(1, 5), _given(1, 5), _given(1)],
        becomes=(DetectionPostProcess,),
        options=OPTIONS,
    ),
    DetectionCase(
        opcode="NON_MAX_SUPPRESSION_V4",
        operands=_SUPPRESSED,
        results=[_given(3, dtype="int32"), _given(dtype="int32")],
        becomes=(NonMaxSuppression,),
    ),
    DetectionCase(
        opcode="NON_MAX_SUPPRESSION_V5",
        operands=[*_SUPPRESSED, _reals(0.0)],
        results=[_given(3, dtype="int32"), _given(3), _given(dtype="int32")],
        becomes=(NonMaxSuppression,),
    ),
)
