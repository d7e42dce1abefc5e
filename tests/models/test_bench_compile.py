"""What compiling costs grows with the model, and not faster."""

from pathlib import Path

import pytest

from tests.builders.large_graphs import SHAPES
from tests.models.bench_compile import exponent, measure
from tests.support import shared_model

MEMORY_NBYTES = 1 << 30


def test_exponents_are_fitted() -> None:
    # 3 n^2: the logarithms lie on a line of slope 2.
    assert exponent([(10, 300.0), (100, 30_000.0), (1000, 3_000_000.0)]) == pytest.approx(2.0)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("shape", "count", "seconds"),
    [
        ("chain", 1000, 8),
        ("convolutions", 500, 20),
        ("branches", 200, 8),
        ("branches", 1000, 40),
        ("tree", 511, 20),
        ("random", 1000, 30),
    ],
)
def test_large_graphs_compile_in_seconds(
    tmp_path: Path, shape: str, count: int, seconds: float
) -> None:
    model = tmp_path / f"{shape}.tflite"
    model.write_bytes(SHAPES[shape](count))
    cost = measure(model, tmp_path / "out")
    assert cost.code == 0
    assert cost.seconds <= seconds
    assert cost.nbytes <= MEMORY_NBYTES


@pytest.mark.slow
@pytest.mark.models
@pytest.mark.parametrize(("name", "seconds"), [("mcunet_vww1", 5), ("mcunetv2_large", 10)])
def test_real_models_compile_in_seconds(tmp_path: Path, name: str, seconds: float) -> None:
    cost = measure(shared_model(name), tmp_path / "out", board="stm32h743")
    assert cost.code == 0
    assert cost.seconds <= seconds
    assert cost.nbytes <= MEMORY_NBYTES
