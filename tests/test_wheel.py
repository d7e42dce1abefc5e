"""The wheel in a fresh virtual environment, outside the checkout: the API and the pytest plugin."""

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


@pytest.fixture(scope="module")
def python(tmp_path_factory):
    """Give the interpreter of a fresh virtual environment with the wheel, and pytest, in it."""
    require_tool("arm-none-eabi-gcc")
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "-w", folder, ROOT],
        check=True,
        timeout=300,
    )
    (wheel,) = folder.glob("tinyengine-*.whl")
    venv.create(folder / "venv", with_pip=True)
    made = folder / "venv" / "bin" / "python"
    subprocess.run(
        [made, "-m", "pip", "install", "-q", wheel, "pytest>=8"], check=True, timeout=600
    )
    return made


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
