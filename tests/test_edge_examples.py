"""The examples with a camera and a microphone do what their READMEs say."""

import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import tinyengine
from tests.builders.front_end import EXAMPLE, example_module, steps_of
from tests.properties.signals import interpret_steps
from tests.support import ROOT, require_module, require_tool
from tinyengine.importers import load
from tinyengine.reference import run as run_reference

PERSON = ROOT / "examples" / "person_detection"


def demo(folder: Path, *arguments: object) -> subprocess.CompletedProcess[str]:
    require_tool("arm-none-eabi-gcc")
    return subprocess.run(
        [sys.executable, folder / "demo.py", *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def figures(text: str, *names: str) -> list[int]:
    """Give the first number that stands behind each of `names`."""
    found = [re.findall(rf"{name}[^\d\n]*([\d,]+)", text)[0] for name in names]
    return [int(number.replace(",", "")) for number in found]


def check_figures(said: list[int], measured: list[int]) -> None:
    """Compare figures of a README with those of a run: compilers differ by a little."""
    np.testing.assert_allclose(measured, said, rtol=0.02)


def test_faces_are_told_from_other_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    require_module("skimage")
    monkeypatch.syspath_prepend(str(PERSON))
    import frames  # noqa: PLC0415

    images, labels = frames.held_out()
    pixels = (frames.pixels_of(images).astype(np.int16) - 128).astype(np.int8)
    graph = load(PERSON / "person.tflite")
    answers = [run_reference(graph, (image[np.newaxis],))[0].argmax() for image in pixels]
    assert len(labels) == 50 and (np.array(answers) == labels).sum() >= 48


def test_the_camera_demo_tells_what_the_readme_says(tmp_path: Path) -> None:
    require_module("skimage")
    ran = demo(PERSON, "--frames", 4, "--output", tmp_path)
    assert ran.returncode == 0, ran.stderr
    assert "a face" in ran.stdout and "nobody" in ran.stdout and "4 of 4" in ran.stdout
    readme = (PERSON / "README.md").read_text()
    check_figures(figures(readme, "they come", r"\| flash"), figures(ran.stdout, "SRAM", "flash"))


def test_the_network_hears_the_keywords_and_no_others() -> None:
    demo_module = example_module("demo")
    with np.load(EXAMPLE / "words.npz") as data:
        words, sound = data["words"].tolist(), data["sound"]
    model = (EXAMPLE / "keyword.tflite").read_bytes()
    scores = [outputs[0][0] for outputs in interpret_steps(model, steps_of(sound))]
    heard = [word for _, word in demo_module.heard(scores)]
    assert heard == [word for word in words if word in demo_module.LABELS[2:]]


@pytest.mark.slow
def test_the_microphone_demo_tells_what_the_readme_says(tmp_path: Path) -> None:
    require_module("tflite_micro")
    ran = demo(EXAMPLE, "--seconds", 2.5, "--output", tmp_path)
    assert ran.returncode == 0, ran.stderr
    assert "yes" in ran.stdout
    assert len(re.findall(r"125 of them", ran.stdout)) == 2
    readme = (EXAMPLE / "README.md").read_text()
    check_figures(figures(readme, r"\| SRAM", r"\| flash"), figures(ran.stdout, "SRAM", "flash"))


@pytest.mark.slow
def test_validate_compares_it_with_the_interpreter_that_knows_it(tmp_path: Path) -> None:
    require_module("tflite_micro")
    require_tool("arm-none-eabi-gcc")
    firmware = tinyengine.compile(EXAMPLE / "keyword.tflite", board="nrf52840", output=tmp_path)
    verdict = firmware.validate(samples=1, steps=3)
    assert verdict.bit_exact and verdict.references == ("numpy", "micro")
