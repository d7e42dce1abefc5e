"""Attention as cores execute it: products of matrices and softmax equal the reference."""

import numpy as np
import pytest

from tests.builders.tflite_writer import Spec, one_op_model
from tests.kernels.emulated import MVE as M55
from tests.kernels.emulated import on_core
from tests.properties.agreement import check_agreement
from tests.properties.test_batch_matmul import model_of, swapped
from tinyengine.kernels.base.batch_matmul import KERNELS as BASE
from tinyengine.kernels.dsp.batch_matmul import KERNELS as DSP
from tinyengine.kernels.mve.batch_matmul import KERNELS as MVE
from tinyengine.kernels.mve.softmax import KERNELS as SOFTMAX_MVE
from tinyengine.kernels.ref.batch_matmul import KERNELS as REF
from tinyengine.kernels.ref.reduction import SOFTMAX
from tinyengine.kernels.spec import Kernel
from tinyengine.reference.arithmetic import batch_matmul
from tinyengine.reference.reduction import softmax

KERNELS: dict[str, tuple[Kernel, ...]] = {
    "cortex-m0": (*REF, *BASE),
    "cortex-m3": (*REF, *BASE),
    "cortex-m4": DSP,
    "cortex-m7": DSP,
    "cortex-m33": DSP,
    M55: MVE,
}

SIZES = [(5, 7, 6), (3, 16, 4), (4, 33, 9), (2, 64, 5)]
"""Rows, depth, columns: with and without a rest of each kernel's blocks."""


@pytest.mark.parametrize("core", KERNELS)
@pytest.mark.parametrize("sizes", SIZES)
def test_products_agree(core: str, sizes: tuple[int, int, int]) -> None:
    rows, depth, columns = sizes
    adjoint = (depth % 2 == 1, depth > 16)
    lhs, rhs = swapped((2, rows, depth), adjoint[0]), swapped((2, depth, columns), adjoint[1])
    model = model_of((lhs, rhs, (2, rows, columns)), adjoint, zeros=(-128, 127, 5))
    with on_core(core):
        check_agreement(KERNELS[core], batch_matmul, model, depth)


@pytest.mark.parametrize("core", ["cortex-m0", "cortex-m4", M55])
@pytest.mark.parametrize("scale", [0.07, 0.31])
@pytest.mark.parametrize("shape", [(3, 1), (2, 17), (1, 300)])
def test_softmax_agrees(core: str, scale: float, shape: tuple[int, ...]) -> None:
    """With 0.31, elements far below the greatest are beyond the exponentials."""
    source = Spec(shape=shape, scale=scale, zero_point=3)
    model = one_op_model(
        "SOFTMAX", [source], Spec(shape=shape, scale=1 / 256, zero_point=-128), beta=1.0
    )
    far = np.full(shape, -128, np.int8)
    far[:, 0] = 127
    with on_core(core):
        kernels = SOFTMAX_MVE if core == M55 else [SOFTMAX]
        check_agreement(kernels, softmax, model, shape[1], [far])
