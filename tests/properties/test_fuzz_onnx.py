"""Damaged ONNX files through whole commands: done or refused with a message, in time and memory."""

from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from tests.builders.onnx_mutations import MUTATIONS
from tests.builders.onnx_networks import gated_network
from tests.importers.onnx.cases import CASES, CONV
from tests.importers.onnx.test_layout import network
from tests.importers.onnx.test_refusals import external
from tests.properties.test_fuzz_compile import (
    MOST_NBYTES,
    MOST_SECONDS,
    started_worker,
)
from tests.support import require_module, require_tool

DONE, REFUSED, TOO_LARGE = 0, 3, 4

require_module("onnx")


QUANTIZED = [case.file() for case in CASES]
WHOLE = [network(), network(kind="int8"), external("m.bin")]


def fuzz(folder: Path, mutants: int, seed: int) -> Counter[tuple[str, int]]:
    """Give how many of `mutants` ended with each exit code, as quantized and as float networks."""
    random = np.random.default_rng(seed)
    (folder / "m.bin").write_bytes(CONV["w"].tobytes())
    model, codes = folder / "mutant.onnx", Counter[tuple[str, int]]()
    explained = ["explain", str(model)]
    compiled = [explained, ["sources", str(model)]]
    quantized = [["quantize", str(model), "--no-data", "-o", str(folder / "made.tflite")]]
    with started_worker(folder) as worker:
        for number in range(mutants):
            is_float = number % 10 == 0
            sources = [gated_network()] if is_float else WHOLE if number % 3 == 1 else QUANTIZED
            mutation = MUTATIONS[number % len(MUTATIONS)]
            model.write_bytes(mutation(random, sources[int(random.integers(len(sources)))]))
            answer = worker.run(*(quantized if is_float else compiled))
            told = f"mutant {number} of seed {seed}, {mutation.__name__}: {answer}"
            assert answer["code"] in (DONE, REFUSED, TOO_LARGE), told
            assert answer["nbytes"] < MOST_NBYTES and answer["seconds"] < MOST_SECONDS, told
            assert "Traceback" not in answer["log"] and "internal error" not in answer["log"], told
            assert "Warning" not in answer["log"], told
            assert answer["code"] == DONE or answer["log"].count("error: ") >= 1, told
            codes["float" if is_float else "quantized", answer["code"]] += 1
    return codes


def test_mutants_are_compiled_or_refused(tmp_path: Path) -> None:
    codes = fuzz(tmp_path, 100, seed=21)
    assert codes["quantized", DONE] > 10 and codes["quantized", REFUSED] > 10
    assert codes["float", DONE] and codes["float", REFUSED]


@pytest.mark.slow
@pytest.mark.parametrize("seed", [22, 23, 24, 25])
def test_many_mutants_are_compiled_or_refused(seed: int, tmp_path: Path) -> None:
    codes = fuzz(tmp_path, 500, seed)
    assert codes["quantized", DONE] > 50 and codes["float", DONE]


def test_a_sound_file_goes_the_whole_way(tmp_path: Path) -> None:
    require_tool("arm-none-eabi-gcc")
    model = tmp_path / "sound.onnx"
    model.write_bytes(network())
    with started_worker(tmp_path) as worker:
        answer = worker.run(
            ["explain", str(model)], ["sources", str(model)],
            ["compile", str(model), "--board", "stm32f746", "-o", str(tmp_path / "out")],
        )  # fmt: skip
    assert answer["code"] == DONE, answer


# -- files that unpack to much ------------------------------------------------------------------


def varint(number: int) -> bytes:
    made = b""
    while number > 127:
        made += bytes([number & 127 | 128])
        number >>= 7
    return made + bytes([number])


def nested(field: int, content: bytes) -> bytes:
    return varint(field << 3 | 2) + varint(len(content)) + content


FIELDS = 1_000_001

BOMBS = {
    "nodes": nested(7, b"\x0a\x00" * FIELDS),
    "inputs of a node": nested(7, nested(1, b"\x0a\x00" * FIELDS)),
    "values": nested(7, b"\x6a\x00" * FIELDS),
    "attributes": nested(7, nested(1, b"\x2a\x00" * FIELDS)),
    "packed numbers": nested(7, nested(5, nested(7, b"\x01" * (32 * FIELDS)))),
    "metadata": b"\x72\x00" * FIELDS,
}


def test_what_unpacks_to_very_much_is_refused_before(tmp_path: Path) -> None:
    model = tmp_path / "bomb.onnx"
    with started_worker(tmp_path) as worker:
        for what, data in BOMBS.items():
            model.write_bytes(data)
            answer = worker.run(["explain", str(model)])
            assert answer["code"] == REFUSED, what
            assert "the file unpacks to more than 1,000,000 fields" in answer["log"], what
            assert answer["nbytes"] < MOST_NBYTES, what
