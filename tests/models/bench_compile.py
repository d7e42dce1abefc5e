"""Measure what compiling costs: `python -m tests.models.bench_compile [SHAPE|MODEL]...`.

Prints CPU seconds (user and system, with those of gcc and the emulator) and peak memory of whole
`tinyengine compile` commands, for graphs of 10 to 10,000 operators and for the real models, and
the exponent with which the seconds of each shape grow from 500 to 4,000 operators.
"""

import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from tests.builders.large_graphs import SHAPES
from tests.support import ROOT

BOARD = "mps2-an500"
"""A Cortex-M7 with room for all of them."""

COUNTS = (10, 100, 500, 1000, 2000, 4000, 10_000)
_FITTED = range(500, 4001)
_MODELS = ROOT.parent / "shared" / "models"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What a command cost: CPU seconds, the largest process in bytes, and its exit code."""

    seconds: float
    nbytes: int
    code: int


def measure(model: Path, directory: Path, board: str = BOARD) -> Cost:
    """Compile `model` into `directory` and give what the whole command cost."""
    command = [sys.executable, "-m", "tinyengine", "compile", str(model)]
    command += ["--board", board, "-o", str(directory)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return Cost(
        seconds=usage.ru_utime + usage.ru_stime,
        nbytes=usage.ru_maxrss * 1024,
        code=process.returncode,
    )


def exponent(seconds: Sequence[tuple[int, float]]) -> float:
    """Give x where seconds are about count ** x, of pairs (count, seconds)."""
    counts, costs = np.log(np.array(seconds, np.float64)).T
    return float(np.polyfit(counts, costs, 1)[0])


def main(names: Sequence[str]) -> None:
    """Print the table: of the shapes and models in `names`, or of all."""
    print(f"{'model':32}{'CPU s':>10}{'MiB':>8}")
    with TemporaryDirectory(prefix="tinyengine-bench-") as scratch:
        for shape in [shape for shape in SHAPES if shape in names or not names]:
            fitted = []
            for count in COUNTS:
                model = Path(scratch) / f"{shape}_{count}.tflite"
                model.write_bytes(SHAPES[shape](count))
                cost = _show(model, Path(scratch))
                if count in _FITTED:
                    fitted.append((count, cost.seconds))
            print(f"{shape}: seconds grow with operators ** {exponent(fitted):.2f}")
        for model in _real_models(names):
            _show(model, Path(scratch))


def _show(model: Path, scratch: Path) -> Cost:
    cost = measure(model, scratch / "out")
    failed = f"  exit code {cost.code}" if cost.code else ""
    print(f"{model.stem:32}{cost.seconds:10.2f}{cost.nbytes / 2**20:8.0f}{failed}", flush=True)
    return cost


def _real_models(names: Sequence[str]) -> Iterator[Path]:
    folder = Path(os.environ.get("TINYENGINE_MODELS", _MODELS))
    for model in sorted(folder.glob("*.tflite")):
        if not names or model.stem in names:
            yield model


if __name__ == "__main__":
    main(sys.argv[1:])
