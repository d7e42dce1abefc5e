"""Tests that examples/from_pytorch does what its README says, from installation to the board."""

import os
import re
import resource
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tests.support import ROOT, require_module, require_tool
from tests.test_readme import recipes, run_commands, write_samples
from tinyengine import quantize_model
from tinyengine.importers import load_float
from tinyengine.importers.tflite import parse
from tinyengine.product.evaluate import quantized
from tinyengine.reference import run
from tinyengine.reference.interpreter import run_interpreter

EXAMPLE = ROOT / "examples" / "from_pytorch"


def readme_commands() -> str:
    """Give the indented lines of the example's README: what it tells the reader to type."""
    text = (EXAMPLE / "README.md").read_text(encoding="utf-8")
    return "\n".join(re.findall(r"^    (.+)$", text, re.MULTILINE))


def run_readme(folder: Path) -> tuple[str, float]:
    """Run the commands with `folder` for `build`; give what they print, and CPU seconds."""
    commands = readme_commands().replace("build/", f"{folder}/").replace("python3", sys.executable)
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    ran = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", f"{commands} {folder}/made"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=1200,
        check=False,
        # What the index for CPUs does not have, or where it is out of reach, others have.
        env={**os.environ, "COLUMNS": "140", "PIP_RETRIES": "0"},
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return ran.stdout, used


NETWORKS = {
    "PyTorch": """
import torch
from torch import nn
model = nn.Sequential(
    nn.Conv2d(3, 8, 3, 2, 1), nn.BatchNorm2d(8), nn.ReLU6(), nn.Conv2d(8, 8, 3, 1, 1, groups=8),
    nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(8, 10),
)
""",
    "Keras": """
import keras
from keras import layers
model = keras.Sequential([
    keras.Input((32, 32, 3)), layers.Conv2D(8, 3, strides=2, padding="same", use_bias=False),
    layers.BatchNormalization(), layers.ReLU(6.0), layers.DepthwiseConv2D(3, padding="same"),
    layers.Conv2D(16, 1, activation="relu"), layers.GlobalAveragePooling2D(), layers.Dense(10),
])
""",
}
"""What README's lines of Python find as `model`."""


def follow_readme(source: str, python: Path, folder: Path, monkeypatch) -> None:
    """Export a network as README says for `source`, and run its commands."""
    folder.mkdir()
    recipe = recipes()[source]
    (folder / "export.py").write_text(NETWORKS[source] + recipe.code, encoding="utf-8")
    subprocess.run(
        [python, "-W", "ignore", "export.py"],
        cwd=folder,
        check=True,
        timeout=300,
        stdout=subprocess.DEVNULL,
        env={**os.environ, "KERAS_BACKEND": "torch"},
    )
    write_samples(folder, *((3, 32, 32) if source == "PyTorch" else (32, 32, 3)))
    run_commands(recipe, folder, monkeypatch)


@pytest.mark.slow
def test_the_example_loses_hardly_anything_and_readmes_exports_lead_to_firmware(
    tmp_path, monkeypatch
):
    require_tool("arm-none-eabi-gcc")
    printed, seconds = run_readme(tmp_path)
    python = tmp_path / "torch" / "bin" / "python"
    subprocess.run([python, "-m", "pip", "install", "-q", "keras>=3.13"], check=True, timeout=600)
    for source in NETWORKS:
        follow_readme(source, python, tmp_path / source, monkeypatch)
    assert seconds < 300
    right = {
        model: float(share)
        for model, share in re.findall(r"^(mnist\w*)\S+ +\w+ +([\d.]+) %", printed, re.MULTILINE)
    }
    assert set(right) == {"mnist", "mnist_int8", "mnist_no_data"}
    assert right["mnist"] > 96
    assert right["mnist_int8"] >= right["mnist"] - 0.3
    assert right["mnist_no_data"] >= right["mnist"] - 1
    assert re.search(r"compared with +numpy and interpreter", printed)
    assert re.search(r"bit-exact +yes, every output byte", printed)
    assert (tmp_path / "made" / "firmware" / "firmware.elf").is_file()


def test_the_network_beside_it_is_the_one_that_it_describes():
    graph = load_float(EXAMPLE / "mnist.onnx")
    # A batch normalization is two numbers a channel in PyTorch, and one bias after folding.
    channels = 8 + 32 + 32 + 12 + 36 + 36 + 12 + 48 + 48 + 16 + 48 + 48 + 16 + 32
    constants = {t for op in graph.ops for t in op.inputs if t.is_const}
    assert sum(t.elements for t in constants) == 7_622 - channels
    assert [edge.tensor.shape for edge in graph.inputs] == [(1, 1, 28, 28)]


def test_its_int8_file_is_computed_to_the_same_bits_by_the_interpreter():
    require_module("ai_edge_litert")
    file = quantize_model(EXAMPLE / "mnist.onnx", None).tflite
    graph = parse(file, "mnist.tflite")
    for image in np.random.default_rng(0).uniform(-1, 1, (5, 1, 28, 28)):
        given = quantized(graph.inputs[0], image.astype(np.float32))
        for mine, theirs in zip(run(graph, [given]), run_interpreter(file, [given]), strict=True):
            np.testing.assert_array_equal(mine, theirs)
