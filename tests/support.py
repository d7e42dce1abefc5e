"""What a test needs from outside: tools, packages and the shared real models, or a reason."""

import importlib.util
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

import pytest

ROOT = Path(__file__).resolve().parent.parent
MODELS_VARIABLE = "TINYENGINE_MODELS"


def in_ci() -> bool:
    """Tell whether this is a CI run: there, what is missing fails instead of being skipped."""
    return os.environ.get("CI", "") not in ("", "0", "false")


def missing(reason: str) -> NoReturn:
    """Skip the test with `reason`, or fail it in CI."""
    if in_ci():
        pytest.fail(f"{reason} (CI must have it)", pytrace=False)
    pytest.skip(reason)


def require_tool(name: str) -> str:
    """Give the path of program `name`; without it, skip, or fail in CI."""
    path = shutil.which(name)
    if path is None:
        missing(f"{name} is not installed: `make setup` installs it")
    return path


def require_module(name: str) -> None:
    """Return when Python module `name` is installed; without it, skip, or fail in CI."""
    if importlib.util.find_spec(name) is None:
        missing(f"Python module {name} is not installed: `make setup` installs it")


def shared_models_dir() -> Path:
    """Give the folder of real models, named by TINYENGINE_MODELS or beside the checkout.

    The models are other people's and no part of the repository: without them the test is
    skipped, in CI too. A folder that TINYENGINE_MODELS names must exist.
    """
    named = os.environ.get(MODELS_VARIABLE)
    if named:
        if not Path(named).is_dir():
            pytest.fail(f"{MODELS_VARIABLE} names {named}, which is no folder", pytrace=False)
        return Path(named)
    beside = ROOT.parent / "shared" / "models"
    if not beside.is_dir():
        pytest.skip(f"no real models: set {MODELS_VARIABLE} to a folder of .tflite files")
    return beside


def shared_model(name: str) -> Path:
    """Give the path of real model `name` (`mlperf_kws_dscnn`, suffix optional), or skip."""
    path = shared_models_dir() / (name if name.endswith(".tflite") else f"{name}.tflite")
    if not path.is_file():
        pytest.skip(f"no real model {path.name} in {path.parent}")
    return path


Require = Callable[[str], str]
FindModel = Callable[[str], Path]
