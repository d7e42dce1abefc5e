"""Fixtures that every test may use, and the settings of the property tests."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests import support

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
