"""`tinyengine ops`: the operators of model files, what they become, and their kernels."""

from textwrap import wrap

from tinyengine.cli.console import add_row, out, print_json, reported, table
from tinyengine.cli.options import JsonOption
from tinyengine.importers.onnx.handlers import HANDLERS as ONNX
from tinyengine.importers.tflite.handlers import BECOMES, VARIABLES
from tinyengine.importers.tflite.types import operator_types
from tinyengine.ir import Op, Rounding
from tinyengine.kernels.registry import KERNELS
from tinyengine.kernels.spec import Kernel
from tinyengine.report.codec import Json

_LISTED = {**BECOMES, **VARIABLES}
_COLUMNS = 96
_BECOMES_COLUMNS = 25
_NOTES = """
QUANTIZE of an input and DEQUANTIZE of an output are left to the application: the firmware's edges
are integers. Reshape needs no kernel. Faster kernels accept less than stands here; `tinyengine ops
--json` tells it of each."""


@reported
def ops_command(json: JsonOption = False) -> None:
    """List the operators, what each accepts, and the kernels that compute it."""
    if json:
        print_json(_as_json())
        return
    rows = table("operator", "types", "becomes")
    for name, kinds in sorted(_LISTED.items()):
        types = " ".join(_types(name)) or "its variable's"
        for line, becomes in enumerate(wrap(_becomes(name, kinds), _BECOMES_COLUMNS)):
            add_row(rows, *(("", "") if line else (name, types)), becomes)
    out.print(rows)
    for kind in sorted({kernel.op for kernel in KERNELS}, key=lambda kind: kind.__name__):
        _show(kind)
    out.print_lines(_NOTES)
    out.print()
    _print_wrapped("Of ONNX files: ", ", ".join(sorted(ONNX)))


def _becomes(name: str, kinds: tuple[type[Op], ...]) -> str:
    """Say what an operator becomes; "itself" where that has the operator's name."""
    names = [kind.__name__ for kind in kinds]
    nothing = "a state" if name in VARIABLES else "a constant"
    return "itself" if names == [name] else ", ".join(names) or nothing


def _types(name: str) -> list[str]:
    """Give the types of activations that the importer takes of an operator."""
    return [dtype.value for dtype in operator_types().get(name, ())]


def _show(kind: type[Op]) -> None:
    """Print what the portable kernel of `kind` accepts, and the names of all its kernels."""
    kernels = [kernel for kernel in KERNELS if kernel.op is kind]
    portable = next(k for k in kernels if k.cost is None and k.rounding is Rounding.TFLITE)
    out.print()
    out.print(kind.__name__, markup=False)
    for line in _accepts(portable):
        _print_wrapped("  - ", line)
    names = list(dict.fromkeys(kernel.function for kernel in kernels))
    names.remove(portable.function)
    short = [
        f"..{name.removeprefix(portable.function)}" if name.startswith(portable.function) else name
        for name in names
    ]
    _print_wrapped("  kernels: ", " ".join([portable.function, *short]))


def _print_wrapped(head: str, text: str) -> None:
    indent = " " * len(head)
    for line in wrap(text, _COLUMNS, initial_indent=head, subsequent_indent=indent):
        out.print(line, markup=False)


def _accepts(kernel: Kernel) -> list[str]:
    return [" ".join((check.__doc__ or check.__name__).split()) for check in kernel.constraints]


def _as_json() -> Json:
    return {
        "operators": [
            {
                "name": name,
                "ops": [kind.__name__ for kind in kinds],
                "types": _types(name),
            }
            for name, kinds in sorted(_LISTED.items())
        ],
        "onnx": sorted(ONNX),
        "kernels": [
            {
                "name": kernel.function,
                "op": kernel.op.__name__,
                "isa": kernel.isa.value,
                "reads": kernel.reads.value,
                "writes": kernel.writes.value,
                "rounding": kernel.rounding.value,
                "expands_weights": kernel.expands_weights,
                "halves_weights": kernel.halves_weights,
                "accepts": _accepts(kernel),
            }
            for kernel in KERNELS
        ],
    }
