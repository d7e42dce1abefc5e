"""The pytest plugin: a fixture that compiles a model once, and runs it on the emulated board.

def test_the_model_is_exact_and_fits(tinyengine_firmware):
firmware = tinyengine_firmware("model.tflite", board="stm32f746")
assert firmware.validate(samples=3).bit_exact
assert firmware.report.sram.total <= 64 * 1024
"""

from pathlib import Path
from typing import TYPE_CHECKING, Protocol, Unpack

import pytest

if TYPE_CHECKING:
    from tinyengine.api import Choices, Firmware


class CompileOnce(Protocol):
    """Gives the firmware of a model: compiled when first asked for, the same one from then on."""

    def __call__(
        self, model: str | Path, *, board: str, **options: "Unpack[Choices]"
    ) -> "Firmware":
        """Give it; `options` are those of `tinyengine.compile`, but for `output`."""


@pytest.fixture(scope="session")
def tinyengine_firmware(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> CompileOnce:
    """Give a function `(model, board=..., **options)` to a `tinyengine.Firmware`.

    A relative path of a model is below pytest's root directory. A model is compiled once per
    session for the same board and options; what is written stays among pytest's temporary files.
    """
    import tinyengine  # noqa: PLC0415 -- a session that does not use it does not load it

    made: dict[object, Firmware] = {}

    def firmware(model: str | Path, *, board: str, **options: "Unpack[Choices]") -> "Firmware":
        """Give the firmware of `model` on `board`, compiled once a session."""
        path = request.config.rootpath / model
        key = (path, board, *sorted((name, repr(value)) for name, value in options.items()))
        if key not in made:
            output = tmp_path_factory.mktemp("tinyengine") / path.stem
            made[key] = tinyengine.compile(path, board=board, output=output, **options)
        return made[key]

    return firmware
