"""Every board that there is compiles the digits model and computes exactly what TFLite does."""

import pytest

from tests.cli.command import succeeded
from tests.support import ROOT, require_module, require_tool
from tinyengine.board import list_boards

DIGITS = ROOT / "examples" / "digits" / "digits.tflite"


@pytest.mark.slow
@pytest.mark.parametrize("name", [board.name for board in list_boards()])
def test_the_digits_firmware_is_exact(name):
    require_tool("arm-none-eabi-gcc")
    require_module("ai_edge_litert")
    told = succeeded("validate", DIGITS, "--board", name, "--samples", 2, "--json").json()
    assert told["bit_exact"] is True, told
