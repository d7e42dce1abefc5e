"""The audio front end of examples/keyword, written by the tests' own writer, and sound for it."""

import importlib.util
import sys
from collections.abc import Sequence
from types import ModuleType
from typing import Any

import numpy as np

from tests.builders.tflite_writer import ModelWriter
from tests.support import ROOT
from tinyengine.ir import Array

EXAMPLE = ROOT / "examples" / "keyword"
RATE, STEP = 16_000, 320


def example_module(name: str) -> ModuleType:
    """Give module `name` of the example."""
    spec = importlib.util.spec_from_file_location(f"keyword_{name}", EXAMPLE / f"{name}.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def front_end_model() -> bytes:
    """Give a model: a step of sound in; a row of logarithms and the noise of its channels out."""
    front_end, writer = example_module("front_end"), ModelWriter()

    def add(
        name: str, inputs: list[int], results: list[tuple[list[int], str]], **options: Any
    ) -> list[int]:
        outputs = [writer.tensor(shape, dtype) for shape, dtype in results]
        writer.op(name, inputs, outputs, **options)
        return outputs

    def constant(table: Array) -> int:
        return writer.tensor(table.shape, "int16", data=table)

    def reshape(source: int, size: int) -> int:
        output = writer.tensor([size], "int16")
        writer.op("RESHAPE", [source, writer.tensor([1], "int32", data=[size])], [output])
        return output

    sound = writer.tensor([1, STEP], "int16", name="sound")
    row, noise = front_end.add_front_end(sound, add, constant, reshape)
    return writer.finish([sound], [row, noise])


def steps_of(sound: Array) -> list[list[Array]]:
    """Give whole steps of int16 sound as a model's inputs."""
    whole = len(sound) // STEP
    return [[step[np.newaxis]] for step in sound[: whole * STEP].reshape(whole, STEP)]


def speech(seconds: float) -> Array:
    """Give words that eSpeak NG has said, of the example."""
    with np.load(EXAMPLE / "words.npz") as data:
        sound: Array = data["sound"]
    return sound[: int(seconds * RATE)]


def noise(seconds: float, seed: int) -> Array:
    """Give noise that is silent, loud, too loud for 16 bits, and an extreme in between."""
    rng = np.random.default_rng(seed)
    count = int(seconds * RATE)
    loudness = np.repeat(10 ** rng.uniform(0, 5, -(-count // 1600)), 1600)[:count]
    sound = np.clip(rng.normal(size=count) * loudness, -32768, 32767)
    sound[:: count // 10] = -32768
    return np.round(sound).astype(np.int16)


def differing(ours: Sequence[Sequence[Array]], theirs: Sequence[Sequence[Array]]) -> list[int]:
    """Give the steps whose outputs are not the same."""
    pairs = enumerate(zip(ours, theirs, strict=True))
    return [
        index
        for index, (mine, right) in pairs
        if not all(np.array_equal(a, b) for a, b in zip(mine, right, strict=True))
    ]
