"""Every ONNX operator that is accepted computes as onnxruntime does, or as near as is said."""

from collections import Counter

import numpy as np
import pytest

from tests.builders.onnx_models import run_onnxruntime
from tests.importers.onnx.cases import CASES, Case
from tests.support import require_module
from tinyengine.board import Isa
from tinyengine.importers.onnx import parse
from tinyengine.importers.onnx.handlers import HANDLERS
from tinyengine.ir.verify import find_faults
from tinyengine.kernels.choose.selection import unsupported
from tinyengine.passes import run_passes
from tinyengine.reference import run

RATES = {("Softmax", 1): 1.0, ("QLinearSoftmax", 1): 1.0, ("Resize", 2): 0.2}
"""Off by one more often: softmax and bilinear resizing are TensorFlow Lite's integer ones."""

ENDS = {"QuantizeLinear", "DequantizeLinear"}
NEWER = {"Upsample"}
"""What no opset has that is newer than 9; the importer knows it for files that still carry it."""


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.op)
def test_operator_computes_as_onnxruntime(case: Case) -> None:
    require_module("onnxruntime")
    file = case.file()
    graph = parse(file, "m.onnx")
    assert find_faults(graph) == ()
    optimized = run_passes(graph)
    assert unsupported(optimized, Isa.BASE) == ()
    rng = np.random.default_rng(3)
    apart: Counter[int] = Counter()
    for _ in range(4):
        values = {
            edge.name: rng.integers(-128, 128, edge.tensor.shape).astype(np.int8)
            for edge in graph.inputs
        }
        given = list(values.values())
        computed, settled = run(graph, given), run(optimized, given)
        for mine, same, theirs in zip(
            computed, settled, run_onnxruntime(file, values), strict=True
        ):
            assert mine.shape == theirs.shape
            np.testing.assert_array_equal(mine, same)
            steps = np.abs(mine.astype(int) - theirs.astype(int)).reshape(-1)
            apart.update(steps.tolist())
    assert max(apart) <= case.most, apart
    assert apart[1] <= RATES.get((case.op, case.most), 0.02) * apart.total(), apart


def test_every_supported_operator_has_a_case() -> None:
    assert {case.op for case in CASES} | ENDS | NEWER == set(HANDLERS)
