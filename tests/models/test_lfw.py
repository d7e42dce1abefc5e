"""A face detector, quantized on a hundred images, decides on others as in float.

The detector takes RGB in [-1, 1], and its logits are clipped to ±100 before they become scores.
Source: MediaPipe, modules/face_detection/face_detection.pbtxt.

SQNR is the median over the images. Summed over all of them it would be that of a few images of
lfw_subset in which there is nothing, black patches whose logits reach -30,000: int8 that reaches as
far has steps of 120, and faces are decided by logits of a few units.
"""

import importlib

import numpy as np
import numpy.typing as npt
import pytest

from tests.support import ROOT, require_module
from tinyengine.importers import load_float
from tinyengine.importers.tflite import parse
from tinyengine.ir import Graph
from tinyengine.product.evaluate import device_inputs, reals
from tinyengine.quantize.data import Samples
from tinyengine.quantize.measure import per_sample_sqnr
from tinyengine.quantize.quantize import quantize
from tinyengine.quantize.tune import outputs_of
from tinyengine.reference import run

Floats = npt.NDArray[np.float32]

MODELS = ROOT.parent / "shared" / "models" / "float"
CALIBRATED_ON = 100


def faces() -> Floats:
    """Give the 200 images of lfw_subset as the detector takes them, in a fixed random order."""
    require_module("skimage")
    data, transform = (importlib.import_module(f"skimage.{each}") for each in ("data", "transform"))
    images = [transform.resize(each, (128, 128)) for each in data.lfw_subset()]
    pixels = np.repeat(np.stack(images)[..., None], 3, axis=-1) * 2 - 1
    return np.asarray(pixels, np.float32)[np.random.default_rng(0).permutation(200)]


def logits(graph: Graph, outputs: tuple[Floats, ...]) -> Floats:
    """Give the logits of all anchors, [count, 896], of outputs [count, elements] each."""
    found = [
        values
        for edge, values in zip(graph.outputs, outputs, strict=True)
        if edge.tensor.shape[-1] == 1
    ]
    return np.concatenate(found, axis=1)


def litert_outputs(file: bytes, graph: Graph, inputs: list[tuple[np.ndarray, ...]]) -> list[list]:
    """Give what LiteRT computes of the file with its reference kernels."""
    litert = importlib.import_module("ai_edge_litert.interpreter")
    resolver = litert.OpResolverType.BUILTIN_REF
    interpreter = litert.Interpreter(model_content=file, experimental_op_resolver_type=resolver)
    interpreter.allocate_tensors()
    rows = []
    for (image,) in inputs:
        interpreter.set_tensor(interpreter.get_input_details()[0]["index"], image)
        interpreter.invoke()
        details = interpreter.get_output_details()
        rows.append([interpreter.get_tensor(each["index"]) for each in details])
    assert [row.shape for row in rows[0]] == [edge.tensor.shape for edge in graph.outputs]
    return rows


@pytest.mark.slow
@pytest.mark.models
@pytest.mark.parametrize("name", ["face_detection_front.tflite", "blazeface_front128.onnx"])
def test_faces_are_decided_as_in_float(name: str) -> None:
    require_module("ai_edge_litert")
    require_module("onnx")
    images, exact = faces(), load_float(MODELS / name)
    held = Samples(inputs=(images[CALIBRATED_ON:],))
    file = quantize(exact, [images[:CALIBRATED_ON]]).to_tflite()

    graph = parse(file, "faces.tflite")
    inputs = device_inputs(graph, held)
    rows = litert_outputs(file, graph, inputs)
    for mine, theirs in zip(run(graph, inputs[0]), rows[0], strict=True):
        np.testing.assert_array_equal(mine, theirs)
    found = logits(graph, reals(graph, rows))
    wanted = logits(exact, outputs_of(exact, held))

    agree = (found.max(axis=1) > 0) == (wanted.max(axis=1) > 0)
    assert np.mean(agree) >= 0.97
    assert np.median(per_sample_sqnr(wanted, found)) >= 17
