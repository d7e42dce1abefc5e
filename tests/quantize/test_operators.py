"""Every operator of float ONNX networks goes through `quantize` to a file that LiteRT computes."""

import numpy as np
import pytest

from tests.importers.onnx.float_cases import FLOAT_CASES, FloatCase
from tests.support import require_module
from tinyengine.importers.onnx import parse_float
from tinyengine.importers.tflite import parse
from tinyengine.product.evaluate import device_inputs, reals
from tinyengine.quantize.data import Samples
from tinyengine.quantize.measure import sqnr
from tinyengine.quantize.quantize import quantize
from tinyengine.quantize.tune import outputs_of
from tinyengine.reference import run
from tinyengine.reference.interpreter import run_interpreter

NOT_IN_THE_REFERENCE_RESOLVER = {"Elu"}
"""LiteRT has ELU among its optimized kernels alone."""


@pytest.mark.parametrize("case", FLOAT_CASES, ids=lambda case: case.tell)
def test_operator_is_quantized_and_litert_computes_the_same(case: FloatCase) -> None:
    require_module("onnx")
    graph = parse_float(case.file(), "net.onnx")
    shape = tuple(case.shape)[case.shape[0] == 1 :]
    samples = Samples(inputs=(case.samples(20).reshape(20, *shape),))
    file = quantize(graph, samples.inputs).to_tflite()
    made = parse(file, "net.tflite")
    inputs = device_inputs(made, samples)
    outputs = [run(made, each) for each in inputs]
    wanted, found = outputs_of(graph, samples), reals(made, outputs)
    assert sqnr(wanted[0], found[0]) > case.least
    if case.tell not in NOT_IN_THE_REFERENCE_RESOLVER:
        (same,) = run_interpreter(file, inputs[0])
        np.testing.assert_array_equal(same, outputs[0][0])
