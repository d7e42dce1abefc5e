"""Make docs/operators.md: what is compiled of TFLite's operators, beside TFLite Micro's list.

python -m tests.operators_page        writes the page, and the importer's table of types
"""

import json
import textwrap
from collections.abc import Mapping

from tests.importers.operator_types import accepted
from tests.support import ROOT
from tinyengine.importers.tflite.handlers import BECOMES, HANDLERS, VARIABLES
from tinyengine.importers.tflite.types import TABLE
from tinyengine.ir import DType

PAGE = ROOT / "docs" / "operators.md"

MICRO_COMMIT = "90b983c2b"
MICRO = tuple((ROOT / "tests" / "tflite_micro_operators.txt").read_text(encoding="utf-8").split())
"""What micro_mutable_op_resolver.h of tensorflow/tflite-micro registers; custom operators last."""

_FLOAT = "TFLite Micro computes it in float32 only, and so does TFLite"
WHY_NOT: Mapping[str, str] = {
    "CEIL": _FLOAT,
    "CIRCULAR_BUFFER": "a streaming model keeps its state in variables",
    "COS": _FLOAT,
    "DEQUANTIZE": "the host does it at outputs; with a QUANTIZE after it, a table does",
    "EthosU": "runs on a coprocessor that the boards here do not have",
    "FLOOR": _FLOAT,
    "IF": "control flow: a firmware's plan is one order of operators",
    "L2_POOL_2D": _FLOAT,
    "ROUND": _FLOAT,
    "SIN": _FLOAT,
    "TFLM_DECODE": "weights that another tool has compressed",
    "WHILE": "control flow: a firmware's plan is one order of operators",
}
"""Why what TFLite Micro has is not here, in one phrase."""


def ours() -> dict[str, tuple[DType, ...]]:
    """Give the operators that are compiled, and the types of activations of each."""
    return {name: accepted(name) for name in HANDLERS} | dict.fromkeys(VARIABLES, (DType.INT8,))


def page() -> str:
    """Give the page."""
    types = ours()
    missing = sorted(set(MICRO) - set(types), key=str.upper)
    beyond = set(types) - set(MICRO)
    rows = [
        f"| {name} | {', '.join(each.value for each in types[name])} | {_becomes(name)} | "
        f"{'–' if name in beyond else 'yes'} |"
        for name in sorted(types)
    ]
    rows += [f"| {name} | – | {WHY_NOT[name]} | yes |" for name in missing]
    return "\n".join((*_head(len(types), len(beyond), len(missing)), *rows, ""))


def _becomes(name: str) -> str:
    kinds = {**BECOMES, **VARIABLES}[name]
    nothing = "a state" if name in VARIABLES else "a constant"
    return ", ".join(kind.__name__ for kind in kinds) or nothing


def _head(count: int, beyond: int, missing: int) -> list[str]:
    text = (
        f"{count} operators of TFLite are compiled, {beyond} of them not among the {len(MICRO)} "
        f"that [TFLite Micro](https://github.com/tensorflow/tflite-micro) registers (commit "
        f"{MICRO_COMMIT}, custom ones included); {missing} of those are not compiled, for the "
        "reason given. Types are those of the activations; what an operator asks of scales, shapes "
        "and weights, `tinyengine ops` lists, and `tinyengine explain` says of your model. What it "
        "becomes is in the intermediate representation; what becomes a constant costs nothing on "
        "the device."
    )
    unlike = (
        "TFLite_Detection_PostProcess and NON_MAX_SUPPRESSION compute in float32 there: they are "
        "compiled only where `--detection` asks for it, and are the only ones that are not "
        "bit-exact. [Detectors](detection.md) says what holds instead."
    )
    table = [
        "| operator | types | becomes, or why not | TFLite Micro |",
        "| --- | --- | --- | --- |",
    ]
    return [
        "# Operators",
        "",
        *textwrap.wrap(text, 100),
        "",
        *textwrap.wrap(unlike, 100),
        "",
        *table,
    ]


def types_table() -> str:
    """Give the importer's table of types."""
    lines = (
        f'  "{name}": {json.dumps([each.value for each in accepted(name)])}'
        for name in sorted(HANDLERS)
    )
    return "{\n" + ",\n".join(lines) + "\n}\n"


def main() -> None:
    """Write both."""
    TABLE.write_text(types_table(), encoding="utf-8")
    PAGE.write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main()
