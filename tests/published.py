"""Compile all models that TensorFlow Lite Micro publishes, run them, and compare every byte.

    python -m tests.published CHECKOUT [--board BOARD] [--page docs/networks.md]

CHECKOUT is a copy of https://github.com/tensorflow/tflite-micro. Every model in it is compiled for
the board, run there emulated with two random inputs, and compared with LiteRT's reference kernels,
or with TensorFlow Lite Micro's where LiteRT has none. The table that results goes to stdout, or
into the page. A wrong byte ends it with exit code 1.
"""

import argparse
import importlib
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from examples.results import replaced
from tinyengine import api
from tinyengine.errors import TinyEngineError

BEGIN, END = "<!-- published: begin -->", "<!-- published: end -->"
_TRANSPOSE_CONV = 67
_BOARD = "mps2-an386"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of a file: whether it is exact and with what, or why it is refused."""

    file: Path
    is_exact: bool
    reason: str = ""

    @property
    def group(self) -> str:
        """Where it is from: the folder, without what all have in common."""
        return self.file.parent.as_posix().removeprefix("tensorflow/lite/micro/")


def with_constant_shapes(data: bytes) -> bytes:
    """Give the file with the shapes that TRANSPOSE_CONV reads from an input made constants.

    The single operators are cut out of a network; the shape is that of the output in the file.
    """
    schema: Any = importlib.import_module("ai_edge_litert.schema_py_generated")
    model = schema.ModelT.InitFromPackedBuf(data, 0)
    graph, changed = model.subgraphs[0], False
    for op in graph.operators:
        code = model.operatorCodes[op.opcodeIndex].builtinCode
        if code != _TRANSPOSE_CONV or op.inputs[0] not in graph.inputs:
            continue
        shape = np.asarray(graph.tensors[op.outputs[0]].shape, np.int32)
        model.buffers.append(schema.BufferT(data=list(shape.tobytes())))
        graph.tensors[op.inputs[0]].buffer = len(model.buffers) - 1
        graph.inputs = [each for each in graph.inputs if each != op.inputs[0]]
        changed = True
    if not changed:
        return data
    builder: Any = importlib.import_module("flatbuffers").Builder()
    builder.Finish(model.Pack(builder), b"TFL3")
    return bytes(builder.Output())


def check(file: Path, root: Path, board: str) -> Outcome:
    """Compile `file` for `board`, run it, compare it; Outcome has its path within `root`."""
    named = file.relative_to(root)
    with TemporaryDirectory() as folder:
        copy = Path(folder, file.name)
        copy.write_bytes(with_constant_shapes(file.read_bytes()))
        try:
            verdict = api.compile(copy, board=board).validate(samples=2)
        except TinyEngineError as error:
            return Outcome(file=named, is_exact=False, reason=_reason(error))
    assert len(verdict.references) > 1, f"{named}: no interpreter computes it"
    return Outcome(file=named, is_exact=verdict.bit_exact)


def _reason(error: TinyEngineError) -> str:
    """Give the first problem of an error, without the file's name."""
    first = str(error).splitlines()[0].removeprefix("error: ")
    return first.partition(": ")[2]


def table(outcomes: Iterable[Outcome]) -> str:
    """Give the table: a line for each folder, a line for each file that is refused."""
    outcomes = list(outcomes)
    exact = Counter(each.group for each in outcomes if each.is_exact)
    found = Counter(each.group for each in outcomes)
    lines = ["| models | files | exact |", "| --- | ---: | ---: |"]
    lines += [f"| {group} | {found[group]} | {exact[group]} |" for group in sorted(found)]
    lines += [f"| all | {len(outcomes)} | {sum(exact.values())} |", ""]
    lines += ["| refused | because |", "| --- | --- |"]
    lines += [f"| {each.file.name} | {each.reason} |" for each in outcomes if not each.is_exact]
    return "\n".join(lines)


def main(arguments: Sequence[str]) -> int:
    """Check all models of a checkout, and print or store the table."""
    parser = argparse.ArgumentParser(prog="python -m tests.published")
    parser.add_argument("checkout", type=Path)
    parser.add_argument("--board", default=_BOARD)
    parser.add_argument("--page", type=Path)
    chosen = parser.parse_args(arguments)
    files = sorted(chosen.checkout.rglob("*.tflite"))
    if not files:
        parser.error(f"{chosen.checkout} has no .tflite file")
    outcomes = []
    for file in files:
        outcomes.append(check(file, chosen.checkout, chosen.board))
        found = outcomes[-1]
        said = "exact" if found.is_exact else found.reason or "WRONG"
        sys.stderr.write(f"{found.file}: {said}\n")
    made = table(outcomes)
    if chosen.page is None:
        sys.stdout.write(f"{made}\n")
    else:
        text = chosen.page.read_text(encoding="utf-8")
        chosen.page.write_text(replaced(text, made, (BEGIN, END)), encoding="utf-8")
    return int(any(not each.is_exact and not each.reason for each in outcomes))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
