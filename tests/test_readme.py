"""README's commands from PyTorch, Keras, ONNX and TFLite to firmware run as they stand."""

import re
import shlex
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from tests.builders.float_networks import small_network
from tests.builders.onnx_networks import OnnxNetwork
from tests.builders.quantized_onnx import quantized_by_onnxruntime
from tests.cli.command import tinyengine
from tests.support import ROOT, require_module, require_tool

SECTION = "From PyTorch, Keras, ONNX, TFLite to firmware"
SOURCES = ("PyTorch", "Keras", "ONNX", "TFLite")


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """What README tells to do with a network: Python that writes its file, then commands."""

    code: str
    commands: tuple[tuple[str, ...], ...]


def recipes() -> dict[str, Recipe]:
    """Give README's recipe for each kind of source."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    section = text.split(f"## {SECTION}\n")[1].split("\n## ")[0]
    _, *parts = re.split(r"^\*\*(\w+)\*\*:", section, flags=re.MULTILINE)
    return {
        name: Recipe(
            code="\n".join(re.findall(r"```python\n(.*?)```", body, re.DOTALL)),
            commands=tuple(
                tuple(shlex.split(line, comments=True))
                for line in re.findall(r"^    (.+)$", body, re.MULTILINE)
            ),
        )
        for name, body in zip(parts[::2], parts[1::2], strict=True)
    }


def run_commands(recipe: Recipe, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run the commands of `recipe` in `folder`; each must succeed."""
    monkeypatch.chdir(folder)
    for program, *arguments in recipe.commands:
        assert program == "tinyengine"
        outcome = tinyengine(*arguments)
        assert outcome.code == 0, f"{arguments}: {outcome.stdout}{outcome.stderr}"


def write_samples(folder: Path, *shape: int) -> None:
    """Write samples.npz to quantize with, and labelled test.npz."""
    rng = np.random.default_rng(0)
    x = rng.normal(0, 1, (24, *shape)).astype(np.float32)
    np.savez(folder / "samples.npz", x=x)
    np.savez(folder / "test.npz", x=x[:6], y=rng.integers(0, 10, 6))


def onnx_network() -> bytes:
    """Give a small network as PyTorch exports it."""
    net = OnnxNetwork(0)
    x = net.conv(net.input(3), 8, 3, 2, act="relu6")
    x = net.conv(net.conv(x, 8, 3, depthwise=True, act="relu"), 16, act="relu")
    return net.finish(net.head(x, 10), 32)


def test_there_is_a_recipe_for_every_source_with_commands_and_firmware_at_its_end() -> None:
    found = recipes()
    assert tuple(found) == SOURCES
    for recipe in found.values():
        assert recipe.commands[-1][1] in ("compile", "validate")
    assert [bool(found[name].code) for name in SOURCES] == [True, True, False, False]


@pytest.mark.parametrize("source", SOURCES)
def test_its_commands_lead_to_firmware(
    source: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    require_tool("arm-none-eabi-gcc")
    require_module("onnxruntime")
    network, layout = onnx_network(), (3, 32, 32)
    match source:
        case "ONNX":
            shape = (1, *layout)
            (tmp_path / "net_qdq.onnx").write_bytes(quantized_by_onnxruntime(network, shape))
        case "TFLite":
            (tmp_path / "net.tflite").write_bytes(small_network())
            layout = (16, 16, 3)
        case _:
            (tmp_path / "net.onnx").write_bytes(network)
    write_samples(tmp_path, *layout)
    run_commands(recipes()[source], tmp_path, monkeypatch)
