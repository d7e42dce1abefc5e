"""The pytest plugin compiles a model once a session and runs it on the emulated board."""

import importlib
import os
import re
import shutil
import subprocess
import sys
import tomllib

import pytest

from tests.builders.networks import small_network
from tests.support import ROOT, require_module, require_tool

TESTS = """\
seen = []


def test_one(tinyengine_firmware):
    firmware = tinyengine_firmware("small.tflite", board="stm32f746")
    assert firmware.validate(samples=1).bit_exact
    seen.append(firmware)


def test_two(tinyengine_firmware):
    assert tinyengine_firmware("small.tflite", board="stm32f746") is seen[0]
    other = tinyengine_firmware("small.tflite", board="stm32f746", objective="sram")
    assert other is not seen[0] and other.report.objective.value == "sram"


def test_three(tinyengine_firmware):
    firmware = tinyengine_firmware("small.tflite", board="stm32f746")
    assert firmware.report.sram.total <= 100
"""


def run_pytest(folder, *arguments):
    """Run pytest in `folder` with the plugin and no other; warnings are errors."""
    options = ["-q", "-W", "error", "-p", "tinyengine.pytest_plugin", "-p", "no:cacheprovider"]
    environment = {
        **os.environ,
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
        "PYTHONPATH": str(ROOT),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    return subprocess.run(
        [sys.executable, "-m", "pytest", *options, *arguments],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def test_models_are_compiled_once_and_failures_show_values(tmp_path):
    require_tool("arm-none-eabi-gcc")
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    (tmp_path / "small.tflite").write_bytes(small_network())
    (tmp_path / "test_it.py").write_text(TESTS)
    ran = run_pytest(tmp_path, "--basetemp", tmp_path / "work")
    assert "1 failed, 2 passed" in ran.stdout, ran.stdout + ran.stderr
    assert "<= 100" in ran.stdout
    assert len(list((tmp_path / "work").glob("tinyengine[0-9]*"))) == 2


def test_a_model_that_is_refused_shows_the_reason(tmp_path):
    require_tool("arm-none-eabi-gcc")
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    (tmp_path / "small.tflite").write_bytes(small_network())
    (tmp_path / "test_it.py").write_text(
        "def test_it(tinyengine_firmware):\n"
        "    tinyengine_firmware('small.tflite', board='mps2-an385', sram=40)\n"
    )
    ran = run_pytest(tmp_path)
    assert "needs an arena of 224 bytes at least, 40 are there" in ran.stdout, ran.stdout


def test_the_example_for_ci_passes(tmp_path):
    require_tool("arm-none-eabi-gcc")
    for name in ("ci", "digits"):
        shutil.copytree(ROOT / "examples" / name, tmp_path / name)
    ran = run_pytest(tmp_path / "ci", "test_model.py")
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "1 passed" in ran.stdout


def test_the_workflow_installs_what_the_product_needs_and_runs_the_test():
    workflow = (ROOT / "examples" / "ci" / "firmware.yml").read_text()
    assert "\t" not in workflow
    (extras,) = re.findall(r"pip install '\./tinyengine\[(.*)\]' pytest\n", workflow)
    with (ROOT / "pyproject.toml").open("rb") as file:
        offered = tomllib.load(file)["project"]["optional-dependencies"]
    assert {"toolchain", "reference"} == set(extras.split(",")) <= set(offered)
    (version,) = re.findall(r'python-version: "3\.(\d+)"', workflow)
    assert int(version) >= 12  # the least that the toolchain's wheel is for
    assert "run: pytest test_model.py" in workflow
    assert (ROOT / "examples" / "ci" / "test_model.py").is_file()


def test_the_pipeline_for_gitlab_does_the_same():
    require_module("yaml")
    job = importlib.import_module("yaml").safe_load(
        (ROOT / "examples" / "ci" / "gitlab-ci.yml").read_text()
    )["firmware"]
    assert job["image"].startswith("python:3.12")
    assert "pip install './tinyengine[toolchain,reference]' pytest" in job["before_script"]
    assert job["script"] == ["pytest test_model.py"]


@pytest.mark.parametrize("name", ["test_model.py", "firmware.yml", "gitlab-ci.yml", "pytest.ini"])
def test_the_readme_names_every_file(name):
    assert f"`{name}`" in (ROOT / "examples" / "ci" / "README.md").read_text()
