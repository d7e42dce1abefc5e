"""Elements of every width take the bytes that they take in memory."""

import pytest

from tests.builders.graphs import frozen, quantization
from tests.ir.test_verify import with_tensor
from tinyengine.ir import DType, Tensor
from tinyengine.ir.verify import find_faults

WIDTHS = {
    DType.INT2: 2, DType.INT4: 4, DType.INT8: 8, DType.UINT8: 8, DType.BOOL: 8, DType.INT16: 16,
    DType.FLOAT16: 16, DType.INT32: 32, DType.FLOAT32: 32, DType.INT64: 64,
    DType.UINT32: 32, DType.UINT64: 64,
}  # fmt: skip


def test_every_type_has_its_bits() -> None:
    assert {dtype: dtype.bits for dtype in DType} == WIDTHS


@pytest.mark.parametrize(
    ("dtype", "elements", "nbytes"),
    [
        (DType.INT2, 1, 1), (DType.INT2, 4, 1), (DType.INT2, 5, 2), (DType.INT4, 2, 1),
        (DType.INT4, 7, 4), (DType.INT8, 7, 7), (DType.INT16, 7, 14), (DType.INT64, 3, 24),
    ],
)  # fmt: skip
def test_a_part_filled_byte_counts_whole(dtype: DType, elements: int, nbytes: int) -> None:
    assert Tensor(name="t", shape=(elements,), dtype=dtype).nbytes == nbytes


@pytest.mark.parametrize(
    ("dtype", "limits", "c_name"),
    [
        (DType.INT2, (-2, 1), "int8_t"), (DType.INT4, (-8, 7), "int8_t"),
        (DType.UINT8, (0, 255), "uint8_t"), (DType.BOOL, (0, 1), "uint8_t"),
        (DType.INT16, (-32768, 32767), "int16_t"), (DType.INT64, (-(2**63), 2**63 - 1), "int64_t"),
    ],
)  # fmt: skip
def test_integers_have_limits_and_a_c_type(
    dtype: DType, limits: tuple[int, int], c_name: str
) -> None:
    assert (dtype.limits, dtype.c_name) == (limits, c_name)


def test_a_packed_constant_holds_only_what_its_bits_can() -> None:
    tensor = Tensor(name="t", shape=(2,), dtype=DType.INT4, quant=quantization(0.5))
    fits = find_faults(with_tensor(tensor, data=frozen([-8, 7], DType.INT4)))
    exceeds = find_faults(with_tensor(tensor, data=frozen([-8, 8], DType.INT4)))
    assert "is not int4" not in "\n".join(fits)
    assert "tensor 't': its data is not int4: outside [-8, 7]" in exceeds
