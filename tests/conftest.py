"""Fixtures that every test may use, and the settings of the property tests."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests import support
from tests.builders.networks import float_network, small_network, unsupported_network
from tests.cli.command import succeeded

settings.register_profile(
    "laptop",
    deadline=None,
    print_blob=True,
    max_examples=25,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
settings.register_profile("ci", settings.get_profile("laptop"), derandomize=True)
settings.load_profile("ci" if support.in_ci() else "laptop")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options of this suite."""
    text = "write what is emitted into tests/golden, for review"
    parser.addoption("--update-golden", action="store_true", help=text)


@pytest.fixture(scope="session")
def require_tool() -> support.Require:
    """Give a function that skips (in CI: fails) unless the named program is installed."""
    return support.require_tool


@pytest.fixture(scope="session")
def shared_model() -> support.FindModel:
    """Give a function from a real model's name to its path; it skips where there is none."""
    return support.shared_model


@pytest.fixture(scope="session")
def shared_models_dir() -> Path:
    """Give the folder of real models, or skip."""
    return support.shared_models_dir()


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
    support.require_tool("arm-none-eabi-gcc")
    target = tmp_path_factory.mktemp("compiled") / "out"
    succeeded("compile", small, "--board", "stm32f746", "-o", target)
    return target


@pytest.fixture(scope="session")
def compiled_edges(tmp_path_factory: pytest.TempPathFactory, edges: Path) -> Path:
    """Give what `compile` made of the model with float32 edges; only for reading."""
    support.require_tool("arm-none-eabi-gcc")
    target = tmp_path_factory.mktemp("compiled_edges") / "out"
    succeeded("compile", edges, "--board", "stm32f746", "-o", target)
    return target
