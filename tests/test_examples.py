"""Tests that the examples do what their READMEs say, and that README's table can be written."""

import importlib.util
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from tests.support import ROOT, require_module, require_tool
from tinyengine.importers import load
from tinyengine.reference import run as run_reference

DIGITS = ROOT / "examples" / "digits"


def load_script(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, ROOT / "examples" / f"{name}.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def results():
    return load_script("results")


def demo(*arguments: object) -> subprocess.CompletedProcess[str]:
    require_tool("arm-none-eabi-gcc")
    return subprocess.run(
        [sys.executable, DIGITS / "demo.py", *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
        env={**os.environ, "COLUMNS": "140", "PYTHONPATH": str(ROOT)},
    )


def test_digits_network_is_right_on_97_percent_of_all_held_out_images():
    graph = load(DIGITS / "digits.tflite")
    with np.load(DIGITS / "test_images.npz") as data:
        images, labels = data["images"], data["labels"]
    assert images.shape == (360, 8, 8, 1) and images.dtype == np.int8
    answers = [run_reference(graph, (image[np.newaxis],))[0].argmax() for image in images]
    assert (np.array(answers) == labels).mean() >= 0.97


def test_demo_shows_accuracy_bit_exactness_memory_and_instructions(tmp_path):
    require_module("ai_edge_litert")
    ran = demo("--output", tmp_path / "out")
    assert ran.returncode == 0, ran.stderr
    right = re.search(r"accuracy\D+[\d.]+%, (\d+) of 100 images", ran.stdout)
    assert right is not None and int(right[1]) >= 97
    for who in ("the reference", "TFLite itself"):
        assert re.search(rf"equals {who}\W+yes, all 1,000 output bytes of 100 inf", ran.stdout)
    report = json.loads((tmp_path / "out" / "report.json").read_text())
    for use in ("sram", "flash"):
        assert f"{report[use]['total']:,} of " in ran.stdout
    assert re.search(r"instructions\W+[\d,]+( to [\d,]+)? per inference", ran.stdout)
    assert (tmp_path / "out" / "firmware.elf").is_file()


def test_demo_runs_any_model_with_random_inputs(tmp_path):
    model = tmp_path / "mine.tflite"
    model.write_bytes((DIGITS / "digits.tflite").read_bytes())
    ran = demo("--model", model, "--board", "nrf52840", "--output", tmp_path / "out")
    assert ran.returncode == 0, ran.stderr
    assert "5 random inputs" in ran.stdout and "accuracy" not in ran.stdout
    assert "all 50 output bytes" in ran.stdout


def test_demo_explains_an_unknown_board_and_a_missing_model(tmp_path):
    ran = demo("--board", "stm32f747")
    assert ran.returncode == 2 and "stm32f746" in ran.stderr and "Traceback" not in ran.stderr
    ran = demo("--model", tmp_path / "none.tflite", "--output", tmp_path / "out")
    assert ran.returncode != 0 and "none.tflite" in ran.stderr and "Traceback" not in ran.stderr


@pytest.mark.parametrize("count", [-3, -1, 0, 361])
def test_demo_refuses_numbers_of_samples_that_there_are_not(count):
    ran = demo("--samples", count)
    assert (ran.returncode, ran.stdout) == (2, "")
    assert ran.stderr == f"error: --samples: {count} is not in the range from 1 to 360\n"


def test_demo_refuses_a_negative_number_of_random_inputs(tmp_path):
    ran = demo("--model", tmp_path / "mine.tflite", "--samples", -1)
    assert (ran.returncode, ran.stdout) == (2, "")
    assert ran.stderr == "error: --samples: -1 is not in the range from 1 to 10,000\n"


def test_speed_table_has_a_line_per_model_and_columns_per_board(results):
    verdict = {
        "sram": {"total": 2000},
        "flash": {"code": 4000, "weights": 5000},
        "instructions": 123456,
    }
    cells = [("mlperf_sww", 51000, "x", verdict, 98765), ("mlperf_sww", 51000, "y", None, None)]
    cells += [("b", 99, "x", None, None), ("b", 99, "y", verdict, None)]
    table = results.rendered(
        [
            results.Result(model=model, macs=macs, board=board, verdict=verdict, cycles=cycles)
            for model, macs, board, verdict, cycles in cells
        ]
    )
    assert table.splitlines() == [
        "| model | MACs | x: instructions | x: cycles | y: instructions | y: cycles "
        "| SRAM, bytes | code, bytes | weights, bytes | TFLite Micro | MIT TinyEngine |",
        "| --- |" + " ---: |" * 10,
        "| mlperf_sww | 51,000 | 123,456 | 98,765 | does not fit |  "
        "| 2,000 | 4,000 | 5,000 | 2.19 M | refused |",
        "| b | 99 | does not fit |  | 123,456 | – | 2,000 | 4,000 | 5,000 | – | – |",
    ]


def given(results, monkeypatch, totals):
    """Make `measure` give the total of SRAM that stands under (board, streamed), or no fit."""

    def measure(model, board, _samples, *options):
        total = totals.get((board, "--stream-input" in options))
        memory = {"sram": {"total": total}, "flash": {"total": 9000}}
        verdict = None if total is None else memory
        return results.Result(model=model.stem, macs=1, board=board, verdict=verdict)

    monkeypatch.setattr(results, "measure", measure)


def test_sram_table_has_the_first_board_that_fits_and_the_peers(results, monkeypatch):
    given(results, monkeypatch, {("big", False): 24000, ("small", True): 9, ("big", True): 19500})
    models = [Path("mcunet_vww1.tflite"), Path("mine.tflite")]
    head, _, *rows = results.sram_table(models, ["small", "big"], 5).splitlines()
    assert head.endswith("| MIT TinyEngine | TFLite Micro |")
    assert rows == [
        "| mcunet_vww1 | big | 24,000 | 5 of 5 | 19,500 | 5 of 5 | 94,658 | 221,200 |",
        "| mine | big | 24,000 | 5 of 5 | 19,500 | 5 of 5 | – | – |",
    ]


def test_boards_table_has_the_smallest_board_that_fits(results, monkeypatch):
    told = [
        {"board": "small", "fits": False, "ram": 100, "flash": 2},
        {"board": "middle", "fits": True, "ram": 300, "flash": 10_000},
        {"board": "large", "fits": True, "ram": 900, "flash": 20_000},
    ]  # as `fit` gives them: the smallest RAM first
    monkeypatch.setattr(results, "tinyengine", lambda *_: {"boards": told})
    verdict = {"sram": {"total": 240}, "flash": {"total": 9000}, "timing": {"ms": 12.34}}

    def measure(model, board, _samples, *_options):
        return results.Result(model=model.stem, macs=1, board=board, verdict=verdict)

    monkeypatch.setattr(results, "measure", measure)
    model = [Path("a.tflite")]
    assert results.boards_table(model, ["small", "middle", "large"], 1).splitlines()[2:] == [
        "| a | middle | 300 | 240 | 10,000 | 9,000 | 12.3 |"
    ]
    assert results.boards_table(model, ["small"], 1).splitlines()[2:] == [
        "| a | none |  |  |  |  |  |"
    ]


def test_results_replace_what_stands_between_the_markers(results):
    text = f"before\n{results.BEGIN}\nold\n{results.END}\nafter\n"
    assert results.replaced(text, "new") == f"before\n{results.BEGIN}\nnew\n{results.END}\nafter\n"
    with pytest.raises(SystemExit, match="results: begin"):
        results.replaced("no markers", "new")


def test_readme_has_the_markers_that_results_need(results):
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert results.markers("speed") == (results.BEGIN, results.END)
    for table in ("speed", "sram", "boards"):
        assert [readme.count(mark) for mark in results.markers(table)] == [1, 1]


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md", "examples/digits/README.md"])
def test_paths_that_the_documentation_names_exist(name):
    text = (ROOT / name).read_text(encoding="utf-8")
    folders = "tinyengine|runtime_c|boards|tests|examples|codegen_templates"
    quoted = re.findall(rf"`((?:{folders})/[a-z0-9_/.]*)`", text)
    missing = [path for path in quoted if not (ROOT / path).exists()]
    assert missing == []


def test_results_are_measured_by_the_command_line(results):
    require_tool("arm-none-eabi-gcc")
    model = DIGITS / "digits.tflite"
    fits = results.measure(model, "stm32f746", 1)
    assert fits.verdict is not None and fits.macs == 48_480
    fast = results.measure_speed(model, "stm32f746", 1)
    assert fast.cycles and results.executed(fast)[1] == f"{fast.cycles:,}"
    assert fast.verdict["instructions"] <= fits.verdict["instructions"]
    streamed = results.measure(model, "stm32f746", 1, "--objective", "sram", "--stream-input")
    assert streamed.verdict is not None and streamed.verdict["bit_exact"]
