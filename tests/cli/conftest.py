"""Model files and compiled products that the tests of the command line share."""

from pathlib import Path

import pytest

from tests.builders.networks import float_network, small_network, unsupported_network
from tests.cli.command import succeeded
from tests.support import require_tool


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a folder with small.tflite, edges.tflite and unsupported.tflite."""
    folder = tmp_path_factory.mktemp("models")
    (folder / "small.tflite").write_bytes(small_network())
    (folder / "edges.tflite").write_bytes(float_network())
    (folder / "unsupported.tflite").write_bytes(unsupported_network())
    return folder


@pytest.fixture(scope="session")
def small(models: Path) -> Path:
    """Give the path of a small int8 model."""
    return models / "small.tflite"


@pytest.fixture(scope="session")
def edges(models: Path) -> Path:
    """Give the path of a model with float32 and uint8 inputs and outputs."""
    return models / "edges.tflite"


@pytest.fixture(scope="session")
def compiled(tmp_path_factory: pytest.TempPathFactory, small: Path) -> Path:
    """Give the directory that `compile` made of the small model for stm32f746; only for reading."""
    require_tool("arm-none-eabi-gcc")
    target = tmp_path_factory.mktemp("compiled") / "out"
    succeeded("compile", small, "--board", "stm32f746", "-o", target)
    return target


@pytest.fixture(scope="session")
def compiled_edges(tmp_path_factory: pytest.TempPathFactory, edges: Path) -> Path:
    """Give what `compile` made of the model with float32 edges; only for reading."""
    require_tool("arm-none-eabi-gcc")
    target = tmp_path_factory.mktemp("compiled_edges") / "out"
    succeeded("compile", edges, "--board", "stm32f746", "-o", target)
    return target
