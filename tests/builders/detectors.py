"""Models that end in a detector's operators: alone, and behind a small network of two heads."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from tests.builders.tflite_writer import ModelWriter

POST_PROCESS = "TFLite_Detection_PostProcess"

Anchors = npt.NDArray[np.float32]

OPTIONS: Mapping[str, Any] = {
    "max_detections": 5,
    "max_classes_per_detection": 1,
    "detections_per_class": 10,
    "use_regular_nms": False,
    "nms_score_threshold": 0.2,
    "nms_iou_threshold": 0.5,
    "num_classes": 3,
    "y_scale": 10.0,
    "x_scale": 10.0,
    "h_scale": 5.0,
    "w_scale": 5.0,
}
"""As the object detection API exports them, but for the counts."""


@dataclass(frozen=True, kw_only=True)
class Detector:
    """A detector's last operator: what it reads of each of the anchors [n, 4].

    Int8 is read through a DEQUANTIZE, uint8 as it is. Boxes have as many scores as the options say
    classes, and one of the `background`; or `scores_each`.
    """

    anchors: Anchors
    box_scale: float = 0.05
    box_zero_point: int = 3
    score_scale: float = 1 / 256
    score_zero_point: int = -128
    background: bool = True
    width: int = 4
    is_uint8: bool = False
    scores_each: int = 0
    options: Mapping[str, Any] = field(default_factory=dict)

    @property
    def all_options(self) -> dict[str, Any]:
        """Its options, those given before the usual ones."""
        return {**OPTIONS, **self.options}

    @property
    def classes(self) -> int:
        """Scores of each box."""
        return self.scores_each or int(self.all_options["num_classes"]) + self.background

    def model(self) -> bytes:
        """Give a model of this operator, whose inputs are encodings and scores."""
        writer, n = ModelWriter(), len(self.anchors)
        dtype = "uint8" if self.is_uint8 else "int8"
        shift = 128 if self.is_uint8 else 0
        boxes = writer.tensor(
            [1, n, self.width], dtype, self.box_scale, self.box_zero_point + shift
        )
        scores = writer.tensor(
            [1, n, self.classes], dtype, self.score_scale, self.score_zero_point + shift
        )
        outputs = self.add(writer, boxes, scores)
        return writer.finish([boxes, scores], outputs)

    def add(self, writer: ModelWriter, boxes: int, scores: int) -> list[int]:
        """Add the operator behind quantized encodings and scores; give its outputs."""
        n, each = len(self.anchors), self.all_options["max_classes_per_detection"]
        read = [boxes, scores]
        anchors = writer.tensor([n, 4], "float32", data=self.anchors)
        if self.is_uint8:
            anchors = writer.tensor([n, 4], "uint8", 1 / 200, 20, data=self.uint8_anchors)
        else:
            read = []
            for index, shape in ((boxes, [1, n, self.width]), (scores, [1, n, self.classes])):
                read.append(writer.tensor(shape, "float32"))
                writer.op("DEQUANTIZE", [index], read[-1:])
        places = min(int(self.all_options["max_detections"] * each), 1 << 16)
        shapes: list[list[int]] = [[1, places, 4], [1, places], [1, places], [1]]
        outputs = [
            writer.tensor(shape, "float32", name=name)
            for shape, name in zip(shapes, ("boxes", "classes", "scores", "count"), strict=True)
        ]
        writer.op(POST_PROCESS, [*read, anchors], outputs, **self.all_options)
        return outputs

    @property
    def uint8_anchors(self) -> npt.NDArray[np.uint8]:
        """The anchors in steps of 1/200 from 20 on."""
        return np.clip(np.rint(self.anchors * 200) + 20, 20, 255).astype(np.uint8)


def grid_anchors(rows: int, columns: int, sizes: Sequence[tuple[float, float]]) -> Anchors:
    """Give anchors of all `sizes` (h, w) around the centre of every cell of a grid."""
    return np.array(
        [
            ((row + 0.5) / rows, (column + 0.5) / columns, h, w)
            for row in range(rows)
            for column in range(columns)
            for h, w in sizes
        ],
        np.float32,
    )


def random_anchors(n: int, seed: int) -> Anchors:
    """Give anchors whose centres lie in the image, and whose sizes are parts of it."""
    random = np.random.default_rng(seed)
    centres, sizes = random.random((n, 2)), random.uniform(0.05, 1.0, (n, 2))
    return np.concatenate([centres, sizes], axis=1).astype(np.float32)


@dataclass(frozen=True, kw_only=True)
class Suppression:
    """A model of NON_MAX_SUPPRESSION_V4, or of V5 where there is a `sigma`.

    Where boxes are `coarse`, so many steps of the input are one of the operator.
    """

    boxes: int
    most: int = 5
    iou_threshold: float = 0.5
    score_threshold: float = 0.1
    sigma: float | None = None
    dtype: str = "int8"
    box_scale: float = 1 / 200
    box_zero_point: int = -100
    score_scale: float = 1 / 256
    score_zero_point: int = -128
    coarse: int = 1

    def model(self) -> bytes:
        """Give the model: boxes and scores, quantized, through DEQUANTIZE into the operator."""
        writer, n, shift = ModelWriter(), self.boxes, 128 if self.dtype == "uint8" else 0
        boxes = writer.tensor([n, 4], self.dtype, self.box_scale, self.box_zero_point + shift)
        scores = writer.tensor([n], self.dtype, self.score_scale, self.score_zero_point + shift)
        read = [writer.tensor(shape, "float32") for shape in ([n, 4], [n])]
        inputs = [boxes, scores]
        if self.coarse > 1:
            inputs[0] = writer.tensor([n, 4], self.dtype, self.box_scale / self.coarse, shift)
            writer.op("QUANTIZE", inputs[:1], [boxes])
        for quantized, real in zip((boxes, scores), read, strict=True):
            writer.op("DEQUANTIZE", [quantized], [real])
        read.append(writer.tensor([], "int32", data=self.most))
        reals = (self.iou_threshold, self.score_threshold)
        reals += () if self.sigma is None else (self.sigma,)
        read += [writer.tensor([], "float32", data=value) for value in reals]
        indices = writer.tensor([self.most], "int32", name="indices")
        outputs = [indices, writer.tensor([], "int32", name="count")]
        if self.sigma is not None:
            outputs.insert(1, writer.tensor([self.most], "float32", name="scores"))
        version = "V4" if self.sigma is None else "V5"
        writer.op(f"NON_MAX_SUPPRESSION_{version}", read, outputs)
        return writer.finish(inputs, outputs)


def ssd_network(*, by_class: bool = False) -> bytes:
    """Give a small SSD: convolutions, heads on two grids, scores, boxes, and its last operator.

    int8 [1, 32, 32, 3] → 8x8 and 4x4 cells of two anchors each → 4 boxes of 3 classes.
    """
    network = _Network()
    image = network.activation([1, 32, 32, 3], 1 / 128, 0)
    fine = network.convolve(network.convolve(image, 16, 8, 2), 8, 12, 2)
    coarse = network.convolve(fine, 4, 16, 2)
    boxes, scores = [], []
    for source, side in ((fine, 8), (coarse, 4)):
        cells = side * side * 2
        boxes.append(network.head(source, side, [1, cells, 4], 0.04))
        scores.append(network.head(source, side, [1, cells, 4], 0.03))
    anchors = [grid_anchors(8, 8, [(0.2, 0.2), (0.3, 0.15)])]
    anchors.append(grid_anchors(4, 4, [(0.4, 0.4), (0.6, 0.5)]))
    options = {"max_detections": 4, "use_regular_nms": by_class, "nms_score_threshold": 0.3}
    last = Detector(anchors=np.concatenate(anchors), options=options)
    total = len(last.anchors)
    encodings = network.join(boxes, [1, total, 4], 0.04)
    logits = network.join(scores, [1, total, 4], 0.03)
    known = network.writer.tensor([1, total, 4], scale=1 / 256, zero_point=-128)
    network.writer.op("LOGISTIC", [logits], [known])
    return network.writer.finish([image], last.add(network.writer, encodings, known))


class _Network:
    """Layers with random weights, added one by one."""

    def __init__(self) -> None:
        self.writer, self._random = ModelWriter(), np.random.default_rng(7)

    def activation(self, shape: Sequence[int], scale: float, zero_point: int = -4) -> int:
        """Add an activation."""
        return self.writer.tensor(shape, scale=scale, zero_point=zero_point)

    def convolve(self, source: int, side: int, channels: int, stride: int) -> int:
        """Add a 3x3 convolution that gives side x side pixels."""
        read = {16: 3, 8: 8, 4: 12}[side] if stride > 1 else {8: 12, 4: 16}[side]
        weight = self._random.integers(-127, 128, (channels, 3, 3, read))
        bias = self._random.integers(-500, 500, channels)
        operands = [source, self.writer.tensor(weight.shape, scale=0.004, data=weight)]
        operands.append(self.writer.tensor([channels], "int32", data=bias))
        made = self.activation([1, side, side, channels], 0.04)
        window = {"padding": "SAME", "stride_h": stride, "stride_w": stride}
        self.writer.op("CONV_2D", operands, [made], **window)
        return made

    def head(self, source: int, side: int, shape: Sequence[int], scale: float) -> int:
        """Add a head: a convolution of eight values a cell, as `shape` has them."""
        values = self.convolve(source, side, 8, 1)
        wide = self.activation([1, side, side, 8], scale)
        self.writer.op("QUANTIZE", [values], [wide])
        flat = self.activation(shape, scale)
        wanted = self.writer.tensor([len(shape)], "int32", data=list(shape))
        self.writer.op("RESHAPE", [wide, wanted], [flat])
        return flat

    def join(self, parts: Sequence[int], shape: Sequence[int], scale: float) -> int:
        """Join what the heads say."""
        joined = self.activation(shape, scale)
        self.writer.op("CONCATENATION", parts, [joined], axis=1)
        return joined
