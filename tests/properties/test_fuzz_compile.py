"""Damaged model files through `tinyengine compile`: built or refused, in time, memory and whole."""

import json
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.builders.detectors import Suppression, ssd_network
from tests.builders.int16_networks import classifier as int16_classifier
from tests.builders.networks import dynamic_batch, float_network, numbers_network, small_network
from tests.builders.nibbles import with_int4_weights
from tests.builders.stateful import Recurrent, lstm_model, svdf_model
from tests.builders.unsigned_networks import branches, mobilenet
from tests.importers.test_variables import accumulator
from tests.properties.drawn.table import WIDTHS, Width, draw_sample
from tests.properties.test_fuzz_models import MUTATIONS, network
from tests.properties.test_int4 import model_of as int4_model
from tests.support import ROOT, require_tool

BUILT, REFUSED, TOO_LARGE = 0, 3, 4
MOST_NBYTES = 1 << 30
MOST_SECONDS = 10
"""Of the processor: on a busy machine the clock says nothing. The worker ends what blocks."""


SEEDS = (12, 13)
"""Of a thousand mutants each."""


class Worker:
    """A process that compiles what it is told, one file at a time."""

    def __init__(self, process: "subprocess.Popen[str]", folder: Path) -> None:
        self._process, self.folder = process, folder

    def compile(self, data: bytes) -> dict[str, Any]:
        """Compile a model file with these bytes into `folder`/out."""
        model = self.folder / "mutant.tflite"
        model.write_bytes(data)
        output = self.folder / "work" / "out"
        options = ["--board", "stm32f746", "--detection", "-o", str(output)]
        return self.run(["compile", str(model), *options])

    def run(self, *commands: list[str]) -> dict[str, Any]:
        """Run commands until one fails; give exit code, CPU seconds, memory and log."""
        request = [str(self.folder / "log"), commands]
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        answer: dict[str, Any] = json.loads(self._process.stdout.readline())
        return answer


@contextmanager
def started_worker(folder: Path) -> Iterator[Worker]:
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.properties.fuzz_worker"],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield Worker(process, folder)
    finally:
        process.communicate(timeout=30)
    assert process.returncode == 0


@pytest.fixture
def worker(tmp_path: Path) -> Iterator[Worker]:
    require_tool("arm-none-eabi-gcc")
    with started_worker(tmp_path) as made:
        yield made


def check(worker: Worker, data: bytes, what: str) -> int:
    """Compile `data`, check everything that must hold for any file, and give the exit code."""
    answer = worker.compile(data)
    told = f"{what}: {answer}"
    assert answer["code"] in (BUILT, REFUSED, TOO_LARGE), told
    assert answer["nbytes"] < MOST_NBYTES, told
    assert answer["seconds"] < MOST_SECONDS, told
    assert "Traceback" not in answer["log"] and "internal error" not in answer["log"], told
    work = worker.folder / "work"
    if answer["code"] == BUILT:
        assert [path.name for path in work.iterdir()] == ["out"], told
        assert (work / "out" / "report.json").is_file(), told
        assert (work / "out" / "firmware.elf").is_file(), told
        shutil.rmtree(work)
    else:
        assert answer["log"].count("error: ") >= 1, told
        assert not work.exists(), told
    return int(answer["code"])


def int2_product() -> bytes:
    values = np.random.default_rng(1).integers(-2, 2, (6, 9))
    return int4_model("FULLY_CONNECTED", values, 1, 9, "int2")


def networks() -> list[bytes]:
    """Give networks of several operators, and of weights of less than a byte."""
    digits = (ROOT / "examples" / "digits" / "digits.tflite").read_bytes()
    numbers = [numbers_network(), dynamic_batch(), int16_classifier(), branches(), mobilenet()]
    halved = [with_int4_weights(digits), with_int4_weights(small_network()), int2_product()]
    stateful = [svdf_model(Recurrent()), lstm_model(Recurrent()), accumulator()]
    large = [digits, network(), small_network(), float_network(), ssd_network()]
    large.append(Suppression(boxes=20).model())
    return [*large, *numbers, *halved, *stateful]


def subjects(count: int, seed: int) -> Iterator[Width | None]:
    """Give what is damaged: a network (None), and in between each operator and width in turn.

    The operators are those of the table of random models, which has them all.
    """
    turn = np.random.default_rng(seed).permutation(len(WIDTHS))
    for number in range(count):
        yield WIDTHS[turn[number // 2 % len(turn)]] if number % 2 else None


def fuzz(worker: Worker, count: int, seed: int) -> Counter[int]:
    """Compile `count` damaged models; give how many ended with each exit code."""
    random, large = np.random.default_rng(seed), networks()
    codes: Counter[int] = Counter()
    for number, width in enumerate(subjects(count, seed)):
        mutation = MUTATIONS[int(random.integers(len(MUTATIONS)))]
        some = large[int(random.integers(len(large)))]
        data = draw_sample(width, seed).model if width else some
        mutant = bytes(mutation(random, bytearray(data)))
        codes[check(worker, mutant, f"mutant {number} of seed {seed}: {width}")] += 1
    return codes


def test_two_thousand_mutants_are_of_every_operator_in_every_width() -> None:
    damaged = Counter(width for seed in SEEDS for width in subjects(1000, seed))
    assert set(damaged) == {None, *WIDTHS}
    assert damaged[None] == 1000


def test_an_undamaged_model_is_built(worker: Worker) -> None:
    assert check(worker, small_network(), "the model") == BUILT


def test_mutants_are_built_or_refused_whole(worker: Worker) -> None:
    codes = fuzz(worker, 25, seed=11)
    assert codes[BUILT] and codes[REFUSED]  # Both sides are exercised.


@pytest.mark.slow
@pytest.mark.parametrize("seed", SEEDS)
def test_many_mutants_are_built_or_refused_whole(seed: int, worker: Worker) -> None:
    codes = fuzz(worker, 1000, seed)
    assert codes[BUILT] > 50 and codes[REFUSED] > 50
